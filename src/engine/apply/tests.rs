//! A creation whose answer is lost, and what people do before it is repeated; bytes of Odoo's that
//! are not those of their row.

use crate::engine::{
    Desk, Engine, Ledger, LedgerError, Limits, Look, MemoryLedger, Progress, Spool,
};
use crate::odoo::memory::World as Office;
use crate::planner::Policy;
use crate::providers::Provider as _;
use crate::providers::memory::{Shape, World as Store};
use crate::tree::{
    Action, Book, ConnectionId, Entry, EntryId, Fact, Fingerprint, Kind, Pair, PairId, Revision,
    Side, State,
};
use async_trait::async_trait;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use uuid::Uuid;

/// A ledger that can be killed right before it would keep what a step came to.
#[derive(Default)]
struct Mortal {
    ledger: MemoryLedger,
    dies: AtomicBool,
}

#[async_trait]
impl Ledger for Mortal {
    async fn load(&self) -> Result<Book, LedgerError> {
        self.ledger.load().await
    }

    async fn record(&self, facts: &[Fact]) -> Result<(), LedgerError> {
        let is_outcome = facts.iter().any(|fact| matches!(fact, Fact::Paired(_)));
        if self.dies.load(Ordering::Relaxed) && is_outcome {
            return Err(LedgerError::Unavailable("killed".into()));
        }
        self.ledger.record(facts).await
    }
}

type Deed = fn(&Office, &Store);

/// Has an engine between two empty sides.
async fn between<T>(
    shape: Shape,
    work: impl AsyncFnOnce(&Office, &Store, &Mortal, &Engine<'_>) -> T,
) -> T {
    let (office, store) = (Office::new(1), Store::new(shape, 1));
    let connection = ConnectionId(Uuid::from_u128(1));
    let cloud = store.provider(connection);
    cloud.claim(connection).await.expect("the root is ours");
    let ledger = Mortal::default();
    let (now, minted) = (AtomicI64::new(1_700_000_000_000), AtomicU64::new(1));
    let clock = || now.fetch_add(3_600_000, Ordering::Relaxed);
    let ids = || Uuid::from_u128(u128::from(minted.fetch_add(1, Ordering::Relaxed)));
    let progress = Progress::default();
    let engine = Engine {
        odoo: &office,
        cloud: &cloud,
        ledger: &ledger,
        policy: Policy::default(),
        limits: Limits::default(),
        spool: Spool::Memory,
        progress: &progress,
        clock: &clock,
        ids: &ids,
    };
    work(&office, &store, &ledger, &engine).await
}

/// Lets both sides agree, has `first` lead to a step whose outcome is lost, then people do `second`;
/// answers what lies in the store at rest, having shown that Odoo says the same.
async fn lost(shape: Shape, first: Deed, second: Deed) -> Vec<String> {
    between(shape, async |office, store, ledger, engine| {
        office.make_folder(&EntryId::new("folder:1"), "F", false);
        rest(engine).await;
        first(office, store);
        ledger.dies.store(true, Ordering::Relaxed);
        let desk = Desk::open(ledger).await.expect("a book");
        assert!(engine.turn(&desk, LOOK).await.is_err(), "it was not killed");
        ledger.dies.store(false, Ordering::Relaxed);
        second(office, store);
        rest(engine).await;
        agreed(office, store)
    })
    .await
}

/// What lies in the store, having shown that Odoo says the same.
fn agreed(office: &Office, store: &Store) -> Vec<String> {
    let tree = store.tree();
    let entries = office.entries();
    assert_eq!(entries.len(), tree.len() + 1, "{entries:?} {tree:?}");
    for (path, bytes) in tree.iter().filter(|(_, bytes)| bytes.is_some()) {
        let content = bytes.as_ref().map(|bytes| Fingerprint::of_bytes(bytes));
        let is_it = |entry: &&Entry| {
            let held = entry.fingerprint.as_ref().zip(content.as_ref());
            path_of(&entries, entry) == *path && held.is_some_and(|(a, b)| a.is_same(b))
        };
        assert!(
            entries.iter().any(|entry| is_it(&entry)),
            "{path} {entries:?}"
        );
    }
    let files = tree
        .into_iter()
        .filter_map(|(path, bytes)| Some((path, bytes?)));
    let told = files.map(|(path, bytes)| format!("{path}: {}", String::from_utf8_lossy(&bytes)));
    told.collect()
}

const LOOK: Look = Look {
    cloud: true,
    rescan: false,
};

async fn rest(engine: &Engine<'_>) {
    for _ in 0..30 {
        let desk = Desk::open(engine.ledger).await.expect("a book");
        if engine.turn(&desk, LOOK).await.expect("a turn").converged {
            return;
        }
    }
    panic!("no rest");
}

fn path_of(entries: &[Entry], entry: &Entry) -> String {
    let parent = entries
        .iter()
        .find(|other| Some(&other.id) == entry.parent.as_ref());
    match parent.filter(|parent| parent.parent.is_some()) {
        Some(parent) => format!("{}/{}", path_of(entries, parent), entry.name),
        None => entry.name.clone(),
    }
}

fn file(office: &Office) -> EntryId {
    let mut entries = office.entries().into_iter();
    let file = entries.find(|entry| entry.kind == Kind::File);
    file.expect("a file").id
}

fn folder(office: &Office, name: &str) -> EntryId {
    let mut entries = office.entries().into_iter();
    entries
        .find(|entry| entry.name == name)
        .expect("a folder")
        .id
}

fn attach(office: &Office, _: &Store) {
    office.attach(&folder(office, "root"), "a", "old".into());
}

fn write(_: &Office, store: &Store) {
    store.make_file("a", "old");
}

#[tokio::test]
async fn what_people_do_after_an_unheard_creation_is_followed() {
    let rename: Deed = |office, _| {
        office.place(&file(office), &folder(office, "root"), "b");
    };
    let carry: Deed = |office, _| {
        office.place(&file(office), &folder(office, "F"), "a");
    };
    let rename_and_edit: Deed = |office, store| {
        office.place(&file(office), &folder(office, "root"), "b");
        store.edit("a", "new");
    };
    let edit_both: Deed = |office, store| {
        office.edit(&file(office), "mine".into());
        store.edit("a", "yours");
    };
    let rename_there: Deed = |_, store| {
        store.place("a", "c");
    };
    let everywhere = [Shape::DRIVE, Shape::GRAPH, Shape::NAS];
    for shape in everywhere {
        assert_eq!(lost(shape, attach, rename).await, ["b: old"], "{shape:?}");
        assert_eq!(lost(shape, attach, carry).await, ["F/a: old"], "{shape:?}");
        let both = lost(shape, write, rename_and_edit).await;
        assert_eq!(both, ["b: new"], "{shape:?}");
        let kept = lost(shape, write, edit_both).await.join(", ");
        assert!(
            kept.contains("mine") && kept.contains("yours"),
            "{shape:?} {kept}"
        );
    }
    assert_eq!(lost(Shape::DRIVE, attach, rename_there).await, ["c: old"]);
    assert_eq!(lost(Shape::DRIVE, write, rename_there).await, ["c: old"]);
}

#[tokio::test]
async fn bytes_that_are_not_those_of_their_row_are_never_sent_on() {
    for shape in [Shape::DRIVE, Shape::NAS] {
        between(shape, async |office, store, ledger, engine| {
            let root = folder(office, "root");
            // As many bytes, and more than travel at once.
            for (name, size) in [("a", 5), ("b", 900_000)] {
                let file = office.attach(&root, name, vec![1; size].into());
                office.damage(&file.expect("a file"), vec![2; size].into());
            }
            let desk = Desk::open(ledger).await.expect("a book");
            let turn = engine.turn(&desk, LOOK).await.expect("a turn");
            assert_eq!((turn.done, turn.failed), (0, 2));
            assert!(store.tree().is_empty(), "{:?}", store.tree());
            let book = desk.book();
            for operation in book.operations.values() {
                let told = operation.message.as_deref().unwrap_or_default();
                let is_small = told.contains("restore the filestore");
                let is_large = told.contains("nothing was sent on");
                let state = match is_small {
                    true => State::Stuck,
                    false => State::Waiting,
                };
                assert!(is_small || is_large, "{told}");
                assert_eq!(operation.state, state);
            }
            assert_eq!(book.operations.len(), 2);
        })
        .await;
    }
}

#[tokio::test]
async fn what_is_moved_into_a_folder_that_leaves_a_deleted_one_stays() {
    for shape in [Shape::DRIVE, Shape::NAS] {
        between(shape, async |office, store, ledger, engine| {
            // Told in the order of their numbers: the first to move, what goes, what leaves it.
            let root = folder(office, "root");
            let first = office.make_folder(&root, "first", false).expect("made");
            let goes = office.make_folder(&root, "goes", false).expect("made");
            let leaves = office.make_folder(&goes, "leaves", true).expect("made");
            for (at, name) in [(&first, "a"), (&leaves, "b")] {
                office.attach(at, name, name.into()).expect("attached");
            }
            rest(engine).await;
            assert!(office.place(&first, &leaves, "first"));
            assert!(office.delete(&goes));
            let desk = Desk::open(ledger).await.expect("a book");
            while !engine.turn(&desk, LOOK).await.expect("a turn").converged {
                let failed = desk.book().operations.len();
                assert_eq!(failed, 0, "{:?}", desk.book().operations);
            }
            assert_eq!(agreed(office, store), ["leaves/b: b", "leaves/first/a: a"]);
            let trashed = store.trashed();
            assert!(trashed.is_empty(), "{trashed:?}");
        })
        .await;
    }
}

#[test]
fn what_we_took_out_of_the_cloud_is_remembered_while_odoo_has_it() {
    let pair = PairId(Uuid::from_u128(1));
    let (odoo, cloud) = (EntryId::new("file:1"), EntryId::new("c1"));
    let content = Fingerprint::of_bytes(b"it");
    let file = |id: &EntryId| {
        let at = Revision::new("1");
        Entry::file(id.clone(), EntryId::new("root"), "f", at, content.clone())
    };
    let mut book = Book::new();
    book.apply(&Fact::Observed(Side::Odoo, file(&odoo)));
    book.apply(&Fact::Paired(Pair {
        id: pair,
        odoo: odoo.clone(),
        cloud: cloud.clone(),
        kind: Kind::File,
        parent: None,
        odoo_name: "f".into(),
        cloud_name: "f".into(),
        odoo_revision: Revision::new("1"),
        cloud_revision: Revision::new("1"),
        fingerprint: Some(content.clone()),
        proof: None,
    }));
    let taken = |to| Action::Trash { to, pair };
    assert!(super::is_attempt(&book, &taken(Side::Cloud)));
    assert!(!super::is_attempt(&book, &taken(Side::Odoo)));
    book.apply(&Fact::Observed(Side::Cloud, file(&cloud)));
    assert!(!super::is_attempt(&book, &taken(Side::Cloud)), "it has it");
    book.apply(&Fact::Vanished(Side::Cloud, cloud));
    book.apply(&Fact::Vanished(Side::Odoo, odoo));
    assert!(
        !super::is_attempt(&book, &taken(Side::Cloud)),
        "both deleted"
    );
}
