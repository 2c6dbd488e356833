//! An Odoo in memory, for the simulation: it keeps what the trait promises, and fails on demand.
//!
//! People act on it through [`World`]; the engine through the trait [`super::Odoo`], which
//! [`World`] implements for its one connection.

mod service;
mod state;

use super::Result;
use crate::tree::{Entry, EntryId, Kind};
use bytes::Bytes;
use state::{State, number, odoo_fingerprint};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::task::yield_now;

/// One Odoo database with one connection.
#[derive(Clone)]
pub struct World(Arc<Mutex<State>>);

impl World {
    /// An Odoo with nothing but the connection's root folder.
    pub fn new(seed: u64) -> Self {
        let world = World(Arc::new(Mutex::new(State::new(seed))));
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

    /// Bytes that come from the cloud stay here as well, as in an Odoo without the addon.
    pub fn keep_bytes(&self) {
        self.lock().keeps = true;
    }

    /// The edits whose bytes were taken since the last time.
    pub fn take_edits(&self) -> Vec<Bytes> {
        std::mem::take(&mut self.lock().edits)
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

    /// Puts other bytes below a file than its row tells, as a broken disk does.
    #[cfg(test)]
    pub fn damage(&self, id: &EntryId, bytes: Bytes) {
        let mut state = self.lock();
        let row = number(id).and_then(|id| state.rows.get_mut(&id));
        row.expect("a file").bytes = Some(bytes);
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

    /// A person deletes: it goes to the trash with all below it. Folders of other records, which
    /// rules made, move up before.
    pub fn delete(&self, id: &EntryId) -> bool {
        let mut state = self.lock();
        let live = number(id).filter(|id| state.is_live(*id));
        let Some(id) = live.filter(|id| state.rows[id].parent.is_some()) else {
            return false;
        };
        let up = state.rows[&id].parent;
        for other in state.others_below(id) {
            state.change(Some(other), |row| row.parent = up);
        }
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
