//! Pairing: an administrator's password, used once, becomes a service user with a key, and a
//! secret that both sides share.
//!
//! The addon makes user and key (`docs/protocol.md` §1, `pair`); it is asked over Odoo's own web
//! session, so nothing must be run on Odoo's host.

use super::http::{below, client, major, shown};
use super::service::{MODEL, Service};
use super::spool::Disk;
use super::token::Secret;
use super::transport::{Endpoint, Limits, Wire};
use super::web::Web;
use super::wire::absent;
use super::{ErrorKind, OdooError, Result};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

/// The oldest Odoo that the addon is for.
const OLDEST: u32 = 19;

/// Who pairs what with what.
#[derive(Clone, Debug)]
pub struct Pairing {
    pub url: Url,
    pub database: String,
    /// An administrator's, used only here and never kept.
    pub login: String,
    pub password: SecretString,
    /// Where Odoo reaches the sidecar.
    pub sidecar_url: Url,
    /// Where people's browsers reach the sidecar.
    pub public_url: Url,
    /// A new one each time ([`Secret::random`]): it is what a new key is given for.
    pub secret: Secret,
}

/// What came of it; keep it sealed.
#[derive(Clone, Debug)]
pub struct Paired {
    /// The service user.
    pub login: String,
    pub key: SecretString,
    /// The database's uuid, which tokens and nudges carry.
    pub uuid: String,
    pub epoch: String,
    /// Versions, for people.
    pub odoo: String,
    pub addon: String,
}

/// What the addon answers.
#[derive(Deserialize)]
struct Answer {
    login: String,
    #[serde(default, deserialize_with = "absent")]
    key: Option<String>,
}

/// Pairs. Again with a new secret: the service user stays, and secret and key are replaced at
/// once, so a sidecar that still holds the older ones is locked out until it is given the new.
pub async fn pair(pairing: &Pairing) -> Result<Paired> {
    let limits = Limits::default();
    let http = client(limits.connect, limits.call)?;
    let version = version(&http, &pairing.url).await?;
    if major(&version).is_none_or(|major| major < OLDEST) {
        let message =
            format!("Odoo {version} is too old for Attaché: upgrade it to {OLDEST} or newer");
        return Err(OdooError::new(ErrorKind::Incompatible, message));
    }
    let password = pairing.password.clone();
    let admin = Web::login(
        http,
        &pairing.url,
        &pairing.database,
        &pairing.login,
        password,
    )
    .await?;
    if !admin.is_system {
        let message = format!(
            "{} is no administrator of {}: pair as a user with the right Settings",
            pairing.login, pairing.database
        );
        return Err(OdooError::new(ErrorKind::Forbidden, message));
    }
    demand_addon(&admin, &pairing.database).await?;
    let args = json!({
        "secret": pairing.secret.expose(),
        "sidecar_url": pairing.sidecar_url.as_str(),
        "public_url": pairing.public_url.as_str(),
    });
    let answer = admin.call(MODEL, "pair", json!([]), args).await?;
    let answer: Answer = serde_json::from_value(answer).map_err(|error| {
        let message = "the addon's answer to the pairing is not as agreed on: upgrade the older of addon and sidecar";
        OdooError::new(ErrorKind::Incompatible, message).because(error)
    })?;
    let key = answer.key.map(SecretString::from).ok_or_else(|| {
        let message =
            "Odoo holds this secret already and gives no second key for it: pair with a new one";
        OdooError::new(ErrorKind::Invalid, message)
    })?;
    // Proves that the key works on the wire that it is for.
    let service = Service::new(Endpoint {
        url: pairing.url.clone(),
        database: pairing.database.clone(),
        login: answer.login.clone(),
        key: key.clone(),
        wire: Wire::Auto,
        limits,
        spool: Disk::default(),
    })?;
    let hello = service.hello().await?;
    Ok(Paired {
        login: answer.login,
        key,
        uuid: hello.uuid,
        epoch: hello.epoch,
        odoo: hello.odoo,
        addon: hello.addon,
    })
}

/// The server's version. `GET /json/version` is there from 19 on, the other since long before.
pub(super) async fn version(http: &reqwest::Client, url: &Url) -> Result<String> {
    let asked = http.post(below(url, "web/webclient/version_info"));
    let reply = asked
        .json(&json!({ "jsonrpc": "2.0", "params": {} }))
        .send()
        .await;
    let reply = reply.map_err(|error| super::web::unreachable(url, error))?;
    let told: Option<Value> = reply.json().await.ok();
    let version = told
        .as_ref()
        .and_then(|told| told.pointer("/result/server_version")?.as_str());
    version.map(str::to_owned).ok_or_else(|| {
        let message = format!(
            "{} is not an Odoo: give the address at which Odoo itself answers",
            shown(url)
        );
        OdooError::new(ErrorKind::Missing, message)
    })
}

async fn demand_addon(admin: &Web, database: &str) -> Result<()> {
    let found = admin
        .call(
            "ir.module.module",
            "search_read",
            json!([[["name", "=", "attache"]]]),
            json!({ "fields": ["state"], "limit": 1 }),
        )
        .await?;
    let message = match found.pointer("/0/state").and_then(Value::as_str) {
        Some("installed" | "to upgrade") => return Ok(()),
        Some(_) => format!(
            "the addon Attaché is not installed in {database}: install it in Odoo's Apps and pair again"
        ),
        None => format!(
            "the server of {database} does not know the addon Attaché: put its folder into the addons path, restart Odoo, choose Update Apps List, install it and pair again"
        ),
    };
    Err(OdooError::new(ErrorKind::Missing, message))
}
