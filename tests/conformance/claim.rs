//! Connecting: the root and its mark.

use super::*;

pub async fn claiming_twice_is_once(store: &Store) {
    let again = store.provider.claim(OURS).await.expect("ours already");
    assert_eq!(again.kind, Kind::Folder);
    let root = store.provider.root().await.expect("the root");
    assert_eq!(root.kind, Kind::Folder);
    assert_eq!(root.id, again.id);
    assert!(store.names(&store.root()).await.is_empty());
}

pub async fn another_connection_is_refused(store: &Store) {
    store.make_file(&store.root(), "a.txt", b"ours").await;
    let stranger = &store.stranger;
    let refused = stranger.claim(THEIRS).await.expect_err("it is ours");
    assert_eq!(refused.kind, ErrorKind::RootGone);
    assert!(refused.message.contains("another connection"), "{refused}");
    assert_eq!(kind(stranger.root().await), Some(ErrorKind::RootGone));
    let listed = stranger.list(&store.root()).await;
    assert_eq!(kind(listed), Some(ErrorKind::RootGone));
    let made = stranger.create_folder(key(), &store.root(), "x").await;
    assert_eq!(kind(made), Some(ErrorKind::RootGone));
    assert_eq!(store.names(&store.root()).await, ["a.txt"]);
}
