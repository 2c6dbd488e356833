//! The rows of an Odoo in memory, and what writes do to them.

use super::super::{ErrorKind, Given, OdooError, Refusal, Result, Wanted, Write, Written};
use crate::tree::{Change, Entry, EntryId, Fingerprint, HashKind, Kind, OperationId, Revision};
use bytes::Bytes;
use std::collections::{BTreeMap, HashMap};

#[derive(Clone, Debug)]
pub struct Row {
    pub kind: Kind,
    pub parent: Option<u64>,
    pub name: String,
    pub fingerprint: Fingerprint,
    /// `None` once released.
    pub bytes: Option<Bytes>,
    pub automatic: bool,
    pub trashed: bool,
    pub revision: u64,
}

pub struct State {
    pub rows: BTreeMap<u64, Row>,
    pub keys: HashMap<OperationId, u64>,
    pub feed: Vec<u64>,
    /// Cursors below this place are refused.
    pub oldest: usize,
    pub next: u64,
    pub random: fastrand::Rng,
    /// How often a call fails, before or after its effect.
    pub trouble: f64,
    /// Bytes that come from the cloud stay here as well.
    pub keeps: bool,
    /// Edits whose bytes were taken, whether or not anybody heard so.
    pub edits: Vec<Bytes>,
}

impl State {
    /// Nothing yet.
    pub fn new(seed: u64) -> Self {
        State {
            rows: BTreeMap::new(),
            keys: HashMap::new(),
            feed: Vec::new(),
            oldest: 0,
            next: 1,
            random: fastrand::Rng::with_seed(seed),
            trouble: 0.0,
            keeps: false,
            edits: Vec::new(),
        }
    }

    pub fn add(
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

    pub fn change(&mut self, id: Option<u64>, change: impl FnOnce(&mut Row)) -> bool {
        let Some(row) = id.and_then(|id| self.rows.get_mut(&id)) else {
            return false;
        };
        change(row);
        row.revision += 1;
        self.feed.extend(id);
        true
    }

    pub fn is_live(&self, id: u64) -> bool {
        self.rows.get(&id).is_some_and(|row| !row.trashed)
    }

    pub fn folder(&self, id: &EntryId) -> Option<u64> {
        let id = number(id).filter(|id| self.is_live(*id))?;
        (self.rows[&id].kind == Kind::Folder).then_some(id)
    }

    pub fn is_within(&self, id: u64, ancestor: u64) -> bool {
        let mut at = Some(id);
        while let Some(here) = at {
            if here == ancestor {
                return true;
            }
            at = self.rows.get(&here).and_then(|row| row.parent);
        }
        false
    }

    pub fn below(&self, id: u64) -> Vec<u64> {
        self.rows
            .keys()
            .copied()
            .filter(|one| self.is_live(*one) && self.is_within(*one, id))
            .collect()
    }

    /// The topmost automatic folders below one.
    pub fn others_below(&self, id: u64) -> Vec<u64> {
        let is_other = |one: &u64| *one != id && self.rows[one].automatic;
        let others: Vec<u64> = self.below(id).into_iter().filter(is_other).collect();
        let is_above = |one: u64, above: u64| one != above && self.is_within(one, above);
        let topmost = |one: &&u64| !others.iter().any(|above| is_above(**one, *above));
        others.iter().filter(topmost).copied().collect()
    }

    pub fn entry(&self, id: u64) -> Entry {
        let row = &self.rows[&id];
        Entry {
            id: identity(row.kind, id),
            parent: row.parent.map(|parent| identity(Kind::Folder, parent)),
            name: row.name.clone(),
            kind: row.kind,
            revision: Revision::new(row.revision.to_string()),
            fingerprint: (row.kind == Kind::File).then(|| row.fingerprint.clone()),
            automatic: row.automatic,
            stopped: false,
            released: row.kind == Kind::File && row.bytes.is_none(),
        }
    }

    pub fn told(&self, id: u64) -> Change {
        match self.rows.get(&id) {
            Some(row) if row.trashed => Change::Gone(identity(row.kind, id)),
            Some(_) => Change::Present(self.entry(id)),
            None => Change::Gone(identity(Kind::File, id)),
        }
    }

    pub fn stumble(&mut self) -> Result<()> {
        if self.random.f64() < self.trouble {
            return Err(OdooError::new(
                ErrorKind::Unavailable,
                "Odoo does not answer",
            ));
        }
        Ok(())
    }

    pub fn write(&mut self, write: &Write) -> Written {
        match write {
            Write::CreateFolder { key, parent, name } => self.create(*key, parent, name, None),
            Write::CreateFile {
                key,
                parent,
                name,
                fingerprint,
                bytes,
                ..
            } => self.create(*key, parent, name, Some((fingerprint, bytes))),
            Write::Content {
                id,
                expect,
                fingerprint,
                bytes,
                ..
            } => {
                let id = self.expected(id, |row| {
                    row.fingerprint.hash(HashKind::Sha1) == Some(expect)
                })?;
                self.change(Some(id), |row| {
                    row.fingerprint = only_sha1(fingerprint);
                    row.bytes.clone_from(bytes);
                });
                self.edits.extend(bytes.clone());
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

    pub fn expected(
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

    pub fn create(
        &mut self,
        key: OperationId,
        parent: &EntryId,
        name: &str,
        file: Option<(&Fingerprint, &Option<Bytes>)>,
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
        if let (Some(row), Some((fingerprint, bytes))) = (self.rows.get_mut(&id), file) {
            row.fingerprint = only_sha1(fingerprint);
            row.bytes.clone_from(bytes);
        }
        self.keys.insert(key, id);
        Ok(Some(self.entry(id)))
    }

    pub fn given(&self, wanted: &Wanted) -> Given {
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

pub fn identity(kind: Kind, id: u64) -> EntryId {
    EntryId::new(format!("{}:{id}", kind.as_str()))
}

pub fn number(id: &EntryId) -> Option<u64> {
    id.as_str().split_once(':')?.1.parse().ok()
}

pub fn odoo_fingerprint(bytes: &Bytes) -> Fingerprint {
    only_sha1(&Fingerprint::of_bytes(bytes))
}

pub fn only_sha1(fingerprint: &Fingerprint) -> Fingerprint {
    let sha1 = fingerprint.hash(HashKind::Sha1).unwrap_or_default();
    Fingerprint::of_size(fingerprint.size).with(HashKind::Sha1, sha1)
}
