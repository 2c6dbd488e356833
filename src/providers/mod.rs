//! Clouds: one trait, one folder for each store.
//!
//! The trait serves two kinds of store. *Id-addressed* clouds (Drive, Graph, Dropbox, Box) give
//! every entry an identity that outlives renames, and a feed of changes. *Path-addressed* stores
//! (WebDAV, S3, a mounted share) know only paths and can only be listed. Every call carries a
//! [`Locator`] with both, and each provider uses what it understands.

pub mod body;
pub mod error;
pub mod folder;
pub mod http;
pub mod memory;
pub mod names;
pub mod webdav;

pub use body::Body;
pub use error::{ErrorKind, ProviderError};

use crate::tree::{
    ConnectionId, Cursor, EntryId, Fingerprint, HashKind, Kind, OperationId, Page, Revision,
};
use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

/// What every call answers.
pub type Result<T> = std::result::Result<T, ProviderError>;

/// Where an entry is: by identity, and by the names from below the connection's root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locator {
    pub id: EntryId,
    /// Empty for the root itself.
    pub path: Vec<String>,
}

impl Locator {
    /// Something directly in this folder.
    pub fn child(&self, id: EntryId, name: &str) -> Self {
        let mut path = self.path.clone();
        path.push(name.to_owned());
        Locator { id, path }
    }
}

/// One entry as the store tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The store's own identity. `None` where it knows only paths: the engine mints one.
    pub id: Option<EntryId>,
    /// Where id-addressed stores say it lies; `None` elsewhere (the path told).
    pub parent: Option<EntryId>,
    pub name: String,
    pub kind: Kind,
    /// Changes whenever the bytes do. Empty for folders of stores that have none.
    pub revision: Revision,
    /// Size, and the hashes that the store **computed from the stored bytes**, or that the
    /// provider computed while it read them back at this revision. A hash that the store only
    /// repeats after us must not be here: it would become a false proof.
    pub fingerprint: Option<Fingerprint>,
    /// Where people open it.
    pub web_url: Option<String>,
}

/// How changes are learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feed {
    /// [`Provider::changes`] with a cursor and tombstones.
    Changes,
    /// [`Provider::list`] of every folder, again and again.
    Listing,
}

/// What a store can do. Each field changes a decision somewhere; none is there to be complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capability {
    pub feed: Feed,
    /// Items carry identities that outlive renames and moves.
    pub stable_ids: bool,
    /// Hashes that the store computes itself for every file.
    pub hashes: &'static [HashKind],
    /// Siblings may have equal names (Drive).
    pub duplicate_names: bool,
    /// A download is of one revision from its first byte to its last, even when the file is written
    /// meanwhile.
    pub whole_reads: bool,
    /// A new folder can be made together with its first files
    /// ([`Provider::create_whole_folder`]).
    pub whole_folders: bool,
    /// Calls that may run at once.
    pub parallel: usize,
    /// Largest file in bytes, where the store has a limit.
    pub max_size: Option<u64>,
}

/// Refuses (`Invalid`) a file that is larger than a store takes.
pub fn check_size(size: u64, most: u64) -> Result<()> {
    if size <= most {
        return Ok(());
    }
    let message = format!(
        "the file has {size} bytes and the store takes {most} at most; make it smaller, or keep it \
         in Odoo"
    );
    Err(ProviderError::new(ErrorKind::Invalid, message))
}

/// Bytes on their way down.
pub struct Download {
    /// The file as it is now; its revision belongs to these bytes.
    pub item: Item,
    /// From the asked offset to the end. An error within means: what came so far is good, the
    /// rest is missing.
    pub bytes: BoxStream<'static, Result<Bytes>>,
}

/// A file that a new folder is to hold from its first moment on.
#[derive(Clone, Debug)]
pub struct NewFile {
    pub name: String,
    pub body: Body,
}

/// A folder that was made together with files.
#[derive(Clone, Debug)]
pub struct WholeFolder {
    pub folder: Item,
    /// In the order asked for; `None` where the store did not take a file.
    pub files: Vec<Option<Item>>,
}

/// Uploads at once of one [`Provider::create_whole_folder`]: so many calls it counts for.
pub const WHOLE_FOLDER_CALLS: usize = 4;

/// One store, authorised, with one root folder.
///
/// For every call: [`ErrorKind::Unavailable`] when the store cannot be reached or is busy,
/// [`ErrorKind::RootGone`] when the root folder or its mark is missing or is another connection's
/// (an unmounted share, a wrong folder), and never an empty answer instead of an error.
/// A call that is dropped half way or fails has either not happened or happened wholly; repeating
/// it with the same `key` is safe.
#[async_trait]
pub trait Provider: Send + Sync {
    /// What this store can do, as far as it was probed yet: what nobody knows, it cannot.
    fn capability(&self) -> Capability;

    /// Makes the root folder where it is missing and marks it as this connection's. Twice: the
    /// same. A root that another connection marked: `RootGone` with a message that says so. Only
    /// called when a person connects, never in the loop.
    async fn claim(&self, connection: ConnectionId) -> Result<Item>;

    /// The root, checked to be there and to be ours.
    async fn root(&self) -> Result<Item>;

    /// Everything directly in a folder: complete, or an error. Names of our own (the mark, the
    /// trash, temporary files) are left out. A folder that is gone: `NotFound`.
    async fn list(&self, folder: &Locator) -> Result<Vec<Item>>;

    /// What changed since `cursor`; `None` answers the present end with no changes. Entries
    /// outside the root are left out or told as gone. `CursorExpired` asks for a rescan. Only for
    /// [`Feed::Changes`]; elsewhere `Unsupported`.
    async fn changes(&self, cursor: Option<&Cursor>) -> Result<Page> {
        let _ = cursor;
        Err(ProviderError::new(
            ErrorKind::Unsupported,
            "this store has no feed of changes",
        ))
    }

    /// One entry as it is now, past every cache. In the trash or gone: `NotFound`. Id-addressed
    /// stores look by identity and tell the present parent and name; others look at the path.
    async fn metadata(&self, entry: &Locator) -> Result<Item>;

    /// The bytes of a file from `offset` on. Gone: `NotFound`.
    async fn read(&self, file: &Locator, offset: u64) -> Result<Download>;

    /// Makes a folder. A sibling of that name is there: `AlreadyExists` (where names may repeat:
    /// only `key` tells, and the same key again answers the folder made then).
    async fn create_folder(&self, key: OperationId, parent: &Locator, name: &str) -> Result<Item>;

    /// Makes a file with these bytes, whole or not at all; never overwrites: `AlreadyExists`.
    /// Where names may repeat, the same key again answers the file made then. A store that does not
    /// tell the new revision may leave it unknown: the engine reads the file back then.
    async fn create_file(
        &self,
        key: OperationId,
        parent: &Locator,
        name: &str,
        body: &Body,
    ) -> Result<Item>;

    /// Makes a folder that holds these files as soon as it is seen: all of it, or nothing. A sibling
    /// of that name is there: `AlreadyExists`. A file that the store refuses for what it is is left
    /// out; it gets its own error when it is made by itself. Revisions may be left unknown, as with
    /// [`Provider::create_file`]. Names must differ, also when folded. Only with
    /// [`Capability::whole_folders`]; elsewhere `Unsupported`.
    async fn create_whole_folder(
        &self,
        key: OperationId,
        parent: &Locator,
        name: &str,
        files: &[NewFile],
    ) -> Result<WholeFolder> {
        let _ = (key, parent, name, files);
        Err(ProviderError::new(
            ErrorKind::Unsupported,
            "this store makes folders and files one by one",
        ))
    }

    /// Replaces the bytes of a file that is still at `expect`, whole or not at all; otherwise
    /// `Changed`, and whatever was there is there still, or in the trash where somebody took its name
    /// in that moment. Gone: `NotFound`.
    async fn write_file(
        &self,
        key: OperationId,
        file: &Locator,
        expect: &Revision,
        body: &Body,
    ) -> Result<Item>;

    /// Renames and moves in one; bytes and identity stay. The new name is taken: `AlreadyExists`
    /// (never overwrites; a change of case only is no clash). Already there: the entry. Into
    /// itself: `Invalid`. Gone: `NotFound`.
    async fn place(&self, entry: &Locator, parent: &Locator, name: &str) -> Result<Item>;

    /// Puts an entry into the store's trash, or into one of our own where it has none. A file
    /// that is not at `expect` any more: `Changed`. A folder that is not empty: `Changed` as well,
    /// so that nothing unseen goes with it. Gone: `NotFound`. Answers the handle for `restore`; the
    /// same key again answers it again, so that a lost answer never loses the way back, or `Changed`
    /// where something else had slipped in and went back.
    async fn trash(&self, key: OperationId, entry: &Locator, expect: &Revision) -> Result<String>;

    /// Takes a file out of the trash to this place. No longer in the trash: `NotFound`. The name
    /// is taken: `AlreadyExists`.
    async fn restore(&self, handle: &str, parent: &Locator, name: &str) -> Result<Item>;

    /// Returns when something in the store may have changed. A nudge only: it may come too often
    /// or never.
    async fn nudged(&self) {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_too_large_is_told_so_with_both_sizes() {
        assert!(check_size(5, 5).is_ok());
        let error = check_size(6, 5).expect_err("too large");
        assert_eq!(error.kind, ErrorKind::Invalid);
        assert!(error.message.contains("6 bytes") && error.message.contains("takes 5"));
    }
}
