//! Odoo's clock, as the witness tells it whenever it gets a word. Ours may be wrong; only how much
//! time passes is taken from it. No other row is believed: people can date one in the future.

use std::time::Duration;
use time::format_description::FormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};
use tokio::time::Instant;

/// A row carries the time at which its transaction began: one that ran this long is still seen.
const OVERLAP: Duration = Duration::from_secs(120);

/// Odoo tells whole seconds: within this long a row may be written once more under the same time.
const SAME_SECOND: Duration = Duration::from_secs(2);

const FORMAT: &[FormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");

/// What is known of Odoo's clock: never ahead of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock(Option<(PrimitiveDateTime, Instant)>);

/// A time of Odoo's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(PrimitiveDateTime);

impl Clock {
    /// Takes in the time of what was written just now. Answers whether the clock was put back, by
    /// so much that rows may be older than what was looked at already.
    pub fn set(&mut self, written: &str) -> bool {
        let Ok(written) = PrimitiveDateTime::parse(written, FORMAT) else {
            return false;
        };
        let is_back = self.before(OVERLAP).is_some_and(|at| written < at.0);
        self.0 = Some((written, Instant::now()));
        is_back
    }

    /// What it shows at least.
    pub fn now(&self) -> Option<Moment> {
        let (heard, at) = self.0?;
        let passed = time::Duration::try_from(at.elapsed()).ok()?;
        heard.checked_add(passed).map(Moment)
    }

    /// So long before it shows now; `None` where nothing is known.
    pub fn before(&self, long: Duration) -> Option<Moment> {
        self.now()?.before(long)
    }

    /// Whether a row of this time will not be written again under the same time: it is over, or
    /// somebody dated it far ahead.
    pub fn is_settled(&self, written: &str) -> bool {
        let Some(now) = self.now() else {
            return false;
        };
        let is_over = now
            .before(SAME_SECOND)
            .is_some_and(|at| written < at.text().as_str());
        let far = time::Duration::try_from(OVERLAP).ok();
        let far = far.and_then(|far| now.0.checked_add(far)).map(Moment);
        is_over || far.is_some_and(|far| written > far.text().as_str())
    }
}

impl Moment {
    fn before(self, long: Duration) -> Option<Moment> {
        let long = time::Duration::try_from(long).ok()?;
        self.0.checked_sub(long).map(Moment)
    }

    /// As Odoo writes it.
    pub fn text(self) -> String {
        // These parts exist of every date.
        self.0.format(FORMAT).unwrap_or_default()
    }
}

/// From when on rows may not have been seen yet, where the last look that went well began at
/// `seen`.
pub fn since(seen: Option<Moment>) -> String {
    let from = seen.and_then(|seen| seen.before(OVERLAP));
    from.map_or_else(|| "1970-01-01 00:00:00".to_owned(), Moment::text)
}

/// So long ago by our own clock, as Odoo writes it.
pub fn ago(long: Duration) -> String {
    let now = OffsetDateTime::now_utc();
    let now = Moment(PrimitiveDateTime::new(now.date(), now.time()));
    now.before(long).map(Moment::text).unwrap_or_default()
}

/// Today, for people.
pub fn day() -> String {
    OffsetDateTime::now_utc().date().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_goes_on_by_our_own_and_back_when_odoo_says_so() {
        let mut clock = Clock::default();
        let shown = |clock: &Clock| clock.now().map(Moment::text);
        assert_eq!(shown(&clock), None);
        assert!(!clock.set("2026-11-28 10:00:00"));
        tokio::time::advance(Duration::from_secs(300)).await;
        assert_eq!(shown(&clock).as_deref(), Some("2026-11-28 10:05:00"));
        assert!(!clock.set("2026-11-28 10:04:00"), "a little late");
        assert_eq!(shown(&clock).as_deref(), Some("2026-11-28 10:04:00"));
        assert!(!clock.set("2099-01-01 00:00:00"));
        assert!(clock.set("2026-11-28 10:06:00"), "back");
        assert!(!clock.set("no time"));
        let day = clock.before(Duration::from_secs(86400)).map(Moment::text);
        assert_eq!(day.as_deref(), Some("2026-11-27 10:06:00"));
    }

    #[tokio::test(start_paused = true)]
    async fn what_came_while_nobody_looked_is_looked_at() {
        let mut clock = Clock::default();
        assert_eq!(since(clock.now()), "1970-01-01 00:00:00");
        clock.set("2026-11-28 10:00:00");
        let seen = clock.now();
        assert_eq!(since(seen), "2026-11-28 09:58:00");
        // An outage of an hour.
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert_eq!(since(seen), "2026-11-28 09:58:00");
    }

    #[tokio::test(start_paused = true)]
    async fn a_row_of_this_second_may_be_written_again() {
        let mut clock = Clock::default();
        assert!(!clock.is_settled("2026-11-28 10:00:00"));
        clock.set("2026-11-28 10:00:00");
        assert!(!clock.is_settled("2026-11-28 10:00:00"));
        tokio::time::advance(Duration::from_secs(3)).await;
        assert!(clock.is_settled("2026-11-28 10:00:00"));
        assert!(!clock.is_settled("2026-11-28 10:00:05"), "our clock lags");
        assert!(clock.is_settled("2099-01-01 00:00:00"));
    }
}
