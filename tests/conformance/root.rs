//! A root that is not there must never look like an empty one.

use super::*;

pub async fn a_root_that_is_away_is_never_empty(store: &Store) {
    let folder = store.make_folder(&store.root(), "folder").await;
    let (file, item) = store.make_file(&folder, "file", b"1").await;
    let handle = {
        let (other, item) = store.make_file(&store.root(), "other", b"2").await;
        let trashed = store.provider.trash(key(), &other, &item.revision).await;
        trashed.expect("a handle")
    };
    store.person.take_root_away();
    let (provider, root) = (&store.provider, store.root());
    let at = &item.revision;
    for (call, answer) in [
        ("root", kind(provider.root().await)),
        ("list root", kind(provider.list(&root).await)),
        ("list", kind(provider.list(&folder).await)),
        ("metadata", kind(provider.metadata(&file).await)),
        ("read", kind(provider.read(&file, 0).await)),
        (
            "folder",
            kind(provider.create_folder(key(), &root, "x").await),
        ),
        (
            "file",
            kind(provider.create_file(key(), &root, "x", &body(b"1")).await),
        ),
        (
            "deep",
            kind(provider.create_file(key(), &folder, "x", &body(b"1")).await),
        ),
        (
            "write",
            kind(provider.write_file(key(), &file, at, &body(b"1")).await),
        ),
        ("place", kind(provider.place(&file, &root, "x").await)),
        ("trash", kind(provider.trash(key(), &file, at).await)),
        ("restore", kind(provider.restore(&handle, &root, "x").await)),
    ] {
        assert_eq!(answer, Some(ErrorKind::RootGone), "{call}");
    }
    store.person.bring_root_back();
    assert_eq!(store.names(&root).await, ["folder"]);
    assert_eq!(store.bytes(&file).await, b"1");
    let back = provider.restore(&handle, &root, "other").await;
    assert_eq!(back.expect("the trash came back with it").name, "other");
}
