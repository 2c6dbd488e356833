//! Databases and connections.

use super::{connected, connection, database, fresh, lease};
use attache::store::{ConnectionState, StoreError};
use attache::tree::{Cursor, Fact, Side};
use secrecy::ExposeSecret as _;

#[tokio::test]
async fn what_is_put_is_read_and_put_again_is_brought_up_to_date() {
    let store = fresh().await.store;
    let mut paired = database();
    store.put_database(&paired).await.expect("put");
    paired.url = "https://odoo.test".into();
    store.put_database(&paired).await.expect("put again");
    let read = store.databases().await.expect("read").remove(0);
    assert_eq!(read.url, "https://odoo.test");
    assert!(
        store
            .database("other")
            .await
            .expect_err("unknown")
            .is_missing()
    );

    let mut one = connection("Cloud");
    store.put_connection(&one).await.expect("put");
    one.root_label = "elsewhere".into();
    one.secrets = None;
    store.put_connection(&one).await.expect("put again");
    let read = store.connection(one.id).await.expect("read");
    assert_eq!(read.root_label, "elsewhere");
    assert!(read.secrets.is_none());
    assert_eq!(read.settings, one.settings);
    let twin = connection("Cloud");
    let error = store
        .put_connection(&twin)
        .await
        .expect_err("the name is taken");
    assert!(matches!(error, StoreError::Exists(_)), "{error}");
    assert_eq!(store.connections().await.expect("read").len(), 1);
}

#[tokio::test]
async fn a_state_tells_whether_it_changed() {
    let store = fresh().await.store;
    let id = connected(&store).await;
    let state = ConnectionState::Error;
    assert!(
        store
            .put_state(id, state, Some("no root"))
            .await
            .expect("put")
    );
    assert!(
        !store
            .put_state(id, state, Some("no root"))
            .await
            .expect("put")
    );
    assert!(
        store
            .put_state(id, state, Some("no token"))
            .await
            .expect("put")
    );
    let read = store.connection(id).await.expect("read");
    assert_eq!(
        (read.state, read.reason.as_deref()),
        (state, Some("no token"))
    );
    assert_eq!(
        read.secrets.expect("kept").expose_secret(),
        "{\"password\": \"p\"}"
    );
}

#[tokio::test]
async fn settings_are_kept() {
    let store = fresh().await.store;
    assert_eq!(store.setting::<u32>("pace").await.expect("read"), None);
    store.put_setting("pace", &7_u32).await.expect("put");
    store.put_setting("pace", &8_u32).await.expect("put");
    assert_eq!(store.setting("pace").await.expect("read"), Some(8_u32));
    let error = store.setting::<bool>("pace").await.expect_err("no bool");
    assert!(matches!(error, StoreError::Unreadable(_)), "{error}");
}

#[tokio::test]
async fn a_shared_secret_is_made_once_and_sealed() {
    let store = fresh().await.store;
    let ask = |fresh: &'static str| store.secret_setting("key", move || fresh.into());
    let (one, other) = futures::future::join(ask("first"), ask("second")).await;
    let (one, other) = (one.expect("made"), other.expect("made"));
    assert_eq!(one.expose_secret(), other.expose_secret());
    let kept: Option<String> = store.setting("key").await.expect("read");
    let kept = hex::decode(kept.expect("kept")).expect("hex");
    let shown = String::from_utf8_lossy(&kept).into_owned();
    assert!(!shown.contains(one.expose_secret()), "{shown}");
}

#[tokio::test]
async fn u16_a_confirmed_restore_forgets_what_was_agreed_and_fences_whoever_works() {
    let store = fresh().await.store;
    let id = connected(&store).await;
    let lease = lease(&store, id).await;
    let shelf = store.shelf(lease);
    let cursor = Fact::Cursor(Side::Odoo, Some(Cursor("before the restore".into())));
    shelf
        .record(std::slice::from_ref(&cursor))
        .await
        .expect("recorded");
    let mut paired = store.databases().await.expect("read").remove(0);
    store.put_database(&paired).await.expect("the same epoch");
    assert!(
        shelf
            .load()
            .await
            .expect("still ours")
            .odoo_cursor
            .is_some()
    );
    paired.epoch = "restored".into();
    store.put_database(&paired).await.expect("another epoch");
    let error = shelf
        .record(&[cursor])
        .await
        .expect_err("the fence was raised");
    assert!(error.is_lease_lost(), "{error}");
}
