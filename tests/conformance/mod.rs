//! What every store owes, by verb, held against each of them.
//!
//! A case gets a claimed, empty [`Store`] and looks at its capability where stores differ. What
//! people do on the other side of the store goes through [`stores::Person`].

mod apache;
mod claim;
mod create;
mod dav;
mod disk;
mod drop;
mod feed;
mod list;
mod place;
mod read;
mod root;
mod stores;
mod trash;
mod whole;
mod write;

use attache::providers::body::{Body, Content, Sent};
use attache::providers::{Capability, ErrorKind, Item, Locator, Provider, Result};
use attache::tree::{ConnectionId, EntryId, Fingerprint, Kind, OperationId, Revision};
use futures::TryStreamExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use stores::Person;
use uuid::Uuid;

/// One store under test, with the person on its other side.
pub struct Store {
    pub provider: Arc<dyn Provider>,
    /// A second connection to the same place; it has claimed nothing.
    pub stranger: Arc<dyn Provider>,
    pub person: Box<dyn Person>,
}

pub const OURS: ConnectionId = ConnectionId(Uuid::from_u128(0xA));
pub const THEIRS: ConnectionId = ConnectionId(Uuid::from_u128(0xB));

/// A key that no other operation of this run has.
pub fn key() -> OperationId {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    OperationId(Uuid::from_u128(NEXT.fetch_add(1, Ordering::Relaxed).into()))
}

pub fn body(bytes: &[u8]) -> Body {
    Body {
        fingerprint: Fingerprint::of_bytes(bytes),
        mimetype: "text/plain".into(),
        content: Content::Memory(bytes.to_vec().into()),
        sent: Sent::default(),
    }
}

/// The kind of a failure; a success is none.
pub fn kind<T>(result: Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| {
        assert!(!error.message.is_empty() && !error.message.ends_with('.'));
        error.kind
    })
}

/// A revision without the mark that it will settle: a file that was just written may get another
/// one, once.
pub fn settled(revision: &Revision) -> &str {
    revision.as_str().split('~').next().unwrap_or_default()
}

impl Store {
    pub fn can(&self) -> Capability {
        self.provider.capability()
    }

    pub fn root(&self) -> Locator {
        Locator {
            id: EntryId::new("root"),
            path: vec![],
        }
    }

    /// A locator of what lies at a path, with the identity that the store tells; panics where it
    /// is not.
    pub async fn at(&self, path: &str) -> Locator {
        let mut locator = self.root();
        for name in path.split('/') {
            let items = self.provider.list(&locator).await.expect("a listing");
            let item = items
                .into_iter()
                .find(|item| item.name == name)
                .unwrap_or_else(|| panic!("{path:?} is not listed"));
            locator = self.below(&locator, &item);
        }
        locator
    }

    /// A locator of a listed or made item in its parent.
    pub fn below(&self, parent: &Locator, item: &Item) -> Locator {
        let mut path = parent.path.clone();
        path.push(item.name.clone());
        let minted = || EntryId::new(path.join("/"));
        Locator {
            id: item.id.clone().unwrap_or_else(minted),
            path,
        }
    }

    pub async fn make_folder(&self, parent: &Locator, name: &str) -> Locator {
        let made = self.provider.create_folder(key(), parent, name).await;
        self.below(parent, &made.expect("a new folder"))
    }

    pub async fn make_file(&self, parent: &Locator, name: &str, bytes: &[u8]) -> (Locator, Item) {
        let made = self
            .provider
            .create_file(key(), parent, name, &body(bytes))
            .await
            .expect("a new file");
        self.known(parent, made).await
    }

    /// A file that was just made, with the revision that the store did not tell at once.
    pub async fn known(&self, parent: &Locator, made: Item) -> (Locator, Item) {
        let file = self.below(parent, &made);
        let item = match made.revision.is_unknown() {
            true => self.provider.metadata(&file).await.expect("a new file"),
            false => made,
        };
        (file, item)
    }

    pub async fn bytes(&self, file: &Locator) -> Vec<u8> {
        self.bytes_from(file, 0).await
    }

    pub async fn bytes_from(&self, file: &Locator, offset: u64) -> Vec<u8> {
        let download = self.provider.read(file, offset).await.expect("a download");
        let parts: Vec<_> = download.bytes.try_collect().await.expect("all the bytes");
        parts.concat()
    }

    /// The names in a folder, sorted.
    pub async fn names(&self, folder: &Locator) -> Vec<String> {
        let items = self.provider.list(folder).await.expect("a listing");
        let mut names: Vec<_> = items.into_iter().map(|item| item.name).collect();
        names.sort();
        names
    }

    /// What an item tells is what the store tells when asked again.
    pub async fn confirm(&self, locator: &Locator, told: &Item) {
        let now = self.provider.metadata(locator).await.expect("the entry");
        // The answer to a call may tell hashes that a later look does not.
        let told_alike = Item {
            fingerprint: now.fingerprint.clone(),
            revision: now.revision.clone(),
            ..told.clone()
        };
        assert_eq!(now, told_alike, "the answer differs from what is there");
        assert_eq!(settled(&now.revision), settled(&told.revision));
        if told.kind == Kind::File {
            let fingerprint = told.fingerprint.as_ref().expect("a file has a size");
            let bytes = self.bytes(locator).await;
            assert_eq!(fingerprint.size, bytes.len() as u64);
            assert_ne!(
                fingerprint.compare(&Fingerprint::of_bytes(&bytes)),
                attache::tree::Sameness::Different
            );
            assert!(!told.revision.as_str().is_empty());
        }
    }
}

macro_rules! stores {
    ($($store:ident),* => $cases:tt) => {
        $(stores!(@one $store $cases);)*
    };
    (@one $store:ident { $($verb:ident: $($case:ident)*;)* }) => {
        mod $store {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    super::$verb::$case(&super::stores::$store().await).await;
                }
            )*)*
        }
    };
}

stores! {
    memory_drive, memory_graph, memory_nas, folder, webdav_apache, webdav_cautious => {
        claim: claiming_twice_is_once another_connection_is_refused;
        list: a_listing_is_complete_and_ours_is_left_out listings_tell_legal_oddities_exactly;
        create: what_is_made_is_there_and_told_right nothing_is_ever_overwritten
            names_that_escape_are_refused a_missing_parent_is_not_found
            many_at_once_are_all_there large_bodies_stream_through;
        read: bytes_come_from_any_offset what_is_gone_cannot_be_read;
        write: a_write_needs_the_present_revision a_persons_edit_is_always_noticed
            what_is_gone_is_not_written;
        place: entries_are_renamed_and_moved names_can_be_swapped a_case_only_rename_works
            a_taken_name_is_refused impossible_moves_are_refused;
        trash: a_trashed_file_can_come_back trash_needs_the_present_revision
            full_folders_stay restoring_never_overwrites;
        root: a_root_that_is_away_is_never_empty;
        drop: a_dropped_call_can_be_repeated a_dropped_restore_happens_wholly_or_not_at_all;
        whole: a_whole_folder_holds_its_files a_whole_folder_takes_nobodys_place
            a_whole_folder_has_sound_names a_dropped_whole_folder_can_be_repeated;
        feed: changes_are_told_or_unsupported;
    }
}
