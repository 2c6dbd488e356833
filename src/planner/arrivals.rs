//! What is new on either side.

use super::delta::View;
use super::plan::{Decided, Policy, step};
use super::rebind::left_by_move;
use crate::tree::{Action, Entry, EntryId, Kind, Pair, Reason, Sameness, Side, name};
use std::collections::{HashMap, HashSet};

/// Folders in folders that one attempt may have made, at most.
const MOST_DEEP: usize = 64;

/// New entries are made on the other side, and those that both sides made at the same place are
/// brought together instead. What lies in a folder that is itself being brought together waits for
/// the next plan.
pub(super) fn decide(view: &View, policy: &Policy, decided: &mut Decided) {
    let cloud = Fresh::of(view, Side::Cloud);
    let odoo = Fresh::of(view, Side::Odoo);
    let mut met = HashSet::new();
    let mut left = HashMap::new();
    // What may be an attempt's outcome besides the likeliest is left alone until that is known.
    let moves = view.book.operations.values();
    let left_by_moves = moves.filter_map(|attempt| left_by_move(view, &attempt.action));
    let mut spare: HashSet<&EntryId> = left_by_moves.map(|entry| &entry.id).collect();
    let mut undecided = HashSet::new();
    // Where a key finds again what was made with it, the attempt is simply repeated; meanwhile
    // whatever may be its outcome is left alone.
    let mut repeated = Vec::new();
    for entry in &odoo.entries {
        if attempt(view, entry).is_none() {
            continue;
        }
        if policy.keyed {
            repeated.push(*entry);
            continue;
        }
        let twins = cloud.left_by_attempt(view, entry).into_iter();
        let twins: Vec<&Entry> = twins.filter(|twin| may_be_same(entry, twin)).collect();
        // What lies in a folder that is not paired yet is met when that is.
        let is_free = |twin: &&&Entry| {
            let parent = twin.parent.as_ref();
            let paired = parent.is_some_and(|parent| view.pair(Side::Cloud, parent).is_some());
            paired && !met.contains(&twin.id)
        };
        match twins.iter().find(is_free) {
            Some(twin) => {
                met.insert(twin.id.clone());
                left.insert(&entry.id, *twin);
            }
            None if !twins.is_empty() => {
                undecided.insert(&entry.id);
            }
            None => {}
        }
        spare.extend(twins.into_iter().map(|twin| &twin.id));
    }
    let waits = |entry: &Entry| {
        repeated
            .iter()
            .any(|one| one.kind == entry.kind && may_be_same(one, entry))
    };
    let mut made = HashSet::new();
    for entry in &odoo.entries {
        if undecided.contains(&entry.id) {
            continue;
        }
        let Some(parent) = odoo.parent(view, entry, &made) else {
            continue;
        };
        let is_repeated = repeated.iter().any(|one| one.id == entry.id);
        let mut twin = left.get(&entry.id).copied();
        if twin.is_none() && !is_repeated {
            let at_place = cloud.at_place(view, entry, &met);
            twin = at_place.filter(|twin| !waits(twin));
        }
        if let Some(twin) = twin {
            met.insert(twin.id.clone());
            let action = Action::Agree {
                odoo: entry.id.clone(),
                cloud: twin.id.clone(),
                kind: entry.kind,
                conflict_name: String::new(),
            };
            decided.push(
                None,
                step(action, Reason::BothNew, view.subject(Side::Odoo, entry)),
            );
        } else if policy.keeps && attempt(view, entry).is_none() && may_have_made(view, entry) {
            // Its source asks Odoo once more, and hears of it. Not one that is being uploaded: it
            // was there before that source came, and the two would wait for each other.
        } else if let Some(created) = upload(view, entry, parent) {
            made.insert(entry.id.clone());
            decided.push(None, created);
        }
    }
    let mut made = HashSet::new();
    for entry in cloud
        .entries
        .iter()
        .filter(|entry| !met.contains(&entry.id) && !spare.contains(&entry.id) && !waits(entry))
    {
        let Some(parent) = cloud.parent(view, entry, &made) else {
            continue;
        };
        made.insert(entry.id.clone());
        let action = Action::Create {
            to: Side::Odoo,
            source: entry.id.clone(),
            kind: entry.kind,
            parent,
            name: entry.name.clone(),
        };
        decided.push(
            None,
            step(action, Reason::New, view.subject(Side::Cloud, entry)),
        );
    }
}

/// Whether an attempt to make one of the cloud's files in Odoo may have made this entry there.
fn may_have_made(view: &View, entry: &Entry) -> bool {
    let unpaired = |id: &&EntryId| view.pair(Side::Cloud, id).is_none();
    let open = view.book.brought().filter(unpaired);
    let mut open = open.filter_map(|id| view.book.cloud.get(id));
    entry.kind == Kind::File && open.any(|one| may_be_same(one, entry))
}

/// A released file has no bytes in Odoo: it can only come back from the cloud's trash, and where it
/// is not there either nothing can be made of it.
fn upload(view: &View, entry: &Entry, parent: EntryId) -> Option<super::Step> {
    let source = entry.id.clone();
    let subject = view.subject(Side::Odoo, entry);
    if entry.released {
        view.book.trashed.get(&entry.id)?;
        let action = Action::Restore {
            source,
            parent,
            name: String::new(),
        };
        return Some(step(action, Reason::Restored, subject));
    }
    let action = Action::Create {
        to: Side::Cloud,
        source,
        kind: entry.kind,
        parent,
        name: String::new(),
    };
    Some(step(action, Reason::New, subject))
}

/// The unpaired, reachable entries of a side, parents before children.
struct Fresh<'a> {
    side: Side,
    entries: Vec<&'a Entry>,
    by_place: HashMap<(EntryId, String, Kind), Vec<&'a Entry>>,
}

impl<'a> Fresh<'a> {
    fn of(view: &View<'a>, side: Side) -> Self {
        let tree = view.book.tree(side);
        let mut entries: Vec<(usize, &Entry)> = tree
            .entries()
            .filter(|entry| view.pair(side, &entry.id).is_none())
            .filter(|entry| view.is_reachable(side, entry) && !view.is_stopped(side, entry))
            .map(|entry| (tree.path(&entry.id).map_or(0, |path| path.len()), entry))
            .collect();
        entries.sort_by(|(a, one), (b, other)| (a, &one.id).cmp(&(b, &other.id)));
        let entries: Vec<&Entry> = entries.into_iter().map(|(_, entry)| entry).collect();
        let mut by_place: HashMap<_, Vec<&Entry>> = HashMap::new();
        for &entry in &entries {
            if let Some(parent) = &entry.parent {
                let key = (parent.clone(), name::folded(&entry.name), entry.kind);
                by_place.entry(key).or_default().push(entry);
            }
        }
        Fresh {
            side,
            entries,
            by_place,
        }
    }

    /// The entry's parent, if it exists on the other side or is made there by this plan.
    fn parent(&self, view: &View, entry: &Entry, made: &HashSet<EntryId>) -> Option<EntryId> {
        let parent = entry.parent.as_ref()?;
        let exists = view.pair(self.side, parent).is_some_and(|pair| {
            let other = view.entry(pair, self.side.other());
            other.is_some_and(|other| view.is_reachable(self.side.other(), other))
        });
        (exists || made.contains(parent)).then(|| parent.clone())
    }

    /// The cloud's new entry at the place where Odoo's new `entry` would go.
    fn at_place(&self, view: &View, entry: &Entry, met: &HashSet<EntryId>) -> Option<&'a Entry> {
        let parent = view.pair(Side::Odoo, entry.parent.as_ref()?)?;
        let names = [name::portable(&entry.name), entry.name.clone()];
        let mut twins = names
            .iter()
            .flat_map(|name| self.at(&parent.cloud, name, entry.kind));
        twins.find(|twin| !met.contains(&twin.id))
    }

    /// What an earlier attempt to make the entry may have left without our hearing of it:
    /// at the place that the attempt was for; or elsewhere, if somebody has moved it since and the
    /// store's hash tells.
    fn left_by_attempt(&self, view: &View, entry: &Entry) -> Vec<&'a Entry> {
        let Some((_, name)) = attempt(view, entry) else {
            return Vec::new();
        };
        let folders = self.folders_of_attempt(view, entry, MOST_DEEP);
        let at_place = |folder: &EntryId| self.at(folder, name, entry.kind);
        let mut left: Vec<&Entry> = folders.iter().flat_map(at_place).collect();
        // Names that only fold to the same come after the very name.
        left.sort_by_key(|twin| twin.name != *name);
        if let Some(ours) = &entry.fingerprint {
            let same = |twin: &&&Entry| {
                twin.fingerprint
                    .as_ref()
                    .is_some_and(|theirs| theirs.is_same(ours))
            };
            left.extend(self.entries.iter().filter(same));
        }
        left
    }

    /// The cloud's folders in which an attempt may have made the entry: its folder's partner, or
    /// whatever may be that, where the folder was made by the same attempt.
    fn folders_of_attempt(&self, view: &View, entry: &Entry, most_deep: usize) -> Vec<EntryId> {
        let Some((parent, _)) = attempt(view, entry) else {
            return Vec::new();
        };
        if let Some(pair) = view.pair(Side::Odoo, parent) {
            return vec![pair.cloud.clone()];
        }
        let above = view.book.odoo.get(parent).filter(|_| most_deep > 0);
        let Some((above, (_, name))) = above.and_then(|above| Some((above, attempt(view, above)?)))
        else {
            return Vec::new();
        };
        self.folders_of_attempt(view, above, most_deep - 1)
            .iter()
            .flat_map(|folder| self.at(folder, name, Kind::Folder))
            .map(|folder| folder.id.clone())
            .collect()
    }

    fn at(&self, parent: &EntryId, name: &str, kind: Kind) -> Vec<&'a Entry> {
        let key = (parent.clone(), name::folded(name), kind);
        self.by_place.get(&key).cloned().unwrap_or_default()
    }
}

/// Where an earlier attempt to make Odoo's entry in the cloud was to put it.
fn attempt<'a>(view: &View<'a>, entry: &Entry) -> Option<(&'a EntryId, &'a str)> {
    let key = format!("create:{}:{}", Side::Cloud.as_str(), entry.id);
    match &view.book.operations.get(&key)?.action {
        Action::Create { parent, name, .. } => Some((parent, name)),
        _ => None,
    }
}

/// Whether a folder that is gone in Odoo still holds, in the cloud, what may be an upload whose
/// answer was lost and whose source is elsewhere by now. That is brought together first: without
/// the pair nobody would know where the upload was to go.
pub(super) fn holds_attempt(view: &View, folder: &Pair) -> bool {
    let lost = |action: &Action| match action {
        Action::Create {
            to: Side::Cloud,
            source,
            kind,
            parent,
            name,
        } if *parent == folder.odoo && view.pair(Side::Odoo, source).is_none() => {
            let source = view.book.odoo.get(source);
            let mut inside = view.book.cloud.children(&folder.cloud);
            source.is_some_and(|source| {
                view.is_reachable(Side::Odoo, source)
                    && inside.any(|child| {
                        child.kind == *kind
                            && name::folded(&child.name) == name::folded(name)
                            && view.pair(Side::Cloud, &child.id).is_none()
                            && may_be_same(source, child)
                    })
            })
        }
        _ => false,
    };
    let mut open = view.book.operations.values();
    open.any(|operation| lost(&operation.action))
}

fn may_be_same(one: &Entry, other: &Entry) -> bool {
    match (&one.fingerprint, &other.fingerprint) {
        (Some(one), Some(other)) => one.compare(other) != Sameness::Different,
        _ => true,
    }
}
