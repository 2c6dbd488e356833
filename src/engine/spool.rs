//! The spool: where large files rest between Odoo and the cloud.
//!
//! Odoo cuts a socket that stalls for two seconds, and a cloud may well stall: so bytes are drained
//! to disk first.

use crate::providers::body::Content;
use bytes::{Bytes, BytesMut};
use std::path::PathBuf;
use tokio::io::AsyncWriteExt as _;

/// Where spooled bytes are kept.
#[derive(Clone, Debug)]
pub enum Spool {
    /// Files in this folder, removed as soon as nobody needs them.
    Folder(PathBuf),
    /// Memory, for the simulation.
    Memory,
}

/// One file being spooled; dropping it removes it.
pub struct Spooled {
    inner: Inner,
}

enum Inner {
    File(tokio::fs::File, tempfile::TempPath),
    Memory(BytesMut),
}

impl Spool {
    /// A new, empty file.
    pub async fn open(&self) -> std::io::Result<Spooled> {
        let inner = match self {
            Spool::Memory => Inner::Memory(BytesMut::new()),
            Spool::Folder(folder) => {
                let folder = folder.clone();
                let made = move || {
                    tempfile::Builder::new()
                        .prefix("spool-")
                        .tempfile_in(folder)
                };
                let made = tokio::task::spawn_blocking(made)
                    .await
                    .map_err(std::io::Error::other)??;
                let (file, path) = made.into_parts();
                Inner::File(tokio::fs::File::from_std(file), path)
            }
        };
        Ok(Spooled { inner })
    }
}

impl Spooled {
    /// Appends.
    pub async fn write(&mut self, bytes: &Bytes) -> std::io::Result<()> {
        match &mut self.inner {
            Inner::File(file, _) => file.write_all(bytes).await,
            Inner::Memory(memory) => {
                memory.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    /// The bytes as content of an upload, for as long as the second value lives.
    pub async fn finish(self) -> std::io::Result<(Content, Option<tempfile::TempPath>)> {
        match self.inner {
            Inner::Memory(memory) => Ok((Content::Memory(memory.freeze()), None)),
            Inner::File(mut file, path) => {
                file.flush().await?;
                Ok((Content::File(path.to_path_buf()), Some(path)))
            }
        }
    }
}
