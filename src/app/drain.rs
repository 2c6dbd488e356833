//! Draining a connection: the rules first, then turns of the engine until nothing is left to do.

use super::arrangement::Arrangements;
use super::odoos::unreached;
use super::report::Reports;
use super::standing::{Standing, Standings};
use super::telling::Tellings;
use super::{Clouds, End, Odoos};
use crate::config::Config;
use crate::engine::plain::Side;
use crate::engine::{Desk, Engine, EngineError, Limits, Look, Progress, Spool, Turn};
use crate::jobs::{Drain, Work};
use crate::odoo::Odoo;
use crate::odoo::server::Server;
use crate::planner::{Plan, Policy};
use crate::store::{Ask, Connection, ConnectionState, Shelf, Store};
use crate::tree::{Book, ConnectionId, Fact};
use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use time::OffsetDateTime;
use uuid::Uuid;

/// Turns in a row before others are let in; what is left is taken up with the next token.
const MOST_TURNS: usize = 1000;

/// Drains the connections of one sidecar.
pub struct Drainer {
    store: Store,
    clouds: Arc<Clouds>,
    odoos: Arc<Odoos>,
    policy: Policy,
    limits: Limits,
    arrangements: Arc<Arrangements>,
    standings: Standings,
    tellings: Tellings,
    reports: Reports,
    /// The books of the last drains, by the fence of the lease that they were true under.
    books: Mutex<HashMap<ConnectionId, (i64, Book)>>,
}

impl Drainer {
    /// Nothing is asked of anybody yet.
    pub fn new(
        config: &Config,
        store: Store,
        clouds: Arc<Clouds>,
        odoos: Arc<Odoos>,
        arrangements: Arc<Arrangements>,
    ) -> Self {
        Drainer {
            arrangements,
            standings: Standings::new(store.clone(), Arc::clone(&odoos)),
            tellings: Tellings::new(store.clone(), Arc::clone(&odoos)),
            reports: Reports::new(store.clone(), Arc::clone(&odoos)),
            policy: Policy {
                guard_count: config.guard_count,
                guard_percent: usize::from(config.guard_percent),
                grace: Some(
                    i64::try_from(config.release_grace.as_secs()).unwrap_or(i64::MAX / 2000),
                ),
                ..Policy::default()
            },
            limits: Limits {
                calls: config.parallel_transfers,
                memory: config.spool_memory,
                large: config.parallel_transfers.clamp(1, 4),
                ..Limits::default()
            },
            books: Mutex::default(),
            store,
            clouds,
            odoos,
        }
    }

    /// What a drain would do, after looking at both sides; nothing is changed but what was seen.
    pub async fn preview(&self, work: &Work) -> Result<Plan, EngineError> {
        let (_, ends) = self.ends(work).await?;
        let shelf = self.store.shelf(work.lease.clone());
        let desk = Desk::open(&shelf).await?;
        let now = || now();
        let progress = Progress::default();
        let engine = self.engine(&ends, &shelf, &progress, &now);
        engine
            .preview(
                &desk,
                Look {
                    cloud: true,
                    rescan: false,
                },
            )
            .await
    }

    async fn work(
        &self,
        work: &Work,
        connection: &Connection,
        ends: &Ends,
        look: Look,
    ) -> Result<Turn, EngineError> {
        self.arrangements
            .arrange(&connection.database, look.rescan)
            .await?;
        let shelf = self.store.shelf(work.lease.clone());
        let desk = self.desk(&shelf).await?;
        let now = || now();
        let progress = self.reports.progress(connection.id);
        let engine = self.engine(ends, &shelf, &progress, &now);
        let mut look = look;
        let mut turn = Turn::default();
        for _ in 0..MOST_TURNS {
            turn = engine.turn(&desk, look).await?;
            metrics::counter!("attache_steps_done").increment(turn.done as u64);
            metrics::counter!("attache_steps_failed").increment(turn.failed as u64);
            let is_idle =
                turn.done == 0 && turn.failed == 0 && turn.next.is_none_or(|at| at > now());
            if turn.converged || is_idle || work.stop.is_cancelled() {
                break;
            }
            // A step that found the world other than planned wants a fresh look.
            look = Look {
                cloud: turn.failed > 0,
                rescan: false,
            };
        }
        let cause = desk
            .book()
            .held
            .as_ref()
            .filter(|held| !held.approved)
            .map(|held| held.cause.clone());
        self.keep(&work.lease, desk.close());
        self.standings
            .set(
                connection,
                match cause {
                    Some(cause) => Standing::new(ConnectionState::Held, Some(cause)),
                    None => Standing::new(ConnectionState::Active, None),
                },
            )
            .await;
        Ok(turn)
    }

    fn engine<'a>(
        &self,
        ends: &'a Ends,
        shelf: &'a Shelf,
        progress: &'a Progress,
        clock: &'a (dyn Fn() -> i64 + Send + Sync),
    ) -> Engine<'a> {
        Engine {
            odoo: ends.odoo.as_ref(),
            cloud: ends.cloud.as_ref(),
            ledger: shelf,
            policy: self.policy(ends),
            limits: self.limits.clone(),
            spool: Spool::Disk(self.odoos.disk().clone()),
            progress,
            clock,
            ids: &Uuid::now_v7,
        }
    }

    /// Where Odoo keeps its bytes, nothing is ever released: nobody could read it there.
    fn policy(&self, ends: &Ends) -> Policy {
        let grace = self.policy.grace;
        Policy {
            grace: grace.filter(|_| ends.odoo.keeps_bytes().is_none()),
            ..self.policy.clone()
        }
    }

    /// The desk of the last drain, where nobody else held a lease since; else a fresh one. What
    /// people may have changed meanwhile is read in any case.
    async fn desk<'a>(&self, shelf: &'a Shelf) -> Result<Desk<'a>, EngineError> {
        let lease = shelf.lease();
        let kept = self
            .books
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&lease.connection);
        let is_true = |fence| fence == lease.fence || Some(fence) == lease.follows;
        let Some((_, mut book)) = kept.filter(|(fence, _)| is_true(*fence)) else {
            return Ok(Desk::with(shelf, shelf.load().await?));
        };
        book.apply(&Fact::Held(shelf.held().await?));
        book.operations = shelf.operations().await?;
        // In the tests every kept book is compared with the ledger.
        debug_assert_eq!(book, shelf.load().await?, "a kept book is the ledger's");
        Ok(Desk::with(shelf, book))
    }

    fn keep(&self, lease: &crate::store::Lease, book: Book) {
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        books.insert(lease.connection, (lease.fence, book));
    }

    async fn ends(&self, work: &Work) -> Result<(Connection, Ends), EngineError> {
        let person = |error: anyhow::Error| EngineError::Person(format!("{error:#}"));
        let id = work.lease.connection;
        let connection = self.store.connection(id).await?;
        let odoo: Box<dyn Odoo> = match self.odoos.end(&connection.database).await {
            Ok(End::Addon(service)) => Box::new(Server::new(service, id)),
            Ok(End::Plain(plain)) => Box::new(Side::new(plain, id)),
            Err(error) => return Err(unreached(error)),
        };
        let cloud = match self.clouds.provider(id) {
            Some(cloud) => cloud,
            None => {
                self.clouds.refresh().await.map_err(person)?;
                let cloud = self.clouds.provider(id);
                cloud.ok_or_else(|| {
                    EngineError::Person("its settings cannot be used; connect it again".into())
                })?
            }
        };
        Ok((connection, Ends { odoo, cloud }))
    }
}

/// Both ends of a connection.
struct Ends {
    odoo: Box<dyn Odoo>,
    cloud: Arc<dyn crate::providers::Provider>,
}

#[async_trait]
impl Drain for Drainer {
    async fn drain(&self, work: Work) {
        let id = work.lease.connection;
        let Some(asks) = self.standings.begin(id, &work.asks) else {
            return;
        };
        let look = Look {
            cloud: asks.contains(&Ask::Cloud) || asks.contains(&Ask::Rescan),
            rescan: asks.contains(&Ask::Rescan),
        };
        let ends = match self.ends(&work).await {
            Ok((connection, _)) if connection.state == ConnectionState::Paused => return,
            Ok(ends) => ends,
            Err(error) => return self.standings.failed(id, asks, &error).await,
        };
        let (connection, ends) = ends;
        let done = tokio::select! {
            biased;
            done = self.work(&work, &connection, &ends, look) => done,
            never = self.reports.keep(&connection) => match never {},
            () = work.stop.cancelled() => return self.standings.stopped(id, asks).await,
        };
        match done {
            Ok(turn) => {
                tracing::debug!(connection = connection.name, ?turn, "drained");
                self.standings.went_well(id);
                if let Some(next) = turn.next.and_then(time_of) {
                    self.standings.wake(id, next).await;
                }
                let cloud = if look.cloud { "looked" } else { "rested" };
                metrics::counter!("attache_drains_done", "cloud" => cloud).increment(1);
                self.tellings.tell(&connection).await;
                self.reports.tell(&connection).await;
            }
            Err(error) => self.standings.failed(id, asks, &error).await,
        }
    }
}

/// Milliseconds since 1970 UTC.
fn now() -> i64 {
    i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

/// `None` for a time that no calendar knows.
fn time_of(milliseconds: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000).ok()
}
