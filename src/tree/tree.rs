//! A tree: the entries of one side, by identity and by parent.

use super::entry::Entry;
use super::ids::EntryId;
use std::collections::{BTreeSet, HashMap, HashSet};

/// What one side told us so far.
///
/// Feeds may name a child before its parent, so the tree keeps entries whose parent it does not
/// know; [`Tree::path`] answers `None` for them until the parent arrives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    entries: HashMap<EntryId, Entry>,
    children: HashMap<EntryId, BTreeSet<EntryId>>,
}

impl Tree {
    /// An empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many entries are known, reachable or not.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Nothing is known.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entry of this identity.
    pub fn get(&self, id: &EntryId) -> Option<&Entry> {
        self.entries.get(id)
    }

    /// Every entry, in no order.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// The known children of an entry, by identity.
    pub fn children(&self, id: &EntryId) -> impl Iterator<Item = &Entry> {
        self.children
            .get(id)
            .into_iter()
            .flatten()
            .filter_map(|child| self.entries.get(child))
    }

    /// Adds an entry or brings a known one up to date; the same again changes nothing.
    pub fn put(&mut self, entry: Entry) {
        if let Some(known) = self.entries.get(&entry.id) {
            self.unlink(&known.id.clone(), known.parent.clone());
        }
        if let Some(parent) = &entry.parent {
            self.children
                .entry(parent.clone())
                .or_default()
                .insert(entry.id.clone());
        }
        self.entries.insert(entry.id.clone(), entry);
    }

    /// Removes an entry with all below it and returns them, the entry first. Unknown: nothing.
    pub fn remove(&mut self, id: &EntryId) -> Vec<Entry> {
        let mut removed = Vec::new();
        let mut waiting = vec![id.clone()];
        while let Some(next) = waiting.pop() {
            if let Some(entry) = self.entries.remove(&next) {
                self.unlink(&entry.id, entry.parent.clone());
                waiting.extend(self.children.get(&next).into_iter().flatten().cloned());
                removed.push(entry);
            }
        }
        removed
    }

    /// The identities of all that lies below an entry.
    pub fn below(&self, id: &EntryId) -> Vec<EntryId> {
        let mut found = Vec::new();
        let mut seen = HashSet::from([id]);
        let mut waiting = vec![id];
        while let Some(at) = waiting.pop() {
            for child in self.children.get(at).into_iter().flatten() {
                if seen.insert(child) {
                    found.push(child.clone());
                    waiting.push(child);
                }
            }
        }
        found
    }

    /// Names from below the root down to the entry; empty for a root. `None` when the entry is
    /// unknown, an ancestor is not known yet, or the parents run in a circle.
    pub fn path(&self, id: &EntryId) -> Option<Vec<&str>> {
        let mut names = Vec::new();
        let mut seen = HashSet::new();
        let mut at = self.entries.get(id)?;
        while let Some(parent) = &at.parent {
            if !seen.insert(&at.id) {
                return None;
            }
            names.push(at.name.as_str());
            at = self.entries.get(parent)?;
        }
        names.reverse();
        Some(names)
    }

    /// Whether `ancestor` is `id` or lies above it.
    pub fn is_within(&self, id: &EntryId, ancestor: &EntryId) -> bool {
        let mut seen = HashSet::new();
        let mut at = Some(id);
        while let Some(here) = at {
            if here == ancestor {
                return true;
            }
            if !seen.insert(here) {
                return false;
            }
            at = self
                .entries
                .get(here)
                .and_then(|entry| entry.parent.as_ref());
        }
        false
    }

    fn unlink(&mut self, id: &EntryId, parent: Option<EntryId>) {
        let Some(parent) = parent else { return };
        if let Some(siblings) = self.children.get_mut(&parent) {
            siblings.remove(id);
            if siblings.is_empty() {
                self.children.remove(&parent);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> EntryId {
        EntryId::new(text)
    }

    fn folder(name: &str, parent: Option<&str>) -> Entry {
        Entry::folder(id(name), parent.map(id), name)
    }

    fn grown() -> Tree {
        let mut tree = Tree::new();
        for (name, parent) in [("c", Some("b")), ("b", Some("a")), ("a", Some("root"))] {
            tree.put(folder(name, parent));
        }
        tree
    }

    #[test]
    fn a_child_may_come_before_its_parent() {
        let mut tree = grown();
        assert_eq!(tree.path(&id("c")), None, "the root is not known yet");
        tree.put(folder("root", None));
        assert_eq!(tree.path(&id("c")), Some(vec!["a", "b", "c"]));
        assert_eq!(tree.path(&id("root")), Some(vec![]));
    }

    #[test]
    fn a_move_takes_the_subtree_along() {
        let mut tree = grown();
        tree.put(folder("root", None));
        tree.put(folder("b", Some("root")));
        assert_eq!(tree.path(&id("c")), Some(vec!["b", "c"]));
        assert_eq!(tree.children(&id("a")).count(), 0);
    }

    #[test]
    fn remove_takes_all_below_and_nothing_else() {
        let mut tree = grown();
        tree.put(folder("root", None));
        tree.put(folder("other", Some("root")));
        let removed: Vec<_> = tree
            .remove(&id("a"))
            .into_iter()
            .map(|entry| entry.name)
            .collect();
        assert_eq!(removed, ["a", "b", "c"]);
        assert_eq!(tree.len(), 2);
        assert!(tree.remove(&id("a")).is_empty(), "twice is nothing");
    }

    #[test]
    fn circles_have_no_path_and_end() {
        let mut tree = Tree::new();
        tree.put(folder("a", Some("b")));
        tree.put(folder("b", Some("a")));
        assert_eq!(tree.path(&id("a")), None);
        assert!(tree.is_within(&id("a"), &id("b")));
        assert!(!tree.is_within(&id("a"), &id("root")));
        assert_eq!(tree.remove(&id("a")).len(), 2);
    }
}
