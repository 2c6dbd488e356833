//! Pairing with what is not ready for it. With a real Odoo: tests/odoo_live/calls.rs.

use super::scripted::{Answer, Request, Scripted};
use attache::odoo::ErrorKind;
use attache::odoo::pairing::{Pairing, pair};
use attache::odoo::token::Secret;
use secrecy::SecretString;
use serde_json::{Value, json};

/// What the pages say; Null where nothing special is wanted.
#[derive(Clone, Default)]
struct Said {
    version: Value,
    login: Value,
    modules: Value,
    paired: Value,
}

fn or(said: &Value, usual: Value) -> Value {
    if said.is_null() { usual } else { said.clone() }
}

fn odoo(said: Said) -> Scripted {
    Scripted::new(move |request: &Request| {
        let model = || {
            request.json()["params"]["model"]
                .as_str()
                .map(str::to_owned)
        };
        let result = match request.path.as_str() {
            "/web/webclient/version_info" => or(&said.version, json!({"server_version": "19.0"})),
            "/web/session/authenticate" => or(&said.login, json!({"uid": 2, "is_system": true})),
            "/json/version" => return Answer::json(200, &json!({"version": "19.0"})),
            path if path.starts_with("/json/2/res.users") => return Answer::json(200, &json!({})),
            path if path.starts_with("/json/2/attache.service/hello") => {
                return Answer::json(
                    200,
                    &json!({"protocol": 3, "addon": "19.0.1.0.0", "odoo": "19.0", "database": "demo",
                    "uuid": "the-uuid", "epoch": "e", "now": "2026-11-24 13:28:37", "max_page": 5000}),
                );
            }
            _ if model().as_deref() == Some("ir.module.module") => {
                or(&said.modules, json!([{"id": 1, "state": "installed"}]))
            }
            _ => or(
                &said.paired,
                json!({"user": 7, "login": "attache-sidecar", "key": "k"}),
            ),
        };
        if result.get("error").is_some() {
            return Answer::json(200, &result);
        }
        Answer::json(
            200,
            &json!({"jsonrpc": "2.0", "id": null, "result": result}),
        )
        .with("Set-Cookie", "session_id=abc; HttpOnly; Path=/")
    })
}

fn pairing(server: &Scripted) -> Pairing {
    let url = |text: &str| text.parse().expect("an address");
    Pairing {
        url: url(&server.url),
        database: "demo".to_owned(),
        login: "admin".to_owned(),
        password: SecretString::from("password"),
        sidecar_url: url("http://127.0.0.1:8500"),
        public_url: url("https://files.example"),
        secret: Secret::random(),
    }
}

#[tokio::test]
async fn pairing_gives_a_key_and_the_secret_to_the_addon() {
    let server = odoo(Said::default());
    let pairing = pairing(&server);
    let paired = pair(&pairing).await.expect("paired");
    assert_eq!(
        (paired.login.as_str(), paired.uuid.as_str()),
        ("attache-sidecar", "the-uuid")
    );
    let asked = server.asked();
    let call = asked
        .iter()
        .find(|request| request.path.ends_with("/pair"))
        .expect("the call");
    assert_eq!(call.header("cookie"), Some("session_id=abc"));
    let given = &call.json()["params"]["kwargs"];
    assert_eq!(given["secret"], pairing.secret.expose());
    let hello = asked.last().expect("hello");
    assert_eq!(
        hello.header("authorization"),
        Some("Bearer k"),
        "the new key is tried"
    );
    assert!(!format!("{paired:?}{pairing:?}").contains(pairing.secret.expose()));
}

#[tokio::test]
async fn what_is_not_ready_says_what_to_do() {
    use ErrorKind::*;
    let denied = json!({"error": {"data": {"name": "odoo.exceptions.AccessDenied", "message": "Access Denied"}}});
    let usual = Said::default;
    for (said, kind, part) in [
        (
            Said {
                version: json!({"server_version": "18.0"}),
                ..usual()
            },
            Incompatible,
            "Odoo 18.0 is too old",
        ),
        (
            Said {
                version: json!({"server_version": "saas~18.4"}),
                ..usual()
            },
            Incompatible,
            "upgrade it to 19",
        ),
        (
            Said {
                version: json!({}),
                ..usual()
            },
            Missing,
            "is not an Odoo",
        ),
        (
            Said {
                login: denied,
                ..usual()
            },
            Unauthorized,
            "refuses login or password of admin",
        ),
        (
            Said {
                login: json!({"uid": null}),
                ..usual()
            },
            Unauthorized,
            "second factor",
        ),
        (
            Said {
                login: json!({"uid": 6, "is_system": false}),
                ..usual()
            },
            Forbidden,
            "no administrator",
        ),
        (
            Said {
                modules: json!([{"id": 1, "state": "uninstalled"}]),
                ..usual()
            },
            Missing,
            "install it in Odoo's Apps",
        ),
        (
            Said {
                modules: json!([]),
                ..usual()
            },
            Missing,
            "Update Apps List",
        ),
        (
            Said {
                paired: json!({"login": "x", "key": false}),
                ..usual()
            },
            Invalid,
            "pair with a new one",
        ),
        (
            Said {
                paired: json!(true),
                ..usual()
            },
            Incompatible,
            "upgrade the older",
        ),
    ] {
        let server = odoo(said);
        let error = pair(&pairing(&server)).await.expect_err(part);
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.message.contains(part), "{error}");
    }
}
