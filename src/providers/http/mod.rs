//! What all stores behind HTTP share: the client, its pace, its short patience, silent errors.

pub mod pace;
pub mod retry;

pub use pace::Pace;
pub use retry::Repeat;

use super::{ErrorKind, ProviderError, Result};
use reqwest::{Client, StatusCode, redirect};
use std::time::Duration;

/// How long a server may say nothing in the middle of an answer.
const SILENCE: Duration = Duration::from_secs(60);

/// A client that follows no redirect: one to another host would take the credentials there.
pub fn client() -> Result<Client> {
    // Somebody else may have installed one before; any serves.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    Client::builder()
        .user_agent(concat!("attache/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(SILENCE)
        // Apache closes idle connections after 5 s; whoever is later meets a closed door.
        .pool_idle_timeout(Duration::from_secs(4))
        .pool_max_idle_per_host(32)
        .build()
        .map_err(|error| {
            let message = "the HTTP client cannot be built; are root certificates installed?";
            ProviderError::new(ErrorKind::Unexpected, message).because(error.without_url())
        })
}

/// A request that got no answer. The address is left out: it may hold names and secrets.
pub fn unanswered(error: reqwest::Error) -> ProviderError {
    let error = error.without_url();
    let message = if error.is_timeout() {
        "the store does not answer in time"
    } else if error.is_connect() {
        "the store cannot be reached; is its address right?"
    } else {
        "the connection to the store broke off"
    };
    ProviderError::new(ErrorKind::Unavailable, message).because(error)
}

/// What a status means that has no meaning of its own in a call; `subject` is what people call
/// the entry.
pub fn refused(status: StatusCode, subject: &str) -> ProviderError {
    let number = status.as_u16();
    let (kind, sentence) = match number {
        401 => (
            ErrorKind::Unauthorized,
            "the store refuses the user or the password; connect it again",
        ),
        403 => (ErrorKind::Forbidden, "the account may not do this"),
        404 | 410 => (ErrorKind::NotFound, "it is not there any more"),
        412 => (ErrorKind::Changed, "it was changed in the store meanwhile"),
        400 | 414 => (
            ErrorKind::Invalid,
            "the store refuses this name; rename it in Odoo",
        ),
        413 => (ErrorKind::Invalid, "the store refuses a file of this size"),
        423 => (ErrorKind::Locked, "somebody has locked it"),
        429 => (
            ErrorKind::RateLimited(Duration::from_secs(30)),
            "the store asks to wait",
        ),
        507 => (ErrorKind::QuotaFull, "the store is full"),
        405 | 501 => (ErrorKind::Unsupported, "the store cannot do this"),
        300..=399 => (
            ErrorKind::Unsupported,
            "the store sends elsewhere; connect to the address that it names",
        ),
        502..=504 => (ErrorKind::Unavailable, "the store is busy or restarting"),
        _ => (
            ErrorKind::Unexpected,
            "the store answered what it should not",
        ),
    };
    ProviderError::new(kind, format!("{subject:?}: {sentence} (HTTP {number})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn errors_tell_neither_address_nor_secret() {
        let client = client().expect("a client");
        let url = "http://user:secret@127.0.0.1:1/private?token=hush";
        let error = client.get(url).send().await.expect_err("nothing listens");
        let error = unanswered(error);
        assert_eq!(error.kind, ErrorKind::Unavailable);
        let shown = format!("{error:?} {error}");
        for secret in ["secret", "private", "hush"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
