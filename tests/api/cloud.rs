//! A cloud with one file, which does what the test says.

use super::registry::CONNECTION;
use async_trait::async_trait;
use attache::http::registry::Stored;
use attache::providers::{
    Body, Capability, Download, ErrorKind, Feed, Item, Locator, Provider, ProviderError, Result,
};
use attache::tree::{ConnectionId, EntryId, Fingerprint, HashKind, Kind, OperationId, Revision};
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// Bytes of one chunk of a download.
const CHUNK: usize = 64 * 1024;

/// How the cloud behaves.
#[derive(Clone, Copy, Debug)]
pub enum Mood {
    Well,
    Fails(ErrorKind),
    /// The download breaks off with an error after this many bytes.
    Breaks(usize),
    /// The download ends as if all were well after this many bytes.
    Ends(usize),
    /// A file of this many bytes that is made while it is read.
    Endless(u64),
}

pub struct TestCloud {
    pub bytes: Mutex<Vec<u8>>,
    pub mood: Mutex<Mood>,
    /// What the store says of the file.
    pub item: Mutex<Item>,
    /// Offsets that were read from.
    pub reads: Mutex<Vec<u64>>,
    /// Bytes that were taken out of an endless file.
    pub taken: Arc<AtomicU64>,
    /// Somebody stopped reading an endless file.
    pub dropped: Arc<Notify>,
}

struct Leaving(Arc<Notify>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl TestCloud {
    pub fn new(bytes: &[u8]) -> Self {
        let item = Item {
            id: Some(EntryId::new("cloud-7")),
            parent: None,
            name: "report.pdf".into(),
            kind: Kind::File,
            revision: Revision::new("r1"),
            fingerprint: Some(Fingerprint::of_size(bytes.len() as u64)),
            web_url: None,
        };
        TestCloud {
            bytes: Mutex::new(bytes.to_vec()),
            mood: Mutex::new(Mood::Well),
            item: Mutex::new(item),
            reads: Mutex::default(),
            taken: Arc::default(),
            dropped: Arc::default(),
        }
    }

    /// What both sides agreed on: the bytes as they are now.
    pub fn stored(&self) -> Stored {
        Stored {
            connection: CONNECTION,
            locator: Locator {
                id: EntryId::new("cloud-7"),
                path: vec!["Invoices".into(), "report.pdf".into()],
            },
            fingerprint: Fingerprint::of_bytes(&self.bytes.lock().unwrap()),
            revision: Revision::new("r1"),
        }
    }

    pub fn sha1(&self) -> String {
        let fingerprint = Fingerprint::of_bytes(&self.bytes.lock().unwrap());
        fingerprint.hash(HashKind::Sha1).unwrap().to_owned()
    }

    pub fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// A person writes other bytes in the cloud, and nobody has looked yet.
    pub fn edit(&self, bytes: &[u8], fingerprint: Option<Fingerprint>) {
        *self.bytes.lock().unwrap() = bytes.to_vec();
        let mut item = self.item.lock().unwrap();
        item.revision = Revision::new("r2");
        item.fingerprint = fingerprint;
    }

    fn endless(&self, size: u64) -> Download {
        let mut item = self.item.lock().unwrap().clone();
        item.fingerprint = Some(Fingerprint::of_size(size));
        let (taken, leaving) = (self.taken.clone(), Leaving(self.dropped.clone()));
        let bytes = stream::unfold(leaving, move |leaving| {
            taken.fetch_add(CHUNK as u64, Ordering::SeqCst);
            std::future::ready(Some((Ok(Bytes::from(vec![0; CHUNK])), leaving)))
        });
        Download {
            item,
            bytes: bytes.boxed(),
        }
    }
}

fn unsupported<T>() -> Result<T> {
    Err(ProviderError::new(
        ErrorKind::Unsupported,
        "not in these tests",
    ))
}

#[async_trait]
impl Provider for TestCloud {
    fn capability(&self) -> Capability {
        Capability {
            feed: Feed::Listing,
            stable_ids: true,
            hashes: &[],
            duplicate_names: false,
            whole_reads: false,
            whole_folders: false,
            parallel: 1,
            max_size: None,
        }
    }

    async fn metadata(&self, _: &Locator) -> Result<Item> {
        match *self.mood.lock().unwrap() {
            Mood::Fails(kind) => Err(ProviderError::new(kind, "the test says so, s3cr3t")),
            _ => Ok(self.item.lock().unwrap().clone()),
        }
    }

    async fn read(&self, file: &Locator, offset: u64) -> Result<Download> {
        assert_eq!(file.path, ["Invoices", "report.pdf"]);
        self.reads.lock().unwrap().push(offset);
        let item = self.metadata(file).await?;
        let mood = *self.mood.lock().unwrap();
        let bytes = self.bytes.lock().unwrap()[usize::try_from(offset).unwrap()..].to_vec();
        let (bytes, error) = match mood {
            Mood::Endless(size) => return Ok(self.endless(size)),
            Mood::Ends(at) => (bytes[..at].to_vec(), None),
            Mood::Breaks(at) => {
                let error = ProviderError::new(ErrorKind::Unavailable, "the store hung up");
                (bytes[..at].to_vec(), Some(Err(error)))
            }
            _ => (bytes, None),
        };
        let chunks: Vec<Result<Bytes>> = bytes
            .chunks(CHUNK)
            .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
            .chain(error)
            .collect();
        Ok(Download {
            item,
            bytes: stream::iter(chunks).boxed(),
        })
    }

    async fn claim(&self, _: ConnectionId) -> Result<Item> {
        unsupported()
    }

    async fn root(&self) -> Result<Item> {
        unsupported()
    }

    async fn list(&self, _: &Locator) -> Result<Vec<Item>> {
        unsupported()
    }

    async fn create_folder(&self, _: OperationId, _: &Locator, _: &str) -> Result<Item> {
        unsupported()
    }

    async fn create_file(&self, _: OperationId, _: &Locator, _: &str, _: &Body) -> Result<Item> {
        unsupported()
    }

    async fn write_file(
        &self,
        _: OperationId,
        _: &Locator,
        _: &Revision,
        _: &Body,
    ) -> Result<Item> {
        unsupported()
    }

    async fn place(&self, _: &Locator, _: &Locator, _: &str) -> Result<Item> {
        unsupported()
    }

    async fn trash(&self, _: OperationId, _: &Locator, _: &Revision) -> Result<String> {
        unsupported()
    }

    async fn restore(&self, _: &str, _: &Locator, _: &str) -> Result<Item> {
        unsupported()
    }
}
