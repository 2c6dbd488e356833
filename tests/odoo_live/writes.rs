//! One connection: what the sidecar writes is there, and what has changed meanwhile is left alone.

use super::live::{Person, WIRES, live};
use super::steps::{
    attachment, entry, file, folder, given, one, place, record_folder, told, trash, wanted,
};
use attache::odoo::{ErrorKind, Given, Odoo as _, Refusal, Write};
use attache::tree::{EntryId, Fingerprint, HashKind, OperationId};
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn what_the_sidecar_writes_is_there() {
    let live = live().await;
    for wire in WIRES {
        let (odoo, put, _) = live.connection(wire).await;
        let root = EntryId::new(format!("folder:{}", put.root.id));
        let start = odoo.feed(None).await.expect("the end").cursor;
        let one_folder = entry(&odoo, folder(&root, "Scans")).await;
        let other = entry(&odoo, folder(&root, "Other")).await;
        assert_eq!(
            (one_folder.name.as_str(), one_folder.automatic),
            ("Scans", false)
        );
        let key = OperationId(Uuid::new_v4());
        let made = entry(&odoo, file(&one_folder.id, key, "a.txt", b"abc")).await;
        assert!(made.released);
        let again = entry(&odoo, file(&one_folder.id, key, "a.txt", b"abc")).await;
        assert_eq!(again, made, "the same key is the same file");
        assert_eq!(
            given(&odoo, &[wanted(&made)]).await[made.id.as_str()],
            Given::Released
        );

        let moved = entry(&odoo, place(&made, &other.id, "b.txt")).await;
        assert_eq!(
            (moved.name.as_str(), moved.parent.as_ref()),
            ("b.txt", Some(&other.id))
        );
        match one(&odoo, place(&made, &root, "c.txt")).await {
            Err(Refusal::Changed(Some(present))) => assert_eq!(*present, moved),
            outcome => panic!("{outcome:?}"),
        }
        let large = Fingerprint::of_size(5_000_000_000).with(HashKind::Sha1, "1".repeat(40));
        let content = |expect: &str| Write::Content {
            id: moved.id.clone(),
            expect: expect.to_owned(),
            fingerprint: large.clone(),
            mimetype: "text/plain".to_owned(),
            bytes: None,
        };
        let edited = entry(&odoo, content(&wanted(&moved).sha1)).await;
        assert_eq!(edited.size(), 5_000_000_000, "{wire:?}");
        assert!(matches!(
            one(&odoo, content("00")).await,
            Err(Refusal::Changed(Some(_)))
        ));

        let nested = entry(&odoo, place(&one_folder, &other.id, "Renamed")).await;
        assert_eq!(
            (nested.name.as_str(), nested.parent.as_ref()),
            ("Renamed", Some(&other.id))
        );
        let stale = one(&odoo, place(&one_folder, &root, "Scans")).await;
        assert_eq!(stale, Err(Refusal::Changed(Some(Box::new(nested.clone())))));
        let (last, cursor) = told(&odoo, &start).await;
        assert_eq!(last[nested.id.as_str()].as_ref(), Some(&nested));
        assert_eq!(last[edited.id.as_str()].as_ref(), Some(&edited));

        match one(&odoo, trash(&other)).await {
            Err(Refusal::Changed(Some(present))) => assert_eq!(*present, other),
            outcome => panic!("a folder goes with what is in it: {outcome:?}"),
        }
        assert_eq!(one(&odoo, trash(&edited)).await, Ok(None));
        assert_eq!(
            one(&odoo, trash(&edited)).await,
            Ok(None),
            "it is gone already"
        );
        let both = odoo.write(&[trash(&nested), trash(&other)]).await;
        assert_eq!(both.expect("outcomes"), [Ok(None), Ok(None)]);
        let lost = one(&odoo, place(&nested, &root, "Scans")).await;
        assert_eq!(lost, Err(Refusal::Missing));
        let (last, _) = told(&odoo, &cursor).await;
        assert_eq!(
            (&last[edited.id.as_str()], &last[nested.id.as_str()]),
            (&None, &None)
        );
    }
}

#[tokio::test]
async fn bytes_are_released_only_while_they_are_the_proved_ones() {
    let live = live().await;
    let admin = Person::admin().await;
    for wire in WIRES {
        let (odoo, put, _) = live.connection(wire).await;
        let partner = admin
            .create("res.partner", json!({"name": "Records"}))
            .await;
        record_folder(&odoo, &live.service(wire), put.root.id, partner).await;
        let made = admin
            .create(
                "ir.attachment",
                attachment("a.txt", b"abc", "res.partner", partner),
            )
            .await;
        let id = EntryId::new(format!("file:{made}"));
        let release = |bytes: &[u8]| Write::Release {
            id: id.clone(),
            fingerprint: Fingerprint::of_bytes(bytes),
        };
        match one(&odoo, release(b"abd")).await {
            Err(Refusal::Changed(Some(present))) => assert!(!present.released),
            outcome => panic!("{outcome:?}"),
        }
        let released = entry(&odoo, release(b"abc")).await;
        assert!(released.released);
        let error = odoo
            .large(&wanted(&released), 0)
            .await
            .err()
            .expect("refused");
        assert_eq!(error.kind, ErrorKind::Changed, "{error}");
        let again = entry(&odoo, release(b"abc")).await;
        assert_eq!(again, released);
        let batch = odoo
            .write(&[
                folder(&EntryId::new("folder:999999999"), "x"),
                release(b"abc"),
                folder(&EntryId::new(format!("folder:{}", put.root.id)), "y"),
            ])
            .await
            .expect("outcomes");
        assert_eq!(batch[0], Err(Refusal::Missing));
        assert!(
            batch[1].is_ok() && batch[2].is_ok(),
            "one bad item spoils no other: {batch:?}"
        );
    }
}
