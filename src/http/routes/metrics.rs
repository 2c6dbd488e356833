//! `GET /metrics`: what the program has measured, and the queue, as Prometheus text. For callers
//! on the same machine, or with the admin token. Connections are told by their identity only.

use super::with_bearer;
use crate::http::error::ApiError;
use crate::http::state::State;
use axum::extract::{self, ConnectInfo};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use std::fmt::Write as _;
use std::net::SocketAddr;

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
    let proxied = PROXIED.iter().any(|name| headers.contains_key(*name));
    let near = peer.ip().to_canonical().is_loopback() && !proxied;
    if !near || headers.contains_key(AUTHORIZATION) {
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

/// The counts that the database holds. Identities, classes and states need no escaping.
async fn write_queue(state: &State, text: &mut String) -> Result<(), ApiError> {
    let (connections, queue) = (state.desk.connections().await?, state.desk.queue().await?);
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
