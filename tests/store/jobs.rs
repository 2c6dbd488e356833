//! The queue: tokens, schedules, nudges, several sidecars on one database.

use super::{Fresh, connected, connection, fresh};
use async_trait::async_trait;
use attache::jobs::{Drain, Jobs, Pace, Work, nudge, set_up};
use attache::store::{Ask, Seal, Store};
use attache::tree::ConnectionId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use time::OffsetDateTime;
use tokio::sync::{Semaphore, mpsc, watch};

/// Everything within this, or the test fails.
const SOON: Duration = Duration::from_secs(120);

const HURRY: Pace = Pace {
    parallel: 4,
    beat: Duration::from_millis(50),
    lease: Duration::from_secs(2),
    heartbeat: Duration::from_secs(1),
};

/// Tells each piece of work, and then does what the test says.
struct Told {
    told: mpsc::UnboundedSender<Work>,
    /// Each drain takes one permit and keeps it.
    go: Arc<Semaphore>,
}

#[async_trait]
impl Drain for Told {
    async fn drain(&self, work: Work) {
        let _ = self.told.send(work.clone());
        tokio::select! {
            permit = self.go.acquire() => permit.expect("open").forget(),
            () = work.stop.cancelled() => {}
        }
    }
}

fn told() -> (Arc<Told>, mpsc::UnboundedReceiver<Work>, Arc<Semaphore>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let go = Arc::new(Semaphore::new(0));
    let drain = Told {
        told: sender,
        go: Arc::clone(&go),
    };
    (Arc::new(drain), receiver, go)
}

async fn next(works: &mut mpsc::UnboundedReceiver<Work>) -> Work {
    tokio::time::timeout(SOON, works.recv())
        .await
        .expect("a drain begins soon")
        .expect("the drain lives")
}

async fn start(store: &Store, drain: Arc<dyn Drain>) -> Jobs {
    Jobs::start(store, drain, HURRY).await.expect("it starts")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nudge_wakes_a_drain_with_what_was_asked() {
    let store = fresh().await.store;
    let id = connected(&store).await;
    let (drain, mut works, go) = told();
    let jobs = start(&store, drain).await;
    jobs.nudge(id, Ask::Odoo).await.expect("nudged");
    let work = next(&mut works).await;
    assert_eq!(work.lease.connection, id);
    assert_eq!(work.asks, BTreeSet::from([Ask::Odoo]));
    assert_eq!(
        store.take_lease(id, "x", SOON).await.expect("asked"),
        None,
        "it is held"
    );
    // What is asked meanwhile is done by the same holder afterwards, in one go.
    jobs.nudge(id, Ask::Cloud).await.expect("nudged");
    jobs.nudge(id, Ask::Rescan).await.expect("nudged");
    go.add_permits(9);
    let mut asks = BTreeSet::new();
    while asks.len() < 2 {
        asks.extend(next(&mut works).await.asks);
    }
    assert_eq!(asks, BTreeSet::from([Ask::Cloud, Ask::Rescan]));
    jobs.stop().await;
    assert!(
        store
            .take_lease(id, "x", SOON)
            .await
            .expect("asked")
            .is_some(),
        "it is free"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_wakes_a_drain_again_and_again() {
    let store = fresh().await.store;
    let id = connected(&store).await;
    let (drain, mut works, go) = told();
    go.add_permits(100);
    let now = OffsetDateTime::now_utc();
    let every = Duration::from_millis(200);
    store
        .put_schedule(id, Ask::Cloud, every, now)
        .await
        .expect("put");
    let jobs = start(&store, drain).await;
    for _ in 0..3 {
        assert_eq!(next(&mut works).await.asks, BTreeSet::from([Ask::Cloud]));
    }
    jobs.stop().await;
}

#[tokio::test]
async fn a_connection_has_one_token_and_fetching_is_planned_for_a_full_table() {
    let store = fresh().await.store;
    let id = connected(&store).await;
    set_up(&store).await.expect("set up");
    set_up(&store).await.expect("twice is nothing");
    assert!(store.push_token(id).await.expect("pushed"));
    assert!(
        !store.push_token(id).await.expect("pushed"),
        "one is waiting"
    );
    let other = connection("Other");
    assert!(store.push_token(other.id).await.expect("pushed"));
    let plan: Vec<String> =
        sqlx::query_scalar("select unnest(proconfig) from pg_proc where proname = 'get_jobs'")
            .fetch_all(store.pool())
            .await
            .expect("read");
    for kind in ["hashjoin", "mergejoin", "seqscan"] {
        assert!(plan.contains(&format!("enable_{kind}=off")), "{plan:?}");
    }
    sqlx::query("update apalis.jobs set status = 'Done', done_at = now() - interval '2 hours'")
        .execute(store.pool())
        .await
        .expect("done");
    assert!(
        store.push_token(id).await.expect("pushed"),
        "the old one is over"
    );
    assert_eq!(store.prune_tokens().await.expect("pruned"), 2);
    store.forget_tokens().await.expect("forgotten");
    assert!(store.push_token(id).await.expect("pushed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_do_not_wait_for_each_other() {
    let store = fresh().await.store;
    let ids = [connected(&store).await, second(&store).await];
    let (drain, mut works, _go) = told();
    let jobs = start(&store, drain).await;
    let mut begun = BTreeSet::new();
    for id in ids {
        jobs.nudge(id, Ask::Odoo).await.expect("nudged");
        begun.insert(next(&mut works).await.lease.connection);
    }
    assert_eq!(begun, BTreeSet::from(ids), "none of them has ended");
    jobs.stop().await;
}

/// Counts how many drains of each connection run at once.
#[derive(Default)]
struct Counting {
    now: Mutex<BTreeMap<ConnectionId, usize>>,
    most: Mutex<usize>,
    done: watch::Sender<usize>,
}

#[async_trait]
impl Drain for Counting {
    async fn drain(&self, work: Work) {
        {
            let mut now = self.now.lock().expect("no panic");
            let running = now.entry(work.lease.connection).or_default();
            *running += 1;
            let mut most = self.most.lock().expect("no panic");
            *most = most.max(*running);
        }
        // Work that takes a while, so that drains would meet if they could.
        tokio::time::sleep(Duration::from_millis(20)).await;
        let mut now = self.now.lock().expect("no panic");
        *now.get_mut(&work.lease.connection).expect("counted") -= 1;
        self.done.send_modify(|done| *done += 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sidecars_never_work_on_one_connection_at_once() {
    let one = fresh().await;
    let ids = [connected(&one.store).await, second(&one.store).await];
    let seal = Seal::in_folder(one.folder.path()).expect("the key");
    let other = Store::open(&one.url, seal).await.expect("a second sidecar");
    let counting = Arc::new(Counting::default());
    let drains: [Arc<dyn Drain>; 2] = [counting.clone(), counting.clone()];
    let [first, second] = drains;
    let (first, second) = (start(&one.store, first).await, start(&other, second).await);
    let mut done = counting.done.subscribe();
    while *done.borrow_and_update() < 30 {
        for id in ids {
            first.nudge(id, Ask::Odoo).await.expect("nudged");
            second.nudge(id, Ask::Cloud).await.expect("nudged");
        }
        tokio::time::timeout(SOON, done.changed())
            .await
            .expect("it goes on")
            .expect("lives");
    }
    first.stop().await;
    second.stop().await;
    assert_eq!(*counting.most.lock().expect("no panic"), 1);
}

async fn second(store: &Store) -> ConnectionId {
    let other = connection("Second");
    store.put_connection(&other).await.expect("put");
    other.id
}

#[test]
fn what_a_killed_sidecar_left_is_taken_over() {
    let killed = tokio::runtime::Runtime::new().expect("a runtime");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let Fresh { store, url, folder } = runtime.block_on(fresh());
    let id = runtime.block_on(connected(&store));
    let (drain, mut works, _go) = told();
    let seal = Seal::in_folder(folder.path()).expect("the key");
    let theirs = killed
        .block_on(Store::open(&url, seal))
        .expect("another sidecar");
    let jobs = killed.block_on(start(&theirs, drain));
    killed.block_on(jobs.nudge(id, Ask::Odoo)).expect("nudged");
    let old = killed.block_on(next(&mut works));
    // Everything of it stops at once, its heartbeats and its renewals too.
    killed.shutdown_background();
    drop(jobs);
    runtime.block_on(async {
        let (drain, mut works, go) = told();
        go.add_permits(1);
        let jobs = start(&store, drain).await;
        store
            .ask(id, Ask::Odoo)
            .await
            .expect("the next schedule asks again");
        let new = next(&mut works).await;
        assert!(new.lease.fence > old.lease.fence, "the dead one is fenced");
        jobs.stop().await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_tells_the_drain_waits_for_it_and_leaves_nothing_behind() {
    let store = fresh().await.store;
    let id = connected(&store).await;
    let (drain, mut works, _go) = told();
    let jobs = start(&store, drain).await;
    jobs.nudge(id, Ask::Odoo).await.expect("nudged");
    let work = next(&mut works).await;
    jobs.stop().await;
    assert!(work.stop.is_cancelled());
    assert!(
        store
            .take_lease(id, "x", SOON)
            .await
            .expect("asked")
            .is_some(),
        "it is free"
    );
    let live: i64 = sqlx::query_scalar(
        "select count(*) from apalis.jobs where status in ('Queued', 'Running')",
    )
    .fetch_one(store.pool())
    .await
    .expect("counted");
    assert_eq!(live, 0, "no token waits for a dead worker");
}

struct Panics(mpsc::UnboundedSender<()>);

#[async_trait]
impl Drain for Panics {
    async fn drain(&self, _: Work) {
        let _ = self.0.send(());
        panic!("a bug");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_that_panics_ends_alone() {
    let store = fresh().await.store;
    let id = connected(&store).await;
    let (sender, mut begun) = mpsc::unbounded_channel();
    let jobs = start(&store, Arc::new(Panics(sender))).await;
    for _ in 0..2 {
        nudge(&store, id, Ask::Odoo).await.expect("nudged");
        tokio::time::timeout(SOON, begun.recv())
            .await
            .expect("it is called")
            .expect("lives");
    }
    jobs.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_outlives_lost_connections_to_the_database() {
    let store = fresh().await.store;
    let id = connected(&store).await;
    let (drain, mut works, go) = told();
    go.add_permits(9);
    let jobs = start(&store, drain).await;
    jobs.nudge(id, Ask::Odoo).await.expect("nudged");
    next(&mut works).await;
    sqlx::query(
        "select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()",
    )
    .execute(store.pool())
    .await
    .expect("cut");
    let again = async {
        loop {
            // The pool may still hand out connections that were cut.
            let _ = nudge(&store, id, Ask::Cloud).await;
            if let Ok(work) = works.try_recv() {
                break work;
            }
            tokio::task::yield_now().await;
        }
    };
    let work = tokio::time::timeout(SOON, again).await.expect("it goes on");
    assert_eq!(work.asks, BTreeSet::from([Ask::Cloud]));
    jobs.stop().await;
}
