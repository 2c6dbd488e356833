//! Listening: a database whose feed has news has its connections drained at once.
//!
//! One small question for a whole database costs far less than a drain of each of its connections,
//! so it can be asked often. Nothing depends on an answer: the schedule makes up for what is missed.

use super::arrangement::Arrangements;
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

/// What listening needs.
#[derive(Clone)]
pub struct Hearing {
    pub store: Store,
    pub odoos: Arc<Odoos>,
    pub arrangements: Arc<Arrangements>,
    /// Between two questions to a database.
    pub every: Duration,
}

/// Listens to every database that has a connection until `stop` is cancelled.
pub async fn listen(hearing: Hearing, stop: CancellationToken) {
    let mut ears: HashMap<String, JoinHandle<()>> = HashMap::new();
    while !stop.is_cancelled() {
        match by_database(&hearing.store).await {
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
                            hearing: hearing.clone(),
                            answering: Answering::default(),
                            database,
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
    hearing: Hearing,
    answering: Answering,
    database: String,
}

/// Previews are answered beside the drains, which may take long, and one after the other.
#[derive(Default)]
struct Answering {
    wanted: bool,
    task: Option<JoinHandle<()>>,
}

impl Answering {
    /// Answers what is asked, unless that is being done; then again afterwards.
    fn go_on(&mut self, hearing: &Hearing, database: &str) {
        let is_busy = self.task.as_ref().is_some_and(|task| !task.is_finished());
        if !self.wanted || is_busy {
            return;
        }
        self.wanted = false;
        let arrangements = Arc::clone(&hearing.arrangements);
        let database = database.to_owned();
        self.task = Some(tokio::spawn(async move {
            if let Err(error) = arrangements.answer_previews(&database).await {
                let error = format!("{error:#}");
                tracing::warn!(error, "previews of rules are not answered");
            }
        }));
    }
}

impl Ear {
    async fn listen(mut self) {
        let mut place = None;
        let mut again = AGAIN.0;
        loop {
            match self.hear(&mut place).await {
                Ok(news) => {
                    self.answering.wanted |= news;
                    self.answering.go_on(&self.hearing, &self.database);
                    if news {
                        metrics::counter!("attache_news_heard").increment(1);
                        self.pass_on().await;
                    }
                    again = AGAIN.0;
                    tokio::time::sleep(self.hearing.every).await;
                }
                Err(error) => {
                    // The drains tell people what is wrong.
                    tracing::debug!(error = format!("{error:#}"), "Odoo cannot be heard");
                    place = None;
                    let asked = match error.downcast_ref().map(OdooError::retry) {
                        Some(Retry::After(asked)) => asked.min(LONGEST_REST),
                        _ => Duration::ZERO,
                    };
                    tokio::time::sleep(again.max(self.hearing.every).max(asked)).await;
                    again = (again * 2).min(AGAIN.1);
                }
            }
        }
    }

    /// Whether the feed has lines after `place`; that is set to the present then, before anybody
    /// reads them, so that what comes while they are read is news again. News, too, when nothing
    /// was heard before, or the place means nothing any more.
    async fn hear(&self, place: &mut Option<Value>) -> anyhow::Result<bool> {
        let service = match self.hearing.odoos.end(&self.database).await? {
            End::Addon(service) => service,
            End::Plain(plain) => {
                let database = self.hearing.store.database(&self.database).await?;
                return Ok(plain.look(&database.epoch, false).await?);
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
            let of_each = by_database(&self.hearing.store).await?;
            for id in of_each.get(&self.database).into_iter().flatten() {
                jobs::nudge(&self.hearing.store, *id, Ask::Odoo).await?;
            }
            crate::store::Result::Ok(())
        };
        if let Err(error) = asked.await {
            tracing::warn!(%error, "news of Odoo is not passed on; the schedule makes up for it");
        }
    }
}
