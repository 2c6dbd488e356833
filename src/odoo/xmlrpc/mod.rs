//! Calls by XML-RPC (`execute_kw`): what every Odoo before 20 speaks.
//!
//! `authenticate` of `/xmlrpc/2/common` turns login and key into a user id; each call to
//! `/xmlrpc/2/object` then carries database, user id and key (Odoo, *External API*).

pub mod decode;
pub mod encode;
pub mod value;

#[cfg(test)]
mod tests;

pub use value::{Fault, FaultCode, Value};

use super::http::Http;
use super::refusal::{self, Asked};
use super::transport::{Call, Transport};
use super::{ErrorKind, OdooError, Result};
use async_trait::async_trait;
use reqwest::header::CONTENT_TYPE;
use secrecy::ExposeSecret as _;
use serde_json::Value as Json;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// The XML-RPC wire.
pub struct XmlRpc {
    http: Arc<Http>,
    /// Once known it stays: a user never changes its id.
    user: OnceCell<i64>,
}

impl XmlRpc {
    /// Sets up; nothing is sent.
    pub fn new(http: Arc<Http>) -> Self {
        XmlRpc {
            http,
            user: OnceCell::new(),
        }
    }

    async fn authenticate(&self) -> Result<i64> {
        let endpoint = self.http.endpoint();
        let params = [
            Value::String(endpoint.database.clone()),
            Value::String(endpoint.login.clone()),
            Value::String(endpoint.key.expose_secret().to_owned()),
            Value::Struct(Vec::new()),
        ];
        let asked = Asked::new(endpoint, "res.users", "authenticate");
        match self.post("common", &asked, &params, true).await? {
            Value::Int(user) if user > 0 => Ok(user),
            Value::Bool(false) | Value::Nil => Err(refusal::unauthorized(&asked)),
            _ => Err(refusal::no_data(&asked)),
        }
    }

    async fn post(
        &self,
        service: &str,
        asked: &Asked<'_>,
        params: &[Value],
        repeatable: bool,
    ) -> Result<Value> {
        let method = if service == "common" {
            asked.method
        } else {
            "execute_kw"
        };
        let body = encode::call(method, params);
        let url = self.http.url(&format!("xmlrpc/2/{service}"));
        let client = self.http.client();
        let build = || {
            let request = client.post(url.clone()).header(CONTENT_TYPE, "text/xml");
            request.body(body.clone())
        };
        let reply = self.http.exchange(build, repeatable).await?;
        if !reply.status.is_success() {
            return Err(refusal::no_xmlrpc(asked, reply.status.as_u16()));
        }
        match decode::response(&reply.body) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(fault)) => Err(refusal::fault(asked, &fault)),
            Err(error) => Err(refusal::no_data(asked).because(error)),
        }
    }
}

#[async_trait]
impl Transport for XmlRpc {
    async fn call(&self, call: &Call<'_>) -> Result<Json> {
        let user = *self.user.get_or_try_init(|| self.authenticate()).await?;
        let endpoint = self.http.endpoint();
        let (ids, named) = split(&call.args)?;
        let params = [
            Value::String(endpoint.database.clone()),
            Value::Int(user),
            Value::String(endpoint.key.expose_secret().to_owned()),
            Value::String(call.model.to_owned()),
            Value::String(call.method.to_owned()),
            Value::Array(ids.into_iter().collect()),
            Value::Struct(named),
        ];
        let asked = Asked::new(endpoint, call.model, call.method);
        let answer = self
            .post("object", &asked, &params, call.repeatable)
            .await?;
        Ok(answer.into())
    }
}

/// What `call_kw` takes by place: the records, or what `create` is to make.
const BY_PLACE: [&str; 2] = ["ids", "vals_list"];

/// `ids` go first and by place (`call_kw` takes them from there), all else by name.
#[expect(
    clippy::type_complexity,
    reason = "the two halves of one argument list"
)]
fn split(args: &Json) -> Result<(Option<Value>, Vec<(Arc<str>, Value)>)> {
    let Json::Object(members) = args else {
        let message = "the arguments of a call are not named; this is a fault of the sidecar";
        return Err(OdooError::new(ErrorKind::Invalid, message));
    };
    let named = members
        .iter()
        .filter(|(name, _)| !BY_PLACE.contains(&name.as_str()));
    let named = named.map(|(name, value)| (Arc::from(name.as_str()), Value::from(value)));
    let first = BY_PLACE.iter().find_map(|name| members.get(*name));
    Ok((first.map(Value::from), named.collect()))
}
