//! The folders of databases without the addon. Odoo has none, so these rows are all there is.

use super::{Result, Store};
use crate::tree::ConnectionId;
use sqlx::{FromRow, PgConnection};
use std::collections::HashMap;
use uuid::Uuid;

/// What a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum PlainKind {
    Root,
    Rule,
    Record,
    Manual,
    /// Leads to another folder; nothing lies in it, and no store has it.
    Shortcut,
}

/// One folder.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct PlainFolder {
    pub id: i64,
    pub key: String,
    pub name: String,
    /// `None` for the root of a connection only.
    pub parent: Option<i64>,
    pub kind: PlainKind,
    pub rule: Option<i64>,
    /// Of the record whose folder it is.
    pub model: Option<String>,
    pub res_id: Option<i64>,
    pub in_scope: bool,
    /// Nothing in it is synced any more.
    pub stopped: bool,
    pub connection: Uuid,
}

impl PlainFolder {
    /// The record whose folder it is.
    pub fn record(&self) -> Option<(String, i64)> {
        Some((self.model.clone()?, self.res_id?))
    }
}

/// A folder to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPlainFolder {
    pub key: String,
    pub name: String,
    pub parent: i64,
    pub kind: PlainKind,
    pub rule: Option<i64>,
    pub record: Option<(String, i64)>,
    /// Paths of the folders that it begins with, made along with it and never again.
    pub subfolders: Vec<String>,
}

/// One change of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlainChange {
    /// The same key again answers the folder there is, brought to this name, parent and scope.
    Create(NewPlainFolder),
    Rename {
        id: i64,
        name: String,
    },
    Move {
        id: i64,
        parent: i64,
        /// The rule that its place comes from now.
        rule: Option<i64>,
    },
    Scope {
        id: i64,
        in_scope: bool,
        stopped: bool,
    },
    /// Rename and move in one, of a folder that still is `from` there (name and parent).
    Place {
        id: i64,
        from: (String, Option<i64>),
        parent: i64,
        name: String,
    },
    /// An empty one. Missing is fine.
    Remove {
        id: i64,
    },
}

/// Why a change was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlainRefusal {
    /// The folder, or the one it should stand in, is gone; or the key is of one that is.
    Missing,
    /// It is not as expected.
    Changed(Box<PlainFolder>),
    /// Something is in it.
    Full,
    /// It would stand below itself.
    Circle,
}

/// What came of a change: the folder as it is now; `None` when it was removed.
pub type PlainChanged = std::result::Result<Option<PlainFolder>, PlainRefusal>;

pub(super) const COLUMNS: &str =
    "id, key, name, parent, kind, rule, model, res_id, in_scope, stopped, connection";

/// Deepest chain of folders that is followed; deeper means that they run in a circle.
pub(super) const DEEPEST: i32 = 1000;

impl Store {
    /// The root folder of a connection, made the first time and called like the connection.
    pub async fn plain_root(
        &self,
        database: &str,
        connection: ConnectionId,
        name: &str,
    ) -> Result<PlainFolder> {
        let key = root_key(connection);
        let mut transaction = self.plain_begin(database).await?;
        sqlx::query(
            "insert into plain_folder as f (database, key, name, kind, connection, version)
             values ($1, $2, $3, 'root', $4, nextval('plain_version'))
             on conflict (database, key) where not gone do update
               set name = excluded.name, version = excluded.version where f.name <> excluded.name",
        )
        .bind(database)
        .bind(&key)
        .bind(name)
        .bind(connection.0)
        .execute(&mut *transaction)
        .await?;
        let found = by_key(&mut transaction, database, &key).await?;
        transaction.commit().await?;
        found.map(|(folder, _)| folder).ok_or_else(|| missing(&key))
    }

    /// Every folder of a database, by id.
    pub async fn plain_folders(&self, database: &str) -> Result<Vec<PlainFolder>> {
        let sql = format!(
            "select {COLUMNS} from plain_folder where database = $1 and not gone order by id"
        );
        let found = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(database)
            .fetch_all(&self.pool)
            .await?;
        Ok(found)
    }

    /// These folders, as far as they are there.
    pub async fn plain_folders_of(&self, database: &str, ids: &[i64]) -> Result<Vec<PlainFolder>> {
        let sql = format!(
            "select {COLUMNS} from plain_folder
             where database = $1 and not gone and id = any($2) order by id"
        );
        let found = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(database)
            .bind(ids)
            .fetch_all(&self.pool)
            .await?;
        Ok(found)
    }

    /// The folders of records.
    pub async fn plain_homes(
        &self,
        database: &str,
        model: &str,
        ids: &[i64],
    ) -> Result<HashMap<i64, i64>> {
        let found: Vec<(i64, i64)> = sqlx::query_as(
            "select res_id, id from plain_folder
             where database = $1 and model = $2 and res_id = any($3) and kind = 'record'
               and not gone",
        )
        .bind(database)
        .bind(model)
        .bind(ids)
        .fetch_all(&self.pool)
        .await?;
        Ok(found.into_iter().collect())
    }

    /// The nearest record above each of these folders, or whose own folder it is. A folder that is
    /// gone is not in the answer.
    pub async fn plain_records_above(
        &self,
        folders: &[i64],
    ) -> Result<HashMap<i64, Option<(String, i64)>>> {
        let found: Vec<(i64, Option<String>, Option<i64>)> = sqlx::query_as(
            "with recursive up (start, id, parent, kind, model, res_id, depth) as (
               select id, id, parent, kind, model, res_id, 0 from plain_folder
                 where id = any($1) and not gone
               union all
               select up.start, f.id, f.parent, f.kind, f.model, f.res_id, up.depth + 1 from up
                 join plain_folder f on f.id = up.parent
                 where up.kind <> 'record' and not f.gone and up.depth < $2
             )
             select start, max(model) filter (where kind = 'record'),
               max(res_id) filter (where kind = 'record')
             from up group by start",
        )
        .bind(folders)
        .bind(DEEPEST)
        .fetch_all(&self.pool)
        .await?;
        Ok(found
            .into_iter()
            .map(|(folder, model, id)| (folder, model.zip(id)))
            .collect())
    }
}

fn root_key(connection: ConnectionId) -> String {
    format!("root:{connection}")
}

fn missing(what: &str) -> super::StoreError {
    super::StoreError::Missing(format!("folder {what}"))
}

/// The folder of a key, and whether it is gone; a live one first.
pub(super) async fn by_key(
    at: &mut PgConnection,
    database: &str,
    key: &str,
) -> Result<Option<(PlainFolder, bool)>> {
    let sql = format!(
        "select {COLUMNS}, gone from plain_folder where database = $1 and key = $2
         order by gone, id desc limit 1"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(database)
        .bind(key)
        .fetch_optional(at)
        .await?;
    row.map(|row| {
        use sqlx::Row as _;
        Ok((PlainFolder::from_row(&row)?, row.try_get("gone")?))
    })
    .transpose()
}

pub(super) async fn by_id(at: &mut PgConnection, id: i64) -> Result<Option<PlainFolder>> {
    let sql = format!("select {COLUMNS} from plain_folder where id = $1 and not gone");
    let found = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(id)
        .fetch_optional(at)
        .await?;
    Ok(found)
}
