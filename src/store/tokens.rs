//! Tokens: what wakes a worker for a connection. They lie in the tables of apalis, in its schema.
//!
//! A token says only "work on this connection". Each connection has at most one that waits or is
//! being worked on; what is to be done is told by asks and by the queue of record.

use super::{Result, Store};
use crate::tree::ConnectionId;

/// The queue of apalis that tokens are in.
pub const QUEUE: &str = "attache::drain";

/// What a stopped worker leaves behind is kept this long.
const KEPT: &str = "1 hour";

impl Store {
    /// Prepares the tables that apalis has just set up; again: nothing.
    pub async fn prepare_tokens(&self) -> Result<()> {
        // get_jobs() is planned for a LIMIT that it does not know, and would read the whole table
        // at each fetch: 600 ms with a million rows, 1 ms with these settings.
        sqlx::raw_sql(
            "begin;
             select pg_advisory_xact_lock(hashtext('attache tokens'));
             alter function apalis.get_jobs(text, text, int) set enable_hashjoin = off;
             alter function apalis.get_jobs(text, text, int) set enable_mergejoin = off;
             alter function apalis.get_jobs(text, text, int) set enable_seqscan = off;
             create unique index if not exists attache_one_token on apalis.jobs (job_type, job)
               where job_type = 'attache::drain' and status in ('Pending', 'Queued', 'Running');
             commit",
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Wakes a worker for a connection. One waits or works already: nothing, `false`.
    ///
    /// `max_attempts` is one, so that a failed token is never fetched again beside a new one.
    pub async fn push_token(&self, connection: ConnectionId) -> Result<bool> {
        let job = serde_json::to_vec(&connection).expect("an identity is plain JSON");
        let done = sqlx::query(
            "insert into apalis.jobs (id, job_type, job, status, attempts, max_attempts, run_at,
               priority, metadata)
             values (apalis.generate_ulid(), $1, $2, 'Pending', 0, 1, now(), 0, '')
             on conflict do nothing",
        )
        .bind(QUEUE)
        .bind(job)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Deletes tokens that are over and workers that are gone. Answers how many tokens.
    pub async fn prune_tokens(&self) -> Result<u64> {
        let done = sqlx::query(
            "delete from apalis.jobs where job_type = $1 and status not in ('Pending', 'Queued', 'Running')
               and coalesce(done_at, run_at) < now() - $2::text::interval",
        )
        .bind(QUEUE)
        .bind(KEPT)
        .execute(&self.pool)
        .await?;
        sqlx::query(
            "delete from apalis.workers w where last_seen < now() - $1::text::interval
               and not exists (select from apalis.jobs j where j.lock_by = w.id)",
        )
        .bind(KEPT)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected())
    }

    /// Forgets every token. Only for whoever knows that no other sidecar runs.
    pub async fn forget_tokens(&self) -> Result<()> {
        sqlx::query("delete from apalis.jobs where job_type = $1")
            .bind(QUEUE)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
