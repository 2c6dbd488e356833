//! Which address is answered by which route, and what every answer carries.

use super::error::in_our_words;
use super::routes::{admin, api, files, health, hooks, metrics};
use super::state::State;
use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::http::HeaderValue;
use axum::http::header::X_CONTENT_TYPE_OPTIONS;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{get, post};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;

/// Largest body of a request: forms and nudges are small.
const LARGEST_BODY: usize = 64 * 1024;

/// Everything that this side answers.
pub fn router(state: State) -> Router {
    let trace = TraceLayer::new_for_http().make_span_with(|request: &Request| {
        // The route, never the address: addresses hold tokens.
        let route = request.extensions().get::<MatchedPath>();
        let route = route.map_or("none", MatchedPath::as_str);
        tracing::info_span!("request", method = %request.method(), route)
    });
    Router::new()
        .route("/files/{token}", get(files::get).head(files::head))
        .route("/hooks/odoo", post(hooks::odoo))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::all))
        .nest("/api/v1", api::router(&state))
        .nest("/admin", admin::router(&state))
        .fallback(health::nothing)
        .layer(map_response(async |response: Response| {
            in_our_words(response)
        }))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(SetResponseHeaderLayer::overriding(
            X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .layer(trace)
        .with_state(state)
}
