//! The simulation in short: what `attache simulate` runs by the million.

use crate::store::{connection, database, fresh, lease};
use async_trait::async_trait;
use attache::engine::simulation::{Plant, run, run_on, story};
use attache::engine::{Ledger, LedgerError};
use attache::store::Shelf;
use attache::tree::{Book, Fact};
use tokio::runtime::{Handle, Runtime};
use uuid::Uuid;

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

/// A ledger in Postgres whose calls come to their end in one poll. A history may break off before
/// and after each.
struct Kept {
    shelf: Shelf,
    runtime: Handle,
}

#[async_trait]
impl Ledger for Kept {
    async fn load(&self) -> Result<Book, LedgerError> {
        tokio::task::yield_now().await;
        let book = self.runtime.block_on(self.shelf.load())?;
        Ok(book)
    }

    async fn record(&self, facts: &[Fact]) -> Result<(), LedgerError> {
        tokio::task::yield_now().await;
        self.runtime.block_on(self.shelf.record(facts))?;
        tokio::task::yield_now().await;
        Ok(())
    }
}

#[test]
fn histories_kept_in_postgres_lose_nothing_and_come_to_rest() {
    let count = std::env::var("ATTACHE_SEEDS_KEPT").ok();
    let count = count.and_then(|text| text.parse().ok()).unwrap_or(200);
    let runtime = Runtime::new().expect("a runtime");
    let fresh = runtime.block_on(async {
        let fresh = fresh().await;
        fresh.store.put_database(&database()).await.expect("put");
        fresh
    });
    let ledger = || -> Box<dyn Ledger> {
        let shelf = runtime.block_on(async {
            let connection = connection(&Uuid::new_v4().to_string());
            fresh.store.put_connection(&connection).await.expect("put");
            fresh.store.shelf(lease(&fresh.store, connection.id).await)
        });
        Box::new(Kept {
            shelf,
            runtime: runtime.handle().clone(),
        })
    };
    let report = run_on(&ledger, 1, count, None, 1);
    println!("{report}");
    if let Some((seed, violation)) = report.violations.first() {
        panic!("seed {seed}: {violation}\n{}", story(*seed, None));
    }
}
