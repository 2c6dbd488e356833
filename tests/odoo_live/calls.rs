//! Pairing, the service's calls, and what is refused.

use super::live::{Person, WIRES, database, endpoint, live, pairing, url};
use attache::odoo::ErrorKind;
use attache::odoo::items::LogRow;
use attache::odoo::pairing::pair;
use attache::odoo::service::{Report, Search, Service};
use attache::odoo::transport::{Call, Endpoint, Wire, open};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

#[tokio::test]
async fn pairing_again_rotates_the_key_and_keeps_the_user() {
    let live = live().await;
    assert_eq!(live.first.login, live.paired.login);
    assert_eq!(live.first.uuid, live.paired.uuid);
    assert_eq!(live.rotated, ErrorKind::Unauthorized);
    assert!(live.paired.odoo.starts_with("19"), "{}", live.paired.odoo);
    let found = Person::admin()
        .await
        .call(
            "res.users",
            "search_count",
            json!([[["login", "=", live.paired.login]]]),
        )
        .await;
    assert_eq!(found, 1);
}

#[tokio::test]
async fn pairing_says_what_is_wrong() {
    let mut other = pairing("admin", "admin");
    other.database = "nowhere".to_owned();
    let mut nobody = pairing("admin", "admin");
    nobody.url = "http://127.0.0.1:9".parse().expect("an address");
    for (pairing, kind, part) in [
        (
            pairing("admin", "wrong"),
            ErrorKind::Unauthorized,
            "refuses login or password of admin",
        ),
        (
            pairing("demo", "demo"),
            ErrorKind::Forbidden,
            "demo is no administrator",
        ),
        (other, ErrorKind::WrongDatabase, "no database named nowhere"),
        (
            nobody,
            ErrorKind::Unavailable,
            "nothing answers at http://127.0.0.1:9",
        ),
    ] {
        let error = pair(&pairing).await.expect_err(part);
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.message.contains(part), "{error}");
    }
}

#[tokio::test]
async fn every_method_answers_on_both_wires() {
    let live = live().await;
    for wire in WIRES {
        let service = live.service(wire);
        let hello = service.hello().await.expect("hello");
        assert_eq!(
            (hello.database, &hello.uuid),
            (database(), &live.paired.uuid)
        );
        assert_eq!(hello.epoch, live.paired.epoch);
        assert!(service.max_page() <= 5000);

        let (_server, put, uuid) = live.connection(wire).await;
        let admin = Person::admin().await;
        let partners = json!([[["model", "=", "res.partner"]]]);
        let model = admin.call("ir.model", "search", partners).await;
        let rule = json!({"model_id": model[0], "connection_id": put.id, "domain": "[('is_company', '=', True)]",
            "name_expression": "{{ object.name }}"});
        let rule = admin.create("attache.rule", rule).await;
        let settings = service.settings().await.expect("settings");
        let connection = settings
            .connections
            .iter()
            .find(|row| row.uuid == uuid.to_string());
        assert_eq!(connection.expect("the connection").root, Some(put.root.id));
        let told = settings
            .rules
            .iter()
            .find(|row| row.id == rule)
            .expect("the rule");
        assert_eq!(
            (told.model.as_str(), &told.connection),
            ("res.partner", &uuid.to_string())
        );
        assert_eq!(told.domain, [json!(["is_company", "=", true])]);
        assert_eq!((&told.parent, &told.period), (&None, &None));

        let mut search = Search {
            model: "res.partner",
            domain: &told.domain,
            fields: &["name".to_owned(), "parent_id".to_owned()],
            after_id: 0,
            limit: 3,
            with_archived: false,
        };
        let some = service.search_read(&search).await.expect("records");
        search.limit = 1000;
        let all = service.search_read(&search).await.expect("records");
        assert_eq!(some.len(), 3);
        assert!(all.len() > 3 && all[..3] == some[..]);
        let azure = all.iter().find(|row| row["name"] == "Azure Interior");
        assert!(azure.is_some_and(|row| row["id"].is_i64()));

        let fields = BTreeMap::from([("res.partner".to_owned(), vec!["name".to_owned()])]);
        let watched = service.watch(&fields).await.expect("watched");
        assert_eq!(watched["res.partner"], json!(["name"]));

        let report = Report {
            uuid: uuid.to_string(),
            state: "held".to_owned(),
            reason: Some("too many deletions".to_owned()),
            counts: BTreeMap::from([("files".to_owned(), 5_000_000_000)]),
        };
        service.report_connection(&report).await.expect("reported");
        let row = LogRow {
            uuid: Uuid::new_v4().to_string(),
            connection: uuid.to_string(),
            at: "2026-11-24 13:28:37".to_owned(),
            kind: "create".to_owned(),
            side: "cloud".to_owned(),
            subject: "née \u{b} 1.pdf".to_owned(),
            folder: Some(put.root.id),
            file: None,
            reason: "is new in Odoo".to_owned(),
            outcome: "done".to_owned(),
            detail: None,
        };
        service
            .log(std::slice::from_ref(&row))
            .await
            .expect("logged");
        service
            .log(std::slice::from_ref(&row))
            .await
            .expect("logged again");
        let logged = json!([[["uuid", "=", row.uuid]]]);
        assert_eq!(admin.call("attache.log", "search_count", logged).await, 1);
        admin.call("attache.rule", "unlink", json!([[rule]])).await;
    }
}

async fn refused(
    endpoint: Endpoint,
    model: &str,
    method: &str,
    args: Value,
) -> (ErrorKind, String) {
    let (_, transport) = open(endpoint).expect("a transport");
    let call = Call {
        model,
        method,
        args,
        repeatable: true,
    };
    let error = transport.call(&call).await.expect_err("refused");
    (error.kind, error.message)
}

#[tokio::test]
async fn both_wires_refuse_alike() {
    use ErrorKind::*;
    let live = live().await;
    let good = |wire| endpoint(&live.paired, wire);
    let admin = Person::admin().await;
    let gone = admin.create("res.partner", json!({"name": "gone"})).await;
    admin.call("res.partner", "unlink", json!([[gone]])).await;
    let none = json!({});
    for wire in WIRES {
        let wrong_key = Endpoint {
            key: "wrong".into(),
            ..good(wire)
        };
        let wrong_database = Endpoint {
            database: "nowhere".to_owned(),
            ..good(wire)
        };
        let service = "attache.service";
        for (endpoint, model, method, args, kind, part) in [
            (
                wrong_key,
                service,
                "hello",
                &none,
                Unauthorized,
                "run `attache pair` again",
            ),
            (
                wrong_database,
                service,
                "hello",
                &none,
                WrongDatabase,
                "no database named nowhere",
            ),
            (
                good(wire),
                "attache.nothing",
                "hello",
                &none,
                Missing,
                "install it in Odoo's Apps",
            ),
            (
                good(wire),
                service,
                "nothing",
                &none,
                Incompatible,
                "upgrade the older",
            ),
            (
                good(wire),
                service,
                "hello",
                &json!({"nothing": 1}),
                Incompatible,
                "upgrade the older",
            ),
            (
                good(wire),
                "res.partner",
                "search_read",
                &json!({"domain": [], "limit": 1}),
                Forbidden,
                "may not call res.partner.search_read",
            ),
            (
                good(wire),
                "nothing.at_all",
                "read",
                &none,
                Missing,
                "no model nothing.at_all",
            ),
            (
                good(wire),
                service,
                "scan",
                &json!({"kind": "other"}),
                Invalid,
                "Scan folder, automatic or file",
            ),
        ] {
            let (told, message) = refused(endpoint, model, method, args.clone()).await;
            assert_eq!(told, kind, "{wire:?} {model}.{method}: {message}");
            assert!(message.contains(part), "{wire:?}: {message}");
        }
    }
}

#[tokio::test]
async fn core_models_answer_alike() {
    // As an administrator with a key of its own.
    let live = live().await;
    let admin = Person::admin().await;
    let values = json!({"name": "née & <b> \u{b}  ", "comment": "a\r\nb"});
    let made = admin.create("res.partner", values).await;
    let uuid = live.paired.uuid.clone();
    assert!(!uuid.is_empty());
    let key = admin_key(&admin).await;
    let mut answers = Vec::new();
    for wire in WIRES {
        let endpoint = Endpoint {
            login: "admin".to_owned(),
            key: key.as_str().into(),
            ..endpoint(&live.paired, wire)
        };
        let (_, transport) = open(endpoint.clone()).expect("a transport");
        let call = Call {
            model: "res.partner",
            method: "read",
            args: json!({"ids": [made], "fields": ["name", "parent_id", "active", "credit_limit", "create_date", "category_id"]}),
            repeatable: true,
        };
        answers.push(transport.call(&call).await.expect("an answer"));
        let args = json!({"ids": [made + 1_000_000], "vals": {"name": "x"}});
        let (kind, _) = refused(endpoint, "res.partner", "write", args).await;
        assert_eq!(kind, ErrorKind::NotFound, "{wire:?}");
    }
    assert_eq!(answers[0][0]["id"], made);
    assert_eq!(answers[0][0]["category_id"], json!([]));
    assert_eq!(without_control(&answers[0]), answers[1]);
}

/// XML cannot carry control signs: Odoo leaves them out.
fn without_control(answer: &Value) -> Value {
    serde_json::from_str(&answer.to_string().replace("\\u000b", "")).expect("JSON")
}

async fn admin_key(admin: &Person) -> String {
    let model = "res.users.apikeys.description";
    let made = admin
        .create(model, json!({"name": "test", "duration": "1"}))
        .await;
    let asked = admin.call(model, "make_key", json!([[made]])).await;
    let check = json!([[asked["res_id"]]]);
    let shown = admin
        .confirm("res.users.identitycheck", "run_check", check)
        .await;
    let key = shown["context"]["default_key"].as_str();
    key.expect("a key").to_owned()
}

#[tokio::test]
async fn the_wire_is_chosen_by_itself() {
    let live = live().await;
    let service = Service::new(endpoint(&live.paired, Wire::Auto)).expect("a service");
    assert_eq!(service.hello().await.expect("hello").uuid, live.paired.uuid);
    assert_eq!(
        service.http().json_version().await.expect("a version"),
        Some(19),
        "{}",
        url()
    );
}
