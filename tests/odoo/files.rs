//! Bytes from Odoo: many at once, one large one, and what breaks on the way.

use super::scripted::{Answer, Request, Scripted};
use super::service;
use attache::odoo::server::Server;
use attache::odoo::{ErrorKind, Given, Odoo as _, Wanted};
use attache::tree::{ConnectionId, EntryId, Fingerprint, HashKind};
use bytes::Bytes;
use futures::StreamExt as _;
use serde_json::{Value, json};
use uuid::Uuid;

fn content(id: i64) -> Vec<u8> {
    format!("the bytes of file {id}")
        .repeat(id as usize)
        .into_bytes()
}

fn wanted(id: i64) -> Wanted {
    let fingerprint = Fingerprint::of_bytes(&content(id));
    Wanted {
        id: EntryId::new(format!("file:{id}")),
        sha1: fingerprint.hash(HashKind::Sha1).expect("a sha1").to_owned(),
        size: fingerprint.size,
    }
}

fn frame(head: &Value, body: &[u8]) -> Vec<u8> {
    let head = head.to_string();
    let length = u32::try_from(head.len()).expect("short");
    [&length.to_be_bytes(), head.as_bytes(), body].concat()
}

fn ok(id: i64, body: &[u8]) -> Vec<u8> {
    frame(&json!({"id": id, "status": "ok", "size": body.len()}), body)
}

fn end() -> Vec<u8> {
    frame(&json!({"end": true, "count": 0}), b"")
}

/// The addon's answer to a batch: every file as it was asked for.
fn all(request: &Request) -> Vec<u8> {
    let body = request.json();
    let files = body["files"].as_array().expect("files");
    let frames = files.iter().map(|file| {
        let id = file["id"].as_i64().expect("an id");
        ok(id, &content(id))
    });
    frames.chain([end()]).collect::<Vec<_>>().concat()
}

fn stream(body: Vec<u8>) -> Answer {
    Answer::new(200, "application/octet-stream", body)
}

fn odoo(server: &Scripted) -> Server {
    Server::new(service(server), ConnectionId(Uuid::from_u128(1)))
}

async fn taken(odoo: &Server, wanted: &[Wanted]) -> Vec<Result<(String, Given), ErrorKind>> {
    let stream = odoo.bytes(wanted).await.expect("a stream");
    stream
        .map(|item| match item {
            Ok((id, given)) => Ok((id.as_str().to_owned(), given)),
            Err(error) => Err(error.kind),
        })
        .collect()
        .await
}

fn given(id: i64) -> Result<(String, Given), ErrorKind> {
    Ok((format!("file:{id}"), Given::Bytes(Bytes::from(content(id)))))
}

#[tokio::test]
async fn many_small_files_come_in_batches() {
    let server = Scripted::new(|request| stream(all(request)));
    let odoo = odoo(&server);
    let many: Vec<Wanted> = (1..=1500).map(wanted).collect();
    let mut items = taken(&odoo, &many).await;
    items.sort_by_key(|item| match item {
        Ok((id, _)) => id
            .trim_start_matches("file:")
            .parse::<i64>()
            .expect("a number"),
        Err(_) => 0,
    });
    assert_eq!(items.len(), 1500);
    for (id, item) in (1..).zip(items) {
        assert_eq!(item, given(id));
    }
    let asked = server.asked();
    assert_eq!(asked.len(), 2, "at most 1000 a request");
    assert_eq!(asked[0].path, "/attache/v1/bytes");
    assert_eq!(asked[0].header("authorization"), Some("Bearer the-key"));
    assert_eq!(asked[0].header("x-odoo-database"), Some("demo"));
    assert!(taken(&odoo, &[]).await.is_empty());
}

#[tokio::test]
async fn each_file_has_its_own_fate() {
    let server = Scripted::new(|_| {
        let told =
            |id: i64, status: &str| frame(&json!({"id": id, "status": status, "size": 0}), b"");
        let frames = [
            told(1, "missing"),
            told(2, "changed"),
            told(3, "released"),
            told(4, "lost"),
            ok(5, b"shorter"),
            ok(6, &[0; 100_000]),
            ok(99, b"nobody asked"),
            ok(7, &content(7)),
            end(),
        ];
        stream(frames.concat())
    });
    let many: Vec<Wanted> = (1..=7).map(wanted).collect();
    let fate = |id: i64, given| Ok((format!("file:{id}"), given));
    assert_eq!(
        taken(&odoo(&server), &many).await,
        [
            fate(1, Given::Missing),
            fate(2, Given::Changed),
            fate(3, Given::Released),
            fate(4, Given::Lost),
            fate(5, Given::Lost),
            fate(6, Given::Lost),
            given(7),
        ],
        "fewer or more bytes than the row tells are never given"
    );
}

#[tokio::test]
async fn what_came_whole_before_a_cut_is_good() {
    let first = ok(1, &content(1)).len();
    let second = first + ok(2, &content(2)).len();
    let broken = || Err(ErrorKind::Unavailable);
    for (cut, items) in [
        (second, vec![given(1), given(2)]),
        (second - 1, vec![given(1)]),
        (first + 3, vec![given(1)]),
        (first - 1, vec![broken()]),
        (0, vec![broken()]),
    ] {
        let server = Scripted::new(move |request| stream(all(request)).cut_after(cut));
        assert_eq!(
            taken(&odoo(&server), &[wanted(1), wanted(2)]).await,
            items,
            "{cut}"
        );
    }
}

#[tokio::test]
async fn a_refusal_is_an_error_of_the_call() {
    for (answer, kind) in [
        (Answer::page(404, "<h1>Not Found</h1>"), ErrorKind::Missing),
        (
            Answer::json(
                401,
                &json!({"name": "werkzeug.exceptions.Unauthorized", "message": "Invalid apikey"}),
            ),
            ErrorKind::Unauthorized,
        ),
        (
            Answer::json(
                403,
                &json!({"name": "odoo.exceptions.AccessError", "message": "no"}),
            ),
            ErrorKind::Forbidden,
        ),
        (Answer::page(502, ""), ErrorKind::Unavailable),
    ] {
        let server = Scripted::new(move |_| answer.clone());
        let error = odoo(&server)
            .bytes(&[wanted(1)])
            .await
            .err()
            .expect("refused");
        assert_eq!(error.kind, kind, "{error}");
    }
    let server = Scripted::new(|request| stream(all(request)));
    let folder = Wanted {
        id: EntryId::new("folder:1"),
        ..wanted(1)
    };
    let error = odoo(&server).bytes(&[folder]).await.err().expect("refused");
    assert_eq!(error.kind, ErrorKind::Invalid);
}

/// The addon's answer for one file, with `Range`.
fn ranged(request: &Request) -> Answer {
    let whole = content(9);
    let Some(range) = request.header("range") else {
        return stream(whole);
    };
    let from = range.trim_start_matches("bytes=").trim_end_matches('-');
    let from: usize = from.parse().expect("an offset");
    let shown = format!("bytes {from}-{}/{}", whole.len() - 1, whole.len());
    Answer::new(206, "application/octet-stream", &whole[from..]).with("Content-Range", &shown)
}

async fn whole(server: &Scripted, offset: u64) -> (Vec<u8>, Option<ErrorKind>) {
    let mut parts = odoo(server)
        .large(&wanted(9), offset)
        .await
        .expect("a stream");
    let mut bytes = Vec::new();
    while let Some(part) = parts.next().await {
        match part {
            Ok(part) => bytes.extend_from_slice(&part),
            Err(error) => return (bytes, Some(error.kind)),
        }
    }
    (bytes, None)
}

#[tokio::test]
async fn a_large_file_goes_on_where_it_broke_off() {
    let length = content(9).len();
    let server = Scripted::new(ranged);
    assert_eq!(whole(&server, 0).await, (content(9), None));
    assert_eq!(whole(&server, 50).await, (content(9)[50..].to_vec(), None));
    assert_eq!(whole(&server, length as u64).await, (Vec::new(), None));
    let asked = server.asked();
    assert_eq!(asked.len(), 2, "nothing is left to ask for at the end");
    assert_eq!(
        asked[0].path,
        format!("/attache/v1/bytes/9?sha1={}", wanted(9).sha1)
    );
    assert_eq!(asked[1].header("range"), Some("bytes=50-"));

    let server = Scripted::new(|request| ranged(request).cut_after(30));
    let (bytes, error) = whole(&server, 20).await;
    assert!(content(9)[20..].starts_with(&bytes) && bytes.len() <= 30);
    assert_eq!(error, Some(ErrorKind::Unavailable));
}

#[tokio::test]
async fn a_server_that_ignores_the_range_does_not_shift_the_bytes() {
    let server = Scripted::new(|_| stream(content(9)));
    assert_eq!(whole(&server, 50).await, (content(9)[50..].to_vec(), None));
    let server = Scripted::new(|_| {
        Answer::new(206, "application/octet-stream", content(9))
            .with("Content-Range", "bytes 0-1/2")
    });
    assert!(
        odoo(&server).large(&wanted(9), 50).await.is_err(),
        "another part than asked for"
    );
}

#[tokio::test]
async fn a_large_file_that_is_not_there_says_why() {
    for (answer, kind) in [
        (
            Answer::json(404, &json!({"status": "missing"})),
            ErrorKind::NotFound,
        ),
        (
            Answer::json(409, &json!({"status": "changed"})),
            ErrorKind::Changed,
        ),
        (
            Answer::json(410, &json!({"status": "released"})),
            ErrorKind::Changed,
        ),
        (
            Answer::json(424, &json!({"status": "lost"})),
            ErrorKind::Invalid,
        ),
        (Answer::page(404, "<h1>Not Found</h1>"), ErrorKind::Missing),
        (Answer::page(503, ""), ErrorKind::Unavailable),
    ] {
        let server = Scripted::new(move |_| answer.clone());
        let error = odoo(&server)
            .large(&wanted(9), 0)
            .await
            .err()
            .expect("refused");
        assert_eq!(error.kind, kind, "{error}");
    }
}
