//! The routes, one file each, and how a caller shows that it may ask.

pub mod admin;
pub mod api;
pub mod files;
pub mod health;
pub mod hooks;
pub mod metrics;

use super::error::ApiError;
use super::state::{State, now};
use crate::odoo::token::{Claims, Purpose, TokenError, verify};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use std::net::IpAddr;
use std::time::Instant;

/// What a token says, and the uuid of the paired database that signed it.
async fn verified(
    state: &State,
    purpose: Purpose,
    token: &str,
) -> Result<Result<(String, Claims), TokenError>, ApiError> {
    let mut fault = TokenError::Forged;
    for (database, secret) in state.registry.secrets().await? {
        match verify(&secret, &database, purpose, token, now()) {
            Ok(claims) => return Ok(Ok((database, claims))),
            Err(TokenError::Forged) => {}
            Err(found) => fault = found,
        }
    }
    Ok(Err(fault))
}

/// Passes whoever shows the admin token; counts whoever shows a wrong one.
fn with_admin_token(state: &State, given: &str, address: IpAddr) -> Result<(), ApiError> {
    state
        .attempts
        .check(address, Instant::now())
        .map_err(ApiError::too_many)?;
    match &state.settings.admin_token {
        Some(token) if token.is(given) => Ok(()),
        Some(_) => {
            state.attempts.failed(address, Instant::now());
            tracing::warn!(%address, "a wrong admin token was tried");
            Err(ApiError::unauthorized("this is not the admin token"))
        }
        None => {
            let message = "no admin token is set; set one in the settings to use this";
            Err(ApiError::unauthorized(message))
        }
    }
}

/// Passes a request that carries the admin token as its bearer.
fn with_bearer(state: &State, headers: &HeaderMap, address: IpAddr) -> Result<(), ApiError> {
    let bearer = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    match bearer {
        Some(token) => with_admin_token(state, token, address),
        None => Err(ApiError::unauthorized("send the admin token as a bearer")),
    }
}
