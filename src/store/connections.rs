//! Connections: authorised places in clouds, and how they fare.

use super::{Result, Store, StoreError};
use crate::tree::ConnectionId;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

/// How a connection fares, as people are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    Active,
    /// A person stopped it.
    Paused,
    /// The guard waits for a person.
    Held,
    /// Only a person can help: a revoked token, a missing root, a restored database.
    Error,
}

impl ConnectionState {
    /// The word used in SQL, in the protocol and on pages.
    pub fn as_str(self) -> &'static str {
        match self {
            ConnectionState::Active => "active",
            ConnectionState::Paused => "paused",
            ConnectionState::Held => "held",
            ConnectionState::Error => "error",
        }
    }

    fn of(word: &str) -> Result<Self> {
        [Self::Active, Self::Paused, Self::Held, Self::Error]
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or_else(|| StoreError::Unreadable(format!("the connection state {word}")))
    }
}

/// One authorised place in one cloud.
#[derive(Clone, Debug)]
pub struct Connection {
    pub id: ConnectionId,
    /// The uuid of the paired Odoo database.
    pub database: String,
    /// What people call it; one of its kind in its database.
    pub name: String,
    /// Which provider: `folder`, `webdav`, …
    pub provider: String,
    /// What everybody may read, in the provider's own shape.
    pub settings: Value,
    /// What nobody may read, in the provider's own shape (JSON text); sealed at rest.
    pub secrets: Option<SecretString>,
    pub state: ConnectionState,
    /// Why it is in that state.
    pub reason: Option<String>,
    /// Where its root is, in words that people know.
    pub root_label: String,
    /// Where people open its root.
    pub web_url: Option<String>,
}

/// How much a connection holds and waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Pairs of folders, the root included.
    pub folders: u64,
    /// Pairs of files.
    pub files: u64,
    /// Files whose cloud copy is proved byte-equal.
    pub proved: u64,
    /// Files whose bytes are in the cloud only.
    pub released: u64,
    /// Operations that will be tried, now or later.
    pub open: u64,
    /// Operations that need a person.
    pub stuck: u64,
}

const COUNTED: &str = "
    cross join lateral (
        select count(*) filter (where kind = 'folder') as folders,
            count(*) filter (where kind = 'file') as files,
            count(*) filter (where proved) as proved
        from pairs where connection = c.id) as paired
    cross join lateral (
        select count(*) as released from entries
        where connection = c.id and side = 'odoo' and released) as given
    cross join lateral (
        select count(*) filter (where state <> 'stuck') as open,
            count(*) filter (where state = 'stuck') as stuck
        from operations where connection = c.id and state not in ('done', 'dropped')) as queued";

impl Store {
    /// Adds a connection or brings a known one (same id) up to date, state and reason included.
    /// Another connection of that name in the same database: `Exists`.
    pub async fn put_connection(&self, connection: &Connection) -> Result<()> {
        let secrets = connection
            .secrets
            .as_ref()
            .map(|secrets| self.seal.seal(&place(connection.id), secrets));
        sqlx::query(
            "insert into connections (id, database, name, provider, settings, secrets, state,
               reason, root_label, web_url)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             on conflict (id) do update set database = excluded.database, name = excluded.name,
               provider = excluded.provider, settings = excluded.settings,
               secrets = excluded.secrets, state = excluded.state, reason = excluded.reason,
               root_label = excluded.root_label, web_url = excluded.web_url, updated = now()",
        )
        .bind(connection.id.0)
        .bind(&connection.database)
        .bind(&connection.name)
        .bind(&connection.provider)
        .bind(&connection.settings)
        .bind(secrets)
        .bind(connection.state.as_str())
        .bind(&connection.reason)
        .bind(&connection.root_label)
        .bind(&connection.web_url)
        .execute(&self.pool)
        .await
        .map_err(|error| match &error {
            sqlx::Error::Database(told) if told.is_unique_violation() => {
                StoreError::Exists(format!("a connection named {}", connection.name))
            }
            _ => error.into(),
        })?;
        Ok(())
    }

    /// The connection of this identity.
    pub async fn connection(&self, id: ConnectionId) -> Result<Connection> {
        let row = sqlx::query("select * from connections where id = $1")
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await?
            .ok_or_else(|| StoreError::Missing(format!("connection {id}")))?;
        self.unsealed(&row)
    }

    /// Every connection, by name.
    pub async fn connections(&self) -> Result<Vec<Connection>> {
        let rows = sqlx::query("select * from connections order by name, id")
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| self.unsealed(row)).collect()
    }

    /// Every connection with what it holds and waits for, by name.
    pub async fn connections_with_counts(&self) -> Result<Vec<(Connection, Counts)>> {
        let sql = format!(
            "select c.*, paired.*, given.*, queued.* from connections c {COUNTED}
             order by c.name, c.id"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| Ok((self.unsealed(row)?, counts(row)?)))
            .collect()
    }

    /// What one connection holds and waits for.
    pub async fn counts(&self, id: ConnectionId) -> Result<Counts> {
        let sql = format!(
            "select paired.*, given.*, queued.* from connections c {COUNTED} where c.id = $1"
        );
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await?
            .ok_or_else(|| StoreError::Missing(format!("connection {id}")))?;
        counts(&row)
    }

    /// Sets the state and why. Answers whether that changed anything.
    pub async fn put_state(
        &self,
        id: ConnectionId,
        state: ConnectionState,
        reason: Option<&str>,
    ) -> Result<bool> {
        let done = sqlx::query(
            "update connections set state = $2, reason = $3, updated = now()
             where id = $1 and (state, reason) is distinct from ($2, $3)",
        )
        .bind(id.0)
        .bind(state.as_str())
        .bind(reason)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    fn unsealed(&self, row: &PgRow) -> Result<Connection> {
        let id = ConnectionId(row.try_get::<Uuid, _>("id")?);
        let secrets: Option<Vec<u8>> = row.try_get("secrets")?;
        Ok(Connection {
            id,
            database: row.try_get("database")?,
            name: row.try_get("name")?,
            provider: row.try_get("provider")?,
            settings: row.try_get("settings")?,
            secrets: secrets
                .map(|sealed| self.seal.open(&place(id), &sealed))
                .transpose()?,
            state: ConnectionState::of(row.try_get("state")?)?,
            reason: row.try_get("reason")?,
            root_label: row.try_get("root_label")?,
            web_url: row.try_get("web_url")?,
        })
    }
}

fn place(id: ConnectionId) -> String {
    format!("connections/{id}/secrets")
}

fn counts(row: &PgRow) -> Result<Counts> {
    let number =
        |column: &str| -> Result<u64> { Ok(row.try_get::<i64, _>(column)?.unsigned_abs()) };
    Ok(Counts {
        folders: number("folders")?,
        files: number("files")?,
        proved: number("proved")?,
        released: number("released")?,
        open: number("open")?,
        stuck: number("stuck")?,
    })
}
