//! Odoo's clock, as its own rows tell it. Ours may be wrong; only how much time passes is taken
//! from it.

use std::time::Duration;
use time::format_description::FormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};
use tokio::time::Instant;

/// A row carries the time at which its transaction began: one that ran this long is still seen.
const OVERLAP: Duration = Duration::from_secs(120);

const FORMAT: &[FormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");

/// What is known of Odoo's clock: never ahead of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock(Option<(PrimitiveDateTime, Instant)>);

impl Clock {
    /// Takes in the time of a row that was just read.
    pub fn heard(&mut self, written: &str) {
        let Ok(written) = PrimitiveDateTime::parse(written, FORMAT) else {
            return;
        };
        if self.now().is_none_or(|now| written > now) {
            self.0 = Some((written, Instant::now()));
        }
    }

    /// What it shows at least.
    fn now(&self) -> Option<PrimitiveDateTime> {
        let (heard, at) = self.0?;
        heard.checked_add(time::Duration::try_from(at.elapsed()).ok()?)
    }

    /// From when on rows may not have been seen yet.
    pub fn since(&self) -> String {
        self.before(OVERLAP)
            .unwrap_or_else(|| "1970-01-01 00:00:00".to_owned())
    }

    /// So long before it shows now; `None` where nothing is known.
    pub fn before(&self, long: Duration) -> Option<String> {
        let long = time::Duration::try_from(long).ok()?;
        self.now()?.checked_sub(long)?.format(FORMAT).ok()
    }
}

/// Today, for people.
pub fn day() -> String {
    OffsetDateTime::now_utc().date().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_goes_on_by_our_own_and_never_back() {
        let mut clock = Clock::default();
        assert_eq!(clock.since(), "1970-01-01 00:00:00");
        clock.heard("2026-11-28 10:00:00");
        assert_eq!(clock.since(), "2026-11-28 09:58:00");
        tokio::time::advance(Duration::from_secs(300)).await;
        assert_eq!(clock.since(), "2026-11-28 10:03:00");
        clock.heard("2026-11-28 10:04:00");
        assert_eq!(clock.since(), "2026-11-28 10:03:00", "an older row");
        clock.heard("2026-11-28 10:06:00");
        clock.heard("no time");
        assert_eq!(clock.since(), "2026-11-28 10:04:00");
        assert_eq!(
            clock.before(Duration::from_secs(86400)).as_deref(),
            Some("2026-11-27 10:06:00")
        );
    }
}
