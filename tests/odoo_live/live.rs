//! The paired Odoo that all tests share, and an administrator to act as a person.

use attache::odoo::pairing::{Paired, Pairing, pair};
use attache::odoo::server::Server;
use attache::odoo::service::{NewConnection, Service};
use attache::odoo::spool::Disk;
use attache::odoo::token::Secret;
use attache::odoo::transport::{Endpoint, Limits, Wire};
use attache::odoo::web::Web;
use attache::odoo::wire::Put;
use attache::odoo::{ErrorKind, OdooError, http};
use attache::tree::ConnectionId;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::OnceCell;
use url::Url;
use uuid::Uuid;

/// Both wires, one after the other.
pub const WIRES: [Wire; 2] = [Wire::Json2, Wire::XmlRpc];

/// A paired Odoo.
pub struct Live {
    pub first: Paired,
    pub paired: Paired,
    /// What the first pairing's key got after the second.
    pub rotated: ErrorKind,
}

static LIVE: OnceCell<Live> = OnceCell::const_new();

fn variable(name: &str) -> String {
    let name = format!("ATTACHE_TEST_ODOO_{name}");
    std::env::var(&name).unwrap_or_else(|_| panic!("{name} is not set: run tests/run e2e"))
}

pub fn url() -> Url {
    variable("URL").parse().expect("an address")
}

pub fn database() -> String {
    variable("DATABASE")
}

pub fn pairing(login: &str, password: &str) -> Pairing {
    let sidecar: Url = "http://127.0.0.1:9".parse().expect("an address");
    Pairing {
        url: url(),
        database: database(),
        login: login.to_owned(),
        password: SecretString::from(password),
        sidecar_url: sidecar.clone(),
        public_url: sidecar,
        secret: Secret::random(),
    }
}

/// Pairs at the first use, twice, so that every test runs with a rotated key.
pub async fn live() -> &'static Live {
    LIVE.get_or_init(|| async {
        let first = pair(&pairing("admin", "admin")).await.expect("paired");
        let paired = pair(&pairing("admin", "admin"))
            .await
            .expect("paired again");
        let old = Service::new(endpoint(&first, Wire::Json2)).expect("a service");
        let rotated = old.hello().await.expect_err("refused").kind;
        Live {
            first,
            paired,
            rotated,
        }
    })
    .await
}

pub fn endpoint(paired: &Paired, wire: Wire) -> Endpoint {
    Endpoint {
        url: url(),
        database: database(),
        login: paired.login.clone(),
        key: paired.key.clone(),
        wire,
        limits: Limits::default(),
        spool: Disk::default(),
    }
}

impl Live {
    pub fn service(&self, wire: Wire) -> Arc<Service> {
        Arc::new(Service::new(endpoint(&self.paired, wire)).expect("a service"))
    }

    /// A connection of the test's own.
    pub async fn connection(&self, wire: Wire) -> (Server, Put, Uuid) {
        let service = self.service(wire);
        let uuid = Uuid::new_v4();
        let put = service
            .put_connection(&NewConnection {
                uuid: uuid.to_string(),
                name: format!("Cloud {uuid}"),
                provider: "memory".to_owned(),
                root_label: "Odoo".to_owned(),
                web_url: None,
            })
            .await
            .expect("a connection");
        (Server::new(service, ConnectionId(uuid)), put, uuid)
    }
}

/// A person.
pub struct Person(Web);

impl Person {
    pub async fn login(login: &str) -> Result<Person, OdooError> {
        let limits = Limits::default();
        let client = http::client(limits.connect, limits.call)?;
        let password = SecretString::from(login);
        let web = Web::login(client, &url(), &database(), login, password).await?;
        Ok(Person(web))
    }

    pub async fn admin() -> Person {
        Person::login("admin")
            .await
            .expect("the administrator logs in")
    }

    pub async fn call(&self, model: &str, method: &str, args: Value) -> Value {
        let answer = self.0.call(model, method, args, json!({})).await;
        answer.unwrap_or_else(|error| panic!("{model}.{method}: {error}"))
    }

    /// Answers the question for the password.
    pub async fn confirm(&self, model: &str, method: &str, args: Value) -> Value {
        let named = json!({ "context": { "password": "admin" } });
        let answer = self.0.call(model, method, args, named).await;
        answer.unwrap_or_else(|error| panic!("{model}.{method}: {error}"))
    }

    pub async fn create(&self, model: &str, values: Value) -> i64 {
        let made = self.call(model, "create", json!([values])).await;
        made.as_i64().expect("an id")
    }
}
