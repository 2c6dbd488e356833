//! The book of a connection: everything the engine remembers, and the facts that change it.
//!
//! A fact is the unit of writing: whoever keeps a book (in memory or in Postgres) records facts,
//! all of one call or none. [`Book::apply`] says what each means, once, for every keeper.

use super::change::Cursor;
use super::entry::{Entry, Kind};
use super::fingerprint::Fingerprint;
use super::ids::{EntryId, OperationId, PairId, Side};
use super::operation::{Action, Operation, State};
use super::pair::{Pair, Synced};
use super::tree::Tree;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A file that was put into the cloud's trash while its bytes were nowhere else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trashed {
    /// Odoo's identity, which outlives the trash.
    pub odoo: EntryId,
    /// How the provider finds it in its trash; opaque.
    pub handle: String,
    pub fingerprint: Fingerprint,
}

/// A plan that the guard stopped, or part of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Why, as a sentence that names the likely cause.
    pub cause: String,
    /// The keys of the operations that wait for a person.
    pub keys: BTreeSet<String>,
    /// Everything waits, not only these.
    pub whole: bool,
    /// A person said yes to exactly these.
    pub approved: bool,
}

/// What a person says to a held plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Do exactly these steps.
    Approve,
    /// Do none of them; the connection is paused until a person has looked after the cause.
    Reject,
}

impl Verdict {
    /// The word used in logs and pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Approve => "approve",
            Verdict::Reject => "reject",
        }
    }
}

/// One thing that became true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// A side told about an entry, new or known.
    Observed(Side, Entry),
    /// A side no longer has this entry, nor anything below it.
    Vanished(Side, EntryId),
    /// How far a side's feed was read; `None` asks for a complete listing.
    Cursor(Side, Option<Cursor>),
    /// Both sides agree, anew or again.
    Paired(Pair),
    /// They do not agree any more.
    Unpaired(PairId),
    /// An intent and where it stands. One that is over leaves the book (Postgres keeps the row).
    Operation(Operation),
    /// Bytes that are only in the cloud's trash.
    Trashed(Trashed),
    /// They are no longer there.
    Untrashed(EntryId),
    /// What the guard holds; `None` when it holds nothing.
    Held(Option<Held>),
}

/// All that is remembered of one connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    pub odoo: Tree,
    pub cloud: Tree,
    pub synced: Synced,
    pub odoo_cursor: Option<Cursor>,
    pub cloud_cursor: Option<Cursor>,
    /// Open operations by [`super::operation::Action::key`].
    pub operations: BTreeMap<String, Operation>,
    /// By Odoo's identity.
    pub trashed: BTreeMap<EntryId, Trashed>,
    pub held: Option<Held>,
}

impl Book {
    /// An empty book: a connection that was never looked at.
    pub fn new() -> Self {
        Self::default()
    }

    /// The observed tree of a side.
    pub fn tree(&self, side: Side) -> &Tree {
        match side {
            Side::Odoo => &self.odoo,
            Side::Cloud => &self.cloud,
        }
    }

    /// The cursor of a side.
    pub fn cursor(&self, side: Side) -> Option<&Cursor> {
        match side {
            Side::Odoo => self.odoo_cursor.as_ref(),
            Side::Cloud => self.cloud_cursor.as_ref(),
        }
    }

    /// Takes a fact in. The same fact again changes nothing.
    pub fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::Observed(side, entry) => self.tree_mut(*side).put(entry.clone()),
            Fact::Vanished(side, id) => {
                self.tree_mut(*side).remove(id);
            }
            Fact::Cursor(Side::Odoo, cursor) => self.odoo_cursor.clone_from(cursor),
            Fact::Cursor(Side::Cloud, cursor) => self.cloud_cursor.clone_from(cursor),
            Fact::Paired(pair) => {
                self.synced.put(pair.clone());
            }
            Fact::Unpaired(id) => {
                self.synced.remove(id);
            }
            Fact::Operation(operation) => {
                let key = operation.action.key();
                if !operation.state.is_over() {
                    self.operations.insert(key, operation.clone());
                } else if self
                    .operations
                    .get(&key)
                    .is_some_and(|open| open.id == operation.id)
                {
                    self.operations.remove(&key);
                }
            }
            Fact::Trashed(trashed) => {
                self.trashed.insert(trashed.odoo.clone(), trashed.clone());
            }
            Fact::Untrashed(odoo) => {
                self.trashed.remove(odoo);
            }
            Fact::Held(held) => self.held.clone_from(held),
        }
    }

    /// Files of the cloud that an open step has made in Odoo, for all that is known, or has found
    /// there.
    pub fn brought(&self) -> impl Iterator<Item = &EntryId> {
        let open = self.operations.values();
        let open = open.filter(|operation| operation.state != State::Stuck);
        open.filter_map(|operation| match &operation.action {
            Action::Create {
                to: Side::Odoo,
                source,
                kind: Kind::File,
                ..
            } => Some(source),
            Action::Agree {
                cloud,
                kind: Kind::File,
                ..
            } => Some(cloud),
            _ => None,
        })
    }

    /// Facts after these, for steps that a person was needed for: whoever changed what a step is
    /// about may have helped, so it is tried once more. What is only told again frees nothing.
    pub fn freed_by(&self, facts: &[Fact]) -> Vec<Fact> {
        let stuck = || {
            let open = self.operations.values();
            open.filter(|operation| operation.state == State::Stuck)
        };
        if stuck().next().is_none() {
            return Vec::new();
        }
        let changed: BTreeSet<(Side, &EntryId)> = facts
            .iter()
            .filter_map(|fact| match fact {
                Fact::Observed(side, entry) => {
                    let is_news = self.tree(*side).get(&entry.id) != Some(entry);
                    is_news.then_some((*side, &entry.id))
                }
                _ => None,
            })
            .collect();
        let decided: BTreeSet<OperationId> = facts
            .iter()
            .filter_map(|fact| match fact {
                Fact::Operation(operation) => Some(operation.id),
                _ => None,
            })
            .collect();
        let is_freed = |operation: &&Operation| {
            let about = self.about(&operation.action).into_iter().flatten();
            !decided.contains(&operation.id) && { about }.any(|one| changed.contains(&one))
        };
        let freed = stuck().filter(is_freed).map(|operation| Operation {
            state: State::Waiting,
            run_at: 0,
            ..operation.clone()
        });
        freed.map(Fact::Operation).collect()
    }

    /// The entries that a step is about.
    fn about<'a>(&'a self, action: &'a Action) -> [Option<(Side, &'a EntryId)>; 2] {
        match action {
            Action::Create { to, source, .. } => [Some((to.other(), source)), None],
            Action::Restore { source, .. } => [Some((Side::Odoo, source)), None],
            Action::Agree { odoo, cloud, .. } => {
                [Some((Side::Odoo, odoo)), Some((Side::Cloud, cloud))]
            }
            Action::Content { pair, .. }
            | Action::Place { pair, .. }
            | Action::Trash { pair, .. }
            | Action::Forget { pair }
            | Action::Prove { pair }
            | Action::Release { pair } => {
                let pair = self.synced.get(pair);
                [Side::Odoo, Side::Cloud].map(|side| pair.map(|pair| (side, pair.entry(side))))
            }
        }
    }

    fn tree_mut(&mut self, side: Side) -> &mut Tree {
        match side {
            Side::Odoo => &mut self.odoo,
            Side::Cloud => &mut self.cloud,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry::Revision;
    use super::super::operation::Reason;
    use super::*;
    use uuid::Uuid;

    #[test]
    fn an_operation_leaves_the_book_when_it_is_over() {
        let mut book = Book::new();
        let mut operation = Operation {
            id: OperationId(Uuid::from_u128(7)),
            action: Action::Forget {
                pair: PairId(Uuid::from_u128(1)),
            },
            reason: Reason::BothDeleted,
            subject: "a".into(),
            state: State::Intended,
            attempts: 0,
            run_at: 0,
            message: None,
        };
        book.apply(&Fact::Operation(operation.clone()));
        let older = Operation {
            id: OperationId(Uuid::from_u128(6)),
            state: State::Done,
            ..operation.clone()
        };
        book.apply(&Fact::Operation(older));
        assert_eq!(book.operations.len(), 1, "another intent of the same key");
        operation.state = State::Done;
        book.apply(&Fact::Operation(operation));
        assert_eq!(book, Book::new());
    }

    #[test]
    fn what_is_stuck_is_tried_again_once_its_subject_changes() {
        let entry = |revision: &str| {
            let content = Fingerprint::of_bytes(revision.as_bytes());
            let (id, folder) = (EntryId::new("file:1"), EntryId::new("folder:1"));
            Entry::file(id, folder, "a", Revision::new(revision), content)
        };
        let told = |revision: &str| Fact::Observed(Side::Odoo, entry(revision));
        let stuck = Operation {
            id: OperationId(Uuid::from_u128(7)),
            action: Action::Create {
                to: Side::Cloud,
                source: EntryId::new("file:1"),
                kind: Kind::File,
                parent: EntryId::new("folder:1"),
                name: "a".into(),
            },
            reason: Reason::New,
            subject: "a".into(),
            state: State::Stuck,
            attempts: 3,
            run_at: 0,
            message: Some("its bytes are lost".into()),
        };
        let mut book = Book::new();
        book.apply(&told("1"));
        book.apply(&Fact::Operation(stuck.clone()));
        assert_eq!(book.freed_by(&[told("1")]), [], "an echo helps nobody");
        let other = Fact::Observed(Side::Cloud, entry("2"));
        assert_eq!(book.freed_by(&[other]), [], "the other side's entry");
        let freed = Operation {
            state: State::Waiting,
            ..stuck.clone()
        };
        assert_eq!(book.freed_by(&[told("2")]), [Fact::Operation(freed)]);
        let decided = [told("2"), Fact::Operation(stuck)];
        assert_eq!(
            book.freed_by(&decided),
            [],
            "it was decided at that very time"
        );
    }
}
