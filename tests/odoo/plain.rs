//! Odoo's own models by an ordinary user's key: what is gone, and what is only hidden.

use super::endpoint;
use super::scripted::{Answer, Request, Scripted};
use attache::odoo::ErrorKind;
use attache::odoo::plain::{Client, NewAttachment};
use attache::odoo::transport::Wire;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Records 1 to 40 are there, `hidden` of them may not be seen; `read` says so as Odoo does.
fn reading(hidden: &'static [i64]) -> impl Fn(&Request) -> Answer + Send + Sync + 'static {
    move |request| {
        let asked = request.json();
        let ids = asked["ids"].as_array().expect("ids").iter();
        let ids: Vec<i64> = ids.filter_map(Value::as_i64).collect();
        if ids.iter().any(|id| hidden.contains(id)) {
            let body =
                json!({"name": "odoo.exceptions.AccessError", "message": "no", "arguments": []});
            return Answer::json(403, &body);
        }
        let there = ids.iter().filter(|id| **id <= 40);
        let rows: Vec<Value> = there.map(|id| json!({ "id": id })).collect();
        Answer::json(200, &json!(rows))
    }
}

fn client(server: &Scripted, wire: Wire) -> Client {
    Client::new(endpoint(server, wire)).expect("a client")
}

#[tokio::test]
async fn what_is_gone_is_told_from_what_is_hidden() {
    let server = Scripted::new(reading(&[7, 30]));
    let ids: Vec<i64> = (1..=50).collect();
    let alive = client(&server, Wire::Json2)
        .alive("res.partner", &ids)
        .await;
    let alive = alive.expect("an answer");
    assert_eq!(alive.hidden, BTreeSet::from([7, 30]));
    assert_eq!(alive.gone, (41..=50).collect());
    assert_eq!(alive.there.len(), 38);
    assert!(server.asked().len() < 30, "the question is halved");
}

#[tokio::test]
async fn a_user_who_sees_nothing_is_told_of_nothing_gone() {
    let server = Scripted::new(|_| {
        let body = json!({"name": "odoo.exceptions.AccessError", "message": "no", "arguments": []});
        Answer::json(403, &body)
    });
    let ids: Vec<i64> = (1..=5000).collect();
    let alive = client(&server, Wire::Json2)
        .alive("res.partner", &ids)
        .await;
    let alive = alive.expect("an answer");
    assert!(alive.gone.is_empty() && alive.there.is_empty());
    assert_eq!(alive.hidden.len(), 5000);
    assert!(server.asked().len() <= 80, "it gives up asking");
}

#[tokio::test]
async fn an_error_is_no_answer() {
    let server = Scripted::new(|_| Answer::page(500, "broken"));
    let alive = client(&server, Wire::Json2)
        .alive("res.partner", &[1])
        .await;
    assert_eq!(alive.expect_err("no answer").kind, ErrorKind::Unexpected);
}

#[tokio::test]
async fn a_creation_goes_by_both_wires_and_is_never_sent_twice() {
    let new = NewAttachment {
        name: "a.txt",
        record: Some(("res.partner", 7)),
        description: None,
        mimetype: "text/plain",
        bytes: b"hello",
    };
    let server = Scripted::new(|_| Answer::json(200, &json!([12])));
    let made = client(&server, Wire::Json2).create(&new).await;
    assert_eq!(made.expect("made"), 12);
    let asked = server.asked().remove(0);
    assert_eq!(asked.path, "/json/2/ir.attachment/create");
    assert_eq!(asked.json()["vals_list"][0]["datas"], "aGVsbG8=");
    assert_eq!(asked.json()["context"]["image_no_postprocess"], true);

    let server = Scripted::new(|request| {
        let value = match request.path.as_str() {
            "/xmlrpc/2/common" => "<int>2</int>",
            _ => "<array><data><value><int>12</int></value></data></array>",
        };
        Answer::xml(&format!(
            "<methodResponse><params><param><value>{value}</value></param></params></methodResponse>"
        ))
    });
    let made = client(&server, Wire::XmlRpc).create(&new).await;
    assert_eq!(made.expect("made"), 12);
    let asked = server.asked().remove(1).text();
    // `create` takes what it makes by place: older versions look for it there.
    let (before, _) = asked.split_once("aGVsbG8=").expect("the bytes");
    assert!(!before.contains("vals_list"), "{before}");

    let server = Scripted::new(|_| Answer::page(502, "restarting"));
    let made = client(&server, Wire::Json2).create(&new).await;
    assert_eq!(made.expect_err("nobody knows").kind, ErrorKind::Unavailable);
    assert_eq!(server.asked().len(), 1, "it may have been made");
}
