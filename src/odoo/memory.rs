//! An Odoo in memory, for the simulation: it keeps what the trait promises, and fails on demand.
//!
//! People act on it through [`World`]; the engine through the trait [`Odoo`], which [`World`]
//! implements for its one connection.

use super::{ErrorKind, Given, Odoo, OdooError, Refusal, Result, Wanted, Write, Written};
use crate::tree::{
    Change, Cursor, Entry, EntryId, Fingerprint, HashKind, Kind, OperationId, Page, Revision,
};
use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::task::yield_now;

/// Rows in one page of the feed or the scan.
const PAGE: usize = 7;

#[derive(Clone, Debug)]
struct Row {
    kind: Kind,
    parent: Option<u64>,
    name: String,
    fingerprint: Fingerprint,
    /// `None` once released.
    bytes: Option<Bytes>,
    automatic: bool,
    trashed: bool,
    revision: u64,
}

struct State {
    rows: BTreeMap<u64, Row>,
    keys: HashMap<OperationId, u64>,
    feed: Vec<u64>,
    /// Cursors below this place are refused.
    oldest: usize,
    next: u64,
    random: fastrand::Rng,
    /// How often a call fails, before or after its effect.
    trouble: f64,
}

/// One Odoo database with one connection.
#[derive(Clone)]
pub struct World(Arc<Mutex<State>>);

impl World {
    /// An Odoo with nothing but the connection's root folder.
    pub fn new(seed: u64) -> Self {
        let world = World(Arc::new(Mutex::new(State {
            rows: BTreeMap::new(),
            keys: HashMap::new(),
            feed: Vec::new(),
            oldest: 0,
            next: 1,
            random: fastrand::Rng::with_seed(seed),
            trouble: 0.0,
        })));
        world.lock().add(None, "root", None, true);
        world
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets this share of calls fail.
    pub fn set_trouble(&self, share: f64) {
        self.lock().trouble = share;
    }

    /// Makes all cursors given so far worthless, as a vacuum of the feed does.
    pub fn expire_cursors(&self) {
        let mut state = self.lock();
        state.oldest = state.feed.len() + 1;
        state.feed.push(0);
    }

    /// What is not in the trash, parents told by identity.
    pub fn entries(&self) -> Vec<Entry> {
        let state = self.lock();
        let live = state.rows.keys().filter(|id| state.is_live(**id));
        live.map(|id| state.entry(*id)).collect()
    }

    /// The bytes that Odoo itself holds of a file; `None` once released.
    pub fn local_bytes(&self, id: &EntryId) -> Option<Bytes> {
        let state = self.lock();
        state.rows.get(&number(id)?)?.bytes.clone()
    }

    /// A person (or, for `automatic`, a rule) makes a folder.
    pub fn make_folder(&self, parent: &EntryId, name: &str, automatic: bool) -> Option<EntryId> {
        let mut state = self.lock();
        let parent = state.folder(parent)?;
        let id = state.add(Some(parent), name, None, automatic);
        Some(state.entry(id).id)
    }

    /// A person attaches a file.
    pub fn attach(&self, parent: &EntryId, name: &str, bytes: Bytes) -> Option<EntryId> {
        let mut state = self.lock();
        let parent = state.folder(parent)?;
        let id = state.add(Some(parent), name, Some(bytes), false);
        Some(state.entry(id).id)
    }

    /// A person replaces the bytes of a file; they are local again.
    pub fn edit(&self, id: &EntryId, bytes: Bytes) -> bool {
        let mut state = self.lock();
        let id = number(id).filter(|id| state.is_live(*id));
        state.change(id, |row| {
            row.fingerprint = odoo_fingerprint(&bytes);
            row.bytes = Some(bytes);
        })
    }

    /// A person (or a rule, for automatic folders) renames and moves. Refused into itself.
    pub fn place(&self, id: &EntryId, parent: &EntryId, name: &str) -> bool {
        let mut state = self.lock();
        let (Some(id), Some(parent)) = (number(id), state.folder(parent)) else {
            return false;
        };
        if !state.is_live(id) || state.is_within(parent, id) || state.rows[&id].parent.is_none() {
            return false;
        }
        state.change(Some(id), |row| {
            row.parent = Some(parent);
            row.name = name.to_owned();
        })
    }

    /// A person deletes: it goes to the trash with all below it.
    pub fn delete(&self, id: &EntryId) -> bool {
        let mut state = self.lock();
        let live = number(id).filter(|id| state.is_live(*id));
        let Some(id) = live.filter(|id| state.rows[id].parent.is_some()) else {
            return false;
        };
        for one in state.below(id) {
            state.change(Some(one), |row| row.trashed = true);
        }
        true
    }

    /// A person takes a file back out of the trash.
    pub fn restore(&self, id: &EntryId) -> bool {
        let mut state = self.lock();
        let id = number(id).filter(|id| {
            let row = state.rows.get(id);
            row.is_some_and(|row| row.trashed && row.kind == Kind::File)
                && row
                    .and_then(|row| row.parent)
                    .is_some_and(|parent| state.is_live(parent))
        });
        state.change(id, |row| row.trashed = false)
    }

    /// Files in the trash.
    pub fn trashed(&self) -> Vec<EntryId> {
        let state = self.lock();
        let files = state
            .rows
            .iter()
            .filter(|(_, row)| row.trashed && row.kind == Kind::File);
        files.map(|(id, _)| state.entry(*id).id).collect()
    }

    /// Fails some calls before their effect.
    async fn before(&self) -> Result<()> {
        yield_now().await;
        self.lock().stumble()
    }

    /// Fails some calls after their effect: the answer is lost.
    async fn after<T>(&self, answer: T) -> Result<T> {
        yield_now().await;
        self.lock().stumble()?;
        Ok(answer)
    }
}

impl State {
    fn add(
        &mut self,
        parent: Option<u64>,
        name: &str,
        bytes: Option<Bytes>,
        automatic: bool,
    ) -> u64 {
        let id = self.next;
        self.next += 1;
        let kind = if bytes.is_some() {
            Kind::File
        } else {
            Kind::Folder
        };
        let fingerprint = bytes.as_ref().map(odoo_fingerprint).unwrap_or_default();
        let row = Row {
            kind,
            parent,
            name: name.to_owned(),
            fingerprint,
            bytes,
            automatic,
            trashed: false,
            revision: 1,
        };
        self.rows.insert(id, row);
        self.feed.push(id);
        id
    }

    fn change(&mut self, id: Option<u64>, change: impl FnOnce(&mut Row)) -> bool {
        let Some(row) = id.and_then(|id| self.rows.get_mut(&id)) else {
            return false;
        };
        change(row);
        row.revision += 1;
        self.feed.extend(id);
        true
    }

    fn is_live(&self, id: u64) -> bool {
        self.rows.get(&id).is_some_and(|row| !row.trashed)
    }

    fn folder(&self, id: &EntryId) -> Option<u64> {
        let id = number(id).filter(|id| self.is_live(*id))?;
        (self.rows[&id].kind == Kind::Folder).then_some(id)
    }

    fn is_within(&self, id: u64, ancestor: u64) -> bool {
        let mut at = Some(id);
        while let Some(here) = at {
            if here == ancestor {
                return true;
            }
            at = self.rows.get(&here).and_then(|row| row.parent);
        }
        false
    }

    fn below(&self, id: u64) -> Vec<u64> {
        self.rows
            .keys()
            .copied()
            .filter(|one| self.is_live(*one) && self.is_within(*one, id))
            .collect()
    }

    fn entry(&self, id: u64) -> Entry {
        let row = &self.rows[&id];
        Entry {
            id: identity(row.kind, id),
            parent: row.parent.map(|parent| identity(Kind::Folder, parent)),
            name: row.name.clone(),
            kind: row.kind,
            revision: Revision::new(row.revision.to_string()),
            fingerprint: (row.kind == Kind::File).then(|| row.fingerprint.clone()),
            automatic: row.automatic,
            released: row.kind == Kind::File && row.bytes.is_none(),
        }
    }

    fn told(&self, id: u64) -> Change {
        match self.rows.get(&id) {
            Some(row) if row.trashed => Change::Gone(identity(row.kind, id)),
            Some(_) => Change::Present(self.entry(id)),
            None => Change::Gone(identity(Kind::File, id)),
        }
    }

    fn stumble(&mut self) -> Result<()> {
        if self.random.f64() < self.trouble {
            return Err(OdooError::new(
                ErrorKind::Unavailable,
                "Odoo does not answer",
            ));
        }
        Ok(())
    }

    fn write(&mut self, write: &Write) -> Written {
        match write {
            Write::CreateFolder { key, parent, name } => self.create(*key, parent, name, None),
            Write::CreateFile {
                key,
                parent,
                name,
                fingerprint,
                ..
            } => self.create(*key, parent, name, Some(fingerprint)),
            Write::Content {
                id,
                expect,
                fingerprint,
                ..
            } => {
                let id = self.expected(id, |row| {
                    row.fingerprint.hash(HashKind::Sha1) == Some(expect)
                })?;
                self.change(Some(id), |row| {
                    row.fingerprint = only_sha1(fingerprint);
                    row.bytes = None;
                });
                Ok(Some(self.entry(id)))
            }
            Write::Place {
                id,
                expect,
                parent,
                name,
            } => {
                let id = self.expected(id, |row| row.revision.to_string() == expect.as_str())?;
                let parent = self.folder(parent).ok_or(Refusal::Missing)?;
                if self.is_within(parent, id) {
                    return Err(Refusal::Invalid("a folder cannot lie in itself".into()));
                }
                self.change(Some(id), |row| {
                    row.parent = Some(parent);
                    row.name.clone_from(name);
                });
                Ok(Some(self.entry(id)))
            }
            Write::Trash { id, expect } => {
                let is_expected = |row: &Row| row.revision.to_string() == expect.as_str();
                let id = match self.expected(id, is_expected) {
                    Err(Refusal::Missing) => return Ok(None),
                    id => id?,
                };
                if self.below(id).len() > 1 {
                    return Err(Refusal::Changed(None));
                }
                self.change(Some(id), |row| row.trashed = true);
                Ok(None)
            }
            Write::Release { id, fingerprint } => {
                let id = self.expected(id, |row| row.fingerprint.is_same(fingerprint))?;
                if let Some(row) = self.rows.get_mut(&id) {
                    row.bytes = None;
                }
                self.feed.push(id);
                Ok(Some(self.entry(id)))
            }
        }
    }

    fn expected(
        &self,
        id: &EntryId,
        is_expected: impl Fn(&Row) -> bool,
    ) -> std::result::Result<u64, Refusal> {
        let id = number(id)
            .filter(|id| self.is_live(*id))
            .ok_or(Refusal::Missing)?;
        if is_expected(&self.rows[&id]) {
            Ok(id)
        } else {
            Err(Refusal::Changed(Some(Box::new(self.entry(id)))))
        }
    }

    fn create(
        &mut self,
        key: OperationId,
        parent: &EntryId,
        name: &str,
        file: Option<&Fingerprint>,
    ) -> Written {
        if let Some(id) = self.keys.get(&key).copied() {
            return if self.is_live(id) {
                Ok(Some(self.entry(id)))
            } else {
                Err(Refusal::Missing)
            };
        }
        let parent = self.folder(parent).ok_or(Refusal::Missing)?;
        let id = self.add(Some(parent), name, file.map(|_| Bytes::new()), false);
        if let (Some(row), Some(fingerprint)) = (self.rows.get_mut(&id), file) {
            row.fingerprint = only_sha1(fingerprint);
            row.bytes = None;
        }
        self.keys.insert(key, id);
        Ok(Some(self.entry(id)))
    }
}

#[async_trait]
impl Odoo for World {
    async fn feed(&self, cursor: Option<&Cursor>) -> Result<Page> {
        self.before().await?;
        let page = {
            let state = self.lock();
            let end = state.feed.len();
            let from = match cursor {
                None => end,
                Some(cursor) => cursor.0.parse().unwrap_or(0),
            };
            if from < state.oldest {
                return Err(OdooError::new(
                    ErrorKind::CursorExpired,
                    "the feed was vacuumed",
                ));
            }
            let to = end.min(from + PAGE);
            Page {
                changes: state.feed[from..to]
                    .iter()
                    .map(|id| state.told(*id))
                    .collect(),
                cursor: Cursor(to.to_string()),
                more: to < end,
            }
        };
        self.after(page).await
    }

    async fn scan(&self, after: Option<&Cursor>) -> Result<Page> {
        self.before().await?;
        let page = {
            let state = self.lock();
            let from: u64 = after.and_then(|after| after.0.parse().ok()).unwrap_or(0);
            let live = state
                .rows
                .keys()
                .filter(|id| **id > from && state.is_live(**id));
            let ids: Vec<u64> = live.take(PAGE).copied().collect();
            Page {
                changes: ids
                    .iter()
                    .map(|id| Change::Present(state.entry(*id)))
                    .collect(),
                cursor: Cursor(ids.last().copied().unwrap_or(u64::MAX).to_string()),
                more: ids.len() == PAGE,
            }
        };
        self.after(page).await
    }

    async fn read(&self, ids: &[EntryId]) -> Result<Vec<Option<Entry>>> {
        self.before().await?;
        let entries = {
            let state = self.lock();
            let live = |id: &EntryId| number(id).filter(|id| state.is_live(*id));
            ids.iter()
                .map(|id| live(id).map(|id| state.entry(id)))
                .collect()
        };
        self.after(entries).await
    }

    async fn bytes(
        &self,
        wanted: &[Wanted],
    ) -> Result<BoxStream<'static, Result<(EntryId, Given)>>> {
        self.before().await?;
        let mut state = self.lock();
        let mut given = Vec::new();
        for one in wanted {
            given.push(state.stumble().map(|()| (one.id.clone(), state.given(one))));
        }
        Ok(stream::iter(given)
            .then(|one| async {
                yield_now().await;
                one
            })
            .boxed())
    }

    async fn large(
        &self,
        wanted: &Wanted,
        offset: u64,
    ) -> Result<BoxStream<'static, Result<Bytes>>> {
        self.before().await?;
        let mut state = self.lock();
        let bytes = match state.given(wanted) {
            Given::Bytes(bytes) => {
                bytes.slice(usize::try_from(offset).unwrap_or(0).min(bytes.len())..)
            }
            Given::Missing => {
                return Err(OdooError::new(ErrorKind::NotFound, "it is gone in Odoo"));
            }
            _ => {
                return Err(OdooError::new(
                    ErrorKind::Changed,
                    "it has other bytes in Odoo now",
                ));
            }
        };
        let mut parts = Vec::new();
        for start in (0..bytes.len()).step_by(40) {
            parts.push(
                state
                    .stumble()
                    .map(|()| bytes.slice(start..bytes.len().min(start + 40))),
            );
        }
        Ok(stream::iter(parts)
            .then(|part| async {
                yield_now().await;
                part
            })
            .boxed())
    }

    async fn write(&self, writes: &[Write]) -> Result<Vec<Written>> {
        self.before().await?;
        let answers = {
            let mut state = self.lock();
            writes.iter().map(|write| state.write(write)).collect()
        };
        self.after(answers).await
    }
}

impl State {
    fn given(&self, wanted: &Wanted) -> Given {
        let row = number(&wanted.id)
            .filter(|id| self.is_live(*id))
            .map(|id| &self.rows[&id]);
        match row {
            None => Given::Missing,
            Some(row) if row.fingerprint.hash(HashKind::Sha1) != Some(&wanted.sha1) => {
                Given::Changed
            }
            Some(row) => row.bytes.clone().map_or(Given::Released, Given::Bytes),
        }
    }
}

fn identity(kind: Kind, id: u64) -> EntryId {
    EntryId::new(format!("{}:{id}", kind.as_str()))
}

fn number(id: &EntryId) -> Option<u64> {
    id.as_str().split_once(':')?.1.parse().ok()
}

fn odoo_fingerprint(bytes: &Bytes) -> Fingerprint {
    only_sha1(&Fingerprint::of_bytes(bytes))
}

fn only_sha1(fingerprint: &Fingerprint) -> Fingerprint {
    let sha1 = fingerprint.hash(HashKind::Sha1).unwrap_or_default();
    Fingerprint::of_size(fingerprint.size).with(HashKind::Sha1, sha1)
}
