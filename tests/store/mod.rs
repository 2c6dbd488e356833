//! The store on a real PostgreSQL: one private cluster for the test binary, a database for each test.

mod connections;
mod jobs;
mod leases;
mod ledger;
mod log;
mod people;
mod plain;
mod private;
mod schedules;
mod seals;
mod twin;

use attache::store::private::Durability;
use attache::store::{Cluster, Connection, ConnectionState, Database, Lease, Seal, Store};
use attache::tree::ConnectionId;
use secrecy::SecretString;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;
use tempfile::TempDir;
use uuid::Uuid;

/// A cluster that lives as long as the test binary, however that ends.
struct Bed {
    cluster: Cluster,
    _watcher: Child,
}

fn bed() -> &'static Bed {
    static BED: OnceLock<Bed> = OnceLock::new();
    BED.get_or_init(|| {
        let folder = tempfile::Builder::new()
            .prefix("attache-store-")
            .tempdir()
            .expect("a scratch folder")
            .keep();
        let cluster = Cluster::start(&folder, Durability::Scratch).expect("a private cluster");
        // A static is never dropped. The watcher's input ends with this process, killed or not.
        let script = format!(
            "cat >/dev/null; kill -9 $(head -n 1 {0}/postgres/data/postmaster.pid); rm -rf {0}",
            folder.display()
        );
        let watcher = Command::new("sh")
            .args(["-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh runs");
        Bed {
            cluster,
            _watcher: watcher,
        }
    })
}

/// A fresh database with a store on it.
pub struct Fresh {
    pub store: Store,
    pub url: String,
    /// Where its key is.
    pub folder: TempDir,
}

pub async fn fresh() -> Fresh {
    let name = format!("t{}", Uuid::new_v4().simple());
    let bed = tokio::task::spawn_blocking(bed).await.expect("a cluster");
    let admin = sqlx::PgPool::connect(&bed.cluster.url())
        .await
        .expect("the cluster answers");
    sqlx::query(sqlx::AssertSqlSafe(format!("create database {name}")))
        .execute(&admin)
        .await
        .expect("a database");
    admin.close().await;
    let url = bed.cluster.url_of(&name);
    let folder = tempfile::tempdir().expect("a scratch folder");
    let seal = Seal::in_folder(folder.path()).expect("a key");
    let store = Store::open(&url, seal).await.expect("a store");
    Fresh { store, url, folder }
}

/// A paired database and a connection of it.
pub async fn connected(store: &Store) -> ConnectionId {
    store.put_database(&database()).await.expect("put");
    let connection = connection("Cloud");
    store.put_connection(&connection).await.expect("put");
    connection.id
}

pub fn database() -> Database {
    Database {
        uuid: "5e3a1a3c-0000-11f1-8000-000000000001".into(),
        url: "http://odoo.test".into(),
        name: "demo".into(),
        login: "attache".into(),
        key: SecretString::from("the key"),
        secret: SecretString::from("the secret"),
        epoch: "e1".into(),
        wire: "json2".into(),
        addon: true,
    }
}

pub fn connection(name: &str) -> Connection {
    Connection {
        id: ConnectionId(Uuid::new_v4()),
        database: database().uuid,
        name: name.into(),
        provider: "webdav".into(),
        settings: serde_json::json!({"url": "http://dav.test/"}),
        secrets: Some(SecretString::from("{\"password\": \"p\"}")),
        state: ConnectionState::Active,
        reason: None,
        root_label: "dav.test".into(),
        web_url: None,
    }
}

pub const LONG: Duration = Duration::from_secs(3600);

pub async fn lease(store: &Store, connection: ConnectionId) -> Lease {
    store
        .take_lease(connection, "test", LONG)
        .await
        .expect("the database answers")
        .expect("nobody holds it")
}
