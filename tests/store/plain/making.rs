//! Files that are being made in Odoo, and the words of the witness.

use super::{bed, file};
use attache::store::PlainCreation;
use attache::tree::ConnectionId;
use uuid::Uuid;

fn creation(folder: i64) -> PlainCreation {
    PlainCreation {
        key: Uuid::from_u128(1),
        folder,
        model: "res.partner".into(),
        res_id: 7,
        name: "a".into(),
        sha1: "b".into(),
        after: 0,
        made: None,
    }
}

#[tokio::test]
async fn a_creation_is_noted_before_and_known_after() {
    let bed = bed().await;
    bed.put(&[file(41, bed.root)]).await;
    let creation = creation(bed.root);
    let (noted, again) = bed
        .store
        .plain_intend(&bed.uuid, &creation)
        .await
        .expect("noted");
    assert!(
        !again && noted.after == 41,
        "what it makes is newer than that"
    );
    assert!(
        bed.store
            .plain_intend(&bed.uuid, &creation)
            .await
            .expect("noted")
            .1
    );
    assert_eq!(
        bed.store
            .plain_creations(&bed.uuid, &[])
            .await
            .expect("read"),
        [noted]
    );
    bed.store
        .plain_made(&bed.uuid, creation.key, 42)
        .await
        .expect("noted");
    assert!(
        bed.store
            .plain_creations(&bed.uuid, &[])
            .await
            .expect("read")
            .is_empty()
    );
    let (noted, _) = bed
        .store
        .plain_intend(&bed.uuid, &creation)
        .await
        .expect("noted");
    assert_eq!(noted.made, Some(42));
    let known = bed.store.plain_creations(&bed.uuid, &[41, 42]).await;
    assert_eq!(known.expect("read").len(), 1, "where what it made goes");
    let claimed = bed.store.plain_claimed(&bed.uuid, &[41, 42]).await;
    assert_eq!(claimed.expect("read"), [42].into());
    bed.store
        .plain_forget_creation(&bed.uuid, creation.key)
        .await
        .expect("noted");
    assert!(
        !bed.store
            .plain_intend(&bed.uuid, &creation)
            .await
            .expect("noted")
            .1
    );
}

#[tokio::test]
async fn a_word_counts_until_odoo_holds_a_later_one() {
    let bed = bed().await;
    let word = async |word: &str, seen: Option<&str>| {
        bed.store
            .plain_word(&bed.uuid, word, seen)
            .await
            .expect("noted");
        bed.store.plain_words(&bed.uuid).await.expect("read")
    };
    assert_eq!(word("a", None).await, ["a"]);
    assert_eq!(word("b", Some("a")).await, ["b", "a"]);
    // Odoo was not told b, or by another sidecar; a is still there.
    assert_eq!(word("c", Some("a")).await, ["c", "b", "a"]);
    assert_eq!(word("d", Some("c")).await, ["d", "c"]);
    assert_eq!(
        word("e", None).await,
        ["e"],
        "a person confirmed another database"
    );
    // Another sidecar turned it meanwhile, and forgot the one that was seen.
    assert_eq!(word("f", Some("c")).await, ["f", "e"]);
    let other = bed
        .store
        .plain_root(&bed.uuid, ConnectionId(Uuid::from_u128(2)), "Two")
        .await;
    assert_ne!(other.expect("a root").id, bed.root);
}

#[tokio::test]
async fn what_was_being_made_or_gone_before_a_backup_was_restored_counts_no_more() {
    let bed = bed().await;
    bed.put(&[file(41, bed.root), file(99, bed.root)]).await;
    let dropped = bed.store.plain_drop_files(&bed.uuid, &[99]).await;
    dropped.expect("dropped");
    let creation = creation(bed.root);
    let intend = async || {
        let noted = bed.store.plain_intend(&bed.uuid, &creation).await;
        noted.expect("noted")
    };
    intend().await;
    let mut same = bed.store.database(&bed.uuid).await.expect("paired");
    bed.store.put_database(&same).await.expect("kept");
    assert!(intend().await.1, "the same epoch forgets nothing");
    same.epoch = "another".into();
    bed.store.put_database(&same).await.expect("kept");
    let (noted, again) = intend().await;
    assert!(!again);
    assert_eq!(noted.after, 41, "Odoo may give 99 a second time");
}

#[tokio::test]
async fn a_file_that_was_saved_anew_is_intended_anew() {
    let bed = bed().await;
    let creation = |sha1: &str| PlainCreation {
        key: Uuid::from_u128(1),
        folder: bed.root,
        model: "res.partner".into(),
        res_id: 7,
        name: "a".into(),
        sha1: sha1.into(),
        after: 0,
        made: None,
    };
    let (store, uuid) = (&bed.store, &bed.uuid);
    store
        .plain_intend(uuid, &creation("one"))
        .await
        .expect("noted");
    let (noted, again) = store
        .plain_intend(uuid, &creation("two"))
        .await
        .expect("noted");
    assert!(again && noted.sha1 == "one", "what is looked for first");
    let key = creation("one").key;
    store
        .plain_forget_creation(uuid, key)
        .await
        .expect("forgotten");
    let (noted, again) = store
        .plain_intend(uuid, &creation("two"))
        .await
        .expect("noted");
    assert!(!again && noted.sha1 == "two");
    // Tried a moment ago: both stay.
    store.plain_forget_creations(uuid).await.expect("forgotten");
    let open = store.plain_creations(uuid, &[]).await.expect("read");
    assert_eq!(open.len(), 1);
}
