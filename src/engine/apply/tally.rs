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
