//! Which wire is taken, what is asked again and what never is, and how much at once.

use super::scripted::{Answer, Request, Scripted};
use super::{counting, endpoint, transport};
use attache::odoo::ErrorKind;
use attache::odoo::transport::{Wire, open};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// As Odoo 16 answers, byte for byte.
fn recorded(value: &str) -> Answer {
    Answer::xml(&format!(
        "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value>{value}</value>\n</param>\n</params>\n</methodResponse>\n"
    ))
}

/// An Odoo before 19: no JSON-2, user 7 behind the key.
fn older(request: &Request) -> Answer {
    match request.path.as_str() {
        "/xmlrpc/2/common" => recorded("<int>7</int>"),
        "/xmlrpc/2/object" => recorded("<int>42</int>"),
        _ => Answer::page(404, "<!DOCTYPE HTML PUBLIC>\n<title>404 Not Found</title>"),
    }
}

/// Odoo 19, 42 partners.
fn newer(request: &Request) -> Answer {
    match request.path.as_str() {
        "/json/version" => Answer::json(200, &json!({"version_info": [19, 0], "version": "19.0"})),
        "/json/2/res.users/context_get" => Answer::json(200, &json!({"lang": "en_US"})),
        "/json/2/res.partner/search_count" => Answer::json(200, &json!(42)),
        _ => older(request),
    }
}

#[tokio::test]
async fn a_new_server_is_spoken_to_by_json() {
    let server = Scripted::new(newer);
    let odoo = transport(&server, Wire::Auto);
    for _ in 0..2 {
        assert_eq!(odoo.call(&counting(true)).await.expect("an answer"), 42);
    }
    let asked = server.asked();
    assert_eq!(
        asked.len(),
        4,
        "the choice is made once: {:?}",
        server.paths()
    );
    let call = asked.last().expect("a call");
    assert_eq!(
        (call.method.as_str(), call.json()),
        ("POST", json!({"domain": []}))
    );
    assert_eq!(call.header("authorization"), Some("Bearer the-key"));
    assert_eq!(call.header("x-odoo-database"), Some("demo"));
    assert_eq!(
        call.header("accept-encoding"),
        None,
        "nothing is compressed"
    );
}

#[tokio::test]
async fn an_older_server_is_spoken_to_by_xml() {
    let server = Scripted::new(older);
    let odoo = transport(&server, Wire::Auto);
    assert_eq!(odoo.call(&counting(true)).await.expect("an answer"), 42);
    assert_eq!(
        server.paths(),
        ["/json/version", "/xmlrpc/2/common", "/xmlrpc/2/object"]
    );
    let asked = server.asked();
    let login = asked[1].text();
    assert!(
        login.contains("<methodName>authenticate</methodName>"),
        "{login}"
    );
    assert!(login.contains("<string>the-key</string>"), "{login}");
    let call = asked[2].text();
    for part in [
        "<methodName>execute_kw</methodName>",
        "<value><string>demo</string></value></param><param><value><int>7</int></value></param><param><value><string>the-key</string>",
        "<array><data></data></array></value></param><param><value><struct><member><name>domain</name>",
    ] {
        assert!(call.contains(part), "{part}: {call}");
    }
}

#[tokio::test]
async fn json_that_a_proxy_hides_falls_back_to_xml() {
    let server = Scripted::new(|request| match request.path.as_str() {
        "/json/version" => newer(request),
        _ => older(request),
    });
    let odoo = transport(&server, Wire::Auto);
    assert_eq!(odoo.call(&counting(true)).await.expect("an answer"), 42);
}

#[tokio::test]
async fn a_refused_key_is_no_reason_to_try_the_other_wire() {
    let server = Scripted::new(|request| match request.path.as_str() {
        "/json/version" => newer(request),
        _ => Answer::json(
            401,
            &json!({"name": "werkzeug.exceptions.Unauthorized", "message": "Invalid apikey"}),
        ),
    });
    let error = transport(&server, Wire::Auto)
        .call(&counting(true))
        .await
        .expect_err("refused");
    assert_eq!(error.kind, ErrorKind::Unauthorized);
    assert!(
        server.paths().iter().all(|path| path.starts_with("/json/")),
        "{:?}",
        server.paths()
    );
}

#[tokio::test]
async fn a_forced_wire_is_taken_unasked() {
    let server = Scripted::new(newer);
    let json = transport(&server, Wire::Json2);
    assert_eq!(json.call(&counting(true)).await.expect("an answer"), 42);
    let xml = transport(&server, Wire::XmlRpc);
    assert_eq!(xml.call(&counting(true)).await.expect("an answer"), 42);
    assert_eq!(
        server.paths(),
        [
            "/json/2/res.partner/search_count",
            "/xmlrpc/2/common",
            "/xmlrpc/2/object"
        ]
    );
}

/// Answers with what `failing` says the first time, then well.
fn once(failing: Answer) -> Scripted {
    let count = AtomicUsize::new(0);
    Scripted::new(move |request| match count.fetch_add(1, Ordering::SeqCst) {
        0 => failing.clone(),
        _ => newer(request),
    })
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_where_that_is_safe() {
    let lost = [
        Answer::json(200, &json!(42)).cut_after(1),
        Answer::page(503, "maintenance"),
        Answer::page(502, "bad gateway"),
    ];
    for failing in lost {
        let server = once(failing.clone());
        let odoo = transport(&server, Wire::Json2);
        assert_eq!(odoo.call(&counting(true)).await.expect("an answer"), 42);
        assert_eq!(server.asked().len(), 2);

        let server = once(failing);
        let odoo = transport(&server, Wire::Json2);
        let error = odoo.call(&counting(false)).await.expect_err("lost");
        assert_eq!(error.kind, ErrorKind::Unavailable, "{error}");
        assert_eq!(server.asked().len(), 1, "a write may have been done");
    }
}

#[tokio::test]
async fn nothing_was_done_by_a_server_that_is_too_busy() {
    let server = once(Answer::page(429, "slow down").with("Retry-After", "0"));
    let odoo = transport(&server, Wire::Json2);
    assert_eq!(odoo.call(&counting(false)).await.expect("an answer"), 42);

    let server = once(Answer::page(429, "slow down").with("Retry-After", "30"));
    let odoo = transport(&server, Wire::Json2);
    let error = odoo
        .call(&counting(true))
        .await
        .expect_err("too long to wait here");
    assert_eq!(error.kind, ErrorKind::Busy(Duration::from_secs(30)));
}

#[tokio::test]
async fn a_server_that_is_down_is_named_and_the_key_is_not() {
    let gone = Scripted::new(newer);
    let address = gone.url.trim_start_matches("http://").to_owned();
    let odoo = transport(&gone, Wire::Json2);
    drop(gone);
    let error = odoo
        .call(&counting(false))
        .await
        .expect_err("nobody listens");
    assert_eq!(error.kind, ErrorKind::Unavailable);
    let message = error.to_string();
    assert!(
        message.contains(&format!("nothing answers at http://{address}"))
            && message.contains("refused"),
        "{message}"
    );
    assert!(!format!("{error:?}").contains("the-key"));
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up_once() {
    let (release, held) = std::sync::mpsc::channel::<()>();
    let held = Mutex::new(held);
    let server = Scripted::new(move |request| {
        let _until_the_end = held.lock().expect("no panic").recv();
        newer(request)
    });
    let mut endpoint = endpoint(&server, Wire::Json2);
    endpoint.limits.call = Duration::from_millis(300);
    let (_, odoo) = open(endpoint).expect("a transport");
    let error = odoo.call(&counting(true)).await.expect_err("no answer");
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(error.message.contains("gave no answer within"), "{error}");
    assert_eq!(
        server.asked().len(),
        1,
        "waiting as long again helps nobody"
    );
    drop(release);
}

/// Counts how many are inside at once; each waits until `most` are, or until it is alone too long.
#[derive(Default)]
struct Meeting {
    inside: Mutex<(usize, usize)>,
    moved: Condvar,
}

impl Meeting {
    fn attend(&self, most: usize) {
        let mut inside = self.inside.lock().expect("no panic");
        inside.0 += 1;
        inside.1 = inside.1.max(inside.0);
        self.moved.notify_all();
        let waiting = |inside: &mut (usize, usize)| inside.1 < most;
        let long = Duration::from_secs(5);
        let (mut inside, _) = self
            .moved
            .wait_timeout_while(inside, long, waiting)
            .expect("no panic");
        inside.0 -= 1;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_so_many_calls_run_at_once() {
    let meeting = Arc::new(Meeting::default());
    let attended = Arc::clone(&meeting);
    let server = Scripted::new(move |request| {
        attended.attend(4);
        newer(request)
    });
    let odoo = transport(&server, Wire::Json2);
    let calls = (0..12).map(|_| {
        let odoo = Arc::clone(&odoo);
        tokio::spawn(async move { odoo.call(&counting(true)).await })
    });
    for call in calls.collect::<Vec<_>>() {
        let answer: Value = call.await.expect("no panic").expect("an answer");
        assert_eq!(answer, 42);
    }
    assert_eq!(
        meeting.inside.lock().expect("no panic").1,
        4,
        "most at once"
    );
}
