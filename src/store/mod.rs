//! Postgres: the ledger, connections, sealed secrets, leases.
//!
//! One file for each family of tables, each with plain functions on [`Store`]. Whatever a person
//! or the engine writes goes through one transaction a call.

pub mod connections;
pub mod databases;
pub mod error;
pub mod files;
pub mod held;
pub mod leases;
pub mod log;
pub mod operations;
pub mod plain;
pub mod plain_changes;
pub mod plain_files;
pub mod plain_folders;
pub mod private;
pub mod schedules;
pub mod sealed;
pub mod settings;
pub mod shelf;
pub mod tickets;
pub mod tokens;

pub use connections::{Connection, ConnectionState, Counts};
pub use databases::Database;
pub use error::{Result, StoreError};
pub use files::CloudFile;
pub use leases::Lease;
pub use log::{LogRow, NewLogRow};
pub use operations::{OperationRow, Queue};
pub use plain::{PlainChanges, PlainCreation, PlainRow};
pub use plain_files::{PlainFile, PlainSeen};
pub use plain_folders::{
    NewPlainFolder, PlainChange, PlainChanged, PlainFolder, PlainKind, PlainRefusal,
};
pub use private::Cluster;
pub use schedules::{Ask, Schedule};
pub use sealed::Seal;
pub use shelf::Shelf;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::str::FromStr as _;
use std::time::Duration;

/// Connections to Postgres that one sidecar keeps open at most.
const MOST_CONNECTIONS: u32 = 20;

/// How long a call waits for a connection to become free before it fails.
const WAIT_FOR_CONNECTION: Duration = Duration::from_secs(15);

/// The database of Attaché: a pool, and the seal for what must not be readable in it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pool: sqlx::PgPool,
    seal: Seal,
}

impl Store {
    /// Connects, brings the tables up to date (sidecars may do so at once: one does, the others
    /// wait), and checks that `seal` is the one that this database's secrets were sealed with.
    pub async fn open(url: &str, seal: Seal) -> Result<Store> {
        let options = PgConnectOptions::from_str(url)?
            .application_name("attache")
            // Notices, such as "already exists, skipping", would be logged as if they were news.
            .options([("client_min_messages", "warning")]);
        let pool = PgPoolOptions::new()
            .max_connections(MOST_CONNECTIONS)
            .acquire_timeout(WAIT_FOR_CONNECTION)
            .connect_with(options)
            .await?;
        sqlx::migrate!()
            .run(&pool)
            .await
            .map_err(|error| StoreError::Database(error.into()))?;
        let store = Store { pool, seal };
        store.check_seal().await?;
        Ok(store)
    }

    /// The pool, for the queue that lives in the same database.
    pub fn pool(&self) -> &sqlx::PgPool {
        &self.pool
    }

    /// Whether Postgres answers.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("select 1").execute(&self.pool).await?;
        Ok(())
    }

    /// Waits for what is running and closes every connection.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
