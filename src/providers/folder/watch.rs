//! Nudges from the kernel: something in the folder may have changed.

use crate::providers::names;
use notify::event::{AccessKind, AccessMode};
use notify::{Config, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// Watches a folder once somebody waits. Changes that another machine makes on a network share
/// are not seen, and neither is anything when the kernel has no watches left: then it is silent.
#[derive(Default)]
pub(super) struct Watch {
    watcher: Mutex<Option<RecommendedWatcher>>,
    nudge: Arc<Notify>,
}

impl Watch {
    /// Returns after the next change below `root` outside our own folder.
    pub async fn changed(&self, root: &Path) {
        self.start(root);
        self.nudge.notified().await;
    }

    fn start(&self, root: &Path) {
        let mut watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        if watcher.is_some() {
            return;
        }
        let (nudge, own) = (self.nudge.clone(), root.join(names::OWN));
        let told = move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| is_change(event.kind, &event.paths, &own)) {
                nudge.notify_one();
            }
        };
        let no_links = Config::default().with_follow_symlinks(false);
        let made = RecommendedWatcher::new(told, no_links).and_then(|mut made| {
            made.watch(root, RecursiveMode::Recursive)?;
            Ok(made)
        });
        match made {
            Ok(made) => *watcher = Some(made),
            Err(error) => tracing::warn!(
                %error,
                "the folder cannot be watched; changes are found by listing only"
            ),
        }
    }
}

/// Reading is no change; our own listings would nudge for ever.
fn is_change(kind: EventKind, paths: &[PathBuf], own: &Path) -> bool {
    let wrote = !matches!(
        kind,
        EventKind::Access(access) if access != AccessKind::Close(AccessMode::Write)
    );
    // No path: the kernel dropped events, so anything may have changed.
    let outside = paths.is_empty() || paths.iter().any(|path| !path.starts_with(own));
    wrote && outside
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{CreateKind, ModifyKind, RemoveKind};

    #[test]
    fn only_changes_outside_our_own_folder_nudge() {
        let own = Path::new("/share/.attache");
        let theirs = [PathBuf::from("/share/a")];
        let ours = [PathBuf::from("/share/.attache/tmp/x")];
        for (kind, nudges) in [
            (EventKind::Create(CreateKind::File), true),
            (EventKind::Modify(ModifyKind::Any), true),
            (EventKind::Remove(RemoveKind::Any), true),
            (
                EventKind::Access(AccessKind::Close(AccessMode::Write)),
                true,
            ),
            (EventKind::Access(AccessKind::Open(AccessMode::Any)), false),
            (
                EventKind::Access(AccessKind::Close(AccessMode::Read)),
                false,
            ),
        ] {
            assert_eq!(is_change(kind, &theirs, own), nudges, "{kind:?}");
            assert!(!is_change(kind, &ours, own), "{kind:?}");
        }
        assert!(is_change(EventKind::Other, &[], own), "events were dropped");
    }
}
