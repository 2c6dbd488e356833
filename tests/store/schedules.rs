//! Schedules and asks.

use super::{connected, connection, fresh};
use attache::store::{Ask, ConnectionState};
use std::collections::BTreeSet;
use std::time::Duration;
use time::OffsetDateTime;

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn of_many_claimers_at_once_one_gets_a_schedule() {
    let store = fresh().await.store;
    let connection = connected(&store).await;
    let now = OffsetDateTime::now_utc()
        .replace_nanosecond(0)
        .expect("in range");
    let past = now - HOUR * 5;
    store
        .put_schedule(connection, Ask::Cloud, HOUR, past)
        .await
        .expect("put");
    // Counts how often the schedule was moved on.
    sqlx::raw_sql(
        "create table moved (at int); create function count_moved() returns trigger language plpgsql
           as $$ begin insert into moved values (1); return new; end $$;
         create trigger count_moved after update on schedules for each row
           execute function count_moved()",
    )
    .execute(store.pool())
    .await
    .expect("a trigger");
    futures::future::try_join_all((0..8).map(|_| store.claim_due()))
        .await
        .expect("claimed");
    let moved: i64 = sqlx::query_scalar("select count(*) from moved")
        .fetch_one(store.pool())
        .await
        .expect("counted");
    assert_eq!(moved, 1, "five missed runs are one, for one claimer");
    assert_eq!(
        store.claim_due().await.expect("asked"),
        BTreeSet::from([connection])
    );
    assert_eq!(
        store.take_asks(connection).await.expect("taken"),
        BTreeSet::from([Ask::Cloud])
    );
    assert!(
        store.claim_due().await.expect("asked").is_empty(),
        "nothing is asked any more"
    );
    let next = store.schedules().await.expect("listed")[0].next_run;
    let ahead = next - OffsetDateTime::now_utc();
    assert!(ahead > Duration::ZERO && ahead <= HOUR, "{ahead}");
    assert_eq!(
        (next - past).whole_milliseconds() % 3_600_000,
        0,
        "it keeps its beat"
    );
}

#[tokio::test]
async fn asks_are_once_for_each_thing_and_wait_while_a_connection_is_paused() {
    let store = fresh().await.store;
    let one = connected(&store).await;
    let other = connection("Other");
    store.put_connection(&other).await.expect("put");
    for ask in [Ask::Odoo, Ask::Odoo, Ask::Rescan] {
        store.ask(one, ask).await.expect("asked");
    }
    store.ask(other.id, Ask::Odoo).await.expect("asked");
    store
        .put_state(one, ConnectionState::Paused, Some("a person"))
        .await
        .expect("paused");
    assert_eq!(
        store.claim_due().await.expect("claimed"),
        BTreeSet::from([other.id])
    );
    store
        .put_state(one, ConnectionState::Active, None)
        .await
        .expect("resumed");
    assert_eq!(
        store.claim_due().await.expect("claimed"),
        BTreeSet::from([one, other.id])
    );
    let taken = store.take_asks(one).await.expect("taken");
    assert_eq!(taken, BTreeSet::from([Ask::Odoo, Ask::Rescan]));
    assert_eq!(
        store.claim_due().await.expect("claimed"),
        BTreeSet::from([other.id])
    );
}

#[tokio::test]
async fn a_faster_pace_counts_at_once_and_a_slower_one_keeps_the_next_run() {
    let store = fresh().await.store;
    let connection = connected(&store).await;
    let first = OffsetDateTime::now_utc() + HOUR;
    let next = async || store.schedules().await.expect("listed")[0].next_run;
    store
        .put_schedule(connection, Ask::Odoo, HOUR, first)
        .await
        .expect("put");
    let planned = next().await;
    store
        .put_schedule(connection, Ask::Odoo, HOUR * 9, first)
        .await
        .expect("put");
    assert_eq!(next().await, planned);
    store
        .put_schedule(connection, Ask::Odoo, Duration::from_secs(2), first)
        .await
        .expect("put");
    assert!(next().await < OffsetDateTime::now_utc() + Duration::from_secs(3));
}

#[tokio::test]
async fn a_run_can_be_brought_forward_and_never_put_off() {
    let store = fresh().await.store;
    let connection = connected(&store).await;
    let planned = OffsetDateTime::now_utc() + HOUR;
    let next = async || store.schedules().await.expect("listed")[0].next_run;
    let hasten = async |what, at| store.hasten(connection, what, at).await.expect("done");
    hasten(Ask::Odoo, planned).await;
    assert!(store.schedules().await.expect("listed").is_empty());
    store
        .put_schedule(connection, Ask::Odoo, HOUR, planned)
        .await
        .expect("put");
    hasten(Ask::Odoo, planned + HOUR).await;
    hasten(Ask::Cloud, planned - HOUR).await;
    let of = |at: OffsetDateTime| at.unix_timestamp();
    assert_eq!(of(next().await), of(planned));
    hasten(Ask::Odoo, planned - HOUR / 2).await;
    assert_eq!(of(next().await), of(planned - HOUR / 2));
}
