//! Planted bugs: faults of an engine that never was, to show that the simulation would notice.
//!
//! Each is a lie told to the real engine by what stands around it, so that the engine's own code
//! carries no switch for being wrong.

use crate::engine::{Ledger, LedgerError};
use crate::providers::body::Content;
use crate::providers::{
    self, Body, Capability, Download, ErrorKind, Item, Locator, NewFile, Provider, ProviderError,
    WholeFolder,
};
use crate::tree::{
    Book, ConnectionId, Cursor, Fact, Kind, OperationId, Page, Pair, Proof, ProofMethod, Revision,
};
use async_trait::async_trait;
use bytes::Bytes;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

/// A bug to plant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// Every upload counts as proved, whatever the store kept.
    SkipProof,
    /// A listing that breaks off counts as complete, and is believed without asking again.
    TrustPartial,
    /// What was agreed on is forgotten, so that each own write heard back looks like an edit.
    DropEcho,
}

impl Plant {
    /// All of them.
    pub const ALL: [Plant; 3] = [Plant::SkipProof, Plant::TrustPartial, Plant::DropEcho];
}

impl FromStr for Plant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "skip-proof" => Ok(Plant::SkipProof),
            "trust-partial" => Ok(Plant::TrustPartial),
            "drop-echo" => Ok(Plant::DropEcho),
            _ => Err("one of skip-proof, trust-partial, drop-echo".into()),
        }
    }
}

/// A ledger that keeps agreements as a wrong engine would have made them.
pub struct PlantedLedger<'a> {
    pub ledger: &'a dyn Ledger,
    pub plant: Option<Plant>,
}

#[async_trait]
impl Ledger for PlantedLedger<'_> {
    async fn load(&self) -> Result<Book, LedgerError> {
        let mut book = self.ledger.load().await?;
        let pairs: Vec<Pair> = book.synced.pairs().cloned().collect();
        for pair in pairs {
            book.apply(&Fact::Paired(self.bent(pair)));
        }
        Ok(book)
    }

    async fn record(&self, facts: &[Fact]) -> Result<(), LedgerError> {
        let bent = facts.iter().map(|fact| match fact {
            Fact::Paired(pair) => Fact::Paired(self.bent(pair.clone())),
            fact => fact.clone(),
        });
        let bent: Vec<Fact> = bent.collect();
        self.ledger.record(&bent).await
    }
}

impl PlantedLedger<'_> {
    fn bent(&self, mut pair: Pair) -> Pair {
        match (self.plant, &pair.fingerprint) {
            (Some(Plant::SkipProof), Some(fingerprint)) => {
                pair.proof = Some(Proof {
                    fingerprint: fingerprint.clone(),
                    cloud_revision: pair.cloud_revision.clone(),
                    method: ProofMethod::ReadBack,
                    at: 0,
                });
            }
            (Some(Plant::DropEcho), _) if pair.kind == Kind::File => pair.fingerprint = None,
            _ => {}
        }
        pair
    }
}

/// The same bytes with the last one changed; twice gives the bytes again.
pub fn garbled(bytes: &Bytes) -> Bytes {
    let mut other = bytes.to_vec();
    other
        .iter_mut()
        .last()
        .into_iter()
        .for_each(|last| *last ^= 1);
    other.into()
}

/// A store that a wrong engine would believe.
pub struct PlantedStore<P> {
    pub store: P,
    pub plant: Option<Plant>,
    /// Paths that the last listings, however short, did not show.
    pub hidden: Mutex<Vec<Vec<String>>>,
    /// Chance, and how often the store keeps something else than it was sent.
    pub garble: Mutex<(fastrand::Rng, f64)>,
    /// Bodies sent in the present turn.
    pub sent: Mutex<Vec<Body>>,
}

impl<P> PlantedStore<P> {
    /// Lets the store keep other bytes than it was sent in this share of uploads.
    pub fn set_garble(&self, share: f64) {
        self.garble.lock().unwrap_or_else(PoisonError::into_inner).1 = share;
    }

    fn note_sent(&self, body: &Body) {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.push(body.clone());
    }

    /// Takes what was sent so far.
    pub fn take_sent(&self) -> Vec<Body> {
        std::mem::take(&mut *self.sent.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The body as the store will keep it: now and then with its last byte changed.
    fn kept(&self, body: &Body) -> Body {
        let mut garble = self.garble.lock().unwrap_or_else(PoisonError::into_inner);
        let share = garble.1;
        let mut body = body.clone();
        if garble.0.f64() < share
            && let Content::Memory(bytes) = &body.content
        {
            body.content = Content::Memory(garbled(bytes));
        }
        body
    }
}

#[async_trait]
impl<P: Provider> Provider for PlantedStore<P> {
    fn capability(&self) -> Capability {
        self.store.capability()
    }

    async fn claim(&self, connection: ConnectionId) -> providers::Result<Item> {
        self.store.claim(connection).await
    }

    async fn root(&self) -> providers::Result<Item> {
        self.store.root().await
    }

    async fn list(&self, folder: &Locator) -> providers::Result<Vec<Item>> {
        let listed = self.store.list(folder).await;
        if self.plant != Some(Plant::TrustPartial) {
            return listed;
        }
        match listed {
            Err(error) if error.kind == ErrorKind::Unavailable => {
                if let Ok(mut hidden) = self.hidden.lock() {
                    hidden.push(folder.path.clone());
                }
                Ok(Vec::new())
            }
            listed => listed,
        }
    }

    async fn changes(&self, cursor: Option<&Cursor>) -> providers::Result<Page> {
        self.store.changes(cursor).await
    }

    async fn metadata(&self, entry: &Locator) -> providers::Result<Item> {
        let is_hidden = self.hidden.lock().is_ok_and(|hidden| {
            hidden
                .iter()
                .any(|folder| entry.path.len() > folder.len() && entry.path.starts_with(folder))
        });
        if is_hidden {
            return Err(ProviderError::new(
                ErrorKind::NotFound,
                "the listing did not show it",
            ));
        }
        self.store.metadata(entry).await
    }

    async fn read(&self, file: &Locator, offset: u64) -> providers::Result<Download> {
        self.store.read(file, offset).await
    }

    async fn create_folder(
        &self,
        key: OperationId,
        parent: &Locator,
        name: &str,
    ) -> providers::Result<Item> {
        self.store.create_folder(key, parent, name).await
    }

    async fn create_file(
        &self,
        key: OperationId,
        parent: &Locator,
        name: &str,
        body: &Body,
    ) -> providers::Result<Item> {
        self.note_sent(body);
        self.store
            .create_file(key, parent, name, &self.kept(body))
            .await
    }

    async fn create_whole_folder(
        &self,
        key: OperationId,
        parent: &Locator,
        name: &str,
        files: &[NewFile],
    ) -> providers::Result<WholeFolder> {
        let kept = files.iter().map(|file| {
            self.note_sent(&file.body);
            NewFile {
                name: file.name.clone(),
                body: self.kept(&file.body),
            }
        });
        let kept: Vec<NewFile> = kept.collect();
        self.store
            .create_whole_folder(key, parent, name, &kept)
            .await
    }

    async fn write_file(
        &self,
        key: OperationId,
        file: &Locator,
        expect: &Revision,
        body: &Body,
    ) -> providers::Result<Item> {
        self.note_sent(body);
        self.store
            .write_file(key, file, expect, &self.kept(body))
            .await
    }

    async fn place(
        &self,
        entry: &Locator,
        parent: &Locator,
        name: &str,
    ) -> providers::Result<Item> {
        self.store.place(entry, parent, name).await
    }

    async fn trash(
        &self,
        key: OperationId,
        entry: &Locator,
        expect: &Revision,
    ) -> providers::Result<String> {
        self.store.trash(key, entry, expect).await
    }

    async fn restore(&self, handle: &str, parent: &Locator, name: &str) -> providers::Result<Item> {
        self.store.restore(handle, parent, name).await
    }
}
