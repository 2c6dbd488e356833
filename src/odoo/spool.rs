//! Takes an answer off the wire at once, into memory or, when it is much, onto the disk; and the
//! part of the disk that bytes on their way may take.
//!
//! Odoo's workers cut any socket that stalls for 2 seconds, so nothing may wait for whoever uses
//! the bytes. Whoever needs the disk waits for room before he asks Odoo.

use super::{ErrorKind, OdooError, Result};
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Cursor, SeekFrom};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncSeekExt as _, AsyncWriteExt as _, BufReader};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What is kept in memory; the rest of a longer answer goes to a file without a name.
const IN_MEMORY: u64 = 8 * 1024 * 1024;

/// The file in a process's folder that it holds locked while it lives; and in the folder above,
/// while it begins.
const LOCK: &str = "lock";

/// Reads what was spooled.
pub type Reader = Box<dyn AsyncRead + Send + Unpin>;

/// A part of the disk with a limit, shared by everything in this process; cheap to clone.
#[derive(Clone, Debug)]
pub struct Disk(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    /// In MiB.
    free: Arc<Semaphore>,
    most: u32,
    /// Tells other processes that this one lives.
    lock: Option<std::fs::File>,
}

/// Room on the disk, for as long as this lives.
pub type Room = Option<OwnedSemaphorePermit>;

impl Default for Disk {
    /// The system's folder for temporary files, without a limit: for programs that fetch little.
    fn default() -> Self {
        Disk::at(std::env::temp_dir(), u64::MAX, None)
    }
}

impl Disk {
    /// A folder of this process's own below `folder`, for so many bytes. What killed processes left
    /// there is removed.
    pub fn open(folder: &Path, bytes: u64) -> io::Result<Self> {
        let told = |error| at(folder, error);
        private(folder).map_err(told)?;
        // Until ours is locked, nobody else may take it for a dead one's.
        let gate = locked(folder).map_err(told)?;
        sweep(folder).map_err(told)?;
        let own = folder.join(uuid::Uuid::new_v4().to_string());
        private(&own).map_err(told)?;
        let lock = locked(&own).map_err(told)?;
        drop(gate);
        Ok(Disk::at(own, bytes, Some(lock)))
    }

    fn at(folder: PathBuf, bytes: u64, lock: Option<std::fs::File>) -> Self {
        // No semaphore has more permits than that.
        let most = mib(bytes).min(u32::MAX >> 4);
        Disk(Arc::new(Inner {
            folder,
            free: Arc::new(Semaphore::new(most as usize)),
            most,
            lock,
        }))
    }

    /// Waits until so many bytes may come. More than the limit come alone.
    pub async fn room(&self, bytes: u64) -> Room {
        if bytes == 0 {
            return None;
        }
        let room = Arc::clone(&self.0.free).acquire_many_owned(mib(bytes).min(self.0.most));
        Some(room.await.expect("the semaphore is never closed"))
    }

    /// A new file that only we may read; it goes with the second value.
    pub fn named(&self) -> io::Result<(std::fs::File, tempfile::TempPath)> {
        let made = tempfile::Builder::new()
            .prefix("spool-")
            .tempfile_in(&self.0.folder);
        Ok(made.map_err(|error| self.told(error))?.into_parts())
    }

    fn unnamed(&self) -> io::Result<std::fs::File> {
        tempfile::tempfile_in(&self.0.folder).map_err(|error| self.told(error))
    }

    /// An error with the folder that it is about.
    pub fn told(&self, error: io::Error) -> io::Error {
        at(&self.0.folder, error)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if self.lock.is_some() {
            std::fs::remove_dir_all(&self.folder).ok();
        }
    }
}

/// Whole MiB, rounded up.
fn mib(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(1 << 20)).unwrap_or(u32::MAX)
}

fn locked(folder: &Path) -> io::Result<std::fs::File> {
    let mut options = OpenOptions::new();
    let lock = options.create(true).truncate(false).write(true);
    let lock = lock.open(folder.join(LOCK))?;
    lock.lock()?;
    Ok(lock)
}

fn private(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Removes what processes left that live no more.
fn sweep(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.ends_with(LOCK) {
            continue;
        }
        let lock = OpenOptions::new().write(true).open(path.join(LOCK));
        let is_dead = match &lock {
            Ok(lock) => lock.try_lock().is_ok(),
            // A file of an earlier version.
            Err(_) => path.is_file(),
        };
        let removed = match (is_dead, path.is_dir()) {
            (false, _) => Ok(()),
            (true, true) => std::fs::remove_dir_all(&path),
            (true, false) => std::fs::remove_file(&path),
        };
        if let Err(error) = removed {
            tracing::warn!(%error, path = %path.display(), "a leftover cannot be removed");
        }
    }
    Ok(())
}

fn at(folder: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", folder.display()))
}

/// What an answer of so many bytes needs of the disk.
pub fn need(bytes: u64) -> u64 {
    if bytes > IN_MEMORY { bytes } else { 0 }
}

/// Takes a stream to its end, or to where it broke: what came before is kept.
pub async fn drain<E: std::fmt::Display>(
    disk: &Disk,
    mut stream: impl Stream<Item = std::result::Result<Bytes, E>> + Unpin,
) -> Result<Reader> {
    let full = |error| full(disk.told(error));
    let mut memory = Vec::new();
    let mut file: Option<File> = None;
    while let Some(part) = stream.next().await {
        let part = match part {
            Ok(part) => part,
            Err(error) => {
                tracing::debug!(%error, "an answer of Odoo was cut");
                break;
            }
        };
        match &mut file {
            Some(file) => file.write_all(&part).await.map_err(full)?,
            None if (memory.len() + part.len()) as u64 <= IN_MEMORY => {
                memory.extend_from_slice(&part);
            }
            None => {
                let mut new = File::from_std(disk.unnamed().map_err(self::full)?);
                new.write_all(&memory).await.map_err(full)?;
                new.write_all(&part).await.map_err(full)?;
                memory = Vec::new();
                file = Some(new);
            }
        }
    }
    match file {
        None => Ok(Box::new(Cursor::new(memory))),
        Some(mut file) => {
            file.flush().await.map_err(full)?;
            file.seek(SeekFrom::Start(0)).await.map_err(full)?;
            Ok(Box::new(BufReader::with_capacity(256 * 1024, file)))
        }
    }
}

fn full(error: io::Error) -> OdooError {
    let message = format!("Odoo's answer cannot be kept on the disk ({error}): make room there");
    OdooError::new(ErrorKind::Unavailable, message).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;
    use tokio::io::AsyncReadExt as _;

    #[tokio::test]
    async fn what_came_before_a_cut_is_kept_in_memory_or_on_disk() {
        for (size, parts) in [(10, 3), (1024 * 1024, 20), (0, 0)] {
            let whole = (0..parts).map(|part| Ok(Bytes::from(vec![part; size])));
            let cut = stream::iter(whole.chain([Err("cut"), Ok(Bytes::from("after"))]));
            let mut read = Vec::new();
            let mut reader = drain(&Disk::default(), cut).await.expect("spooled");
            reader.read_to_end(&mut read).await.expect("read");
            let expected: Vec<u8> = (0..parts).flat_map(|part| vec![part; size]).collect();
            assert!(read == expected, "{size} bytes, {parts} times");
        }
    }

    #[tokio::test]
    async fn room_is_waited_for_and_a_larger_file_goes_alone() {
        let place = tempfile::tempdir().unwrap();
        let disk = Disk::open(place.path(), 4 << 20).unwrap();
        let soon = std::time::Duration::from_millis(50);
        let (one, two) = (disk.room(3 << 20).await, disk.room(1).await);
        let more = tokio::time::timeout(soon, disk.room(1)).await;
        assert!(more.is_err(), "all is taken");
        drop(two);
        assert!(disk.room(0).await.is_none(), "nothing needs no room");
        let alone = disk.room(100 << 20);
        let mut alone = std::pin::pin!(alone);
        let early = tokio::time::timeout(soon, alone.as_mut()).await;
        assert!(early.is_err(), "it waits for all the others");
        drop(one);
        let _held = alone.await;
        assert!(tokio::time::timeout(soon, disk.room(1)).await.is_err());
    }

    #[test]
    fn what_a_killed_process_left_goes_and_what_a_living_one_holds_stays() {
        let place = tempfile::tempdir().unwrap();
        let living = Disk::open(place.path(), 1).unwrap();
        let (_file, held) = living.named().unwrap();
        let dead = place.path().join("dead");
        std::fs::create_dir(&dead).unwrap();
        std::fs::write(dead.join(LOCK), "").unwrap();
        std::fs::write(dead.join("spool-x"), "half").unwrap();
        std::fs::write(place.path().join("spool-old"), "half").unwrap();
        let other = Disk::open(place.path(), 1).unwrap();
        let left = || std::fs::read_dir(place.path()).unwrap().count();
        assert!(held.exists() && !dead.exists() && left() == 3);
        drop((held, living, other));
        assert_eq!(left(), 1, "each tidies up after itself");
    }
}
