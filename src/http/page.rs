//! The pages: handlebars templates that are compiled in, one layout, no script, no outside asset.

use super::error::ApiError;
use super::session::Session;
use super::state::State;
use super::view;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use handlebars::Handlebars;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// The stylesheet of all pages.
pub const STYLE: &str = include_str!("templates/style.css");

/// What pages may do: be styled by this address, send forms to it, and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

const TEMPLATES: &[(&str, &str)] = &[
    ("layout", include_str!("templates/layout.hbs")),
    ("enter", include_str!("templates/enter.hbs")),
    ("failure", include_str!("templates/failure.hbs")),
    ("connections", include_str!("templates/connections.hbs")),
    ("queue", include_str!("templates/queue.hbs")),
    ("operations", include_str!("templates/operations.hbs")),
    (
        "operation_rows",
        include_str!("templates/operation_rows.hbs"),
    ),
    ("trouble", include_str!("templates/trouble.hbs")),
    ("held", include_str!("templates/held.hbs")),
];

/// The sections of the admin page: address below `/admin`, and name.
const SECTIONS: &[(&str, &str)] = &[
    ("", "Connections"),
    ("/queue", "Queue"),
    ("/operations", "Operations"),
    ("/held", "Held"),
    ("/trouble", "Trouble"),
];

/// The compiled templates.
pub struct Pages {
    templates: Handlebars<'static>,
    /// Changes with the stylesheet, so that browsers may keep it.
    style: String,
}

#[derive(Serialize)]
struct Page<'a, T: Serialize> {
    base: &'a str,
    style: &'a str,
    title: &'a str,
    /// `None` on pages for everybody.
    who: Option<&'a str>,
    form_mark: String,
    sections: Vec<serde_json::Value>,
    /// What the last form did.
    notice: Option<&'a str>,
    #[serde(flatten)]
    content: &'a T,
}

impl Pages {
    /// Compiles every template.
    pub(super) fn new() -> Self {
        let mut registry = Handlebars::new();
        view::register(&mut registry);
        for (name, text) in TEMPLATES {
            registry
                .register_template_string(name, text)
                .expect("the templates are part of the program and covered by tests");
        }
        let mut style = hex::encode(Sha256::digest(STYLE));
        style.truncate(12);
        Pages {
            templates: registry,
            style,
        }
    }
}

/// A page of the admin side. `content` is what its template reads.
pub fn page<T: Serialize>(
    state: &State,
    session: Option<&Session>,
    template: &str,
    title: &str,
    notice: Option<&str>,
    content: &T,
) -> Response {
    let base = state.settings.base();
    let sections = SECTIONS.iter().map(|(path, name)| {
        json!({"address": format!("{base}/admin{path}"), "name": name, "here": *name == title})
    });
    let data = Page {
        base,
        style: &state.pages.style,
        title,
        who: session.map(|session| session.who.as_str()),
        form_mark: session
            .map(|session| session.form_mark(state))
            .unwrap_or_default(),
        sections: sections.collect(),
        notice,
        content,
    };
    match state.pages.templates.render(template, &data) {
        Ok(html) => guarded(Html(html).into_response()),
        Err(error) => {
            tracing::error!(template, cause = %error, "a page could not be rendered");
            let message = "the page could not be made; the log says why";
            ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message).into_response()
        }
    }
}

/// A failure as a page, with the status and headers that it has for programs.
pub fn failure(state: &State, session: Option<&Session>, failed: Response) -> Response {
    let Some(error) = failed.extensions().get::<ApiError>().cloned() else {
        return failed;
    };
    let content = json!({"message": error.message, "code": error.code});
    let shown = page(state, session, "failure", "Not possible", None, &content);
    let (mut parts, body) = shown.into_parts();
    parts.status = error.status;
    if let Some(seconds) = error.retry_after {
        parts
            .headers
            .insert("retry-after", HeaderValue::from(seconds));
    }
    parts.extensions.insert(error);
    Response::from_parts(parts, body)
}

/// Adds what every page of the admin side is sent with.
pub fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
