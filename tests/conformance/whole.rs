//! Folders that are made together with their files, where a store can.

use super::*;
use attache::providers::{NewFile, WholeFolder};

fn files(of: &[(&str, &[u8])]) -> Vec<NewFile> {
    of.iter()
        .map(|(name, bytes)| NewFile {
            name: (*name).to_owned(),
            body: body(bytes),
        })
        .collect()
}

async fn make(
    store: &Store,
    parent: &Locator,
    name: &str,
    of: &[(&str, &[u8])],
) -> Result<WholeFolder> {
    let (provider, files) = (&store.provider, files(of));
    provider
        .create_whole_folder(key(), parent, name, &files)
        .await
}

const THREE: &[(&str, &[u8])] = &[("a.txt", b"one"), ("é%+ #.txt", b""), ("c", &[7; 100_000])];

pub async fn a_whole_folder_holds_its_files(store: &Store) {
    let root = store.root();
    let made = match make(store, &root, "Offers", THREE).await {
        Err(error) => {
            assert!(!store.can().whole_folders, "{error}");
            assert_eq!(error.kind, ErrorKind::Unsupported);
            assert_eq!(store.names(&root).await, [""; 0]);
            return;
        }
        Ok(made) => made,
    };
    assert!(store.can().whole_folders, "it can, and does not say so");
    let folder = store.below(&root, &made.folder);
    let told = store.provider.metadata(&folder).await.expect("a folder");
    assert_eq!(told, made.folder);
    assert_eq!(made.files.len(), THREE.len());
    for ((name, bytes), made) in THREE.iter().zip(made.files) {
        let (file, item) = store.known(&folder, made.expect("it was taken")).await;
        assert_eq!(item.name, *name);
        store.confirm(&file, &item).await;
        let theirs = store.person.bytes(&format!("Offers/{name}"));
        assert_eq!(theirs.as_deref(), Some(*bytes));
    }
    let deep = make(store, &folder, "deep", THREE).await;
    let deep = store.below(&folder, &deep.expect("a folder in a folder").folder);
    assert_eq!(store.names(&deep).await.len(), THREE.len());
    assert_eq!(store.names(&root).await, ["Offers"]);
}

pub async fn a_whole_folder_takes_nobodys_place(store: &Store) {
    if !store.can().whole_folders {
        return;
    }
    let root = store.root();
    store.person.make_folder("folder");
    store.person.make_file("folder/a.txt", b"a person's");
    store.person.make_folder("empty");
    store.person.make_file("file", b"a person's");
    for name in ["folder", "empty", "file"] {
        let made = make(store, &root, name, THREE).await;
        assert_eq!(kind(made), Some(ErrorKind::AlreadyExists), "{name}");
    }
    assert_eq!(store.names(&root).await, ["empty", "file", "folder"]);
    assert_eq!(store.names(&store.at("folder").await).await, ["a.txt"]);
    assert_eq!(store.names(&store.at("empty").await).await, [""; 0]);
    for path in ["folder/a.txt", "file"] {
        let theirs = store.person.bytes(path);
        assert_eq!(theirs.as_deref(), Some(&b"a person's"[..]), "{path}");
    }
    let gone = store.at("empty").await;
    store.person.delete("empty");
    let made = make(store, &gone, "deep", THREE).await;
    assert_eq!(kind(made), Some(ErrorKind::NotFound));
}

pub async fn a_whole_folder_has_sound_names(store: &Store) {
    if !store.can().whole_folders {
        return;
    }
    let root = store.root();
    for name in ["", "..", "a/b", "/etc", ".attache", "nul\0l"] {
        let made = make(store, &root, name, THREE).await;
        assert_eq!(kind(made), Some(ErrorKind::Invalid), "{name:?}");
        let made = make(store, &root, "new", &[("fine", b"1"), (name, b"2")]).await;
        assert_eq!(kind(made), Some(ErrorKind::Invalid), "{name:?}");
    }
    let made = make(store, &root, "new", &[("Twin", b"1"), ("twin", b"2")]).await;
    assert_eq!(kind(made), Some(ErrorKind::Invalid));
    assert_eq!(store.names(&root).await, [""; 0]);
}

pub async fn a_dropped_whole_folder_can_be_repeated(store: &Store) {
    if !store.can().whole_folders {
        return;
    }
    let (root, mut unfinished) = (store.root(), 0);
    for round in 0..16 {
        let (operation, name) = (key(), format!("d{round}"));
        let (provider, new) = (&store.provider, files(THREE));
        let make = || provider.create_whole_folder(operation, &root, &name, &new);
        unfinished += usize::from(drop::cut(round, make()).await);
        match make().await {
            Ok(made) => assert_eq!(made.folder.name, name),
            Err(error) => assert_eq!(error.kind, ErrorKind::AlreadyExists, "{error}"),
        }
        let folder = store.at(&name).await;
        assert_eq!(store.names(&folder).await.len(), THREE.len(), "half of one");
    }
    assert!(unfinished > 0, "nothing was cut");
}
