//! Databases without the addon: what order their folders and files changed in, the files that are
//! being made in Odoo, and the words of the witness.

use super::{Result, Store};
use sqlx::{FromRow as _, PgConnection, Postgres, Row as _, Transaction};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Either of what changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PlainRow {
    Folder(i64),
    File(i64),
}

/// A part of what changed, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlainChanges {
    pub rows: Vec<PlainRow>,
    /// Where to go on.
    pub version: i64,
    pub more: bool,
}

/// A file that is being made in Odoo.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PlainCreation {
    /// Of the operation.
    pub key: Uuid,
    pub folder: i64,
    pub model: String,
    pub res_id: i64,
    pub name: String,
    pub sha1: String,
    /// The greatest attachment that was known before: what it makes comes after it.
    pub after: i64,
    /// What was made, once that is known.
    pub made: Option<i64>,
}

impl Store {
    /// A transaction that writes a database's folders or files. One at a time: so versions are
    /// seen in their order.
    pub(super) async fn plain_begin(&self, database: &str) -> Result<Transaction<'_, Postgres>> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query("select pg_advisory_xact_lock(hashtextextended('plain/' || $1, 0))")
            .bind(database)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction)
    }

    /// The last version of a database's folders and files; 0 where there are none.
    pub async fn plain_version(&self, database: &str) -> Result<i64> {
        let version = sqlx::query_scalar(
            "select coalesce(greatest(
               (select max(version) from plain_folder where database = $1),
               (select max(version) from plain_file where database = $1)), 0)",
        )
        .bind(database)
        .fetch_one(&self.pool)
        .await?;
        Ok(version)
    }

    /// What changed after a version.
    pub async fn plain_changes(
        &self,
        database: &str,
        after: i64,
        most: usize,
    ) -> Result<PlainChanges> {
        let limit = i64::try_from(most).unwrap_or(i64::MAX);
        let rows: Vec<(bool, i64, i64)> = sqlx::query_as(
            "(select true as folder, id, version from plain_folder
               where database = $1 and version > $2 order by version limit $3)
             union all
             (select false, id, version from plain_file
               where database = $1 and version > $2 order by version limit $3)
             order by version limit $3",
        )
        .bind(database)
        .bind(after)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        Ok(PlainChanges {
            version: rows.last().map_or(after, |(.., version)| *version),
            more: rows.len() >= most,
            rows: rows
                .into_iter()
                .map(|(is_folder, id, _)| match is_folder {
                    true => PlainRow::Folder(id),
                    false => PlainRow::File(id),
                })
                .collect(),
        })
    }

    /// Notes that a file is about to be made. The same key again: the note there is, and true.
    pub async fn plain_intend(
        &self,
        database: &str,
        creation: &PlainCreation,
    ) -> Result<(PlainCreation, bool)> {
        let row = sqlx::query(
            "insert into plain_creation (database, key, folder, model, res_id, name, sha1, after)
             values ($1, $2, $3, $4, $5, $6, $7, greatest($8,
               (select max(id) from plain_file where database = $1 and not gone)))
             on conflict (database, key) do update set at = now()
             returning key, folder, model, res_id, name, sha1, after, made, xmax <> 0 as again",
        )
        .bind(database)
        .bind(creation.key)
        .bind(creation.folder)
        .bind(&creation.model)
        .bind(creation.res_id)
        .bind(&creation.name)
        .bind(&creation.sha1)
        .bind(creation.after)
        .fetch_one(&self.pool)
        .await?;
        Ok((PlainCreation::from_row(&row)?, row.try_get("again")?))
    }

    /// The files that are being made and are not known yet, and what has made one of these
    /// attachments.
    pub async fn plain_creations(&self, database: &str, ids: &[i64]) -> Result<Vec<PlainCreation>> {
        let kept = sqlx::query_as(
            "select key, folder, model, res_id, name, sha1, after, made from plain_creation
             where database = $1 and (made is null or made = any($2)) order by at, key",
        )
        .bind(database)
        .bind(ids)
        .fetch_all(&self.pool)
        .await?;
        Ok(kept)
    }

    /// What a creation has made.
    pub async fn plain_made(&self, database: &str, key: Uuid, made: i64) -> Result<()> {
        sqlx::query("update plain_creation set made = $3 where database = $1 and key = $2")
            .bind(database)
            .bind(key)
            .bind(made)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// A creation made nothing, and what it intended counts no more.
    pub async fn plain_forget_creation(&self, database: &str, key: Uuid) -> Result<()> {
        sqlx::query("delete from plain_creation where database = $1 and key = $2")
            .bind(database)
            .bind(key)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Those of these attachments that a creation is known to have made.
    pub async fn plain_claimed(&self, database: &str, ids: &[i64]) -> Result<BTreeSet<i64>> {
        let found: Vec<i64> = sqlx::query_scalar(
            "select made from plain_creation where database = $1 and made = any($2)",
        )
        .bind(database)
        .bind(ids)
        .fetch_all(&self.pool)
        .await?;
        Ok(found.into_iter().collect())
    }

    /// Forgets creations that nobody has tried for a day. What they made was found by the listings
    /// since.
    pub async fn plain_forget_creations(&self, database: &str) -> Result<()> {
        sqlx::query(
            "delete from plain_creation
             where database = $1 and at < now() - interval '1 day'
               and (made is null or not exists (select from plain_creation where database = $1
                 and made is null and at >= now() - interval '1 day'))",
        )
        .bind(database)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Notes the next word, before Odoo is told it. `seen` is the one that Odoo holds now: older ones
    /// count no more. Without one, none does. Where somebody else forgot that one meanwhile, nothing
    /// is known of the others' age, and they stay.
    pub async fn plain_word(&self, database: &str, word: &str, seen: Option<&str>) -> Result<()> {
        let mut transaction = self.plain_begin(database).await?;
        sqlx::query(
            "delete from plain_word where database = $1 and ($2::text is null
               or at < (select at from plain_word where database = $1 and word = $2))",
        )
        .bind(database)
        .bind(seen)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "insert into plain_word (database, word, at) values ($1, $2, clock_timestamp())",
        )
        .bind(database)
        .bind(word)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The words that Odoo may hold.
    pub async fn plain_words(&self, database: &str) -> Result<Vec<String>> {
        let words =
            sqlx::query_scalar("select word from plain_word where database = $1 order by at desc")
                .bind(database)
                .fetch_all(&self.pool)
                .await?;
        Ok(words)
    }
}

/// Whether anything is in a folder.
pub(super) async fn is_empty(at: &mut PgConnection, folder: i64) -> Result<bool> {
    let found: bool = sqlx::query_scalar(
        "select exists (select from plain_folder where parent = $1 and not gone)
             or exists (select from plain_file where folder = $1 and not gone)",
    )
    .bind(folder)
    .fetch_one(at)
    .await?;
    Ok(!found)
}
