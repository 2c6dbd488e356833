//! Bytes by the addon's own routes, raw (`docs/protocol.md` §3).

use super::entries::Row;
use super::frames::{self, Body, Frame, Status};
use super::http::Http;
use super::json2::authorised;
use super::refusal::{self, Asked};
use super::spool::{self, Reader, Room};
use super::{ErrorKind, Given, OdooError, Result, Wanted};
use crate::tree::EntryId;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_RANGE, RANGE};
use serde_json::json;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// The most files of one request.
const MOST_FILES: usize = 1000;

/// Asks for many small files. The first answer is already taken when this returns, so that a
/// refusal is an error of the call; later ones come as the last item of the stream.
pub async fn small(
    http: &Arc<Http>,
    wanted: &[Wanted],
) -> Result<BoxStream<'static, Result<(EntryId, Given)>>> {
    let mut batches = VecDeque::new();
    for files in wanted.chunks(MOST_FILES) {
        batches.push_back(Batch::new(files)?);
    }
    let Some(first) = batches.pop_front() else {
        return Ok(stream::empty().boxed());
    };
    let answer = ask(http, &first).await?;
    let state = State {
        http: Arc::clone(http),
        batches,
        present: Some((first, answer)),
        told: 0,
    };
    Ok(stream::unfold(state, |mut state| async move {
        let item = state.next().await?;
        if item.is_err() {
            state.batches.clear();
            state.present = None;
        }
        Some((item, state))
    })
    .boxed())
}

/// The files of one request, by id.
struct Batch(HashMap<i64, Wanted>);

impl Batch {
    fn new(files: &[Wanted]) -> Result<Self> {
        let named = files
            .iter()
            .map(|file| Ok((number(&file.id)?, file.clone())));
        named.collect::<Result<_>>().map(Batch)
    }

    /// What came of one file; `None` where nobody asked for it.
    fn given(&mut self, id: i64, status: Status, body: Body) -> Option<(EntryId, Given)> {
        let wanted = self.0.remove(&id)?;
        let given = match (status, body) {
            (Status::Missing, _) => Given::Missing,
            (Status::Changed, _) => Given::Changed,
            (Status::Released, _) => Given::Released,
            (Status::Lost, _) => Given::Lost,
            (Status::Ok, Body::Bytes(bytes)) if bytes.len() as u64 == wanted.size => {
                Given::Bytes(bytes)
            }
            (Status::Ok, _) => {
                // The row says one thing and the filestore another: nothing to copy from.
                tracing::warn!(file = id, "Odoo's bytes are not as many as their row tells");
                Given::Lost
            }
        };
        Some((wanted.id, given))
    }
}

/// An answer that was taken off the wire, and its room on the disk.
struct Answer {
    reader: Reader,
    _room: Room,
}

struct State {
    http: Arc<Http>,
    batches: VecDeque<Batch>,
    present: Option<(Batch, Answer)>,
    /// How many files the present answer has told of.
    told: usize,
}

impl State {
    async fn next(&mut self) -> Option<Result<(EntryId, Given)>> {
        loop {
            let Some((batch, answer)) = &mut self.present else {
                let next = self.batches.pop_front()?;
                self.told = 0;
                match ask(&self.http, &next).await {
                    Ok(answer) => self.present = Some((next, answer)),
                    Err(error) => return Some(Err(error)),
                }
                continue;
            };
            let most = |id| batch.0.get(&id).map_or(0, |file| file.size);
            match frames::next(&mut answer.reader, most).await {
                Ok(Frame::File { id, status, body }) => {
                    if let Some(told) = batch.given(id, status, body) {
                        self.told += 1;
                        return Some(Ok(told));
                    }
                }
                Ok(Frame::End) => self.present = None,
                // Somebody asks again for the rest; only an answer without anything is an error,
                // or that would go on for ever.
                Ok(Frame::Cut) if self.told > 0 => return None,
                Ok(Frame::Cut) => {
                    let message =
                        "Odoo broke off before it gave the first file; it is asked again later";
                    return Some(Err(OdooError::new(ErrorKind::Unavailable, message)));
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

async fn ask(http: &Http, batch: &Batch) -> Result<Answer> {
    let disk = &http.endpoint().spool;
    let bytes = batch.0.values().map(|file| file.size).sum();
    let room = disk.room(spool::need(bytes)).await;
    let mut files: Vec<(&i64, &Wanted)> = batch.0.iter().collect();
    files.sort_unstable_by_key(|(id, _)| **id);
    let files: Vec<_> = files
        .into_iter()
        .map(|(id, file)| json!({ "id": id, "sha1": file.sha1 }))
        .collect();
    let url = http.url("attache/v1/bytes");
    let request = authorised(http, http.client().post(url)).json(&json!({ "files": files }));
    let (response, permit) = http.stream(request).await?;
    let asked = Asked::new(http.endpoint(), "attache.service", "bytes");
    if response.status() != StatusCode::OK {
        let status = response.status().as_u16();
        let body = response.bytes().await.unwrap_or_default();
        return Err(refusal::route(&asked, status, &body));
    }
    let reader = spool::drain(disk, response.bytes_stream().boxed()).await;
    drop(permit);
    Ok(Answer {
        reader: reader?,
        _room: room,
    })
}

/// The bytes of one file from `offset` on, as they come: take them without pause.
pub async fn large(
    http: &Arc<Http>,
    wanted: &Wanted,
    offset: u64,
) -> Result<BoxStream<'static, Result<Bytes>>> {
    if offset > 0 && offset >= wanted.size {
        return Ok(stream::empty().boxed());
    }
    let id = number(&wanted.id)?;
    let mut url = http.url(&format!("attache/v1/bytes/{id}"));
    url.query_pairs_mut().append_pair("sha1", &wanted.sha1);
    let mut request = authorised(http, http.client().get(url));
    if offset > 0 {
        request = request.header(RANGE, format!("bytes={offset}-"));
    }
    let (response, permit) = http.stream(request).await?;
    let asked = Asked::new(http.endpoint(), "attache.service", "bytes");
    let mut skip = match response.status() {
        StatusCode::OK => offset,
        StatusCode::PARTIAL_CONTENT if begins_at(&response, offset) => 0,
        status => {
            let body = response.bytes().await.unwrap_or_default();
            return Err(refused(&asked, id, status, &body));
        }
    };
    let parts = response.bytes_stream().map(move |part| {
        let _held_until_the_end = &permit;
        part.map_err(|error| {
            let message =
                format!("Odoo broke off in the middle of file {id}; the rest is asked for again");
            OdooError::new(ErrorKind::Unavailable, message).because(error.without_url())
        })
    });
    Ok(parts
        .map(move |part| {
            part.map(|mut part| {
                let passed = usize::try_from(skip).unwrap_or(usize::MAX).min(part.len());
                skip -= passed as u64;
                part.split_off(passed)
            })
        })
        .filter(|part| std::future::ready(!matches!(part, Ok(part) if part.is_empty())))
        .boxed())
}

/// Whether a partial answer is the part that was asked for.
fn begins_at(response: &reqwest::Response, offset: u64) -> bool {
    let range = response.headers().get(CONTENT_RANGE);
    let range = range.and_then(|range| range.to_str().ok());
    range.is_some_and(|range| range.starts_with(&format!("bytes {offset}-")))
}

/// The addon says `{"status": …}`; any other 404 comes from somebody else and says nothing about
/// the file.
fn refused(asked: &Asked<'_>, id: i64, status: StatusCode, body: &[u8]) -> OdooError {
    #[derive(serde::Deserialize)]
    struct Told {
        status: String,
    }
    let told = serde_json::from_slice::<Told>(body).map(|told| told.status);
    let (kind, message) = match (status, told.as_deref()) {
        (StatusCode::NOT_FOUND, Ok("missing")) => {
            (ErrorKind::NotFound, format!("file {id} is gone in Odoo"))
        }
        (StatusCode::CONFLICT, _) => (
            ErrorKind::Changed,
            format!("file {id} has other bytes in Odoo now"),
        ),
        (StatusCode::GONE, _) => (
            ErrorKind::Changed,
            format!("the bytes of file {id} are in the cloud only"),
        ),
        (_, Ok("lost")) => (
            ErrorKind::Invalid,
            format!("Odoo has lost the bytes of file {id}: restore its filestore from a backup"),
        ),
        _ => return refusal::route(asked, status.as_u16(), body),
    };
    OdooError::new(kind, message)
}

fn number(id: &EntryId) -> Result<i64> {
    match Row::of(id) {
        Some(Row::File(number)) => Ok(number),
        _ => Err(OdooError::new(
            ErrorKind::Invalid,
            format!("{id} names no file of Odoo's; this is a fault of the sidecar"),
        )),
    }
}
