//! Calls by JSON-2 (Odoo 19 and newer).
//!
//! `POST /json/2/<model>/<method>` with the named arguments as a JSON object, the key as bearer
//! token and the database in a header; the answer is the method's result as JSON
//! (Odoo 19, `rpc/controllers/json2.py`).

use super::Result;
use super::http::{Http, Reply};
use super::refusal::{self, Asked};
use super::transport::{Call, Transport};
use async_trait::async_trait;
use reqwest::{RequestBuilder, StatusCode};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use std::sync::Arc;

/// Names the database where a server has several.
pub const DATABASE_HEADER: &str = "X-Odoo-Database";

/// The JSON-2 wire.
pub struct Json2 {
    http: Arc<Http>,
}

impl Json2 {
    /// Sets up; nothing is sent.
    pub fn new(http: Arc<Http>) -> Self {
        Json2 { http }
    }

    /// Whether the server speaks JSON-2 to this key. False only where the address is not there,
    /// say behind a proxy that does not pass it on; a refused key or database is an error.
    pub async fn answers(&self) -> Result<bool> {
        let call = Call {
            model: "res.users",
            method: "context_get",
            args: json!({}),
            repeatable: true,
        };
        let reply = self.send(&call).await?;
        if reply.status == StatusCode::NOT_FOUND && !refusal::is_no_database(&reply.body) {
            return Ok(false);
        }
        self.result(&call, &reply).map(|_| true)
    }

    async fn send(&self, call: &Call<'_>) -> Result<Reply> {
        let url = self
            .http
            .url(&format!("json/2/{}/{}", call.model, call.method));
        let build =
            || authorised(&self.http, self.http.client().post(url.clone())).json(&call.args);
        self.http.exchange(build, call.repeatable).await
    }

    fn result(&self, call: &Call<'_>, reply: &Reply) -> Result<Value> {
        let asked = Asked::new(self.http.endpoint(), call.model, call.method);
        if !reply.status.is_success() {
            return Err(refusal::json2(&asked, reply.status.as_u16(), &reply.body));
        }
        serde_json::from_slice(&reply.body).map_err(|error| refusal::no_data(&asked).because(error))
    }
}

/// The request with the key and the database: how the addon's own routes are asked too.
pub fn authorised(http: &Http, request: RequestBuilder) -> RequestBuilder {
    let endpoint = http.endpoint();
    request
        .bearer_auth(endpoint.key.expose_secret())
        .header(DATABASE_HEADER, &endpoint.database)
}

#[async_trait]
impl Transport for Json2 {
    async fn call(&self, call: &Call<'_>) -> Result<Value> {
        let reply = self.send(call).await?;
        self.result(call, &reply)
    }
}
