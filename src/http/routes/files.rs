//! `GET /files/{token}`: the bytes that a token of Odoo names, from the cloud that has them.

use super::verified;
use crate::http::conditions::{Wish, wish};
use crate::http::disposition::presentation;
use crate::http::error::{ApiError, CLOUD_WAIT};
use crate::http::registry::{Stored, Target};
use crate::http::state::State;
use crate::http::transfer::exactly;
use crate::odoo::token::{Claims, Purpose, TokenError};
use crate::providers::{Item, Provider};
use crate::tree::{HashKind, Sameness};
use axum::body::Body;
use axum::extract::{self, Path};
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, REFERRER_POLICY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// How long a cloud may take to begin an answer. Odoo waits 20 s.
const PATIENCE: Duration = Duration::from_secs(15);

/// How soon to ask again for a file that is just being brought over.
const SOON: u64 = 5;

/// What a file may do in a browser: nothing.
const POLICY: &str = "default-src 'none'; sandbox; frame-ancestors 'self'";

/// A token's file, where it is, and the cloud that has it.
struct Found {
    token: Claims,
    stored: Stored,
    cloud: Arc<dyn Provider>,
}

/// The bytes, or a part of them. Only ever bytes of the content that the token names.
pub async fn get(
    extract::State(state): extract::State<State>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response<Body>, ApiError> {
    let found = find(&state, &token).await?;
    let size = found.stored.fingerprint.size;
    let (start, length, part) = match wish(&headers, &found.etag(), size) {
        Wish::Whole => (0, size, false),
        Wish::Part { start, length } => (start, length, true),
        other => return found.without_bytes(other),
    };
    let bytes = in_time(found.open(&state, start, length)).await?;
    let mut response = found.headed(length);
    if part {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let range = format!("bytes {start}-{}/{size}", start + length - 1);
        response.headers_mut().insert(CONTENT_RANGE, ascii(&range));
    }
    *response.body_mut() = Body::from_stream(bytes);
    Ok(response)
}

/// What `GET` without a range would say, without its bytes; asks the cloud whether it has them.
pub async fn head(
    extract::State(state): extract::State<State>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response<Body>, ApiError> {
    let found = find(&state, &token).await?;
    let mut headers = headers;
    headers.remove(axum::http::header::RANGE); // RFC 9110 §14.2: for GET only
    match wish(&headers, &found.etag(), found.stored.fingerprint.size) {
        Wish::Whole | Wish::Part { .. } => {}
        other => return found.without_bytes(other),
    }
    let metadata = async { Ok(found.cloud.metadata(&found.stored.locator).await?) };
    found.is_still(&in_time(metadata).await?)?;
    Ok(found.headed(found.stored.fingerprint.size))
}

async fn find(state: &State, text: &str) -> Result<Found, ApiError> {
    let refused = || {
        let message = "this link is not valid; open the file from Odoo";
        ApiError::new(StatusCode::FORBIDDEN, "token", message)
    };
    let (database, token) = match verified(state, Purpose::File, text).await? {
        Ok(told) => told,
        Err(TokenError::Expired) => {
            let message = "this link has expired; open the file from Odoo again";
            return Err(ApiError::new(StatusCode::FORBIDDEN, "expired", message));
        }
        Err(fault) => {
            tracing::warn!(%fault, "a link to a file was refused");
            return Err(refused());
        }
    };
    if token.sha1.len() != 40 || !token.sha1.bytes().all(|sign| sign.is_ascii_hexdigit()) {
        return Err(refused());
    }
    let Some(stored) = state.registry.stored(&database, token.id).await? else {
        let message = "this file is in no cloud that the sidecar knows";
        return Err(ApiError::new(
            StatusCode::NOT_FOUND,
            "unknown_file",
            message,
        ));
    };
    if stored.fingerprint.hash(HashKind::Sha1) != Some(token.sha1.as_str()) {
        return Err(changed());
    }
    let Some(cloud) = state.clouds.provider(stored.connection) else {
        let message = "the connection of this file is not there at the moment; see the admin page";
        return Err(ApiError::cloud_unavailable(message, CLOUD_WAIT));
    };
    Ok(Found {
        token,
        stored,
        cloud,
    })
}

async fn in_time<T>(call: impl Future<Output = Result<T, ApiError>>) -> Result<T, ApiError> {
    tokio::time::timeout(PATIENCE, call)
        .await
        .unwrap_or_else(|_| {
            tracing::warn!("a cloud took too long to begin a file");
            let message = "the cloud takes too long to answer; try again later";
            Err(ApiError::cloud_unavailable(message, CLOUD_WAIT))
        })
}

fn changed() -> ApiError {
    let message = "the file has other bytes now; open it from Odoo again";
    ApiError::new(StatusCode::CONFLICT, "changed", message)
}

fn unsure() -> ApiError {
    let message = "the file was touched in the cloud and is being looked at; try again";
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "being_checked", message).retry_after(SOON)
}

fn ascii(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("digits, hex and our own words")
}

impl Found {
    fn etag(&self) -> String {
        format!("\"{}\"", self.token.sha1)
    }

    /// The bytes, the first of them at hand: what fails before them is told by a status, and only
    /// what fails later cuts the answer off.
    async fn open(
        &self,
        state: &State,
        start: u64,
        length: u64,
    ) -> Result<BoxStream<'static, io::Result<Bytes>>, ApiError> {
        let download = self.cloud.read(&self.stored.locator, start).await?;
        let sure = self.is_still(&download.item)?;
        let whole = length == self.stored.fingerprint.size;
        let look_again = || {
            state
                .nudge
                .nudge(Target::Connection(self.stored.connection))
        };
        if !sure {
            look_again();
            if !whole {
                return Err(unsure());
            }
        }
        // A whole file is checked on its way, sure or not: a store may also rot.
        let expected = whole.then(|| self.token.sha1.clone());
        let (id, connection) = (self.token.id, self.stored.connection);
        let mut bytes = exactly(download.bytes, length, expected).inspect_err(move |error| {
            tracing::warn!(attachment = id, %connection, cause = %error, "a download was cut off");
        });
        match bytes.try_next().await {
            Ok(first) => {
                let first = stream::iter(first.map(Ok));
                Ok(first.chain(bytes).boxed())
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                look_again();
                Err(unsure())
            }
            Err(_) => {
                let message = "the cloud broke off; try again later";
                Err(ApiError::cloud_unavailable(message, CLOUD_WAIT))
            }
        }
    }

    /// Whether the cloud's file is surely the one that was agreed on (true) or may be it (false:
    /// another revision, and no hash that tells). `changed` when it surely is not.
    fn is_still(&self, item: &Item) -> Result<bool, ApiError> {
        let agreed = &self.stored.fingerprint;
        match item.fingerprint.as_ref().map(|told| told.compare(agreed)) {
            Some(Sameness::Different) => Err(changed()),
            Some(Sameness::Same) => Ok(true),
            _ => {
                let known = !item.revision.as_str().is_empty();
                Ok(known && item.revision == self.stored.revision)
            }
        }
    }

    fn without_bytes(&self, wish: Wish) -> Result<Response<Body>, ApiError> {
        let mut response = Response::new(Body::empty());
        response.headers_mut().insert(ETAG, ascii(&self.etag()));
        response
            .headers_mut()
            .insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        *response.status_mut() = match wish {
            Wish::NotModified => StatusCode::NOT_MODIFIED,
            Wish::Refused => {
                return Err(ApiError::new(
                    StatusCode::PRECONDITION_FAILED,
                    "precondition",
                    "the file has other bytes than asked for",
                ));
            }
            _ => {
                let size = self.stored.fingerprint.size;
                response
                    .headers_mut()
                    .insert(CONTENT_RANGE, ascii(&format!("bytes */{size}")));
                StatusCode::RANGE_NOT_SATISFIABLE
            }
        };
        Ok(response)
    }

    fn headed(&self, length: u64) -> Response<Body> {
        let shown = presentation(&self.token.name, &self.token.mimetype, self.token.inline);
        let fixed = HeaderValue::from_static;
        let table: [(HeaderName, HeaderValue); 9] = [
            (CONTENT_TYPE, shown.content_type),
            (CONTENT_DISPOSITION, shown.disposition),
            (CONTENT_LENGTH, HeaderValue::from(length)),
            (ETAG, ascii(&self.etag())),
            (ACCEPT_RANGES, fixed("bytes")),
            (CACHE_CONTROL, fixed("private, no-cache")),
            (CONTENT_SECURITY_POLICY, fixed(POLICY)),
            (REFERRER_POLICY, fixed("no-referrer")),
            (
                HeaderName::from_static("cross-origin-resource-policy"),
                fixed("same-origin"),
            ),
        ];
        let mut response = Response::new(Body::empty());
        response.headers_mut().extend(table);
        response
    }
}
