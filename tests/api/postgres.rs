//! The registry over a real PostgreSQL: what the store holds is what the pages and links show.

use super::bench::{ATTACHMENT, DATABASE, SECRET};
use crate::store::{Fresh, fresh};
use attache::http::registry::{Leases, Registry, Which};
use attache::http::{Nudge, Target, Waker};
use attache::store::{Ask, Connection, ConnectionState, Database, Store};
use attache::tree::{
    Action, ConnectionId, Entry, EntryId, Fact, Fingerprint, Held, Kind, Operation, OperationId,
    Pair, PairId, Reason, Revision, Side, State, Verdict,
};
use secrecy::SecretString;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use uuid::Uuid;

const CONNECTION: ConnectionId = ConnectionId(Uuid::from_u128(0xc2));

fn pair(number: u128, parent: Option<u128>, name: &str, kind: Kind) -> Pair {
    let odoo = match (kind, number) {
        (Kind::File, _) => format!("file:{ATTACHMENT}"),
        (Kind::Folder, number) => format!("folder:{number}"),
    };
    Pair {
        id: PairId(Uuid::from_u128(number)),
        odoo: EntryId::new(odoo),
        cloud: EntryId::new(format!("c{number}")),
        kind,
        parent: parent.map(|number| PairId(Uuid::from_u128(number))),
        odoo_name: name.into(),
        cloud_name: name.replace(':', "-"),
        odoo_revision: Revision::new("1"),
        cloud_revision: Revision::new("r7"),
        fingerprint: (kind == Kind::File).then(|| Fingerprint::of_bytes(b"hello")),
        proof: None,
    }
}

fn facts() -> Vec<Fact> {
    let pairs = [
        pair(1, None, "root", Kind::Folder),
        pair(2, Some(1), "Invoices: 2026", Kind::Folder),
        pair(3, Some(2), "a.pdf", Kind::File),
    ];
    let folder = |number: u128, parent: Option<&str>, name: &str| {
        Entry::folder(
            EntryId::new(format!("c{number}")),
            parent.map(EntryId::new),
            name,
        )
    };
    let file = Entry::file(
        EntryId::new("c3"),
        EntryId::new("c2"),
        "a.pdf",
        Revision::new("r7"),
        Fingerprint::of_bytes(b"hello"),
    );
    let operation = |number: u128, state: State, message: &str| {
        Fact::Operation(Operation {
            id: OperationId(Uuid::from_u128(number)),
            action: Action::Prove {
                pair: PairId(Uuid::from_u128(number)),
            },
            reason: Reason::Unproved,
            subject: format!("subject {number}"),
            state,
            attempts: 3,
            run_at: 1_000,
            message: Some(message.into()),
        })
    };
    let held = Held {
        cause: "half of the files are gone".into(),
        keys: [
            format!("trash:odoo:{}", Uuid::from_u128(3)),
            "create:cloud:folder:9".to_owned(),
        ]
        .into(),
        whole: true,
        approved: false,
    };
    let mut facts: Vec<Fact> = pairs.into_iter().map(Fact::Paired).collect();
    facts.extend([
        Fact::Observed(Side::Cloud, folder(1, None, "anything")),
        Fact::Observed(Side::Cloud, folder(2, Some("c1"), "Invoices- 2026")),
        Fact::Observed(Side::Cloud, file),
        operation(7, State::Stuck, "the store is full"),
        operation(8, State::Waiting, "the store is busy"),
        operation(9, State::Done, "proved"),
        Fact::Held(Some(held)),
    ]);
    facts
}

async fn filled() -> (Fresh, Store) {
    let fresh = fresh().await;
    let store = fresh.store.clone();
    let secret = std::str::from_utf8(SECRET).unwrap();
    let database = Database {
        uuid: DATABASE.into(),
        url: "http://odoo.test".into(),
        name: "odoo".into(),
        login: "sidecar".into(),
        key: SecretString::from("key"),
        secret: SecretString::from(secret),
        epoch: "1".into(),
        wire: "json2".into(),
        addon: true,
    };
    store.put_database(&database).await.unwrap();
    let connection = Connection {
        id: CONNECTION,
        database: DATABASE.into(),
        name: "Archive".into(),
        provider: "folder".into(),
        settings: serde_json::json!({}),
        secrets: None,
        state: ConnectionState::Held,
        reason: Some("the guard waits".into()),
        root_label: "/srv/archive".into(),
        web_url: None,
    };
    store.put_connection(&connection).await.unwrap();
    let hour = Duration::from_secs(3600);
    let lease = store.take_lease(CONNECTION, "test", hour).await.unwrap();
    let shelf = store.shelf(lease.unwrap());
    shelf.record(&facts()).await.unwrap();
    (fresh, store)
}

#[tokio::test]
async fn a_file_is_found_by_database_and_attachment() {
    let (_fresh, store) = filled().await;
    let registry: &dyn Registry = &store;
    let stored = registry
        .stored(DATABASE, ATTACHMENT)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(stored.connection, CONNECTION);
    assert_eq!(stored.locator.id, EntryId::new("c3"));
    assert_eq!(stored.locator.path, ["Invoices- 2026", "a.pdf"]);
    assert_eq!(stored.revision, Revision::new("r7"));
    assert!(stored.fingerprint.is_same(&Fingerprint::of_bytes(b"hello")));
    assert_eq!(
        registry.stored(DATABASE, ATTACHMENT + 1).await.unwrap(),
        None
    );
    assert_eq!(registry.stored("another", ATTACHMENT).await.unwrap(), None);
    let secrets = registry.secrets().await.unwrap();
    let ours = std::str::from_utf8(SECRET).unwrap();
    assert_eq!(
        (secrets[0].0.as_str(), secrets[0].1.expose()),
        (DATABASE, ours)
    );
}

#[tokio::test]
async fn a_ticket_is_used_once_by_all_sidecars_together() {
    let (_fresh, store) = filled().await;
    let until = super::bench::now() + 60;
    let spends = (0..8).map(|_| Registry::spend(&store, "digest", until));
    let used = futures::future::join_all(spends).await;
    assert_eq!(
        used.into_iter()
            .filter(|used| *used.as_ref().unwrap())
            .count(),
        1
    );
    assert!(Registry::spend(&store, "another", until).await.unwrap());
}

#[tokio::test]
async fn the_rows_are_those_of_the_book() {
    let (_fresh, store) = filled().await;
    let registry: &dyn Registry = &store;
    let leases = Leases {
        connections: 1,
        leased: 1,
    };
    assert_eq!(registry.leases().await.unwrap(), leases);
    let connections = registry.connections().await.unwrap();
    let row = &connections[0];
    assert_eq!((row.name.as_str(), row.state.as_str()), ("Archive", "held"));
    assert_eq!((row.folders, row.files, row.open, row.stuck), (2, 1, 1, 1));
    assert!(row.last.unwrap().abs_diff(super::bench::now()) < 600);
    let queue = registry.queue().await.unwrap();
    let told: Vec<_> = queue
        .iter()
        .map(|row| (row.class.as_str(), row.state.as_str(), row.count, row.next))
        .collect();
    assert_eq!(told, [("proof", "stuck", 1, 1), ("proof", "waiting", 1, 1)]);
    let errors = registry
        .operations(Which::Errors, Some(CONNECTION), 10)
        .await
        .unwrap();
    let mut subjects: Vec<_> = errors.iter().map(|row| row.subject.as_str()).collect();
    subjects.sort_unstable();
    assert_eq!(subjects, ["subject 7", "subject 8"]);
    assert_eq!(errors[0].connection_name, "Archive");
    assert_eq!(
        registry
            .operations(Which::Recent, None, 10)
            .await
            .unwrap()
            .len(),
        3
    );
    assert_eq!(
        registry
            .operations(Which::Open, None, 10)
            .await
            .unwrap()
            .len(),
        2
    );
    let other = Some(ConnectionId(Uuid::from_u128(1)));
    assert!(
        registry
            .operations(Which::Recent, other, 10)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn held_steps_are_named_and_decided_once_seen() {
    let (_fresh, store) = filled().await;
    let registry: &dyn Registry = &store;
    let held = registry.held().await.unwrap();
    let steps: Vec<_> = held[0]
        .steps
        .iter()
        .map(|step| (step.verb.as_str(), step.to, step.subject.as_str()))
        .collect();
    let expected = [
        ("trash", Side::Odoo, "Invoices: 2026/a.pdf"),
        ("create", Side::Cloud, "folder:9"),
    ];
    assert_eq!(steps, expected);
    assert!(
        !registry
            .decide(CONNECTION, "another", Verdict::Approve, "me")
            .await
            .unwrap()
    );
    assert!(
        !Store::held(&store, CONNECTION)
            .await
            .unwrap()
            .unwrap()
            .approved
    );
    let mark = &held[0].mark;
    assert!(
        registry
            .decide(CONNECTION, mark, Verdict::Approve, "me")
            .await
            .unwrap()
    );
    assert!(
        Store::held(&store, CONNECTION)
            .await
            .unwrap()
            .unwrap()
            .approved
    );
    assert!(
        registry
            .decide(CONNECTION, mark, Verdict::Reject, "me")
            .await
            .unwrap()
    );
    let row = store.connection(CONNECTION).await.unwrap();
    assert_eq!(row.state, ConnectionState::Paused);
    registry.pause(CONNECTION, false, "me").await.unwrap();
    let row = store.connection(CONNECTION).await.unwrap();
    assert_eq!((row.state, row.reason), (ConnectionState::Active, None));
    assert_eq!(registry.retry(CONNECTION, "me").await.unwrap(), 2);
    assert_eq!(registry.connections().await.unwrap()[0].stuck, 0);
    let log = store
        .log_after(&CONNECTION.to_string(), 0, 20)
        .await
        .unwrap();
    for what in ["approve", "reject", "resume", "retry"] {
        assert!(
            log.iter().any(|row| row.what == what && row.who == "me"),
            "{what}"
        );
    }
}

#[tokio::test]
async fn a_nudge_becomes_an_ask_of_the_connections_it_is_for() {
    let (_fresh, store) = filled().await;
    attache::jobs::set_up(&store).await.unwrap();
    // Of another database, and first by name: it would be asked before ours.
    let mut stranger = store.database(DATABASE).await.unwrap();
    stranger.uuid = "another".into();
    store.put_database(&stranger).await.unwrap();
    let mut foreign = store.connection(CONNECTION).await.unwrap();
    foreign.id = ConnectionId(Uuid::from_u128(1));
    (foreign.name, foreign.database) = ("A".into(), "another".into());
    store.put_connection(&foreign).await.unwrap();
    let waker = Waker::new(store.clone());
    for (target, expected) in [
        (Target::Database(DATABASE.into()), vec![Ask::Odoo]),
        (Target::Connection(CONNECTION), vec![Ask::Odoo, Ask::Cloud]),
    ] {
        waker.nudge(target.clone());
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut asked = BTreeSet::new();
        while asked.len() < expected.len() && Instant::now() < deadline {
            asked.append(&mut store.take_asks(CONNECTION).await.unwrap());
            tokio::task::yield_now().await;
        }
        assert_eq!(asked, expected.into_iter().collect(), "{target:?}");
        assert!(store.take_asks(foreign.id).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_database_that_is_gone_is_an_error_and_no_answer() {
    let (_fresh, store) = filled().await;
    store.close().await;
    assert!(Registry::leases(&store).await.is_err());
    assert!(
        Registry::stored(&store, DATABASE, ATTACHMENT)
            .await
            .is_err()
    );
}
