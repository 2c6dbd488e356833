//! Both worlds with the engine between them, what people do there, and what must hold after it.

use super::strict::{self, Strict};
use super::{Outcome, Pairs};
use attache::engine::{Desk, Engine, Limits, Look, MemoryLedger, Progress, Spool, Turn};
use attache::odoo::memory::World as Office;
use attache::planner::Policy;
use attache::providers::Provider as _;
use attache::providers::memory::{Shape, World as Store};
use attache::tree::{Book, ConnectionId, Entry, EntryId, Kind, Side, name};
use bytes::Bytes;
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

/// Turns after which what is left to do is left for ever.
const MOST_TURNS: usize = 12;

const EVERYTHING: Look = Look {
    cloud: true,
    rescan: true,
};

/// Both worlds and the engine between them; all happens in one folder.
pub struct Stage {
    office: Office,
    store: Store,
    strict: Strict,
    ledger: MemoryLedger,
    minted: AtomicU64,
    pub shape: Shape,
    folder: EntryId,
}

impl Stage {
    pub async fn new(shape: Shape, seed: u64) -> Stage {
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
    pub fn put(&self, names: &[String]) -> Outcome {
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
    pub fn here(&self) -> Vec<Entry> {
        let mut entries = self.office.entries();
        entries.retain(|entry| entry.parent.as_ref() == Some(&self.folder));
        entries
    }

    pub fn odoo_name(&self, id: &EntryId) -> String {
        let entry = self.here().into_iter().find(|entry| entry.id == *id);
        entry.map(|entry| entry.name).unwrap_or_default()
    }

    pub fn rename(&self, id: &EntryId, name: &str) -> Outcome {
        let done = self.office.place(id, &self.folder, name);
        done.then_some(())
            .ok_or_else(|| format!("{id} cannot be called {name:?} in Odoo"))
    }

    pub fn made(&self) -> usize {
        self.strict.seen.lock().expect("no test failed here").made
    }

    async fn turn(&self) -> Outcome<(Turn, Book)> {
        let clock = || 1_700_000_000_000;
        let mint = || Uuid::from_u128(u128::from(self.minted.fetch_add(1, Ordering::Relaxed)));
        let progress = Progress::default();
        let engine = Engine {
            odoo: &self.office,
            cloud: &self.strict,
            ledger: &self.ledger,
            policy: Policy::default(),
            limits: Limits::default(),
            spool: Spool::Memory,
            progress: &progress,
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
    pub async fn rest(&self, when: &str) -> Outcome {
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
    pub async fn is_settled(&self, when: &str) -> Outcome {
        let before = self.store.tree();
        let (turn, _) = self.turn().await?;
        if !turn.converged || turn.done > 0 || self.store.tree() != before {
            return Err(format!("{when}: the next plan is not empty: {turn:?}"));
        }
        Ok(())
    }

    /// Each entry of Odoo has one in the store with its content, under a legal name that no sibling
    /// has; nothing else is there. Answers whom each is paired with.
    pub async fn check(&self) -> Outcome<Pairs> {
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

    pub async fn book(&self) -> Outcome<Book> {
        let opened = Desk::open(&self.ledger).await;
        Ok(opened.map_err(|error| error.to_string())?.close())
    }

    /// A person renames a file in the store; answers whether the store took it. No other name is
    /// changed by that, on either side.
    pub async fn rename_in_store(&self, random: &mut Rng, name: &str) -> Outcome<bool> {
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
