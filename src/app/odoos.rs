//! The clients of the paired Odoo databases.

use crate::config::Config;
use crate::engine::EngineError;
use crate::engine::plain::{Plain, Settings};
use crate::odoo::OdooError;
use crate::odoo::plain::Client;
use crate::odoo::service::Service;
use crate::odoo::spool::Disk;
use crate::odoo::transport::{Endpoint, Limits, Wire};
use crate::store::{Database, Store};
use anyhow::{Context as _, bail};
use secrecy::ExposeSecret as _;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How a paired database is spoken to.
#[derive(Clone)]
pub enum End {
    /// By its addon.
    Addon(Arc<Service>),
    /// By Odoo's own models.
    Plain(Arc<Plain>),
}

/// One client for each database, so that all share its limit of calls at once.
pub struct Odoos {
    store: Store,
    disk: Disk,
    plain: Settings,
    /// By uuid, with what the client was built from.
    built: Mutex<HashMap<String, (Database, End)>>,
}

impl Odoos {
    /// Nothing is built yet.
    pub fn new(store: Store, disk: Disk, config: &Config) -> Self {
        Odoos {
            store,
            disk,
            plain: Settings {
                rules: config.rules_file.clone(),
                poll: config.plain_poll,
                scan: config.plain_scan,
                most: config.plain_most,
                keep: Duration::from_secs(config.plain_trash_days * 24 * 3600),
            },
            built: Mutex::default(),
        }
    }

    /// Where bytes on their way rest.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// The client of a paired database, as it is paired now.
    /// Asked anew, an addon says whether it speaks our protocol: one that does not is not worked with.
    pub async fn end(&self, uuid: &str) -> anyhow::Result<End> {
        let database = self.store.database(uuid).await?;
        if let Some((from, end)) = self.built().get(uuid)
            && is_same(from, &database)
        {
            return Ok(end.clone());
        }
        let end = match database.addon {
            true => {
                let service = Service::new(endpoint(&database, self.disk.clone())?)?;
                service.hello().await?;
                End::Addon(Arc::new(service))
            }
            false => End::Plain(Arc::new(self.plain(&database)?)),
        };
        let mut built = self.built();
        // Somebody may have been faster: what one remembers, the other would not.
        if let Some((from, end)) = built.get(uuid)
            && is_same(from, &database)
        {
            return Ok(end.clone());
        }
        built.insert(uuid.to_owned(), (database, end.clone()));
        Ok(end)
    }

    /// The addon of a paired database.
    pub async fn service(&self, uuid: &str) -> anyhow::Result<Arc<Service>> {
        match self.end(uuid).await? {
            End::Addon(service) => Ok(service),
            End::Plain(_) => bail!("this database is paired without the addon"),
        }
    }

    /// A database without the addon; it need not be kept yet.
    pub fn plain(&self, database: &Database) -> anyhow::Result<Plain> {
        let client = Client::new(endpoint(database, self.disk.clone())?)?;
        let (store, uuid) = (self.store.clone(), database.uuid.clone());
        Ok(Plain::new(store, client, uuid, self.plain.clone()))
    }

    fn built(&self) -> MutexGuard<'_, HashMap<String, (Database, End)>> {
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
    (&one.url, &one.name, &one.login, &one.wire, one.addon)
        == (
            &other.url,
            &other.name,
            &other.login,
            &other.wire,
            other.addon,
        )
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
