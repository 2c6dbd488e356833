//! The trash: a way there and a way back.

use super::*;

pub async fn a_trashed_file_can_come_back(store: &Store) {
    let folder = store.make_folder(&store.root(), "folder").await;
    let (file, item) = store.make_file(&folder, "file", b"precious").await;
    let operation = key();
    let trash = || store.provider.trash(operation, &file, &item.revision);
    let handle = trash().await.expect("a handle");
    assert_eq!(trash().await.expect("the same key again"), handle);
    assert!(store.names(&folder).await.is_empty());
    assert_eq!(
        store.names(&store.root()).await,
        ["folder"],
        "no trash is listed"
    );
    let looked = store.provider.metadata(&file).await;
    assert_eq!(kind(looked), Some(ErrorKind::NotFound));
    let gone = store.provider.trash(key(), &file, &item.revision).await;
    assert_eq!(kind(gone), Some(ErrorKind::NotFound));

    let back = store.provider.restore(&handle, &store.root(), "back").await;
    let back = back.expect("it is in the trash");
    let file = store.below(&store.root(), &back);
    store.confirm(&file, &back).await;
    assert_eq!(store.bytes(&file).await, b"precious");
    if store.can().stable_ids {
        assert_eq!(back.id, item.id);
    }
    let again = store
        .provider
        .restore(&handle, &store.root(), "twice")
        .await;
    assert_eq!(kind(again), Some(ErrorKind::NotFound));
}

pub async fn trash_needs_the_present_revision(store: &Store) {
    let (file, item) = store.make_file(&store.root(), "file", b"old").await;
    store.person.edit("file", b"new");
    let trashed = store.provider.trash(key(), &file, &item.revision).await;
    assert_eq!(kind(trashed), Some(ErrorKind::Changed));
    assert_eq!(store.person.bytes("file").as_deref(), Some(&b"new"[..]));
    assert_eq!(store.names(&store.root()).await, ["file"]);
}

pub async fn full_folders_stay(store: &Store) {
    let none = Revision::default();
    let folder = store.make_folder(&store.root(), "folder").await;
    store.person.make_file("folder/unseen", b"precious");
    let trashed = store.provider.trash(key(), &folder, &none).await;
    assert_eq!(kind(trashed), Some(ErrorKind::Changed));
    assert_eq!(store.names(&folder).await, ["unseen"]);
    store.person.delete("folder/unseen");
    let trashed = store.provider.trash(key(), &folder, &none).await;
    trashed.expect("it is empty now");
    assert!(store.names(&store.root()).await.is_empty());
}

pub async fn restoring_never_overwrites(store: &Store) {
    let (file, item) = store.make_file(&store.root(), "file", b"old").await;
    let handle = store.provider.trash(key(), &file, &item.revision).await;
    let handle = handle.expect("a handle");
    store.person.make_file("file", b"a person's");
    if !store.can().duplicate_names {
        let back = store.provider.restore(&handle, &store.root(), "file").await;
        assert_eq!(kind(back), Some(ErrorKind::AlreadyExists));
    }
    assert_eq!(
        store.person.bytes("file").as_deref(),
        Some(&b"a person's"[..])
    );
    let back = store
        .provider
        .restore(&handle, &store.root(), "file (2)")
        .await;
    let back = store.below(&store.root(), &back.expect("still in the trash"));
    assert_eq!(store.bytes(&back).await, b"old");
}
