//! Cursors, trashed files and the held plan in Postgres.

use super::batch::Batch;
use crate::store::{Result, StoreError};
use crate::tree::{Book, Cursor, EntryId, Fingerprint, Held, Trashed};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

pub(super) async fn load(at: &mut PgConnection, connection: Uuid, book: &mut Book) -> Result<()> {
    let cursors: Vec<(String, String)> =
        sqlx::query_as("select side, cursor from cursors where connection = $1")
            .bind(connection)
            .fetch_all(&mut *at)
            .await?;
    for (side, cursor) in cursors {
        let place = match side.as_str() {
            "odoo" => &mut book.odoo_cursor,
            "cloud" => &mut book.cloud_cursor,
            _ => return Err(StoreError::Unreadable(format!("the side {side}"))),
        };
        *place = Some(Cursor(cursor));
    }
    let trashed: Vec<(String, String, Json<Fingerprint>)> =
        sqlx::query_as("select odoo, handle, fingerprint from trashed where connection = $1")
            .bind(connection)
            .fetch_all(&mut *at)
            .await?;
    book.trashed = trashed
        .into_iter()
        .map(|(odoo, handle, Json(fingerprint))| {
            let odoo = EntryId::new(odoo);
            let row = Trashed {
                odoo: odoo.clone(),
                handle,
                fingerprint,
            };
            (odoo, row)
        })
        .collect();
    book.held = load_held(at, connection).await?;
    Ok(())
}

pub(in crate::store) async fn load_held(
    at: &mut PgConnection,
    connection: Uuid,
) -> Result<Option<Held>> {
    let row: Option<(String, Vec<String>, bool, bool)> =
        sqlx::query_as("select cause, keys, whole, approved from held where connection = $1")
            .bind(connection)
            .fetch_optional(at)
            .await?;
    Ok(row.map(|(cause, keys, whole, approved)| Held {
        cause,
        keys: keys.into_iter().collect(),
        whole,
        approved,
    }))
}

pub(super) async fn write(
    at: &mut PgConnection,
    connection: Uuid,
    batch: &Batch<'_>,
) -> Result<()> {
    for (side, cursor) in &batch.cursors {
        let sql = match cursor {
            Some(_) => {
                "insert into cursors (connection, side, cursor) values ($1, $2, $3)
                 on conflict (connection, side) do update set cursor = excluded.cursor"
            }
            None => "delete from cursors where connection = $1 and side = $2 and $3 is null",
        };
        sqlx::query(sql)
            .bind(connection)
            .bind(side.as_str())
            .bind(cursor.map(|cursor| cursor.0.as_str()))
            .execute(&mut *at)
            .await?;
    }
    if !batch.trashed.is_empty() {
        write_trashed(at, connection, batch).await?;
    }
    match batch.held {
        None => {}
        Some(None) => {
            sqlx::query("delete from held where connection = $1")
                .bind(connection)
                .execute(at)
                .await?;
        }
        Some(Some(held)) => {
            sqlx::query(
                "insert into held (connection, cause, keys, whole, approved)
                 values ($1, $2, $3, $4, $5)
                 on conflict (connection) do update set cause = excluded.cause,
                   keys = excluded.keys, whole = excluded.whole, approved = excluded.approved",
            )
            .bind(connection)
            .bind(&held.cause)
            .bind(held.keys.iter().map(String::as_str).collect::<Vec<_>>())
            .bind(held.whole)
            .bind(held.approved)
            .execute(at)
            .await?;
        }
    }
    Ok(())
}

async fn write_trashed(at: &mut PgConnection, connection: Uuid, batch: &Batch<'_>) -> Result<()> {
    let rows: Vec<&Trashed> = batch.trashed.values().copied().flatten().collect();
    let gone: Vec<&str> = batch
        .trashed
        .iter()
        .filter(|(_, row)| row.is_none())
        .map(|(odoo, _)| odoo.as_str())
        .collect();
    sqlx::query(
        "delete from trashed t using unnest($2::text[]) as gone (odoo)
         where t.connection = $1 and t.odoo = gone.odoo",
    )
    .bind(connection)
    .bind(gone)
    .execute(&mut *at)
    .await?;
    sqlx::query(
        "insert into trashed (connection, odoo, handle, fingerprint)
         select $1, * from unnest($2::text[], $3::text[], $4::jsonb[])
         on conflict (connection, odoo) do update set handle = excluded.handle,
           fingerprint = excluded.fingerprint",
    )
    .bind(connection)
    .bind(rows.iter().map(|row| row.odoo.as_str()).collect::<Vec<_>>())
    .bind(
        rows.iter()
            .map(|row| row.handle.as_str())
            .collect::<Vec<_>>(),
    )
    .bind(
        rows.iter()
            .map(|row| Json(&row.fingerprint))
            .collect::<Vec<_>>(),
    )
    .execute(at)
    .await?;
    Ok(())
}
