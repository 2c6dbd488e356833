//! What a person tells the sidecar: only by the admin page's own forms, only of what was shown.

use super::bench::{Bench, cookie, field, text};
use super::registry::CONNECTION;
use attache::http::Target;
use reqwest::header::COOKIE;

#[tokio::test]
async fn a_person_approves_exactly_the_plan_that_was_shown() {
    let bench = Bench::start(b"x").await;
    bench.registry.fill("Invoices/2026");
    let session = bench.come_in().await;
    let (_, page) = bench.page(&session, "/admin/held").await;
    let connection = CONNECTION.to_string();
    let (form_mark, mark) = (field(&page, "form_mark"), field(&page, "mark"));
    let decide = |mark: &str, answer: &str| {
        let fields = [
            ("form_mark", form_mark.as_str()),
            ("connection", connection.as_str()),
            ("mark", mark),
            ("answer", answer),
        ];
        bench.form("/admin/held", &fields).header(COOKIE, &session)
    };
    let response = decide("an older plan", "approve").send().await.unwrap();
    assert_eq!(response.status(), 409);
    assert!(bench.registry.told.lock().unwrap().is_empty());
    for (answer, told) in [("approve", "Approve"), ("reject", "Reject")] {
        let response = decide(&mark, answer).send().await.unwrap();
        assert_eq!(response.status(), 303, "{answer}");
        let next = text(response.headers(), "location");
        let (_, page) = bench.page(&session, next).await;
        assert!(page.contains("role=\"status\""), "it says what was done");
        let last = bench.registry.told.lock().unwrap().last().cloned().unwrap();
        assert_eq!(last, (told.into(), CONNECTION, "the admin token".into()));
    }
    assert_eq!(bench.nudges.0.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_stuck_is_tried_again_when_asked() {
    let bench = Bench::start(b"x").await;
    bench.registry.fill("Invoices/2026");
    let session = bench.come_in().await;
    let (_, page) = bench.page(&session, "/admin/trouble").await;
    let (mark, connection) = (field(&page, "form_mark"), field(&page, "connection"));
    let fields = [
        ("form_mark", mark.as_str()),
        ("connection", connection.as_str()),
    ];
    let request = bench.form("/admin/retry", &fields).header(COOKIE, &session);
    assert_eq!(request.send().await.unwrap().status(), 303);
    let told = bench.registry.told.lock().unwrap().clone();
    assert_eq!(
        told,
        [("retry".to_owned(), CONNECTION, "the admin token".to_owned())]
    );
    let nudges = bench.nudges.0.lock().unwrap().clone();
    assert_eq!(nudges, [Target::Connection(CONNECTION)]);
}

#[tokio::test]
async fn a_connection_is_paused_and_resumed() {
    let bench = Bench::start(b"x").await;
    bench.registry.fill("Invoices/2026");
    let session = bench.come_in().await;
    for (state, paused) in [("active", "true"), ("paused", "false"), ("error", "false")] {
        bench.registry.connections.lock().unwrap()[0].state = state.into();
        let (_, page) = bench.page(&session, "/admin").await;
        assert_eq!(field(&page, "paused"), paused, "{state}");
        let (mark, connection) = (field(&page, "form_mark"), field(&page, "connection"));
        let fields = [
            ("form_mark", mark.as_str()),
            ("connection", connection.as_str()),
            ("paused", paused),
        ];
        let request = bench.form("/admin/pause", &fields);
        let response = request.header(COOKIE, &session).send().await.unwrap();
        assert_eq!(response.status(), 303);
        let last = bench.registry.told.lock().unwrap().last().cloned().unwrap();
        assert_eq!(last.0, format!("pause {paused}"));
    }
    assert_eq!(bench.nudges.0.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn a_form_without_this_sessions_mark_does_nothing() {
    let bench = Bench::start(b"x").await;
    bench.registry.fill("Invoices/2026");
    let (session, other) = (bench.come_in().await, bench.come_in().await);
    let page = |session: String| {
        let bench = &bench;
        async move { bench.page(&session, "/admin/held").await.1 }
    };
    let mine = field(&page(session.clone()).await, "form_mark");
    let theirs = field(&page(other).await, "form_mark");
    assert_ne!(mine, theirs);
    let connection = CONNECTION.to_string();
    let send = |path: &'static str, form_mark: &str, cookie: &str, site: &'static str| {
        let fields = [
            ("form_mark", form_mark),
            ("connection", connection.as_str()),
            ("mark", "m1"),
            ("answer", "approve"),
            ("paused", "true"),
        ];
        let request = bench.form(path, &fields).header(COOKIE, cookie);
        request.header("sec-fetch-site", site).send()
    };
    for path in [
        "/admin/held",
        "/admin/retry",
        "/admin/pause",
        "/admin/leave",
    ] {
        let same = "same-origin";
        for wrong in ["", "00", theirs.as_str()] {
            assert_eq!(
                send(path, wrong, &session, same).await.unwrap().status(),
                403
            );
        }
        let stranger = send(path, &mine, "", same).await.unwrap();
        assert_eq!(text(stranger.headers(), "location"), "/admin/enter");
        for site in ["cross-site", "same-site"] {
            assert_eq!(
                send(path, &mine, &session, site).await.unwrap().status(),
                403,
                "{site}"
            );
        }
        let get = bench
            .get(path)
            .header(COOKIE, &session)
            .send()
            .await
            .unwrap();
        assert!(get.status() == 405 || path == "/admin/held", "{path}");
    }
    assert!(bench.registry.told.lock().unwrap().is_empty());
    assert!(bench.nudges.0.lock().unwrap().is_empty());
    assert_eq!(
        send("/admin/retry", &mine, &session, "same-origin")
            .await
            .unwrap()
            .status(),
        303
    );
}

#[tokio::test]
async fn leaving_ends_the_session_in_the_browser() {
    let bench = Bench::start(b"x").await;
    let session = bench.come_in().await;
    let (_, page) = bench.page(&session, "/admin").await;
    let mark = field(&page, "form_mark");
    let request = bench
        .form("/admin/leave", &[("form_mark", &mark)])
        .header(COOKIE, &session);
    let response = request.send().await.unwrap();
    assert_eq!(cookie(&response), "attache_session=");
    assert!(text(response.headers(), "set-cookie").contains("Max-Age=0"));
}
