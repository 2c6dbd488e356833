//! One connection: what people do in Odoo is told, and bytes come whole.

use super::live::{Person, WIRES, live};
use super::steps::{
    attachment, entry, file, folder, given, listed, one, record_folder, told, trash, wanted, whole,
};
use attache::odoo::items::FolderItem;
use attache::odoo::{ErrorKind, Given, Odoo as _, Wanted};
use attache::tree::{EntryId, Fingerprint, OperationId};
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn what_people_do_is_told_and_bytes_come_whole() {
    let live = live().await;
    let admin = Person::admin().await;
    for wire in WIRES {
        let (odoo, put, _) = live.connection(wire).await;
        let partner = admin
            .create("res.partner", json!({"name": "Records"}))
            .await;
        let before = admin
            .create(
                "ir.attachment",
                attachment("before.txt", b"before", "res.partner", partner),
            )
            .await;
        let start = odoo.feed(None).await.expect("the end").cursor;
        let folder = record_folder(&odoo, &live.service(wire), put.root.id, partner).await;
        let big = vec![7; 3_000_000];
        let after = admin
            .create(
                "ir.attachment",
                attachment("née.bin", &big, "res.partner", partner),
            )
            .await;
        let empty = admin
            .create(
                "ir.attachment",
                attachment("empty", b"", "res.partner", partner),
            )
            .await;

        let (last, cursor) = told(&odoo, &start).await;
        let present = |id: i64| {
            last.get(&format!("file:{id}"))
                .cloned()
                .flatten()
                .expect("the file is told")
        };
        let (before_entry, after_entry) = (present(before), present(after));
        assert_eq!(
            (after_entry.name.as_str(), after_entry.parent.as_ref()),
            ("née.bin", Some(&folder))
        );
        assert_eq!(
            before_entry.parent.as_ref(),
            Some(&folder),
            "it was there before its folder"
        );
        let fingerprint = after_entry.fingerprint.as_ref().expect("a fingerprint");
        assert!(fingerprint.is_same(&Fingerprint::of_bytes(&big)));
        let all = listed(&odoo).await;
        assert_eq!(all.get(&format!("file:{after}")), Some(&after_entry));
        let root = &all[&format!("folder:{}", put.root.id)];
        assert_eq!((&root.parent, root.automatic), (&None, true));

        let asked = [
            wanted(&before_entry),
            wanted(&after_entry),
            wanted(&present(empty)),
        ];
        let bytes = given(&odoo, &asked).await;
        assert_eq!(
            bytes[&format!("file:{before}")],
            Given::Bytes("before".into())
        );
        assert_eq!(
            bytes[&format!("file:{after}")],
            Given::Bytes(big.clone().into())
        );
        assert_eq!(bytes[&format!("file:{empty}")], Given::Bytes("".into()));
        let stale = Wanted {
            sha1: "0".repeat(40),
            ..wanted(&before_entry)
        };
        let absent = Wanted {
            id: EntryId::new("file:999999999"),
            ..wanted(&after_entry)
        };
        let bytes = given(&odoo, &[stale.clone(), absent.clone()]).await;
        assert_eq!(
            bytes.values().collect::<Vec<_>>(),
            [&Given::Changed, &Given::Missing]
        );
        assert!(whole(&odoo, &wanted(&after_entry), 0).await == big);
        assert!(whole(&odoo, &wanted(&after_entry), 2_999_990).await == big[2_999_990..]);
        for (wanted, kind) in [(stale, ErrorKind::Changed), (absent, ErrorKind::NotFound)] {
            let error = odoo.large(&wanted, 0).await.err().expect("refused");
            assert_eq!(error.kind, kind, "{error}");
        }

        admin
            .call(
                "ir.attachment",
                "write",
                json!([[before], {"name": "renamed.txt"}]),
            )
            .await;
        admin
            .call("ir.attachment", "unlink", json!([[after]]))
            .await;
        let (last, _) = told(&odoo, &cursor).await;
        let renamed = last[&format!("file:{before}")]
            .as_ref()
            .expect("it is there");
        assert_eq!(renamed.name, "renamed.txt");
        assert_ne!(renamed.revision, before_entry.revision);
        assert_eq!(last[&format!("file:{after}")], None);
        let read = odoo
            .read(&[after_entry.id, renamed.id.clone()])
            .await
            .expect("read");
        assert_eq!(read, [None, Some(renamed.clone())]);
    }
}

#[tokio::test]
async fn what_moves_to_another_connection_is_gone_from_this_one() {
    let live = live().await;
    for wire in WIRES {
        let (odoo, put, _) = live.connection(wire).await;
        let (other, other_put, _) = live.connection(wire).await;
        let root = EntryId::new(format!("folder:{}", put.root.id));
        let top = entry(&odoo, folder(&root, "Top")).await;
        let made = entry(
            &odoo,
            file(&top.id, OperationId(Uuid::new_v4()), "a.txt", b"abc"),
        )
        .await;
        let here = odoo.feed(None).await.expect("the end").cursor;
        let there = other.feed(None).await.expect("the end").cursor;
        let moving = FolderItem::Move {
            id: top
                .id
                .as_str()
                .trim_start_matches("folder:")
                .parse()
                .expect("an id"),
            parent: other_put.root.id,
            rule: None,
            expect: None,
        };
        let result = live
            .service(wire)
            .apply_folders(&[moving])
            .await
            .expect("applied");
        assert!(result[0].ok, "{:?}", result[0]);
        let (gone, _) = told(&odoo, &here).await;
        assert_eq!(gone[top.id.as_str()], None);
        let (come, _) = told(&other, &there).await;
        assert!(
            come[top.id.as_str()].is_some() && come[made.id.as_str()].is_some(),
            "{come:?}"
        );
        assert_eq!(one(&odoo, trash(&made)).await, Ok(None));
        let read = other
            .read(std::slice::from_ref(&made.id))
            .await
            .expect("read");
        assert!(
            read[0].is_some(),
            "what is another connection's is not put to the trash"
        );
    }
}
