//! Odoo: records, people and rights, through the addon.

pub mod bytes;
pub mod entries;
pub mod error;
pub mod frames;
pub mod http;
pub mod items;
pub mod json2;
pub mod memory;
pub mod pairing;
pub mod plain;
pub mod refusal;
pub mod server;
pub mod service;
pub mod spool;
pub mod token;
pub mod transport;
pub mod web;
pub mod wire;
pub mod write;
pub mod xmlrpc;

pub use error::{ErrorKind, OdooError};

use crate::tree::{Cursor, Entry, EntryId, Fingerprint, OperationId, Page, Revision};
use ::bytes::Bytes;
use async_trait::async_trait;
use futures::stream::BoxStream;

/// What every call answers.
pub type Result<T> = std::result::Result<T, OdooError>;

/// A file whose bytes are asked for, by its identity and the sha1 that it must still have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub id: EntryId,
    pub sha1: String,
    pub size: u64,
}

/// What came of one asked file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// As many bytes as were asked for. Whoever sends them on checks their sha1 first.
    Bytes(Bytes),
    /// It is gone.
    Missing,
    /// It has other bytes now.
    Changed,
    /// Its bytes are in the cloud only.
    Released,
    /// Odoo has the row and no bytes: its own filestore is damaged.
    Lost,
}

/// One write to Odoo. Identities are Odoo's own; `key` makes a creation safe to repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// A manual folder.
    CreateFolder {
        key: OperationId,
        parent: EntryId,
        name: String,
    },
    /// A file whose bytes are in the cloud; it is released from birth, unless Odoo keeps bytes.
    CreateFile {
        key: OperationId,
        parent: EntryId,
        name: String,
        fingerprint: Fingerprint,
        mimetype: String,
        /// See [`Odoo::keeps_bytes`].
        bytes: Option<Bytes>,
    },
    /// The cloud's new bytes of a file that still has the sha1 `expect`. It is released after,
    /// unless Odoo keeps bytes.
    Content {
        id: EntryId,
        expect: String,
        fingerprint: Fingerprint,
        mimetype: String,
        /// See [`Odoo::keeps_bytes`].
        bytes: Option<Bytes>,
    },
    /// Rename and move in one, of an entry still at `expect`.
    Place {
        id: EntryId,
        expect: Revision,
        parent: EntryId,
        name: String,
    },
    /// To Odoo's trash, an entry still at `expect`. Missing is fine.
    Trash { id: EntryId, expect: Revision },
    /// Drops Odoo's bytes of a file that still has this sha1 and size.
    Release {
        id: EntryId,
        fingerprint: Fingerprint,
    },
}

/// Why Odoo did not do a write; the others of the same call are not affected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("it is gone in Odoo")]
    Missing,
    #[error("it has changed in Odoo meanwhile")]
    Changed(Option<Box<Entry>>),
    #[error("Odoo does not allow it: {0}")]
    Forbidden(String),
    #[error("Odoo refuses it: {0}")]
    Invalid(String),
}

/// The outcome of one write: the entry as it is now; `None` after `Trash`.
pub type Written = std::result::Result<Option<Entry>, Refusal>;

/// What the engine asks of Odoo, for one connection.
///
/// Entries are the folders and files of this connection, its root folder included (the one with
/// no parent). Identities are `folder:<id>` and `file:<id>`. Every file's fingerprint has size and
/// sha1. Revisions of files and folders differ whenever name, place or bytes do.
#[async_trait]
pub trait Odoo: Send + Sync {
    /// What changed since `cursor`; `None` answers the present end with no changes. Gives the
    /// present state of whatever was touched, never history; what left this connection is told
    /// as gone. `CursorExpired` asks for a rescan, `EpochChanged` for a person.
    async fn feed(&self, cursor: Option<&Cursor>) -> Result<Page>;

    /// One page of the complete listing, parents before children not promised; `after` is the
    /// cursor of the page before. What changes meanwhile is told by a feed read from a cursor
    /// that was taken before the first page.
    async fn scan(&self, after: Option<&Cursor>) -> Result<Page>;

    /// Entries as they are now; `None` for what is gone from this connection.
    async fn read(&self, ids: &[EntryId]) -> Result<Vec<Option<Entry>>>;

    /// The bytes of many small files in one answer, in any order, each whole and checked against
    /// its sha1. The stream may end early: what came is good.
    async fn bytes(
        &self,
        wanted: &[Wanted],
    ) -> Result<BoxStream<'static, Result<(EntryId, Given)>>>;

    /// The bytes of one large file from `offset` on. `Err` with `Changed` or `NotFound` when it
    /// has other bytes or is gone. The stream may be cut: go on from where it ended.
    async fn large(
        &self,
        wanted: &Wanted,
        offset: u64,
    ) -> Result<BoxStream<'static, Result<Bytes>>>;

    /// Where Odoo keeps the bytes of every file itself: the most that one may have. Then writes
    /// bring bytes along, and nothing is ever released. `None`: the cloud's bytes stay there.
    fn keeps_bytes(&self) -> Option<u64> {
        None
    }

    /// Writes a batch; answers in the same order. Each stands alone.
    async fn write(&self, writes: &[Write]) -> Result<Vec<Written>>;
}
