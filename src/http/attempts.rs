//! Wrong guesses, limited by address: of the admin token, and of admin tickets.
//!
//! Only failures count, and an address that has used them up is refused before anything is
//! compared, so that guessing on teaches nothing. (A limiter that counts every call would slow
//! down the rightful caller as well.)

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Failures that an address may make in a row.
const BURST: u32 = 5;
/// One more is allowed after each of these.
const REFILL: Duration = Duration::from_secs(12);
/// Addresses remembered before those that have paid off are forgotten.
const MANY: usize = 1024;

/// Remembers who guessed wrong. One for the process: sidecars each count for themselves.
#[derive(Debug, Default)]
pub struct Attempts {
    /// When an address will have paid for all its failures.
    paid: Mutex<HashMap<IpAddr, Instant>>,
}

impl Attempts {
    /// Nobody has guessed yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// `Err` with the seconds to wait when this address may not try at `now`.
    pub fn check(&self, address: IpAddr, now: Instant) -> Result<(), u64> {
        let paid = self.paid.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(&until) = paid.get(&network(address)) else {
            return Ok(());
        };
        let most = REFILL * (BURST - 1);
        match until.saturating_duration_since(now).checked_sub(most) {
            Some(wait) if !wait.is_zero() => Err(wait.as_secs() + 1),
            _ => Ok(()),
        }
    }

    /// Counts a wrong guess.
    pub fn failed(&self, address: IpAddr, now: Instant) {
        let mut paid = self.paid.lock().unwrap_or_else(PoisonError::into_inner);
        if paid.len() >= MANY {
            paid.retain(|_, until| *until > now);
        }
        let until = paid.entry(network(address)).or_insert(now);
        *until = (*until).max(now) + REFILL;
    }
}

/// Who holds one IPv6 address holds its whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn five_wrong_guesses_and_then_one_each_twelve_seconds() {
        let (attempts, start) = (Attempts::new(), Instant::now());
        for _ in 0..BURST {
            assert_eq!(attempts.check(ip("10.0.0.1"), start), Ok(()));
            attempts.failed(ip("10.0.0.1"), start);
        }
        assert_eq!(attempts.check(ip("10.0.0.1"), start), Err(13));
        assert_eq!(attempts.check(ip("10.0.0.2"), start), Ok(()));
        let later = start + REFILL;
        assert_eq!(attempts.check(ip("10.0.0.1"), later), Ok(()));
        attempts.failed(ip("10.0.0.1"), later);
        assert!(attempts.check(ip("10.0.0.1"), later).is_err());
    }

    #[test]
    fn an_ipv6_network_counts_as_one() {
        let (attempts, now) = (Attempts::new(), Instant::now());
        for host in 0..5 {
            attempts.failed(ip(&format!("2001:db8::{host}")), now);
        }
        assert!(attempts.check(ip("2001:db8::ffff"), now).is_err());
        assert!(attempts.check(ip("2001:db8:0:1::1"), now).is_ok());
        for _ in 0..5 {
            attempts.failed(ip("::ffff:10.0.0.1"), now);
        }
        assert!(attempts.check(ip("10.0.0.1"), now).is_err());
    }

    #[test]
    fn those_who_have_paid_are_forgotten() {
        let (attempts, now) = (Attempts::new(), Instant::now());
        for number in 0..=u32::try_from(MANY).expect("small") {
            let at = now + REFILL * 2 * (number / 1024);
            attempts.failed(IpAddr::V4(number.into()), at);
        }
        assert_eq!(attempts.paid.lock().expect("no panic").len(), 1);
    }
}
