//! Driving a future by hand: poll by poll, so that it can be dropped between any two.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// How a drive ended.
pub enum Drive<T> {
    Done(T),
    /// `most` polls were made and it was not done.
    Paused,
    /// It waits for something that will never come.
    Hangs,
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Polls a future up to `most` times.
pub fn drive<F: Future + ?Sized>(mut future: Pin<&mut F>, most: usize) -> Drive<F::Output> {
    let flag = Arc::new(Flag(AtomicBool::new(true)));
    let waker = Waker::from(flag.clone());
    let mut context = Context::from_waker(&waker);
    for _ in 0..most {
        if !flag.0.swap(false, Ordering::Relaxed) {
            return Drive::Hangs;
        }
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return Drive::Done(done);
        }
    }
    Drive::Paused
}
