//! What a call does to the nodes, and how a node is told.

use super::super::{ErrorKind, Item, Locator, Result, names};
use super::state::{Node, NodeId, ROOT, State};
use super::{Shape, failure};
use crate::tree::{EntryId, Fingerprint, HashKind, Kind, OperationId, Revision};
use bytes::Bytes;

pub(super) fn entry_id(id: NodeId) -> EntryId {
    EntryId::new(format!("m{id}"))
}

pub(super) fn node_id(id: &EntryId) -> Option<NodeId> {
    id.as_str().strip_prefix('m')?.parse().ok()
}

pub(super) fn find(state: &State, locator: &Locator) -> Result<NodeId> {
    let found = if locator.path.is_empty() {
        Some(ROOT)
    } else if state.shape.ids {
        node_id(&locator.id).filter(|id| state.is_visible(*id))
    } else {
        names::check_path(&locator.path)?;
        state.at(&locator.path)
    };
    found.ok_or_else(|| {
        let message = format!("{:?} is not there any more", locator.path.join("/"));
        failure(ErrorKind::NotFound, message)
    })
}

pub(super) fn item(state: &State, id: NodeId) -> Result<Item> {
    match state.nodes.get(&id) {
        Some(node) => Ok(node_item(state.shape, id, node)),
        None => Err(failure(ErrorKind::NotFound, "it is not there any more")),
    }
}

pub(super) fn node_item(shape: Shape, id: NodeId, node: &Node) -> Item {
    let file = node.kind == Kind::File;
    let fingerprint = match (file, shape.ids) {
        (false, _) => None,
        (true, false) => Some(Fingerprint::of_size(node.bytes.len() as u64)),
        (true, true) => {
            let whole = Fingerprint::of_bytes(&node.bytes);
            let sha256 = whole.hash(HashKind::Sha256).unwrap_or_default();
            Some(Fingerprint::of_size(whole.size).with(HashKind::Sha256, sha256))
        }
    };
    Item {
        id: shape.ids.then(|| entry_id(id)),
        parent: node.parent.filter(|_| shape.ids).map(entry_id),
        name: node.name.clone(),
        kind: node.kind,
        revision: match file {
            true => Revision::new(format!("r{}", node.revision)),
            false => Revision::default(),
        },
        fingerprint,
        web_url: shape.ids.then(|| format!("https://memory.invalid/{id}")),
    }
}

pub(super) fn is_folder(state: &State, id: NodeId) -> Result<()> {
    match state.nodes.get(&id) {
        Some(node) if node.kind == Kind::Folder => Ok(()),
        _ => Err(failure(ErrorKind::NotFound, "there is no such folder")),
    }
}

pub(super) fn is_file(item: &Item) -> Result<()> {
    match item.kind {
        Kind::File => Ok(()),
        Kind::Folder => {
            let message = format!("{:?} is a folder", item.name);
            Err(failure(ErrorKind::NotFound, message))
        }
    }
}

pub(super) fn expected(now: &Item, expect: &Revision) -> Result<()> {
    if &now.revision == expect {
        return Ok(());
    }
    let message = format!("{:?} was changed in the store meanwhile", now.name);
    Err(failure(ErrorKind::Changed, message))
}

pub(super) fn is_free(
    state: &State,
    parent: NodeId,
    name: &str,
    mover: Option<NodeId>,
) -> Result<()> {
    match state.child(parent, name) {
        Some(there) if !state.shape.duplicate_names && Some(there) != mover => {
            let message = format!("the name {name:?} is taken");
            Err(failure(ErrorKind::AlreadyExists, message))
        }
        _ => Ok(()),
    }
}

pub(super) fn create(
    state: &mut State,
    key: OperationId,
    parent: &Locator,
    name: &str,
    kind: Kind,
    bytes: Bytes,
) -> Result<Item> {
    names::check(name)?;
    let to = find(state, parent)?;
    is_folder(state, to)?;
    if state.shape.duplicate_names {
        let done = state
            .nodes
            .iter()
            .find(|(id, node)| node.made_by == Some(key) && state.is_visible(**id));
        if let Some((id, _)) = done {
            return item(state, *id);
        }
    }
    is_free(state, to, name, None)?;
    let id = state.add(to, name, kind, bytes, Some(key));
    item(state, id)
}
