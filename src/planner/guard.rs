//! The guard: what looks like an accident waits for a person.

use super::delta::View;
use super::plan::{Policy, Step};
use crate::tree::{Held, Side};
use std::collections::BTreeSet;

/// Splits a plan into what may be done and what is held.
///
/// Held are all removals when they are more than the policy allows, and everything when one side
/// lost all it had: then it is not even certain that we look at the right place.
pub(super) fn check(view: &View, policy: &Policy, steps: Vec<Step>) -> (Vec<Step>, Option<Held>) {
    let removals: BTreeSet<String> = keys(&steps, |step| step.action.is_removal());
    let agreed = view.book.synced.len().saturating_sub(1);
    let emptied = [Side::Odoo, Side::Cloud]
        .into_iter()
        .find(|side| is_emptied(view, *side));
    let most = policy.guard_count.max(agreed * policy.guard_percent / 100);
    let approved = view.book.held.as_ref().filter(|known| known.approved);
    let held = if let Some(side) = emptied.filter(|_| agreed > 1) {
        Held {
            cause: format!(
                "the {side} side is empty, where {agreed} entries were known; if the folder was \
                 moved or the share is not mounted, bring it back and the hold ends by itself"
            ),
            keys: keys(&steps, |_| true),
            whole: true,
            approved: false,
        }
    } else if removals.len() > most {
        let cloud = steps
            .iter()
            .filter(|step| step.action.is_removal())
            .filter(|step| step.action.to() == Side::Cloud)
            .count();
        Held {
            cause: format!(
                "{} of {agreed} entries would go to the trash ({cloud} in the cloud, {} in Odoo), \
                 more than the {most} that pass without a question",
                removals.len(),
                removals.len() - cloud,
            ),
            keys: removals,
            whole: false,
            approved: false,
        }
    } else {
        // An approval lasts until the last of what it covers is done.
        let in_use = approved.filter(|known| !removals.is_disjoint(&known.keys));
        return (steps, in_use.cloned());
    };
    if let Some(known) = approved.filter(|known| held.keys.is_subset(&known.keys)) {
        return (steps, Some(known.clone()));
    }
    (without(steps, &held), Some(held))
}

fn keys(steps: &[Step], which: impl Fn(&Step) -> bool) -> BTreeSet<String> {
    let chosen = steps.iter().filter(|step| which(step));
    chosen.map(|step| step.action.key()).collect()
}

/// Nothing but the root is left of a side that had paired entries.
fn is_emptied(view: &View, side: Side) -> bool {
    view.book.tree(side).len() <= 1 && view.book.synced.len() > 1
}

/// The steps that are not held and depend on none that is.
fn without(steps: Vec<Step>, held: &Held) -> Vec<Step> {
    if held.whole {
        return Vec::new();
    }
    let mut stays: Vec<bool> = steps
        .iter()
        .map(|step| !held.keys.contains(&step.action.key()))
        .collect();
    let mut shrinks = true;
    while shrinks {
        shrinks = false;
        for at in 0..steps.len() {
            if stays[at] && steps[at].after.iter().any(|other| !stays[*other]) {
                stays[at] = false;
                shrinks = true;
            }
        }
    }
    let mut place = vec![0; steps.len()];
    let mut kept = Vec::new();
    for (at, step) in steps.into_iter().enumerate() {
        if stays[at] {
            place[at] = kept.len();
            kept.push(step);
        }
    }
    for step in &mut kept {
        step.after
            .iter_mut()
            .for_each(|other| *other = place[*other]);
    }
    kept
}
