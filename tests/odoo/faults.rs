//! What Odoo, a proxy or a stranger says, and what people are told.

use super::scripted::{Answer, Scripted};
use super::{service, transport};
use attache::odoo::transport::{Call, Wire};
use attache::odoo::{ErrorKind, OdooError};
use serde_json::json;
use std::time::Duration;

const NO_DATABASE: &str = "<!DOCTYPE html>\n<title>404 Not Found</title>\n<p>No database is selected and the requested URL was not found in the server-wide controllers.</p>";

async fn asked(answer: Answer, wire: Wire, model: &'static str) -> OdooError {
    let server = Scripted::new(move |request| match request.path.as_str() {
        "/xmlrpc/2/common" => Answer::xml(
            "<methodResponse><params><param><value><int>7</int></value></param></params></methodResponse>",
        ),
        _ => answer.clone(),
    });
    let call = Call {
        model,
        method: "hello",
        args: json!({}),
        repeatable: false,
    };
    let outcome = transport(&server, wire).call(&call).await;
    outcome.expect_err("no answer")
}

fn exception(status: u16, name: &str, message: &str) -> Answer {
    Answer::json(
        status,
        &json!({"name": name, "message": message, "arguments": [message], "debug": "Traceback …"}),
    )
}

#[tokio::test]
async fn json_refusals_have_a_kind_and_a_sentence() {
    use ErrorKind::*;
    let addon = "attache.service";
    let busy = Busy(Duration::from_secs(1));
    for (answer, model, kind, part) in [
        (
            exception(401, "werkzeug.exceptions.Unauthorized", "Invalid apikey"),
            addon,
            Unauthorized,
            "run `attache pair` again",
        ),
        (
            exception(403, "odoo.exceptions.AccessError", "You may not"),
            addon,
            Forbidden,
            "give it the group Attaché / Sidecar",
        ),
        (
            exception(403, "odoo.exceptions.AccessDenied", "Access Denied"),
            addon,
            Forbidden,
            "service may not call",
        ),
        (
            exception(
                404,
                "werkzeug.exceptions.NotFound",
                "the model 'attache.service' does not exist",
            ),
            addon,
            Missing,
            "the addon Attaché is not installed in the database demo",
        ),
        (
            exception(
                404,
                "werkzeug.exceptions.NotFound",
                "the model 'x.y' does not exist",
            ),
            "x.y",
            Missing,
            "no model x.y",
        ),
        (
            exception(
                404,
                "werkzeug.exceptions.NotFound",
                "The method 'attache.service.hello' does not exist",
            ),
            addon,
            Incompatible,
            "upgrade the older",
        ),
        (
            exception(
                422,
                "werkzeug.exceptions.UnprocessableEntity",
                "missing a required argument: 'x'",
            ),
            addon,
            Incompatible,
            "missing a required argument",
        ),
        (
            exception(
                404,
                "odoo.exceptions.MissingError",
                "Record does not exist or has been deleted.\n(Record: x(9,))",
            ),
            "x",
            NotFound,
            "Record does not exist",
        ),
        (
            exception(
                422,
                "odoo.exceptions.ValidationError",
                "Contacts require a name",
            ),
            "x",
            Invalid,
            "Contacts require a name",
        ),
        (
            exception(500, "builtins.ValueError", "Invalid field 'no' on 'x'"),
            "x",
            Invalid,
            "Invalid field 'no'",
        ),
        (
            exception(
                500,
                "psycopg2.errors.SerializationFailure",
                "could not serialize",
            ),
            "x",
            busy,
            "tried again",
        ),
        (
            exception(
                500,
                "psycopg2.OperationalError",
                "server closed the connection",
            ),
            "x",
            Unavailable,
            "cannot reach its database",
        ),
        (
            exception(500, "builtins.ZeroDivisionError", "division by zero\nmore"),
            "x",
            Unexpected,
            "x.hello (builtins.ZeroDivisionError: division by zero)",
        ),
        (
            Answer::page(404, NO_DATABASE),
            addon,
            WrongDatabase,
            "no database named demo",
        ),
        (
            Answer::page(404, "<h1>Not Found</h1>"),
            addon,
            Missing,
            "has no such page",
        ),
        (
            Answer::page(403, "blocked"),
            addon,
            Forbidden,
            "a proxy before it",
        ),
        (
            Answer::page(413, "too large"),
            addon,
            Invalid,
            "raise its limit",
        ),
        (
            Answer::page(200, "<html>log in</html>"),
            addon,
            Unexpected,
            "address of Odoo itself",
        ),
        (
            Answer::page(303, "").with("Location", "/web/database/selector"),
            addon,
            WrongDatabase,
            "none named demo",
        ),
        (
            Answer::page(301, "").with("Location", "https://odoo.example/"),
            addon,
            Missing,
            "redirects to https://odoo.example/",
        ),
    ] {
        let error = asked(answer.clone(), Wire::Json2, model).await;
        assert_eq!(error.kind, kind, "{answer:?}: {error}");
        assert!(error.message.contains(part), "{part}: {error}");
        assert!(
            !error.message.ends_with('.') && !error.message.contains('\n'),
            "{error}"
        );
    }
}

fn fault(code: &str, text: &str) -> Answer {
    Answer::xml(&format!(
        "<?xml version=\"1.0\"?>\n<methodResponse>\n<fault>\n<value><struct>\n<member>\n<name>faultCode</name>\n<value>{code}</value>\n</member>\n\
         <member>\n<name>faultString</name>\n<value><string>{text}</string></value>\n</member>\n</struct></value>\n</fault>\n</methodResponse>\n"
    ))
}

#[tokio::test]
async fn xml_faults_mean_the_same() {
    use ErrorKind::*;
    let addon = "attache.service";
    let traceback = |last: &str| {
        let text = format!(
            "Traceback (most recent call last):\n  File \"x.py\", line 1, in y\n    z()\n{last}\n"
        );
        fault("<int>1</int>", &text)
    };
    for (answer, model, kind, part) in [
        (
            fault("<int>3</int>", "Access Denied"),
            addon,
            Unauthorized,
            "run `attache pair` again",
        ),
        (
            fault("<int>4</int>", "You may not"),
            addon,
            Forbidden,
            "You may not",
        ),
        (
            fault("<int>2</int>", "Object attache.service doesn't exist"),
            addon,
            Missing,
            "install it in Odoo's Apps",
        ),
        (
            fault(
                "<int>2</int>",
                "Record does not exist or has been deleted.\n(Record: x(9,))",
            ),
            "x",
            NotFound,
            "gone in Odoo",
        ),
        (
            fault("<int>2</int>", "Contacts require a name"),
            "x",
            Invalid,
            "Contacts require a name",
        ),
        (
            traceback("AttributeError: The method 'attache.service.hello' does not exist"),
            addon,
            Incompatible,
            "no such method",
        ),
        (
            traceback("AttributeError: The method 'x.hello' does not exist"),
            "x",
            Missing,
            "no method hello",
        ),
        (
            traceback("TypeError: hello() got an unexpected keyword argument 'a'"),
            addon,
            Incompatible,
            "unexpected keyword",
        ),
        (
            traceback("ValueError: Invalid field 'no' on 'x'"),
            "x",
            Invalid,
            "Invalid field",
        ),
        (
            traceback(
                "psycopg2.OperationalError: connection failed: FATAL:  database \"demo\" does not exist\n",
            ),
            "x",
            WrongDatabase,
            "no database named demo",
        ),
        (
            traceback("psycopg2.errors.SerializationFailure: could not serialize access"),
            "x",
            Busy(Duration::from_secs(1)),
            "tried again",
        ),
        (
            traceback("ZeroDivisionError"),
            "x",
            Unexpected,
            "ZeroDivisionError",
        ),
        (
            fault("<string>AccessDenied</string>", "Access Denied"),
            addon,
            Unauthorized,
            "pair",
        ),
        (
            fault("<string>warning -- AccessError\n\nYou may not</string>", ""),
            addon,
            Forbidden,
            "You may not",
        ),
        (
            fault("<string>warning -- MissingError\n\nIt is gone</string>", ""),
            "x",
            NotFound,
            "It is gone",
        ),
        (
            fault("<string>warning -- UserError\n\nNo name</string>", ""),
            "x",
            Invalid,
            "No name",
        ),
        (
            fault(
                "<string>division by zero</string>",
                "Traceback\nZeroDivisionError: division by zero",
            ),
            "x",
            Unexpected,
            "division by zero",
        ),
        (
            Answer::page(404, "<h1>Not Found</h1>"),
            addon,
            Missing,
            "has no such page",
        ),
        (
            Answer::page(200, "<html>log in</html>"),
            addon,
            Unexpected,
            "address of Odoo itself",
        ),
        (
            Answer::xml("<methodResponse><params>"),
            addon,
            Unexpected,
            "did not answer",
        ),
    ] {
        let error = asked(answer.clone(), Wire::XmlRpc, model).await;
        assert_eq!(error.kind, kind, "{answer:?}: {error}");
        assert!(error.message.contains(part), "{part}: {error}");
        assert!(!error.message.contains('\n'), "{error}");
    }
}

#[tokio::test]
async fn a_key_that_opens_no_user_is_refused_by_xml_too() {
    let server = Scripted::new(|_| {
        Answer::xml(
            "<methodResponse><params><param><value><boolean>0</boolean></value></param></params></methodResponse>",
        )
    });
    let call = super::counting(true);
    let error = transport(&server, Wire::XmlRpc)
        .call(&call)
        .await
        .expect_err("refused");
    assert_eq!(error.kind, ErrorKind::Unauthorized);
    assert_eq!(server.paths(), ["/xmlrpc/2/common"]);
}

#[tokio::test]
async fn a_foreign_protocol_is_refused_whatever_else_it_says() {
    let server = Scripted::new(|_| Answer::json(200, &json!({"protocol": 4, "new": true})));
    let error = service(&server).hello().await.expect_err("refused");
    assert_eq!(error.kind, ErrorKind::Incompatible);
    assert!(error.message.contains("version 3"), "{error}");
    let server = Scripted::new(|_| Answer::json(200, &json!({"protocol": 3})));
    let error = service(&server).hello().await.expect_err("refused");
    assert_eq!(error.kind, ErrorKind::Incompatible);
}
