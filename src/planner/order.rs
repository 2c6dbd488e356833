//! What waits for what.

use super::delta::View;
use super::plan::{Decided, Draft};
use crate::tree::{Action, EntryId, Kind, Side};
use std::collections::HashMap;

/// Turns drafts into steps with their dependencies: a folder before what goes into it, a name
/// free before it is taken, a folder's content before the folder goes to the trash.
pub(super) fn link(view: &View, decided: &mut Decided) {
    let drafts = std::mem::take(&mut decided.drafts);
    let index = Index::of(view, &drafts);
    decided.steps.reserve_exact(drafts.len());
    let after: Vec<Vec<usize>> = (0..drafts.len())
        .map(|at| {
            let mut after = waits(view, &drafts, &index, at);
            after.sort_unstable();
            after.dedup();
            after.retain(|other| *other != at);
            after
        })
        .collect();
    let after = without_circles(after);
    for (draft, after) in drafts.into_iter().zip(after) {
        let mut step = draft.step;
        step.after = after;
        decided.steps.push(step);
    }
}

/// Deeper trees than this are circles.
const MOST_DEPTH: usize = 1000;

struct Index<'a> {
    /// Steps that make something, by the side they make it on and what it is made from.
    makers: HashMap<(Side, &'a EntryId), usize>,
    /// Steps that change an entry of a side.
    changers: HashMap<(Side, &'a EntryId), usize>,
    /// Steps that rename or move an entry of the cloud.
    movers: HashMap<&'a EntryId, usize>,
    /// Who has a name now, folded, in the folders of the cloud that something comes into.
    holders: HashMap<&'a EntryId, HashMap<String, &'a EntryId>>,
}

impl<'a> Index<'a> {
    fn of(view: &View<'a>, drafts: &'a [Draft]) -> Self {
        let mut makers = HashMap::new();
        let mut changers = HashMap::new();
        let mut movers = HashMap::new();
        for (at, draft) in drafts.iter().enumerate() {
            if let Action::Create {
                to,
                source,
                kind: Kind::Folder,
                ..
            } = &draft.step.action
            {
                makers.insert((*to, source), at);
            }
            if let (
                Action::Place {
                    to: Side::Cloud, ..
                },
                Some(entry),
            ) = (&draft.step.action, &draft.entry)
            {
                movers.insert(entry, at);
            }
            if let Some(entry) = &draft.entry {
                changers.insert((draft.step.action.to(), entry), at);
            }
        }
        let mut holders = HashMap::new();
        for draft in drafts {
            if let Some(folder) = comes_into(view, &draft.step.action) {
                holders
                    .entry(folder)
                    .or_insert_with(|| holders_in(view, folder));
            }
        }
        Index {
            makers,
            changers,
            movers,
            holders,
        }
    }
}

fn waits(view: &View, drafts: &[Draft], index: &Index, at: usize) -> Vec<usize> {
    let draft = &drafts[at];
    let mut after = Vec::new();
    match &draft.step.action {
        Action::Create {
            to, parent, name, ..
        } => {
            after.extend(index.makers.get(&(*to, parent)));
            after.extend(holder(view, index, &draft.step.action, name));
        }
        Action::Restore { parent, name, .. } => {
            after.extend(index.makers.get(&(Side::Cloud, parent)));
            after.extend(holder(view, index, &draft.step.action, name));
        }
        Action::Place {
            to, parent, name, ..
        } => {
            after.extend(index.makers.get(&(*to, parent)));
            after.extend(holder(view, index, &draft.step.action, name));
            after.extend(out_of_the_way(view, index, draft, *to, parent));
        }
        Action::Trash { to, .. } => {
            let tree = view.book.tree(*to);
            let children = draft.entry.iter().flat_map(|id| tree.children(id));
            after.extend(children.filter_map(|child| index.changers.get(&(*to, &child.id))));
        }
        _ => {}
    }
    after.extend(above(view, index, draft).into_iter().filter(|other| {
        // A folder that waits for this very step to leave it cannot be waited for.
        !waits_for_exit(view, index, &drafts[*other], at)
    }));
    after
}

fn waits_for_exit(view: &View, index: &Index, mover: &Draft, step: usize) -> bool {
    match &mover.step.action {
        Action::Place { to, parent, .. } => {
            out_of_the_way(view, index, mover, *to, parent) == Some(step)
        }
        _ => false,
    }
}

/// Steps that move a folder above what this step touches in the cloud: until they are done, its
/// path would be another one's, or nobody's.
fn above(view: &View, index: &Index, draft: &Draft) -> Vec<usize> {
    let pair = |id| view.book.synced.get(id).map(|pair| &pair.cloud);
    let target = |parent| view.pair(Side::Odoo, parent).map(|pair| &pair.cloud);
    let starts: Vec<Option<&EntryId>> = match &draft.step.action {
        Action::Create {
            to: Side::Cloud,
            parent,
            ..
        }
        | Action::Restore { parent, .. } => {
            vec![target(parent)]
        }
        Action::Create {
            to: Side::Odoo,
            source,
            ..
        } => vec![Some(source)],
        Action::Place {
            to: Side::Cloud,
            pair: id,
            parent,
            ..
        } => {
            let from = pair(id).and_then(|id| view.book.cloud.get(id));
            vec![from.and_then(|entry| entry.parent.as_ref()), target(parent)]
        }
        Action::Place { pair: id, .. }
        | Action::Content { pair: id, .. }
        | Action::Trash { pair: id, .. }
        | Action::Forget { pair: id }
        | Action::Prove { pair: id }
        | Action::Release { pair: id } => vec![pair(id)],
        Action::Agree { cloud, .. } => vec![Some(cloud)],
    };
    let mut found = Vec::new();
    for start in starts.into_iter().flatten() {
        let mut at = Some(start);
        let mut depth = 0;
        while let Some(id) = at.filter(|_| depth < MOST_DEPTH) {
            found.extend(index.movers.get(id));
            at = view
                .book
                .cloud
                .get(id)
                .and_then(|entry| entry.parent.as_ref());
            depth += 1;
        }
    }
    found
}

/// The folder of the cloud that a step puts something into, where that is there already.
fn comes_into<'a>(view: &View<'a>, action: &Action) -> Option<&'a EntryId> {
    match action {
        Action::Create {
            to: Side::Cloud,
            parent,
            ..
        }
        | Action::Restore { parent, .. }
        | Action::Place {
            to: Side::Cloud,
            parent,
            ..
        } => Some(&view.pair(Side::Odoo, parent)?.cloud),
        _ => None,
    }
}

fn holders_in<'a>(view: &View<'a>, folder: &EntryId) -> HashMap<String, &'a EntryId> {
    let mut holders = HashMap::new();
    for child in view.book.cloud.children(folder) {
        holders
            .entry(crate::tree::name::folded(&child.name))
            .or_insert(&child.id);
    }
    holders
}

/// The step that takes the present holder of a name in the cloud away.
fn holder(view: &View, index: &Index, action: &Action, name: &str) -> Option<usize> {
    let folder = comes_into(view, action)?;
    let holder = index
        .holders
        .get(folder)?
        .get(&crate::tree::name::folded(name))?;
    index.changers.get(&(Side::Cloud, *holder)).copied()
}

/// A folder that goes below one of its own descendants waits until that has moved out.
fn out_of_the_way(
    view: &View,
    index: &Index,
    draft: &Draft,
    to: Side,
    parent: &EntryId,
) -> Option<usize> {
    let moved = draft.entry.as_ref()?;
    let tree = view.book.tree(to);
    let model = view.book.tree(to.other());
    let mut parent = parent;
    // A folder that is still to be made comes into the next one above.
    let mut at = loop {
        match view.pair(to.other(), parent) {
            Some(pair) => break pair.entry(to),
            None => parent = model.get(parent)?.parent.as_ref()?,
        }
    };
    if !tree.is_within(at, moved) {
        return None;
    }
    while at != moved {
        if let Some(step) = index.changers.get(&(to, at)) {
            return Some(*step);
        }
        at = tree.get(at)?.parent.as_ref()?;
    }
    None
}

/// Drops what a step waits for where the waiting runs in a circle, so that every step can start
/// some day. One that then comes too early is refused by its side and planned again.
fn without_circles(mut after: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
    let mut followers = vec![Vec::new(); after.len()];
    for (at, others) in after.iter().enumerate() {
        for other in others {
            followers[*other].push(at);
        }
    }
    let mut open: Vec<usize> = after.iter().map(Vec::len).collect();
    let mut done = vec![false; after.len()];
    let mut ready: Vec<usize> = (0..after.len()).filter(|at| open[*at] == 0).collect();
    let mut first = 0;
    loop {
        while let Some(at) = ready.pop() {
            done[at] = true;
            for follower in &followers[at] {
                open[*follower] = open[*follower].saturating_sub(1);
                if open[*follower] == 0 && !done[*follower] {
                    ready.push(*follower);
                }
            }
        }
        while first < done.len() && done[first] {
            first += 1;
        }
        if first == done.len() {
            return after;
        }
        after[first].retain(|other| done[*other]);
        open[first] = 0;
        ready.push(first);
    }
}
