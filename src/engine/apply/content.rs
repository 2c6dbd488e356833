//! Bytes: out of Odoo into an upload, and out of the cloud into a fingerprint.

use super::outcome::Failure;
use super::tally::Counted;
use super::work::{Work, kib};
use crate::engine::EngineError;
use crate::engine::batch::Asked;
use crate::engine::progress::OnItsWay;
use crate::engine::spool;
use crate::odoo::{self, Given, OdooError, Wanted};
use crate::providers::{
    self, Body, Locator, ProviderError,
    body::{Content, Sent},
};
use crate::tree::{Action, Entry, Fingerprint, HashKind, Hasher, Side};
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use std::collections::HashMap;
use tokio::sync::SemaphorePermit;

/// Files asked for in one response at most.
pub const FETCH_FILES: usize = 200;

/// Times that a cut transfer goes on without having got any further.
const MOST_CUTS: usize = 3;

/// The answer to one file asked for.
pub type Asking = Result<Given, OdooError>;

/// What a file of the cloud is, read whole; its bytes, where Odoo keeps bytes.
pub struct Taken<'a> {
    pub cloud: Entry,
    pub fingerprint: Fingerprint,
    pub bytes: Option<Bytes>,
    _room: Option<SemaphorePermit<'a>>,
}

/// Bytes that are kept in memory, and the most of them.
struct Kept {
    bytes: BytesMut,
    most: u64,
}

/// The bytes of an upload, with what keeps them in being.
pub struct Fetched<'a> {
    pub body: Body,
    _spooled: Option<spool::Kept>,
    _room: SemaphorePermit<'a>,
    _hand: Option<Counted<'a>>,
    _way: Option<OnItsWay<'a>>,
}

impl Work<'_> {
    /// Whether the store takes a file as large as the step would send; else only a person can help.
    pub fn fits(&self, action: &Action) -> Result<(), Failure> {
        let Some(most) = self.engine.cloud.capability().max_size else {
            return Ok(());
        };
        let book = self.desk.book();
        let source = match action {
            Action::Create {
                to: Side::Cloud,
                source,
                ..
            } => Some(source),
            Action::Content {
                to: Side::Cloud,
                pair,
            } => book.synced.get(pair).map(|pair| &pair.odoo),
            _ => None,
        };
        let size = source
            .and_then(|id| book.odoo.get(id))
            .map_or(0, Entry::size);
        Ok(providers::check_size(size, most)?)
    }

    /// The bytes of an Odoo file, checked against the sha1 that the book knows.
    pub async fn body(&self, entry: &Entry) -> Result<Fetched<'_>, Failure> {
        let wanted = wanted(entry)?;
        if wanted.size > self.engine.limits.small {
            return self.large_body(wanted, entry).await;
        }
        let room = self.room(wanted.size).await;
        let body = self.small_body(entry).await?;
        Ok(Fetched {
            body,
            _spooled: None,
            _room: room,
            _hand: Some(self.hand.one()),
            _way: None,
        })
    }

    /// Memory for small files of so many bytes, which must not be more than the limit.
    pub async fn room(&self, bytes: u64) -> SemaphorePermit<'_> {
        let room = self.memory.acquire_many(kib(bytes)).await;
        room.expect("never closed")
    }

    /// The bytes of a small file, for which the caller has room, and which it takes in hand.
    pub async fn small_body(&self, entry: &Entry) -> Result<Body, Failure> {
        let wanted = wanted(entry)?;
        let bytes = match self.bytes.ask(wanted.clone()).await? {
            Given::Bytes(bytes) => bytes,
            Given::Missing | Given::Changed | Given::Released => {
                return Err(Failure::moved("it changed in Odoo meanwhile", []));
            }
            Given::Lost => return Err(EngineError::Person(LOST.into()).into()),
        };
        let mut hasher = self.hasher();
        hasher.update(&bytes);
        let fingerprint = hasher.finish();
        if !is_right(&fingerprint, &wanted) {
            return Err(EngineError::Person(LOST.into()).into());
        }
        Ok(Body {
            fingerprint,
            mimetype: mimetype(entry),
            content: Content::Memory(bytes),
            sent: Sent::default(),
        })
    }

    async fn large_body(&self, wanted: Wanted, entry: &Entry) -> Result<Fetched<'_>, Failure> {
        let room = self.large.acquire().await.expect("never closed");
        let way = self.engine.progress.begin(&entry.id, wanted.size);
        let spooled = self.engine.spool.open(wanted.size).await;
        let mut spooled = spooled.map_err(EngineError::from)?;
        let mut hasher = self.hasher();
        let mut have = 0;
        let mut cuts = 0;
        while have < wanted.size {
            let before = have;
            let mut bytes = self.engine.odoo.large(&wanted, have).await?;
            let cut = loop {
                match bytes.next().await {
                    Some(Ok(part)) => {
                        have += part.len() as u64;
                        hasher.update(&part);
                        way.fetched(have);
                        spooled.write(&part).await.map_err(EngineError::from)?;
                    }
                    Some(Err(error)) => break Some(error),
                    None => break None,
                }
            };
            cuts = if have > before { 0 } else { cuts + 1 };
            if cuts >= MOST_CUTS {
                let error = cut.unwrap_or_else(|| {
                    OdooError::new(
                        odoo::ErrorKind::Unavailable,
                        "Odoo keeps cutting the transfer",
                    )
                });
                return Err(error.into());
            }
        }
        let fingerprint = hasher.finish();
        if !is_right(&fingerprint, &wanted) {
            // It came in parts, over some time: another try may well go better.
            let message = "the bytes that came from Odoo do not have the checksum that Odoo tells; nothing was sent on";
            return Err(OdooError::new(odoo::ErrorKind::Unexpected, message).into());
        }
        let (content, kept) = spooled.finish().await.map_err(EngineError::from)?;
        let body = Body {
            fingerprint,
            mimetype: mimetype(entry),
            content,
            sent: way.sent(),
        };
        Ok(Fetched {
            body,
            _spooled: kept,
            _room: room,
            _hand: None,
            _way: Some(way),
        })
    }

    /// Computes what Odoo and this store can be compared by.
    fn hasher(&self) -> Hasher {
        Hasher::with(self.engine.cloud.capability().hashes)
    }

    /// One framed response for many files. What it did not bring is asked for again by the step.
    pub async fn fetch(&self, asked: Vec<Asked<Wanted, Asking>>) {
        let wanted: Vec<Wanted> = asked.iter().map(|(wanted, _)| wanted.clone()).collect();
        let mut waiting: HashMap<_, Vec<_>> = HashMap::new();
        for (wanted, sender) in asked {
            waiting.entry(wanted.id).or_default().push(sender);
        }
        let mut failure = OdooError::new(odoo::ErrorKind::Unavailable, "Odoo cut the transfer");
        match self.engine.odoo.bytes(&wanted).await {
            Ok(mut stream) => {
                while let Some(given) = stream.next().await {
                    match given {
                        Ok((id, given)) => {
                            for sender in waiting.remove(&id).into_iter().flatten() {
                                // Nobody waits any more when the turn is being dropped.
                                let _ = sender.send(Ok(given.clone()));
                            }
                        }
                        Err(error) => {
                            failure = error;
                            break;
                        }
                    }
                }
            }
            Err(error) => failure = error,
        }
        for sender in waiting.into_values().flatten() {
            let _ = sender.send(Err(OdooError::new(failure.kind, failure.message.clone())));
        }
    }

    /// Reads a cloud file whole and answers what its bytes are, with the entry that they belong
    /// to. A file that changes while it is read: `Changed`.
    pub async fn measure(&self, known: &Entry) -> Result<(Entry, Fingerprint), Failure> {
        let locator = self.locate(&known.id)?;
        self.measure_at(&locator, known, self.hasher()).await
    }

    /// The same for a write to Odoo: with the bytes, where it keeps them.
    pub async fn take(&self, known: &Entry) -> Result<Taken<'_>, Failure> {
        let locator = self.locate(&known.id)?;
        let Some(most) = self.engine.odoo.keeps_bytes() else {
            let (cloud, fingerprint) = self.measure_at(&locator, known, self.hasher()).await?;
            return Ok(Taken {
                cloud,
                fingerprint,
                bytes: None,
                _room: None,
            });
        };
        check_most(known.size(), most)?;
        // A larger one than the memory for small files goes alone.
        let room = kib(known.size()).min(self.most_memory());
        let room = self.memory.acquire_many(room).await.expect("never closed");
        let mut kept = Kept {
            bytes: BytesMut::new(),
            most,
        };
        let read = self.read_at(&locator, known, self.hasher(), Some(&mut kept));
        let (cloud, fingerprint) = read.await?;
        Ok(Taken {
            cloud,
            fingerprint,
            bytes: Some(kept.bytes.freeze()),
            _room: Some(room),
        })
    }

    /// The same of a file that the book may not know yet.
    pub async fn measure_at(
        &self,
        locator: &Locator,
        known: &Entry,
        hasher: Hasher,
    ) -> Result<(Entry, Fingerprint), Failure> {
        self.read_at(locator, known, hasher, None).await
    }

    async fn read_at(
        &self,
        locator: &Locator,
        known: &Entry,
        mut hasher: Hasher,
        mut kept: Option<&mut Kept>,
    ) -> Result<(Entry, Fingerprint), Failure> {
        let cloud = self.engine.cloud;
        let _call = self.call().await;
        let mut have = 0;
        let mut cuts = 0;
        let mut told: Option<providers::Item> = None;
        let item = loop {
            let download = cloud.read(locator, have).await?;
            if let (Some(kept), Some(told)) = (&kept, &download.item.fingerprint) {
                check_most(told.size, kept.most)?;
            }
            let is_other = told
                .as_ref()
                .is_some_and(|told| told.revision != download.item.revision);
            if is_other {
                return Err(changed_while_read().into());
            }
            let before = have;
            let mut bytes = download.bytes;
            let cut = loop {
                match bytes.next().await {
                    Some(Ok(part)) => {
                        have += part.len() as u64;
                        hasher.update(&part);
                        if let Some(kept) = &mut kept {
                            // It may have grown since it was listed.
                            check_most(have, kept.most)?;
                            kept.bytes.extend_from_slice(&part);
                        }
                    }
                    Some(Err(error)) => break Some(error),
                    None => break None,
                }
            };
            let Some(cut) = cut else { break download.item };
            told = Some(download.item);
            cuts = if have > before { 0 } else { cuts + 1 };
            if cuts >= MOST_CUTS {
                return Err(cut.into());
            }
        };
        // A store that is written to in place can give old and new bytes in one answer.
        let now = match cloud.capability().whole_reads {
            true => item.clone(),
            false => cloud.metadata(locator).await?,
        };
        let entry = super::work::seen(now, known);
        if item.revision != entry.revision || entry.size() != have {
            return Err(changed_while_read().into());
        }
        Ok((entry, hasher.finish()))
    }
}

/// What to ask Odoo for, to get the bytes that the book knows and no others.
fn wanted(entry: &Entry) -> Result<Wanted, Failure> {
    let fingerprint = entry.fingerprint.clone().unwrap_or_default();
    let sha1 = fingerprint.hash(HashKind::Sha1).map(str::to_owned);
    let sha1 =
        sha1.ok_or_else(|| EngineError::Person("Odoo tells no checksum of this file".into()))?;
    Ok(Wanted {
        id: entry.id.clone(),
        sha1,
        size: fingerprint.size,
    })
}

/// Whether Odoo takes so many bytes where it keeps them; else only a person can help.
fn check_most(size: u64, most: u64) -> Result<(), Failure> {
    if size <= most {
        return Ok(());
    }
    let why = format!(
        "it is larger than the {} MiB that go into Odoo without the addon; it stays in the cloud",
        most >> 20
    );
    Err(EngineError::Person(why).into())
}

fn mimetype(entry: &Entry) -> String {
    mime_guess::from_path(&entry.name)
        .first_or_octet_stream()
        .to_string()
}

const LOST: &str = "Odoo has this file's row and not its bytes, or other bytes than the row tells; restore the filestore from a backup";

fn changed_while_read() -> ProviderError {
    ProviderError::new(
        providers::ErrorKind::Changed,
        "it changed while it was read",
    )
}

/// Whether these are the bytes that the book knows; anything else is never sent on.
fn is_right(fingerprint: &Fingerprint, wanted: &Wanted) -> bool {
    fingerprint.size == wanted.size
        && fingerprint.hash(HashKind::Sha1) == Some(wanted.sha1.as_str())
}
