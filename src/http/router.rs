//! Which address is answered by which route, and what every answer carries.

use super::error::in_our_words;
use super::routes::{admin, api, files, health, hooks, metrics};
use super::state::State;
use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::http::HeaderValue;
use axum::http::header::X_CONTENT_TYPE_OPTIONS;
use axum::middleware::{Next, from_fn, map_response};
use axum::response::Response;
use axum::routing::{get, post};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;

/// Largest body of a request: forms and nudges are small.
const LARGEST_BODY: usize = 64 * 1024;

/// Everything that this side answers.
pub fn router(state: State) -> Router {
    let trace = TraceLayer::new_for_http().make_span_with(|request: &Request| {
        tracing::info_span!("request", method = %request.method(), route = route(request))
    });
    Router::new()
        .route("/files/{token}", get(files::get).head(files::head))
        .route("/hooks/odoo", post(hooks::odoo))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::all))
        .merge(api::router(&state))
        .merge(admin::router(&state))
        .fallback(health::nothing)
        .layer(map_response(async |response: Response| {
            in_our_words(response)
        }))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(SetResponseHeaderLayer::overriding(
            X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .layer(from_fn(count))
        .layer(trace)
        .with_state(state)
}

/// The route, never the address: addresses hold tokens.
fn route(request: &Request) -> &str {
    let matched = request.extensions().get::<MatchedPath>();
    matched.map_or("none", MatchedPath::as_str)
}

/// Counts requests by route and status.
async fn count(request: Request, next: Next) -> Response {
    let route = route(&request).to_owned();
    let response = next.run(request).await;
    let status = response.status().as_str().to_owned();
    ::metrics::counter!("attache_requests", "route" => route, "status" => status).increment(1);
    response
}
