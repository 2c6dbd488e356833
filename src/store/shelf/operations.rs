//! Intents in Postgres: the queue of record.

use super::batch::Operations;
use crate::store::log::{self, NewLogRow};
use crate::store::operations::operation;
use crate::store::{Result, StoreError};
use crate::tree::{Operation, State};
use sqlx::PgConnection;
use sqlx::types::Json;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Open operations by key.
pub(super) async fn load(
    at: &mut PgConnection,
    connection: Uuid,
) -> Result<BTreeMap<String, Operation>> {
    let rows = sqlx::query(
        "select id, action, reason, subject, state, attempts, run_at, message from operations
         where connection = $1 and state not in ('done', 'dropped')",
    )
    .bind(connection)
    .fetch_all(at)
    .await?;
    rows.iter()
        .map(|row| operation(row).map(|operation| (operation.action.key(), operation)))
        .collect()
}

/// Writes the last word on each operation, closes open ones of other identities that a new intent
/// took the place of, and logs what is done or stuck.
pub(super) async fn write(
    at: &mut PgConnection,
    connection: Uuid,
    facts: &Operations,
) -> Result<()> {
    if facts.rows.is_empty() {
        return Ok(());
    }
    let rows: Vec<&Operation> = facts.rows.values().collect();
    close_replaced(at, connection, facts).await?;
    let changed = put(at, connection, &rows).await?;
    let told: Vec<NewLogRow> = rows
        .iter()
        .filter(|row| matches!(row.state, State::Done | State::Stuck))
        .filter(|row| changed.contains(&row.id.0))
        .map(|row| logged(row))
        .collect::<Result<_>>()?;
    log::append(at, &connection.to_string(), &told).await
}

async fn close_replaced(at: &mut PgConnection, connection: Uuid, facts: &Operations) -> Result<()> {
    if facts.opened.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "update operations o set state = 'dropped', message = $4, updated = now()
         from unnest($2::text[]) as opened (key)
         where o.connection = $1 and o.key = opened.key and o.state not in ('done', 'dropped')
           and not exists (select from unnest($3::uuid[]) as told (id) where told.id = o.id)",
    )
    .bind(connection)
    .bind(facts.opened.iter().map(String::as_str).collect::<Vec<_>>())
    .bind(facts.rows.keys().map(|id| id.0).collect::<Vec<_>>())
    .bind(Operations::replaced())
    .execute(at)
    .await?;
    Ok(())
}

/// Answers the identities that are new or changed.
async fn put(
    at: &mut PgConnection,
    connection: Uuid,
    rows: &[&Operation],
) -> Result<BTreeSet<Uuid>> {
    let texts =
        |of: fn(&Operation) -> &str| -> Vec<&str> { rows.iter().map(|row| of(row)).collect() };
    let reasons: Vec<String> = rows
        .iter()
        .map(|row| crate::store::operations::word(&row.reason))
        .collect::<Result<_>>()?;
    let messages: Vec<Option<&str>> = rows.iter().map(|row| row.message.as_deref()).collect();
    let attempts: Vec<i32> = rows
        .iter()
        .map(|row| i32::try_from(row.attempts).unwrap_or(i32::MAX))
        .collect();
    let changed: Vec<Uuid> = sqlx::query_scalar(
        "insert into operations as o (connection, id, key, verb, class, action, reason, subject,
           state, attempts, run_at, message)
         select $1, * from unnest($2::uuid[], $3::text[], $4::text[], $5::int2[], $6::jsonb[],
           $7::text[], $8::text[], $9::text[], $10::int4[], $11::int8[], $12::text[])
         on conflict (connection, id) do update set key = excluded.key, verb = excluded.verb,
           class = excluded.class, action = excluded.action, reason = excluded.reason,
           subject = excluded.subject, state = excluded.state, attempts = excluded.attempts,
           run_at = excluded.run_at, message = excluded.message, updated = now()
         where (o.action, o.reason, o.subject, o.state, o.attempts, o.run_at, o.message)
           is distinct from (excluded.action, excluded.reason, excluded.subject, excluded.state,
             excluded.attempts, excluded.run_at, excluded.message)
         returning id",
    )
    .bind(connection)
    .bind(rows.iter().map(|row| row.id.0).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.action.key()).collect::<Vec<_>>())
    .bind(texts(|row| row.action.verb()))
    .bind(
        rows.iter()
            .map(|row| row.action.class().rank())
            .collect::<Vec<_>>(),
    )
    .bind(rows.iter().map(|row| Json(&row.action)).collect::<Vec<_>>())
    .bind(reasons)
    .bind(texts(|row| &row.subject))
    .bind(texts(|row| row.state.as_str()))
    .bind(attempts)
    .bind(rows.iter().map(|row| row.run_at).collect::<Vec<_>>())
    .bind(messages)
    .fetch_all(at)
    .await?;
    Ok(changed.into_iter().collect())
}

fn logged(row: &Operation) -> Result<NewLogRow> {
    let detail = serde_json::to_string(&row.action)
        .map_err(|error| StoreError::Unreadable(format!("an action ({error})")))?;
    let outcome = match &row.message {
        Some(message) => format!("{}: {message}", row.state.as_str()),
        None => row.state.as_str().to_owned(),
    };
    Ok(NewLogRow {
        who: "sidecar".into(),
        what: row.action.verb().into(),
        subject: row.subject.clone(),
        reason: row.reason.to_string(),
        outcome,
        detail,
    })
}
