//! The worker: apalis fetches tokens, we work on their connections.

use super::drain::{Drain, once};
use super::{Pace, queue_fault};
use crate::store::tokens::QUEUE;
use crate::store::{Result, Store};
use crate::tree::ConnectionId;
use apalis::layers::WorkerBuilderExt as _;
use apalis::prelude::*;
use apalis_postgres::{Config, PostgresStorage};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// Tokens are announced by NOTIFY; a lost announcement costs at most this.
const LOOK: Duration = Duration::from_secs(1);

/// Before a worker that ended badly (no database, mostly) is started again.
const AGAIN: Duration = Duration::from_secs(1);

/// What each token is worked on with.
#[derive(Clone)]
struct Hands {
    store: Store,
    drain: Arc<dyn Drain>,
    pace: Pace,
    stop: CancellationToken,
    under_way: TaskTracker,
}

/// Makes apalis' tables; again: nothing.
pub(super) async fn set_up(store: &Store) -> Result<()> {
    PostgresStorage::<()>::setup(store.pool())
        .await
        .map_err(queue_fault)
}

/// Works on tokens until it is stopped. apalis gives a worker up at the first error of the
/// database, so another one takes its place.
pub(super) async fn work(store: Store, drain: Arc<dyn Drain>, pace: Pace, stop: CancellationToken) {
    let hands = Hands {
        store,
        drain,
        pace,
        stop: stop.clone(),
        under_way: TaskTracker::new(),
    };
    while !stop.is_cancelled() {
        let ended = run(hands.clone()).await;
        if stop.is_cancelled() {
            break;
        }
        let error = ended.err().map(|error| error.to_string());
        tracing::warn!(error, "the worker ended; another one takes its place");
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(AGAIN) => {}
        }
    }
    hands.under_way.close();
    hands.under_way.wait().await;
}

async fn run(hands: Hands) -> std::result::Result<(), WorkerError> {
    let pace = hands.pace;
    let config = Config::default()
        .queue(QUEUE)
        // A worker holds what it has fetched: no more than it can work on at once.
        .batch_size(1)
        .lock_tasks(false)
        .heartbeat_interval(pace.heartbeat)
        .missed_heartbeats(3);
    let backend = PostgresStorage::<ConnectionId>::new(hands.store.pool())
        .with_config(config)
        .with_pubsub()
        .poll_with_interval(LOOK);
    let stop = hands.stop.clone();
    // The name must be unique among living workers of all sidecars.
    let context = WorkerContext::new(&format!("drain-{}", Uuid::new_v4()));
    let worker = WorkerBuilder::new(&context)
        .backend(backend)
        .data(hands)
        .concurrency(pace.parallel)
        .build(token);
    let mut running = std::pin::pin!(worker.run());
    tokio::select! {
        ended = &mut running => return ended,
        () = stop.cancelled() => {}
    }
    // Fails for a worker that has not begun, which has nothing to finish either.
    match context.stop() {
        Ok(()) => running.await,
        Err(_) => Ok(()),
    }
}

/// Never fails: what went wrong is logged, and the clock asks again. A task of its own: apalis drops
/// what a worker is at when it gives the worker up, and half of it dropped would hold the lease, or
/// go on without one.
async fn token(connection: ConnectionId, hands: Data<Hands>) {
    let under_way = hands.under_way.clone();
    let hands = Hands::clone(&hands);
    let working = under_way.spawn(async move {
        let Hands {
            store,
            drain,
            pace,
            stop,
            ..
        } = hands;
        if let Err(error) = once(&store, &drain, connection, pace, &stop).await {
            tracing::warn!(%connection, %error, "the connection could not be worked on");
        }
    });
    if let Err(error) = working.await {
        tracing::error!(%connection, %error, "working on the connection ended badly");
    }
}
