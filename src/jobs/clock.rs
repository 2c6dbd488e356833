//! The clock: due schedules become asks, asks become tokens.

use super::Pace;
use crate::store::{Result, Store};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Between two clean-ups of tokens and operations that are over.
const CLEAN: Duration = Duration::from_secs(600);
/// For how long an operation that is over can be looked at; the log keeps what was done.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// Beats until it is stopped. A beat that fails is logged; the next one makes up for it.
pub(super) async fn run(store: Store, pace: Pace, stop: CancellationToken) {
    let mut cleaned: Option<Instant> = None;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pace.beat) => {}
        }
        let clean = cleaned.is_none_or(|at| at.elapsed() > CLEAN);
        match beat(&store, clean).await {
            Ok(()) if clean => cleaned = Some(Instant::now()),
            Ok(()) => {}
            Err(error) => tracing::warn!(%error, "the clock missed a beat"),
        }
    }
}

async fn beat(store: &Store, clean: bool) -> Result<()> {
    for connection in store.claim_due().await? {
        store.push_token(connection).await?;
    }
    if clean {
        store.prune_tokens().await?;
        let kept_from = time::OffsetDateTime::now_utc() - KEPT;
        store.prune_operations(kept_from).await?;
    }
    Ok(())
}
