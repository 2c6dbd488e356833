//! The folders of databases without the addon. Odoo has none, so these rows are all there is.

use super::plain::is_empty;
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
    Remove { id: i64 },
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

const COLUMNS: &str =
    "id, key, name, parent, kind, rule, model, res_id, in_scope, stopped, connection";

/// Deepest chain of folders that is followed; deeper means that they run in a circle.
const DEEPEST: i32 = 1000;

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

    /// Makes changes in order, each on its own.
    pub async fn plain_change(
        &self,
        database: &str,
        changes: &[PlainChange],
    ) -> Result<Vec<PlainChanged>> {
        let mut transaction = self.plain_begin(database).await?;
        let mut done = Vec::with_capacity(changes.len());
        for change in changes {
            done.push(make(&mut transaction, database, change).await?);
        }
        transaction.commit().await?;
        Ok(done)
    }

    /// Makes folders that others begin with, each once for good: one that is gone stays so. Answers
    /// those that are there.
    pub async fn plain_begin_with(
        &self,
        database: &str,
        folders: &[PlainChange],
    ) -> Result<Vec<Option<i64>>> {
        let mut transaction = self.plain_begin(database).await?;
        let mut found = Vec::with_capacity(folders.len());
        for change in folders {
            let PlainChange::Create(new) = change else {
                found.push(None);
                continue;
            };
            found.push(match by_key(&mut transaction, database, &new.key).await? {
                Some((folder, gone)) => (!gone).then_some(folder.id),
                None => {
                    let made = create(&mut transaction, database, new).await?;
                    made.ok().flatten().map(|folder| folder.id)
                }
            });
        }
        transaction.commit().await?;
        Ok(found)
    }

    /// Takes away the folders of records that are gone, with all below. The folders of other
    /// records below move up to the nearest folder that stays.
    pub async fn plain_forget(&self, database: &str, folders: &[i64]) -> Result<()> {
        let mut transaction = self.plain_begin(database).await?;
        for folder in folders {
            forget(&mut transaction, *folder).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

fn root_key(connection: ConnectionId) -> String {
    format!("root:{connection}")
}

fn missing(what: &str) -> super::StoreError {
    super::StoreError::Missing(format!("folder {what}"))
}

/// The folder of a key, and whether it is gone; a live one first.
async fn by_key(
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

async fn by_id(at: &mut PgConnection, id: i64) -> Result<Option<PlainFolder>> {
    let sql = format!("select {COLUMNS} from plain_folder where id = $1 and not gone");
    let found = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(id)
        .fetch_optional(at)
        .await?;
    Ok(found)
}

async fn make(at: &mut PgConnection, database: &str, change: &PlainChange) -> Result<PlainChanged> {
    match change {
        PlainChange::Create(new) => create(at, database, new).await,
        PlainChange::Rename { id, name } => {
            let Some(folder) = by_id(at, *id).await? else {
                return Ok(Err(PlainRefusal::Missing));
            };
            let name = name.clone();
            put(at, PlainFolder { name, ..folder }).await
        }
        PlainChange::Move { id, parent, rule } => match by_id(at, *id).await? {
            Some(folder) => {
                let rule = rule.or(folder.rule);
                place(at, PlainFolder { rule, ..folder }, *parent, None).await
            }
            None => Ok(Err(PlainRefusal::Missing)),
        },
        PlainChange::Scope {
            id,
            in_scope,
            stopped,
        } => {
            let Some(folder) = by_id(at, *id).await? else {
                return Ok(Err(PlainRefusal::Missing));
            };
            let (in_scope, stopped) = (*in_scope, *stopped);
            let folder = PlainFolder {
                in_scope,
                stopped,
                ..folder
            };
            put(at, folder).await
        }
        PlainChange::Place {
            id,
            from,
            parent,
            name,
        } => match by_id(at, *id).await? {
            None => Ok(Err(PlainRefusal::Missing)),
            Some(folder) if folder.parent == Some(*parent) && folder.name == *name => {
                Ok(Ok(Some(folder)))
            }
            Some(folder) if (&folder.name, folder.parent) != (&from.0, from.1) => {
                Ok(Err(PlainRefusal::Changed(Box::new(folder))))
            }
            Some(folder) => place(at, folder, *parent, Some(name)).await,
        },
        PlainChange::Remove { id } => {
            if by_id(at, *id).await?.is_none() {
                return Ok(Ok(None));
            }
            if !is_empty(at, *id).await? {
                return Ok(Err(PlainRefusal::Full));
            }
            bury(at, *id).await?;
            Ok(Ok(None))
        }
    }
}

async fn create(
    at: &mut PgConnection,
    database: &str,
    new: &NewPlainFolder,
) -> Result<PlainChanged> {
    let Some(parent) = by_id(at, new.parent).await? else {
        return Ok(Err(PlainRefusal::Missing));
    };
    match by_key(at, database, &new.key).await? {
        Some((folder, false)) => {
            let folder = PlainFolder {
                in_scope: true,
                stopped: false,
                rule: new.rule.or(folder.rule),
                ..folder
            };
            return place(at, folder, new.parent, Some(&new.name)).await;
        }
        // What an earlier attempt made, and somebody removed since.
        Some((_, true)) if new.kind == PlainKind::Manual => return Ok(Err(PlainRefusal::Missing)),
        _ => {}
    }
    let sql = format!(
        "insert into plain_folder (database, key, name, parent, kind, rule, model, res_id,
           connection, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, nextval('plain_version'))
         returning {COLUMNS}"
    );
    let made = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(database)
        .bind(&new.key)
        .bind(&new.name)
        .bind(new.parent)
        .bind(new.kind)
        .bind(new.rule)
        .bind(new.record.as_ref().map(|(model, _)| model))
        .bind(new.record.as_ref().map(|(_, id)| id))
        .bind(parent.connection)
        .fetch_one(at)
        .await?;
    Ok(Ok(Some(made)))
}

/// Moves and renames, where the new parent is there and not below the folder itself.
async fn place(
    at: &mut PgConnection,
    folder: PlainFolder,
    parent: i64,
    name: Option<&str>,
) -> Result<PlainChanged> {
    let mut next = Some(parent);
    for _ in 0..DEEPEST {
        let Some(id) = next else { break };
        if id == folder.id {
            return Ok(Err(PlainRefusal::Circle));
        }
        match by_id(at, id).await? {
            None => return Ok(Err(PlainRefusal::Missing)),
            Some(above) => next = above.parent,
        }
    }
    let name = name.map_or_else(|| folder.name.clone(), str::to_owned);
    let parent = Some(parent);
    put(at, PlainFolder { name, parent, ..folder }).await
}

/// Writes a folder where it differs from what there is.
async fn put(at: &mut PgConnection, folder: PlainFolder) -> Result<PlainChanged> {
    sqlx::query(
        "update plain_folder
         set name = $2, parent = $3, in_scope = $4, rule = $5, stopped = $6,
           version = nextval('plain_version')
         where id = $1
           and (name, parent, in_scope, rule, stopped) is distinct from ($2, $3, $4, $5, $6)",
    )
    .bind(folder.id)
    .bind(&folder.name)
    .bind(folder.parent)
    .bind(folder.in_scope)
    .bind(folder.rule)
    .bind(folder.stopped)
    .execute(at)
    .await?;
    Ok(Ok(Some(folder)))
}

async fn bury(at: &mut PgConnection, id: i64) -> Result<()> {
    sqlx::query(
        "update plain_folder set gone = true, version = nextval('plain_version') where id = $1",
    )
    .bind(id)
    .execute(at)
    .await?;
    Ok(())
}

async fn forget(at: &mut PgConnection, folder: i64) -> Result<()> {
    let Some(above) = by_id(at, folder).await?.and_then(|folder| folder.parent) else {
        return Ok(());
    };
    // Down to the folders of other records, which stay.
    let found: Vec<(i64, bool)> = sqlx::query_as(
        "with recursive below (id, stays) as (
           select id, false from plain_folder where id = $1
           union
           select f.id, f.kind = 'record' from plain_folder f
             join below on f.parent = below.id and not below.stays
             where not f.gone
         )
         select id, stays from below",
    )
    .bind(folder)
    .fetch_all(&mut *at)
    .await?;
    let some = |which: bool| -> Vec<i64> {
        let chosen = found.iter().filter(|(_, stays)| *stays == which);
        chosen.map(|(id, _)| *id).collect()
    };
    for (sql, ids) in [
        ("update plain_folder set parent = $2, version = nextval('plain_version')
          where id = any($1)", some(true)),
        ("update plain_file set gone = true, version = nextval('plain_version')
          where folder = any($1) and not gone and $2 > 0", some(false)),
        ("update plain_folder set gone = true, version = nextval('plain_version')
          where id = any($1) and $2 > 0", some(false)),
    ] {
        sqlx::query(sql).bind(ids).bind(above).execute(&mut *at).await?;
    }
    Ok(())
}
