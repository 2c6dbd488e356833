//! The short patience: a few seconds for a hiccup. Everything longer is the job's to repeat.

use super::{Pace, unanswered};
use crate::providers::{ErrorKind, ProviderError, Result};
use reqwest::{RequestBuilder, Response, StatusCode, header};
use std::time::Duration;
use tokio::time::Instant;

/// Whether a request may be sent again when nobody knows what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Sent twice it does what it does once.
    Safe,
    /// Only when it cannot have arrived.
    Never,
    /// Not at all: its body can be sent but once.
    Once,
}

/// In all, waits included.
const BUDGET: Duration = Duration::from_secs(8);
const ATTEMPTS: u32 = 4;

/// Sends what `request` builds, again where that is safe and the budget lasts. Answers any status
/// but those that ask for patience; those become `RateLimited` or `Unavailable` in the end.
pub async fn send(
    pace: &Pace,
    repeat: Repeat,
    request: impl Fn() -> RequestBuilder,
) -> Result<Response> {
    let start = Instant::now();
    let mut attempt = 1;
    loop {
        pace.ready().await;
        let (error, wait, arrived) = match request().send().await {
            Ok(response) if !asks_for_patience(response.status()) => return Ok(response),
            Ok(response) => {
                let wait = retry_after(&response);
                if let Some(wait) = wait {
                    pace.hold(wait);
                }
                // What answers 429 did nothing; a gateway's 502 or 504 says nothing.
                let arrived = response.status() != StatusCode::TOO_MANY_REQUESTS;
                (impatient(response.status(), wait), wait, arrived)
            }
            Err(error) => {
                let arrived = !error.is_connect();
                (unanswered(error), None, arrived)
            }
        };
        let wait = wait.unwrap_or_else(|| backoff(attempt));
        let again = match repeat {
            Repeat::Safe => true,
            Repeat::Never => !arrived,
            Repeat::Once => false,
        };
        if !again || attempt == ATTEMPTS || start.elapsed() + wait > BUDGET {
            return Err(error);
        }
        tokio::time::sleep(wait).await;
        attempt += 1;
    }
}

fn asks_for_patience(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502 | 503 | 504)
}

/// `Retry-After` in seconds (RFC 9110 §10.2.3; its form with a date is taken as no answer).
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(header::RETRY_AFTER)?;
    let seconds: u64 = seconds.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn impatient(status: StatusCode, wait: Option<Duration>) -> ProviderError {
    let error = super::refused(status, "the store");
    match wait {
        Some(wait) => ProviderError {
            kind: ErrorKind::RateLimited(wait),
            ..error
        },
        None => error,
    }
}

/// 0.1 s, 0.2 s, 0.4 s …, each between its half and its whole.
fn backoff(attempt: u32) -> Duration {
    let whole = 100 * 2_u64.pow(attempt - 1);
    Duration::from_millis(fastrand::u64(whole / 2..=whole))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    /// A server that gives one of these answers to each connection; the last one for ever.
    async fn server(answers: &'static [&'static str]) -> (String, Arc<AtomicU32>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicU32::new(0));
        let count = asked.clone();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let at = count.fetch_add(1, Ordering::SeqCst) as usize;
                let answer = answers[at.min(answers.len() - 1)];
                let mut request = [0; 4096];
                let read = socket.read(&mut request).await.unwrap_or(0);
                assert!(read > 0, "a request came");
                let answer =
                    format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                socket.write_all(answer.as_bytes()).await.ok();
            }
        });
        (url, asked)
    }

    async fn ask(answers: &'static [&'static str], repeat: Repeat) -> (Result<StatusCode>, u32) {
        let (url, asked) = server(answers).await;
        let client = super::super::client().unwrap();
        let answer = send(&Pace::free(), repeat, || client.get(&url)).await;
        let status = answer.map(|response| response.status());
        (status, asked.load(Ordering::SeqCst))
    }

    #[tokio::test]
    async fn a_hiccup_is_ridden_out_and_a_refusal_is_not_repeated() {
        let (answer, asked) = ask(&["503 Busy", "502 Bad", "200 OK"], Repeat::Safe).await;
        assert_eq!((answer.unwrap().as_u16(), asked), (200, 3));
        let (answer, asked) = ask(&["403 No", "200 OK"], Repeat::Safe).await;
        assert_eq!((answer.unwrap().as_u16(), asked), (403, 1));
    }

    #[tokio::test]
    async fn what_may_have_happened_is_not_repeated() {
        let (answer, asked) = ask(&["504 Late", "200 OK"], Repeat::Never).await;
        assert_eq!(answer.unwrap_err().kind, ErrorKind::Unavailable);
        assert_eq!(asked, 1);
        let (answer, asked) = ask(&["429 Slow", "200 OK"], Repeat::Never).await;
        assert_eq!((answer.unwrap().as_u16(), asked), (200, 2));
    }

    #[tokio::test]
    async fn patience_ends_within_its_budget() {
        let start = Instant::now();
        let (answer, asked) = ask(&["503 Busy"], Repeat::Safe).await;
        assert_eq!(answer.unwrap_err().kind, ErrorKind::Unavailable);
        assert_eq!(asked, ATTEMPTS);
        assert!(start.elapsed() < BUDGET);
    }

    #[tokio::test]
    async fn a_long_wait_is_handed_to_the_caller_and_holds_the_others() {
        let (url, asked) = server(&["429 Slow\r\nRetry-After: 60"]).await;
        let client = super::super::client().unwrap();
        let pace = Pace::free();
        let error = send(&pace, Repeat::Safe, || client.get(&url))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::RateLimited(Duration::from_secs(60)));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        tokio::time::pause();
        let start = Instant::now();
        pace.ready().await;
        assert!(
            start.elapsed() > Duration::from_secs(55),
            "the next one waits"
        );
    }
}
