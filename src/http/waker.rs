//! Nudges on their way to the queue.

use super::registry::{Nudge, Target};
use crate::jobs;
use crate::store::{Ask, Result, Store};

/// Puts nudges into the queue behind the caller's back: a nudge waits for nothing.
pub struct Waker(Store);

impl Waker {
    /// For the queue of this store, which must be set up.
    pub fn new(store: Store) -> Self {
        Waker(store)
    }
}

impl Nudge for Waker {
    fn nudge(&self, target: Target) {
        let store = self.0.clone();
        tokio::spawn(async move {
            // A lost nudge costs time only: the schedules look anyway.
            if let Err(error) = wake(&store, &target).await {
                tracing::warn!(%error, ?target, "a nudge was lost");
            }
        });
    }
}

async fn wake(store: &Store, target: &Target) -> Result<()> {
    match target {
        Target::Database(uuid) => {
            let connections = store.connections().await?;
            for row in connections.iter().filter(|row| row.database == *uuid) {
                jobs::nudge(store, row.id, Ask::Odoo).await?;
            }
        }
        Target::Connection(id) => {
            jobs::nudge(store, *id, Ask::Odoo).await?;
            jobs::nudge(store, *id, Ask::Cloud).await?;
        }
    }
    Ok(())
}
