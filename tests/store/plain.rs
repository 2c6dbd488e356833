//! Folders and files of a database without the addon.

mod making;

use super::{connected, database, fresh};
use attache::store::{
    NewPlainFolder, PlainChange, PlainFile, PlainFolder, PlainKind, PlainRefusal, PlainRow, Store,
};
use std::collections::HashMap;
use std::time::Duration;

struct Bed {
    store: Store,
    uuid: String,
    root: i64,
}

async fn bed() -> Bed {
    let store = fresh().await.store;
    let connection = connected(&store).await;
    let uuid = database().uuid;
    let root = store.plain_root(&uuid, connection, "Cloud").await;
    let root = root.expect("a root").id;
    Bed { store, uuid, root }
}

fn new(key: &str, parent: i64, kind: PlainKind, record: Option<(&str, i64)>) -> PlainChange {
    PlainChange::Create(NewPlainFolder {
        key: key.into(),
        name: key.into(),
        parent,
        kind,
        rule: Some(1),
        record: record.map(|(model, id)| (model.to_owned(), id)),
        subfolders: Vec::new(),
    })
}

impl Bed {
    async fn one(&self, change: PlainChange) -> Result<Option<PlainFolder>, PlainRefusal> {
        let done = self.store.plain_change(&self.uuid, &[change]).await;
        done.expect("the database answers").remove(0)
    }

    async fn make(
        &self,
        key: &str,
        parent: i64,
        kind: PlainKind,
        record: Option<(&str, i64)>,
    ) -> i64 {
        let made = self.one(new(key, parent, kind, record)).await;
        made.expect("made").expect("a folder").id
    }

    async fn put(&self, files: &[PlainFile]) {
        let put = self.store.plain_put_files(&self.uuid, files, None).await;
        put.expect("the database answers");
    }

    async fn version(&self) -> i64 {
        let version = self.store.plain_version(&self.uuid).await;
        version.expect("the database answers")
    }

    async fn changed(&self, after: i64) -> Vec<PlainRow> {
        let changed = self.store.plain_changes(&self.uuid, after, 100).await;
        changed.expect("the database answers").rows
    }
}

fn file(id: i64, folder: i64) -> PlainFile {
    PlainFile {
        id,
        folder,
        model: "res.partner".into(),
        res_id: 7,
        name: format!("{id}.txt"),
        size: 1,
        sha1: "a".into(),
        written: "2026-11-28 10:00:00".into(),
        created: "2026-11-28 10:00:00".into(),
        owed: false,
    }
}

#[tokio::test]
async fn folders_are_made_once_and_changed_only_as_they_may_be() {
    let bed = bed().await;
    let rule = bed.make("rule:1", bed.root, PlainKind::Rule, None).await;
    let home = Some(("res.partner", 7));
    let home = bed
        .make("record:res.partner:7", rule, PlainKind::Record, home)
        .await;
    let manual = bed.make("m", home, PlainKind::Manual, None).await;
    assert_eq!(
        bed.make("m", home, PlainKind::Manual, None).await,
        manual,
        "the same key"
    );
    let circle = PlainChange::Move {
        id: home,
        parent: manual,
        rule: None,
    };
    assert_eq!(bed.one(circle).await, Err(PlainRefusal::Circle));
    let remove = |id| PlainChange::Remove { id };
    assert_eq!(bed.one(remove(home)).await, Err(PlainRefusal::Full));
    let place = |from: &str, name: &str| PlainChange::Place {
        id: manual,
        from: (from.into(), Some(home)),
        parent: rule,
        name: name.into(),
    };
    let refused = bed.one(place("other", "n")).await;
    assert!(
        matches!(refused, Err(PlainRefusal::Changed(_))),
        "{refused:?}"
    );
    let placed = bed
        .one(place("m", "n"))
        .await
        .expect("placed")
        .expect("a folder");
    assert_eq!((placed.name.as_str(), placed.parent), ("n", Some(rule)));
    assert!(
        bed.one(place("m", "n")).await.is_ok(),
        "it is there already"
    );
    assert_eq!(bed.one(remove(manual)).await, Ok(None));
    assert_eq!(bed.one(remove(manual)).await, Ok(None), "missing is fine");
    let again = new("m", home, PlainKind::Manual, None);
    assert_eq!(
        bed.one(again).await,
        Err(PlainRefusal::Missing),
        "its key is spent"
    );
    let gone = new("x", manual, PlainKind::Manual, None);
    assert_eq!(bed.one(gone).await, Err(PlainRefusal::Missing));
}

#[tokio::test]
async fn what_a_folder_begins_with_comes_with_it_and_never_again() {
    let bed = bed().await;
    let begun = || {
        let PlainChange::Create(new) =
            new("record:a:7", bed.root, PlainKind::Record, Some(("a", 7)))
        else {
            panic!("it is made");
        };
        PlainChange::Create(NewPlainFolder {
            subfolders: vec!["Scans".into(), "Scans/Official".into(), "Mail/In".into()],
            ..new
        })
    };
    let folders = async || {
        let found = bed.store.plain_folders(&bed.uuid).await.expect("read");
        let names: Vec<String> = found.into_iter().map(|one| one.name).collect();
        names
    };
    bed.one(begun()).await.expect("made");
    let all = ["Cloud", "record:a:7", "Scans", "Official", "Mail", "In"];
    assert_eq!(folders().await, all);
    let found = bed.store.plain_folders(&bed.uuid).await.expect("read");
    let official = PlainChange::Remove { id: found[3].id };
    bed.one(official).await.expect("removed");
    bed.one(begun()).await.expect("it is there");
    assert_eq!(
        folders().await,
        ["Cloud", "record:a:7", "Scans", "Mail", "In"]
    );
}

#[tokio::test]
async fn what_changed_is_told_once_in_order_and_nothing_else() {
    let bed = bed().await;
    let home = Some(("res.partner", 7));
    let home = bed
        .make("record:res.partner:7", bed.root, PlainKind::Record, home)
        .await;
    let start = bed.version().await;
    bed.put(&[file(2, home), file(1, home)]).await;
    assert_eq!(
        bed.changed(start).await,
        [PlainRow::File(2), PlainRow::File(1)]
    );
    let then = bed.version().await;
    let later = "2026-11-28 10:00:09".to_owned();
    bed.put(&[PlainFile {
        written: later.clone(),
        ..file(1, home)
    }])
    .await;
    assert!(bed.changed(then).await.is_empty(), "told again unchanged");
    // Read before somebody wrote, kept after: it is late.
    let late = PlainFile {
        name: "old".into(),
        ..file(1, home)
    };
    bed.put(&[late]).await;
    assert!(bed.changed(then).await.is_empty());
    // Unless Odoo's clock is back: it was read after all that is known.
    let before = then - 1;
    let put = async |version| {
        let old = [PlainFile {
            name: "restored".into(),
            ..file(1, home)
        }];
        let put = bed.store.plain_put_files(&bed.uuid, &old, Some(version));
        put.await.expect("the database answers");
    };
    put(before).await;
    assert!(bed.changed(then).await.is_empty(), "somebody wrote since");
    put(then).await;
    assert_eq!(bed.changed(then).await, [PlainRow::File(1)]);
    let then = bed.version().await;
    // Made at another time, it is another attachment.
    let other = PlainFile {
        created: later,
        name: "new".into(),
        ..file(1, home)
    };
    bed.put(&[other]).await;
    assert_eq!(bed.changed(then).await, [PlainRow::File(1)]);
    let then = bed.version().await;
    let rename = |name: &str| PlainChange::Rename {
        id: home,
        name: name.into(),
    };
    bed.one(rename("n")).await.expect("renamed");
    bed.one(rename("n")).await.expect("renamed");
    bed.store
        .plain_drop_files(&bed.uuid, &[2])
        .await
        .expect("dropped");
    assert_eq!(
        bed.changed(then).await,
        [PlainRow::Folder(home), PlainRow::File(2)]
    );
    let gone = bed
        .store
        .plain_files_of(&bed.uuid, &[1, 2])
        .await
        .expect("read");
    assert_eq!(gone.len(), 1);
    bed.put(&[file(2, home)]).await;
    let back = bed
        .store
        .plain_files_after(&bed.uuid, 0, 10)
        .await
        .expect("read");
    assert_eq!(back.len(), 2, "it came back");
}

#[tokio::test]
async fn versions_are_seen_in_their_order_however_many_write() {
    let bed = bed().await;
    let start = bed.version().await;
    let writers = (0..8).map(|number| {
        let bed = &bed;
        async move {
            for part in 0..10 {
                bed.make(
                    &format!("{number}-{part}"),
                    bed.root,
                    PlainKind::Manual,
                    None,
                )
                .await;
            }
        }
    });
    let mut seen = Vec::new();
    let mut at = start;
    let reader = async {
        while seen.len() < 80 {
            let page = bed
                .store
                .plain_changes(&bed.uuid, at, 7)
                .await
                .expect("read");
            assert!(page.version >= at, "versions rise");
            assert_eq!(page.version > at, !page.rows.is_empty());
            at = page.version;
            seen.extend(page.rows);
            tokio::task::yield_now().await;
        }
    };
    let all = futures::future::join(futures::future::join_all(writers), reader);
    let all = tokio::time::timeout(Duration::from_secs(60), all).await;
    assert!(all.is_ok(), "rows were passed over");
    // Each was written once, so they are seen in the order in which they were.
    let whole = bed.changed(start).await;
    assert_eq!((seen.len(), &seen), (80, &whole));
}

#[tokio::test]
async fn a_record_that_is_gone_takes_its_own_along_and_leaves_those_of_others() {
    let bed = bed().await;
    let record = |id| Some(("res.partner", id));
    let home = bed
        .make(
            "record:res.partner:7",
            bed.root,
            PlainKind::Record,
            record(7),
        )
        .await;
    let manual = bed.make("m", home, PlainKind::Manual, None).await;
    let rule = bed
        .make("rule:2@res.partner:7", home, PlainKind::Rule, None)
        .await;
    let other = bed
        .make("record:res.partner:8", rule, PlainKind::Record, record(8))
        .await;
    let deep = bed.make("d", other, PlainKind::Manual, None).await;
    bed.put(&[file(1, manual), file(2, deep)]).await;
    let above = bed
        .store
        .plain_records_above(&[manual, rule, other, deep, bed.root])
        .await;
    let is = |id| Some(("res.partner".to_owned(), id));
    let expected = HashMap::from([
        (manual, is(7)),
        (rule, is(7)),
        (other, is(8)),
        (deep, is(8)),
        (bed.root, None),
    ]);
    assert_eq!(above.expect("read"), expected);
    let below = bed
        .store
        .plain_files_below(&bed.uuid, home)
        .await
        .expect("read");
    assert_eq!(below.iter().map(|file| file.id).collect::<Vec<_>>(), [1]);
    bed.store
        .plain_forget(&bed.uuid, &[home])
        .await
        .expect("forgotten");
    let left = bed.store.plain_folders(&bed.uuid).await.expect("read");
    let left: Vec<(i64, Option<i64>)> = left.iter().map(|one| (one.id, one.parent)).collect();
    assert_eq!(
        left,
        [
            (bed.root, None),
            (other, Some(bed.root)),
            (deep, Some(other))
        ]
    );
    let files = bed
        .store
        .plain_files_after(&bed.uuid, 0, 10)
        .await
        .expect("read");
    assert_eq!(files.iter().map(|file| file.id).collect::<Vec<_>>(), [2]);
    let homes = bed
        .store
        .plain_homes(&bed.uuid, "res.partner", &[7, 8])
        .await;
    assert_eq!(homes.expect("read"), HashMap::from([(8, other)]));
}
