//! Progress: how far large files on their way to the cloud have come, for people who wait for them.

use crate::providers::body::Sent;
use crate::tree::EntryId;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The large files that are on their way at present.
#[derive(Debug, Default)]
pub struct Progress {
    files: Mutex<HashMap<EntryId, Way>>,
}

#[derive(Clone, Debug)]
struct Way {
    size: u64,
    /// Bytes that came from Odoo.
    fetched: Arc<AtomicU64>,
    sent: Sent,
}

impl Progress {
    /// A file sets out; it has arrived, or has failed to, when the answer is dropped.
    pub fn begin(&self, id: &EntryId, size: u64) -> OnItsWay<'_> {
        let way = Way {
            size,
            fetched: Arc::default(),
            sent: Sent::default(),
        };
        self.lock().insert(id.clone(), way.clone());
        OnItsWay {
            progress: self,
            id: id.clone(),
            way,
        }
    }

    /// How many percent of each file have come; its bytes go two ways, out of Odoo and into the
    /// cloud. The last percent is for the cloud's answer.
    pub fn percents(&self) -> HashMap<EntryId, u8> {
        let files = self.lock();
        files
            .iter()
            .map(|(id, way)| {
                let done = way.fetched.load(Ordering::Relaxed) + way.sent.bytes();
                let percent = done.min(2 * way.size) * 50 / way.size.max(1);
                (id.clone(), u8::try_from(percent.min(99)).unwrap_or(99))
            })
            .collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<EntryId, Way>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One file on its way.
#[derive(Debug)]
pub struct OnItsWay<'a> {
    progress: &'a Progress,
    id: EntryId,
    way: Way,
}

impl OnItsWay<'_> {
    /// Odoo has given so many bytes of it.
    pub fn fetched(&self, bytes: u64) {
        self.way.fetched.store(bytes, Ordering::Relaxed);
    }

    /// Counts what is sent of it; a transfer that begins anew counts anew.
    pub fn sent(&self) -> Sent {
        self.way.sent.clone()
    }
}

impl Drop for OnItsWay<'_> {
    fn drop(&mut self) {
        self.progress.lock().remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_is_fetching_and_half_is_sending() {
        let progress = Progress::default();
        let id = EntryId::new("file:7");
        let way = progress.begin(&id, 200);
        let percent = || progress.percents().get(&id).copied();
        assert_eq!(percent(), Some(0));
        way.fetched(100);
        assert_eq!(percent(), Some(25));
        way.fetched(200);
        way.sent().add(100);
        assert_eq!(percent(), Some(75));
        way.sent().add(100);
        assert_eq!(percent(), Some(99), "the cloud has not answered yet");
        way.sent().begin();
        assert_eq!(percent(), Some(50), "a retry begins anew");
        drop(way);
        assert_eq!(percent(), None);
    }
}
