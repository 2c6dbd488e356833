//! Where each entry goes in its folder: legal names that no sibling holds.
//!
//! Names are made legal on the way to the cloud only. Odoo takes any name, also the same one twice.

use super::delta::View;
use super::plan::{Decided, Draft};
use super::rebind::left_by_move;
use crate::tree::{Action, EntryId, Fact, Pair, PairId, Side, name};
use std::collections::{BTreeSet, HashMap, HashSet};
use time::OffsetDateTime;

/// Fills in the names of all drafts. Answers facts instead where a rename in Odoo does not change
/// the legal name, so that nothing needs to be done but to remember the true one.
pub(super) fn settle(view: &View, decided: &mut Decided, now: i64) -> Vec<Fact> {
    let mut rooms = Rooms::of(view, &decided.drafts);
    let mut facts = Vec::new();
    for draft in &mut decided.drafts {
        let key = draft.step.action.key();
        match &mut draft.step.action {
            Action::Place {
                to: Side::Odoo,
                pair,
                name,
                ..
            } => {
                if let Some(found) = odoo_name(view, pair) {
                    *name = found;
                }
            }
            Action::Place {
                to: Side::Cloud,
                pair,
                parent,
                name,
                hop,
            } => {
                let Some(pair) = view.book.synced.get(pair) else {
                    continue;
                };
                let (wanted, room) = (cloud_name(view, pair), room(view, parent));
                let attempt = view.book.operations.get(&key);
                let own = attempt
                    .and_then(|attempt| left_by_move(view, &attempt.action))
                    .map_or(&pair.cloud, |left| &left.id);
                let leaves = rooms.leaves_for(&room, &wanted, &pair.cloud);
                (*name, *hop) = match leaves {
                    // Two that swap: one steps aside, and comes to its place with the next plan.
                    Some(other)
                        if rooms.waits_for(&other, &pair.cloud)
                            || rooms.depends_on(&other, &pair.cloud) =>
                    {
                        (rooms.take(&room, &wanted, Some(&pair.cloud), true), true)
                    }
                    Some(other) => {
                        rooms.wait(&pair.cloud, other);
                        (rooms.claim(&room, &wanted), false)
                    }
                    None => (rooms.take(&room, &wanted, Some(own), false), false),
                };
                if !*hop && is_there(view, pair, &room, name) {
                    facts.extend(renamed(view, pair));
                }
            }
            Action::Create {
                to: Side::Cloud,
                source,
                parent,
                name,
                ..
            }
            | Action::Restore {
                source,
                parent,
                name,
            } => {
                let Some(entry) = view.book.odoo.get(source) else {
                    continue;
                };
                let (wanted, room) = (name::portable(&entry.name), room(view, parent));
                *name = match rooms.leaves_for(&room, &wanted, source) {
                    Some(_) => rooms.claim(&room, &wanted),
                    None => rooms.take(&room, &wanted, None, false),
                };
            }
            Action::Agree {
                cloud,
                conflict_name,
                ..
            } => {
                let Some(entry) = view.book.cloud.get(cloud) else {
                    continue;
                };
                let Some(parent) = &entry.parent else {
                    continue;
                };
                let wanted = name::suffixed(&entry.name, &conflict_mark(now));
                *conflict_name = rooms.take(parent, &wanted, None, true);
            }
            _ => {}
        }
    }
    facts
}

/// The true name that Odoo had, where the cloud only moved the entry.
fn odoo_name(view: &View, pair: &PairId) -> Option<String> {
    let pair = view.book.synced.get(pair)?;
    let cloud = view.entry(pair, Side::Cloud)?;
    Some(if cloud.name == pair.cloud_name {
        pair.odoo_name.clone()
    } else {
        cloud.name.clone()
    })
}

/// The legal name that both agreed on, where Odoo only moved the entry.
fn cloud_name(view: &View, pair: &Pair) -> String {
    match view.entry(pair, Side::Odoo) {
        Some(odoo) if odoo.name != pair.odoo_name => name::portable(&odoo.name),
        _ => pair.cloud_name.clone(),
    }
}

/// The cloud folder that an Odoo folder stands for; its own identity where it is still to be made.
fn room(view: &View, parent: &EntryId) -> EntryId {
    let pair = view.pair(Side::Odoo, parent);
    pair.map_or_else(|| parent.clone(), |pair| pair.cloud.clone())
}

fn is_there(view: &View, pair: &Pair, room: &EntryId, name: &str) -> bool {
    view.entry(pair, Side::Cloud)
        .is_some_and(|entry| entry.parent.as_ref() == Some(room) && entry.name == name)
}

/// The agreement after a rename that the cloud need not follow.
fn renamed(view: &View, pair: &Pair) -> Option<Fact> {
    let odoo = view.entry(pair, Side::Odoo)?;
    let cloud = view.entry(pair, Side::Cloud)?;
    let parent = view.pair(Side::Odoo, odoo.parent.as_ref()?)?;
    Some(Fact::Paired(Pair {
        parent: Some(parent.id),
        odoo_name: odoo.name.clone(),
        cloud_name: cloud.name.clone(),
        odoo_revision: odoo.revision.clone(),
        ..pair.clone()
    }))
}

fn conflict_mark(now: i64) -> String {
    let day = OffsetDateTime::from_unix_timestamp(now.div_euclid(1000));
    let day = day.map_or_else(|_| String::new(), |at| format!(" {}", at.date()));
    format!(" (conflict from the cloud{day})")
}

/// The entry of a step that takes it into a folder which has no partner yet.
fn goes_into_new<'d>(view: &View, draft: &'d Draft) -> Option<&'d EntryId> {
    match &draft.step.action {
        Action::Place {
            to: Side::Cloud,
            parent,
            ..
        } if view.pair(Side::Odoo, parent).is_none() => draft.entry.as_ref(),
        _ => None,
    }
}

/// Which names are held in each cloud folder, and by whom.
struct Rooms<'a> {
    view: &'a View<'a>,
    /// Entries that a step takes out of their name, with the folder that they go to.
    leaving: HashMap<EntryId, Option<EntryId>>,
    held: HashMap<EntryId, HashMap<String, Vec<EntryId>>>,
    claimed: HashMap<EntryId, HashSet<String>>,
    waits: HashMap<EntryId, EntryId>,
}

impl<'a> Rooms<'a> {
    fn of(view: &'a View<'a>, drafts: &[Draft]) -> Self {
        // One that goes into a folder still to be made cannot be waited for, and neither can what
        // it has to leave before that is trashed: the new folder may need the very name.
        let mut late: HashSet<&EntryId> = HashSet::new();
        for entry in drafts.iter().filter_map(|draft| goes_into_new(view, draft)) {
            // Ends at circles too: what is there already was gone up from before.
            let mut at = Some(entry);
            while let Some(here) = at.filter(|here| late.insert(here)) {
                at = view
                    .book
                    .cloud
                    .get(here)
                    .and_then(|known| known.parent.as_ref());
            }
        }
        let leaving = drafts.iter().filter_map(|draft| {
            let entry = draft.entry.as_ref()?;
            let target = match &draft.step.action {
                Action::Trash {
                    to: Side::Cloud, ..
                } if !late.contains(entry) => None,
                Action::Place {
                    to: Side::Cloud,
                    pair,
                    parent,
                    ..
                } => {
                    let pair = view.book.synced.get(pair)?;
                    view.pair(Side::Odoo, parent)?;
                    let room = room(view, parent);
                    let leaves = !is_there(view, pair, &room, &cloud_name(view, pair));
                    Some(leaves.then_some(room)?)
                }
                _ => return None,
            };
            Some((entry.clone(), target))
        });
        Rooms {
            view,
            leaving: leaving.collect(),
            held: HashMap::new(),
            claimed: HashMap::new(),
            waits: HashMap::new(),
        }
    }

    fn held(&mut self, room: &EntryId) -> &HashMap<String, Vec<EntryId>> {
        let view = self.view;
        self.held.entry(room.clone()).or_insert_with(|| {
            let mut held: HashMap<String, Vec<EntryId>> = HashMap::new();
            for child in view.book.cloud.children(room) {
                let holders = held.entry(name::folded(&child.name)).or_default();
                holders.push(child.id.clone());
            }
            held
        })
    }

    /// Who alone holds a name and is about to leave it; `None` when it is free or held for good.
    fn leaves_for(&mut self, room: &EntryId, wanted: &str, me: &EntryId) -> Option<EntryId> {
        let folded = name::folded(wanted);
        let claimed = self.claimed.get(room);
        if claimed.is_some_and(|claimed| claimed.contains(&folded)) {
            return None;
        }
        let holders = self.held(room).get(&folded)?.clone();
        let mut others = holders.into_iter().filter(|holder| holder != me);
        let (other, more) = (others.next()?, others.next());
        (more.is_none() && self.leaving.contains_key(&other)).then_some(other)
    }

    /// Takes a name that its holder is about to leave.
    fn claim(&mut self, room: &EntryId, wanted: &str) -> String {
        self.claimed
            .entry(room.clone())
            .or_default()
            .insert(name::folded(wanted));
        wanted.to_owned()
    }

    /// Takes the name, or the next free one. `aside` asks for another than the wanted one if that
    /// is held, by whomever.
    fn take(&mut self, room: &EntryId, wanted: &str, me: Option<&EntryId>, aside: bool) -> String {
        self.held(room);
        let (held, claimed) = (self.held.get(room), self.claimed.get(room));
        let free = name::free(wanted, |folded| {
            let holders = held.and_then(|held| held.get(folded));
            let is_held =
                |holders: &Vec<EntryId>| aside || holders.iter().any(|holder| Some(holder) != me);
            holders.is_some_and(is_held) || claimed.is_some_and(|names| names.contains(folded))
        });
        self.claim(room, &free)
    }

    fn wait(&mut self, me: &EntryId, other: EntryId) {
        self.waits.insert(me.clone(), other);
    }

    /// Whether `one`, that holds the name which `other` wants, in its turn waits for `other`: to be
    /// out of its way, since it goes into it, or to be out of it, since it is emptied first.
    fn depends_on(&self, one: &EntryId, other: &EntryId) -> bool {
        let cloud = &self.view.book.cloud;
        let target = self.leaving.get(one).and_then(Option::as_ref);
        target.is_some_and(|target| cloud.is_within(target, other)) || cloud.is_within(other, one)
    }

    /// Whether `one` already waits, through however many others, for `other` to leave.
    fn waits_for(&self, one: &EntryId, other: &EntryId) -> bool {
        let mut seen = BTreeSet::new();
        let mut at = one;
        while let Some(next) = self.waits.get(at) {
            if next == other {
                return true;
            }
            if !seen.insert(next) {
                return false;
            }
            at = next;
        }
        false
    }
}
