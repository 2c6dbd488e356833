//! The stores under test, and the person on the other side of each.

use super::apache::Apache;
use super::{OURS, Store, THEIRS};
use attache::providers::Provider;
use attache::providers::folder::Folder;
use attache::providers::memory::{Shape, World};
use attache::providers::webdav::WebDav;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a person does in the store by other means than ours. Paths are `a/b`.
pub trait Person: Send + Sync {
    fn make_folder(&self, path: &str);
    fn make_file(&self, path: &str, bytes: &[u8]);
    /// Writes in place.
    fn edit(&self, path: &str, bytes: &[u8]);
    /// With all below it.
    fn delete(&self, path: &str);
    fn bytes(&self, path: &str) -> Option<Vec<u8>>;
    /// As when a share is unmounted: an empty folder may be left in its place.
    fn take_root_away(&self);
    fn bring_root_back(&self);
}

async fn claimed(
    provider: impl Provider + 'static,
    stranger: impl Provider + 'static,
    person: impl Person + 'static,
) -> Store {
    provider.claim(OURS).await.expect("a fresh root");
    Store {
        provider: Arc::new(provider),
        stranger: Arc::new(stranger),
        person: Box::new(person),
    }
}

async fn memory(shape: Shape) -> Store {
    let world = World::new(shape, 1);
    claimed(world.provider(OURS), world.provider(THEIRS), world.clone()).await
}

pub async fn memory_drive() -> Store {
    memory(Shape::DRIVE).await
}

pub async fn memory_graph() -> Store {
    memory(Shape::GRAPH).await
}

pub async fn memory_nas() -> Store {
    memory(Shape::NAS).await
}

pub async fn folder() -> Store {
    let place = tempfile::tempdir().expect("a temporary folder");
    disk(&place.path().join("share"), Box::new(place)).await
}

/// A folder that the caller keeps.
pub async fn on_disk(root: &Path) -> Store {
    disk(root, Box::new(())).await
}

async fn disk(root: &Path, keep: Box<dyn Send + Sync>) -> Store {
    let person = Disk {
        root: root.to_owned(),
        chown: None,
        _keep: keep,
    };
    claimed(Folder::new(root, OURS), Folder::new(root, THEIRS), person).await
}

pub async fn webdav_apache() -> Store {
    webdav(|provider| provider).await
}

pub async fn webdav_cautious() -> Store {
    webdav(WebDav::cautious).await
}

async fn webdav(manners: impl Fn(WebDav) -> WebDav) -> Store {
    let apache = Apache::start().await;
    let ours = manners(apache.connect(OURS));
    let theirs = manners(apache.connect(THEIRS));
    let person = Disk {
        root: apache.files.join("share"),
        chown: apache.runs_as,
        _keep: Box::new(apache),
    };
    claimed(ours, theirs, person).await
}

impl Person for World {
    fn make_folder(&self, path: &str) {
        assert!(World::make_folder(self, path), "{path}");
    }

    fn make_file(&self, path: &str, bytes: &[u8]) {
        assert!(World::make_file(self, path, bytes.to_vec()), "{path}");
    }

    fn edit(&self, path: &str, bytes: &[u8]) {
        assert!(World::edit(self, path, bytes.to_vec()), "{path}");
    }

    fn delete(&self, path: &str) {
        assert!(World::delete(self, path), "{path}");
    }

    fn bytes(&self, path: &str) -> Option<Vec<u8>> {
        World::bytes(self, path).map(|bytes| bytes.to_vec())
    }

    fn take_root_away(&self) {
        self.set_present(false);
    }

    fn bring_root_back(&self) {
        self.set_present(true);
    }
}

/// A person with a file manager on the very disk.
struct Disk {
    root: PathBuf,
    /// Whose files they become, where the tests run as root and the server does not.
    chown: Option<u32>,
    /// Removes the disk, and stops the server, at the end.
    _keep: Box<dyn Send + Sync>,
}

impl Disk {
    fn own(&self, path: &Path) {
        if let Some(user) = self.chown {
            std::os::unix::fs::chown(path, Some(user), Some(user)).expect("root may");
        }
    }

    fn away(&self) -> PathBuf {
        self.root.with_extension("away")
    }
}

impl Person for Disk {
    fn make_folder(&self, path: &str) {
        let path = self.root.join(path);
        std::fs::create_dir(&path).expect("a new folder");
        self.own(&path);
    }

    fn make_file(&self, path: &str, bytes: &[u8]) {
        let path = self.root.join(path);
        let mut file = std::fs::File::create_new(&path).expect("a new file");
        std::io::Write::write_all(&mut file, bytes).expect("room on the disk");
        self.own(&path);
    }

    fn edit(&self, path: &str, bytes: &[u8]) {
        let path = self.root.join(path);
        assert!(path.is_file());
        std::fs::write(path, bytes).expect("an edit");
    }

    fn delete(&self, path: &str) {
        let path = self.root.join(path);
        if path.is_dir() {
            std::fs::remove_dir_all(path).expect("a folder");
        } else {
            std::fs::remove_file(path).expect("a file");
        }
    }

    fn bytes(&self, path: &str) -> Option<Vec<u8>> {
        std::fs::read(self.root.join(path)).ok()
    }

    fn take_root_away(&self) {
        std::fs::rename(&self.root, self.away()).expect("the root");
        std::fs::create_dir(&self.root).expect("a mount point");
        self.own(&self.root);
    }

    fn bring_root_back(&self) {
        std::fs::remove_dir(&self.root).expect("nothing was written meanwhile");
        std::fs::rename(self.away(), &self.root).expect("the root");
    }
}
