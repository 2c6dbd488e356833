//! Counting what is under way, and waiting until it is little.

use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Notify;

/// How many of something are under way.
#[derive(Default)]
pub struct Tally {
    count: AtomicUsize,
    fell: Notify,
}

/// One of them, until it is dropped.
pub struct Counted<'a>(&'a Tally);

impl Tally {
    /// Counts one more.
    pub fn one(&self) -> Counted<'_> {
        self.count.fetch_add(1, Ordering::AcqRel);
        Counted(self)
    }

    /// Waits until there are fewer than `limit`.
    pub async fn below(&self, limit: usize) {
        loop {
            let mut fell = std::pin::pin!(self.fell.notified());
            fell.as_mut().enable();
            if self.count.load(Ordering::Acquire) < limit {
                return;
            }
            fell.await;
        }
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::AcqRel);
        self.0.fell.notify_waiters();
    }
}
