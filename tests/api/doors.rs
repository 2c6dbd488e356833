//! The ways into the admin page, and all that must stay shut.

use super::bench::{ADMIN_TOKEN, Bench, DATABASE, SECRET, cookie, now, sign, text, ticket};
use reqwest::header::COOKIE;
use serde_json::json;

const PAGES: &[&str] = &[
    "/admin",
    "/admin/queue",
    "/admin/operations",
    "/admin/held",
    "/admin/trouble",
];

#[tokio::test]
async fn nothing_is_open_by_default() {
    let bench = Bench::set_up(b"x", "http://sidecar.test", false).await;
    bench.registry.fill("secret name");
    for path in PAGES {
        let response = bench.get(path).send().await.unwrap();
        assert_eq!(response.status(), 303, "{path}");
        assert_eq!(text(response.headers(), "location"), "/admin/enter");
        assert!(!response.text().await.unwrap().contains("secret name"));
    }
    let (status, page) = bench.page("", "/admin/enter").await;
    assert!(
        status == 200 && !page.contains("name=\"token\""),
        "no token is set: no form"
    );
    for token in ["", ADMIN_TOKEN] {
        let response = bench
            .form("/admin/enter", &[("token", token)])
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 401);
        let api = bench.get("/api/v1/connections").bearer_auth(token);
        assert_eq!(api.send().await.unwrap().status(), 401);
    }
    let (status, _) = bench.page("attache_session=", "/admin").await;
    assert_eq!(status, 303);
}

#[tokio::test]
async fn a_ticket_lets_in_once() {
    let bench = Bench::set_up(b"x", "https://odoo.test/attache", false).await;
    let path = format!("/admin?ticket={}", ticket());
    let looked = bench.head(&path).send().await.unwrap();
    assert!(
        looked.headers().get("set-cookie").is_none(),
        "HEAD uses nothing up"
    );
    let response = bench.get(&path).send().await.unwrap();
    assert_eq!(response.status(), 303);
    assert_eq!(text(response.headers(), "location"), "/attache/admin");
    let set = text(response.headers(), "set-cookie");
    for part in ["Path=/attache/admin", "HttpOnly", "SameSite=Lax", "Secure"] {
        assert!(set.contains(part), "{part} in {set}");
    }
    let cookie = cookie(&response);
    let (status, page) = bench.page(&cookie, "/admin").await;
    assert!(status == 200 && page.contains("user 7 of Odoo"), "{page}");
    let again = bench.get(&path).send().await.unwrap();
    assert_eq!(again.status(), 403);
    assert!(again.headers().get("set-cookie").is_none());
    assert!(again.text().await.unwrap().contains("was used already"));
    let back = bench
        .get(&path)
        .header(COOKIE, &cookie)
        .send()
        .await
        .unwrap();
    assert_eq!(
        back.status(),
        303,
        "the one who came in may load the page again"
    );
}

#[tokio::test]
async fn a_ticket_that_is_none_lets_nobody_in() {
    let bench = Bench::start(b"x").await;
    let claim = |kind: &str, db: &str, life: i64| json!({"v": 1, "db": db, "kind": kind, "id": 0, "user": 7, "exp": now() + life});
    let table = [
        sign(SECRET, &claim("admin", DATABASE, -1)),
        sign(SECRET, &claim("admin", DATABASE, 600)),
        sign(b"another", &claim("admin", DATABASE, 60)),
        sign(SECRET, &claim("admin", "other", 60)),
        bench.token(),
    ];
    for ticket in table {
        let response = bench
            .get(&format!("/admin?ticket={ticket}"))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 403, "{ticket}");
        assert!(response.headers().get("set-cookie").is_none());
    }
}

#[tokio::test]
async fn guessing_the_admin_token_is_slowed_down() {
    let bench = Bench::start(b"x").await;
    for number in 0..5 {
        let guess = format!("guess-number-{number}");
        let response = match number % 2 {
            0 => {
                bench
                    .form("/admin/enter", &[("token", &guess)])
                    .send()
                    .await
            }
            _ => {
                bench
                    .get("/api/v1/connections")
                    .bearer_auth(&guess)
                    .send()
                    .await
            }
        };
        assert_eq!(response.unwrap().status(), 401);
    }
    let response = bench
        .form("/admin/enter", &[("token", ADMIN_TOKEN)])
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 429, "even the right one has to wait");
    assert_ne!(text(response.headers(), "retry-after"), "");
    assert!(response.headers().get("set-cookie").is_none());
    let api = bench.get("/api/v1/connections").bearer_auth(ADMIN_TOKEN);
    assert_eq!(api.send().await.unwrap().status(), 429);
    let ticket = bench
        .get(&format!("/admin?ticket={}", ticket()))
        .send()
        .await
        .unwrap();
    assert_eq!(ticket.status(), 429);
}

#[tokio::test]
async fn the_right_token_is_never_slowed_down() {
    let bench = Bench::start(b"x").await;
    for _ in 0..20 {
        let api = bench.get("/api/v1/connections").bearer_auth(ADMIN_TOKEN);
        assert_eq!(api.send().await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn a_cookie_of_somebody_else_is_worth_nothing() {
    let bench = Bench::start(b"x").await;
    let session = bench.come_in().await;
    let (name, sealed) = session.split_once('=').unwrap();
    let (payload, _) = sealed.split_once('.').unwrap();
    let stranger = sign(
        b"another key",
        &json!({"who": "me", "exp": now() + 60,
        "nonce": "00000000-0000-0000-0000-000000000001"}),
    );
    let old = sign(
        &[7; 32],
        &json!({"who": "me", "exp": now() - 1,
        "nonce": "00000000-0000-0000-0000-000000000001"}),
    );
    for wrong in [
        stranger,
        old,
        format!("{payload}."),
        bench.token(),
        ticket(),
    ] {
        let (status, _) = bench.page(&format!("{name}={wrong}"), "/admin").await;
        assert_eq!(status, 303, "{wrong}");
    }
    assert_eq!(
        bench.page(&format!("other=1; {session}"), "/admin").await.0,
        200
    );
}
