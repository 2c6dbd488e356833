//! Takes an answer off the wire at once, into memory or, when it is much, onto the disk.
//!
//! Odoo's workers cut any socket that stalls for 2 seconds, so nothing may wait for whoever uses
//! the bytes.

use super::{ErrorKind, OdooError, Result};
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use std::io::{Cursor, SeekFrom};
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncSeekExt as _, AsyncWriteExt as _, BufReader};

/// What is kept in memory; the rest of a longer answer goes to a file without a name.
const IN_MEMORY: usize = 8 * 1024 * 1024;

/// Reads what was spooled.
pub type Reader = Box<dyn AsyncRead + Send + Unpin>;

/// Takes a stream to its end, or to where it broke: what came before is kept.
pub async fn drain<E: std::fmt::Display>(
    mut stream: impl Stream<Item = std::result::Result<Bytes, E>> + Unpin,
) -> Result<Reader> {
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
            None if memory.len() + part.len() <= IN_MEMORY => memory.extend_from_slice(&part),
            None => {
                let mut new = File::from_std(tempfile::tempfile().map_err(full)?);
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

fn full(error: std::io::Error) -> OdooError {
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
            let mut reader = drain(cut).await.expect("spooled");
            reader.read_to_end(&mut read).await.expect("read");
            let expected: Vec<u8> = (0..parts).flat_map(|part| vec![part; size]).collect();
            assert!(read == expected, "{size} bytes, {parts} times");
        }
    }
}
