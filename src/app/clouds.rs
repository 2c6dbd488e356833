//! The clients of the connected clouds.

use crate::providers::Provider;
use crate::providers::folder::Folder;
use crate::providers::http::Pace;
use crate::providers::webdav::WebDav;
use crate::store::{Connection, Store};
use crate::tree::ConnectionId;
use anyhow::Context as _;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::{Arc, RwLock};

/// What a `folder` is reached by.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FolderSettings {
    pub path: PathBuf,
}

/// What a `webdav` store is reached by.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WebDavSettings {
    pub url: String,
    pub user: String,
    /// Requests a second at most; `None`: as many as the server answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_second: Option<NonZeroU32>,
    /// Nothing that could be probed is trusted.
    #[serde(default)]
    pub cautious: bool,
}

/// What only we may know of a `webdav` store.
#[derive(Deserialize)]
struct WebDavSecrets {
    password: SecretString,
}

/// The secrets of a `webdav` store, to be sealed.
pub fn webdav_secrets(password: &SecretString) -> SecretString {
    serde_json::json!({ "password": password.expose_secret() })
        .to_string()
        .into()
}

/// One client for each connection, so that all share its pacing and what it learnt of the store.
pub struct Clouds {
    store: Store,
    built: RwLock<HashMap<ConnectionId, Built>>,
}

struct Built {
    /// What the client was built from.
    from: (String, Value, Option<String>),
    provider: Arc<dyn Provider>,
}

impl Clouds {
    /// Nothing is built yet: see [`Clouds::refresh`].
    pub fn new(store: Store) -> Self {
        Clouds {
            store,
            built: RwLock::default(),
        }
    }

    /// Builds the clients of connections that are new or were changed, and drops those of
    /// forgotten ones. One that cannot be built is logged and left out.
    pub async fn refresh(&self) -> anyhow::Result<()> {
        let connections = self.store.connections().await?;
        let mut built = self.built.write().expect("nobody panics with it");
        built.retain(|id, _| connections.iter().any(|connection| connection.id == *id));
        for connection in connections {
            let from = source(&connection);
            if built
                .get(&connection.id)
                .is_some_and(|one| one.from == from)
            {
                continue;
            }
            match provider(&connection) {
                Ok(provider) => {
                    built.insert(connection.id, Built { from, provider });
                }
                Err(error) => {
                    built.remove(&connection.id);
                    tracing::error!(
                        connection = connection.name,
                        error = format!("{error:#}"),
                        "the connection cannot be used"
                    );
                }
            }
        }
        Ok(())
    }

    /// All clients as of the last refresh.
    pub fn all(&self) -> HashMap<ConnectionId, Arc<dyn Provider>> {
        let built = self.built.read().expect("nobody panics with it");
        let all = built
            .iter()
            .map(|(id, one)| (*id, Arc::clone(&one.provider)));
        all.collect()
    }

    /// The client of a connection as of the last refresh; `None` where there is none.
    pub fn provider(&self, connection: ConnectionId) -> Option<Arc<dyn Provider>> {
        let built = self.built.read().expect("nobody panics with it");
        built.get(&connection).map(|one| Arc::clone(&one.provider))
    }
}

fn source(connection: &Connection) -> (String, Value, Option<String>) {
    let secrets = connection.secrets.as_ref();
    (
        connection.provider.clone(),
        connection.settings.clone(),
        secrets.map(|secrets| secrets.expose_secret().to_owned()),
    )
}

/// Builds the client of a connection; nothing is sent.
pub fn provider(connection: &Connection) -> anyhow::Result<Arc<dyn Provider>> {
    let id = connection.id;
    let settings = connection.settings.clone();
    let damaged = || format!("the settings of the connection {}", connection.name);
    Ok(match connection.provider.as_str() {
        "folder" => {
            let settings: FolderSettings =
                serde_json::from_value(settings).with_context(damaged)?;
            Arc::new(Folder::new(settings.path, id))
        }
        "webdav" => {
            let settings: WebDavSettings =
                serde_json::from_value(settings).with_context(damaged)?;
            let secrets = connection.secrets.as_ref().with_context(damaged)?;
            let secrets: WebDavSecrets =
                serde_json::from_str(secrets.expose_secret()).with_context(damaged)?;
            let (url, user) = (&settings.url, &settings.user);
            let pace = settings
                .requests_per_second
                .map_or_else(Pace::free, Pace::per_second);
            let store = WebDav::paced(url, user, secrets.password, id, pace)?;
            match settings.cautious {
                true => Arc::new(store.cautious()),
                false => Arc::new(store),
            }
        }
        other => anyhow::bail!(
            "this version knows no provider {other}; was it connected by a newer one?"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_older_versions_kept_of_a_webdav_store_still_reads() {
        let old = serde_json::json!({ "url": "https://nas/", "user": "odoo" });
        let read: WebDavSettings = serde_json::from_value(old).expect("it reads");
        assert!(read.requests_per_second.is_none() && !read.cautious);
        let paced = serde_json::json!({ "url": "", "user": "", "requests_per_second": 5 });
        let read: WebDavSettings = serde_json::from_value(paced).expect("it reads");
        assert_eq!(read.requests_per_second, NonZeroU32::new(5));
    }
}
