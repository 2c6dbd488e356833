//! Operations: the steps of a plan, each with the reason that people are shown.

use super::entry::Kind;
use super::ids::{EntryId, OperationId, PairId, Side};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One step. `to` is the side that is changed; parents are named by their identity on the *other*
/// side, since the folder may only be created by an earlier step of the same plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum Action {
    /// Makes the other side's `source` on this side too, and pairs both.
    Create {
        to: Side,
        source: EntryId,
        kind: Kind,
        parent: EntryId,
        name: String,
    },
    /// Brings the other side's bytes of a pair over.
    Content { to: Side, pair: PairId },
    /// Renames and moves in one. A `hop` leaves a name free for another entry; the next plan
    /// brings the entry to its true place.
    Place {
        to: Side,
        pair: PairId,
        parent: EntryId,
        name: String,
        hop: bool,
    },
    /// Into the trash of this side; the pair is dissolved.
    Trash { to: Side, pair: PairId },
    /// Both sides hold something at the same place, or both edited the same pair: equal bytes are
    /// paired; otherwise both are kept, the cloud's under `conflict_name`.
    Agree {
        odoo: EntryId,
        cloud: EntryId,
        kind: Kind,
        conflict_name: String,
    },
    /// Back out of the cloud's trash: Odoo has the entry again, and its bytes are only there.
    Restore {
        source: EntryId,
        parent: EntryId,
        name: String,
    },
    /// Both sides deleted it: the pair is dissolved.
    Forget { pair: PairId },
    /// Shows that the cloud's copy is byte-equal.
    Prove { pair: PairId },
    /// Drops Odoo's bytes of a proved pair.
    Release { pair: PairId },
}

impl Action {
    /// Names the step over plans: an equal key is the same intent, and keeps its identity,
    /// attempts and backoff when the plan is made again.
    pub fn key(&self) -> String {
        match self {
            Action::Create { to, source, .. } => format!("create:{}:{source}", to.as_str()),
            Action::Content { to, pair } => format!("content:{}:{pair}", to.as_str()),
            Action::Place { to, pair, .. } => format!("place:{}:{pair}", to.as_str()),
            Action::Trash { to, pair } => format!("trash:{}:{pair}", to.as_str()),
            Action::Agree { odoo, cloud, .. } => format!("agree:{odoo}:{cloud}"),
            Action::Restore { source, .. } => format!("restore:{source}"),
            Action::Forget { pair } => format!("forget:{pair}"),
            Action::Prove { pair } => format!("prove:{pair}"),
            Action::Release { pair } => format!("release:{pair}"),
        }
    }

    /// The word used in SQL, logs and pages.
    pub fn verb(&self) -> &'static str {
        match self {
            Action::Create { .. } => "create",
            Action::Content { .. } => "content",
            Action::Place { .. } => "place",
            Action::Trash { .. } => "trash",
            Action::Agree { .. } => "agree",
            Action::Restore { .. } => "restore",
            Action::Forget { .. } => "forget",
            Action::Prove { .. } => "prove",
            Action::Release { .. } => "release",
        }
    }

    /// The side that the step changes.
    pub fn to(&self) -> Side {
        match self {
            Action::Create { to, .. }
            | Action::Content { to, .. }
            | Action::Place { to, .. }
            | Action::Trash { to, .. } => *to,
            Action::Release { .. } => Side::Odoo,
            _ => Side::Cloud,
        }
    }

    /// How urgent the step is.
    pub fn class(&self) -> Class {
        match self {
            Action::Create {
                kind: Kind::Folder, ..
            }
            | Action::Place { .. }
            | Action::Agree { .. }
            | Action::Forget { .. }
            | Action::Restore { .. } => Class::Blocking,
            Action::Prove { .. } | Action::Release { .. } => Class::Proof,
            _ => match self.to() {
                Side::Cloud => Class::Direct,
                Side::Odoo => Class::Backward,
            },
        }
    }

    /// Whether something that people see goes away: what the guard counts.
    pub fn is_removal(&self) -> bool {
        matches!(self, Action::Trash { .. })
    }
}

/// How urgent a step is; the first is the most urgent. Within a class the plan's own order counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Folders, moves, agreements: others wait for these.
    Blocking,
    /// Files and removals from Odoo to the cloud.
    Direct,
    /// Files and removals from the cloud to Odoo.
    Backward,
    /// Proofs and releases: nobody waits for them.
    Proof,
}

impl Class {
    const ALL: [Class; 4] = [Self::Blocking, Self::Direct, Self::Backward, Self::Proof];

    /// As stored; smaller is more urgent.
    pub fn rank(self) -> i16 {
        self as i16
    }

    /// The class of a rank.
    pub fn of_rank(rank: i16) -> Option<Class> {
        Self::ALL.into_iter().find(|class| class.rank() == rank)
    }

    /// The word used in logs and pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Blocking => "blocking",
            Class::Direct => "direct",
            Class::Backward => "backward",
            Class::Proof => "proof",
        }
    }
}

/// Why a step is in the plan. Its text completes "because it …".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    New,
    Edited,
    Placed,
    Deleted,
    BothEdited,
    BothNew,
    BothDeleted,
    AutomaticFolder,
    MissingInCloud,
    Restored,
    Unproved,
    GraceOver,
}

impl Reason {
    /// The text that people are shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::New => "is new on the other side",
            Reason::Edited => "was edited on the other side",
            Reason::Placed => "was renamed or moved on the other side",
            Reason::Deleted => "was deleted on the other side",
            Reason::BothEdited => "was edited on both sides; both versions are kept",
            Reason::BothNew => "is there on both sides under one name",
            Reason::BothDeleted => "was deleted on both sides",
            Reason::AutomaticFolder => "is made by a rule, and the rule says where it belongs",
            Reason::MissingInCloud => "is missing in the cloud and Odoo still has it",
            Reason::Restored => "was taken back out of Odoo's trash",
            Reason::Unproved => "has no proof yet that the cloud's copy is byte-equal",
            Reason::GraceOver => "is proved and its grace period is over",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where an operation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Recorded before the call; after a crash nobody knows whether the call was made.
    Intended,
    /// Failed; tried again from `run_at` on.
    Waiting,
    /// Needs a person; tried again only when asked to, or when the facts change.
    Stuck,
    /// Confirmed.
    Done,
    /// No longer called for: the world has moved.
    Dropped,
}

impl State {
    /// The word used in SQL, logs and pages.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Intended => "intended",
            State::Waiting => "waiting",
            State::Stuck => "stuck",
            State::Done => "done",
            State::Dropped => "dropped",
        }
    }

    /// Nothing more will come of it.
    pub fn is_over(self) -> bool {
        matches!(self, State::Done | State::Dropped)
    }
}

/// An intent as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Also the idempotency key that a provider and Odoo are given.
    pub id: OperationId,
    pub action: Action,
    pub reason: Reason,
    /// What people call the subject: its path, or its name.
    pub subject: String,
    pub state: State,
    /// Failed attempts so far.
    pub attempts: u32,
    /// Not before, in milliseconds since 1970 UTC.
    pub run_at: i64,
    /// The last error, or what was done in the end; a sentence for people.
    pub message: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wait_for_is_urgent_and_what_nobody_waits_for_is_not() {
        let pair = PairId(uuid::Uuid::from_u128(1));
        let create = |to, kind| Action::Create {
            to,
            source: EntryId::new("x"),
            kind,
            parent: EntryId::new("y"),
            name: "z".into(),
        };
        for (action, class) in [
            (create(Side::Odoo, Kind::Folder), Class::Blocking),
            (create(Side::Cloud, Kind::File), Class::Direct),
            (create(Side::Odoo, Kind::File), Class::Backward),
            (
                Action::Trash {
                    to: Side::Odoo,
                    pair,
                },
                Class::Backward,
            ),
            (Action::Forget { pair }, Class::Blocking),
            (Action::Release { pair }, Class::Proof),
        ] {
            assert_eq!(action.class(), class, "{action:?}");
            assert_eq!(Class::of_rank(class.rank()), Some(class));
        }
        assert!(Class::ALL.is_sorted());
        assert_eq!(Class::of_rank(4), None);
    }
}
