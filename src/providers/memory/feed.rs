//! What the in-memory store tells about changes, truthfully or not.

use super::faults::Fault;
use super::state::{Node, NodeId, State};
use super::{entry_id, failure, node_item};
use crate::providers::{ErrorKind, Item, Result};
use crate::tree::{Change, Cursor, Entry, Page};

/// Changes on one page.
const PAGE: usize = 20;

/// How many changes back a lie reaches.
const RECENT: u64 = 4;

/// What changed after `cursor`: each node once, as it is now.
pub(super) fn page(
    state: &State,
    cursor: Option<&Cursor>,
    fault: Option<Fault>,
    random: &mut fastrand::Rng,
) -> Result<Page> {
    if !state.shape.ids {
        let message = "this store has no feed of changes";
        return Err(failure(ErrorKind::Unsupported, message));
    }
    let Some(cursor) = cursor else {
        return Ok(Page {
            changes: Vec::new(),
            cursor: at(state, state.clock),
            more: false,
        });
    };
    let mut from = parse(state, cursor)?;
    if fault == Some(Fault::Repeated) {
        from = from.saturating_sub(RECENT);
    }
    let end = match fault {
        Some(Fault::Late) => state.clock.saturating_sub(RECENT).max(from),
        _ => state.clock,
    };
    let mut told: Vec<(u64, NodeId)> = state
        .feed
        .range(from + 1..)
        .take_while(|(when, _)| **when <= end)
        .map(|(when, id)| (*when, *id))
        .take(PAGE + 1)
        .collect();
    let more = told.len() > PAGE;
    told.truncate(PAGE);
    let upto = match told.last() {
        Some((last, _)) if more => *last,
        _ => end,
    };
    if fault == Some(Fault::Lost) && !told.is_empty() {
        told.remove(random.usize(..told.len()));
    }
    if fault == Some(Fault::Reordered) {
        random.shuffle(&mut told);
    }
    Ok(Page {
        changes: told.into_iter().map(|(_, id)| change(state, id)).collect(),
        cursor: at(state, upto),
        more,
    })
}

/// The children of a folder as they were [`RECENT`] changes ago, roughly: what is newer is
/// missing or in its old state, what has gone since is still there.
pub(super) fn stale_children(state: &State, folder: NodeId) -> Vec<Item> {
    let since = state.clock.saturating_sub(RECENT);
    let then = |node: &Node| -> Option<Node> {
        if node.changed <= since {
            Some(node.clone())
        } else {
            node.before.as_deref().cloned()
        }
    };
    let alive = state.nodes.iter().map(|(id, node)| (*id, then(node)));
    let dead = state.dead.iter().map(|(id, node)| {
        let lingers = node.changed > since;
        (*id, lingers.then(|| node.clone()))
    });
    alive
        .chain(dead)
        .filter_map(|(id, node)| Some((id, node?)))
        .filter(|(_, node)| node.parent == Some(folder) && !node.trashed)
        .map(|(id, node)| node_item(state.shape, id, &node))
        .collect()
}

fn change(state: &State, id: NodeId) -> Change {
    match state.nodes.get(&id) {
        Some(node) if state.is_visible(id) => {
            let item = node_item(state.shape, id, node);
            Change::Present(Entry {
                id: entry_id(id),
                parent: item.parent,
                name: item.name,
                kind: item.kind,
                revision: item.revision,
                fingerprint: item.fingerprint,
                automatic: false,
                stopped: false,
                released: false,
            })
        }
        _ => Change::Gone(entry_id(id)),
    }
}

fn at(state: &State, when: u64) -> Cursor {
    Cursor(format!("{}:{when}", state.epoch))
}

fn parse(state: &State, cursor: &Cursor) -> Result<u64> {
    cursor
        .0
        .split_once(':')
        .filter(|(epoch, _)| *epoch == state.epoch.to_string())
        .and_then(|(_, when)| when.parse().ok())
        .filter(|when| *when <= state.clock)
        .ok_or_else(|| failure(ErrorKind::CursorExpired, "the cursor is too old"))
}
