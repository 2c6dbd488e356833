//! Batches of writes to Odoo.

use super::addon::{Addon, MINE, OTHER, file, folder, id, serve};
use super::scripted::Scripted;
use attache::odoo::{Odoo as _, Refusal, Write};
use attache::tree::{Fingerprint, OperationId, Revision};
use serde_json::{Value, json};
use std::sync::Mutex;
use uuid::Uuid;

fn key() -> OperationId {
    OperationId(Uuid::from_u128(77))
}

fn create_folder(name: &str) -> Write {
    Write::CreateFolder {
        key: key(),
        parent: id("folder:1"),
        name: name.to_owned(),
    }
}

fn create_file(fingerprint: Fingerprint) -> Write {
    Write::CreateFile {
        key: key(),
        parent: id("folder:1"),
        name: "new".to_owned(),
        fingerprint,
        mimetype: "text/plain".to_owned(),
        bytes: None,
    }
}

fn place(what: &str, expect: &str, parent: &str, name: &str) -> Write {
    Write::Place {
        id: id(what),
        expect: Revision::new(expect),
        parent: id(parent),
        name: name.to_owned(),
    }
}

fn trash(what: &str, expect: &str) -> Write {
    Write::Trash {
        id: id(what),
        expect: Revision::new(expect),
    }
}

fn done(row: Value) -> Value {
    json!({"ok": true, "row": row})
}

fn refused(code: &str, row: Value) -> Value {
    json!({"ok": false, "code": code, "message": format!("it is {code}"), "row": row})
}

/// The `apply_*` calls that were made: method and items.
fn applied(server: &Scripted) -> Vec<(String, Value)> {
    let calls = server
        .asked()
        .into_iter()
        .filter(|request| request.path.contains("apply_"));
    let calls = calls.map(|request| {
        let method = request
            .path
            .rsplit('/')
            .next()
            .expect("a method")
            .to_owned();
        (method, request.json()["items"].clone())
    });
    calls.collect()
}

#[tokio::test]
async fn neighbours_share_a_call_and_the_order_is_kept() {
    let (server, odoo) = serve(Addon {
        applied: Mutex::new(vec![
            json!([
                done(folder(3, "manual", MINE)),
                refused("forbidden", Value::Null)
            ]),
            json!([
                done(file(9, MINE)),
                refused("changed", file(10, MINE)),
                refused("missing", json!(false))
            ]),
            json!([refused("invalid", Value::Null)]),
        ]),
        ..Addon::default()
    });
    let abc = Fingerprint::of_bytes(b"abc");
    let sha1 = "a9993e364706816aba3e25717850c26c9cd0d89d";
    let outcomes = odoo
        .write(&[
            create_folder("a"),
            create_folder("b"),
            create_file(abc.clone()),
            create_file(Fingerprint::of_size(3)),
            Write::Content {
                id: id("file:10"),
                expect: "00".to_owned(),
                fingerprint: abc.clone(),
                mimetype: "text/plain".to_owned(),
                bytes: None,
            },
            Write::Release {
                id: id("file:11"),
                fingerprint: abc,
            },
            create_folder("c"),
            place("folder:x", "r", "folder:1", "d"),
        ])
        .await
        .expect("outcomes");
    let mut outcomes = outcomes.into_iter();
    let mut next = || outcomes.next().expect("an outcome");
    assert_eq!(
        next().map(|entry| entry.map(|entry| entry.id)),
        Ok(Some(id("folder:3")))
    );
    assert_eq!(
        next(),
        Err(Refusal::Forbidden("it is forbidden".to_owned()))
    );
    assert_eq!(
        next().map(|entry| entry.map(|entry| entry.id)),
        Ok(Some(id("file:9")))
    );
    assert!(
        matches!(next(), Err(Refusal::Invalid(_))),
        "no sha1, nothing is sent"
    );
    match next() {
        Err(Refusal::Changed(Some(entry))) => assert_eq!(entry.id, id("file:10")),
        other => panic!("{other:?}"),
    }
    assert_eq!(next(), Err(Refusal::Missing));
    assert_eq!(next(), Err(Refusal::Invalid("it is invalid".to_owned())));
    assert!(
        matches!(next(), Err(Refusal::Invalid(_))),
        "an identity that Odoo never gave"
    );
    let create = |name: &str| {
        json!({"op": "create", "key": key().to_string(), "name": name, "parent": 1, "kind": "manual",
            "rule": null, "model": null, "res_id": null})
    };
    assert_eq!(
        applied(&server),
        [
            (
                "apply_folders".to_owned(),
                json!([create("a"), create("b")])
            ),
            (
                "apply_files".to_owned(),
                json!([
                    {"op": "create", "key": key().to_string(), "folder": 1, "name": "new", "size": 3, "sha1": sha1,
                        "mimetype": "text/plain"},
                    {"op": "content", "id": 10, "expect": "00", "size": 3, "sha1": sha1, "mimetype": "text/plain"},
                    {"op": "release", "id": 11, "expect": sha1, "size": 3},
                ])
            ),
            ("apply_folders".to_owned(), json!([create("c")])),
        ]
    );
}

#[tokio::test]
async fn places_and_the_trash_tell_what_they_expect_and_need_no_look_before() {
    let mut elsewhere = folder(4, "manual", OTHER);
    elsewhere["revision"] = json!("moved");
    let (server, odoo) = serve(Addon {
        applied: Mutex::new(vec![
            json!([
                done(file(7, MINE)),
                done(Value::Null),
                refused("changed", file(9, MINE)),
                refused("changed", file(11, OTHER)),
            ]),
            json!([
                done(folder(2, "manual", MINE)),
                refused("changed", elsewhere.clone()),
                refused("changed", folder(3, "manual", MINE)),
                refused("changed", elsewhere),
                done(Value::Null),
            ]),
        ]),
        ..Addon::default()
    });
    let outcomes = odoo
        .write(&[
            place("file:7", "r7", "folder:2", "new"),
            trash("file:8", "r8"),
            trash("file:9", "old"),
            trash("file:11", "r11"),
            place("folder:2", "f2", "folder:5", "renamed"),
            place("folder:4", "f4", "folder:1", "renamed"),
            trash("folder:3", "f3"),
            trash("folder:4", "f4"),
            trash("folder:6", "f6"),
        ])
        .await
        .expect("outcomes");
    let words: Vec<String> = outcomes
        .iter()
        .map(|outcome| match outcome {
            Ok(Some(entry)) => entry.id.to_string(),
            Ok(None) => "nothing".to_owned(),
            Err(Refusal::Changed(Some(entry))) => format!("changed {}", entry.id),
            Err(refusal) => refusal.to_string(),
        })
        .collect();
    assert_eq!(
        words,
        [
            "file:7",
            "nothing",
            "changed file:9",
            "nothing",
            "folder:2",
            "it is gone in Odoo",
            "changed folder:3",
            "nothing",
            "nothing",
        ],
        "what went to another connection is gone from this one"
    );
    let trash = |id: i64, expect: &str| json!({"op": "trash", "id": id, "expect": expect});
    assert_eq!(
        applied(&server),
        [
            (
                "apply_files".to_owned(),
                json!([
                    {"op": "place", "id": 7, "expect": "r7", "folder": 2, "name": "new"},
                    trash(8, "r8"),
                    trash(9, "old"),
                    trash(11, "r11"),
                ])
            ),
            (
                "apply_folders".to_owned(),
                json!([
                    {"op": "place", "id": 2, "expect": "f2", "parent": 5, "name": "renamed"},
                    {"op": "place", "id": 4, "expect": "f4", "parent": 1, "name": "renamed"},
                    trash(3, "f3"),
                    trash(4, "f4"),
                    trash(6, "f6"),
                ])
            ),
        ]
    );
    assert_eq!(server.asked().len(), 2, "nothing else was asked");
}
