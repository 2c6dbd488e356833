//! Admin tickets that were used: each opens the page once.

use super::{Result, Store};
use time::OffsetDateTime;

impl Store {
    /// Takes a ticket, named by a digest, for good: true the first time, false after, however many
    /// sidecars ask at once. It is forgotten some time after `until`, when it has expired anyway.
    pub async fn use_ticket(&self, digest: &str, until: OffsetDateTime) -> Result<bool> {
        sqlx::query("delete from tickets where until < now() - interval '1 hour'")
            .execute(&self.pool)
            .await?;
        let done = sqlx::query(
            "insert into tickets (digest, until) values ($1, $2) on conflict do nothing",
        )
        .bind(digest)
        .bind(until)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }
}
