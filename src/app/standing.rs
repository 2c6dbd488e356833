//! How connections stand: what people are told, and when a troubled one is tried again.

use super::{End, Odoos};
use crate::engine::EngineError;
use crate::odoo::service::Report;
use crate::store::{Ask, Connection, ConnectionState, Store};
use crate::tree::{ConnectionId, Retry};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use time::OffsetDateTime;

/// However long the other side asks to wait.
pub const LONGEST_REST: Duration = Duration::from_secs(24 * 3600);

/// A state with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub state: ConnectionState,
    /// A sentence for people.
    pub reason: Option<String>,
}

impl Standing {
    pub fn new(state: ConnectionState, reason: Option<String>) -> Self {
        Standing { state, reason }
    }
}

/// How all connections of this sidecar stand.
pub struct Standings {
    store: Store,
    odoos: Arc<Odoos>,
    troubles: Mutex<HashMap<ConnectionId, Trouble>>,
}

#[derive(Default)]
struct Trouble {
    failures: u32,
    not_before: Option<Instant>,
    /// What was asked and not done yet.
    owed: BTreeSet<Ask>,
    /// What Odoo was last told.
    told: Option<Standing>,
}

impl Standings {
    /// Nothing is known yet.
    pub fn new(store: Store, odoos: Arc<Odoos>) -> Self {
        Standings {
            store,
            odoos,
            troubles: Mutex::default(),
        }
    }

    fn with<T>(&self, id: ConnectionId, what: impl FnOnce(&mut Trouble) -> T) -> T {
        let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        what(troubles.entry(id).or_default())
    }

    /// What a drain should look at: what it was asked, and what earlier ones still owe. `None`
    /// while a troubled connection rests; then the asks are owed.
    pub fn begin(&self, id: ConnectionId, asks: &BTreeSet<Ask>) -> Option<BTreeSet<Ask>> {
        self.with(id, |trouble| {
            trouble.owed.extend(asks);
            let rests = trouble
                .not_before
                .is_some_and(|until| Instant::now() < until);
            (!rests).then(|| std::mem::take(&mut trouble.owed))
        })
    }

    /// Has a connection drained again at that time, if it is not before.
    pub async fn wake(&self, id: ConnectionId, at: OffsetDateTime) {
        if let Err(error) = self.store.hasten(id, Ask::Odoo, at).await {
            tracing::warn!(connection = %id, %error, "the schedule wakes it later than wanted");
        }
    }

    /// A drain was stopped before its end: whoever works on the connection next is asked again.
    pub async fn stopped(&self, id: ConnectionId, asks: BTreeSet<Ask>) {
        for ask in asks {
            if let Err(error) = self.store.ask(id, ask).await {
                tracing::warn!(connection = %id, %error, "an ask is left to its schedule");
            }
        }
    }

    /// A drain did all it could.
    pub fn went_well(&self, id: ConnectionId) {
        self.with(id, |trouble| {
            trouble.failures = 0;
            trouble.not_before = None;
        });
    }

    /// A drain failed as a whole: its asks are owed, people are told, and it is tried again after
    /// a rest that grows from 1 s to 30 s, or as long as the other side asks.
    pub async fn failed(&self, id: ConnectionId, asks: BTreeSet<Ask>, error: &EngineError) {
        let retry = error.retry();
        let rest = self.with(id, |trouble| {
            trouble.owed.extend(asks);
            // A change in the cloud may have been half seen.
            trouble.owed.insert(Ask::Cloud);
            trouble.failures += 1;
            let rest = match retry {
                Retry::After(rest) => rest.min(LONGEST_REST),
                Retry::Replan => Duration::from_millis(200),
                _ => {
                    let doubled = Duration::from_secs(1 << (trouble.failures - 1).min(5));
                    doubled.min(Duration::from_secs(30))
                }
            };
            trouble.not_before = Some(Instant::now() + rest);
            rest
        });
        self.wake(id, OffsetDateTime::now_utc() + rest).await;
        tracing::warn!(connection = %id, %error, ?retry, "a connection is in trouble");
        metrics::counter!("attache_drains_failed").increment(1);
        let state = match retry {
            Retry::AskPerson | Retry::Never => ConnectionState::Error,
            _ => ConnectionState::Active,
        };
        if let Ok(connection) = self.store.connection(id).await {
            self.set(&connection, Standing::new(state, Some(error.to_string())))
                .await;
        }
    }

    /// Records how a connection stands, and tells Odoo where that is news. A person's pause stays.
    pub async fn set(&self, connection: &Connection, standing: Standing) {
        let id = connection.id;
        match self.store.connection(id).await {
            Ok(now) if now.state == ConnectionState::Paused => return,
            Ok(now) if now.state == standing.state && now.reason == standing.reason => {}
            _ => {
                let reason = standing.reason.as_deref();
                if let Err(error) = self.store.put_state(id, standing.state, reason).await {
                    tracing::warn!(connection = %id, %error, "the state cannot be recorded");
                }
            }
        }
        let is_news = self.with(id, |trouble| trouble.told.as_ref() != Some(&standing));
        if !is_news {
            return;
        }
        if let Err(error) = self.tell(connection, &standing).await {
            tracing::warn!(connection = %id, error = format!("{error:#}"), "Odoo cannot be told how a connection stands");
            return;
        }
        self.with(id, |trouble| trouble.told = Some(standing));
    }

    async fn tell(&self, connection: &Connection, standing: &Standing) -> anyhow::Result<()> {
        let End::Addon(service) = self.odoos.end(&connection.database).await? else {
            // Nobody in Odoo shows it.
            return Ok(());
        };
        let counts = self.store.counts(connection.id).await?;
        let counts = [
            ("folders", counts.folders),
            ("files", counts.files),
            ("proved", counts.proved),
            ("released", counts.released),
        ];
        let report = Report {
            uuid: connection.id.to_string(),
            state: standing.state.as_str().to_owned(),
            reason: standing.reason.clone(),
            counts: counts.map(|(name, count)| (name.to_owned(), count)).into(),
        };
        service.report_connection(&report).await?;
        Ok(())
    }
}
