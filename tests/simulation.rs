//! The simulation in short: what `attache simulate` runs by the million.

use attache::engine::simulation::{Plant, run, story};

/// How many histories the suite plays; the same code as the long run.
fn seeds() -> u64 {
    let set = std::env::var("ATTACHE_SEEDS").ok();
    set.and_then(|text| text.parse().ok()).unwrap_or(20_000)
}

#[test]
fn b51_b55_histories_in_trouble_lose_nothing_and_come_to_rest() {
    let report = run(1, seeds(), None, 1);
    println!("{report}");
    if let Some((seed, violation)) = report.violations.first() {
        panic!("seed {seed}: {violation}\n{}", story(*seed, None));
    }
    assert!(report.crashes > 0 && report.faults > 0, "nothing was tried");
}

#[test]
fn planted_bugs_turn_the_simulation_red() {
    for plant in Plant::ALL {
        let report = run(1, 3_000, Some(plant), 1);
        assert!(!report.violations.is_empty(), "{plant:?} was not noticed");
    }
}
