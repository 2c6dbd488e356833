//! People: what they do on either side, and what they must not lose by it.

use crate::odoo::memory::World as Office;
use crate::providers::memory::World as Store;
use crate::tree::{Entry, EntryId, Kind};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};

const NAMES: [&str; 7] = ["a", "b", "A", "c:d", "c?d", "e.txt", "é"];

/// Everybody who acts, and the memory of what they wrote.
pub struct People<'a> {
    pub office: &'a Office,
    pub store: &'a Store,
    pub random: fastrand::Rng,
    /// Contents written by anybody, with how many places they were put at.
    pub written: BTreeMap<Bytes, usize>,
    /// Contents that somebody deleted or replaced where they lay.
    pub given_up: BTreeSet<Bytes>,
    /// Contents that somebody moved in the cloud.
    pub moved: BTreeSet<Bytes>,
    /// Contents that were sent to the cloud in a turn that may not have heard of it.
    pub unheard: BTreeSet<Bytes>,
    counter: u64,
}

impl<'a> People<'a> {
    pub fn new(office: &'a Office, store: &'a Store, seed: u64) -> Self {
        People {
            office,
            store,
            random: fastrand::Rng::with_seed(seed ^ 0x9e37_79b9),
            written: BTreeMap::new(),
            given_up: BTreeSet::new(),
            moved: BTreeSet::new(),
            unheard: BTreeSet::new(),
            counter: 0,
        }
    }

    /// One action of somebody somewhere; answers what it was, for the trace.
    pub fn act(&mut self) -> String {
        if self.random.bool() {
            self.act_in_odoo()
        } else {
            self.act_in_cloud()
        }
    }

    /// Something to begin with.
    pub fn settle_in(&mut self) -> Vec<String> {
        let mut said = Vec::new();
        for _ in 0..self.random.usize(2..8) {
            said.push(self.act_in_odoo());
        }
        for _ in 0..self.random.usize(0..4) {
            said.push(self.act_in_cloud());
        }
        said
    }

    fn content(&mut self) -> Bytes {
        self.counter += 1;
        // A few are alike in size, a few go through the spool.
        let size = [24, 24, 24, 130][self.random.usize(0..4)];
        let bytes = Bytes::from(format!("{:<size$}", format!("content {}", self.counter)));
        self.written.insert(bytes.clone(), 1);
        bytes
    }

    fn name(&mut self) -> &'static str {
        NAMES[self.random.usize(0..NAMES.len())]
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        (!from.is_empty()).then(|| from[self.random.usize(0..from.len())].clone())
    }

    fn act_in_odoo(&mut self) -> String {
        let entries = self.office.entries();
        let is = |kind: Kind| move |entry: &&Entry| entry.kind == kind;
        let folders: Vec<EntryId> = entries
            .iter()
            .filter(is(Kind::Folder))
            .map(|e| e.id.clone())
            .collect();
        let files: Vec<EntryId> = entries
            .iter()
            .filter(is(Kind::File))
            .map(|e| e.id.clone())
            .collect();
        let movable: Vec<EntryId> = entries
            .iter()
            .filter(|e| e.parent.is_some())
            .map(|e| e.id.clone())
            .collect();
        let Some(folder) = self.pick(&folders) else {
            return "Odoo: nothing".into();
        };
        match self.random.usize(0..10) {
            0 | 1 => {
                let (name, automatic) = (self.name(), self.random.bool());
                let made = self.office.make_folder(&folder, name, automatic);
                format!("Odoo: folder {name:?} in {folder} automatic={automatic}: {made:?}")
            }
            2..=4 => {
                let (name, bytes) = (self.name(), self.content());
                let made = self.office.attach(&folder, name, bytes.clone());
                if made.is_none() {
                    self.written.remove(&bytes);
                }
                format!("Odoo: file {name:?} in {folder}: {made:?} {bytes:?}")
            }
            5 => {
                let Some(file) = self.pick(&files) else {
                    return "Odoo: no file".into();
                };
                let bytes = self.content();
                self.give_up(std::slice::from_ref(&file));
                let done = self.office.edit(&file, bytes.clone());
                if !done {
                    self.written.remove(&bytes);
                }
                format!("Odoo: edit {file}: {done} {bytes:?}")
            }
            6 | 7 => {
                let Some(entry) = self.pick(&movable) else {
                    return "Odoo: none".into();
                };
                let known = entries.iter().find(|e| e.id == entry);
                let name = if self.random.bool() {
                    self.name().to_owned()
                } else {
                    known.map_or_else(String::new, |entry| entry.name.clone())
                };
                let done = self.office.place(&entry, &folder, &name);
                format!("Odoo: place {entry} in {folder} as {name:?}: {done}")
            }
            8 => {
                let Some(entry) = self.pick(&movable) else {
                    return "Odoo: none".into();
                };
                self.give_up(&below(&entries, &entry));
                let done = self.office.delete(&entry);
                format!("Odoo: delete {entry}: {done}")
            }
            _ => {
                let trashed = self.office.trashed();
                let Some(entry) = self.pick(&trashed) else {
                    return "Odoo: empty trash".into();
                };
                let done = self.office.restore(&entry);
                format!("Odoo: restore {entry}: {done}")
            }
        }
    }

    /// What Odoo holds in these files is deleted or replaced by a person.
    fn give_up(&mut self, files: &[EntryId]) {
        for entry in self
            .office
            .entries()
            .iter()
            .filter(|entry| files.contains(&entry.id))
        {
            let known = self
                .written
                .keys()
                .find(|bytes| is_content(entry, bytes))
                .cloned();
            self.given_up.extend(known);
        }
    }

    /// What the cloud holds of a file is deleted or replaced by a person, who takes it for what was
    /// sent there even if the store had kept it wrongly.
    fn give_up_stored(&mut self, bytes: Option<Bytes>) {
        let Some(bytes) = bytes else { return };
        self.given_up.insert(super::plant::garbled(&bytes));
        self.given_up.insert(bytes);
    }

    fn act_in_cloud(&mut self) -> String {
        let tree = self.store.tree();
        let paths: Vec<String> = tree.iter().map(|(path, _)| path.clone()).collect();
        let files: Vec<String> = tree
            .iter()
            .filter(|(_, b)| b.is_some())
            .map(|(p, _)| p.clone())
            .collect();
        let mut folders: Vec<String> = tree
            .iter()
            .filter(|(_, b)| b.is_none())
            .map(|(p, _)| p.clone())
            .collect();
        folders.push(String::new());
        let Some(folder) = self.pick(&folders) else {
            return "cloud: nothing".into();
        };
        match self.random.usize(0..9) {
            0 => {
                let path = joined(&folder, self.name());
                let done = self.store.make_folder(&path);
                format!("cloud: folder {path:?}: {done}")
            }
            1..=3 => {
                let (path, bytes) = (joined(&folder, self.name()), self.content());
                let done = self.store.make_file(&path, bytes.clone());
                if !done {
                    self.written.remove(&bytes);
                }
                format!("cloud: file {path:?}: {done} {bytes:?}")
            }
            4 => {
                let Some(path) = self.pick(&files) else {
                    return "cloud: no file".into();
                };
                let bytes = self.content();
                self.give_up_stored(self.store.bytes(&path));
                let done = self.store.edit(&path, bytes.clone());
                if !done {
                    self.written.remove(&bytes);
                }
                format!("cloud: edit {path:?}: {done} {bytes:?}")
            }
            5 | 6 => {
                let Some(path) = self.pick(&paths) else {
                    return "cloud: none".into();
                };
                let to = joined(&folder, self.name());
                let done = self.store.place(&path, &to);
                let inside = format!("{path}/");
                let inside = tree
                    .iter()
                    .filter(|(at, _)| *at == path || at.starts_with(&inside));
                self.moved
                    .extend(inside.filter_map(|(_, bytes)| bytes.clone()));
                format!("cloud: place {path:?} as {to:?}: {done}")
            }
            _ => {
                let Some(path) = self.pick(&paths) else {
                    return "cloud: none".into();
                };
                let inside = format!("{path}/");
                for (at, bytes) in &tree {
                    if *at == path || at.starts_with(&inside) {
                        self.give_up_stored(bytes.clone());
                    }
                }
                let done = self.store.delete(&path);
                format!("cloud: delete {path:?}: {done}")
            }
        }
    }
}

/// Whether an Odoo entry holds these bytes, told by its checksum.
pub fn is_content(entry: &Entry, bytes: &Bytes) -> bool {
    let of = crate::tree::Fingerprint::of_bytes(bytes);
    entry
        .fingerprint
        .as_ref()
        .is_some_and(|known| known.is_same(&of))
}

/// What goes when an entry is deleted: folders that rules made for others stay.
fn below(entries: &[Entry], id: &EntryId) -> Vec<EntryId> {
    let mut found = vec![id.clone()];
    let mut at = 0;
    while at < found.len() {
        let parent = found[at].clone();
        found.extend(
            entries
                .iter()
                .filter(|e| e.parent.as_ref() == Some(&parent) && !e.automatic)
                .map(|e| e.id.clone()),
        );
        at += 1;
    }
    found
}

fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}
