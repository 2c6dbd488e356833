//! Bytes: whole, in parts, cut, changed, from a cloud in every mood.

use super::bench::{Bench, SECRET, sign, text};
use super::cloud::Mood;
use attache::http::Target;
use attache::providers::ErrorKind;
use attache::tree::{Fingerprint, HashKind};
use reqwest::RequestBuilder;
use reqwest::header::RANGE;
use serde_json::json;
use std::sync::atomic::Ordering;
use std::time::Duration;

fn bytes(size: usize) -> Vec<u8> {
    (0..size)
        .map(|at| u8::try_from(at % 251).unwrap())
        .collect()
}

/// Whether the connection breaks off instead of ending well: before or after the headers came.
async fn is_cut(request: RequestBuilder) -> bool {
    match request.send().await {
        Err(error) => error.is_request(),
        Ok(response) => response.status().is_success() && response.bytes().await.is_err(),
    }
}

#[tokio::test]
async fn a_whole_file_comes_as_it_is_and_cannot_run() {
    let whole = bytes(300_000);
    let bench = Bench::start(&whole).await;
    let response = bench.file().send().await.unwrap();
    assert_eq!(response.status(), 200);
    let headers = response.headers().clone();
    let table = [
        ("content-type", "application/pdf"),
        ("content-length", "300000"),
        ("content-disposition", "attachment; filename=\"report.pdf\""),
        ("accept-ranges", "bytes"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "private, no-cache"),
        ("referrer-policy", "no-referrer"),
    ];
    for (name, value) in table {
        assert_eq!(text(&headers, name), value, "{name}");
    }
    assert_eq!(
        text(&headers, "etag"),
        format!("\"{}\"", bench.cloud.sha1())
    );
    let policy = text(&headers, "content-security-policy");
    assert!(
        policy.contains("default-src 'none'") && policy.contains("sandbox"),
        "{policy}"
    );
    assert_eq!(response.bytes().await.unwrap(), whole);
}

#[tokio::test]
async fn parts_are_exactly_what_was_asked_for() {
    let whole = bytes(200_000);
    let bench = Bench::start(&whole).await;
    let table = [
        ("bytes=0-9", 206, 0..10),
        ("bytes=70000-149999", 206, 70_000..150_000),
        ("bytes=199999-", 206, 199_999..200_000),
        ("bytes=-5", 206, 199_995..200_000),
        ("bytes=100-999999", 206, 100..200_000),
        ("bytes=0-", 206, 0..200_000),
        ("bytes=0-1,5-6", 200, 0..200_000),
        ("bytes=x", 200, 0..200_000),
    ];
    for (range, status, expected) in table {
        let response = bench.file().header(RANGE, range).send().await.unwrap();
        assert_eq!(response.status(), status, "{range}");
        let told = text(response.headers(), "content-range").to_owned();
        if status == 206 {
            let last = expected.end - 1;
            assert_eq!(told, format!("bytes {}-{last}/200000", expected.start));
        }
        assert_eq!(response.bytes().await.unwrap(), whole[expected], "{range}");
    }
    let response = bench
        .file()
        .header(RANGE, "bytes=200000-")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 416);
    assert_eq!(text(response.headers(), "content-range"), "bytes */200000");
    assert!(
        bench.cloud.reads.lock().unwrap().contains(&70_000),
        "read from there, not from 0"
    );
}

#[tokio::test]
async fn an_empty_file_is_a_file() {
    let bench = Bench::start(b"").await;
    let response = bench.file().send().await.unwrap();
    assert_eq!(
        (
            response.status().as_u16(),
            text(response.headers(), "content-length")
        ),
        (200, "0")
    );
    assert_eq!(response.bytes().await.unwrap().len(), 0);
    let response = bench.file().header(RANGE, "bytes=0-").send().await.unwrap();
    assert_eq!(response.status(), 416);
}

#[tokio::test]
async fn what_the_caller_has_is_not_sent_again() {
    let bench = Bench::start(b"hello").await;
    let tag = format!("\"{}\"", bench.cloud.sha1());
    let response = bench
        .file()
        .header("if-none-match", &tag)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 304);
    assert_eq!(text(response.headers(), "etag"), tag);
    assert!(
        bench.cloud.reads.lock().unwrap().is_empty(),
        "the cloud was not asked"
    );
    let part = |tag: &str| {
        bench
            .file()
            .header(RANGE, "bytes=1-2")
            .header("if-range", tag)
    };
    let response = part(&tag).send().await.unwrap();
    assert_eq!(response.status(), 206);
    assert_eq!(response.text().await.unwrap(), "el");
    let response = part("\"other\"").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.text().await.unwrap(), "hello");
    let response = bench
        .file()
        .header("if-match", "\"other\"")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 412);
}

#[tokio::test]
async fn head_tells_what_get_would() {
    let bench = Bench::start(b"hello").await;
    let path = format!("/files/{}", bench.token());
    let head = bench
        .head(&path)
        .header(RANGE, "bytes=0-1")
        .send()
        .await
        .unwrap();
    assert_eq!(head.status(), 200);
    assert_eq!(text(head.headers(), "content-length"), "5");
    assert_eq!(head.bytes().await.unwrap().len(), 0);
    assert!(bench.cloud.reads.lock().unwrap().is_empty());
    bench.cloud.set(Mood::Fails(ErrorKind::NotFound));
    assert_eq!(bench.head(&path).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_download_that_the_store_cuts_is_an_error_and_never_a_short_success() {
    let whole = bytes(500_000);
    let bench = Bench::start(&whole).await;
    for mood in [Mood::Breaks(250_000), Mood::Ends(250_000)] {
        bench.cloud.set(mood);
        assert!(is_cut(bench.file()).await, "{mood:?}");
        let part = bench.file().header(RANGE, "bytes=10-499000");
        assert!(is_cut(part).await, "{mood:?}, a part");
    }
    for mood in [Mood::Breaks(0), Mood::Ends(0)] {
        bench.cloud.set(mood);
        let response = bench.file().send().await.unwrap();
        assert_eq!(response.status(), 503, "nothing was sent yet: {mood:?}");
    }
}

#[tokio::test]
async fn a_cloud_that_cannot_is_told_apart_from_one_that_has_nothing() {
    let bench = Bench::start(b"hello").await;
    let minute = Duration::from_secs(60);
    let table = [
        (ErrorKind::NotFound, 404, "missing_in_cloud", ""),
        (ErrorKind::Unavailable, 503, "cloud_unavailable", "30"),
        (ErrorKind::RootGone, 503, "cloud_unavailable", "30"),
        (ErrorKind::Unauthorized, 503, "cloud_unavailable", "30"),
        (ErrorKind::Unexpected, 503, "cloud_unavailable", "30"),
        (
            ErrorKind::RateLimited(minute),
            503,
            "cloud_unavailable",
            "61",
        ),
    ];
    for (kind, status, code, retry) in table {
        bench.cloud.set(Mood::Fails(kind));
        let response = bench.file().send().await.unwrap();
        assert_eq!(response.status(), status, "{kind:?}");
        assert_eq!(text(response.headers(), "retry-after"), retry, "{kind:?}");
        let body = response.text().await.unwrap();
        assert!(body.contains(code) && !body.contains("s3cr3t"), "{body}");
    }
    bench.registry.down.store(true, Ordering::SeqCst);
    let response = bench.file().send().await.unwrap();
    assert_eq!(response.status(), 503);
    assert_ne!(text(response.headers(), "retry-after"), "");
    assert!(!response.text().await.unwrap().contains("s3cr3t"));
}

#[tokio::test]
async fn a_file_without_a_pair_or_a_connection_is_no_file() {
    let bench = Bench::start(b"hello").await;
    let mut claim = bench.claim();
    claim["id"] = json!(346);
    let response = bench
        .get(&format!("/files/{}", sign(SECRET, &claim)))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 404);
    let mut stored = bench.cloud.stored();
    stored.connection.0 = uuid::Uuid::from_u128(99);
    *bench.registry.stored.lock().unwrap() = Some(stored);
    assert_eq!(bench.file().send().await.unwrap().status(), 503);
}

#[tokio::test]
async fn bytes_of_another_content_are_never_sent() {
    let bench = Bench::start(b"first").await;
    let token = format!("/files/{}", bench.token());
    let told = |response: reqwest::Response| async {
        (
            response.status().as_u16(),
            response.text().await.unwrap_or("cut".into()),
        )
    };
    // Absorbed already: the pair speaks of other bytes than the token.
    let mut stored = bench.cloud.stored();
    stored.fingerprint = Fingerprint::of_bytes(b"other");
    *bench.registry.stored.lock().unwrap() = Some(stored);
    let (status, body) = told(bench.get(&token).send().await.unwrap()).await;
    assert!(status == 409 && body.contains("\"changed\""), "{body}");
    *bench.registry.stored.lock().unwrap() = Some(bench.cloud.stored());
    // Not absorbed yet, and the store tells by size or hash.
    for other in [&b"longer than first"[..], b"other"] {
        bench.cloud.edit(other, Some(Fingerprint::of_bytes(other)));
        assert_eq!(told(bench.get(&token).send().await.unwrap()).await.0, 409);
    }
    // The store cannot tell: a whole file is checked on its way, a part has to wait.
    bench.cloud.edit(b"other", None);
    let response = bench.get(&token).send().await.unwrap();
    assert_eq!(told(response).await.0, 503);
    let part = bench.get(&token).header(RANGE, "bytes=0-1");
    let part = part.send().await.unwrap();
    assert_eq!(text(part.headers(), "retry-after"), "5");
    assert_eq!(told(part).await.0, 503);
    let nudges = bench.nudges.0.lock().unwrap().clone();
    assert!(nudges.contains(&Target::Connection(super::registry::CONNECTION)));
    // Only the name was changed in the cloud: the whole file still comes.
    bench.cloud.edit(b"first", None);
    assert_eq!(
        told(bench.get(&token).send().await.unwrap()).await,
        (200, "first".into())
    );
}

#[tokio::test]
async fn a_large_file_that_rotted_in_the_store_is_never_whole() {
    let whole = bytes(500_000);
    let bench = Bench::start(&whole).await;
    let mut rotten = whole.clone();
    rotten[300_000] ^= 1;
    *bench.cloud.bytes.lock().unwrap() = rotten;
    let mut claim = bench.claim();
    let stored = bench.registry.stored.lock().unwrap().clone().unwrap();
    claim["sha1"] = json!(stored.fingerprint.hash(HashKind::Sha1));
    let path = format!("/files/{}", sign(SECRET, &claim));
    assert!(is_cut(bench.get(&path)).await);
}

#[tokio::test]
async fn memory_stays_flat_and_a_client_that_leaves_frees_the_cloud() {
    const SIZE: u64 = 8 << 30;
    let bench = Bench::start(b"x").await;
    bench.cloud.set(Mood::Endless(SIZE));
    let mut stored = bench.cloud.stored();
    stored.fingerprint.size = SIZE;
    *bench.registry.stored.lock().unwrap() = Some(stored);
    let mut response = bench.file().send().await.unwrap();
    let mut got = 0;
    while got < 1 << 20 {
        got += response.chunk().await.unwrap().unwrap().len();
    }
    let taken = bench.cloud.taken.load(Ordering::SeqCst);
    assert!(
        taken < 64 << 20,
        "{taken} bytes were taken for a client that read {got}"
    );
    drop(response);
    let freed = tokio::time::timeout(Duration::from_secs(20), bench.cloud.dropped.notified());
    freed.await.expect("the cloud's stream is let go");
}

#[tokio::test]
async fn hostile_names_and_types_add_nothing() {
    let bench = Bench::start(b"<script>alert(1)</script>").await;
    let mut claim = bench.claim();
    claim["name"] = json!("a\r\nSet-Cookie: x=1\r\n\r\n\"; filename=\"b.html\u{202e}é");
    claim["type"] = json!("text/html\r\nX-Evil: 1");
    claim["inline"] = json!(true);
    let response = bench
        .get(&format!("/files/{}", sign(SECRET, &claim)))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    let headers = response.headers();
    assert!(headers.get("set-cookie").is_none() && headers.get("x-evil").is_none());
    assert_eq!(text(headers, "content-type"), "application/octet-stream");
    let disposition = text(headers, "content-disposition");
    assert!(
        disposition.starts_with("attachment; filename=\"a__Set-Cookie"),
        "{disposition}"
    );
    assert_eq!(disposition.matches("filename=").count(), 2, "{disposition}");
    assert!(disposition.ends_with("b.html_%C3%A9"), "{disposition}");
}
