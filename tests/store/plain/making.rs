//! Files that are being made in Odoo, and the words of the witness.

use super::{bed, file};
use attache::store::PlainCreation;
use attache::tree::ConnectionId;
use uuid::Uuid;

#[tokio::test]
async fn a_creation_is_noted_before_and_known_after() {
    let bed = bed().await;
    bed.put(&[file(41, bed.root)]).await;
    let creation = PlainCreation {
        key: Uuid::from_u128(1),
        folder: bed.root,
        model: "res.partner".into(),
        res_id: 7,
        name: "a".into(),
        sha1: "b".into(),
        above: 0,
        made: None,
    };
    let (noted, again) = bed
        .store
        .plain_intend(&bed.uuid, &creation)
        .await
        .expect("noted");
    assert!(
        !again && noted.above == 41,
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
        bed.store.plain_creations(&bed.uuid).await.expect("read"),
        [noted]
    );
    bed.store
        .plain_made(&bed.uuid, creation.key, Some(42))
        .await
        .expect("noted");
    assert!(
        bed.store
            .plain_creations(&bed.uuid)
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
    let claimed = bed.store.plain_claimed(&bed.uuid, &[41, 42]).await;
    assert_eq!(claimed.expect("read"), [42].into());
    bed.store
        .plain_made(&bed.uuid, creation.key, None)
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
async fn a_beat_counts_until_odoo_holds_a_later_one() {
    let bed = bed().await;
    let beat = async |beat: &str, seen: Option<&str>| {
        bed.store
            .plain_beat(&bed.uuid, beat, seen)
            .await
            .expect("noted");
        bed.store.plain_beats(&bed.uuid).await.expect("read")
    };
    assert_eq!(beat("a", None).await, ["a"]);
    assert_eq!(beat("b", Some("a")).await, ["b", "a"]);
    // Odoo was not told b, or by another sidecar; a is still there.
    assert_eq!(beat("c", Some("a")).await, ["c", "b", "a"]);
    assert_eq!(beat("d", Some("c")).await, ["d", "c"]);
    assert_eq!(
        beat("e", None).await,
        ["e"],
        "a person confirmed another database"
    );
    let other = bed
        .store
        .plain_root(&bed.uuid, ConnectionId(Uuid::from_u128(2)), "Two")
        .await;
    assert_ne!(other.expect("a root").id, bed.root);
}
