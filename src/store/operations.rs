//! The queue as people see it: what was done, what waits, what is stuck.

use super::{Result, Store, StoreError};
use crate::tree::{Action, Class, ConnectionId, Operation, OperationId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

/// An operation with when it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationRow {
    pub connection: ConnectionId,
    pub operation: Operation,
    pub class: Class,
    pub created: OffsetDateTime,
    pub updated: OffsetDateTime,
}

/// How many operations of one class are in one state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Queue {
    pub class: Class,
    /// `intended`, `waiting` or `stuck`.
    pub state: String,
    pub count: u64,
    /// The earliest moment that one of them may run, in milliseconds since 1970 UTC.
    pub next: i64,
}

const COLUMNS: &str = "connection, id, class, action, reason, subject, state, attempts, run_at,
    message, created, updated";

impl Store {
    /// The operations that were touched last, newest first, at most `limit`, whatever their state.
    pub async fn recent_operations(
        &self,
        connection: Option<ConnectionId>,
        limit: u32,
    ) -> Result<Vec<OperationRow>> {
        let sql = format!(
            "select {COLUMNS} from operations where $1::uuid is null or connection = $1
             order by updated desc, id limit $2"
        );
        self.operation_rows(sql, connection, limit).await
    }

    /// Operations that wait or need a person, in the order in which they are done.
    pub async fn open_operations(
        &self,
        connection: Option<ConnectionId>,
        limit: u32,
    ) -> Result<Vec<OperationRow>> {
        let sql = format!(
            "select {COLUMNS} from operations
             where ($1::uuid is null or connection = $1) and state not in ('done', 'dropped')
             order by class, run_at, id limit $2"
        );
        self.operation_rows(sql, connection, limit).await
    }

    /// What went wrong and still waits or needs a person, newest first.
    pub async fn errors(
        &self,
        connection: Option<ConnectionId>,
        limit: u32,
    ) -> Result<Vec<OperationRow>> {
        let sql = format!(
            "select {COLUMNS} from operations
             where ($1::uuid is null or connection = $1)
               and state in ('waiting', 'stuck') and message is not null
             order by updated desc, id limit $2"
        );
        self.operation_rows(sql, connection, limit).await
    }

    /// The open operations counted by class and state.
    pub async fn queue(&self, connection: Option<ConnectionId>) -> Result<Vec<Queue>> {
        let rows: Vec<(i16, String, i64, i64)> = sqlx::query_as(
            "select class, state, count(*), min(run_at) from operations
             where ($1::uuid is null or connection = $1) and state not in ('done', 'dropped')
             group by class, state order by class, state",
        )
        .bind(connection.map(|id| id.0))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(class, state, count, next)| {
                Ok(Queue {
                    class: ranked(class)?,
                    state,
                    count: count.unsigned_abs(),
                    next,
                })
            })
            .collect()
    }

    /// Lets everything that is stuck or backs off be tried at once, with a clean count of attempts.
    /// Answers how many. Whoever holds the book in memory sees it at its next look
    /// ([`Shelf::operations`](super::Shelf::operations)).
    pub async fn retry_operations(&self, connection: ConnectionId) -> Result<u64> {
        let done = sqlx::query(
            "update operations set state = 'waiting', attempts = 0, run_at = 0, updated = now()
             where connection = $1 and state in ('waiting', 'stuck')",
        )
        .bind(connection.0)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected())
    }

    /// Deletes operations that were over before this moment; the log keeps what was done.
    pub async fn prune_operations(&self, before: OffsetDateTime) -> Result<u64> {
        let done = sqlx::query(
            "delete from operations where state in ('done', 'dropped') and updated < $1",
        )
        .bind(before)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected())
    }

    async fn operation_rows(
        &self,
        sql: String,
        connection: Option<ConnectionId>,
        limit: u32,
    ) -> Result<Vec<OperationRow>> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(connection.map(|id| id.0))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(OperationRow {
                    connection: ConnectionId(row.try_get("connection")?),
                    operation: operation(row)?,
                    class: ranked(row.try_get("class")?)?,
                    created: row.try_get("created")?,
                    updated: row.try_get("updated")?,
                })
            })
            .collect()
    }
}

fn ranked(rank: i16) -> Result<Class> {
    Class::of_rank(rank).ok_or_else(|| StoreError::Unreadable(format!("the class {rank}")))
}

/// A row as the engine knows it.
pub(super) fn operation(row: &PgRow) -> Result<Operation> {
    let action: Json<Action> = row.try_get("action")?;
    let attempts: i32 = row.try_get("attempts")?;
    Ok(Operation {
        id: OperationId(row.try_get::<Uuid, _>("id")?),
        action: action.0,
        reason: of_word(row.try_get("reason")?)?,
        subject: row.try_get("subject")?,
        state: of_word(row.try_get("state")?)?,
        attempts: attempts.unsigned_abs(),
        run_at: row.try_get("run_at")?,
        message: row.try_get("message")?,
    })
}

/// The word that serde knows a plain enum by.
pub(super) fn word<T: Serialize>(value: &T) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => Ok(word),
        other => Err(StoreError::Unreadable(format!("no word but {other:?}"))),
    }
}

fn of_word<T: DeserializeOwned>(word: String) -> Result<T> {
    serde_json::from_value(Value::String(word))
        .map_err(|error| StoreError::Unreadable(format!("a word ({error})")))
}
