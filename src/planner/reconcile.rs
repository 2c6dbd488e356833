//! The decision table: what to do about each pair.
//!
//! Odoo wins where only one can win. Nothing that a person wrote is overwritten without being
//! kept, an edit outlives a deletion, and automatic folders are where their rule says.

use super::arrivals;
use super::delta::{Delta, View};
use super::plan::{Decided, Policy, step};
use crate::tree::{Action, Entry, EntryId, Fact, Kind, Pair, Reason, Side};

/// Goes through all pairs. What only has to be recorded (an agreement that ended, a revision that
/// changed without the bytes) comes as facts.
pub(super) fn decide(view: &View, policy: &Policy, now: i64) -> Decided {
    let mut decided = Decided::default();
    let mut pairs: Vec<&Pair> = view.book.synced.pairs().collect();
    pairs.sort_by(|a, b| a.odoo.cmp(&b.odoo));
    for pair in pairs.into_iter().filter(|pair| pair.parent.is_some()) {
        let deltas = (view.delta(pair, Side::Odoo), view.delta(pair, Side::Cloud));
        match pair.kind {
            Kind::File => file(view, policy, now, pair, deltas, &mut decided),
            Kind::Folder => folder(view, pair, deltas, &mut decided),
        }
    }
    decided
}

fn file(
    view: &View,
    policy: &Policy,
    now: i64,
    pair: &Pair,
    deltas: (Delta, Delta),
    decided: &mut Decided,
) {
    use Delta::{Gone, Here, Unknown};
    match deltas {
        (Unknown, _) | (_, Unknown) => {}
        (Gone, Gone) => forget(view, pair, decided),
        // Whether anybody wrote since it was stored only its bytes tell.
        (_, Here { .. }) if pair.cloud_revision.is_unknown() => prove(view, pair, decided),
        (Gone, Here { edited: true, .. }) => decided.facts.push(Fact::Unpaired(pair.id)),
        (Gone, Here { .. }) if is_our_trash(view, pair, Side::Odoo) => {
            decided.facts.push(Fact::Unpaired(pair.id));
        }
        (Gone, Here { .. }) => trash(view, pair, Side::Cloud, decided),
        (Here { .. }, Gone) if outlives_cloud(view, pair) => outlive(pair, decided),
        (Here { .. }, Gone) => trash(view, pair, Side::Odoo, decided),
        (Here { edited: true, .. }, Here { edited: true, .. }) => agree(view, pair, decided),
        (Here { edited: true, .. }, Here { .. }) => content(view, pair, Side::Cloud, decided),
        (Here { .. }, Here { edited: true, .. }) => content(view, pair, Side::Odoo, decided),
        (Here { placed: true, .. }, Here { .. }) => {
            place(view, pair, Side::Cloud, Reason::Placed, decided);
        }
        (Here { .. }, Here { placed: true, .. }) => {
            place(view, pair, Side::Odoo, Reason::Placed, decided);
        }
        (Here { .. }, Here { .. }) => settled(view, policy, now, pair, decided),
    }
}

fn folder(view: &View, pair: &Pair, deltas: (Delta, Delta), decided: &mut Decided) {
    use Delta::{Gone, Here, Unknown};
    match deltas {
        (Unknown, _) | (_, Unknown) => {}
        (Gone, Gone) => forget(view, pair, decided),
        (Gone, Here { .. }) if arrivals::holds_attempt(view, pair) => {}
        (Gone, Here { .. })
            if survives(view, Side::Cloud, &pair.cloud) || is_our_trash(view, pair, Side::Odoo) =>
        {
            decided.facts.push(Fact::Unpaired(pair.id));
        }
        (Gone, Here { .. }) => trash(view, pair, Side::Cloud, decided),
        (Here { .. }, Gone) if survives(view, Side::Odoo, &pair.odoo) => outlive(pair, decided),
        (Here { .. }, Gone) => trash(view, pair, Side::Odoo, decided),
        (Here { placed: true, .. }, Here { .. }) => {
            place(view, pair, Side::Cloud, Reason::Placed, decided);
        }
        (Here { .. }, Here { placed: true, .. }) if is_automatic(view, pair) => {
            place(view, pair, Side::Cloud, Reason::AutomaticFolder, decided);
        }
        (Here { .. }, Here { placed: true, .. }) if would_circle(view, pair) => {
            place(view, pair, Side::Cloud, Reason::Placed, decided);
        }
        (Here { .. }, Here { placed: true, .. }) => {
            place(view, pair, Side::Odoo, Reason::Placed, decided);
        }
        (Here { .. }, Here { .. }) => {
            refresh(view, pair, decided);
        }
    }
}

/// Both sides are as agreed: what is left is to prove and to release.
fn settled(view: &View, policy: &Policy, now: i64, pair: &Pair, decided: &mut Decided) {
    if refresh(view, pair, decided) {
        return;
    }
    let Some(odoo) = view.entry(pair, Side::Odoo) else {
        return;
    };
    let proof = pair.proof.as_ref().filter(|_| pair.is_proved());
    let Some(proof) = proof else {
        prove(view, pair, decided);
        return;
    };
    let Some(grace) = policy.grace.filter(|_| !odoo.released) else {
        return;
    };
    let due = (proof.at + grace) * 1000;
    if due > now {
        decided.due(due);
        return;
    }
    let action = Action::Release { pair: pair.id };
    let subject = view.subject(Side::Odoo, odoo);
    decided.push(None, step(action, Reason::GraceOver, subject));
}

fn prove(view: &View, pair: &Pair, decided: &mut Decided) {
    let entry = view.entry(pair, Side::Odoo);
    let subject = entry.map_or_else(
        || pair.odoo_name.clone(),
        |entry| view.subject(Side::Odoo, entry),
    );
    let action = Action::Prove { pair: pair.id };
    decided.push(None, step(action, Reason::Unproved, subject));
}

/// Brings the agreed revisions up to date where they changed and nothing else did.
fn refresh(view: &View, pair: &Pair, decided: &mut Decided) -> bool {
    let (Some(odoo), Some(cloud)) = (view.entry(pair, Side::Odoo), view.entry(pair, Side::Cloud))
    else {
        return false;
    };
    if odoo.revision == pair.odoo_revision && cloud.revision == pair.cloud_revision {
        return false;
    }
    decided.facts.push(Fact::Paired(Pair {
        odoo_revision: odoo.revision.clone(),
        cloud_revision: cloud.revision.clone(),
        ..pair.clone()
    }));
    true
}

fn forget(view: &View, pair: &Pair, decided: &mut Decided) {
    let trash = Action::Trash {
        to: Side::Cloud,
        pair: pair.id,
    };
    // Our own call may have put it into the trash without our hearing so: asked again with the
    // same key, the store still tells the way back.
    let (action, reason) = if view.book.operations.contains_key(&trash.key()) {
        (trash, Reason::Deleted)
    } else {
        (Action::Forget { pair: pair.id }, Reason::BothDeleted)
    };
    decided.push(None, step(action, reason, pair.odoo_name.clone()));
}

/// It is made again in the cloud by the next plan, once the cloud itself has said that it is gone:
/// else a listing that was wrong twice would make a second one of it.
fn outlive(pair: &Pair, decided: &mut Decided) {
    let action = Action::Forget { pair: pair.id };
    let step = step(action, Reason::MissingInCloud, pair.odoo_name.clone());
    decided.push(None, step);
}

fn trash(view: &View, pair: &Pair, to: Side, decided: &mut Decided) {
    let Some(entry) = view.entry(pair, to) else {
        return;
    };
    let action = Action::Trash { to, pair: pair.id };
    let step = step(action, Reason::Deleted, view.subject(to, entry));
    decided.push(Some(entry.id.clone()), step);
}

/// Whether a side lost its half of a pair to our own call, for all we know: we follow a deletion
/// that the other side has taken back since, or never made but told too early, as a listing does
/// that is made while somebody moves the file. It is nobody's deletion, and what is there stays.
fn is_our_trash(view: &View, pair: &Pair, side: Side) -> bool {
    let trash = Action::Trash {
        to: side,
        pair: pair.id,
    };
    view.book.operations.contains_key(&trash.key())
}

fn content(view: &View, pair: &Pair, to: Side, decided: &mut Decided) {
    let Some(entry) = view.entry(pair, to.other()) else {
        return;
    };
    let action = Action::Content { to, pair: pair.id };
    let step = step(action, Reason::Edited, view.subject(to.other(), entry));
    decided.push(None, step);
}

fn agree(view: &View, pair: &Pair, decided: &mut Decided) {
    let Some(entry) = view.entry(pair, Side::Odoo) else {
        return;
    };
    let action = Action::Agree {
        odoo: pair.odoo.clone(),
        cloud: pair.cloud.clone(),
        kind: pair.kind,
        conflict_name: String::new(),
    };
    let step = step(action, Reason::BothEdited, view.subject(Side::Odoo, entry));
    decided.push(Some(pair.cloud.clone()), step);
}

/// The name is found later, when it is known which names become free.
fn place(view: &View, pair: &Pair, to: Side, reason: Reason, decided: &mut Decided) {
    let (Some(model), Some(moved)) = (view.entry(pair, to.other()), view.entry(pair, to)) else {
        return;
    };
    let Some(parent) = model.parent.clone() else {
        return;
    };
    let folder = view.pair(to.other(), &parent);
    if folder.is_some_and(|folder| view.entry(folder, to).is_none()) {
        // What becomes of its new folder is decided first.
        return;
    }
    let action = Action::Place {
        to,
        pair: pair.id,
        parent,
        name: String::new(),
        hop: false,
    };
    let step = step(action, reason, view.subject(to.other(), model));
    decided.push(Some(moved.id.clone()), step);
}

fn is_automatic(view: &View, pair: &Pair) -> bool {
    view.entry(pair, Side::Odoo)
        .is_some_and(|entry| entry.automatic)
}

/// Whether following the cloud's move would put an Odoo folder below itself.
fn would_circle(view: &View, pair: &Pair) -> bool {
    let tree = &view.book.cloud;
    let mut at = tree.get(&pair.cloud);
    while let Some(parent) = at.and_then(|entry| entry.parent.as_ref()) {
        // Folders that are still to be made in Odoo come into the next one above.
        if let Some(target) = view.pair(Side::Cloud, parent) {
            return view.book.odoo.is_within(&target.odoo, &pair.odoo);
        }
        at = tree.get(parent);
    }
    false
}

/// Whether a file whose cloud copy is gone is put there again: Odoo must still have its bytes, and
/// it was edited, moved or taken out of the trash, or it went with a folder that its rule makes again.
fn outlives_cloud(view: &View, pair: &Pair) -> bool {
    let Some(odoo) = view.entry(pair, Side::Odoo).filter(|entry| !entry.released) else {
        return false;
    };
    match view.delta(pair, Side::Odoo) {
        Delta::Here { edited, placed } => {
            edited
                || placed
                || is_our_trash(view, pair, Side::Cloud)
                || went_with_folder(view, odoo)
        }
        _ => false,
    }
}

fn went_with_folder(view: &View, odoo: &Entry) -> bool {
    let mut at = odoo.parent.as_ref();
    while let Some(id) = at {
        let Some(folder) = view.book.odoo.get(id) else {
            return false;
        };
        let gone = match view.pair(Side::Odoo, id) {
            Some(pair) => view.entry(pair, Side::Cloud).is_none(),
            None => true,
        };
        if !gone {
            return false;
        }
        if folder.automatic {
            return true;
        }
        at = folder.parent.as_ref();
    }
    false
}

/// Whether something at or below a folder of `side`, whose counterpart is gone, has to stay: then
/// the folder is made again on the other side instead of following it into the trash.
fn survives(view: &View, side: Side, id: &EntryId) -> bool {
    let Some(entry) = view.book.tree(side).get(id) else {
        return false;
    };
    let Some(pair) = view.pair(side, id) else {
        return true;
    };
    if view.entry(pair, side.other()).is_some() {
        // It is alive over there, in another folder, and one of both places wins.
        let placed = |side| matches!(view.delta(pair, side), Delta::Here { placed: true, .. });
        let odoo_wins = placed(Side::Odoo) || is_automatic(view, pair);
        return match side {
            Side::Odoo => odoo_wins,
            Side::Cloud => placed(Side::Cloud) && !odoo_wins,
        };
    }
    match (entry.kind, side) {
        (Kind::File, Side::Odoo) => outlives_cloud(view, pair),
        (Kind::File, Side::Cloud) => {
            matches!(view.delta(pair, side), Delta::Here { edited: true, .. })
        }
        (Kind::Folder, _) => {
            entry.automatic
                || view
                    .book
                    .tree(side)
                    .children(id)
                    .any(|child| survives(view, side, &child.id))
        }
    }
}
