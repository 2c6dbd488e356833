//! The files of databases without the addon: Odoo's attachments as they were last told, and where
//! among the folders each lies.

use super::{Result, Store};
use sqlx::PgConnection;
use std::collections::BTreeSet;

/// One attachment.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PlainFile {
    /// Odoo's.
    pub id: i64,
    pub folder: i64,
    pub model: String,
    pub res_id: i64,
    pub name: String,
    pub size: i64,
    pub sha1: String,
    /// Odoo's `write_date`.
    pub written: String,
    /// Odoo's `create_date`.
    pub created: String,
    /// Odoo is still to be told the record: it was moved on this side.
    pub owed: bool,
}

/// Enough of a file to see whether it changed.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PlainSeen {
    pub id: i64,
    pub written: String,
    pub model: String,
    pub res_id: i64,
    pub name: String,
    pub size: i64,
    pub sha1: String,
}

const COLUMNS: &str = "id, folder, model, res_id, name, size, sha1, written, created, owed";

impl Store {
    /// Every file, as far as a listing needs it.
    pub async fn plain_seen(&self, database: &str) -> Result<Vec<PlainSeen>> {
        let found = sqlx::query_as(
            "select id, written, model, res_id, name, size, sha1 from plain_file
             where database = $1 and not gone",
        )
        .bind(database)
        .fetch_all(&self.pool)
        .await?;
        Ok(found)
    }

    /// These files, as far as they are there.
    pub async fn plain_files_of(&self, database: &str, ids: &[i64]) -> Result<Vec<PlainFile>> {
        self.files(database, "id = any($2)", ids).await
    }

    /// A page of files by id.
    pub async fn plain_files_after(
        &self,
        database: &str,
        after: i64,
        most: usize,
    ) -> Result<Vec<PlainFile>> {
        let limit = i64::try_from(most).unwrap_or(i64::MAX);
        let sql = format!(
            "select {COLUMNS} from plain_file
             where database = $1 and not gone and id > $2 order by id limit $3"
        );
        let found = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(database)
            .bind(after)
            .bind(limit)
            .fetch_all(&self.pool)
            .await?;
        Ok(found)
    }

    /// The files that lie in a folder or anywhere below, down to the folders of other records.
    pub async fn plain_files_below(&self, database: &str, folder: i64) -> Result<Vec<PlainFile>> {
        let below = "folder in (with recursive below (id) as (
               select unnest($2)
               union
               select f.id from plain_folder f join below on f.parent = below.id
                 where not f.gone and f.kind <> 'record')
             select id from below)";
        self.files(database, below, &[folder]).await
    }

    /// The files whose record Odoo is still to be told.
    pub async fn plain_owed(&self, database: &str) -> Result<Vec<PlainFile>> {
        let sql = format!(
            "select {COLUMNS} from plain_file
             where database = $1 and not gone and owed order by id"
        );
        let found = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(database)
            .fetch_all(&self.pool)
            .await?;
        Ok(found)
    }

    async fn files(&self, database: &str, which: &str, ids: &[i64]) -> Result<Vec<PlainFile>> {
        let sql = format!(
            "select {COLUMNS} from plain_file
             where database = $1 and not gone and {which} order by id"
        );
        let found = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(database)
            .bind(ids)
            .fetch_all(&self.pool)
            .await?;
        Ok(found)
    }

    /// The models that attachments may come from: of records with a folder, and of files that are
    /// known.
    pub async fn plain_models(&self, database: &str) -> Result<BTreeSet<String>> {
        let found: Vec<String> = sqlx::query_scalar(
            "select distinct model from plain_folder
               where database = $1 and kind = 'record' and not gone
             union
             select distinct model from plain_file where database = $1 and not gone",
        )
        .bind(database)
        .fetch_all(&self.pool)
        .await?;
        Ok(found.into_iter().collect())
    }

    /// Keeps files as they were told now. What is told again unchanged is no change, and what is
    /// older than what is known is late: unless it was read after `version`, and is known from
    /// before. Then Odoo holds an older time again, as after a backup was restored.
    pub async fn plain_put_files(
        &self,
        database: &str,
        files: &[PlainFile],
        version: Option<i64>,
    ) -> Result<()> {
        if files.is_empty() {
            return Ok(());
        }
        let mut transaction = self.plain_begin(database).await?;
        for part in files.chunks(2000) {
            put(&mut transaction, database, part, version).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// These files are gone, or in no folder any more.
    pub async fn plain_drop_files(&self, database: &str, ids: &[i64]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let mut transaction = self.plain_begin(database).await?;
        sqlx::query(
            "update plain_file set gone = true, owed = false, version = nextval('plain_version')
             where database = $1 and id = any($2) and not gone",
        )
        .bind(database)
        .bind(ids)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }
}

async fn put(
    at: &mut PgConnection,
    database: &str,
    files: &[PlainFile],
    version: Option<i64>,
) -> Result<()> {
    let texts = |of: fn(&PlainFile) -> &str| -> Vec<&str> { files.iter().map(of).collect() };
    let numbers = |of: fn(&PlainFile) -> i64| -> Vec<i64> { files.iter().map(of).collect() };
    sqlx::query(
        "insert into plain_file as f (database, id, folder, model, res_id, name, size, sha1,
           written, created, owed, version)
         select $1, told.*, nextval('plain_version') from unnest($2::bigint[], $3::bigint[],
           $4::text[], $5::bigint[], $6::text[], $7::bigint[], $8::text[], $9::text[],
           $10::text[], $11::bool[]) as told
         on conflict (database, id) do update set folder = excluded.folder,
           model = excluded.model, res_id = excluded.res_id, name = excluded.name,
           size = excluded.size, sha1 = excluded.sha1, written = excluded.written,
           created = excluded.created, owed = excluded.owed, gone = false,
           version = case when (f.folder, f.name, f.size, f.sha1, f.gone)
               is distinct from (excluded.folder, excluded.name, excluded.size, excluded.sha1, false)
             then excluded.version else f.version end
           where f.gone or excluded.written >= f.written or excluded.created <> f.created
             or f.version <= $12",
    )
    .bind(database)
    .bind(numbers(|file| file.id))
    .bind(numbers(|file| file.folder))
    .bind(texts(|file| &file.model))
    .bind(numbers(|file| file.res_id))
    .bind(texts(|file| &file.name))
    .bind(numbers(|file| file.size))
    .bind(texts(|file| &file.sha1))
    .bind(texts(|file| &file.written))
    .bind(texts(|file| &file.created))
    .bind(files.iter().map(|file| file.owed).collect::<Vec<bool>>())
    .bind(version)
    .execute(at)
    .await?;
    Ok(())
}
