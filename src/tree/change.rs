//! Changes: what a feed reports.

use super::entry::Entry;
use super::ids::EntryId;
use serde::{Deserialize, Serialize};

/// A place in a feed. Opaque; only the side that gave it can read it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cursor(pub String);

/// One reported difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The entry as it is now; new or known.
    Present(Entry),
    /// A tombstone: proof that the entry (with all below it) is gone from the connection's root.
    Gone(EntryId),
}

impl Change {
    /// Whom it speaks of.
    pub fn id(&self) -> &EntryId {
        match self {
            Change::Present(entry) => &entry.id,
            Change::Gone(id) => id,
        }
    }

    /// Whether it is a tombstone.
    pub fn is_gone(&self) -> bool {
        matches!(self, Change::Gone(_))
    }
}

/// One page of a feed or of a rescan. Pages may repeat what was told before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub changes: Vec<Change>,
    /// Where to go on. Store it together with what the page told, in one transaction.
    pub cursor: Cursor,
    /// More is waiting right now.
    pub more: bool,
}
