//! Hostile names through the whole engine, between an Odoo in memory and a store that is as strict
//! as any: each has a legal name of its own in the store, Odoo's stay as they are, and whatever is
//! renamed keeps its identity.
//!
//! `ATTACHE_NAMES` says how many names (10 000); `make names` tries a million.

mod hostile;
mod strict;

use attache::engine::{Desk, Engine, Limits, Look, MemoryLedger, Spool, Turn};
use attache::odoo::memory::World as Office;
use attache::planner::Policy;
use attache::providers::Provider as _;
use attache::providers::memory::{Shape, World as Store};
use attache::tree::{Book, ConnectionId, Entry, EntryId, Kind, PairId, Side, name};
use bytes::Bytes;
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use strict::Strict;
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

/// Siblings in one folder.
const SIBLINGS: usize = 40;

/// Turns after which what is left to do is left for ever.
const MOST_TURNS: usize = 12;

const EVERYTHING: Look = Look {
    cloud: true,
    rescan: true,
};

/// Stores with identities and with paths only; all of them as strict as [`Strict`].
const SHAPES: [Shape; 3] = [Shape::DRIVE, Shape::GRAPH, Shape::NAS];

type Outcome<T = ()> = Result<T, String>;

/// By Odoo's identity: the pair, and the identity in the store.
type Pairs = BTreeMap<EntryId, (PairId, EntryId)>;

fn count() -> usize {
    let set = std::env::var("ATTACHE_NAMES").ok();
    set.and_then(|text| text.parse().ok()).unwrap_or(10_000)
}

#[test]
fn b22_b23_b24_u6_hostile_names_are_legal_distinct_and_keep_their_identity() {
    let (runtime, wanted) = (runtime(), count());
    let (mut tried, mut seed) = (0, first());
    while tried < wanted {
        match runtime.block_on(play(seed, SIBLINGS)) {
            Ok(names) => tried += names,
            Err(fault) => panic!("seed {seed}: {fault}"),
        }
        seed += 1;
    }
    println!(
        "names: {tried} names in {} folders, no fault",
        seed - first()
    );
}

#[test]
fn b24_many_siblings_of_one_name_are_all_there() {
    let (runtime, many) = (runtime(), 600);
    for (number, names) in [
        vec!["Offer.pdf".to_owned(); many],
        (0..many).map(|_| "\u{e9}".repeat(300)).collect(),
        (0..many)
            .map(|number| format!("x ({})", number % 7))
            .collect(),
    ]
    .into_iter()
    .enumerate()
    {
        let outcome = runtime.block_on(async {
            let stage = Stage::new(SHAPES[number], 1).await;
            stage.put(&names)?;
            stage.rest("the first plans").await?;
            stage.check().await.map(drop)
        });
        assert_eq!(outcome, Ok(()), "{:?}", names[0]);
    }
}

/// The first seed, to play one again.
fn first() -> u64 {
    let set = std::env::var("ATTACHE_NAMES_FIRST").ok();
    set.and_then(|text| text.parse().ok()).unwrap_or(1)
}

fn runtime() -> Runtime {
    Builder::new_current_thread().build().expect("a runtime")
}

/// One folder: names come, are renamed in Odoo, and are renamed in the store. Answers how many
/// names were tried.
async fn play(seed: u64, siblings: usize) -> Outcome<usize> {
    let mut random = Rng::with_seed(seed);
    let stage = Stage::new(SHAPES[random.usize(0..SHAPES.len())], seed).await;
    let names = hostile::family(&mut random, siblings);
    stage.put(&names)?;
    stage.rest("the first plans").await?;
    let first = stage.check().await?;
    stage.is_settled("once all is there").await?;

    // Some are called otherwise, some change names with each other, all at once.
    let entries = stage.here();
    let others = hostile::family(&mut random, siblings / 2);
    let mut tried = names.len() + others.len();
    for other in &others {
        let entry = &entries[random.usize(0..entries.len())];
        stage.rename(&entry.id, other)?;
    }
    for _ in 0..random.usize(0..4) {
        let [one, two] = [0, 1].map(|_| &entries[random.usize(0..entries.len())]);
        let now = |id: &EntryId| stage.odoo_name(id);
        let (first, second) = (now(&one.id), now(&two.id));
        stage.rename(&one.id, &second)?;
        stage.rename(&two.id, &first)?;
    }
    let made = stage.made();
    stage.rest("after renames in Odoo").await?;
    let second = stage.check().await?;
    if stage.made() != made {
        return Err("a rename in Odoo made something anew in the store".into());
    }
    same(&first, &second)?;
    stage.is_settled("once all is renamed").await?;

    // A person renames in the store, to whatever that takes: Odoo has exactly that name then.
    let born = hostile::family(&mut random, 3);
    for name in born.iter().filter(|name| strict::fault(name).is_none()) {
        tried += usize::from(stage.rename_in_store(&mut random, name).await?);
    }
    let third = stage.check().await?;
    // Where only paths are known, what a person renamed is recognised, and has a new identity there.
    let mut known = third.clone();
    if !stage.shape.ids {
        for (id, (_, cloud)) in &mut known {
            cloud.clone_from(&first[id].1);
        }
    }
    same(&first, &known)?;
    stage
        .is_settled("once a person renamed in the store")
        .await?;
    Ok(tried)
}

/// Nobody has another partner than before.
fn same(before: &Pairs, now: &Pairs) -> Outcome {
    if before == now {
        return Ok(());
    }
    let changed = now.iter().find(|(id, pair)| before.get(id) != Some(pair));
    Err(format!("{changed:?} has lost its identity"))
}

/// Both worlds and the engine between them; all happens in one folder.
struct Stage {
    office: Office,
    store: Store,
    strict: Strict,
    ledger: MemoryLedger,
    minted: AtomicU64,
    shape: Shape,
    folder: EntryId,
}

impl Stage {
    async fn new(shape: Shape, seed: u64) -> Stage {
        let (office, store) = (Office::new(seed), Store::new(shape, seed));
        let connection = ConnectionId(Uuid::from_u128(1));
        let strict = Strict::new(store.provider(connection));
        strict.claim(connection).await.expect("a root");
        let root = office.entries()[0].id.clone();
        let folder = office.make_folder(&root, "Here", true);
        Stage {
            office,
            store,
            strict,
            ledger: MemoryLedger::default(),
            minted: AtomicU64::new(1),
            shape,
            folder: folder.expect("the root is there"),
        }
    }

    /// Files and folders of these names; each file holds its number.
    fn put(&self, names: &[String]) -> Outcome {
        for (number, name) in names.iter().enumerate() {
            let made = match number % 3 {
                0 => self.office.make_folder(&self.folder, name, number % 2 == 0),
                _ => {
                    let bytes = Bytes::from(format!("content {number}"));
                    self.office.attach(&self.folder, name, bytes)
                }
            };
            made.ok_or_else(|| format!("Odoo does not take {name:?}"))?;
        }
        Ok(())
    }

    /// What lies in the folder, as Odoo has it.
    fn here(&self) -> Vec<Entry> {
        let mut entries = self.office.entries();
        entries.retain(|entry| entry.parent.as_ref() == Some(&self.folder));
        entries
    }

    fn odoo_name(&self, id: &EntryId) -> String {
        let entry = self.here().into_iter().find(|entry| entry.id == *id);
        entry.map(|entry| entry.name).unwrap_or_default()
    }

    fn rename(&self, id: &EntryId, name: &str) -> Outcome {
        let done = self.office.place(id, &self.folder, name);
        done.then_some(())
            .ok_or_else(|| format!("{id} cannot be called {name:?} in Odoo"))
    }

    fn made(&self) -> usize {
        self.strict.seen.lock().expect("no test failed here").made
    }

    async fn turn(&self) -> Outcome<(Turn, Book)> {
        let clock = || 1_700_000_000_000;
        let mint = || Uuid::from_u128(u128::from(self.minted.fetch_add(1, Ordering::Relaxed)));
        let engine = Engine {
            odoo: &self.office,
            cloud: &self.strict,
            ledger: &self.ledger,
            policy: Policy::default(),
            limits: Limits::default(),
            spool: Spool::Memory,
            clock: &clock,
            ids: &mint,
        };
        let failed = |error: &dyn std::fmt::Display| error.to_string();
        let desk = Desk::open(&self.ledger)
            .await
            .map_err(|error| failed(&error))?;
        let turn = engine.turn(&desk, EVERYTHING).await;
        Ok((turn.map_err(|error| failed(&error))?, desk.close()))
    }

    /// Turns until nothing is left to do. The store may refuse nothing on the way.
    async fn rest(&self, when: &str) -> Outcome {
        for _ in 0..MOST_TURNS {
            let (turn, book) = self.turn().await?;
            let refused = std::mem::take(&mut self.strict.seen.lock().expect("sound").refused);
            if let Some(one) = refused.first() {
                return Err(format!("{when}: {one}"));
            }
            if turn.held {
                return Err(format!("{when}: held: {:?}", book.held));
            }
            if turn.converged {
                return Ok(());
            }
        }
        Err(format!("{when}: no rest after {MOST_TURNS} turns"))
    }

    /// A further look at everything finds nothing to do.
    async fn is_settled(&self, when: &str) -> Outcome {
        let before = self.store.tree();
        let (turn, _) = self.turn().await?;
        if !turn.converged || turn.done > 0 || self.store.tree() != before {
            return Err(format!("{when}: the next plan is not empty: {turn:?}"));
        }
        Ok(())
    }

    /// Each entry of Odoo has one in the store with its content, under a legal name that no sibling
    /// has; nothing else is there. Answers whom each is paired with.
    async fn check(&self) -> Outcome<Pairs> {
        let book = self.book().await?;
        let (here, tree) = (self.here(), self.store.tree());
        if tree.len() != here.len() + 1 {
            return Err(format!(
                "{} in Odoo, {} in the store",
                here.len() + 1,
                tree.len()
            ));
        }
        let contents: BTreeMap<&str, &Option<Bytes>> = tree
            .iter()
            .map(|(path, bytes)| (path.as_str(), bytes))
            .collect();
        let (mut pairs, mut names) = (BTreeMap::new(), BTreeSet::new());
        for entry in &here {
            let pair = book.synced.of(Side::Odoo, &entry.id);
            let pair = pair.ok_or_else(|| format!("{:?} has no partner", entry.name))?;
            let stored = book
                .cloud
                .get(&pair.cloud)
                .map(|stored| stored.name.clone());
            let stored = stored.ok_or_else(|| format!("{:?} is nowhere", entry.name))?;
            if let Some(why) = strict::fault(&stored) {
                return Err(format!("{:?} became {stored:?}: {why}", entry.name));
            }
            if !names.insert(strict::folded(&stored)) {
                return Err(format!(
                    "{:?} became {stored:?}, as another did",
                    entry.name
                ));
            }
            if !name::stands_for(&stored, &entry.name) {
                return Err(format!("{stored:?} does not stand for {:?}", entry.name));
            }
            let local = match entry.kind {
                Kind::Folder => None,
                Kind::File => self.office.local_bytes(&entry.id),
            };
            if contents.get(format!("Here/{stored}").as_str()) != Some(&&local) {
                return Err(format!(
                    "{stored:?} does not hold what {:?} does",
                    entry.name
                ));
            }
            pairs.insert(entry.id.clone(), (pair.id, pair.cloud.clone()));
        }
        Ok(pairs)
    }

    async fn book(&self) -> Outcome<Book> {
        let opened = Desk::open(&self.ledger).await;
        Ok(opened.map_err(|error| error.to_string())?.close())
    }

    /// A person renames a file in the store; answers whether the store took it. No other name is
    /// changed by that, on either side.
    async fn rename_in_store(&self, random: &mut Rng, name: &str) -> Outcome<bool> {
        let book = self.book().await?;
        let files: Vec<Entry> = self
            .here()
            .into_iter()
            .filter(|e| e.kind == Kind::File)
            .collect();
        let file = &files[random.usize(0..files.len())];
        let pair = book
            .synced
            .of(Side::Odoo, &file.id)
            .ok_or("it has no partner")?;
        let stored: Vec<&Entry> = book
            .cloud
            .entries()
            .filter(|e| e.parent.is_some())
            .collect();
        let is_taken = |other: &&Entry| strict::folded(&other.name) == strict::folded(name);
        let from = book
            .cloud
            .get(&pair.cloud)
            .map(|stored| stored.name.clone());
        let from = from.ok_or("it is nowhere")?;
        if stored.into_iter().any(|other| is_taken(&other)) {
            return Ok(false);
        }
        if !self
            .store
            .place(&format!("Here/{from}"), &format!("Here/{name}"))
        {
            return Ok(false);
        }
        let before: Vec<Entry> = self.here();
        let tree = self.store.tree();
        self.rest("after a rename in the store").await?;
        if self.store.tree() != tree {
            return Err(format!(
                "{from:?} was renamed to {name:?} in the store, and more followed"
            ));
        }
        for entry in &before {
            let wanted = if entry.id == file.id {
                name
            } else {
                &entry.name
            };
            let found = self.odoo_name(&entry.id);
            if found != wanted {
                return Err(format!("Odoo calls {wanted:?} {found:?}"));
            }
        }
        Ok(true)
    }
}
