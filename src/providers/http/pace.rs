//! How fast one connection may ask, and the waits that its store demands.

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// One connection's pace, shared by all its calls.
#[derive(Default)]
pub struct Pace {
    limit: Option<DefaultDirectRateLimiter>,
    /// Nobody asks before this moment.
    held: Mutex<Option<Instant>>,
}

impl Pace {
    /// No limit but what the store asks for itself.
    pub fn free() -> Self {
        Self::default()
    }

    /// At most this many requests a second, with bursts of as many.
    pub fn per_second(requests: NonZeroU32) -> Self {
        Pace {
            limit: Some(RateLimiter::direct(Quota::per_second(requests))),
            held: Mutex::default(),
        }
    }

    /// Returns when the next request may go.
    pub async fn ready(&self) {
        loop {
            let held = *self.held.lock().unwrap_or_else(PoisonError::into_inner);
            match held.filter(|until| *until > Instant::now()) {
                Some(until) => tokio::time::sleep_until(until).await,
                None => break,
            }
        }
        if let Some(limit) = &self.limit {
            limit.until_ready().await;
        }
    }

    /// The store asked to wait: nobody of this connection asks before.
    pub fn hold(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_none_or(|known| known < until) {
            *held = Some(until);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_limit_of_requests_holds() {
        let pace = Pace::per_second(NonZeroU32::new(20).expect("not zero"));
        let start = std::time::Instant::now();
        for _ in 0..30 {
            pace.ready().await;
        }
        let took = start.elapsed();
        assert!(
            took > Duration::from_millis(400),
            "20 at once, 10 in {took:?}"
        );
    }
}
