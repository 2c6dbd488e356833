//! `GET /metrics`: what the program has measured, and the queue, as Prometheus text. For callers
//! on the same machine, as long as no proxy may stand for others there, or with the admin token.
//! Connections are told by their identity only.

use super::with_bearer;
use crate::http::error::ApiError;
use crate::http::state::State;
use axum::extract::{self, ConnectInfo};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use axum::http::uri::Authority;
use axum::response::{IntoResponse as _, Response};
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

/// Headers that a proxy adds: whoever sent them is not on this machine, though its proxy may be.
const PROXIED: &[&str] = &[
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
];

/// All metrics.
pub async fn all(
    extract::State(state): extract::State<State>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if !is_near(&state, peer, &headers) || headers.contains_key(AUTHORIZATION) {
        with_bearer(&state, &headers, peer.ip())?;
    }
    let mut text = state
        .metrics
        .as_ref()
        .map(|handle| handle.render())
        .unwrap_or_default();
    write_queue(&state, &mut text).await?;
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}

/// Whether somebody on this machine asks for himself. A plain proxy adds no header, but passes the
/// name on that it was asked by, or stands behind a public address that the settings name.
fn is_near(state: &State, peer: SocketAddr, headers: &HeaderMap) -> bool {
    let proxied = PROXIED.iter().any(|name| headers.contains_key(*name));
    let asked = headers.get(HOST).and_then(|host| host.to_str().ok());
    let asked: Option<Authority> = asked.and_then(|host| host.parse().ok());
    let public = state.settings.public_url.host_str().unwrap_or_default();
    peer.ip().to_canonical().is_loopback()
        && !proxied
        && asked.is_some_and(|asked| is_loopback(asked.host()))
        && is_loopback(public)
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// The counts that the database holds. Identities, classes and states need no escaping.
async fn write_queue(state: &State, text: &mut String) -> Result<(), ApiError> {
    let (connections, queue) = (
        state.registry.connections().await?,
        state.registry.queue().await?,
    );
    text.push_str(
        "# HELP attache_connection Connections by state.\n# TYPE attache_connection gauge\n",
    );
    for row in &connections {
        let (id, is) = (row.id, &row.state);
        let _ = writeln!(
            text,
            "attache_connection{{connection=\"{id}\",state=\"{is}\"}} 1"
        );
    }
    text.push_str(
        "# HELP attache_files Files that both sides agree on.\n# TYPE attache_files gauge\n",
    );
    for row in &connections {
        let (id, count) = (row.id, row.files);
        let _ = writeln!(text, "attache_files{{connection=\"{id}\"}} {count}");
    }
    text.push_str("# HELP attache_operations Open operations.\n# TYPE attache_operations gauge\n");
    for row in &queue {
        let (id, class, is, count) = (row.connection, &row.class, &row.state, row.count);
        let _ = writeln!(
            text,
            "attache_operations{{connection=\"{id}\",class=\"{class}\",state=\"{is}\"}} {count}"
        );
    }
    Ok(())
}
