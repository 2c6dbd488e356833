//! The bytes of an upload: in memory when few, else in a file of the spool.

use super::{ErrorKind, ProviderError, Result};
use crate::tree::Fingerprint;
use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio_util::io::ReaderStream;

/// Bytes with their fingerprint; may be streamed as often as a retry needs.
#[derive(Clone, Debug)]
pub struct Body {
    /// Of exactly these bytes, with every hash.
    pub fingerprint: Fingerprint,
    pub mimetype: String,
    pub content: Content,
    /// Counts what [`Body::stream`] gave out.
    pub sent: Sent,
}

/// A count of bytes sent, shared by whoever sends and whoever looks.
#[derive(Clone, Debug, Default)]
pub struct Sent(Arc<AtomicU64>);

impl Sent {
    /// How many so far.
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// So many more.
    pub fn add(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }

    /// From nothing again.
    pub fn begin(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// Where the bytes are.
#[derive(Clone, Debug)]
pub enum Content {
    Memory(Bytes),
    File(PathBuf),
}

impl Body {
    /// How many bytes.
    pub fn size(&self) -> u64 {
        self.fingerprint.size
    }

    /// The bytes from the start. A spool file that cannot be read: `Unavailable`.
    pub async fn stream(&self) -> Result<BoxStream<'static, std::io::Result<Bytes>>> {
        Ok(match &self.content {
            Content::Memory(bytes) => stream::iter([Ok(bytes.clone())]).boxed(),
            Content::File(path) => {
                let file = tokio::fs::File::open(path).await.map_err(|error| {
                    let message = "the spooled upload cannot be read; it will be fetched again";
                    ProviderError::new(ErrorKind::Unavailable, message).because(error)
                })?;
                self.sent.begin();
                let sent = self.sent.clone();
                ReaderStream::with_capacity(file, 256 * 1024)
                    .inspect_ok(move |part| sent.add(part.len() as u64))
                    .boxed()
            }
        })
    }
}
