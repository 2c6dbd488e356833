//! Finding the cloud's copy of a file by Odoo's identity: what serves bytes. And where a pair lies.

use super::{Result, Store, StoreError};
use crate::tree::{ConnectionId, EntryId, Fingerprint, Revision};
use sqlx::types::Json;
use std::collections::HashMap;
use uuid::Uuid;

/// Deepest path that is followed; deeper means that parents run in a circle.
const DEEPEST: i32 = 1000;

/// The cloud's copy of a file of Odoo, as both sides last agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudFile {
    pub connection: ConnectionId,
    /// The cloud's identity.
    pub cloud: EntryId,
    /// Names from below the root to the file, as the cloud shows them now.
    pub path: Vec<String>,
    /// Of the cloud's copy when both agreed.
    pub revision: Revision,
    /// What both hold.
    pub fingerprint: Option<Fingerprint>,
}

type Row = (Uuid, String, String, Option<Json<Fingerprint>>);

impl Store {
    /// The cloud's copy of an Odoo file (`file:345`) of a paired database. `None` when the two
    /// sides agreed on no such file.
    pub async fn cloud_file(&self, database: &str, odoo: &EntryId) -> Result<Option<CloudFile>> {
        let found: Option<Row> = sqlx::query_as(
            "select p.connection, p.cloud, p.cloud_revision, p.fingerprint
             from connections c join pairs p on p.connection = c.id
             where c.database = $1 and p.odoo = $2 and p.kind = 'file'",
        )
        .bind(database)
        .bind(odoo.as_str())
        .fetch_optional(&self.pool)
        .await?;
        let Some((connection, cloud, revision, fingerprint)) = found else {
            return Ok(None);
        };
        Ok(Some(CloudFile {
            path: self.cloud_path(connection, &cloud).await?,
            connection: ConnectionId(connection),
            cloud: EntryId::new(cloud),
            revision: Revision::new(revision),
            fingerprint: fingerprint.map(|Json(fingerprint)| fingerprint),
        }))
    }

    /// Odoo's names from below the root down to each pair, joined by `/`; unknown pairs are left
    /// out.
    pub async fn pair_paths(
        &self,
        connection: ConnectionId,
        pairs: &[Uuid],
    ) -> Result<HashMap<Uuid, String>> {
        let rows: Vec<(Uuid, String)> = sqlx::query_as(
            "with recursive up (leaf, parent, name, depth) as (
               select id, parent, odoo_name, 0 from pairs where connection = $1 and id = any($2)
               union all
               select up.leaf, p.parent, p.odoo_name, up.depth + 1 from up
                 join pairs p on p.connection = $1 and p.id = up.parent
                 where up.depth < $3
             )
             select leaf, string_agg(name, '/' order by depth desc)
             from up where parent is not null or depth = 0 group by leaf",
        )
        .bind(connection.0)
        .bind(pairs)
        .bind(DEEPEST)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().collect())
    }

    /// Odoo's entries of these pairs; unknown pairs are left out.
    pub async fn odoo_of_pairs(
        &self,
        connection: ConnectionId,
        pairs: &[Uuid],
    ) -> Result<HashMap<Uuid, EntryId>> {
        let rows: Vec<(Uuid, String)> =
            sqlx::query_as("select id, odoo from pairs where connection = $1 and id = any($2)")
                .bind(connection.0)
                .bind(pairs)
                .fetch_all(&self.pool)
                .await?;
        let rows = rows.into_iter();
        Ok(rows.map(|(id, odoo)| (id, EntryId::new(odoo))).collect())
    }

    /// Odoo's files among these pairs whose bytes the cloud has for sure, with what they are.
    pub async fn proved_files(
        &self,
        connection: ConnectionId,
        pairs: &[Uuid],
    ) -> Result<Vec<(EntryId, Fingerprint)>> {
        let rows: Vec<(String, Json<Fingerprint>)> = sqlx::query_as(
            "select odoo, fingerprint from pairs
             where connection = $1 and id = any($2) and kind = 'file'
               and fingerprint is not null and proved",
        )
        .bind(connection.0)
        .bind(pairs)
        .fetch_all(&self.pool)
        .await?;
        let rows = rows.into_iter();
        Ok(rows
            .map(|(odoo, Json(fingerprint))| (EntryId::new(odoo), fingerprint))
            .collect())
    }

    async fn cloud_path(&self, connection: Uuid, cloud: &str) -> Result<Vec<String>> {
        let rows: Vec<(Option<String>, String)> = sqlx::query_as(
            "with recursive up (parent, name, depth) as (
               select parent, name, 0 from entries
                 where connection = $1 and side = 'cloud' and id = $2
               union all
               select e.parent, e.name, up.depth + 1 from up
                 join entries e on e.id = up.parent and e.connection = $1 and e.side = 'cloud'
                 where up.depth < $3
             )
             select parent, name from up order by depth desc",
        )
        .bind(connection)
        .bind(cloud)
        .bind(DEEPEST)
        .fetch_all(&self.pool)
        .await?;
        // The first row is the root, which has no parent; its name is not part of the path.
        match rows.split_first() {
            Some(((None, _), below)) => Ok(below.iter().map(|(_, name)| name.clone()).collect()),
            _ => Err(StoreError::Missing(format!(
                "path to {cloud} in the cloud yet"
            ))),
        }
    }
}
