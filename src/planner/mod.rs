//! Deciding: a pure function from a book to a plan. It asks nobody, waits for nothing, cannot
//! fail, and gives an equal plan for an equal book.
//!
//! The order of work: [`rebind`] recognises entries that only changed their identity, [`reconcile`]
//! goes through the decision table pair by pair, [`arrivals`] looks at what is new on either side,
//! [`names`] finds each a place in the cloud, [`order`] says what waits for what, and [`guard`]
//! holds back what looks like an accident.

mod arrivals;
mod delta;
mod guard;
mod names;
mod order;
mod plan;
mod rebind;
mod reconcile;
#[cfg(test)]
mod tests;

pub use plan::{Plan, Policy, Step};

use crate::tree::Book;
use delta::View;

/// What should happen next.
///
/// When the plan carries facts, they are to be recorded first and the plan made again: steps are
/// only given for a book that has nothing left to settle. `now` is in milliseconds since 1970 UTC.
pub fn plan(book: &Book, policy: &Policy, now: i64) -> Plan {
    let view = View::of(book);
    if !view.is_whole() {
        return Plan::default();
    }
    let facts = rebind::facts(&view);
    if !facts.is_empty() {
        return Plan::of_facts(facts);
    }
    let mut decided = reconcile::decide(&view, policy, now);
    if !decided.facts.is_empty() {
        return Plan::of_facts(decided.facts);
    }
    arrivals::decide(&view, policy, &mut decided);
    let facts = names::settle(&view, &mut decided, now);
    if !facts.is_empty() {
        return Plan::of_facts(facts);
    }
    order::link(&view, &mut decided);
    let (steps, held) = guard::check(&view, policy, decided.steps);
    Plan {
        facts: Vec::new(),
        steps,
        held,
        next: decided.next,
    }
}
