//! How each side differs from what both last agreed on.

use crate::tree::{Book, Entry, EntryId, Pair, Side};
use std::cell::RefCell;
use std::collections::HashMap;

/// What one side did to a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delta {
    /// Proved to be gone.
    Gone,
    /// There, but not below the root as far as we know: nothing can be said.
    Unknown,
    /// There.
    Here { edited: bool, placed: bool },
}

/// A book as the planner looks at it, with answers that are asked for often.
pub(super) struct View<'a> {
    pub book: &'a Book,
    odoo_root: Option<&'a Entry>,
    cloud_root: Option<&'a Entry>,
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

    /// What a side did to a pair.
    pub fn delta(&self, pair: &Pair, side: Side) -> Delta {
        let Some(entry) = self.entry(pair, side) else {
            return Delta::Gone;
        };
        if !self.is_reachable(side, entry) {
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
