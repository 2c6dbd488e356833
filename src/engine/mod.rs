//! The loop: observe, plan, apply, and record what became true.
//!
//! There is no step called *recover* in the code: every intent is recorded before it is acted on,
//! with an identity that survives; after a crash the next turn observes, plans from what it finds,
//! and repeats with that same identity what still has to be done.

mod apply;
pub mod arrange;
mod batch;
mod desk;
pub mod error;
pub mod ledger;
mod observe;
pub mod plain;
pub mod progress;
pub mod simulation;
mod spool;
mod walk;

pub use desk::Desk;
pub use error::EngineError;
pub use ledger::{Ledger, LedgerError, MemoryLedger};
pub use progress::Progress;
pub use spool::Spool;

use crate::odoo::Odoo;
use crate::planner::{self, Plan, Policy};
use crate::providers::Provider;
use crate::tree::{EntryId, Fact};
use std::time::Duration;
use uuid::Uuid;

/// How much at once.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Steps under way at once. Most of them wait: what is to be stored goes before the reading
    /// back of what was.
    pub steps: usize,
    /// Steps that a turn begins; the rest of the plan is planned anew in the next. Each costs memory
    /// and a row from its intent to its end.
    pub begun: usize,
    /// Calls to the cloud at once; its own capability may allow fewer.
    pub calls: usize,
    /// Files up to this many bytes travel many to a response and stay in memory; larger ones go
    /// through the spool.
    pub small: u64,
    /// Bytes of small files in memory at once.
    pub memory: u64,
    /// Large files in the spool at once.
    pub large: usize,
    /// No new steps are started after this long, so that a turn sees what happened meanwhile.
    pub turn: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            steps: 2048,
            begun: 16_384,
            calls: 16,
            small: 512 * 1024,
            memory: 16 * 1024 * 1024,
            large: 4,
            turn: Duration::from_secs(10),
        }
    }
}

/// Whether the cloud is looked at in a turn, and how closely. Odoo always is: its feed costs little.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Read its feed, or list it where it has none.
    pub cloud: bool,
    /// List everything, although there is a feed.
    pub rescan: bool,
}

/// What a turn came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    pub done: usize,
    pub failed: usize,
    /// Nothing is left to do now: both trees equal the synced tree.
    pub converged: bool,
    /// The guard holds something back.
    pub held: bool,
    /// When there is something to do without any change, in milliseconds since 1970 UTC.
    pub next: Option<i64>,
}

/// The engine of one connection. It holds no state of its own: the ledger does.
pub struct Engine<'a> {
    pub odoo: &'a dyn Odoo,
    pub cloud: &'a dyn Provider,
    pub ledger: &'a dyn Ledger,
    pub policy: Policy,
    pub limits: Limits,
    pub spool: Spool,
    /// What people who wait are told.
    pub progress: &'a Progress,
    /// Milliseconds since 1970 UTC.
    pub clock: &'a (dyn Fn() -> i64 + Send + Sync),
    /// New identities.
    pub ids: &'a (dyn Fn() -> Uuid + Send + Sync),
}

impl Engine<'_> {
    /// One turn of the loop: observes both sides, plans, and does what the plan says, as far as it
    /// comes within the limits. May be dropped at any await; the next turn takes up from there.
    pub async fn turn(&self, desk: &Desk<'_>, look: Look) -> Result<Turn, EngineError> {
        self.observe(desk, look).await?;
        let plan = self.settle(desk).await?;
        if plan.is_empty() {
            return Ok(Turn {
                converged: true,
                next: plan.next,
                ..Turn::default()
            });
        }
        self.apply(desk, plan).await
    }

    /// What a turn would do, after observing; nothing is changed on either side.
    pub async fn preview(&self, desk: &Desk<'_>, look: Look) -> Result<Plan, EngineError> {
        self.observe(desk, look).await?;
        self.settle(desk).await
    }

    /// Plans, and records what a plan only finds to be true already, until there is only work left.
    async fn settle(&self, desk: &Desk<'_>) -> Result<Plan, EngineError> {
        // Each round settles at least one pair for good; more rounds than this are a fault of the
        // planner, and the next turn starts with fresh facts.
        for _ in 0..100 {
            let policy = Policy {
                keyed: self.cloud.capability().duplicate_names,
                keeps: self.odoo.keeps_bytes().is_some(),
                ..self.policy.clone()
            };
            let plan = planner::plan(&desk.book(), &policy, (self.clock)());
            if plan.facts.is_empty() {
                let is_news = desk.book().held != plan.held;
                if is_news {
                    desk.record(&[Fact::Held(plan.held.clone())]).await?;
                }
                return Ok(plan);
            }
            desk.record(&plan.facts).await?;
        }
        Err(EngineError::Moved("the plan did not settle"))
    }

    fn mint(&self) -> Uuid {
        (self.ids)()
    }

    fn mint_id(&self) -> EntryId {
        EntryId::new(format!("minted:{}", self.mint()))
    }
}
