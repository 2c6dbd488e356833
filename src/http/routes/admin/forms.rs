//! What a person may tell the sidecar to do: try again, and answer the guard.

use super::back_to;
use crate::http::error::ApiError;
use crate::http::registry::Target;
use crate::http::session::Session;
use crate::http::state::State;
use crate::tree::{ConnectionId, Verdict};
use axum::Form;
use axum::extract;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Again {
    form_mark: String,
    connection: ConnectionId,
}

/// `POST /admin/retry`: tries what is stuck or backs off at once.
pub(super) async fn retry(
    extract::State(state): extract::State<State>,
    session: Session,
    Form(form): Form<Again>,
) -> Result<Response, ApiError> {
    session.check(&state, &form.form_mark)?;
    let count = state.registry.retry(form.connection, &session.who).await?;
    tracing::info!(connection = %form.connection, count, who = session.who, "asked to try again");
    state.nudge.nudge(Target::Connection(form.connection));
    Ok(back_to(&state, "/trouble?done=retry"))
}

#[derive(Deserialize)]
pub(super) struct Pause {
    form_mark: String,
    connection: ConnectionId,
    paused: bool,
}

/// `POST /admin/pause`: stops a connection, or lets it go on.
pub(super) async fn pause(
    extract::State(state): extract::State<State>,
    session: Session,
    Form(form): Form<Pause>,
) -> Result<Response, ApiError> {
    session.check(&state, &form.form_mark)?;
    let (connection, paused, who) = (form.connection, form.paused, &session.who);
    state.registry.pause(connection, paused, who).await?;
    tracing::info!(%connection, paused, who, "a connection was stopped or let go on");
    state.nudge.nudge(Target::Connection(connection));
    Ok(back_to(&state, ""))
}

#[derive(Deserialize)]
pub(super) struct Decision {
    form_mark: String,
    connection: ConnectionId,
    /// Of the plan that the person looked at.
    mark: String,
    answer: Verdict,
}

/// `POST /admin/held`: approves or rejects exactly the plan that was shown.
pub(super) async fn decide(
    extract::State(state): extract::State<State>,
    session: Session,
    Form(form): Form<Decision>,
) -> Result<Response, ApiError> {
    session.check(&state, &form.form_mark)?;
    let verdict = form.answer;
    let (registry, who) = (&state.registry, &session.who);
    if !registry
        .decide(form.connection, &form.mark, verdict, who)
        .await?
    {
        let message = "another plan is held by now, or none; look at it again";
        return Err(ApiError::new(StatusCode::CONFLICT, "another_plan", message));
    }
    tracing::info!(connection = %form.connection, ?verdict, who, "the guard was answered");
    state.nudge.nudge(Target::Connection(form.connection));
    Ok(back_to(&state, &format!("/held?done={}", verdict.as_str())))
}
