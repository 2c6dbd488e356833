//! Changes of the folders of databases without the addon: each on its own, several in one
//! transaction, refused where Odoo's addon would refuse them.

use super::plain::is_empty;
use super::plain_folders::{COLUMNS, DEEPEST, by_id, by_key};
use super::{
    NewPlainFolder, PlainChange, PlainChanged, PlainFolder, PlainKind, PlainRefusal, Result, Store,
};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

impl Store {
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
    let made = insert(at, database, new, parent.connection).await?;
    begin(at, database, &made, &new.subfolders).await?;
    Ok(Ok(Some(made)))
}

async fn insert(
    at: &mut PgConnection,
    database: &str,
    new: &NewPlainFolder,
    connection: Uuid,
) -> Result<PlainFolder> {
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
        .bind(connection)
        .fetch_one(at)
        .await?;
    Ok(made)
}

/// Makes the folders that a new one begins with. Their keys are of that very folder.
async fn begin(
    at: &mut PgConnection,
    database: &str,
    folder: &PlainFolder,
    paths: &[String],
) -> Result<()> {
    let mut made: HashMap<&str, i64> = HashMap::new();
    for path in paths {
        let ends = path.match_indices('/').map(|(end, _)| end);
        let mut parent = folder.id;
        for end in ends.chain([path.len()]) {
            let way = &path[..end];
            parent = match made.get(way) {
                Some(id) => *id,
                None => {
                    let new = NewPlainFolder {
                        key: format!("default:{}:{way}", folder.id),
                        name: way.rsplit('/').next().unwrap_or(way).to_owned(),
                        parent,
                        kind: PlainKind::Manual,
                        rule: None,
                        record: None,
                        subfolders: Vec::new(),
                    };
                    let id = insert(at, database, &new, folder.connection).await?.id;
                    made.insert(way, id);
                    id
                }
            };
        }
    }
    Ok(())
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
    put(
        at,
        PlainFolder {
            name,
            parent,
            ..folder
        },
    )
    .await
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
    sqlx::query(
        "update plain_folder set parent = $2, version = nextval('plain_version')
         where id = any($1)",
    )
    .bind(some(true))
    .bind(above)
    .execute(&mut *at)
    .await?;
    for sql in [
        "update plain_file set gone = true, version = nextval('plain_version')
         where folder = any($1) and not gone",
        "update plain_folder set gone = true, version = nextval('plain_version')
         where id = any($1)",
    ] {
        sqlx::query(sql).bind(some(false)).execute(&mut *at).await?;
    }
    Ok(())
}
