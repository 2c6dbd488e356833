//! The in-memory store itself, and what people do in it behind the sidecar's back.

use super::faults::{Call, Fault, Faults};
use super::state::{NodeId, ROOT, State};
use super::{Memory, Shape};
use crate::tree::{ConnectionId, EntryId, Kind};
use bytes::Bytes;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A store that any number of [`Memory`] providers and people share. Clones share it too.
///
/// Deterministic: no clock, and chance only from the seed. What people do never fails for the
/// faults, and answers whether it could be done.
#[derive(Clone, Debug)]
pub struct World {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub state: State,
    pub faults: Faults,
    pub random: fastrand::Rng,
}

impl World {
    /// An empty store without a root folder.
    pub fn new(shape: Shape, seed: u64) -> Self {
        World {
            inner: Arc::new(Mutex::new(Inner {
                state: State::new(shape),
                faults: Faults::none(),
                random: fastrand::Rng::with_seed(seed),
            })),
        }
    }

    /// The provider of one connection to this store.
    pub fn provider(&self, connection: ConnectionId) -> Memory {
        Memory::new(self.clone(), connection)
    }

    /// From now on these go wrong.
    pub fn set_faults(&self, faults: Faults) {
        self.lock().faults = faults;
    }

    /// The next such call goes wrong this way.
    pub fn next_fault(&self, call: Call, fault: Fault) {
        self.lock().faults.next(call, fault);
    }

    /// What goes wrong now, with how often it did.
    pub fn faults(&self) -> Faults {
        self.lock().faults.clone()
    }

    /// Every folder (`None`) and file in the root by its path, in order of path. Equal answers
    /// mean equal trees; where names repeat, so do paths.
    pub fn tree(&self) -> Vec<(String, Option<Bytes>)> {
        let inner = self.lock();
        let mut found: Vec<_> = inner
            .state
            .below(ROOT)
            .into_iter()
            .skip(1)
            .filter_map(|id| {
                let path = inner.state.path(id)?.join("/");
                let node = inner.state.nodes.get(&id)?;
                Some((path, (node.kind == Kind::File).then(|| node.bytes.clone())))
            })
            .collect();
        found.sort();
        found
    }

    /// The bytes of every file that is in the trash or below something in it.
    pub fn trashed(&self) -> Vec<(String, Bytes)> {
        let inner = self.lock();
        inner
            .state
            .nodes
            .iter()
            .filter(|(id, node)| node.kind == Kind::File && !inner.state.is_visible(**id))
            .map(|(_, node)| (node.name.clone(), node.bytes.clone()))
            .collect()
    }

    /// The identity of what lies at a path (`a/b`; empty: the root); the first where names repeat.
    pub fn find(&self, path: &str) -> Option<EntryId> {
        self.lock().at(path).map(super::entry_id)
    }

    /// The bytes of the file at a path.
    pub fn bytes(&self, path: &str) -> Option<Bytes> {
        let inner = self.lock();
        let node = inner.state.nodes.get(&inner.at(path)?)?;
        (node.kind == Kind::File).then(|| node.bytes.clone())
    }

    /// A person makes a folder. `false`: no such parent, or the name is taken.
    pub fn make_folder(&self, path: &str) -> bool {
        self.add(path, Kind::Folder, Bytes::new())
    }

    /// A person puts a new file. `false`: no such parent, or the name is taken.
    pub fn make_file(&self, path: &str, bytes: impl Into<Bytes>) -> bool {
        self.add(path, Kind::File, bytes.into())
    }

    /// A person edits a file. `false`: no such file.
    pub fn edit(&self, path: &str, bytes: impl Into<Bytes>) -> bool {
        let mut inner = self.lock();
        let Some(id) = inner.at(path) else {
            return false;
        };
        let is_file = inner
            .state
            .nodes
            .get(&id)
            .is_some_and(|node| node.kind == Kind::File);
        if is_file {
            inner.state.set_bytes(id, bytes.into());
        }
        is_file
    }

    /// A person renames or moves. `false`: not there, the new name is taken, or into itself.
    pub fn place(&self, path: &str, to: &str) -> bool {
        let mut inner = self.lock();
        let (folder, name) = split(to);
        let (Some(id), Some(parent)) = (inner.at(path), inner.at(folder)) else {
            return false;
        };
        if id == ROOT || inner.state.is_within(parent, id) || !inner.takes(parent, name, Some(id)) {
            return false;
        }
        inner.state.set_place(id, parent, name);
        true
    }

    /// A person deletes an entry with all below it: into the trash where the store has one, for
    /// good where it has none. `false`: not there.
    pub fn delete(&self, path: &str) -> bool {
        let mut inner = self.lock();
        match inner.at(path) {
            None | Some(ROOT) => false,
            Some(id) => {
                inner.discard(id);
                true
            }
        }
    }

    /// A person moves an entry out of the root folder, still in the account.
    pub fn move_out(&self, path: &str) -> Option<EntryId> {
        let mut inner = self.lock();
        let id = inner.at(path).filter(|id| *id != ROOT)?;
        inner.state.change(id, |node| node.parent = None);
        Some(super::entry_id(id))
    }

    /// A person takes an entry out of the trash, or back from outside the root, to this path.
    /// `false`: no such entry or parent, or the name is taken.
    pub fn bring_back(&self, entry: &EntryId, to: &str) -> bool {
        let mut inner = self.lock();
        let (folder, name) = split(to);
        let Some(parent) = inner.at(folder) else {
            return false;
        };
        let known = super::node_id(entry).filter(|id| inner.state.nodes.contains_key(id));
        match known {
            Some(id) if inner.takes(parent, name, Some(id)) => {
                inner.state.set_place(id, parent, name);
                true
            }
            _ => false,
        }
    }

    /// The root folder goes away (`false`: an unmounted share, a withdrawn share) or comes back
    /// with all it held.
    pub fn set_present(&self, present: bool) {
        self.lock().state.present = present;
    }

    /// Every cursor given until now has expired.
    pub fn expire_cursors(&self) {
        self.lock().state.epoch += 1;
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, path: &str, kind: Kind, bytes: Bytes) -> bool {
        let mut inner = self.lock();
        let (folder, name) = split(path);
        match inner.at(folder) {
            Some(parent) if inner.takes(parent, name, None) => {
                inner.state.add(parent, name, kind, bytes, None);
                true
            }
            _ => false,
        }
    }
}

impl Inner {
    fn at(&self, path: &str) -> Option<NodeId> {
        let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
        self.state.at(&names)
    }

    /// Whether `parent` is a folder in the root that can hold `name` for `mover`.
    fn takes(&self, parent: NodeId, name: &str, mover: Option<NodeId>) -> bool {
        let is_folder = |node: &super::state::Node| node.kind == Kind::Folder;
        let free = match self.state.child(parent, name) {
            None => true,
            Some(there) => self.state.shape.duplicate_names || Some(there) == mover,
        };
        let folder = self.state.nodes.get(&parent).is_some_and(is_folder);
        folder && free && self.state.is_visible(parent)
    }

    fn discard(&mut self, id: NodeId) {
        if self.state.shape.ids {
            self.state.change(id, |node| node.trashed = true);
        } else {
            self.state.destroy(id);
        }
    }
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}
