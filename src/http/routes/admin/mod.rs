//! The admin page: how connections fare, what waits, and what needs a person.
//!
//! Plain pages and forms. Whoever comes without a session is sent to the entry; every form
//! carries the session's mark, and forms that another site sent are refused before they are read.

mod entry;
mod forms;
mod pages;

use crate::http::error::{ApiError, in_our_words};
use crate::http::page::{STYLE, failure, guarded};
use crate::http::session::Session;
use crate::http::state::State;
use axum::Router;
use axum::extract::{self, Request};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{any, get, post};

/// The pages below `/admin`.
pub fn router(state: &State) -> Router<State> {
    Router::new()
        .route("/admin", get(entry::front))
        .route("/admin/", get(entry::slash))
        .route("/admin/enter", get(entry::door).post(entry::by_token))
        .route("/admin/leave", post(entry::leave))
        .route("/admin/style.css", get(style))
        .route("/admin/queue", get(pages::queue))
        .route("/admin/operations", get(pages::operations))
        .route("/admin/held", get(pages::held).post(forms::decide))
        .route("/admin/trouble", get(pages::trouble))
        .route("/admin/retry", post(forms::retry))
        .route("/admin/pause", post(forms::pause))
        .route("/admin/{*rest}", any(super::health::nothing))
        .layer(from_fn_with_state(state.clone(), dress))
}

/// Refuses foreign forms, and shows failures as pages.
async fn dress(
    extract::State(state): extract::State<State>,
    request: Request,
    next: Next,
) -> Response {
    let session = Session::of(&state, request.headers());
    let response = if request.method() == Method::POST && is_foreign(&request) {
        let message = "the form was sent by another site; open the admin page and repeat it there";
        ApiError::new(StatusCode::FORBIDDEN, "form", message).into_response()
    } else {
        in_our_words(next.run(request).await)
    };
    guarded(failure(&state, session.as_ref(), response))
}

/// Browsers say by themselves which site a form was on; other programs say nothing.
fn is_foreign(request: &Request) -> bool {
    let site = request.headers().get("sec-fetch-site");
    site.is_some_and(|site| site != "same-origin" && site != "none")
}

/// A page below `/admin`, with a word on what was done.
fn back_to(state: &State, page: &str) -> Response {
    Redirect::to(&format!("{}/admin{page}", state.settings.base())).into_response()
}

async fn style() -> Response {
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (CACHE_CONTROL, "public, max-age=86400"),
    ];
    (headers, STYLE).into_response()
}
