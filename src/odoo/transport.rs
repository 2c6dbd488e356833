//! How calls reach Odoo: one small trait, two wires behind it, and the choice between them.

use super::http::Http;
use super::json2::Json2;
use super::spool::Disk;
use super::xmlrpc::XmlRpc;
use super::{ErrorKind, OdooError, Result};
use async_trait::async_trait;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use url::Url;

/// Which protocol calls travel by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wire {
    /// JSON-2 where the server is Odoo 19 or newer and answers it, else XML-RPC.
    #[default]
    Auto,
    /// `POST /json/2/<model>/<method>` (Odoo 19 and newer).
    Json2,
    /// `execute_kw` (any version up to 21).
    XmlRpc,
}

/// How long and how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// To a connection.
    pub connect: Duration,
    /// To the end of a call's answer; for streams, between two pieces.
    pub call: Duration,
    /// Calls and streams at once: Odoo has few workers, and people need them.
    pub parallel: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connect: Duration::from_secs(5),
            call: Duration::from_secs(120),
            parallel: 4,
        }
    }
}

/// One database of one Odoo server, and who asks.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Where Odoo listens; a path is kept as a prefix.
    pub url: Url,
    pub database: String,
    /// The service user; XML-RPC needs the name, JSON-2 only the key.
    pub login: String,
    /// An API key of that user, of scope `rpc` or of none.
    pub key: SecretString,
    pub wire: Wire,
    pub limits: Limits,
    /// Where long answers rest.
    pub spool: Disk,
}

/// One call of a model's method.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    pub model: &'a str,
    pub method: &'a str,
    /// The named arguments: an object. `ids` names the records that the method is called on.
    pub args: Value,
    /// Doing it twice is as good as once, so that a lost answer may be asked for again.
    pub repeatable: bool,
}

/// A way to call Odoo.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Calls once, or again where that is safe, and answers what Odoo returned. A failure that
    /// comes before anything was sent is tried again always, a later one for repeatable calls.
    async fn call(&self, call: &Call<'_>) -> Result<Value>;
}

/// Opens the endpoint; nothing is sent yet.
pub fn open(endpoint: Endpoint) -> Result<(Arc<Http>, Arc<dyn Transport>)> {
    let wire = endpoint.wire;
    let http = Arc::new(Http::new(endpoint)?);
    let transport: Arc<dyn Transport> = match wire {
        Wire::Json2 => Arc::new(Json2::new(Arc::clone(&http))),
        Wire::XmlRpc => Arc::new(XmlRpc::new(Arc::clone(&http))),
        Wire::Auto => Arc::new(Chosen {
            http: Arc::clone(&http),
            choice: Mutex::new(None),
        }),
    };
    Ok((http, transport))
}

/// Chooses at the first call, and anew after the server went away: it may come back upgraded.
struct Chosen {
    http: Arc<Http>,
    choice: Mutex<Option<Arc<dyn Transport>>>,
}

impl Chosen {
    async fn choice(&self) -> Result<Arc<dyn Transport>> {
        let mut choice = self.choice.lock().await;
        if let Some(transport) = choice.as_ref() {
            return Ok(Arc::clone(transport));
        }
        let transport = self.choose().await?;
        *choice = Some(Arc::clone(&transport));
        Ok(transport)
    }

    async fn choose(&self) -> Result<Arc<dyn Transport>> {
        let version = self.http.json_version().await?;
        if version.is_some_and(|major| major >= 19) {
            let json2 = Json2::new(Arc::clone(&self.http));
            match json2.answers().await {
                Ok(true) => {
                    tracing::debug!(?version, "Odoo is spoken to by JSON-2");
                    return Ok(Arc::new(json2));
                }
                Ok(false) => {}
                Err(error) => return Err(error),
            }
        }
        tracing::info!(
            ?version,
            "Odoo does not answer JSON-2; it is spoken to by XML-RPC"
        );
        Ok(Arc::new(XmlRpc::new(Arc::clone(&self.http))))
    }
}

#[async_trait]
impl Transport for Chosen {
    async fn call(&self, call: &Call<'_>) -> Result<Value> {
        let outcome = self.choice().await?.call(call).await;
        if let Err(OdooError {
            kind: ErrorKind::Unavailable | ErrorKind::Unexpected,
            ..
        }) = outcome
        {
            *self.choice.lock().await = None;
        }
        outcome
    }
}
