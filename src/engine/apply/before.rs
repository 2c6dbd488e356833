//! Before: what an earlier attempt at the same step asked for, whose answer may have been lost.
//!
//! What such a call made stands where it was asked for then. People may have renamed or moved it
//! since, on either side, and that shows only against the place of that attempt.

use super::outcome::Outcome;
use super::work::Work;
use crate::tree::{Action, Book, Entry, EntryId, Fact, Pair, Side, name};
use std::collections::{HashMap, HashSet};

/// The place that an attempt was to make something at: the folder, named by the side that the
/// thing came from, and the name.
type Place = (EntryId, String);

/// The attempts that were open when this turn began.
pub struct Before {
    places: HashMap<(Side, EntryId), Place>,
    /// Files of the cloud that may have been made in Odoo.
    brought: HashSet<EntryId>,
}

impl Before {
    pub fn of(book: &Book) -> Self {
        let open = book.operations.values();
        Before {
            places: open.filter_map(|known| place(&known.action)).collect(),
            brought: book.brought().cloned().collect(),
        }
    }

    /// Whether Odoo may have a cloud's file by a call of which nobody heard.
    pub fn may_be_in_odoo(&self, cloud: &EntryId) -> bool {
        self.brought.contains(cloud)
    }
}

fn place(action: &Action) -> Option<((Side, EntryId), Place)> {
    match action {
        Action::Create {
            to,
            source,
            parent,
            name,
            ..
        } => Some(((to.other(), source.clone()), (parent.clone(), name.clone()))),
        _ => None,
    }
}

impl Work<'_> {
    /// The outcome of an upload whose key may have found what an earlier attempt had made.
    pub fn found_again(&self, outcome: Outcome) -> Outcome {
        let mut made = None;
        let facts = outcome.facts.into_iter().map(|fact| match fact {
            Fact::Observed(Side::Cloud, entry) => {
                made = Some(entry.clone());
                Fact::Observed(Side::Cloud, entry)
            }
            Fact::Paired(pair) => Fact::Paired(match (&made, self.entry(Side::Odoo, &pair.odoo)) {
                (Some(cloud), Ok(odoo)) => self.since_attempt(Side::Odoo, pair, &odoo, cloud),
                _ => pair,
            }),
            fact => fact,
        });
        Outcome {
            facts: facts.collect(),
            message: outcome.message,
        }
    }

    /// A new pair whose entries may lie at different places: then one of them was moved or renamed
    /// since an earlier attempt put it where the other lay, and the agreement is of that time. Of
    /// two names that nothing more is known about, Odoo's is the newer.
    pub fn since_attempt(&self, source: Side, pair: Pair, odoo: &Entry, cloud: &Entry) -> Pair {
        let book = self.desk.book();
        let above = |side, entry: &Entry| {
            let folder = entry.parent.as_ref();
            folder
                .and_then(|id| book.synced.of(side, id))
                .map(|pair| pair.id)
        };
        let is_one_place = above(Side::Odoo, odoo) == above(Side::Cloud, cloud);
        if is_one_place && name::stands_for(&cloud.name, &odoo.name) {
            return pair;
        }
        let attempt = self
            .before
            .places
            .get(&(source, pair.entry(source).clone()));
        let folder = attempt.and_then(|(parent, _)| book.synced.of(source, parent));
        let stored = attempt.map_or(&cloud.name, |(_, name)| name);
        let is_its_name = source == Side::Odoo && name::stands_for(stored, &odoo.name);
        Pair {
            parent: folder.map_or(pair.parent, |folder| Some(folder.id)),
            odoo_name: match is_its_name {
                true => odoo.name.clone(),
                false => stored.clone(),
            },
            cloud_name: stored.clone(),
            ..pair
        }
    }
}
