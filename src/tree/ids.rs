//! Identities. Each is opaque: compare it, store it, never take it apart.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

/// Which end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Records, people and rights.
    Odoo,
    /// Bytes.
    Cloud,
}

impl Side {
    /// The opposite end.
    pub fn other(self) -> Side {
        match self {
            Side::Odoo => Side::Cloud,
            Side::Cloud => Side::Odoo,
        }
    }

    /// The word used in SQL, logs and pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Side::Odoo => "odoo",
            Side::Cloud => "cloud",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Odoo => "Odoo",
            Side::Cloud => "cloud",
        })
    }
}

/// The identity that one side gives to one entry. It outlives renames and moves.
///
/// Odoo: `folder:12` or `file:345`. Cloud: the provider's own id, or, for a store that knows only
/// paths, one that the walk mints when it first sees the entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EntryId(Arc<str>);

impl EntryId {
    /// Wraps what a side said.
    pub fn new(id: impl Into<Arc<str>>) -> Self {
        EntryId(id.into())
    }

    /// The text, as stored and sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

uuid_id!(
    /// One authorised place in one cloud.
    ConnectionId
);
uuid_id!(
    /// One pair of entries that both sides agreed are the same thing.
    PairId
);
uuid_id!(
    /// One operation; also the idempotency key that a provider or Odoo is given with it.
    OperationId
);
