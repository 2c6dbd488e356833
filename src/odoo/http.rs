//! HTTP to one Odoo: one client, few calls at once, what may be repeated, and plain words for
//! what fails below Odoo itself.

use super::transport::Endpoint;
use super::{ErrorKind, OdooError, Result};
use bytes::{Bytes, BytesMut};
use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Body, Client, ClientBuilder, RequestBuilder, Response, StatusCode, redirect};
use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};
use url::Url;

/// Waits before the second and the third try.
const BACKOFF: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];

/// The longest `Retry-After` that a call sits out itself.
const MOST_WAIT: Duration = Duration::from_secs(2);

/// Bytes a second at least, where many are moved: a slower way is as good as none.
const SLOWEST: usize = 128 << 10;

/// Odoo's `GET /json/version` (Odoo 19, `rpc/controllers/__init__.py`).
#[derive(serde::Deserialize)]
struct Version {
    version: String,
}

/// An answer as it came.
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// The way to one Odoo.
pub struct Http {
    client: Client,
    /// For calls, which are limited as a whole: an upload has no pieces to be read.
    calls: Client,
    endpoint: Endpoint,
    gate: Arc<Semaphore>,
}

/// A client as every call to Odoo needs it: no redirects (an API never redirects; a page for
/// choosing a database does), no compression, and no idle connection kept so long that Odoo,
/// which gives up after 2 seconds, closes it under a request.
pub fn client(connect: Duration, read: Duration) -> Result<Client> {
    build(builder(connect).read_timeout(read))
}

fn builder(connect: Duration) -> ClientBuilder {
    // Fails only where the program has installed one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .connect_timeout(connect)
        .redirect(redirect::Policy::none())
        .pool_idle_timeout(Duration::from_secs(1))
        .user_agent(concat!("attache/", env!("CARGO_PKG_VERSION")))
}

fn build(builder: ClientBuilder) -> Result<Client> {
    builder.build().map_err(|error| {
        let message = "the HTTP client cannot be set up; see the log for the cause";
        OdooError::new(ErrorKind::Unexpected, message).because(error)
    })
}

/// How long a call may take that moves so many bytes.
fn patience(call: Duration, bytes: usize) -> Duration {
    call + Duration::from_secs((bytes / SLOWEST) as u64)
}

impl Http {
    /// Sets up; nothing is sent.
    pub fn new(endpoint: Endpoint) -> Result<Self> {
        let client = client(endpoint.limits.connect, endpoint.limits.call)?;
        let calls = build(builder(endpoint.limits.connect))?;
        let gate = Arc::new(Semaphore::new(endpoint.limits.parallel.max(1)));
        Ok(Http {
            client,
            calls,
            endpoint,
            gate,
        })
    }

    /// Whom it speaks to.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The client, for building a request.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The address of a path (without leading slash) on the server.
    pub fn url(&self, path: &str) -> Url {
        below(&self.endpoint.url, path)
    }

    /// Sends and takes the whole answer, whatever its status but "not now". Tries again as
    /// [`super::transport::Transport::call`] says.
    pub async fn exchange(
        &self,
        build: impl Fn() -> RequestBuilder + Send + Sync,
        repeatable: bool,
    ) -> Result<Reply> {
        let mut waits = BACKOFF.iter();
        loop {
            let failure = match self.once(build()).await {
                Ok(reply) => return Ok(reply),
                Err(failure) => failure,
            };
            let wait = match (waits.next(), failure.error.kind) {
                (Some(_), ErrorKind::Busy(wait)) if wait <= MOST_WAIT => Some(wait),
                (Some(wait), ErrorKind::Unavailable) => Some(*wait),
                _ => None,
            };
            match wait {
                Some(wait) if failure.unsent || (repeatable && !failure.slow) => {
                    tracing::debug!(error = %failure.error, ?wait, "asking Odoo again");
                    tokio::time::sleep(wait).await;
                }
                _ => return Err(failure.error),
            }
        }
    }

    async fn once(&self, request: RequestBuilder) -> std::result::Result<Reply, Failure> {
        let permit = self.permit().await;
        let request = request.build().map_err(|error| self.failure(error))?;
        metrics::counter!("attache_odoo_calls").increment(1);
        let sent = request
            .body()
            .and_then(Body::as_bytes)
            .map_or(0, <[u8]>::len);
        let began = Instant::now();
        let limit = patience(self.endpoint.limits.call, sent);
        let response = timeout(limit, self.calls.execute(request)).await;
        let mut response = response
            .map_err(|_| self.too_slow(limit))?
            .map_err(|error| self.failure(error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = BytesMut::new();
        loop {
            let limit = patience(self.endpoint.limits.call, sent + body.len());
            let left = limit.saturating_sub(began.elapsed());
            let part = timeout(left, response.chunk()).await;
            let part = part.map_err(|_| self.too_slow(limit))?;
            match part.map_err(|error| self.failure(error))? {
                Some(part) => body.extend_from_slice(&part),
                None => break,
            }
        }
        drop(permit);
        if let Some(error) = self.not_now(status, &headers) {
            return Err(Failure {
                error,
                // A limiter says 429 before it passes anything on; the others may come from a
                // proxy that did.
                unsent: status == StatusCode::TOO_MANY_REQUESTS,
                slow: status == StatusCode::GATEWAY_TIMEOUT,
            });
        }
        Ok(Reply {
            status,
            headers,
            body: body.freeze(),
        })
    }

    /// Sends and hands the answer over while it comes; hold the permit until it ended. Never
    /// tried again, and only the wait between two pieces is limited.
    pub async fn stream(
        &self,
        request: RequestBuilder,
    ) -> Result<(Response, OwnedSemaphorePermit)> {
        let permit = self.permit().await;
        let response = request
            .send()
            .await
            .map_err(|error| self.failure(error).error)?;
        match self.not_now(response.status(), response.headers()) {
            Some(error) => Err(error),
            None => Ok((response, permit)),
        }
    }

    async fn permit(&self) -> OwnedSemaphorePermit {
        let gate = Arc::clone(&self.gate);
        gate.acquire_owned()
            .await
            .expect("the gate is never closed")
    }

    /// The major version as `GET /json/version` tells it; `None` where the server has no such
    /// page: it is older than Odoo 19.
    pub async fn json_version(&self) -> Result<Option<u32>> {
        let url = self.url("json/version");
        let reply = self.exchange(|| self.client.get(url.clone()), true).await?;
        let told = serde_json::from_slice::<Version>(&reply.body).ok();
        Ok(told
            .filter(|_| reply.status.is_success())
            .and_then(|told| major(&told.version)))
    }

    /// A failure to send or to take the answer.
    fn failure(&self, error: reqwest::Error) -> Failure {
        let error = error.without_url();
        let (url, limits) = (shown(&self.endpoint.url), self.endpoint.limits);
        let (unsent, slow) = (error.is_connect(), error.is_timeout());
        let message = if unsent {
            format!(
                "nothing answers at {url} ({}): start Odoo or correct its address",
                cause(&error)
            )
        } else if slow {
            no_answer(&url, limits.call)
        } else {
            format!(
                "the answer of Odoo at {url} was cut ({}); it is asked again later",
                cause(&error)
            )
        };
        Failure {
            error: OdooError::new(ErrorKind::Unavailable, message).because(error),
            unsent,
            slow,
        }
    }

    fn too_slow(&self, limit: Duration) -> Failure {
        let message = no_answer(&shown(&self.endpoint.url), limit);
        Failure {
            error: OdooError::new(ErrorKind::Unavailable, message),
            unsent: false,
            slow: true,
        }
    }

    /// What a proxy or a restarting server says before Odoo itself does.
    fn not_now(&self, status: StatusCode, headers: &HeaderMap) -> Option<OdooError> {
        let url = shown(&self.endpoint.url);
        match status {
            StatusCode::TOO_MANY_REQUESTS => Some(OdooError::new(
                ErrorKind::Busy(retry_after(headers).unwrap_or(Duration::from_secs(5))),
                format!("Odoo at {url} is asked too often; it is asked again later"),
            )),
            StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => {
                let kind = retry_after(headers).map_or(ErrorKind::Unavailable, ErrorKind::Busy);
                let message = format!(
                    "Odoo at {url} is restarting or in maintenance (status {}); it is asked again later",
                    status.as_u16()
                );
                Some(OdooError::new(kind, message))
            }
            status if status.is_redirection() && status != StatusCode::NOT_MODIFIED => {
                Some(redirected(&url, &self.endpoint.database, headers))
            }
            _ => None,
        }
    }
}

/// A failed exchange, and what it means for another try.
struct Failure {
    error: OdooError,
    /// Nothing has reached Odoo.
    unsent: bool,
    /// It has already taken all the time that a call may take.
    slow: bool,
}

fn no_answer(url: &str, limit: Duration) -> String {
    format!("Odoo at {url} gave no answer within {limit:?}; it is asked again later")
}

fn redirected(url: &str, database: &str, headers: &HeaderMap) -> OdooError {
    let target = headers.get(LOCATION).and_then(|value| value.to_str().ok());
    let target = target.unwrap_or("an unknown address");
    if target.contains("/web/database/") {
        let message = format!(
            "Odoo at {url} asks to choose a database: it has none named {database}, or its dbfilter hides it"
        );
        return OdooError::new(ErrorKind::WrongDatabase, message);
    }
    let message =
        format!("{url} redirects to {target}: give the address at which Odoo itself answers");
    OdooError::new(ErrorKind::Missing, message)
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The innermost cause: the outer layers only say that something failed.
fn cause(error: &reqwest::Error) -> String {
    let mut innermost: Option<&dyn std::error::Error> = error.source();
    while let Some(next) = innermost.and_then(|inner| inner.source()) {
        innermost = Some(next);
    }
    innermost.map_or_else(|| error.to_string(), ToString::to_string)
}

/// An address as people may see it: without a name and a password in it.
pub fn shown(url: &Url) -> String {
    let mut url = url.clone();
    let _ = url.set_password(None);
    let _ = url.set_username("");
    url.as_str().trim_end_matches('/').to_owned()
}

/// `path` below an address that may have a path itself.
pub fn below(url: &Url, path: &str) -> Url {
    let mut url = url.clone();
    let whole = format!("{}/{path}", url.path().trim_end_matches('/'));
    url.set_path(&whole);
    url.set_query(None);
    url
}

/// The major version in `19.0`, `19.0+e`, `saas~18.4` …
pub fn major(version: &str) -> Option<u32> {
    let digits = version.trim_start_matches(|sign: char| !sign.is_ascii_digit());
    let end = digits.find(|sign: char| !sign.is_ascii_digit());
    digits[..end.unwrap_or(digits.len())].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_call_has_longer() {
        let call = Duration::from_secs(120);
        assert_eq!(patience(call, 1000), call);
        assert_eq!(patience(call, 86 << 20), Duration::from_secs(120 + 688));
    }
}
