//! The log: who did what, and why. Append-only, hash-chained, one chain for each connection and
//! one for the sidecar itself.

use super::{Result, Store, StoreError};
use crate::tree::ConnectionId;
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use time::OffsetDateTime;

/// The chain of what concerns no one connection.
pub const SIDECAR: &str = "sidecar";

/// What is to be logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLogRow {
    /// `sidecar`, or the person: `admin`, a login.
    pub who: String,
    /// A verb: `create`, `trash`, `approve`, …
    pub what: String,
    /// What it was done to, in words that people know.
    pub subject: String,
    /// Completes "because it …"; may be empty.
    pub reason: String,
    /// What came of it.
    pub outcome: String,
    /// Everything else, as JSON.
    pub detail: String,
}

/// A row of the log.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct LogRow {
    /// A connection's id, or `sidecar`.
    pub chain: String,
    /// Counts from 1 in its chain, without gaps.
    pub seq: i64,
    pub at: OffsetDateTime,
    pub who: String,
    pub what: String,
    pub subject: String,
    pub reason: String,
    pub outcome: String,
    pub detail: String,
    /// SHA-256 over the hash of the row before and everything above.
    pub hash: Vec<u8>,
}

impl LogRow {
    /// What the hash must be. Every part is led by its length, so that no two rows are alike.
    fn expected(&self, before: &[u8]) -> Vec<u8> {
        let mut hash = Sha256::new();
        let at = self.at.unix_timestamp_nanos() / 1000;
        let (seq, at) = (self.seq.to_be_bytes(), at.to_be_bytes());
        let parts: [&[u8]; 10] = [
            before,
            self.chain.as_bytes(),
            &seq,
            &at,
            self.who.as_bytes(),
            self.what.as_bytes(),
            self.subject.as_bytes(),
            self.reason.as_bytes(),
            self.outcome.as_bytes(),
            self.detail.as_bytes(),
        ];
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().to_vec()
    }
}

impl Store {
    /// Logs what a person or the sidecar did; `None` when it concerns no one connection.
    pub async fn log(&self, connection: Option<ConnectionId>, row: NewLogRow) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        append(&mut transaction, &chain(connection), &[row]).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The rows of a chain after a number, in order, at most `limit`.
    pub async fn log_after(&self, chain: &str, seq: i64, limit: u32) -> Result<Vec<LogRow>> {
        let rows =
            sqlx::query_as("select * from log where chain = $1 and seq > $2 order by seq limit $3")
                .bind(chain)
                .bind(seq)
                .bind(i64::from(limit))
                .fetch_all(&self.pool)
                .await?;
        Ok(rows)
    }

    /// Computes a whole chain again. Answers the number of rows, or `Unreadable` naming the first
    /// row that was changed, removed or put in, or that the end is missing.
    pub async fn verify_log(&self, connection: Option<ConnectionId>) -> Result<u64> {
        use futures::TryStreamExt as _;
        let chain = chain(connection);
        let mut transaction = self.pool.begin().await?;
        let head: Option<(i64, Vec<u8>)> =
            sqlx::query_as("select seq, hash from log_heads where chain = $1 for share")
                .bind(&chain)
                .fetch_optional(&mut *transaction)
                .await?;
        let (mut seq, mut hash) = (0, Vec::new());
        let mut rows =
            sqlx::query_as::<_, LogRow>("select * from log where chain = $1 order by seq")
                .bind(&chain)
                .fetch(&mut *transaction);
        while let Some(row) = rows.try_next().await? {
            seq += 1;
            if row.seq != seq || row.hash != row.expected(&hash) {
                let text = format!("a log {chain} that was tampered with at row {seq}");
                return Err(StoreError::Unreadable(text));
            }
            hash = row.hash;
        }
        if head.unwrap_or_default() != (seq, hash) {
            let text = format!("a log {chain} that was cut short after row {seq}");
            return Err(StoreError::Unreadable(text));
        }
        Ok(seq.unsigned_abs())
    }
}

fn chain(connection: Option<ConnectionId>) -> String {
    connection.map_or_else(|| SIDECAR.to_owned(), |id| id.to_string())
}

/// Appends rows to a chain in the caller's transaction; others who append to it wait for its end.
pub(super) async fn append(at: &mut PgConnection, chain: &str, rows: &[NewLogRow]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    // The no-op update locks the row, whoever made it.
    let (mut seq, mut hash, now): (i64, Vec<u8>, OffsetDateTime) = sqlx::query_as(
        "insert into log_heads as h (chain, seq, hash) values ($1, 0, '')
         on conflict (chain) do update set seq = h.seq
         returning seq, hash, date_trunc('microseconds', clock_timestamp())",
    )
    .bind(chain)
    .fetch_one(&mut *at)
    .await?;
    let mut chained = Vec::with_capacity(rows.len());
    for row in rows {
        seq += 1;
        let mut row = LogRow {
            chain: chain.to_owned(),
            seq,
            at: now,
            who: row.who.clone(),
            what: row.what.clone(),
            subject: row.subject.clone(),
            reason: row.reason.clone(),
            outcome: row.outcome.clone(),
            detail: row.detail.clone(),
            hash: Vec::new(),
        };
        row.hash = row.expected(&hash);
        hash.clone_from(&row.hash);
        chained.push(row);
    }
    let texts = |of: fn(&LogRow) -> &str| -> Vec<&str> { chained.iter().map(of).collect() };
    sqlx::query(
        "insert into log (chain, at, seq, who, what, subject, reason, outcome, detail, hash)
         select $1, $2, * from unnest($3::int8[], $4::text[], $5::text[], $6::text[], $7::text[],
           $8::text[], $9::text[], $10::bytea[])",
    )
    .bind(chain)
    .bind(now)
    .bind(chained.iter().map(|row| row.seq).collect::<Vec<_>>())
    .bind(texts(|row| &row.who))
    .bind(texts(|row| &row.what))
    .bind(texts(|row| &row.subject))
    .bind(texts(|row| &row.reason))
    .bind(texts(|row| &row.outcome))
    .bind(texts(|row| &row.detail))
    .bind(
        chained
            .iter()
            .map(|row| row.hash.as_slice())
            .collect::<Vec<_>>(),
    )
    .execute(&mut *at)
    .await?;
    sqlx::query("update log_heads set seq = $2, hash = $3 where chain = $1")
        .bind(chain)
        .bind(seq)
        .bind(hash)
        .execute(at)
        .await?;
    Ok(())
}
