//! One connection's part of Odoo: its feed, its listing, its entries.

use super::addon::{Addon, MINE, OTHER, file, folder, id, serve};
use super::scripted::{Answer, Scripted};
use super::service;
use attache::odoo::server::Server;
use attache::odoo::{ErrorKind, Odoo as _};
use attache::tree::{Change, ConnectionId, Cursor, HashKind, Kind, Revision};
use serde_json::{Value, json};
use uuid::Uuid;

/// The changes as words.
fn told(changes: &[Change]) -> Vec<String> {
    let words = changes.iter().map(|change| match change {
        Change::Present(entry) => format!("{} {}", entry.id, entry.name),
        Change::Gone(id) => format!("{id} gone"),
    });
    words.collect()
}

fn below(number: i64, folder: i64) -> Value {
    let mut row = file(number, MINE);
    row["folder"] = json!(folder);
    row
}

fn lines(epoch: &str, rows: Value) -> Value {
    json!({"epoch": epoch, "expired": false, "rows": rows, "cursor": "next", "more": true, "lag": 1.5})
}

#[tokio::test]
async fn the_feed_tells_the_present_state_of_what_is_dirty() {
    let (server, odoo) = serve(Addon {
        epoch: "e",
        feed: lines(
            "e",
            json!([
                ["ir.attachment", 10, "w", null],
                ["attache.folder", 3, "f", "sidecar"],
                ["ir.attachment", 10, "w", false],
                ["ir.attachment", 12, "d", null],
                ["attache.folder", 4, "w", null],
                ["attache.folder", 5, "w", null],
                ["res.partner", 7, "w", null],
                ["ir.attachment", 11, "w", null],
            ]),
        ),
        folders: vec![
            folder(3, "record", MINE),
            folder(4, "manual", OTHER),
            folder(5, "manual", MINE),
        ],
        files: vec![file(10, MINE), file(11, OTHER), below(20, 3), below(21, 5)],
        ..Addon::default()
    });
    let end = odoo.feed(None).await.expect("the end");
    assert!(end.changes.is_empty() && !end.more);
    let page = odoo.feed(Some(&end.cursor)).await.expect("a page");
    assert_eq!(
        told(&page.changes),
        [
            "folder:3 folder 3",
            "folder:4 gone",
            "folder:5 folder 5",
            "file:10 file 10",
            "file:11 gone",
            "file:12 gone",
            "file:20 file 20"
        ],
        "what is another connection's is gone from this one; a folder that came brings its files"
    );
    assert!(page.more);
    let asked = server.asked();
    assert_eq!(
        asked[1].json()["cursor"],
        "end",
        "the addon's cursor comes back as it was"
    );
    assert_eq!(
        asked.len(),
        4,
        "one read for all, one for what a folder brings"
    );
}

#[tokio::test]
async fn another_epoch_asks_for_a_person_and_an_old_cursor_for_a_rescan() {
    let expired =
        json!({"epoch": "e", "expired": true, "rows": [], "cursor": null, "more": false, "lag": 0});
    let both = json!({"epoch": "new", "expired": true, "rows": [], "cursor": null, "more": false, "lag": 0});
    for (feed, kind) in [
        (lines("new", json!([])), ErrorKind::EpochChanged),
        (both, ErrorKind::EpochChanged),
        (expired, ErrorKind::CursorExpired),
    ] {
        let (_server, odoo) = serve(Addon {
            epoch: "e",
            feed,
            ..Addon::default()
        });
        let end = odoo.feed(None).await.expect("the end");
        assert_eq!(
            odoo.feed(Some(&end.cursor)).await.expect_err("no").kind,
            kind
        );
    }
    let (server, odoo) = serve(Addon::default());
    let error = odoo
        .feed(Some(&Cursor("12".to_owned())))
        .await
        .expect_err("no cursor of ours");
    assert_eq!(error.kind, ErrorKind::CursorExpired);
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn a_listing_gives_every_folder_and_file_of_the_connection() {
    let (_server, odoo) = serve(Addon {
        folders: vec![
            folder(1, "root", MINE),
            folder(2, "root", OTHER),
            folder(3, "rule", MINE),
        ],
        files: vec![file(5, OTHER), file(6, OTHER), file(7, MINE)],
        ..Addon::default()
    });
    let (mut entries, mut cursor) = (Vec::new(), None);
    loop {
        let page = odoo.scan(cursor.as_ref()).await.expect("a page");
        entries.extend(page.changes.into_iter().map(|change| match change {
            Change::Present(entry) => entry,
            Change::Gone(id) => panic!("{id} gone from a listing"),
        }));
        if !page.more {
            break;
        }
        cursor = Some(page.cursor);
    }
    let ids: Vec<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(ids, ["folder:1", "folder:3", "file:7"]);
    assert_eq!(
        (&entries[0].parent, entries[0].kind, entries[0].automatic),
        (&None, Kind::Folder, true)
    );
    assert_eq!(entries[1].parent, Some(id("folder:1")));
    assert!(entries[1].automatic && !entries[2].automatic && !entries[2].released);
    let fingerprint = entries[2].fingerprint.as_ref().expect("a fingerprint");
    assert_eq!(
        fingerprint.hash(HashKind::Sha1),
        Some("a9993e364706816aba3e25717850c26c9cd0d89d")
    );
    assert_eq!(
        (fingerprint.size, &entries[2].revision),
        (3, &Revision::new("r7"))
    );
}

#[tokio::test]
async fn entries_are_read_in_the_order_asked() {
    let (_server, odoo) = serve(Addon {
        folders: vec![folder(1, "root", MINE), folder(2, "manual", OTHER)],
        files: vec![file(8, MINE)],
        ..Addon::default()
    });
    let ids = [
        "file:8", "folder:2", "nonsense", "folder:1", "file:9", "file:8",
    ]
    .map(id);
    let read = odoo.read(&ids).await.expect("entries");
    let found: Vec<Option<&str>> = read
        .iter()
        .map(|entry| Some(entry.as_ref()?.id.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            Some("file:8"),
            None,
            None,
            Some("folder:1"),
            None,
            Some("file:8")
        ]
    );
    assert!(read[0].as_ref().expect("a file").released);
}

#[tokio::test]
async fn a_listing_that_stands_still_is_refused() {
    let server = Scripted::new(|_| Answer::json(200, &json!({"rows": [], "more": true})));
    let odoo = Server::new(service(&server), ConnectionId(Uuid::from_u128(1)));
    assert_eq!(
        odoo.scan(None).await.expect_err("refused").kind,
        ErrorKind::Incompatible
    );
}
