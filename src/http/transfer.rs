//! Bytes on their way through: exactly as many as promised, of exactly the content promised, in
//! constant memory.

use crate::providers;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt as _};
use sha1::{Digest as _, Sha1};
use std::io;
use std::time::Duration;

/// How long a cloud may say nothing in the middle of a file. Odoo waits 20 s for each read.
const SILENCE: Duration = Duration::from_secs(18);

struct Transfer {
    bytes: BoxStream<'static, providers::Result<Bytes>>,
    left: u64,
    hash: Option<(Sha1, String)>,
}

/// The first `length` bytes of `bytes`. A cloud that ends early, breaks off or falls silent ends
/// the stream with an error, never with an end that looks like success. With `sha1` (lower-case
/// hex, of all `length` bytes), the last chunk is only given when the whole was of that content;
/// otherwise `InvalidData`.
pub fn exactly(
    bytes: BoxStream<'static, providers::Result<Bytes>>,
    length: u64,
    sha1: Option<String>,
) -> BoxStream<'static, io::Result<Bytes>> {
    let transfer = Transfer {
        bytes,
        left: length,
        hash: sha1.map(|expected| (Sha1::new(), expected)),
    };
    stream::try_unfold(transfer, |mut transfer| async move {
        let chunk = transfer.next().await?;
        Ok(chunk.map(|chunk| (chunk, transfer)))
    })
    .boxed()
}

impl Transfer {
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        if self.left == 0 {
            return Ok(None);
        }
        let broken = |why: String| io::Error::new(io::ErrorKind::UnexpectedEof, why);
        loop {
            let next = tokio::time::timeout(SILENCE, self.bytes.next()).await;
            let mut chunk = match next {
                Err(_) => return Err(broken("the cloud fell silent".into())),
                Ok(None) => return Err(broken(format!("the cloud kept {} bytes back", self.left))),
                Ok(Some(Err(error))) => return Err(broken(error.to_string())),
                Ok(Some(Ok(chunk))) => chunk,
            };
            chunk.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
            if chunk.is_empty() {
                continue;
            }
            self.left -= chunk.len() as u64;
            if let Some((hash, expected)) = &mut self.hash {
                hash.update(&chunk);
                if self.left == 0 && hex::encode(hash.clone().finalize()) != *expected {
                    let why = "the cloud gave other bytes than were agreed on";
                    return Err(io::Error::new(io::ErrorKind::InvalidData, why));
                }
            }
            return Ok(Some(chunk));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::{ErrorKind, ProviderError};
    use futures::TryStreamExt as _;

    /// sha1 of "abcdef".
    const SHA1: &str = "1f8ac10f23c5b5bc1167bda84b833e5c057a77d2";

    async fn through(
        parts: Vec<providers::Result<&'static str>>,
        length: u64,
        sha1: Option<&str>,
    ) -> (String, bool) {
        let parts = parts.into_iter().map(|part| part.map(Bytes::from));
        let mut out = exactly(stream::iter(parts).boxed(), length, sha1.map(str::to_owned));
        let mut got = String::new();
        loop {
            match out.try_next().await {
                Ok(Some(chunk)) => got.push_str(std::str::from_utf8(&chunk).expect("text")),
                Ok(None) => return (got, true),
                Err(_) => return (got, false),
            }
        }
    }

    #[tokio::test]
    async fn exactly_what_was_promised() {
        let whole = || vec![Ok("abc"), Ok(""), Ok("def")];
        assert_eq!(
            through(whole(), 6, Some(SHA1)).await,
            ("abcdef".into(), true)
        );
        assert_eq!(
            through(whole(), 4, None).await,
            ("abcd".into(), true),
            "a part"
        );
        assert_eq!(through(vec![], 0, None).await, (String::new(), true));
    }

    #[tokio::test]
    async fn less_or_other_is_an_error() {
        assert_eq!(
            through(vec![Ok("abc")], 6, None).await,
            ("abc".into(), false)
        );
        let other = vec![Ok("abc"), Ok("deX")];
        assert_eq!(through(other, 6, Some(SHA1)).await, ("abc".into(), false));
        let cut = ProviderError::new(ErrorKind::Unavailable, "cut");
        assert_eq!(
            through(vec![Ok("a"), Err(cut)], 6, None).await,
            ("a".into(), false)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_an_error() {
        let mut out = exactly(stream::pending().boxed(), 6, None);
        assert!(out.try_next().await.is_err());
    }
}
