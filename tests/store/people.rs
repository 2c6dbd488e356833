//! What people ask: counts, queue, reasons, files, held plans, the log.

use super::{connected, database, fresh, lease};
use attache::store::{Shelf, Store};
use attache::tree::{
    Action, Class, ConnectionId, Entry, EntryId, Fact, Fingerprint, Held, Kind, Operation,
    OperationId, Pair, PairId, Proof, ProofMethod, Reason, Revision, Side, State, Verdict,
};
use time::OffsetDateTime;
use uuid::Uuid;

struct World {
    store: Store,
    connection: ConnectionId,
    shelf: Shelf,
}

async fn world() -> World {
    let store = fresh().await.store;
    let connection = connected(&store).await;
    let shelf = store.shelf(lease(&store, connection).await);
    World {
        store,
        connection,
        shelf,
    }
}

fn pair(number: u128, kind: Kind, odoo: &str, cloud: &str) -> Pair {
    let print = Fingerprint::of_bytes(b"abc");
    Pair {
        id: PairId(Uuid::from_u128(number)),
        odoo: EntryId::new(odoo),
        cloud: EntryId::new(cloud),
        kind,
        parent: None,
        odoo_name: odoo.into(),
        cloud_name: cloud.into(),
        odoo_revision: Revision::new("1"),
        cloud_revision: Revision::new("etag"),
        fingerprint: (kind == Kind::File).then_some(print),
        proof: None,
    }
}

fn operation(number: u128, action: Action, state: State, message: Option<&str>) -> Fact {
    Fact::Operation(Operation {
        id: OperationId(Uuid::from_u128(number)),
        action,
        reason: Reason::Deleted,
        subject: format!("Projects/{number}"),
        state,
        attempts: 3,
        run_at: i64::try_from(number).expect("small"),
        message: message.map(Into::into),
    })
}

fn prove(number: u128) -> Action {
    Action::Prove {
        pair: PairId(Uuid::from_u128(number)),
    }
}

fn forget(number: u128) -> Action {
    Action::Forget {
        pair: PairId(Uuid::from_u128(number)),
    }
}

fn trash(number: u128) -> Action {
    Action::Trash {
        to: Side::Cloud,
        pair: PairId(Uuid::from_u128(number)),
    }
}

/// root / Projects / report.pdf in the cloud, paired and proved.
fn report() -> Vec<Fact> {
    let id = EntryId::new;
    let print = Fingerprint::of_bytes(b"abc");
    let proof = Proof {
        fingerprint: print.clone(),
        cloud_revision: Revision::new("etag"),
        method: ProofMethod::ReadBack,
        at: 1,
    };
    let file = pair(3, Kind::File, "file:345", "c3");
    let mut released = Entry::file(
        id("file:345"),
        id("folder:2"),
        "report.pdf",
        Revision::new("1"),
        print.clone(),
    );
    released.released = true;
    vec![
        Fact::Observed(
            Side::Cloud,
            Entry::file(
                id("c3"),
                id("c2"),
                "report.pdf",
                Revision::new("etag"),
                print,
            ),
        ),
        Fact::Observed(
            Side::Cloud,
            Entry::folder(id("c2"), Some(id("c1")), "Projects"),
        ),
        Fact::Observed(Side::Cloud, Entry::folder(id("c1"), None, "Odoo")),
        Fact::Observed(Side::Odoo, released),
        Fact::Paired(pair(1, Kind::Folder, "folder:1", "c1")),
        Fact::Paired(pair(2, Kind::Folder, "folder:2", "c2")),
        Fact::Paired(Pair {
            proof: Some(proof),
            ..file
        }),
    ]
}

#[tokio::test]
async fn a_file_is_found_by_odoos_identity_with_its_present_path() {
    let world = world().await;
    world.shelf.record(&report()).await.expect("recorded");
    let find = async |database: &str, odoo: &str| {
        world.store.cloud_file(database, &EntryId::new(odoo)).await
    };
    let uuid = database().uuid;
    let found = find(&uuid, "file:345")
        .await
        .expect("asked")
        .expect("found");
    assert_eq!(found.connection, world.connection);
    assert_eq!(found.cloud, EntryId::new("c3"));
    assert_eq!(found.path, ["Projects", "report.pdf"]);
    assert_eq!(found.revision, Revision::new("etag"));
    assert_eq!(found.fingerprint, Some(Fingerprint::of_bytes(b"abc")));
    assert_eq!(find(&uuid, "file:346").await.expect("asked"), None);
    assert_eq!(
        find(&uuid, "folder:2").await.expect("asked"),
        None,
        "a folder is no file"
    );
    assert_eq!(
        find("another", "file:345").await.expect("asked"),
        None,
        "another database"
    );
    let circle = Entry::folder(EntryId::new("c1"), Some(EntryId::new("c2")), "Odoo");
    world
        .shelf
        .record(&[Fact::Observed(Side::Cloud, circle)])
        .await
        .expect("recorded");
    assert!(
        find(&uuid, "file:345")
            .await
            .expect_err("no path")
            .is_missing()
    );
}

#[tokio::test]
async fn counts_tell_what_there_is_and_what_waits() {
    let world = world().await;
    let mut facts = report();
    facts.push(Fact::Paired(pair(4, Kind::File, "file:4", "c4")));
    facts.push(operation(11, prove(4), State::Waiting, Some("busy")));
    facts.push(operation(12, trash(4), State::Stuck, Some("refused")));
    facts.push(operation(13, prove(3), State::Done, None));
    world.shelf.record(&facts).await.expect("recorded");
    let listed = world.store.connections_with_counts().await.expect("listed");
    let counts = listed[0].1;
    assert_eq!(
        (counts.folders, counts.files, counts.proved, counts.released),
        (2, 2, 1, 1)
    );
    assert_eq!((counts.open, counts.stuck), (1, 1));
    assert_eq!(
        world.store.counts(world.connection).await.expect("counted"),
        counts
    );
}

#[tokio::test]
async fn the_queue_shows_order_reasons_and_errors_and_can_be_tried_again() {
    let world = world().await;
    let create = Action::Create {
        to: Side::Cloud,
        source: EntryId::new("file:9"),
        kind: Kind::File,
        parent: EntryId::new("folder:2"),
        name: "n".into(),
    };
    let facts = [
        operation(1, prove(1), State::Intended, None),
        operation(2, create, State::Waiting, Some("the store is busy")),
        operation(5, forget(5), State::Stuck, Some("the store refuses it")),
        operation(4, forget(4), State::Intended, None),
        operation(3, forget(3), State::Done, None),
    ];
    world.shelf.record(&facts).await.expect("recorded");
    let id = Some(world.connection);
    let numbers = |rows: Vec<attache::store::OperationRow>| -> Vec<u128> {
        rows.iter()
            .map(|row| row.operation.id.0.as_u128())
            .collect()
    };
    let open = world.store.open_operations(id, 10).await.expect("listed");
    assert_eq!(open[0].class, Class::Blocking);
    assert_eq!(
        open[0].operation.reason.to_string(),
        "was deleted on the other side"
    );
    assert_eq!(numbers(open), [4, 5, 2, 1], "by class, then by time");
    assert_eq!(
        world
            .store
            .recent_operations(id, 10)
            .await
            .expect("listed")
            .len(),
        5
    );
    assert_eq!(
        world
            .store
            .recent_operations(None, 2)
            .await
            .expect("listed")
            .len(),
        2
    );
    let mut errors = numbers(world.store.errors(id, 10).await.expect("listed"));
    errors.sort_unstable();
    assert_eq!(errors, [2, 5]);
    let queue = world.store.queue(id).await.expect("counted");
    let told: Vec<_> = queue
        .iter()
        .map(|row| (row.class, row.state.as_str(), row.count, row.next))
        .collect();
    assert_eq!(
        told,
        [
            (Class::Blocking, "intended", 1, 4),
            (Class::Blocking, "stuck", 1, 5),
            (Class::Direct, "waiting", 1, 2),
            (Class::Proof, "intended", 1, 1)
        ]
    );
    assert_eq!(
        world
            .store
            .retry_operations(world.connection)
            .await
            .expect("retried"),
        2
    );
    let book = world.shelf.operations().await.expect("loads");
    let stuck = &book[&forget(5).key()];
    assert_eq!(
        (stuck.state, stuck.attempts, stuck.run_at),
        (State::Waiting, 0, 0)
    );
    let late = OffsetDateTime::now_utc() + super::LONG;
    assert_eq!(world.store.prune_operations(late).await.expect("pruned"), 1);
    assert_eq!(
        world
            .store
            .recent_operations(id, 10)
            .await
            .expect("listed")
            .len(),
        4
    );
}

#[tokio::test]
async fn an_approval_is_for_exactly_what_was_shown() {
    let world = world().await;
    let held = |keys: &[&str]| Held {
        cause: "12 of 20 files are gone from the cloud".into(),
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        whole: false,
        approved: false,
    };
    let (shown, grown) = (
        held(&["trash:a", "trash:b"]),
        held(&["trash:a", "trash:b", "trash:c"]),
    );
    let (store, id) = (&world.store, world.connection);
    assert!(
        store
            .decide_held(id, &shown.keys, Verdict::Approve, "admin")
            .await
            .expect_err("nothing held")
            .is_missing()
    );
    world
        .shelf
        .record(&[Fact::Held(Some(grown.clone()))])
        .await
        .expect("recorded");
    assert!(
        store
            .decide_held(id, &shown.keys, Verdict::Approve, "admin")
            .await
            .expect_err("it grew")
            .is_missing()
    );
    assert_eq!(store.held(id).await.expect("read"), Some(grown.clone()));
    store
        .decide_held(id, &grown.keys, Verdict::Approve, "admin")
        .await
        .expect("approved");
    let answer = world.shelf.held().await.expect("read").expect("held");
    assert!(answer.approved);
    store
        .decide_held(id, &grown.keys, Verdict::Reject, "admin")
        .await
        .expect("rejected");
    assert!(
        !world
            .shelf
            .held()
            .await
            .expect("read")
            .expect("still held")
            .approved
    );
    let paused = store.connection(id).await.expect("read");
    assert_eq!(
        paused.reason.as_deref(),
        Some("admin rejected the held plan")
    );
    let told: Vec<_> = store.log_after(&id.to_string(), 0, 9).await.expect("read");
    let told: Vec<_> = told
        .iter()
        .map(|row| (row.who.as_str(), row.what.as_str()))
        .collect();
    assert_eq!(told, [("admin", "approve"), ("admin", "reject")]);
}

#[tokio::test]
async fn what_was_done_is_logged_once_and_in_order() {
    let world = world().await;
    let done = operation(1, trash(1), State::Done, Some("moved to the trash"));
    world
        .shelf
        .record(&[operation(1, trash(1), State::Intended, None)])
        .await
        .expect("recorded");
    world
        .shelf
        .record(std::slice::from_ref(&done))
        .await
        .expect("recorded");
    world.shelf.record(&[done]).await.expect("recorded again");
    let log = world
        .store
        .log_after(&world.connection.to_string(), 0, 9)
        .await
        .expect("read");
    assert_eq!(log.len(), 1);
    assert_eq!(log[0].subject, "Projects/1");
    assert_eq!(log[0].reason, "was deleted on the other side");
    assert_eq!(log[0].outcome, "done: moved to the trash");
}
