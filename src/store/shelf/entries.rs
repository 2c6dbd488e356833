//! Observed trees in Postgres.

use super::batch::EntryStep;
use crate::store::{Result, StoreError};
use crate::tree::{Book, Entry, EntryId, Fingerprint, Kind, Revision, Side};
use futures::TryStreamExt as _;
use sqlx::PgConnection;
use sqlx::types::Json;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

pub(super) fn kind(word: &str) -> Result<Kind> {
    match word {
        "folder" => Ok(Kind::Folder),
        "file" => Ok(Kind::File),
        _ => Err(StoreError::Unreadable(format!("the kind {word}"))),
    }
}

type Row = (
    String,
    Option<String>,
    String,
    String,
    String,
    Option<Json<Fingerprint>>,
    bool,
    bool,
    bool,
);

/// Both observed trees into the book.
pub(super) async fn load(at: &mut PgConnection, connection: Uuid, book: &mut Book) -> Result<()> {
    for side in [Side::Odoo, Side::Cloud] {
        let tree = match side {
            Side::Odoo => &mut book.odoo,
            Side::Cloud => &mut book.cloud,
        };
        let mut rows = sqlx::query_as::<_, Row>(
            "select id, parent, name, kind, revision, fingerprint, automatic, stopped,
               released
             from entries where connection = $1 and side = $2",
        )
        .bind(connection)
        .bind(side.as_str())
        .fetch(&mut *at);
        while let Some(row) = rows.try_next().await? {
            let (id, parent, name, word, revision, fingerprint, automatic, stopped, released) = row;
            tree.put(Entry {
                id: EntryId::new(id),
                parent: parent.map(EntryId::new),
                name,
                kind: kind(&word)?,
                revision: Revision::new(revision),
                fingerprint: fingerprint.map(|Json(fingerprint)| fingerprint),
                automatic,
                stopped,
                released,
            });
        }
    }
    Ok(())
}

/// One step of one side.
pub(super) async fn write(
    at: &mut PgConnection,
    connection: Uuid,
    side: Side,
    step: &EntryStep<'_>,
) -> Result<()> {
    match step {
        EntryStep::Put(entries) => put(at, connection, side, entries).await,
        EntryStep::Remove(ids) => remove(at, connection, side, ids).await,
    }
}

async fn put(
    at: &mut PgConnection,
    connection: Uuid,
    side: Side,
    entries: &BTreeMap<&EntryId, &Entry>,
) -> Result<()> {
    let rows: Vec<&Entry> = entries.values().copied().collect();
    let texts = |of: fn(&Entry) -> &str| -> Vec<&str> { rows.iter().map(|row| of(row)).collect() };
    let parents: Vec<Option<&str>> = rows
        .iter()
        .map(|row| row.parent.as_ref().map(EntryId::as_str))
        .collect();
    let fingerprints: Vec<Option<Json<&Fingerprint>>> = rows
        .iter()
        .map(|row| row.fingerprint.as_ref().map(Json))
        .collect();
    // What is told again unchanged, as by every rescan, is not written again.
    sqlx::query(
        "insert into entries as e (connection, side, id, parent, name, kind, revision,
           fingerprint, automatic, stopped, released)
         select $1, $2, * from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
           $8::jsonb[], $9::bool[], $10::bool[], $11::bool[])
         on conflict (connection, side, id) do update set parent = excluded.parent,
           name = excluded.name, kind = excluded.kind, revision = excluded.revision,
           fingerprint = excluded.fingerprint, automatic = excluded.automatic,
           stopped = excluded.stopped, released = excluded.released
         where (e.parent, e.name, e.kind, e.revision, e.fingerprint, e.automatic, e.stopped,
             e.released)
           is distinct from (excluded.parent, excluded.name, excluded.kind, excluded.revision,
             excluded.fingerprint, excluded.automatic, excluded.stopped, excluded.released)",
    )
    .bind(connection)
    .bind(side.as_str())
    .bind(texts(|row| row.id.as_str()))
    .bind(parents)
    .bind(texts(|row| &row.name))
    .bind(texts(|row| row.kind.as_str()))
    .bind(texts(|row| row.revision.as_str()))
    .bind(fingerprints)
    .bind(rows.iter().map(|row| row.automatic).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.stopped).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.released).collect::<Vec<_>>())
    .execute(at)
    .await?;
    Ok(())
}

async fn remove(
    at: &mut PgConnection,
    connection: Uuid,
    side: Side,
    ids: &BTreeSet<&EntryId>,
) -> Result<()> {
    // Begins with known entries only: what waits for an unknown parent stays. UNION, not UNION
    // ALL, ends at circles.
    sqlx::query(
        "with recursive gone (id) as (
           select e.id from unnest($3::text[]) as told (id)
             join entries e on e.connection = $1 and e.side = $2 and e.id = told.id
           union
           select e.id from entries e join gone on e.parent = gone.id
             where e.connection = $1 and e.side = $2
         )
         delete from entries e using gone
           where e.connection = $1 and e.side = $2 and e.id = gone.id",
    )
    .bind(connection)
    .bind(side.as_str())
    .bind(ids.iter().map(|id| id.as_str()).collect::<Vec<_>>())
    .execute(at)
    .await?;
    Ok(())
}
