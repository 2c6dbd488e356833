//! How each side differs from what both last agreed on.

use crate::tree::{Book, Entry, EntryId, Pair, Side};
use std::cell::RefCell;
use std::collections::HashMap;

/// What one side did to a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delta {
    /// Proved to be gone.
    Gone,
    /// There, but not below the root as far as we know, or in a folder that is no longer synced:
    /// nothing is to be said.
    Unknown,
    /// There.
    Here { edited: bool, placed: bool },
}

/// A book as the planner looks at it, with answers that are asked for often.
pub(super) struct View<'a> {
    pub book: &'a Book,
    odoo_root: Option<&'a Entry>,
    cloud_root: Option<&'a Entry>,
    /// Some folder is no longer synced.
    has_stopped: bool,
    reachable: RefCell<HashMap<(Side, EntryId), bool>>,
}

impl<'a> View<'a> {
    pub fn of(book: &'a Book) -> Self {
        let root = |side| {
            let pair = book.synced.pairs().find(|pair| pair.parent.is_none())?;
            let entry = book.tree(side).get(pair.entry(side))?;
            entry.parent.is_none().then_some(entry)
        };
        View {
            book,
            odoo_root: root(Side::Odoo),
            cloud_root: root(Side::Cloud),
            has_stopped: book.odoo.entries().any(|entry| entry.stopped),
            reachable: RefCell::default(),
        }
    }

    /// Both roots are known and paired; without them nothing can be planned.
    pub fn is_whole(&self) -> bool {
        self.odoo_root.is_some() && self.cloud_root.is_some()
    }

    /// The entry of a pair on one side.
    pub fn entry(&self, pair: &Pair, side: Side) -> Option<&'a Entry> {
        self.book.tree(side).get(pair.entry(side))
    }

    /// The pair that an entry belongs to.
    pub fn pair(&self, side: Side, id: &EntryId) -> Option<&'a Pair> {
        self.book.synced.of(side, id)
    }

    /// Whether an entry hangs below the root of its side.
    pub fn is_reachable(&self, side: Side, entry: &Entry) -> bool {
        let Some(parent) = &entry.parent else {
            let root = match side {
                Side::Odoo => self.odoo_root,
                Side::Cloud => self.cloud_root,
            };
            return root.is_some_and(|root| root.id == entry.id);
        };
        let key = (side, entry.id.clone());
        if let Some(known) = self.reachable.borrow().get(&key) {
            return *known;
        }
        // Held as unreachable while its parents are asked, so that a circle ends.
        self.reachable.borrow_mut().insert(key.clone(), false);
        let above = self.book.tree(side).get(parent);
        let answer = above.is_some_and(|above| self.is_reachable(side, above));
        self.reachable.borrow_mut().insert(key, answer);
        answer
    }

    /// Whether an entry is or lies in a folder that is no longer synced. Odoo's side tells: an
    /// entry of the cloud follows what it is paired with, or what its folder is.
    pub fn is_stopped(&self, side: Side, entry: &Entry) -> bool {
        if !self.has_stopped {
            return false;
        }
        let tree = self.book.tree(side);
        let above = |entry: &&'a Entry| tree.get(entry.parent.as_ref()?);
        // Bounded, since entries that hang together in a circle have no end.
        let way = std::iter::successors(tree.get(&entry.id), above).take(tree.len());
        match side {
            Side::Odoo => way.into_iter().any(|here| here.stopped),
            Side::Cloud => {
                let paired = |here: &'a Entry| {
                    let pair = self.pair(Side::Cloud, &here.id)?;
                    self.entry(pair, Side::Odoo)
                };
                let nearest = way.into_iter().find_map(paired);
                nearest.is_some_and(|odoo| self.is_stopped(Side::Odoo, odoo))
            }
        }
    }

    /// What a side did to a pair.
    pub fn delta(&self, pair: &Pair, side: Side) -> Delta {
        let Some(entry) = self.entry(pair, side) else {
            return Delta::Gone;
        };
        if !self.is_reachable(side, entry) || self.is_stopped(side, entry) {
            return Delta::Unknown;
        }
        Delta::Here {
            edited: pair.is_edited(side, entry),
            placed: self.is_placed(pair, side, entry),
        }
    }

    fn is_placed(&self, pair: &Pair, side: Side, entry: &Entry) -> bool {
        let parent = entry.parent.as_ref();
        let parent = parent.and_then(|parent| self.pair(side, parent));
        entry.name != pair.name(side) || parent.map(|parent| parent.id) != pair.parent
    }

    /// What people call an entry: its path, or its name where the path is not known.
    pub fn subject(&self, side: Side, entry: &Entry) -> String {
        match self.book.tree(side).path(&entry.id) {
            Some(path) if !path.is_empty() => path.join("/"),
            _ => entry.name.clone(),
        }
    }
}
