//! What the guard holds, and a person's answer.

use super::log::{self, NewLogRow};
use super::{ConnectionState, Result, Store, StoreError};
use crate::tree::{ConnectionId, Held};
use std::collections::BTreeSet;
use uuid::Uuid;

impl Store {
    /// What the guard holds of a connection.
    pub async fn held(&self, connection: ConnectionId) -> Result<Option<Held>> {
        let mut taken = self.pool.acquire().await?;
        super::shelf::load_held(&mut taken, connection.0).await
    }

    /// A person says yes to what was shown: exactly these keys. When something else is held by
    /// now, nothing is approved: `Missing`.
    pub async fn approve(
        &self,
        connection: ConnectionId,
        shown: &BTreeSet<String>,
        who: &str,
    ) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let cause: Option<String> = sqlx::query_scalar(
            "update held set approved = true where connection = $1 and keys = $2 returning cause",
        )
        .bind(connection.0)
        .bind(shown.iter().map(String::as_str).collect::<Vec<_>>())
        .fetch_optional(&mut *transaction)
        .await?;
        let cause = cause.ok_or_else(changed)?;
        let row = answer(who, "approve", cause, shown.len());
        log::append(&mut transaction, &connection.to_string(), &[row]).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// A person says no: the connection is paused with the plan still held, and stays so until
    /// somebody sets things right and resumes it. Something else is held by now: `Missing`.
    pub async fn reject(
        &self,
        connection: ConnectionId,
        shown: &BTreeSet<String>,
        who: &str,
    ) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let cause: Option<String> = sqlx::query_scalar(
            "update held set approved = false where connection = $1 and keys = $2 returning cause",
        )
        .bind(connection.0)
        .bind(shown.iter().map(String::as_str).collect::<Vec<_>>())
        .fetch_optional(&mut *transaction)
        .await?;
        let cause = cause.ok_or_else(changed)?;
        pause(&mut transaction, connection.0, who).await?;
        let row = answer(who, "reject", cause, shown.len());
        log::append(&mut transaction, &connection.to_string(), &[row]).await?;
        transaction.commit().await?;
        Ok(())
    }
}

fn changed() -> StoreError {
    StoreError::Missing("held plan of this content any more; look at it again".into())
}

async fn pause(at: &mut sqlx::PgConnection, connection: Uuid, who: &str) -> Result<()> {
    sqlx::query("update connections set state = $2, reason = $3, updated = now() where id = $1")
        .bind(connection)
        .bind(ConnectionState::Paused.as_str())
        .bind(format!("{who} refused the held plan"))
        .execute(at)
        .await?;
    Ok(())
}

fn answer(who: &str, what: &str, cause: String, count: usize) -> NewLogRow {
    NewLogRow {
        who: who.into(),
        what: what.into(),
        subject: format!("held plan of {count} operations"),
        reason: cause,
        outcome: "done".into(),
        detail: "{}".into(),
    }
}
