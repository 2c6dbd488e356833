//! Renames and moves: one call, no bytes, nothing overwritten.

use super::*;

pub async fn entries_are_renamed_and_moved(store: &Store) {
    let a = store.make_folder(&store.root(), "a").await;
    let b = store.make_folder(&store.root(), "b ü+").await;
    let (file, before) = store.make_file(&a, "file", b"bytes").await;
    let renamed = store.provider.place(&file, &a, "new name").await;
    let renamed = renamed.expect("a rename");
    let file = store.below(&a, &renamed);
    store.confirm(&file, &renamed).await;
    if store.can().stable_ids {
        assert_eq!(renamed.id, before.id);
    } else {
        let kept = settled(&renamed.revision) == settled(&before.revision);
        assert!(kept, "only the name changed");
    }
    let moved = store.provider.place(&file, &b, "moved").await;
    let file = store.below(&b, &moved.expect("a move"));
    assert_eq!(store.bytes(&file).await, b"bytes");
    assert!(store.names(&a).await.is_empty());
    let item = store.provider.place(&b, &a, "c%").await;
    let c = store.below(&a, &item.expect("a folder moves with what it holds"));
    assert_eq!(store.names(&c).await, ["moved"]);
    assert_eq!(store.names(&store.root()).await, ["a"]);
    let there = store.provider.place(&c, &a, "c%").await;
    assert_eq!(there.expect("it is there already").name, "c%");
    assert_eq!(
        store.person.bytes("a/c%/moved").as_deref(),
        Some(&b"bytes"[..])
    );
}

pub async fn names_can_be_swapped(store: &Store) {
    let (one, _) = store.make_file(&store.root(), "one", b"1").await;
    let (two, _) = store.make_file(&store.root(), "two", b"2").await;
    let place = async |from: &Locator, name: &str| {
        let item = store.provider.place(from, &store.root(), name).await;
        store.below(&store.root(), &item.expect("a free name"))
    };
    let aside = place(&one, "aside").await;
    let two = place(&two, "one").await;
    let one = place(&aside, "two").await;
    assert_eq!(store.bytes(&one).await, b"1");
    assert_eq!(store.bytes(&two).await, b"2");
    assert_eq!(store.person.bytes("one").as_deref(), Some(&b"2"[..]));
}

pub async fn a_case_only_rename_works(store: &Store) {
    let (file, _) = store.make_file(&store.root(), "offer.pdf", b"1").await;
    let item = store
        .provider
        .place(&file, &store.root(), "Offer.PDF")
        .await;
    let file = store.below(&store.root(), &item.expect("no clash with itself"));
    assert_eq!(store.names(&store.root()).await, ["Offer.PDF"]);
    assert_eq!(store.bytes(&file).await, b"1");
    let folder = store.make_folder(&store.root(), "folder").await;
    let item = store.provider.place(&folder, &store.root(), "FOLDER").await;
    assert_eq!(item.expect("no clash with itself").name, "FOLDER");
    assert_eq!(store.names(&store.root()).await, ["FOLDER", "Offer.PDF"]);
}

pub async fn a_taken_name_is_refused(store: &Store) {
    if store.can().duplicate_names {
        return;
    }
    let (file, _) = store.make_file(&store.root(), "file", b"mine").await;
    let folder = store.make_folder(&store.root(), "folder").await;
    let empty = store.make_folder(&store.root(), "empty").await;
    let (one, _) = store.make_file(&folder, "same", b"one").await;
    let beside = store.make_folder(&store.root(), "beside").await;
    store.person.make_file("taken", b"a person's");
    store.person.make_file("beside/same", b"a person's");
    let root = store.root();
    for (entry, parent, name) in [
        (&file, &root, "taken"),
        (&folder, &root, "taken"),
        (&file, &root, "folder"),
        (&folder, &root, "empty"),
        (&one, &beside, "same"),
    ] {
        let placed = store.provider.place(entry, parent, name).await;
        assert_eq!(kind(placed), Some(ErrorKind::AlreadyExists), "{name}");
    }
    assert_eq!(store.bytes(&one).await, b"one");
    let all = ["beside", "empty", "file", "folder", "taken"];
    assert_eq!(store.names(&store.root()).await, all);
    assert_eq!(store.bytes(&file).await, b"mine");
    assert_eq!(
        store.person.bytes("taken").as_deref(),
        Some(&b"a person's"[..])
    );
    assert!(store.names(&empty).await.is_empty());
}

pub async fn impossible_moves_are_refused(store: &Store) {
    let a = store.make_folder(&store.root(), "a").await;
    let b = store.make_folder(&a, "b").await;
    for into in [&a, &b] {
        let placed = store.provider.place(&a, into, "x").await;
        assert_eq!(kind(placed), Some(ErrorKind::Invalid), "into itself");
    }
    let placed = store.provider.place(&store.root(), &a, "x").await;
    assert_eq!(kind(placed), Some(ErrorKind::Invalid), "the root");
    store.person.delete("a/b");
    let placed = store.provider.place(&b, &store.root(), "b").await;
    assert_eq!(kind(placed), Some(ErrorKind::NotFound));
    assert_eq!(store.names(&store.root()).await, ["a"]);
}
