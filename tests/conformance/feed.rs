//! The feed of those that have one.

use super::*;
use attache::providers::Feed;
use attache::tree::{Change, Cursor};
use std::collections::BTreeMap;

/// Reads the feed to its present end: what each entry is in the end, by identity.
async fn told(store: &Store, cursor: &mut Cursor) -> BTreeMap<EntryId, Option<String>> {
    let mut last = BTreeMap::new();
    loop {
        let page = store.provider.changes(Some(cursor)).await.expect("a page");
        for change in page.changes {
            match change {
                Change::Present(entry) => last.insert(entry.id, Some(entry.name)),
                Change::Gone(id) => last.insert(id, None),
            };
        }
        *cursor = page.cursor;
        if !page.more {
            return last;
        }
    }
}

pub async fn changes_are_told_or_unsupported(store: &Store) {
    if store.can().feed == Feed::Listing {
        let refused = store.provider.changes(None).await;
        assert_eq!(kind(refused), Some(ErrorKind::Unsupported));
        return;
    }
    let start = store.provider.changes(None).await.expect("the end");
    assert!(start.changes.is_empty() && !start.more);
    let mut cursor = start.cursor;
    let folder = store.make_folder(&store.root(), "folder").await;
    let (file, item) = store.make_file(&folder, "file", b"1").await;
    store.person.make_file("folder/theirs", b"2");
    let now = told(store, &mut cursor).await;
    assert_eq!(now.get(&folder.id), Some(&Some("folder".into())));
    assert_eq!(now.get(&file.id), Some(&Some("file".into())));
    assert_eq!(now.len(), 3);
    assert!(told(store, &mut cursor).await.is_empty(), "told once");

    store
        .provider
        .place(&file, &store.root(), "moved")
        .await
        .expect("a move");
    store.person.delete("folder");
    let now = told(store, &mut cursor).await;
    assert_eq!(now.get(&file.id), Some(&Some("moved".into())));
    assert_eq!(now.get(&folder.id), Some(&None), "a tombstone");

    let handle = store.provider.trash(key(), &file, &item.revision).await;
    let handle = match handle {
        Ok(handle) => handle,
        Err(_) => {
            let now = store.provider.metadata(&file).await.expect("the file");
            let trashed = store.provider.trash(key(), &file, &now.revision).await;
            trashed.expect("a rename may revise")
        }
    };
    assert_eq!(
        told(store, &mut cursor).await,
        [(file.id.clone(), None)].into()
    );
    let back = store.provider.restore(&handle, &store.root(), "back").await;
    assert_eq!(back.expect("from the trash").id, Some(file.id.clone()));
    let now = told(store, &mut cursor).await;
    assert_eq!(now, [(file.id, Some("back".to_owned()))].into());
    let other = Cursor("not ours".into());
    let refused = store.provider.changes(Some(&other)).await;
    assert_eq!(kind(refused), Some(ErrorKind::CursorExpired));
}
