//! Paired Odoo databases.

use super::{Result, Store, StoreError};
use secrecy::SecretString;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};

/// An Odoo database that this sidecar is paired with.
#[derive(Clone, Debug)]
pub struct Database {
    /// Odoo's `database.uuid`; opaque.
    pub uuid: String,
    /// Where Odoo is reached, without a path.
    pub url: String,
    pub name: String,
    /// The service user.
    pub login: String,
    /// Its API key.
    pub key: SecretString,
    /// Signs tokens and nudges both ways: 64 hex digits.
    pub secret: SecretString,
    /// Of Odoo's feed. Another epoch means that the database was restored or copied.
    pub epoch: String,
    /// How Odoo is spoken to: `auto`, `json2` or `xmlrpc`.
    pub wire: String,
    /// Whether the addon is there. Without it folders and changes are kept on this side.
    pub addon: bool,
}

impl Store {
    /// Adds a database or brings a known one (same uuid) up to date. Another epoch than the known
    /// one says that a person confirmed a restored or copied database: what was agreed on with the
    /// old one is forgotten, so that nothing counts as deleted that only came after the backup.
    pub async fn put_database(&self, database: &Database) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        forget_other_epoch(&mut transaction, database).await?;
        sqlx::query(
            "insert into databases (uuid, url, name, login, key, secret, epoch, wire, addon)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             on conflict (uuid) do update set url = excluded.url, name = excluded.name,
               login = excluded.login, key = excluded.key, secret = excluded.secret,
               epoch = excluded.epoch, wire = excluded.wire, addon = excluded.addon,
               updated = now()",
        )
        .bind(&database.uuid)
        .bind(&database.url)
        .bind(&database.name)
        .bind(&database.login)
        .bind(self.seal.seal(&key_place(&database.uuid), &database.key))
        .bind(
            self.seal
                .seal(&secret_place(&database.uuid), &database.secret),
        )
        .bind(&database.epoch)
        .bind(&database.wire)
        .bind(database.addon)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The database of this uuid.
    pub async fn database(&self, uuid: &str) -> Result<Database> {
        let row = sqlx::query("select * from databases where uuid = $1")
            .bind(uuid)
            .fetch_optional(&self.pool)
            .await?
            .ok_or_else(|| StoreError::Missing(format!("paired database {uuid}")))?;
        self.opened(&row)
    }

    /// Every paired database, by name.
    pub async fn databases(&self) -> Result<Vec<Database>> {
        let rows = sqlx::query("select * from databases order by name, uuid")
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| self.opened(row)).collect()
    }

    fn opened(&self, row: &PgRow) -> Result<Database> {
        let uuid: String = row.try_get("uuid")?;
        let key: Vec<u8> = row.try_get("key")?;
        let secret: Vec<u8> = row.try_get("secret")?;
        Ok(Database {
            key: self.seal.open(&key_place(&uuid), &key)?,
            secret: self.seal.open(&secret_place(&uuid), &secret)?,
            url: row.try_get("url")?,
            name: row.try_get("name")?,
            login: row.try_get("login")?,
            epoch: row.try_get("epoch")?,
            wire: row.try_get("wire")?,
            addon: row.try_get("addon")?,
            uuid,
        })
    }
}

fn key_place(uuid: &str) -> String {
    format!("databases/{uuid}/key")
}

fn secret_place(uuid: &str) -> String {
    format!("databases/{uuid}/secret")
}

/// Pairs, cursors and open steps go; both sides are listed again and find each other by place and
/// bytes. The leases' fences are raised, so that whoever works with the old book stops. Odoo gives
/// ids a second time, so what was being made, or is gone, counts no more. Where files without the
/// addon lay is still true: the next listing tells their bytes.
async fn forget_other_epoch(connection: &mut PgConnection, database: &Database) -> Result<()> {
    let other = "select c.id from connections c join databases d on d.uuid = c.database
                 where d.uuid = $1 and d.epoch <> $2";
    for change in [
        "update leases set fence = fence + 1 where connection in",
        "delete from pairs where connection in",
        "delete from cursors where connection in",
        "delete from operations where state not in ('done', 'dropped') and connection in",
        "delete from held where connection in",
    ] {
        let statement = sqlx::AssertSqlSafe(format!("{change} ({other})"));
        sqlx::query(statement)
            .bind(&database.uuid)
            .bind(&database.epoch)
            .execute(&mut *connection)
            .await?;
    }
    for change in [
        "delete from plain_creation where database =",
        "delete from plain_file where gone and database =",
    ] {
        let statement = sqlx::AssertSqlSafe(format!(
            "{change} (select uuid from databases where uuid = $1 and epoch <> $2)"
        ));
        sqlx::query(statement)
            .bind(&database.uuid)
            .bind(&database.epoch)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}
