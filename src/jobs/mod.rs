//! When: apalis wiring, queues, schedules, leases.
//!
//! A clock turns due schedules into asks and pushes a token for each connection that has some; a
//! nudge does the same at once. A worker that gets a token takes the connection's lease, keeps
//! it alive, and calls the [`Drain`] until nothing is asked any more. Nothing depends on a token:
//! one that is lost is made again at the clock's next beat.

mod clock;
mod drain;
mod worker;

pub use drain::{Drain, Work, once};

use crate::store::{Ask, Result, Store, StoreError};
use crate::tree::ConnectionId;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How jobs are paced. The defaults are right for a server; tests are in more of a hurry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Connections that are worked on at once.
    pub parallel: usize,
    /// Between two looks at the schedules.
    pub beat: Duration,
    /// How long a lease lasts without being renewed; it is renewed three times as often.
    pub lease: Duration,
    /// Between two signs of life of a worker; three missed ones free its tokens. Whole seconds.
    pub heartbeat: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Pace {
            parallel: 8,
            beat: Duration::from_millis(500),
            lease: Duration::from_secs(15),
            heartbeat: Duration::from_secs(2),
        }
    }
}

/// The running clock and workers of one sidecar.
pub struct Jobs {
    store: Store,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Jobs {
    /// Sets the queue up and starts. `drain` is called with a lease held, never twice at once for
    /// one connection, whatever the number of sidecars.
    pub async fn start(store: &Store, drain: Arc<dyn Drain>, pace: Pace) -> Result<Jobs> {
        set_up(store).await?;
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        tasks.spawn(worker::work(store.clone(), drain, pace, stop.clone()));
        tasks.spawn(clock::run(store.clone(), pace, stop.clone()));
        Ok(Jobs {
            store: store.clone(),
            stop,
            tasks,
        })
    }

    /// Lets a connection look at something at once.
    pub async fn nudge(&self, connection: ConnectionId, what: Ask) -> Result<()> {
        nudge(&self.store, connection, what).await
    }

    /// Tells every drain to stop, waits until all have, and leaves the queue in order.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a background task ended badly");
            }
        }
    }
}

/// Makes the tables of the queue; again: nothing.
pub async fn set_up(store: &Store) -> Result<()> {
    worker::set_up(store).await?;
    store.prepare_tokens().await
}

/// Lets a connection look at something at once, whichever sidecar works on it. The queue must be
/// set up.
pub async fn nudge(store: &Store, connection: ConnectionId, what: Ask) -> Result<()> {
    store.ask(connection, what).await?;
    store.push_token(connection).await.map(drop)
}

/// An error of the queue as one of the store.
fn queue_fault(error: impl std::fmt::Display) -> StoreError {
    StoreError::Unreadable(format!("a queue that cannot be set up ({error})"))
}
