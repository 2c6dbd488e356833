//! A person's web session in Odoo, as the browser has it: for pairing only.
//!
//! `POST /web/session/authenticate` and `POST /web/dataset/call_kw` speak JSON-RPC 2.0; the session
//! is a cookie (Odoo 19, `web/controllers/session.py`, `dataset.py`).

use super::http::{below, shown};
use super::refusal::{self, Asked};
use super::spool::Disk;
use super::transport::{Endpoint, Limits, Wire};
use super::{ErrorKind, OdooError, Result};
use reqwest::Client;
use reqwest::header::{COOKIE, SET_COOKIE};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use url::Url;

/// A logged-in user.
pub struct Web {
    client: Client,
    endpoint: Endpoint,
    cookie: String,
    /// Whether the user is an administrator (right *Settings*).
    pub is_system: bool,
}

impl Web {
    /// Logs in. `Unauthorized` for a wrong login or password, and for a user whose second factor
    /// would be asked for.
    pub async fn login(
        client: Client,
        url: &Url,
        database: &str,
        login: &str,
        password: SecretString,
    ) -> Result<Web> {
        let endpoint = Endpoint {
            url: url.clone(),
            database: database.to_owned(),
            login: login.to_owned(),
            key: password,
            wire: Wire::Auto,
            limits: Limits::default(),
            spool: Disk::default(),
        };
        let mut web = Web {
            client,
            endpoint,
            cookie: String::new(),
            is_system: false,
        };
        let params = json!({
            "db": database,
            "login": login,
            "password": web.endpoint.key.expose_secret(),
        });
        let asked = Asked::new(&web.endpoint, "res.users", "authenticate");
        let (result, cookie) = web.post("web/session/authenticate", params, &asked).await?;
        let user = result.get("uid").and_then(Value::as_i64);
        let is_system = result.get("is_system") == Some(&Value::Bool(true));
        match (user, cookie) {
            (Some(_), Some(cookie)) => {
                (web.cookie, web.is_system) = (cookie, is_system);
                Ok(web)
            }
            _ => {
                let message = format!(
                    "Odoo asks {login} for a second factor: pair as an administrator who has none"
                );
                Err(OdooError::new(ErrorKind::Unauthorized, message))
            }
        }
    }

    /// Calls a method as this user, with arguments by place and by name.
    pub async fn call(
        &self,
        model: &str,
        method: &str,
        args: Value,
        named: Value,
    ) -> Result<Value> {
        let params = json!({ "model": model, "method": method, "args": args, "kwargs": named });
        let asked = Asked::new(&self.endpoint, model, method);
        let path = format!("web/dataset/call_kw/{model}/{method}");
        Ok(self.post(&path, params, &asked).await?.0)
    }

    /// The result, and the session's cookie where one was set.
    async fn post(
        &self,
        path: &str,
        params: Value,
        asked: &Asked<'_>,
    ) -> Result<(Value, Option<String>)> {
        let url = &self.endpoint.url;
        let request = self
            .client
            .post(below(url, path))
            .timeout(self.endpoint.limits.call)
            .header(COOKIE, &self.cookie)
            .json(&json!({ "jsonrpc": "2.0", "method": "call", "params": params }));
        let reply = request
            .send()
            .await
            .map_err(|error| unreachable(url, error))?;
        let cookies = reply.headers().get_all(SET_COOKIE).iter();
        let cookie = cookies
            .filter_map(|cookie| cookie.to_str().ok()?.split(';').next())
            .find(|cookie| cookie.starts_with("session_id="))
            .map(str::to_owned);
        let status = reply.status().as_u16();
        let body = reply
            .bytes()
            .await
            .map_err(|error| unreachable(url, error))?;
        let Ok(mut answer) = serde_json::from_slice::<Value>(&body) else {
            return Err(refusal::json2(asked, status, &body));
        };
        if let Some(data) = answer.pointer("/error/data") {
            let text = |key| data.get(key).and_then(Value::as_str).unwrap_or_default();
            return Err(self.refused(asked, text("name"), text("message")));
        }
        let result = answer.get_mut("result").map(Value::take);
        Ok((result.unwrap_or_default(), cookie))
    }

    fn refused(&self, asked: &Asked<'_>, name: &str, message: &str) -> OdooError {
        if name.ends_with(".AccessDenied") && asked.method == "authenticate" {
            let message = format!(
                "Odoo refuses login or password of {} for the database {}: correct them",
                self.endpoint.login, self.endpoint.database
            );
            return OdooError::new(ErrorKind::Unauthorized, message);
        }
        refusal::named(asked, name, message)
    }
}

/// Nothing answers, or not wholly.
pub fn unreachable(url: &Url, error: reqwest::Error) -> OdooError {
    let message = format!(
        "nothing answers at {}: start Odoo or correct its address",
        shown(url)
    );
    OdooError::new(ErrorKind::Unavailable, message).because(error.without_url())
}
