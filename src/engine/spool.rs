//! The spool: where large files rest between Odoo and the cloud.
//!
//! Odoo cuts a socket that stalls for two seconds, and a cloud may well stall: so bytes are drained
//! to disk first.

use crate::odoo::spool::{Disk, Room};
use crate::providers::body::Content;
use bytes::{Bytes, BytesMut};
use tokio::io::AsyncWriteExt as _;

/// Where spooled bytes are kept.
#[derive(Clone, Debug)]
pub enum Spool {
    /// Files there, removed as soon as nobody needs them.
    Disk(Disk),
    /// Memory, for the simulation.
    Memory,
}

/// One file being spooled; dropping it removes it.
pub struct Spooled {
    inner: Inner,
}

/// Keeps a spooled file in being, and its room on the disk.
#[derive(Debug)]
pub struct Kept {
    path: tempfile::TempPath,
    _room: Room,
}

enum Inner {
    File(Disk, tokio::fs::File, Kept),
    Memory(BytesMut),
}

impl Spool {
    /// A new, empty file, as soon as there is room for so many bytes.
    pub async fn open(&self, bytes: u64) -> std::io::Result<Spooled> {
        let inner = match self {
            Spool::Memory => Inner::Memory(BytesMut::new()),
            Spool::Disk(disk) => {
                let room = disk.room(bytes).await;
                let new = disk.clone();
                let (file, path) = tokio::task::spawn_blocking(move || new.named())
                    .await
                    .map_err(std::io::Error::other)??;
                let kept = Kept { path, _room: room };
                Inner::File(disk.clone(), tokio::fs::File::from_std(file), kept)
            }
        };
        Ok(Spooled { inner })
    }
}

impl Spooled {
    /// Appends.
    pub async fn write(&mut self, bytes: &Bytes) -> std::io::Result<()> {
        match &mut self.inner {
            Inner::File(disk, file, _) => file
                .write_all(bytes)
                .await
                .map_err(|error| disk.told(error)),
            Inner::Memory(memory) => {
                memory.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    /// The bytes as content of an upload, for as long as the second value lives.
    pub async fn finish(self) -> std::io::Result<(Content, Option<Kept>)> {
        match self.inner {
            Inner::Memory(memory) => Ok((Content::Memory(memory.freeze()), None)),
            Inner::File(disk, mut file, kept) => {
                file.flush().await.map_err(|error| disk.told(error))?;
                Ok((Content::File(kept.path.to_path_buf()), Some(kept)))
            }
        }
    }
}
