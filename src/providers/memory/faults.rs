//! What the in-memory store can be told to do wrong. Every lie is one that a real cloud told.

use super::super::{ErrorKind, ProviderError};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// The calls of [`super::super::Provider`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Call {
    Claim,
    Root,
    List,
    Changes,
    Metadata,
    Read,
    CreateFolder,
    CreateFile,
    WriteFile,
    Place,
    Trash,
    Restore,
}

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// `Unavailable`, and nothing happened.
    Before,
    /// `Unavailable`, and it happened: the acknowledgement was lost.
    After,
    /// `RateLimited` for 30 seconds, and nothing happened.
    RateLimited,
    /// `RootGone` although the root is there: a share that is away for a moment.
    RootAway,
    /// A listing that breaks off: an error, never a short answer.
    Truncated,
    /// A listing as it was a few changes ago: misses what is new, shows what is gone.
    Stale,
    /// The download's stream ends half way with an error.
    Cut,
    /// The feed holds the latest changes back; a later page tells them.
    Late,
    /// The feed tells some earlier changes again.
    Repeated,
    /// The page's changes come in another order: children before parents.
    Reordered,
    /// One change is never told; only a complete listing finds it.
    Lost,
    /// `CursorExpired`.
    Expired,
}

impl Fault {
    /// All of them.
    pub const ALL: [Fault; 12] = [
        Fault::Before,
        Fault::After,
        Fault::RateLimited,
        Fault::RootAway,
        Fault::Truncated,
        Fault::Stale,
        Fault::Cut,
        Fault::Late,
        Fault::Repeated,
        Fault::Reordered,
        Fault::Lost,
        Fault::Expired,
    ];

    /// Whether this can go wrong in that call. `metadata` and `read` never lie.
    pub fn fits(self, call: Call) -> bool {
        match self {
            Fault::Before | Fault::After | Fault::RateLimited => true,
            Fault::RootAway => call != Call::Claim,
            Fault::Truncated | Fault::Stale => call == Call::List,
            Fault::Cut => call == Call::Read,
            Fault::Late | Fault::Repeated | Fault::Reordered | Fault::Lost | Fault::Expired => {
                call == Call::Changes
            }
        }
    }

    /// The error in place of the call's effect; `None` where the effect happens.
    pub(super) fn instead(self) -> Option<ProviderError> {
        let (kind, message) = match self {
            Fault::Before => (ErrorKind::Unavailable, "the store cannot be reached"),
            Fault::RateLimited => (
                ErrorKind::RateLimited(Duration::from_secs(30)),
                "the store asks to wait",
            ),
            Fault::RootAway => (ErrorKind::RootGone, "the root folder is not there"),
            Fault::Truncated => (ErrorKind::Unavailable, "the listing broke off"),
            Fault::Expired => (ErrorKind::CursorExpired, "the cursor is too old"),
            _ => return None,
        };
        Some(ProviderError::new(kind, message))
    }
}

/// What goes wrong when: a script first, chance after it.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    script: VecDeque<(Call, Fault)>,
    chances: BTreeMap<Fault, f64>,
    /// How often each fault happened.
    happened: BTreeMap<Fault, usize>,
}

impl Faults {
    /// Nothing goes wrong.
    pub fn none() -> Self {
        Self::default()
    }

    /// Each of these goes wrong with the same probability at each call that it fits.
    pub fn of(faults: &[Fault], chance: f64) -> Self {
        Faults {
            chances: faults.iter().map(|fault| (*fault, chance)).collect(),
            ..Self::default()
        }
    }

    /// The next such call goes wrong this way, before chance is asked. More of them: in order.
    pub fn next(&mut self, call: Call, fault: Fault) {
        self.script.push_back((call, fault));
    }

    /// Sets the probability of one fault.
    pub fn chance(&mut self, fault: Fault, chance: f64) {
        self.chances.insert(fault, chance);
    }

    /// How often each fault happened so far.
    pub fn happened(&self) -> &BTreeMap<Fault, usize> {
        &self.happened
    }

    pub(super) fn draw(&mut self, call: Call, random: &mut fastrand::Rng) -> Option<Fault> {
        let scripted = self.script.iter().position(|(when, _)| *when == call);
        let fault = match scripted.and_then(|at| self.script.remove(at)) {
            Some((_, fault)) => Some(fault),
            None => self
                .chances
                .iter()
                .filter(|(fault, _)| fault.fits(call))
                .find(|(_, chance)| random.f64() < **chance)
                .map(|(fault, _)| *fault),
        }?;
        *self.happened.entry(fault).or_default() += 1;
        Some(fault)
    }
}
