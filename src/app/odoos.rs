//! The clients of the paired Odoo databases.

use crate::engine::EngineError;
use crate::odoo::OdooError;
use crate::odoo::service::Service;
use crate::odoo::spool::Disk;
use crate::odoo::transport::{Endpoint, Limits, Wire};
use crate::store::{Database, Store};
use anyhow::Context as _;
use secrecy::ExposeSecret as _;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One client for each database, so that all share its limit of calls at once.
pub struct Odoos {
    store: Store,
    disk: Disk,
    /// By uuid, with what the client was built from.
    built: Mutex<HashMap<String, (Database, Arc<Service>)>>,
}

impl Odoos {
    /// Nothing is built yet.
    pub fn new(store: Store, disk: Disk) -> Self {
        Odoos {
            store,
            disk,
            built: Mutex::default(),
        }
    }

    /// Where bytes on their way rest.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// The client of a paired database, as it is paired now.
    /// Asked anew, it says whether it speaks our protocol: one that does not is not worked with.
    pub async fn service(&self, uuid: &str) -> anyhow::Result<Arc<Service>> {
        let database = self.store.database(uuid).await?;
        if let Some((from, service)) = self.built().get(uuid)
            && is_same(from, &database)
        {
            return Ok(Arc::clone(service));
        }
        let service = Arc::new(Service::new(endpoint(&database, self.disk.clone())?)?);
        service.hello().await?;
        let mut built = self.built();
        built.insert(uuid.to_owned(), (database, Arc::clone(&service)));
        Ok(service)
    }

    fn built(&self) -> MutexGuard<'_, HashMap<String, (Database, Arc<Service>)>> {
        self.built.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why there is no client: what Odoo itself says is tried again as it deserves, all else needs a
/// person.
pub(super) fn unreached(error: anyhow::Error) -> EngineError {
    match error.downcast::<OdooError>() {
        Ok(error) => error.into(),
        Err(error) => EngineError::Person(format!("{error:#}")),
    }
}

fn is_same(one: &Database, other: &Database) -> bool {
    (&one.url, &one.name, &one.login, &one.wire)
        == (&other.url, &other.name, &other.login, &other.wire)
        && one.key.expose_secret() == other.key.expose_secret()
}

fn endpoint(database: &Database, spool: Disk) -> anyhow::Result<Endpoint> {
    let wire = serde_json::from_value::<Wire>(database.wire.clone().into())
        .with_context(|| format!("the wire {} of {}", database.wire, database.name))?;
    Ok(Endpoint {
        url: database
            .url
            .parse()
            .with_context(|| format!("the address {} of {}", database.url, database.name))?,
        database: database.name.clone(),
        login: database.login.clone(),
        key: database.key.clone(),
        wire,
        limits: Limits::default(),
        spool,
    })
}
