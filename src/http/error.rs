//! What a caller is told when something fails: a status, a stable code, a sentence.

use super::registry::RegistryError;
use crate::providers::{ErrorKind, ProviderError};
use axum::Json;
use axum::http::header::{ALLOW, CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A failure as the caller sees it. Causes go to the log and are never sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    pub status: StatusCode,
    /// For programs; never changes its meaning.
    pub code: &'static str,
    /// For people; lower case, no final stop.
    pub message: String,
    /// Seconds, at least 1.
    pub retry_after: Option<u64>,
}

impl ApiError {
    /// A failure that the same request would meet again.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        ApiError {
            status,
            code,
            message: message.into(),
            retry_after: None,
        }
    }

    /// The same request may succeed after this many seconds.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds.max(1));
        self
    }

    /// No such page or row.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// Whoever asks did not show who they are.
    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
    }

    /// Too many wrong guesses from one address.
    pub fn too_many(seconds: u64) -> Self {
        let message = "too many wrong attempts from this address; wait and try again";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", message).retry_after(seconds)
    }

    /// The cloud does not give the bytes just now.
    pub fn cloud_unavailable(message: impl Into<String>, seconds: u64) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "cloud_unavailable",
            message,
        )
        .retry_after(seconds)
    }
}

/// How long to wait before asking a store again that gave no time of its own.
pub(super) const CLOUD_WAIT: u64 = 30;

impl From<ProviderError> for ApiError {
    fn from(error: ProviderError) -> Self {
        tracing::warn!(kind = ?error.kind, error = %error, cause = ?error.source, "a cloud did not give a file");
        match error.kind {
            ErrorKind::NotFound => ApiError::new(
                StatusCode::NOT_FOUND,
                "missing_in_cloud",
                "the cloud does not have this file any more; look into the trash of the cloud",
            ),
            ErrorKind::RateLimited(wait) => {
                let message = "the cloud asks to wait; try again later";
                ApiError::cloud_unavailable(message, wait.as_secs().saturating_add(1))
            }
            _ => {
                let message = "the cloud does not give the file at the moment; try again later";
                ApiError::cloud_unavailable(message, CLOUD_WAIT)
            }
        }
    }
}

impl From<RegistryError> for ApiError {
    fn from(error: RegistryError) -> Self {
        tracing::error!(cause = ?error.0, "the database did not answer a request");
        ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "database_unavailable",
            "the sidecar's database does not answer; try again later",
        )
        .retry_after(5)
    }
}

/// The same answer in the shape of all others, when the framework refused the request in words of
/// its own: they would repeat what the caller sent.
pub fn in_our_words(response: Response) -> Response {
    let refused = matches!(
        response.status().as_u16(),
        400 | 405 | 408 | 413 | 415 | 422
    );
    if !refused || response.extensions().get::<ApiError>().is_some() {
        return response;
    }
    let allow = response.headers().get(ALLOW).cloned();
    let message =
        "the request cannot be read: a part of it is missing, too large or not as it must be";
    let mut ours = ApiError::new(response.status(), "request", message).into_response();
    if let Some(allow) = allow {
        ours.headers_mut().insert(ALLOW, allow);
    }
    ours
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = Json(json!({"code": self.code, "message": self.message}));
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // The admin page shows the same failure as a page.
        response.extensions_mut().insert(self);
        response
    }
}
