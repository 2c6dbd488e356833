//! What the guard holds, and a person's answer.

use super::log::{self, NewLogRow};
use super::{ConnectionState, Result, Store, StoreError};
use crate::tree::{ConnectionId, Held, Verdict};
use std::collections::BTreeSet;
use uuid::Uuid;

impl Store {
    /// What the guard holds of a connection.
    pub async fn held(&self, connection: ConnectionId) -> Result<Option<Held>> {
        let mut taken = self.pool.acquire().await?;
        super::shelf::load_held(&mut taken, connection.0).await
    }

    /// A person answers what was shown: exactly these keys. A plan that is rejected stays held, and
    /// the connection is paused until somebody sets things right and resumes it. When something
    /// else is held by now, nothing is done: `Missing`.
    pub async fn decide_held(
        &self,
        connection: ConnectionId,
        shown: &BTreeSet<String>,
        verdict: Verdict,
        who: &str,
    ) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let cause: Option<String> = sqlx::query_scalar(
            "update held set approved = $3 where connection = $1 and keys = $2 returning cause",
        )
        .bind(connection.0)
        .bind(shown.iter().map(String::as_str).collect::<Vec<_>>())
        .bind(verdict == Verdict::Approve)
        .fetch_optional(&mut *transaction)
        .await?;
        let cause = cause.ok_or_else(|| {
            StoreError::Missing("held plan of this content any more; look at it again".into())
        })?;
        if verdict == Verdict::Reject {
            pause(&mut transaction, connection.0, who).await?;
        }
        let row = NewLogRow {
            who: who.into(),
            what: verdict.as_str().into(),
            subject: format!("held plan of {} operations", shown.len()),
            reason: cause,
            outcome: "done".into(),
            detail: "{}".into(),
        };
        log::append(&mut transaction, &connection.to_string(), &[row]).await?;
        transaction.commit().await?;
        Ok(())
    }
}

async fn pause(at: &mut sqlx::PgConnection, connection: Uuid, who: &str) -> Result<()> {
    sqlx::query("update connections set state = $2, reason = $3, updated = now() where id = $1")
        .bind(connection)
        .bind(ConnectionState::Paused.as_str())
        .bind(format!("{who} rejected the held plan"))
        .execute(at)
        .await?;
    Ok(())
}
