//! The nodes of the in-memory store, and what may happen to them.

use super::Shape;
use crate::tree::name::folded;
use crate::tree::{ConnectionId, Kind, OperationId};
use bytes::Bytes;
use std::collections::BTreeMap;

pub(super) type NodeId = u64;

/// The root folder's node.
pub(super) const ROOT: NodeId = 0;

/// A folder or file, in the root, in the trash, or elsewhere in the account.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// `None` for the root and for what lies outside it.
    pub parent: Option<NodeId>,
    pub name: String,
    pub kind: Kind,
    pub bytes: Bytes,
    pub revision: u64,
    /// The operation that made it.
    pub made_by: Option<OperationId>,
    pub trashed: bool,
    /// The operation that put it into the trash.
    pub trashed_by: Option<OperationId>,
    /// When it last changed, counted in changes.
    pub changed: u64,
    /// How it was before that; `None` when it is new.
    pub before: Option<Box<Node>>,
}

/// Everything the store holds.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub shape: Shape,
    pub nodes: BTreeMap<NodeId, Node>,
    /// Deleted for good, as they last were: stale listings may still show them.
    pub dead: BTreeMap<NodeId, Node>,
    /// The node that each change was about; only a node's latest change is kept.
    pub feed: BTreeMap<u64, NodeId>,
    /// Changes so far.
    pub clock: u64,
    /// Cursors of an older epoch have expired.
    pub epoch: u64,
    pub next_node: NodeId,
    pub next_revision: u64,
    pub present: bool,
    pub mark: Option<ConnectionId>,
}

impl State {
    pub fn new(shape: Shape) -> Self {
        let root = Node {
            parent: None,
            name: String::new(),
            kind: Kind::Folder,
            bytes: Bytes::new(),
            revision: 0,
            made_by: None,
            trashed: false,
            trashed_by: None,
            changed: 0,
            before: None,
        };
        State {
            shape,
            nodes: BTreeMap::from([(ROOT, root)]),
            dead: BTreeMap::new(),
            feed: BTreeMap::new(),
            clock: 0,
            epoch: 0,
            next_node: 1,
            next_revision: 1,
            present: false,
            mark: None,
        }
    }

    /// Whether names are one to this store.
    pub fn is_one_name(&self, one: &str, other: &str) -> bool {
        one == other || (self.shape.folds_names && folded(one) == folded(other))
    }

    /// In the root, and neither it nor a folder above it in the trash.
    pub fn is_visible(&self, id: NodeId) -> bool {
        let mut at = id;
        loop {
            match self.nodes.get(&at) {
                Some(_) if at == ROOT => return true,
                Some(Node {
                    trashed: false,
                    parent: Some(parent),
                    ..
                }) => at = *parent,
                _ => return false,
            }
        }
    }

    /// Whether `ancestor` is `id` or lies above it.
    pub fn is_within(&self, id: NodeId, ancestor: NodeId) -> bool {
        let mut at = Some(id);
        while let Some(here) = at {
            if here == ancestor {
                return true;
            }
            at = self.nodes.get(&here).and_then(|node| node.parent);
        }
        false
    }

    /// The children that are not in the trash, by node.
    pub fn children(&self, id: NodeId) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes
            .iter()
            .filter(move |(_, node)| node.parent == Some(id) && !node.trashed)
            .map(|(id, node)| (*id, node))
    }

    /// The first child of that name.
    pub fn child(&self, id: NodeId, name: &str) -> Option<NodeId> {
        self.children(id)
            .find(|(_, node)| self.is_one_name(&node.name, name))
            .map(|(id, _)| id)
    }

    /// The node at a path, which may name duplicates: the first of each name.
    pub fn at<S: AsRef<str>>(&self, path: &[S]) -> Option<NodeId> {
        path.iter()
            .try_fold(ROOT, |at, name| self.child(at, name.as_ref()))
    }

    /// Names from below the root; `None` when it is not visible.
    pub fn path(&self, id: NodeId) -> Option<Vec<String>> {
        if !self.is_visible(id) {
            return None;
        }
        let mut names = Vec::new();
        let mut at = id;
        while at != ROOT {
            let node = self.nodes.get(&at)?;
            names.push(node.name.clone());
            at = node.parent?;
        }
        names.reverse();
        Some(names)
    }

    /// It and all below it, parents first.
    pub fn below(&self, id: NodeId) -> Vec<NodeId> {
        let mut found = vec![id];
        let mut next = 0;
        while let Some(at) = found.get(next).copied() {
            found.extend(self.children(at).map(|(child, _)| child));
            next += 1;
        }
        found
    }

    pub fn add(
        &mut self,
        parent: NodeId,
        name: &str,
        kind: Kind,
        bytes: Bytes,
        made_by: Option<OperationId>,
    ) -> NodeId {
        let id = self.next_node;
        self.next_node += 1;
        let node = Node {
            parent: Some(parent),
            name: name.to_owned(),
            kind,
            bytes,
            revision: self.revise(),
            made_by,
            trashed: false,
            trashed_by: None,
            changed: 0,
            before: None,
        };
        self.nodes.insert(id, node);
        self.tell(id);
        id
    }

    /// Changes a node and tells the feed. Unknown: nothing.
    pub fn change(&mut self, id: NodeId, change: impl FnOnce(&mut Node)) {
        if let Some(node) = self.nodes.get_mut(&id) {
            let before = Node {
                before: None,
                ..node.clone()
            };
            change(node);
            node.before = Some(Box::new(before));
            self.tell(id);
        }
    }

    pub fn set_bytes(&mut self, id: NodeId, bytes: Bytes) {
        let revision = self.revise();
        self.change(id, |node| {
            node.bytes = bytes;
            node.revision = revision;
        });
    }

    /// Moves and renames; out of the trash, too. What was hidden with it is told again.
    pub fn set_place(&mut self, id: NodeId, parent: NodeId, name: &str) {
        let hidden = !self.is_visible(id);
        let revision = self.shape.renames_revise.then(|| self.revise());
        self.change(id, |node| {
            node.parent = Some(parent);
            node.name = name.to_owned();
            node.trashed = false;
            node.trashed_by = None;
            node.revision = revision.unwrap_or(node.revision);
        });
        if hidden {
            for below in self.below(id).into_iter().skip(1) {
                self.change(below, |_| {});
            }
        }
    }

    /// Deletes for good, with all below.
    pub fn destroy(&mut self, id: NodeId) {
        for gone in self.below(id).into_iter().rev() {
            self.tell(gone);
            if let Some(node) = self.nodes.remove(&gone) {
                self.dead.insert(gone, node);
            }
        }
    }

    fn revise(&mut self) -> u64 {
        self.next_revision += 1;
        self.next_revision
    }

    fn tell(&mut self, id: NodeId) {
        self.clock += 1;
        let now = self.clock;
        if let Some(node) = self.nodes.get_mut(&id) {
            self.feed.remove(&node.changed);
            node.changed = now;
        }
        self.feed.insert(now, id);
    }
}
