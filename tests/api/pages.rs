//! What the admin page shows: everything there is, nothing that runs, and a word where nothing is.

use super::bench::{Bench, text};
use super::registry::CONNECTION;
use attache::http::registry::Which;
use reqwest::header::COOKIE;
use std::sync::atomic::Ordering;

/// Names as an attacker would choose them.
const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "{{form_mark}}{{{base}}}",
    "</title></style></textarea><svg/onload=alert(1)>",
];

const PAGES: &[&str] = &[
    "/admin",
    "/admin/queue",
    "/admin/operations?which=recent",
    "/admin/operations?which=errors",
    "/admin/held",
    "/admin/trouble",
];

#[tokio::test]
async fn names_are_shown_and_never_run() {
    let bench = Bench::start(b"x").await;
    let session = bench.come_in().await;
    for name in HOSTILE {
        bench.registry.fill(name);
        for path in PAGES {
            let response = bench
                .get(path)
                .header(COOKIE, &session)
                .send()
                .await
                .unwrap();
            assert_eq!(response.status(), 200, "{path}");
            let policy = text(response.headers(), "content-security-policy").to_owned();
            assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
            assert_eq!(text(response.headers(), "x-frame-options"), "DENY");
            assert_eq!(text(response.headers(), "cache-control"), "no-store");
            let page = response.text().await.unwrap();
            assert!(
                !page.contains("<script") && !page.contains("<svg") && !page.contains("<img"),
                "{path}\n{page}"
            );
            assert!(
                !page.contains("' onmouseover") && !page.contains("\"><img"),
                "{path}"
            );
            let shown = name
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;");
            let shown = shown
                .replace('"', "&quot;")
                .replace('\'', "&#x27;")
                .replace('=', "&#x3D;");
            assert!(
                page.contains(&shown),
                "{path} does not show {shown}\n{page}"
            );
        }
    }
}

#[tokio::test]
async fn hostile_addresses_are_shown_as_failures() {
    let bench = Bench::start(b"x").await;
    let session = bench.come_in().await;
    let table = [
        ("/admin/operations?connection=%3Cscript%3E", 404),
        ("/admin/operations?which=%3Cscript%3E", 400),
        ("/admin/%3Cscript%3Ealert(1)%3C/script%3E", 404),
        ("/admin?ticket=%3Cscript%3E", 303),
        ("/admin/", 303),
        ("/admin/held?done=%3Cscript%3E", 200),
    ];
    for (path, status) in table {
        let response = bench
            .get(path)
            .header(COOKIE, &session)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), status, "{path}");
        let policy = text(response.headers(), "content-security-policy");
        assert!(
            policy.contains("default-src 'none'"),
            "{path}: {response:?}"
        );
        assert_eq!(
            text(response.headers(), "x-content-type-options"),
            "nosniff"
        );
        assert!(
            !response.text().await.unwrap().contains("<script"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn every_page_says_when_there_is_nothing() {
    let bench = Bench::start(b"x").await;
    let session = bench.come_in().await;
    let table = [
        ("/admin", "No connection yet."),
        ("/admin/queue", "The queue is empty."),
        ("/admin/operations", "Nothing to show."),
        ("/admin/held", "The guard holds nothing."),
        ("/admin/trouble", "No trouble."),
    ];
    for (path, words) in table {
        let (status, page) = bench.page(&session, path).await;
        assert!(status == 200 && page.contains(words), "{path}\n{page}");
    }
    bench.registry.fill("Invoices");
    for (path, words) in table {
        assert!(
            !bench.page(&session, path).await.1.contains(words),
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_pages_tell_counts_reasons_and_outcomes() {
    let bench = Bench::start(b"x").await;
    bench.registry.fill("the root is gone");
    let session = bench.come_in().await;
    let table = [
        ("/admin", "4\u{202f}321"),
        ("/admin", "99 %"),
        ("/admin", "The root is gone."),
        ("/admin/queue", "in 5 min"),
        (
            "/admin/operations",
            "because it was edited on the other side",
        ),
        ("/admin/operations", "2 failed"),
        ("/admin/held", "40 steps wait"),
        ("/admin/held", "and 39 more"),
        ("/admin/trouble", "Try all again"),
    ];
    for (path, words) in table {
        let (_, page) = bench.page(&session, path).await;
        assert!(page.contains(words), "{path} without {words}\n{page}");
    }
    let path = format!("/admin/operations?which=open&connection={CONNECTION}");
    let (_, page) = bench.page(&session, &path).await;
    assert!(page.contains("value=\"open\" selected"), "{page}");
    let asked = *bench.registry.asked.lock().unwrap();
    assert_eq!(asked, Some((Which::Open, Some(CONNECTION))));
}

#[tokio::test]
async fn a_database_that_is_away_is_a_page_too() {
    let bench = Bench::start(b"x").await;
    let session = bench.come_in().await;
    bench.registry.down.store(true, Ordering::SeqCst);
    for path in PAGES {
        let (status, page) = bench.page(&session, path).await;
        assert_eq!(status, 503, "{path}");
        assert!(
            page.contains("database_unavailable") && page.contains("<h1>"),
            "{page}"
        );
        assert!(!page.contains("s3cr3t"), "causes stay in the log");
    }
}

#[tokio::test]
async fn addresses_begin_with_the_public_path() {
    let bench = Bench::set_up(b"x", "https://odoo.test/attache/", true).await;
    bench.registry.fill("Invoices");
    let session = bench.come_in().await;
    for path in PAGES {
        let (_, page) = bench.page(&session, path).await;
        for part in ["href=\"", "action=\""] {
            for address in page.split(part).skip(1) {
                assert!(
                    address.starts_with("/attache/admin"),
                    "{path}: {address:.40}"
                );
            }
        }
    }
    let style = bench.get("/admin/style.css").send().await.unwrap();
    assert_eq!(
        text(style.headers(), "content-type"),
        "text/css; charset=utf-8"
    );
}
