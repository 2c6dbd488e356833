//! Schedules, and what connections were asked to look at.
//!
//! An *ask* says that a connection should look at something. It carries no facts, is there at most
//! once for each connection and thing, and goes when somebody takes it up.

use super::{Result, Store, StoreError};
use crate::tree::ConnectionId;
use sqlx::PgConnection;
use std::collections::BTreeSet;
use std::time::Duration;
use time::OffsetDateTime;
use uuid::Uuid;

/// What a connection may be asked to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ask {
    /// Odoo's feed.
    Odoo,
    /// The cloud: its feed, or its listing.
    Cloud,
    /// A complete listing of both sides.
    Rescan,
}

impl Ask {
    /// The word used in SQL and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Ask::Odoo => "odoo",
            Ask::Cloud => "cloud",
            Ask::Rescan => "rescan",
        }
    }

    fn of(word: &str) -> Result<Ask> {
        [Ask::Odoo, Ask::Cloud, Ask::Rescan]
            .into_iter()
            .find(|ask| ask.as_str() == word)
            .ok_or_else(|| StoreError::Unreadable(format!("the ask {word}")))
    }
}

/// How often a connection looks at something by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    pub connection: ConnectionId,
    pub what: Ask,
    pub every: Duration,
    pub next_run: OffsetDateTime,
}

impl Store {
    /// Sets how often; a schedule that is there keeps its next run, unless that would be later
    /// than the new pace allows.
    pub async fn put_schedule(
        &self,
        connection: ConnectionId,
        what: Ask,
        every: Duration,
        first: OffsetDateTime,
    ) -> Result<()> {
        sqlx::query(
            "insert into schedules as s (connection, what, every, next_run)
             values ($1, $2, $3, $4)
             on conflict (connection, what) do update set every = excluded.every,
               next_run = least(s.next_run, now() + excluded.every * interval '1 ms')",
        )
        .bind(connection.0)
        .bind(what.as_str())
        .bind(i64::try_from(every.as_millis()).unwrap_or(i64::MAX).max(1))
        .bind(first)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Lets a connection look at something at that time, if not earlier anyway. Without a
    /// schedule: nothing.
    pub async fn hasten(
        &self,
        connection: ConnectionId,
        what: Ask,
        at: OffsetDateTime,
    ) -> Result<()> {
        sqlx::query(
            "update schedules set next_run = $3
             where connection = $1 and what = $2 and next_run > $3",
        )
        .bind(connection.0)
        .bind(what.as_str())
        .bind(at)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Turns every due schedule of an active connection into an ask, and answers the connections
    /// that have asks now and nobody who works on them. Of several sidecars that come at once, one gets each schedule. Runs
    /// that were missed are not made up for; the pace keeps its beat.
    pub async fn claim_due(&self) -> Result<BTreeSet<ConnectionId>> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query(
            "with due as (
               select s.connection, s.what from schedules s
                 join connections c on c.id = s.connection and c.state <> 'paused'
                 where s.next_run <= now() for update of s skip locked
             ), moved as (
               update schedules s
                 set next_run = s.next_run + s.every * interval '1 ms'
                   * (1 + floor(extract(epoch from now() - s.next_run) * 1000 / s.every))
                 from due where (s.connection, s.what) = (due.connection, due.what)
                 returning s.connection, s.what
             )
             insert into asks (connection, what) select connection, what from moved
               order by connection, what
               on conflict do nothing",
        )
        .execute(&mut *transaction)
        .await?;
        let asked: Vec<Uuid> = sqlx::query_scalar(
            "select distinct a.connection from asks a
               join connections c on c.id = a.connection and c.state <> 'paused'
               where not exists (select from leases l
                 where l.connection = a.connection and l.until > now())",
        )
        .fetch_all(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(asked.into_iter().map(ConnectionId).collect())
    }

    /// Asks a connection to look at something; asked already: nothing.
    pub async fn ask(&self, connection: ConnectionId, what: Ask) -> Result<()> {
        let mut taken = self.pool.acquire().await?;
        ask(&mut taken, connection, what).await
    }

    /// Takes up everything that a connection was asked. If the taker dies, the next schedule asks
    /// again.
    pub async fn take_asks(&self, connection: ConnectionId) -> Result<BTreeSet<Ask>> {
        let words: Vec<String> =
            sqlx::query_scalar("delete from asks where connection = $1 returning what")
                .bind(connection.0)
                .fetch_all(&self.pool)
                .await?;
        words.iter().map(|word| Ask::of(word)).collect()
    }

    /// Every schedule, by connection.
    pub async fn schedules(&self) -> Result<Vec<Schedule>> {
        let rows: Vec<(Uuid, String, i64, OffsetDateTime)> = sqlx::query_as(
            "select connection, what, every, next_run from schedules order by connection, what",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(connection, what, every, next_run)| {
                Ok(Schedule {
                    connection: ConnectionId(connection),
                    what: Ask::of(&what)?,
                    every: Duration::from_millis(every.unsigned_abs()),
                    next_run,
                })
            })
            .collect()
    }
}

async fn ask(at: &mut PgConnection, connection: ConnectionId, what: Ask) -> Result<()> {
    sqlx::query("insert into asks (connection, what) values ($1, $2) on conflict do nothing")
        .bind(connection.0)
        .bind(what.as_str())
        .execute(at)
        .await?;
    Ok(())
}
