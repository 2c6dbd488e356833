//! `/api/v1`: the rows of the admin page as JSON, for programs that hold the admin token.

use super::with_bearer;
use crate::http::error::ApiError;
use crate::http::registry::{ConnectionRow, HeldRow, OperationRow, QueueRow, Which};
use crate::http::state::State;
use crate::tree::ConnectionId;
use axum::extract::{self, ConnectInfo, Request};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use serde::Deserialize;
use std::net::SocketAddr;

/// Most rows of one answer.
const MOST: u32 = 1000;

/// The read API, shut to whoever has no admin token.
pub fn router(state: &State) -> Router<State> {
    Router::new()
        .route("/api/v1/connections", get(connections))
        .route("/api/v1/queue", get(queue))
        .route("/api/v1/operations", get(operations))
        .route("/api/v1/held", get(held))
        .route("/api/v1/{*rest}", any(super::health::nothing))
        .layer(from_fn_with_state(state.clone(), guard))
}

async fn guard(
    extract::State(state): extract::State<State>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    match with_bearer(&state, request.headers(), peer.ip()) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

async fn connections(
    extract::State(state): extract::State<State>,
) -> Result<Json<Vec<ConnectionRow>>, ApiError> {
    Ok(Json(state.registry.connections().await?))
}

async fn queue(
    extract::State(state): extract::State<State>,
) -> Result<Json<Vec<QueueRow>>, ApiError> {
    Ok(Json(state.registry.queue().await?))
}

async fn held(
    extract::State(state): extract::State<State>,
) -> Result<Json<Vec<HeldRow>>, ApiError> {
    Ok(Json(state.registry.held().await?))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    which: Which,
    connection: Option<ConnectionId>,
    limit: Option<u32>,
}

async fn operations(
    extract::State(state): extract::State<State>,
    extract::Query(asked): extract::Query<Asked>,
) -> Result<Json<Vec<OperationRow>>, ApiError> {
    let limit = asked.limit.unwrap_or(100).min(MOST);
    let rows = state
        .registry
        .operations(asked.which, asked.connection, limit)
        .await?;
    Ok(Json(rows))
}
