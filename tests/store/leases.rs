//! Leases and their fence.

use super::{LONG, connected, fresh, lease};
use attache::store::StoreError;
use attache::tree::{Cursor, Fact, Side};
use std::time::Duration;

fn told(text: &str) -> Vec<Fact> {
    vec![Fact::Cursor(Side::Odoo, Some(Cursor(text.into())))]
}

#[tokio::test]
async fn one_holder_at_a_time_each_with_a_higher_token() {
    let store = fresh().await.store;
    let connection = connected(&store).await;
    let first = lease(&store, connection).await;
    assert_eq!(
        store
            .take_lease(connection, "b", LONG)
            .await
            .expect("asked"),
        None
    );
    store.renew_lease(&first, LONG).await.expect("still held");
    store.release_lease(&first).await.expect("released");
    let second = lease(&store, connection).await;
    assert!(second.fence > first.fence);
    let error = store.renew_lease(&first, LONG).await.expect_err("released");
    assert!(error.is_lease_lost());
    store
        .release_lease(&first)
        .await
        .expect("the old one does nothing");
    store.renew_lease(&second, LONG).await.expect("still held");
    store.break_leases().await.expect("broken");
    assert!(lease(&store, connection).await.fence > second.fence);
}

#[tokio::test]
async fn a_lease_names_the_one_before_it_when_that_was_given_back() {
    let store = fresh().await.store;
    let connection = connected(&store).await;
    let first = lease(&store, connection).await;
    assert_eq!(first.follows, None);
    store.release_lease(&first).await.expect("released");
    let second = lease(&store, connection).await;
    assert_eq!(second.follows, Some(first.fence));
    store.release_lease(&second).await.expect("released");
    let expired = store.take_lease(connection, "asleep", Duration::ZERO).await;
    let expired = expired.expect("asked").expect("taken");
    assert_eq!(expired.follows, Some(second.fence));
    // It may have written; whoever has the book of the second must read it again.
    assert_eq!(lease(&store, connection).await.follows, None);
}

#[tokio::test]
async fn of_many_takers_at_once_one_wins() {
    let store = fresh().await.store;
    let connection = connected(&store).await;
    let takers = (0..10).map(|_| store.take_lease(connection, "x", LONG));
    let taken = futures::future::try_join_all(takers).await.expect("asked");
    assert_eq!(taken.into_iter().flatten().count(), 1);
}

#[tokio::test]
async fn a_holder_that_slept_too_long_writes_nothing_after_another_took_over() {
    let store = fresh().await.store;
    let connection = connected(&store).await;
    let asleep = store
        .take_lease(connection, "asleep", Duration::ZERO)
        .await
        .expect("asked")
        .expect("taken");
    let old = store.shelf(asleep.clone());
    old.record(&told("1")).await.expect("nobody took it yet");
    let new = store.shelf(lease(&store, connection).await);
    new.record(&told("2")).await.expect("the holder");
    for error in [
        old.record(&told("3")).await.expect_err("fenced"),
        old.load().await.map(drop).expect_err("fenced"),
        store.renew_lease(&asleep, LONG).await.expect_err("fenced"),
    ] {
        assert!(matches!(error, StoreError::LeaseLost), "{error}");
    }
    let book = new.load().await.expect("loads");
    assert_eq!(book.odoo_cursor, Some(Cursor("2".into())));
}

#[tokio::test]
async fn a_write_that_passed_the_fence_ends_before_another_takes_over() {
    let store = fresh().await.store;
    let connection = connected(&store).await;
    let held = store
        .take_lease(connection, "a", Duration::ZERO)
        .await
        .expect("asked")
        .expect("taken");
    // The fence of `record`, held open.
    let mut writing = store.pool().begin().await.expect("begun");
    sqlx::query("select 1 from leases where connection = $1 and fence = $2 for share")
        .bind(connection.0)
        .bind(held.fence)
        .execute(&mut *writing)
        .await
        .expect("locked");
    let taker = store.clone();
    let mut taking = tokio::spawn(async move { taker.take_lease(connection, "b", LONG).await });
    let early = tokio::time::timeout(Duration::from_millis(200), &mut taking).await;
    assert!(early.is_err(), "it must wait for the writer");
    writing.commit().await.expect("committed");
    let taken = taking
        .await
        .expect("no panic")
        .expect("asked")
        .expect("taken");
    assert!(taken.fence > held.fence);
}
