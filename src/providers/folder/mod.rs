//! A folder of this machine, or a NAS share that is mounted here.
//!
//! Path-addressed: an inode cannot serve as the identity, since our own atomic writes and most
//! editors' saves give a path a new one. It is part of the revision instead, so that an entry
//! that was only renamed still carries the revision it had.

mod fault;
mod rename;
mod root;
mod seen;
#[cfg(test)]
mod tests;
mod trash;
mod watch;
mod write;

use super::{
    Body, Capability, Download, ErrorKind, Feed, Item, Locator, Provider, ProviderError, Result,
    names,
};
use crate::tree::{ConnectionId, Kind, OperationId, Revision};
use async_trait::async_trait;
use bytes::Bytes;
use fault::{failed, refused};
use futures::{StreamExt as _, stream};
use nix::errno::Errno;
use nix::fcntl::{OFlag, openat};
use nix::sys::stat::{Mode, mkdirat};
use root::{Place, Root};
use seen::{Look, Seen, look};
use std::fs::File;
use std::io::{Seek as _, SeekFrom};
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::sync::Arc;
use tokio_util::io::ReaderStream;
use watch::Watch;

/// One folder as a store. The work is done on blocking threads and goes on to its end when a
/// call is dropped.
pub struct Folder {
    place: Place,
    watch: Watch,
}

impl Folder {
    /// The folder at `path` for a connection; nothing is touched yet.
    pub fn new(path: impl Into<PathBuf>, connection: ConnectionId) -> Self {
        Folder {
            place: Place {
                path: path.into(),
                connection,
            },
            watch: Watch::default(),
        }
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Root) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let place = self.place.clone();
        blocking(move || work(&place.open()?)).await
    }
}

#[async_trait]
impl Provider for Folder {
    fn capability(&self) -> Capability {
        Capability {
            feed: Feed::Listing,
            stable_ids: false,
            hashes: &[],
            duplicate_names: false,
            whole_reads: false,
            whole_folders: false,
            parallel: 8,
            max_size: None,
        }
    }

    async fn claim(&self, connection: ConnectionId) -> Result<Item> {
        let place = self.place.clone();
        blocking(move || {
            let root = place.make()?;
            claim(&place, &root, connection)?;
            root::sweep(&place.path, &names::KEPT);
            item_of_root(&root)
        })
        .await
    }

    async fn root(&self) -> Result<Item> {
        let place = self.place.clone();
        blocking(move || {
            let root = place.open()?;
            root::sweep(&place.path, &names::KEPT);
            item_of_root(&root)
        })
        .await
    }

    async fn list(&self, folder: &Locator) -> Result<Vec<Item>> {
        let path = folder.path.clone();
        self.run(move |root| list(root, &path)).await
    }

    async fn metadata(&self, entry: &Locator) -> Result<Item> {
        let path = entry.path.clone();
        self.run(move |root| {
            if path.is_empty() {
                return item_of_root(root);
            }
            let (folder, name) = root.holder(&path)?;
            Ok(here(&folder, name, root)?.item(name))
        })
        .await
    }

    async fn read(&self, file: &Locator, offset: u64) -> Result<Download> {
        let path = file.path.clone();
        let (item, open, inodes) = self
            .run(move |root| {
                let (folder, name) = root.holder(&path)?;
                let (file, seen) = open_file(&folder, name, root)?;
                (&file)
                    .seek(SeekFrom::Start(offset))
                    .map_err(|error| failed(error, name))?;
                Ok((seen.item(name), file, root.inodes))
            })
            .await?;
        let open = Arc::new(open);
        let reader = open
            .try_clone()
            .map_err(|error| failed(error, &item.name))?;
        let (name, started) = (item.name.clone(), item.revision.clone());
        let bytes = ReaderStream::with_capacity(tokio::fs::File::from_std(reader), 256 * 1024)
            .map(move |part| part.map_err(|error| failed(error, &name)));
        let name = item.name.clone();
        let end = stream::once(async move { unchanged(&open, &name, &started, inodes) })
            .filter_map(|torn| async move { torn.err().map(Err::<Bytes, _>) });
        Ok(Download {
            item,
            bytes: bytes.chain(end).boxed(),
        })
    }

    async fn create_folder(&self, _key: OperationId, parent: &Locator, name: &str) -> Result<Item> {
        names::check(name)?;
        let (parent, name) = (parent.path.clone(), name.to_owned());
        self.run(move |root| {
            let folder = root.folder(&parent)?;
            mkdirat(&folder, name.as_str(), Mode::from_bits_truncate(0o777))
                .map_err(|errno| refused(errno, &name))?;
            write::durable(&folder, &name)?;
            Ok(here(&folder, &name, root)?.item(&name))
        })
        .await
    }

    async fn create_file(
        &self,
        key: OperationId,
        parent: &Locator,
        name: &str,
        body: &Body,
    ) -> Result<Item> {
        names::check(name)?;
        let (parent, name, body) = (parent.path.clone(), name.to_owned(), body.clone());
        self.run(move |root| write::create(root, key, &parent, &name, &body))
            .await
    }

    async fn write_file(
        &self,
        key: OperationId,
        file: &Locator,
        expect: &Revision,
        body: &Body,
    ) -> Result<Item> {
        let (path, expect, body) = (file.path.clone(), expect.clone(), body.clone());
        self.run(move |root| write::replace(root, key, &path, &expect, &body))
            .await
    }

    async fn place(&self, entry: &Locator, parent: &Locator, name: &str) -> Result<Item> {
        names::check(name)?;
        let (from, to, name) = (entry.path.clone(), parent.path.clone(), name.to_owned());
        self.run(move |root| place(root, &from, &to, &name)).await
    }

    async fn trash(&self, key: OperationId, entry: &Locator, expect: &Revision) -> Result<String> {
        let (path, expect) = (entry.path.clone(), expect.clone());
        self.run(move |root| trash::put(root, key, &path, &expect))
            .await
    }

    async fn restore(&self, handle: &str, parent: &Locator, name: &str) -> Result<Item> {
        names::check(name)?;
        let (handle, parent) = (handle.to_owned(), parent.path.clone());
        let name = name.to_owned();
        self.run(move |root| trash::restore(root, &handle, &parent, &name))
            .await
    }

    async fn nudged(&self) {
        self.watch.changed(&self.place.path).await;
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        let message = "the work on the disk was broken off";
        ProviderError::new(ErrorKind::Unexpected, message).because(error)
    })?
}

fn claim(place: &Place, root: &Root, connection: ConnectionId) -> Result<()> {
    for folder in [names::TEMPORARY, names::TRASH, names::VERSIONS] {
        root.own_folder(folder)?;
    }
    let ours = connection.to_string();
    let marked = || root::read_mark(&root.own).map_err(|error| failed(error, names::MARK));
    if marked()?.is_none() {
        write::mark(root, &ours)?;
    }
    match marked()? {
        Some(mark) if mark == ours => Ok(()),
        _ => Err(place.foreign()),
    }
}

fn item_of_root(root: &Root) -> Result<Item> {
    let facts = root.dir.metadata();
    let facts = facts.map_err(|error| failed(error, "the root"))?;
    let seen = Seen::of(&facts, root.inodes).ok_or_else(|| refused(Errno::ENOTDIR, "the root"))?;
    Ok(seen.item(""))
}

fn list(root: &Root, path: &[String]) -> Result<Vec<Item>> {
    let folder = root.folder(path)?;
    let mut items = Vec::new();
    for name in root::names_in(&folder, &path.join("/"))?
        .into_iter()
        .flatten()
        .filter(|name| !names::is_left_out(name))
    {
        match look(folder.as_fd(), &name, root)? {
            // Gone since the names were read, or nothing that is ever told.
            Look::Nothing | Look::Special => {}
            Look::Here(seen) if seen.kind == Kind::Folder && seen.device != root.device => {
                return Err(root::mounted(&name));
            }
            Look::Here(seen) => items.push(seen.item(&name)),
        }
    }
    Ok(items)
}

fn here(folder: &File, name: &str, root: &Root) -> Result<Seen> {
    match look(folder.as_fd(), name, root)? {
        Look::Here(seen) => Ok(seen),
        Look::Nothing | Look::Special => Err(refused(Errno::ENOENT, name)),
    }
}

fn open_file(folder: &File, name: &str, root: &Root) -> Result<(File, Seen)> {
    // Without O_NONBLOCK, opening a pipe would wait for a writer.
    let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let file = openat(folder, name, flags, Mode::empty())
        .map(File::from)
        .map_err(|errno| refused(errno, name))?;
    let facts = file.metadata().map_err(|error| failed(error, name))?;
    match Seen::of(&facts, root.inodes) {
        Some(seen) if seen.kind == Kind::File => Ok((file, seen)),
        _ => Err(refused(Errno::ENOENT, name)),
    }
}

/// Whether the bytes that were read are all of one revision: a file that is written in place
/// while it is read would be a mixture.
fn unchanged(file: &File, name: &str, started: &Revision, inodes: bool) -> Result<()> {
    let facts = file.metadata().map_err(|error| failed(error, name))?;
    match Seen::of(&facts, inodes) {
        Some(seen) if seen.was_at(started) => Ok(()),
        _ => Err(write::changed(name)),
    }
}

fn place(root: &Root, from: &[String], to: &[String], name: &str) -> Result<Item> {
    if to.starts_with(from) {
        return Err(ProviderError::new(
            ErrorKind::Invalid,
            "a folder cannot be moved into itself",
        ));
    }
    let (holder, old) = root.holder(from)?;
    let folder = root.folder(to)?;
    let seen = here(&holder, old, root)?;
    if from.len() == to.len() + 1 && from.starts_with(to) && old == name {
        return Ok(seen.item(name));
    }
    match rename::rename(root, &holder, old, &folder, name, seen.kind) {
        Ok(()) => {}
        // A file system that ignores case says that the name is taken, by the entry itself.
        Err(Errno::EEXIST) if here(&folder, name, root)?.inode == seen.inode => {
            nix::fcntl::renameat(&holder, old, &folder, name)
                .map_err(|errno| refused(errno, name))?;
        }
        Err(errno) => return Err(refused(errno, old)),
    }
    write::durable(&holder, old)?;
    write::durable(&folder, name)?;
    Ok(here(&folder, name, root)?.item(name))
}
