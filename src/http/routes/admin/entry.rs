//! The ways in and out: a one-time ticket that Odoo signed, or the admin token from the settings.

use super::{back_to, pages};
use crate::http::error::ApiError;
use crate::http::page::page;
use crate::http::routes::{verified, with_admin_token};
use crate::http::session::{Session, farewell};
use crate::http::state::{State, now};
use crate::odoo::token::{Purpose, TokenError};
use axum::Form;
use axum::extract::{self, ConnectInfo, Query};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

#[derive(Deserialize)]
pub(super) struct Visit {
    ticket: Option<String>,
}

/// `GET /admin`: the connections, or a ticket to be let in by.
pub(super) async fn front(
    extract::State(state): extract::State<State>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Query(visit): Query<Visit>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let session = Session::of(&state, &headers);
    match (visit.ticket, session) {
        // Loading the page again, or going back to it, with a ticket that has done its work.
        (Some(_), Some(_)) => Ok(back_to(&state, "")),
        // A look at the headers must not use the ticket up.
        (Some(_), None) if method != Method::GET => Ok(back_to(&state, "/enter")),
        (Some(ticket), None) => by_ticket(&state, &ticket, peer.ip()).await,
        (None, Some(session)) => pages::connections(&state, &session).await,
        (None, None) => Ok(back_to(&state, "/enter")),
    }
}

/// `GET /admin/`: as people type it.
pub(super) async fn slash(extract::State(state): extract::State<State>) -> Response {
    back_to(&state, "")
}

/// Lets the owner of a ticket in, once.
async fn by_ticket(state: &State, ticket: &str, address: IpAddr) -> Result<Response, ApiError> {
    let refused = |why: &str| {
        let message = format!("{why}; open the admin page from Odoo again");
        ApiError::new(StatusCode::FORBIDDEN, "ticket", message)
    };
    state
        .attempts
        .check(address, Instant::now())
        .map_err(ApiError::too_many)?;
    let token = match verified(state, Purpose::Admin, ticket).await? {
        Ok((_, claims)) => claims,
        Err(TokenError::Expired) => return Err(refused("this link has expired")),
        Err(fault) => {
            state.attempts.failed(address, Instant::now());
            tracing::warn!(%address, %fault, "an admin ticket was refused");
            return Err(refused("this link is not valid"));
        }
    };
    let name = hex::encode(Sha256::digest(ticket.as_bytes()));
    if !state.registry.spend(&name, token.exp).await? {
        return Err(refused("this link was used already"));
    }
    Ok(welcome(state, format!("user {} of Odoo", token.user)))
}

/// `GET /admin/enter`: the form for the admin token, or the way to Odoo.
pub(super) async fn door(
    extract::State(state): extract::State<State>,
    headers: HeaderMap,
) -> Response {
    match Session::of(&state, &headers) {
        Some(_) => back_to(&state, ""),
        None => shut(&state, None),
    }
}

#[derive(Deserialize)]
pub(super) struct Given {
    token: String,
}

/// `POST /admin/enter`: lets in whoever has the admin token.
pub(super) async fn by_token(
    extract::State(state): extract::State<State>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Form(given): Form<Given>,
) -> Response {
    match with_admin_token(&state, given.token.trim(), peer.ip()) {
        Ok(()) => welcome(&state, "the admin token".into()),
        Err(error) => shut(&state, Some(&error)),
    }
}

#[derive(Deserialize)]
pub(super) struct Farewell {
    form_mark: String,
}

/// `POST /admin/leave`: ends the session in this browser.
pub(super) async fn leave(
    extract::State(state): extract::State<State>,
    session: Session,
    Form(form): Form<Farewell>,
) -> Result<Response, ApiError> {
    session.check(&state, &form.form_mark)?;
    let mut response = back_to(&state, "/enter");
    response.headers_mut().insert(SET_COOKIE, farewell(&state));
    Ok(response)
}

fn welcome(state: &State, who: String) -> Response {
    tracing::info!(who, "the admin page was opened");
    let session = Session::new(state, who, now());
    let mut response = back_to(state, "");
    response
        .headers_mut()
        .insert(SET_COOKIE, session.cookie(state));
    response
}

fn shut(state: &State, error: Option<&ApiError>) -> Response {
    let content = json!({
        "by_token": state.settings.admin_token.is_some(),
        "error": error.map(|error| error.message.as_str()),
    });
    let mut response = page(state, None, "enter", "Come in", None, &content);
    if let Some(error) = error {
        *response.status_mut() = error.status;
        if let Some(seconds) = error.retry_after {
            response.headers_mut().insert("retry-after", seconds.into());
        }
    }
    response
}
