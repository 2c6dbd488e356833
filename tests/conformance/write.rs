//! Replacing bytes: only what the caller has seen.

use super::*;
use std::collections::BTreeSet;

pub async fn a_write_needs_the_present_revision(store: &Store) {
    let (file, mut item) = store.make_file(&store.root(), "file", b"v00").await;
    let mut seen = BTreeSet::from([settled(&item.revision).to_owned()]);
    for number in 1..=5 {
        let bytes = format!("v{number:02}");
        let old = item.revision.clone();
        item = store
            .provider
            .write_file(key(), &file, &old, &body(bytes.as_bytes()))
            .await
            .expect("nobody came between");
        store
            .confirm(&store.below(&store.root(), &item), &item)
            .await;
        assert!(
            seen.insert(settled(&item.revision).to_owned()),
            "equal sizes look alike"
        );
        let stale = store
            .provider
            .write_file(key(), &file, &old, &body(b"stale"))
            .await;
        assert_eq!(kind(stale), Some(ErrorKind::Changed));
        assert_eq!(
            store.person.bytes("file").as_deref(),
            Some(bytes.as_bytes())
        );
    }
    let unknown = Revision::new("never seen");
    let refused = store
        .provider
        .write_file(key(), &file, &unknown, &body(b"x"))
        .await;
    assert_eq!(kind(refused), Some(ErrorKind::Changed));
    assert_eq!(store.names(&store.root()).await, ["file"]);
}

pub async fn a_persons_edit_is_always_noticed(store: &Store) {
    let (file, mut item) = store.make_file(&store.root(), "file", b"ours").await;
    for edit in [b"edt1", b"edt2", b"edt3"] {
        store.person.edit("file", edit);
        let now = store.provider.metadata(&file).await.expect("the file");
        let (old, new) = (settled(&item.revision), settled(&now.revision));
        assert_ne!(old, new, "an edit of equal size");
        let refused = store
            .provider
            .write_file(key(), &file, &item.revision, &body(b"lost"))
            .await;
        assert_eq!(kind(refused), Some(ErrorKind::Changed));
        assert_eq!(store.person.bytes("file").as_deref(), Some(&edit[..]));
        item = now;
    }
    let old = store.provider.metadata(&file).await.expect("the file");
    store
        .provider
        .write_file(key(), &file, &old.revision, &body(b"agreed"))
        .await
        .expect("the edit was seen");
    assert_eq!(store.person.bytes("file").as_deref(), Some(&b"agreed"[..]));
}

pub async fn what_is_gone_is_not_written(store: &Store) {
    let (file, item) = store.make_file(&store.root(), "file", b"1").await;
    store.person.delete("file");
    let written = store
        .provider
        .write_file(key(), &file, &item.revision, &body(b"2"))
        .await;
    assert_eq!(kind(written), Some(ErrorKind::NotFound));
    assert!(store.names(&store.root()).await.is_empty());
}
