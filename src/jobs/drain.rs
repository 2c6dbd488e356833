//! Working on one connection: under a lease that is kept alive, until nothing is asked.

use super::Pace;
use crate::store::{Ask, Lease, Result, Store};
use crate::tree::ConnectionId;
use async_trait::async_trait;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// What a drain is given.
#[derive(Clone, Debug)]
pub struct Work {
    /// Held until the drain returns.
    pub lease: Lease,
    /// What the connection was asked to look at; never empty.
    pub asks: BTreeSet<Ask>,
    /// Cancelled when the sidecar stops or the lease is lost: return soon. What is under way may be
    /// dropped, as by a crash.
    pub stop: CancellationToken,
}

/// Works on connections. Failures are its own to record; a panic is logged and ends this call only.
#[async_trait]
pub trait Drain: Send + Sync + 'static {
    /// Does what there is to do now for one connection, and returns. What must be tried later is
    /// asked for by a schedule, or by [`Store::ask`].
    async fn drain(&self, work: Work);
}

/// Works on a connection until nothing is asked any more. `false`: somebody else holds the lease,
/// and sees to what is asked.
pub async fn once(
    store: &Store,
    drain: &Arc<dyn Drain>,
    connection: ConnectionId,
    pace: Pace,
    stop: &CancellationToken,
) -> Result<bool> {
    let holder = format!("process {}", std::process::id());
    let Some(lease) = store.take_lease(connection, &holder, pace.lease).await? else {
        return Ok(false);
    };
    let stop = stop.child_token();
    // Ends with this, however this ends: a lease that nobody works under must run out.
    let mut keeper = JoinSet::new();
    keeper.spawn(keep(store.clone(), lease.clone(), pace, stop.clone()));
    let outcome = until_quiet(store, drain, &lease, &stop).await;
    keeper.shutdown().await;
    store.release_lease(&lease).await?;
    outcome.map(|()| true)
}

async fn until_quiet(
    store: &Store,
    drain: &Arc<dyn Drain>,
    lease: &Lease,
    stop: &CancellationToken,
) -> Result<()> {
    while !stop.is_cancelled() {
        let asks = store.take_asks(lease.connection).await?;
        if asks.is_empty() {
            break;
        }
        let work = Work {
            lease: lease.clone(),
            asks,
            stop: stop.clone(),
        };
        let drain = Arc::clone(drain);
        // A task of its own, so that a panic ends here.
        if let Err(error) = tokio::spawn(async move { drain.drain(work).await }).await {
            tracing::error!(connection = %lease.connection, %error, "a drain ended badly");
            break;
        }
    }
    Ok(())
}

/// Renews the lease until it is lost or cannot be renewed in time; then tells the work to stop.
async fn keep(store: Store, lease: Lease, pace: Pace, stop: CancellationToken) {
    let mut renewed = tokio::time::Instant::now();
    loop {
        tokio::time::sleep(pace.lease / 3).await;
        let asked = tokio::time::Instant::now();
        match store.renew_lease(&lease, pace.lease).await {
            Ok(()) => renewed = asked,
            Err(error) if error.is_lease_lost() || renewed.elapsed() > pace.lease => {
                tracing::warn!(connection = %lease.connection, %error, "the lease is lost");
                stop.cancel();
                return;
            }
            Err(error) => {
                tracing::warn!(connection = %lease.connection, %error, "the lease cannot be renewed");
            }
        }
    }
}
