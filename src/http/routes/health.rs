//! Whether the process lives, and whether it can work.

use crate::http::error::ApiError;
use crate::http::state::State;
use axum::Json;
use axum::extract;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use std::time::Duration;

/// How long the database may take to show that it answers.
const PATIENCE: Duration = Duration::from_secs(3);

/// `GET /healthz`: the process answers. Asks nobody, so that a slow database restarts nothing.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database answers; tells how many connections a sidecar works on. One that
/// nobody works on yet is no failure: the lease of a sidecar that died has to run out first.
pub async fn ready(extract::State(state): extract::State<State>) -> Response {
    match tokio::time::timeout(PATIENCE, state.registry.leases()).await {
        Ok(Ok(leases)) => {
            Json(json!({"ready": true, "database": "ok", "leases": leases})).into_response()
        }
        failed => {
            tracing::warn!(cause = ?failed, "not ready: the database does not answer");
            let body = Json(json!({"ready": false, "database": "does not answer"}));
            (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
        }
    }
}

/// Every other address.
pub async fn nothing() -> ApiError {
    ApiError::not_found("nothing is at this address")
}
