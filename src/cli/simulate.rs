//! `attache simulate`: seeded histories, as many as one likes.

use crate::engine::simulation::{Plant, run, story};
use clap::Args;
use std::process::ExitCode;

/// Ends in one line: `simulate: seeds=<n> … <n> violations`.
#[derive(Args)]
pub struct Simulate {
    /// How many histories.
    #[arg(long, default_value_t = 1_000_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    first: u64,
    /// Tell the history of this one seed, and nothing else.
    #[arg(long)]
    story: Option<u64>,
    /// Plant a bug, to see that it is noticed: skip-proof, trust-partial or drop-echo.
    #[arg(long)]
    plant: Option<Plant>,
    /// Stop after so many violations.
    #[arg(long, default_value_t = 10)]
    most: usize,
}

impl Simulate {
    /// Fails when a history was violated.
    pub fn run(self) -> ExitCode {
        if let Some(seed) = self.story {
            print!("{}", story(seed, self.plant));
            return ExitCode::SUCCESS;
        }
        let report = run(self.first, self.seeds, self.plant, self.most);
        for (seed, violation) in &report.violations {
            println!("seed {seed}: {violation}");
        }
        println!("{report}");
        if report.violations.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}
