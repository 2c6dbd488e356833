//! Tokens: only Odoo's, only for this file, only now.

use super::bench::{ADMIN_TOKEN, Bench, SECRET, now, sign, ticket};
use serde_json::{Value, json};

async fn answer(bench: &Bench, token: &str) -> (u16, String) {
    let response = bench.get(&format!("/files/{token}")).send().await.unwrap();
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap_or_default();
    (status, body["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn whoever_changes_a_token_is_refused() {
    let bench = Bench::start(b"hello").await;
    assert_eq!(answer(&bench, &bench.token()).await.0, 200);
    let with = |key: &str, value: Value| {
        let mut claim = bench.claim();
        claim[key] = value;
        sign(SECRET, &claim)
    };
    let forged = sign(b"another secret", &bench.claim());
    let good = bench.token();
    let (payload, signature) = good.split_once('.').unwrap();
    let table = [
        ("expired", with("exp", json!(now() - 1)), "expired"),
        ("ends right now", with("exp", json!(now())), "expired"),
        ("lives too long", with("exp", json!(now() + 1000)), "token"),
        ("lives for ever", with("exp", json!(i64::MAX)), "token"),
        (
            "of a strange database",
            with("db", json!("11111111-0000-4000-8000-000000000000")),
            "token",
        ),
        ("of another version", with("v", json!(2)), "token"),
        ("a ticket", ticket(), "token"),
        ("no hash", with("sha1", json!("")), "token"),
        (
            "a hash that is none",
            with("sha1", json!("\"\r\n".repeat(13))),
            "token",
        ),
        ("forged", forged, "token"),
        ("unsigned", format!("{payload}."), "token"),
        (
            "signed for another",
            format!("{payload}x.{signature}"),
            "token",
        ),
        ("no token", "nonsense".into(), "token"),
        ("the admin token", ADMIN_TOKEN.into(), "token"),
    ];
    for (what, token, code) in table {
        assert_eq!(
            answer(&bench, &token).await,
            (403, code.to_owned()),
            "{what}"
        );
    }
    assert!(
        bench.cloud.reads.lock().unwrap().len() == 1,
        "only the good one was read for"
    );
}

#[tokio::test]
async fn a_token_for_another_content_is_told_so() {
    let bench = Bench::start(b"hello").await;
    let mut claim = bench.claim();
    claim["sha1"] = json!("0".repeat(40));
    let token = sign(SECRET, &claim);
    assert_eq!(answer(&bench, &token).await, (409, "changed".to_owned()));
}
