//! Counting what is under way, and waiting until it is little.

use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Notify;

/// How many of something are under way, and what counts as little.
pub struct Tally {
    count: AtomicUsize,
    /// Fewer than this many are little.
    limit: usize,
    fell: Notify,
}

/// One of them, until it is dropped.
pub struct Counted<'a>(&'a Tally);

impl Tally {
    /// None are under way. `limit` is at least one.
    pub fn new(limit: usize) -> Self {
        Tally {
            count: AtomicUsize::new(0),
            limit,
            fell: Notify::new(),
        }
    }

    /// Counts one more.
    pub fn one(&self) -> Counted<'_> {
        self.count.fetch_add(1, Ordering::AcqRel);
        Counted(self)
    }

    /// Waits until there are fewer than the limit.
    pub async fn little(&self) {
        loop {
            let mut fell = std::pin::pin!(self.fell.notified());
            fell.as_mut().enable();
            if self.count.load(Ordering::Acquire) < self.limit {
                return;
            }
            fell.await;
        }
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        // Thousands may wait: they are woken when there is something to see, not by every one.
        if self.0.count.fetch_sub(1, Ordering::AcqRel) == self.0.limit {
            self.0.fell.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    #[test]
    fn those_who_wait_are_woken_whenever_there_are_few_enough() {
        let tally = Tally::new(2);
        assert!(tally.little().now_or_never().is_some());
        for _ in 0..2 {
            let (one, two, three) = (tally.one(), tally.one(), tally.one());
            let mut waiting = [Box::pin(tally.little()), Box::pin(tally.little())];
            let mut is_over = || waiting.iter_mut().all(|one| one.now_or_never().is_some());
            assert!(!is_over());
            drop(one);
            assert!(!is_over());
            drop(two);
            assert!(is_over());
            drop(three);
        }
    }

    #[test]
    fn who_is_woken_looks_again() {
        let tally = Tally::new(1);
        let one = tally.one();
        let mut waiting = Box::pin(tally.little());
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(one);
        let two = tally.one();
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(two);
        assert!(waiting.as_mut().now_or_never().is_some());
    }
}
