//! Plans: ordered work, and the settings that shape it.

use crate::tree::{Action, EntryId, Fact, Held, Reason};

/// What an administrator sets for a connection, and what its store is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Removals that never trip the guard.
    pub guard_count: usize,
    /// Removals beyond this share of all pairs trip it (if also more than `guard_count`).
    pub guard_percent: usize,
    /// Seconds between a proof and the release of Odoo's bytes; `None` never releases.
    pub grace: Option<i64>,
    /// The store finds again what was made with a key: a creation whose answer was lost is simply
    /// repeated.
    pub keyed: bool,
    /// Odoo keeps the bytes of all files: what a creation there has made, of which nobody heard, looks
    /// like anybody's new file.
    pub keeps: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            guard_count: 20,
            guard_percent: 10,
            grace: Some(24 * 60 * 60),
            keyed: false,
            keeps: false,
        }
    }
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub action: Action,
    pub reason: Reason,
    /// What people call the subject: its path below the connection's root.
    pub subject: String,
    /// Indices of the steps of the same plan that must have succeeded before.
    pub after: Vec<usize>,
}

/// What should happen next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What is already true and only has to be recorded; with these, there are no steps.
    pub facts: Vec<Fact>,
    pub steps: Vec<Step>,
    /// What the guard holds back, and `steps` are without; or an approval that still covers some
    /// of `steps`.
    pub held: Option<Held>,
    /// When something falls due without any change (a release), in milliseconds since 1970 UTC.
    pub next: Option<i64>,
}

impl Plan {
    /// Both trees equal the synced tree, and nothing is held or left to prove.
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty() && self.steps.is_empty() && !self.is_held()
    }

    /// Something waits for a person.
    pub fn is_held(&self) -> bool {
        self.held.as_ref().is_some_and(|held| !held.approved)
    }

    pub(super) fn of_facts(facts: Vec<Fact>) -> Self {
        Plan {
            facts,
            ..Plan::default()
        }
    }
}

/// A step in the making.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub step: Step,
    /// The entry that it changes or takes away, on the side that it changes.
    pub entry: Option<EntryId>,
}

/// What the stages hand on to each other.
#[derive(Debug, Default)]
pub(super) struct Decided {
    pub facts: Vec<Fact>,
    pub drafts: Vec<Draft>,
    pub steps: Vec<Step>,
    pub next: Option<i64>,
}

impl Decided {
    /// Adds a step; `entry` is what it changes or takes away.
    pub fn push(&mut self, entry: Option<EntryId>, step: Step) {
        self.drafts.push(Draft { step, entry });
    }

    /// Remembers the earliest time at which something falls due.
    pub fn due(&mut self, at: i64) {
        self.next = Some(self.next.map_or(at, |next| next.min(at)));
    }
}

/// A step without dependencies.
pub(super) fn step(action: Action, reason: Reason, subject: String) -> Step {
    Step {
        action,
        reason,
        subject,
        after: Vec::new(),
    }
}
