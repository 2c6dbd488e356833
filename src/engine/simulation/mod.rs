//! Simulation: the real engine between two worlds in memory, through seeded histories of people
//! and trouble. Single-threaded, without a clock; an equal seed gives an equal history.
//!
//! A history is some rounds in which people act on both sides, also in the middle of a turn, while
//! calls fail, answers are lost, feeds lie and the engine is killed between any two steps. Then the
//! trouble stops, and what [`check`] asks must hold.

mod check;
mod drive;
mod history;
mod people;
mod plant;

pub use plant::Plant;

use super::{Ledger, MemoryLedger};
use std::fmt::{self, Write as _};

/// What came of some histories.
#[derive(Debug, Default)]
pub struct Report {
    pub seeds: u64,
    /// Run twice with equal traces.
    pub repeated: u64,
    pub turns: u64,
    pub crashes: u64,
    pub faults: u64,
    /// Seed and what went wrong.
    pub violations: Vec<(u64, String)>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "simulate: seeds={} repeated={} turns={} crashes={} faults={} {} violations",
            self.seeds,
            self.repeated,
            self.turns,
            self.crashes,
            self.faults,
            self.violations.len()
        )
    }
}

/// Runs the histories of `count` seeds from `first` on; every tenth twice, to show that nothing
/// but the seed decides. Stops after `most` violations.
pub fn run(first: u64, count: u64, plant: Option<Plant>, most: usize) -> Report {
    run_on(&in_memory, first, count, plant, most)
}

/// The same with a ledger of the caller's, a fresh one for every history. Its calls must come to
/// their end when they are polled: nobody else wakes them.
pub fn run_on(
    ledger: &dyn Fn() -> Box<dyn Ledger>,
    first: u64,
    count: u64,
    plant: Option<Plant>,
    most: usize,
) -> Report {
    let mut report = Report::default();
    for seed in first..first.saturating_add(count) {
        let twice = seed.is_multiple_of(10);
        let one = history::run(seed, plant, twice, ledger().as_ref());
        report.seeds += 1;
        report.turns += one.turns;
        report.crashes += one.crashes;
        report.faults += one.faults;
        if twice {
            report.repeated += 1;
            let again = history::run(seed, plant, true, ledger().as_ref());
            if again.trace != one.trace {
                let at = one.trace.iter().zip(&again.trace).position(|(a, b)| a != b);
                let at = at.unwrap_or(one.trace.len().min(again.trace.len()));
                let said = format!(
                    "two runs differ from line {at} on: {:?} / {:?}",
                    one.trace.get(at),
                    again.trace.get(at)
                );
                report.violations.push((seed, said));
            }
        }
        if let Some(violation) = one.violation {
            report.violations.push((seed, violation));
        }
        if report.violations.len() >= most {
            break;
        }
    }
    report
}

fn in_memory() -> Box<dyn Ledger> {
    Box::new(MemoryLedger::default())
}

/// The story of one seed, line by line, for reading.
pub fn story(seed: u64, plant: Option<Plant>) -> String {
    let one = history::run(seed, plant, true, in_memory().as_ref());
    let mut text = String::new();
    for line in &one.trace {
        let _ = writeln!(text, "{line}");
    }
    let _ = writeln!(
        text,
        "{}",
        one.violation.as_deref().unwrap_or("no violation")
    );
    text
}
