//! Making files and folders: whole, never over anything, never elsewhere.

use super::*;
use futures::StreamExt as _;
use std::io::Write as _;

pub async fn what_is_made_is_there_and_told_right(store: &Store) {
    let folder = store.make_folder(&store.root(), "Offers").await;
    for (name, bytes) in [
        ("a.txt", &b"some bytes"[..]),
        ("empty", b""),
        ("middle", &[7; 300_000]),
    ] {
        let (file, item) = store.make_file(&folder, name, bytes).await;
        assert_eq!((item.name.as_str(), item.kind), (name, Kind::File));
        store.confirm(&file, &item).await;
        let theirs = store.person.bytes(&format!("Offers/{name}"));
        assert_eq!(theirs.as_deref(), Some(bytes));
    }
    let deep = store.make_folder(&folder, "deep").await;
    let item = store.provider.metadata(&deep).await.expect("a folder");
    assert_eq!((item.name.as_str(), item.kind), ("deep", Kind::Folder));
    assert_eq!(item.fingerprint, None);
}

pub async fn nothing_is_ever_overwritten(store: &Store) {
    store.person.make_file("taken", b"a person's");
    store.person.make_folder("folder");
    let (provider, root, ours) = (&store.provider, store.root(), body(b"ours"));
    if store.can().duplicate_names {
        let key = key();
        let first = provider.create_file(key, &root, "taken", &ours).await;
        let again = provider.create_file(key, &root, "taken", &ours).await;
        let first = first.expect("names may repeat");
        assert_eq!(first.id, again.expect("the same").id, "one key, two files");
        assert_eq!(store.names(&root).await, ["folder", "taken", "taken"]);
    } else {
        let large = body(&vec![1; 2_000_000]);
        for name in ["taken", "folder"] {
            for content in [&ours, &large] {
                let made = provider.create_file(key(), &root, name, content).await;
                assert_eq!(kind(made), Some(ErrorKind::AlreadyExists), "{name}");
            }
            let made = provider.create_folder(key(), &root, name).await;
            assert_eq!(kind(made), Some(ErrorKind::AlreadyExists), "{name}");
        }
        assert_eq!(store.names(&root).await, ["folder", "taken"]);
        let deep = store.make_folder(&root, "deep").await;
        store.person.make_file("deep/taken", b"a person's");
        for content in [&ours, &large] {
            let made = provider.create_file(key(), &deep, "taken", content).await;
            assert_eq!(kind(made), Some(ErrorKind::AlreadyExists));
        }
        let theirs = store.person.bytes("deep/taken");
        assert_eq!(theirs.as_deref(), Some(&b"a person's"[..]));
    }
    let theirs = store.person.bytes("taken");
    assert_eq!(theirs.as_deref(), Some(&b"a person's"[..]));
}

pub async fn names_that_escape_are_refused(store: &Store) {
    let folder = store.make_folder(&store.root(), "in").await;
    let (file, item) = store.make_file(&folder, "file", b"stays").await;
    for name in ["", ".", "..", "a/b", "/etc", "../up", "nul\0l", ".attache"] {
        let made = store
            .provider
            .create_file(key(), &folder, name, &body(b"x"))
            .await;
        assert_eq!(kind(made), Some(ErrorKind::Invalid), "{name:?}");
        let made = store.provider.create_folder(key(), &folder, name).await;
        assert_eq!(kind(made), Some(ErrorKind::Invalid), "{name:?}");
        let moved = store.provider.place(&file, &folder, name).await;
        assert_eq!(kind(moved), Some(ErrorKind::Invalid), "{name:?}");
        if !store.can().stable_ids {
            let mut outside = folder.clone();
            outside.path.push(name.to_owned());
            for refused in [
                kind(store.provider.metadata(&outside).await),
                kind(store.provider.read(&outside, 0).await),
                kind(store.provider.list(&outside).await),
                kind(store.provider.trash(key(), &outside, &item.revision).await),
            ] {
                assert_eq!(refused, Some(ErrorKind::Invalid), "{name:?}");
            }
        }
    }
    let handle = "../../in/file";
    let restored = store.provider.restore(handle, &store.root(), "x").await;
    assert_eq!(kind(restored), Some(ErrorKind::NotFound));
    assert_eq!(store.names(&store.root()).await, ["in"]);
    assert_eq!(store.names(&folder).await, ["file"]);
}

pub async fn a_missing_parent_is_not_found(store: &Store) {
    let folder = store.make_folder(&store.root(), "soon gone").await;
    let (file, _) = store.make_file(&store.root(), "file", b"1").await;
    store.person.delete("soon gone");
    let made = store
        .provider
        .create_file(key(), &folder, "a", &body(b"1"))
        .await;
    assert_eq!(kind(made), Some(ErrorKind::NotFound));
    let large = body(&vec![1; 2_000_000]);
    let made = store
        .provider
        .create_file(key(), &folder, "a", &large)
        .await;
    assert_eq!(kind(made), Some(ErrorKind::NotFound));
    let made = store.provider.create_folder(key(), &folder, "a").await;
    assert_eq!(kind(made), Some(ErrorKind::NotFound));
    let moved = store.provider.place(&file, &folder, "a").await;
    assert_eq!(kind(moved), Some(ErrorKind::NotFound));
    assert_eq!(store.names(&store.root()).await, ["file"]);
}

pub async fn many_at_once_are_all_there(store: &Store) {
    let folder = store.make_folder(&store.root(), "many").await;
    let names: Vec<String> = (0..60).map(|number| format!("f{number:02}")).collect();
    let made: Vec<_> = futures::stream::iter(&names)
        .map(|name| async { store.make_file(&folder, name, name.as_bytes()).await })
        .buffer_unordered(store.can().parallel)
        .collect()
        .await;
    assert_eq!(store.names(&folder).await, names);
    for (locator, item) in made {
        assert_eq!(store.bytes(&locator).await, item.name.as_bytes());
    }
}

pub async fn large_bodies_stream_through(store: &Store) {
    let mut spooled = tempfile::NamedTempFile::new().expect("a temporary file");
    let bytes: Vec<u8> = (0..24_000_000_u32).map(|at| (at % 251) as u8).collect();
    spooled.write_all(&bytes).expect("room on the disk");
    let large = Body {
        fingerprint: Fingerprint::of_bytes(&bytes),
        mimetype: "application/octet-stream".into(),
        content: Content::File(spooled.path().to_owned()),
        sent: Sent::default(),
    };
    let made = store
        .provider
        .create_file(key(), &store.root(), "large.bin", &large)
        .await
        .expect("a large file");
    let locator = store.below(&store.root(), &made);
    let download = store.provider.read(&locator, 0).await.expect("a download");
    let parts: Vec<_> = download.bytes.try_collect().await.expect("all of it");
    assert!(parts.len() > 10, "it came as one piece");
    assert!(parts.concat() == bytes, "other bytes");

    let short = Body {
        fingerprint: Fingerprint::of_size(large.size() + 1),
        ..large
    };
    let made = store
        .provider
        .create_file(key(), &store.root(), "short.bin", &short)
        .await;
    assert_eq!(kind(made), Some(ErrorKind::Unavailable), "a cut upload");
    assert_eq!(store.person.bytes("short.bin"), None);
}
