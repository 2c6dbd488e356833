//! What every step works with: the book, both sides, and the counters where calls gather.

use super::arriving::Arriving;
use super::before::Before;
use super::content::{Asking, FETCH_FILES};
use super::outcome::{Done, Failure};
use super::tally::Tally;
use super::whole::FirstFile;
use crate::engine::batch::{self, Counter, Queue};
use crate::engine::desk::Desk;
use crate::engine::{Engine, EngineError, walk};
use crate::odoo::{OdooError, Write, Written};
use crate::providers::{Item, Locator};
use crate::tree::{Action, Entry, EntryId, Fact, Kind, Operation, Pair, PairId, Side};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

/// Writes to Odoo in one call at most.
const MOST_WRITES: usize = 200;

/// Times as many uploads as the cloud takes at once: with fewer in hand, more bytes are asked for.
const ENOUGH: usize = 4;

/// Entries of Odoo's that are looked at in one call at most.
const MOST_LOOKS: usize = 1000;

type WriteAnswer = Result<Written, OdooError>;

type LookAnswer = Result<Option<Entry>, OdooError>;

/// The working state of one apply.
pub struct Work<'a> {
    pub engine: &'a Engine<'a>,
    pub desk: &'a Desk<'a>,
    /// What was attempted before this turn.
    pub before: Before,
    /// Calls to the cloud at once.
    calls: Semaphore,
    most_calls: usize,
    /// KiB of small files in memory at once.
    pub memory: Semaphore,
    /// Large files in the spool at once.
    pub large: Semaphore,
    /// What new folders bring with them.
    pub first_files: HashMap<EntryId, Vec<FirstFile>>,
    /// Uploads on their way or waiting: they go before the reading back of what arrived.
    pub uploads: Tally,
    /// Uploads that hold small files in memory.
    pub hand: Tally,
    pub arriving: Arriving,
    pub bytes: Counter<crate::odoo::Wanted, Asking>,
    /// Odoo's files without a partner, and without bytes where it keeps none: made by a call whose answer was lost, or
    /// left over from a lost ledger. Whoever finds their bytes in the cloud takes one out.
    orphans: Mutex<Vec<Entry>>,
    writes: Counter<Write, WriteAnswer>,
    looks: Counter<EntryId, LookAnswer>,
    queues: tokio::sync::Mutex<Queues>,
}

struct Queues {
    bytes: Queue<crate::odoo::Wanted, Asking>,
    writes: Queue<Write, WriteAnswer>,
    looks: Queue<EntryId, LookAnswer>,
}

impl<'a> Work<'a> {
    pub fn new(engine: &'a Engine<'a>, desk: &'a Desk<'a>) -> Self {
        let (bytes, bytes_queue) = batch::counter();
        let (writes, writes_queue) = batch::counter();
        let (looks, looks_queue) = batch::counter();
        let limits = &engine.limits;
        let most_calls = limits.calls.min(engine.cloud.capability().parallel).max(1);
        let orphans = {
            let book = desk.book();
            let keeps = engine.odoo.keeps_bytes().is_some();
            let files = book.odoo.entries();
            let files = files.filter(|entry| entry.released || keeps && entry.kind == Kind::File);
            let orphans = files.filter(|entry| book.synced.of(Side::Odoo, &entry.id).is_none());
            let mut orphans: Vec<Entry> = orphans.cloned().collect();
            orphans.sort_by(|a, b| a.id.cmp(&b.id));
            orphans
        };
        Work {
            orphans: Mutex::new(orphans),
            engine,
            desk,
            before: Before::of(&desk.book()),
            calls: Semaphore::new(most_calls),
            most_calls,
            first_files: HashMap::new(),
            memory: Semaphore::new(most_memory(engine) as usize),
            large: Semaphore::new(limits.large.max(1)),
            uploads: Tally::new(1),
            hand: Tally::new(ENOUGH * engine.cloud.capability().parallel.max(1)),
            arriving: Arriving::default(),
            bytes,
            writes,
            looks,
            queues: tokio::sync::Mutex::new(Queues {
                bytes: bytes_queue,
                writes: writes_queue,
                looks: looks_queue,
            }),
        }
    }

    /// KiB of memory for small files in all.
    pub fn most_memory(&self) -> u32 {
        most_memory(self.engine)
    }

    /// Takes up what the steps ask for, for as long as it is polled.
    pub async fn serve(&self) -> std::convert::Infallible {
        let mut queues = self.queues.lock().await;
        let Queues {
            bytes,
            writes,
            looks,
        } = &mut *queues;
        tokio::select! {
            biased;
            never = self.desk.keep() => never,
            never = self.serve_bytes(bytes) => never,
            never = self.serve_writes(writes) => never,
            never = self.serve_looks(looks) => never,
        }
    }

    async fn serve_writes(
        &self,
        queue: &mut Queue<Write, WriteAnswer>,
    ) -> std::convert::Infallible {
        loop {
            let asked = queue.take(MOST_WRITES).await;
            let (writes, waiting): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
            hand_out(waiting, self.engine.odoo.write(&writes).await);
        }
    }

    async fn serve_looks(
        &self,
        queue: &mut Queue<EntryId, LookAnswer>,
    ) -> std::convert::Infallible {
        loop {
            let asked = queue.take(MOST_LOOKS).await;
            let (ids, waiting): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
            hand_out(waiting, self.engine.odoo.read(&ids).await);
        }
    }

    /// What Odoo says about an entry right now; `None` when it is not in this connection any more.
    pub async fn look_in_odoo(&self, id: &EntryId) -> Result<Option<Entry>, Failure> {
        Ok(self.looks.ask(id.clone()).await?)
    }

    async fn serve_bytes(
        &self,
        queue: &mut Queue<crate::odoo::Wanted, Asking>,
    ) -> std::convert::Infallible {
        loop {
            let mut asked = queue.take(FETCH_FILES).await;
            // While the cloud has enough to do, more may gather: a response of many files costs
            // Odoo little more than one of few.
            while asked.len() < FETCH_FILES {
                tokio::select! {
                    biased;
                    more = queue.take(FETCH_FILES - asked.len()) => asked.extend(more),
                    () = self.hand.little() => break,
                }
            }
            self.fetch(asked).await;
        }
    }

    /// One write to Odoo, together with whatever others are asked for at the time.
    pub async fn write(&self, write: Write) -> Result<Option<Entry>, Failure> {
        match self.writes.ask(write).await? {
            Ok(entry) => Ok(entry),
            Err(refusal) => {
                let facts = match &refusal {
                    crate::odoo::Refusal::Changed(Some(entry)) => {
                        vec![Fact::Observed(Side::Odoo, (**entry).clone())]
                    }
                    _ => Vec::new(),
                };
                Err(Failure::found(refusal.into(), facts))
            }
        }
    }

    /// Does what an operation says.
    pub async fn perform(&self, operation: &Operation) -> Done {
        let id = operation.id;
        self.fits(&operation.action)?;
        match &operation.action {
            Action::Create {
                to: Side::Cloud,
                source,
                kind,
                parent,
                name,
            } => {
                let made = self
                    .create_in_cloud(id, source, *kind, parent, name)
                    .await?;
                Ok(self.found_again(made))
            }
            Action::Create {
                source,
                kind,
                parent,
                name,
                ..
            } => self.create_in_odoo(id, source, *kind, parent, name).await,
            Action::Content {
                to: Side::Cloud,
                pair,
            } => self.content_to_cloud(id, pair).await,
            Action::Content { pair, .. } => self.content_to_odoo(pair).await,
            Action::Place {
                to: Side::Cloud,
                pair,
                parent,
                name,
                hop,
            } => self.place_in_cloud(pair, parent, name, *hop).await,
            Action::Place {
                pair, parent, name, ..
            } => self.place_in_odoo(pair, parent, name).await,
            Action::Trash {
                to: Side::Cloud,
                pair,
            } => self.trash_in_cloud(id, pair).await,
            Action::Trash { pair, .. } => self.trash_in_odoo(pair).await,
            Action::Restore {
                source,
                parent,
                name,
            } => self.restore(source, parent, name, operation.attempts).await,
            Action::Agree {
                odoo,
                cloud,
                kind,
                conflict_name,
            } => self.agree(odoo, cloud, *kind, conflict_name).await,
            Action::Forget { pair } => self.forget(pair).await,
            Action::Prove { pair } => self.prove(pair).await,
            Action::Release { pair } => self.release(pair).await,
        }
    }

    /// The pair of an operation; gone when the world has moved.
    pub fn pair(&self, id: &PairId) -> Result<Pair, Failure> {
        let pair = self.desk.book().synced.get(id).cloned();
        pair.ok_or_else(|| Failure::moved("the pair is no longer there", []))
    }

    /// The observed entry of a side.
    pub fn entry(&self, side: Side, id: &EntryId) -> Result<Entry, Failure> {
        let entry = self.desk.book().tree(side).get(id).cloned();
        entry.ok_or_else(|| Failure::moved("it is no longer there", []))
    }

    /// The pair of the folder that a side names as parent.
    pub fn folder(&self, side: Side, id: &EntryId) -> Result<Pair, Failure> {
        let pair = self.desk.book().synced.of(side, id).cloned();
        pair.ok_or_else(|| Failure::moved("its folder is not there yet", []))
    }

    /// Nobody wrote to a side's file since the agreement, as far as the book has heard by now: that
    /// may be more than the plan knew.
    pub fn unedited(&self, pair: &Pair, side: Side, entry: &Entry) -> Result<(), Failure> {
        match pair.is_edited(side, entry) {
            true => Err(Failure::moved("it was edited meanwhile", [])),
            false => Ok(()),
        }
    }

    /// Where an entry of the cloud is.
    pub fn locate(&self, id: &EntryId) -> Result<Locator, Failure> {
        let locator = self.desk.locate(id);
        locator.ok_or_else(|| Failure::moved("its folder in the cloud is not known", []))
    }

    /// What the cloud says about a known entry right now; `None` when it is gone.
    pub async fn look(&self, known: &Entry) -> Result<Option<Entry>, Failure> {
        let locator = self.locate(&known.id)?;
        let _call = self.call().await;
        match self.engine.cloud.metadata(&locator).await {
            Ok(item) if item.kind != known.kind => Ok(None),
            Ok(item) => Ok(Some(seen(item, known))),
            Err(error) if error.kind == crate::providers::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// What it means that the cloud does not find an entry. Where identities are stable, it is gone.
    /// At a mere path it may as well have been renamed: only a complete listing tells.
    pub fn vanished(&self, id: &EntryId) -> Vec<Fact> {
        let stable = self.engine.cloud.capability().stable_ids;
        stable
            .then(|| Fact::Vanished(Side::Cloud, id.clone()))
            .into_iter()
            .collect()
    }

    /// A call to the cloud waits for its turn here.
    pub async fn call(&self) -> SemaphorePermit<'_> {
        self.calls_at_once(1).await
    }

    /// One that counts for several, or for as many as there may be, and for one at least.
    pub async fn calls_at_once(&self, count: usize) -> SemaphorePermit<'_> {
        let count = u32::try_from(count.clamp(1, self.most_calls)).unwrap_or(u32::MAX);
        let turn = self.calls.acquire_many(count).await;
        turn.expect("the semaphore is never closed")
    }

    /// An orphan with these bytes, if there is one; it is nobody else's any more. Where Odoo keeps
    /// bytes, any new file looks like one: there it must have been asked for before.
    pub fn adopt(&self, cloud: &EntryId, fingerprint: &crate::tree::Fingerprint) -> Option<Entry> {
        let keeps = self.engine.odoo.keeps_bytes().is_some();
        if keeps && !self.before.may_be_in_odoo(cloud) {
            return None;
        }
        let mut orphans = self.orphans.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |orphan: &Entry| {
            orphan
                .fingerprint
                .as_ref()
                .is_some_and(|f| f.is_same(fingerprint))
        };
        let at = orphans.iter().position(is_it)?;
        Some(orphans.remove(at))
    }
}

/// Gives each that waits its part of an answer, or a copy of the failure.
fn hand_out<T>(
    waiting: Vec<oneshot::Sender<Result<T, OdooError>>>,
    answer: Result<Vec<T>, OdooError>,
) {
    // Whoever is not there any more waits for nothing: the turn is being dropped.
    match answer {
        Ok(parts) => {
            for (one, part) in waiting.into_iter().zip(parts) {
                let _ = one.send(Ok(part));
            }
        }
        Err(error) => {
            for one in waiting {
                let _ = one.send(Err(OdooError::new(error.kind, error.message.clone())));
            }
        }
    }
}

/// An item that stands for a known entry.
pub fn seen(item: Item, known: &Entry) -> Entry {
    let parent = item.parent.clone().or_else(|| known.parent.clone());
    walk::entry_of(item, known.id.clone(), parent)
}

fn most_memory(engine: &Engine<'_>) -> u32 {
    kib(engine.limits.memory).max(kib(engine.limits.small))
}

/// Whole KiB, rounded up; at least one.
pub fn kib(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(1024).max(1)).unwrap_or(u32::MAX)
}

/// Whether an error only says that the name is taken.
pub fn is_taken(error: &EngineError) -> bool {
    matches!(error, EngineError::Cloud(error) if error.kind == crate::providers::ErrorKind::AlreadyExists)
}

/// A pair of a new agreement.
pub fn paired(id: PairId, parent: PairId, odoo: &Entry, cloud: &Entry) -> Pair {
    Pair {
        id,
        odoo: odoo.id.clone(),
        cloud: cloud.id.clone(),
        kind: odoo.kind,
        parent: Some(parent),
        odoo_name: odoo.name.clone(),
        cloud_name: cloud.name.clone(),
        odoo_revision: odoo.revision.clone(),
        cloud_revision: cloud.revision.clone(),
        fingerprint: (odoo.kind == Kind::File)
            .then(|| odoo.fingerprint.clone())
            .flatten(),
        proof: None,
    }
}
