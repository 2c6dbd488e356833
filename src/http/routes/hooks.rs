//! `POST /hooks/odoo`: Odoo says that something has changed. Facts are read from the feed; this
//! only asks for it to be read now.

use crate::http::error::ApiError;
use crate::http::registry::Target;
use crate::http::state::{State, now};
use crate::odoo::token::is_nudge;
use axum::body::Bytes;
use axum::extract;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;

/// How far Odoo's clock may be from ours, in seconds. A nudge that is played again within this
/// time asks for one more look, and that is all it does.
const WINDOW: u64 = 300;

#[derive(Deserialize)]
struct Nudge {
    db: String,
    at: i64,
}

/// Checks the signature over the very bytes of the body, then wakes whoever reads the feed.
pub async fn odoo(
    extract::State(state): extract::State<State>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, ApiError> {
    let refused = || {
        let message = "the nudge is not signed with the secret of a paired database";
        ApiError::new(StatusCode::FORBIDDEN, "signature", message)
    };
    let signature = headers
        .get("x-attache-signature")
        .and_then(|value| value.to_str().ok())
        .ok_or_else(refused)?;
    let secrets = state.registry.secrets().await?;
    let signed = secrets
        .iter()
        .find(|(_, secret)| is_nudge(secret, &body, signature));
    let (database, _) = signed.ok_or_else(refused)?;
    let nudge: Nudge = serde_json::from_slice(&body).map_err(|_| refused())?;
    if !nudge.db.eq_ignore_ascii_case(database) {
        return Err(refused());
    }
    if now().abs_diff(nudge.at) > WINDOW {
        let message = "the nudge is from another time; set the clocks of Odoo and the sidecar";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "clock", message));
    }
    state.nudge.nudge(Target::Database(database.clone()));
    Ok(StatusCode::NO_CONTENT)
}
