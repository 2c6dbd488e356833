//! Watching: a store that can say that something changed has its connection looked at at once.

use super::Clouds;
use crate::jobs;
use crate::providers::Provider;
use crate::store::{Ask, Store};
use crate::tree::ConnectionId;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Changes that come in a burst are looked at together.
const BURST: Duration = Duration::from_millis(300);

/// Between two looks at which connections there are.
const REFRESH: Duration = Duration::from_secs(2);

/// Passes nudges of all connections on until `stop` is cancelled.
pub async fn watch(store: Store, clouds: Arc<Clouds>, stop: CancellationToken) {
    let mut watched: HashMap<ConnectionId, (Arc<dyn Provider>, JoinHandle<()>)> = HashMap::new();
    while !stop.is_cancelled() {
        let now = clouds.all();
        watched.retain(|id, (provider, task)| {
            let stays = now.get(id).is_some_and(|now| Arc::ptr_eq(now, provider));
            if !stays {
                task.abort();
            }
            stays
        });
        for (id, provider) in now {
            watched.entry(id).or_insert_with(|| {
                let task = tokio::spawn(pass_on(store.clone(), id, Arc::clone(&provider)));
                (provider, task)
            });
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(REFRESH) => {}
        }
    }
    watched.into_values().for_each(|(_, task)| task.abort());
}

async fn pass_on(store: Store, id: ConnectionId, provider: Arc<dyn Provider>) {
    loop {
        provider.nudged().await;
        tokio::time::sleep(BURST).await;
        if let Err(error) = jobs::nudge(&store, id, Ask::Cloud).await {
            tracing::warn!(connection = %id, %error, "a nudge is lost; the schedule makes up for it");
        }
    }
}
