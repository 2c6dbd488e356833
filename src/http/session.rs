//! Who looks at the admin page: a signed cookie, and the mark that every form carries.
//!
//! The cookie holds its own end of life and needs no table, so every sidecar knows it.

use super::error::ApiError;
use super::signature::{is_signed, mac, open, seal};
use super::state::{State, now};
use axum::extract::FromRequestParts;
use axum::http::header::COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use hmac::Mac as _;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How long a session lives, in seconds: a working day.
const LIFE: i64 = 8 * 3600;

/// The name of the cookie.
const NAME: &str = "attache_session";

#[derive(Serialize, Deserialize)]
struct Payload {
    who: String,
    exp: i64,
    /// Makes every session's form mark another one.
    nonce: Uuid,
}

/// Somebody who showed a ticket or the admin token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// For people and the log: `user 7 of Odoo`, `the admin token`.
    pub who: String,
    sealed: String,
}

impl Session {
    /// A new session that begins `at` (seconds since 1970 UTC).
    pub fn new(state: &State, who: impl Into<String>, at: i64) -> Self {
        let payload = Payload {
            who: who.into(),
            exp: at + LIFE,
            nonce: Uuid::new_v4(),
        };
        let json = serde_json::to_vec(&payload).expect("plain data is JSON");
        Session {
            who: payload.who,
            sealed: seal(key(state), &json),
        }
    }

    /// The session of a request, if its cookie is ours and still lives.
    pub fn of(state: &State, headers: &HeaderMap) -> Option<Self> {
        let cookies = headers.get_all(COOKIE).iter();
        cookies
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .filter(|(name, _)| *name == NAME)
            .find_map(|(_, sealed)| Self::read(state, sealed, now()))
    }

    fn read(state: &State, sealed: &str, at: i64) -> Option<Self> {
        let payload: Payload = serde_json::from_slice(&open(key(state), sealed)?).ok()?;
        (payload.exp > at).then(|| Session {
            who: payload.who,
            sealed: sealed.to_owned(),
        })
    }

    /// What `Set-Cookie` says to begin this session.
    ///
    /// `Lax`, since the way in is a link from Odoo's own address; forms are guarded by their mark.
    pub fn cookie(&self, state: &State) -> HeaderValue {
        cookie(state, &self.sealed, LIFE)
    }

    /// The mark that forms of this session carry.
    pub fn form_mark(&self, state: &State) -> String {
        hex::encode(mac(key(state), &self.marked()).finalize().into_bytes())
    }

    /// Refuses a form that this session was not given.
    pub fn check(&self, state: &State, mark: &str) -> Result<(), ApiError> {
        if is_signed(key(state), &self.marked(), mark) {
            return Ok(());
        }
        let message = "the form is not from this session; go back, load the page again and repeat";
        Err(ApiError::new(StatusCode::FORBIDDEN, "form", message))
    }

    fn marked(&self) -> Vec<u8> {
        [b"form ", self.sealed.as_bytes()].concat()
    }
}

/// What `Set-Cookie` says to end a session.
pub fn farewell(state: &State) -> HeaderValue {
    cookie(state, "", 0)
}

fn key(state: &State) -> &[u8] {
    state.settings.session_key.expose_secret()
}

fn cookie(state: &State, value: &str, life: i64) -> HeaderValue {
    let base = state.settings.base();
    let secure = match state.settings.public_url.scheme() {
        "https" => "; Secure",
        _ => "",
    };
    let text = format!(
        "{NAME}={value}; Path={base}/admin; Max-Age={life}; HttpOnly; SameSite=Lax{secure}"
    );
    HeaderValue::from_str(&text).expect("base64 and a URL's path are plain ASCII")
}

impl FromRequestParts<State> for Session {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Response> {
        Session::of(state, &parts.headers).ok_or_else(|| {
            let enter = format!("{}/admin/enter", state.settings.base());
            Redirect::to(&enter).into_response()
        })
    }
}
