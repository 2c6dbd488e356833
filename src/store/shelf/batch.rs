//! Facts of one call, sorted by table and folded to their net effect.

use crate::tree::{
    Cursor, Entry, EntryId, Fact, Held, Operation, OperationId, Pair, PairId, Side, State, Synced,
    Trashed,
};
use std::collections::{BTreeMap, BTreeSet};

/// What an intent says in the end that another intent of its key took the place of.
const REPLACED: &str = "another plan took its place";

/// The net effect of some facts.
#[derive(Default)]
pub(super) struct Batch<'a> {
    pub odoo: Vec<EntryStep<'a>>,
    pub cloud: Vec<EntryStep<'a>>,
    pub pairs: Pairs,
    pub operations: Operations,
    pub cursors: BTreeMap<Side, Option<&'a Cursor>>,
    pub trashed: BTreeMap<&'a EntryId, Option<&'a Trashed>>,
    pub held: Option<Option<&'a Held>>,
}

/// Facts about entries that may be written at once. What vanishes takes along all that lies below
/// it at that very moment, so arrivals before and after it must not be mixed.
pub(super) enum EntryStep<'a> {
    /// By identity; the last word on each counts.
    Put(BTreeMap<&'a EntryId, &'a Entry>),
    Remove(BTreeSet<&'a EntryId>),
}

/// Facts about pairs: old ones that hold any of these identities go, then the new ones come.
#[derive(Default)]
pub(super) struct Pairs {
    pub ids: BTreeSet<PairId>,
    pub odoo: BTreeSet<EntryId>,
    pub cloud: BTreeSet<EntryId>,
    pub put: Synced,
}

/// Facts about operations: the last word on each, and the keys that got a new intent.
#[derive(Default)]
pub(super) struct Operations {
    pub rows: BTreeMap<OperationId, Operation>,
    pub opened: BTreeSet<String>,
    open: BTreeMap<String, OperationId>,
}

impl<'a> Batch<'a> {
    pub(super) fn of(facts: &'a [Fact]) -> Self {
        let mut batch = Batch::default();
        for fact in facts {
            batch.take(fact);
        }
        batch
    }

    fn take(&mut self, fact: &'a Fact) {
        match fact {
            Fact::Observed(side, entry) => match self.steps(*side).last_mut() {
                Some(EntryStep::Put(entries)) => {
                    entries.insert(&entry.id, entry);
                }
                _ => {
                    let entries = BTreeMap::from([(&entry.id, entry)]);
                    self.steps(*side).push(EntryStep::Put(entries));
                }
            },
            Fact::Vanished(side, id) => match self.steps(*side).last_mut() {
                Some(EntryStep::Remove(ids)) => {
                    ids.insert(id);
                }
                _ => self
                    .steps(*side)
                    .push(EntryStep::Remove(BTreeSet::from([id]))),
            },
            Fact::Cursor(side, cursor) => {
                self.cursors.insert(*side, cursor.as_ref());
            }
            Fact::Paired(pair) => self.pairs.put(pair),
            Fact::Unpaired(id) => {
                self.pairs.ids.insert(*id);
                self.pairs.put.remove(id);
            }
            Fact::Operation(operation) => self.operations.take(operation),
            Fact::Trashed(trashed) => {
                self.trashed.insert(&trashed.odoo, Some(trashed));
            }
            Fact::Untrashed(odoo) => {
                self.trashed.insert(odoo, None);
            }
            Fact::Held(held) => self.held = Some(held.as_ref()),
        }
    }

    fn steps(&mut self, side: Side) -> &mut Vec<EntryStep<'a>> {
        match side {
            Side::Odoo => &mut self.odoo,
            Side::Cloud => &mut self.cloud,
        }
    }
}

impl Pairs {
    fn put(&mut self, pair: &Pair) {
        self.ids.insert(pair.id);
        self.odoo.insert(pair.odoo.clone());
        self.cloud.insert(pair.cloud.clone());
        self.put.put(pair.clone());
    }
}

impl Operations {
    fn take(&mut self, operation: &Operation) {
        let key = operation.action.key();
        if operation.state.is_over() {
            if self.open.get(&key) == Some(&operation.id) {
                self.open.remove(&key);
            }
        } else if let Some(before) = self.open.insert(key.clone(), operation.id)
            && before != operation.id
            && let Some(row) = self.rows.get_mut(&before)
        {
            row.state = State::Dropped;
            row.message = Some(REPLACED.into());
        }
        if !operation.state.is_over() {
            self.opened.insert(key);
        }
        self.rows.insert(operation.id, operation.clone());
    }

    /// The message of an intent that another took the place of.
    pub(super) fn replaced() -> &'static str {
        REPLACED
    }
}
