//! The synced tree in Postgres.

use super::batch::Pairs;
use super::entries::kind;
use crate::store::Result;
use crate::tree::{Book, EntryId, Fingerprint, Pair, PairId, Proof, Revision};
use futures::TryStreamExt as _;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

type Row = (
    Uuid,
    String,
    String,
    String,
    Option<Uuid>,
    String,
    String,
    String,
    String,
    Option<Json<Fingerprint>>,
    Option<Json<Proof>>,
);

fn pair(row: Row) -> Result<Pair> {
    let (id, odoo, cloud, word, parent, odoo_name, cloud_name, odoo_at, cloud_at, print, proof) =
        row;
    Ok(Pair {
        id: PairId(id),
        odoo: EntryId::new(odoo),
        cloud: EntryId::new(cloud),
        kind: kind(&word)?,
        parent: parent.map(PairId),
        odoo_name,
        cloud_name,
        odoo_revision: Revision::new(odoo_at),
        cloud_revision: Revision::new(cloud_at),
        fingerprint: print.map(|Json(print)| print),
        proof: proof.map(|Json(proof)| proof),
    })
}

/// The synced tree into the book.
pub(super) async fn load(at: &mut PgConnection, connection: Uuid, book: &mut Book) -> Result<()> {
    let mut rows = sqlx::query_as::<_, Row>(
        "select id, odoo, cloud, kind, parent, odoo_name, cloud_name, odoo_revision,
           cloud_revision, fingerprint, proof
         from pairs where connection = $1",
    )
    .bind(connection)
    .fetch(at);
    while let Some(row) = rows.try_next().await? {
        book.synced.put(pair(row)?);
    }
    Ok(())
}

/// Dissolves what the facts dissolve, then puts what they agree on.
pub(super) async fn write(at: &mut PgConnection, connection: Uuid, facts: &Pairs) -> Result<()> {
    if facts.ids.is_empty() {
        return Ok(());
    }
    let put: Vec<&Pair> = facts.put.pairs().collect();
    let ids: Vec<Uuid> = put.iter().map(|pair| pair.id.0).collect();
    let texts = |of: fn(&Pair) -> &str| -> Vec<&str> { put.iter().map(|pair| of(pair)).collect() };
    // A row that keeps its identities is brought up to date below: it cannot be in the way of
    // another, and need not leave the indexes. Joins, and not `= any(…)`: the plan is kept for
    // arrays of any length, and a kept plan searches them from end to end for every row.
    sqlx::query(
        "with named as (
           select p.id from unnest($2::uuid[]) as told (id)
             join pairs p on p.connection = $1 and p.id = told.id
           union select p.id from unnest($3::text[]) as told (odoo)
             join pairs p on p.connection = $1 and p.odoo = told.odoo
           union select p.id from unnest($4::text[]) as told (cloud)
             join pairs p on p.connection = $1 and p.cloud = told.cloud
         )
         delete from pairs p using named where p.connection = $1 and p.id = named.id
           and not exists (select from unnest($5::uuid[], $6::text[], $7::text[])
             as kept (id, odoo, cloud)
             where (kept.id, kept.odoo, kept.cloud) = (p.id, p.odoo, p.cloud))",
    )
    .bind(connection)
    .bind(facts.ids.iter().map(|id| id.0).collect::<Vec<_>>())
    .bind(facts.odoo.iter().map(EntryId::as_str).collect::<Vec<_>>())
    .bind(facts.cloud.iter().map(EntryId::as_str).collect::<Vec<_>>())
    .bind(&ids)
    .bind(texts(|pair| pair.odoo.as_str()))
    .bind(texts(|pair| pair.cloud.as_str()))
    .execute(&mut *at)
    .await?;
    if put.is_empty() {
        return Ok(());
    }
    let parents: Vec<Option<Uuid>> = put.iter().map(|pair| pair.parent.map(|id| id.0)).collect();
    let prints: Vec<Option<Json<&Fingerprint>>> = put
        .iter()
        .map(|pair| pair.fingerprint.as_ref().map(Json))
        .collect();
    let proofs: Vec<Option<Json<&Proof>>> = put
        .iter()
        .map(|pair| pair.proof.as_ref().map(Json))
        .collect();
    sqlx::query(
        "insert into pairs (connection, id, odoo, cloud, kind, parent, odoo_name, cloud_name,
           odoo_revision, cloud_revision, fingerprint, proof, proved)
         select $1, * from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::uuid[],
           $7::text[], $8::text[], $9::text[], $10::text[], $11::jsonb[], $12::jsonb[],
           $13::bool[])
         on conflict (connection, id) do update set kind = excluded.kind,
           parent = excluded.parent, odoo_name = excluded.odoo_name,
           cloud_name = excluded.cloud_name, odoo_revision = excluded.odoo_revision,
           cloud_revision = excluded.cloud_revision, fingerprint = excluded.fingerprint,
           proof = excluded.proof, proved = excluded.proved",
    )
    .bind(connection)
    .bind(&ids)
    .bind(texts(|pair| pair.odoo.as_str()))
    .bind(texts(|pair| pair.cloud.as_str()))
    .bind(texts(|pair| pair.kind.as_str()))
    .bind(parents)
    .bind(texts(|pair| &pair.odoo_name))
    .bind(texts(|pair| &pair.cloud_name))
    .bind(texts(|pair| pair.odoo_revision.as_str()))
    .bind(texts(|pair| pair.cloud_revision.as_str()))
    .bind(prints)
    .bind(proofs)
    .bind(put.iter().map(|pair| pair.is_proved()).collect::<Vec<_>>())
    .execute(at)
    .await?;
    Ok(())
}
