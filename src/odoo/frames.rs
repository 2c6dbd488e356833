//! The framed stream of many small files (`docs/protocol.md` §3).
//!
//! A frame is a 4-byte big-endian length, that many bytes of JSON, then the file's bytes. The
//! last frame says that it is the last; a stream without it was cut, and every frame that came
//! whole before the cut is good.

use super::{ErrorKind, OdooError, Result};
use bytes::Bytes;
use serde::Deserialize;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Longest JSON head of a frame; a longer one is no frame.
const MOST_HEAD: u32 = 4096;

/// One step of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A file: its id, what the addon says of it, and its bytes (empty unless `ok`).
    File { id: i64, status: Status, body: Body },
    /// The end, as the addon meant it.
    End,
    /// The end, before it was due.
    Cut,
}

/// The bytes of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    Bytes(Bytes),
    /// More than was agreed on; they were passed over. How many.
    Other(u64),
}

/// What the addon says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Ok,
    Missing,
    Changed,
    Released,
    Lost,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Head {
    File { id: i64, status: Status, size: u64 },
    End { end: bool },
}

/// Reads the next frame. `most` says how many bytes a file may have; a larger one is passed over
/// without being held.
pub async fn next(
    reader: &mut (impl AsyncRead + Unpin),
    most: impl FnOnce(i64) -> u64,
) -> Result<Frame> {
    match whole(reader, most).await {
        Err(Broken::Io(error)) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(Frame::Cut),
        Err(Broken::Io(error)) => {
            let message = "the spooled answer of Odoo cannot be read; it will be asked again";
            Err(OdooError::new(ErrorKind::Unavailable, message).because(error))
        }
        Err(Broken::Head) => {
            let message = "the addon's stream of files is not as agreed on: upgrade the older of addon and sidecar";
            Err(OdooError::new(ErrorKind::Incompatible, message))
        }
        Ok(frame) => Ok(frame),
    }
}

enum Broken {
    Io(io::Error),
    Head,
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Broken::Io(error)
    }
}

async fn whole(
    reader: &mut (impl AsyncRead + Unpin),
    most: impl FnOnce(i64) -> u64,
) -> std::result::Result<Frame, Broken> {
    let length = reader.read_u32().await?;
    if length > MOST_HEAD {
        return Err(Broken::Head);
    }
    let mut head = vec![0; length as usize];
    reader.read_exact(&mut head).await?;
    match serde_json::from_slice(&head) {
        Ok(Head::File { id, status, size }) => {
            let body = body(reader, size, most(id)).await?;
            Ok(Frame::File { id, status, body })
        }
        Ok(Head::End { end: true }) => Ok(Frame::End),
        _ => Err(Broken::Head),
    }
}

async fn body(reader: &mut (impl AsyncRead + Unpin), size: u64, most: u64) -> io::Result<Body> {
    let mut part = reader.take(size);
    if size > most {
        let passed = tokio::io::copy(&mut part, &mut tokio::io::sink()).await?;
        return if passed == size {
            Ok(Body::Other(size))
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        };
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    part.read_to_end(&mut bytes).await?;
    if bytes.len() as u64 == size {
        Ok(Body::Bytes(Bytes::from(bytes)))
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frame(head: &str, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(head.len()).expect("short");
        [&length.to_be_bytes(), head.as_bytes(), body].concat()
    }

    fn file(id: i64, body: &[u8]) -> Vec<u8> {
        let head = format!(r#"{{"id": {id}, "status": "ok", "size": {}}}"#, body.len());
        frame(&head, body)
    }

    /// All frames up to the end or the cut.
    async fn all(mut stream: &[u8], most: u64) -> Result<Vec<Frame>> {
        let mut frames = Vec::new();
        loop {
            frames.push(next(&mut stream, |_| most).await?);
            if matches!(frames.last(), Some(Frame::End | Frame::Cut)) {
                return Ok(frames);
            }
        }
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime")
    }

    #[tokio::test]
    async fn files_come_with_their_status() {
        let stream = [
            file(7, b"seven"),
            frame(r#"{"id": 8, "status": "released", "size": 0}"#, b""),
            file(9, &[0; 100]),
            file(10, b""),
            frame(r#"{"end": true, "count": 4}"#, b""),
        ]
        .concat();
        let told = |id, status, body| Frame::File { id, status, body };
        let bytes = |of: &'static [u8]| Body::Bytes(Bytes::from_static(of));
        assert_eq!(
            all(&stream, 50).await.expect("frames"),
            [
                told(7, Status::Ok, bytes(b"seven")),
                told(8, Status::Released, bytes(b"")),
                told(9, Status::Ok, Body::Other(100)),
                told(10, Status::Ok, bytes(b"")),
                Frame::End,
            ]
        );
    }

    #[tokio::test]
    async fn what_is_no_frame_is_refused_without_being_held() {
        for stream in [
            b"<!DOCTYPE html><html>".to_vec(),
            frame(r#"{"other": 1}"#, b""),
            frame(r#"{"end": false}"#, b""),
            frame(r#"{"id": 1, "status": "new", "size": 0}"#, b""),
        ] {
            let error = all(&stream, 50).await.expect_err("no frame");
            assert_eq!(error.kind, ErrorKind::Incompatible);
        }
    }

    proptest! {
        #[test]
        fn a_cut_stream_gives_the_frames_before_the_cut(
            bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..30), 0..6),
            cut in any::<proptest::sample::Index>(),
        ) {
            let mut stream = Vec::new();
            let mut ends = Vec::new();
            for (id, body) in bodies.iter().enumerate() {
                stream.extend(file(id as i64, body));
                ends.push(stream.len());
            }
            stream.extend(frame(r#"{"end": true, "count": 0}"#, b""));
            let cut = cut.index(stream.len());
            let frames = runtime().block_on(all(&stream[..cut], 100)).expect("frames");
            let whole = ends.iter().filter(|end| **end <= cut).count();
            prop_assert_eq!(frames.len(), whole + 1);
            prop_assert_eq!(frames.last(), Some(&Frame::Cut));
            for (id, (frame, body)) in frames.iter().zip(&bodies).enumerate().take(whole) {
                let body = Body::Bytes(Bytes::from(body.clone()));
                prop_assert_eq!(frame, &Frame::File { id: id as i64, status: Status::Ok, body });
            }
        }
    }
}
