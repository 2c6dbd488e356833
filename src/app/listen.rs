//! Listening: a database whose feed has news has its connections drained at once.
//!
//! One small question for a whole database costs far less than a drain of each of its connections,
//! so it can be asked often. Nothing depends on an answer: the schedule makes up for what is missed.

use super::standing::LONGEST_REST;
use super::{End, Odoos};
use crate::jobs;
use crate::odoo::OdooError;
use crate::store::{Ask, ConnectionState, Store};
use crate::tree::{ConnectionId, Retry};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Between two looks at which databases have connections.
const REFRESH: Duration = Duration::from_secs(2);

/// Between two attempts to reach an Odoo that is away: at first, and when it stays away.
const AGAIN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// Listens to every database that has a connection, asking each `every` so long, until `stop` is
/// cancelled.
pub async fn listen(store: Store, odoos: Arc<Odoos>, every: Duration, stop: CancellationToken) {
    let mut ears: HashMap<String, JoinHandle<()>> = HashMap::new();
    while !stop.is_cancelled() {
        match by_database(&store).await {
            Ok(now) => {
                ears.retain(|database, task| {
                    let stays = now.contains_key(database) && !task.is_finished();
                    if !stays {
                        task.abort();
                    }
                    stays
                });
                for database in now.into_keys() {
                    ears.entry(database.clone()).or_insert_with(|| {
                        let ear = Ear {
                            store: store.clone(),
                            odoos: Arc::clone(&odoos),
                            database,
                            every,
                        };
                        tokio::spawn(ear.listen())
                    });
                }
            }
            Err(error) => tracing::warn!(%error, "the databases cannot be read"),
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(REFRESH) => {}
        }
    }
    ears.into_values().for_each(|task| task.abort());
}

/// The connections at work of each database.
async fn by_database(store: &Store) -> crate::store::Result<BTreeMap<String, Vec<ConnectionId>>> {
    let mut found: BTreeMap<String, Vec<ConnectionId>> = BTreeMap::new();
    for connection in store.connections().await? {
        if connection.state != ConnectionState::Paused {
            let ids = found.entry(connection.database).or_default();
            ids.push(connection.id);
        }
    }
    Ok(found)
}

struct Ear {
    store: Store,
    odoos: Arc<Odoos>,
    database: String,
    every: Duration,
}

impl Ear {
    async fn listen(self) {
        let mut place = None;
        let mut again = AGAIN.0;
        loop {
            match self.hear(&mut place).await {
                Ok(news) => {
                    if news {
                        metrics::counter!("attache_news_heard").increment(1);
                        self.pass_on().await;
                    }
                    again = AGAIN.0;
                    tokio::time::sleep(self.every).await;
                }
                Err(error) => {
                    // The drains tell people what is wrong.
                    tracing::debug!(error = format!("{error:#}"), "Odoo cannot be heard");
                    place = None;
                    let asked = match error.downcast_ref().map(OdooError::retry) {
                        Some(Retry::After(asked)) => asked.min(LONGEST_REST),
                        _ => Duration::ZERO,
                    };
                    tokio::time::sleep(again.max(self.every).max(asked)).await;
                    again = (again * 2).min(AGAIN.1);
                }
            }
        }
    }

    /// Whether the feed has lines after `place`; that is set to the present then, before anybody
    /// reads them, so that what comes while they are read is news again. News, too, when nothing
    /// was heard before, or the place means nothing any more.
    async fn hear(&self, place: &mut Option<Value>) -> anyhow::Result<bool> {
        let service = match self.odoos.end(&self.database).await? {
            End::Addon(service) => service,
            End::Plain(plain) => {
                let epoch = self.store.database(&self.database).await?.epoch;
                return Ok(plain.look(&epoch, false).await?);
            }
        };
        if let Some(at) = place.as_ref() {
            let lines = service.read_feed(Some(at), 1).await?;
            metrics::gauge!("attache_feed_lag_seconds", "database" => self.database.clone())
                .set(lines.lag);
            if !lines.expired && lines.rows.is_empty() {
                return Ok(false);
            }
        }
        *place = Some(service.read_feed(None, 1).await?.cursor);
        Ok(true)
    }

    async fn pass_on(&self) {
        let asked = async {
            let of_each = by_database(&self.store).await?;
            for id in of_each.get(&self.database).into_iter().flatten() {
                jobs::nudge(&self.store, *id, Ask::Odoo).await?;
            }
            crate::store::Result::Ok(())
        };
        if let Err(error) = asked.await {
            tracing::warn!(%error, "news of Odoo is not passed on; the schedule makes up for it");
        }
    }
}
