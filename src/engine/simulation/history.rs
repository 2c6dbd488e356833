//! One history.

use super::check;
use super::drive::{Drive, drive};
use super::people::People;
use super::plant::{Plant, PlantedLedger, PlantedStore};
use crate::engine::{Desk, Engine, EngineError, Ledger, Limits, Look, Progress, Spool, Turn};
use crate::odoo::memory::World as Office;
use crate::planner::Policy;
use crate::providers::Provider as _;
use crate::providers::body::Content;
use crate::providers::memory::{Fault, Faults, Memory, Shape, World as Store};
use crate::tree::{Book, ConnectionId, Fact, Held};
use std::pin::pin;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use uuid::Uuid;

/// Turns that the engine may take to come to rest once the trouble has stopped.
const MOST_TURNS: usize = 60;
/// Polls after which a turn counts as endless.
const MOST_POLLS: usize = 200_000;

/// What one history came to.
#[derive(Default)]
pub struct History {
    pub trace: Vec<String>,
    pub turns: u64,
    pub crashes: u64,
    pub faults: u64,
    pub violation: Option<String>,
}

struct Stage<'a> {
    engine: Engine<'a>,
    people: People<'a>,
    planted: &'a PlantedStore<Memory>,
    random: fastrand::Rng,
    now: &'a AtomicI64,
    history: History,
    detailed: bool,
    /// The store passed over something that only a complete listing brings to light.
    passed_over: bool,
}

/// Plays the history of a seed.
///
/// A `detailed` trace also tells what lies in the cloud and what is open after each turn.
pub fn run(seed: u64, plant: Option<Plant>, detailed: bool, kept: &dyn Ledger) -> History {
    let mut random = fastrand::Rng::with_seed(seed);
    let shape = [Shape::DRIVE, Shape::GRAPH, Shape::NAS, Shape::NAS][random.usize(0..4)];
    let office = Office::new(seed);
    let store = Store::new(shape, seed);
    let connection = ConnectionId(Uuid::from_u128(1));
    let planted = PlantedStore {
        store: store.provider(connection),
        plant,
        hidden: std::sync::Mutex::default(),
        garble: std::sync::Mutex::new((random.fork(), 0.0)),
        sent: std::sync::Mutex::default(),
    };
    let claimed = drive(pin!(planted.claim(connection)), MOST_POLLS);
    debug_assert!(matches!(claimed, Drive::Done(Ok(_))));
    let ledger = PlantedLedger {
        ledger: kept,
        plant,
    };
    let now = AtomicI64::new(1_700_000_000_000);
    let clock = || now.load(Ordering::Relaxed);
    let minted = AtomicU64::new(1);
    let ids = || Uuid::from_u128(u128::from(minted.fetch_add(1, Ordering::Relaxed)));
    let policy = Policy {
        grace: [Some(0), Some(0), Some(60), None][random.usize(0..4)],
        ..Policy::default()
    };
    // Half of those that release nothing have an Odoo without the addon.
    if policy.grace.is_none() && random.bool() {
        office.keep_bytes();
    }
    let limits = Limits {
        small: 64,
        steps: random.usize(1..8),
        // From a source of its own: what else happens in a history stays what it was.
        begun: fastrand::Rng::with_seed(seed ^ 0x51ed_270b).usize(1..24),
        turn: std::time::Duration::from_secs(3600),
        ..Limits::default()
    };
    let progress = Progress::default();
    let engine = Engine {
        odoo: &office,
        cloud: &planted,
        ledger: &ledger,
        policy,
        limits,
        spool: Spool::Memory,
        progress: &progress,
        clock: &clock,
        ids: &ids,
    };
    let people = People::new(&office, &store, seed);
    let mut stage = Stage {
        engine,
        people,
        planted: &planted,
        random,
        now: &now,
        history: History::default(),
        detailed,
        passed_over: false,
    };
    stage.history.trace.push(format!("seed {seed} {shape:?}"));
    if let Err(violation) = stage.play() {
        stage.history.violation = Some(violation);
    }
    stage.history
}

impl Stage<'_> {
    fn play(&mut self) -> Result<(), String> {
        let begun = self.people.settle_in();
        self.history.trace.extend(begun);
        for _ in 0..self.random.usize(3..10) {
            self.trouble();
            for _ in 0..self.random.usize(0..4) {
                let said = self.people.act();
                self.say(said);
            }
            self.troubled_turn()?;
            self.note_unheard();
            self.tell()?;
            check::always(&self.people)?;
            self.now
                .fetch_add(self.random.i64(1..90_000), Ordering::Relaxed);
        }
        self.come_to_rest()
    }

    fn count_faults(&mut self) {
        let faults = self.people.store.faults();
        for (fault, count) in faults.happened() {
            self.history.faults += *count as u64;
            self.passed_over |= matches!(fault, Fault::Stale | Fault::Lost);
        }
    }

    fn say(&mut self, said: String) {
        self.history.trace.push(said);
    }

    /// Draws what goes wrong in the next turn.
    fn trouble(&mut self) {
        let share = [0.0, 0.01, 0.04, 0.15][self.random.usize(0..4)];
        let some: Vec<Fault> = Fault::ALL
            .into_iter()
            .filter(|_| self.random.bool())
            .collect();
        self.count_faults();
        self.people.store.set_faults(Faults::of(&some, share));
        self.people.office.set_trouble(share / 3.0);
        self.planted.set_garble(share / 3.0);
        if self.random.usize(0..20) == 0 {
            self.people.office.expire_cursors();
        }
    }

    /// One turn in trouble: people act in the middle of it, or the engine is killed.
    fn troubled_turn(&mut self) -> Result<(), String> {
        self.history.turns += 1;
        let look = Look {
            cloud: self.random.usize(0..5) > 0,
            rescan: self.random.usize(0..6) == 0,
        };
        let engine = &self.engine;
        let mut turn = pin!(fresh(engine, look));
        for _ in 0..self.random.usize(0..3) {
            match drive(turn.as_mut(), self.random.usize(1..60)) {
                Drive::Done(done) => {
                    let said = told(&done);
                    self.history.trace.push(said);
                    return Ok(());
                }
                Drive::Hangs => return Err("the engine waits for nothing".into()),
                Drive::Paused => {
                    let said = self.people.act();
                    self.history.trace.push(format!("meanwhile {said}"));
                }
            }
        }
        let crashes = self.random.usize(0..3) == 0;
        let polls = if crashes {
            self.random.usize(1..120)
        } else {
            MOST_POLLS
        };
        match drive(turn.as_mut(), polls) {
            Drive::Done(done) => self.history.trace.push(told(&done)),
            Drive::Hangs => return Err("the engine waits for nothing".into()),
            Drive::Paused if crashes => {
                self.history.crashes += 1;
                self.history
                    .trace
                    .push(format!("killed after {polls} polls"));
            }
            Drive::Paused => return Err("the turn does not end".into()),
        }
        Ok(())
    }

    /// The trouble stops, people rest, held plans are approved; the engine must come to rest.
    fn come_to_rest(&mut self) -> Result<(), String> {
        self.count_faults();
        self.people.store.set_faults(Faults::none());
        self.people.office.set_trouble(0.0);
        self.planted.set_garble(0.0);
        self.say("the trouble stops".into());
        // What feeds tell has to be enough: a rescan would heal what was made of it.
        let look = Look {
            cloud: true,
            rescan: self.passed_over,
        };
        for _ in 0..MOST_TURNS {
            self.now.fetch_add(3_600_000, Ordering::Relaxed);
            self.history.turns += 1;
            let done = match drive(pin!(fresh(&self.engine, look)), MOST_POLLS) {
                Drive::Done(done) => done,
                Drive::Hangs => return Err("the engine waits for nothing".into()),
                Drive::Paused => return Err("the turn does not end".into()),
            };
            self.say(told(&done));
            self.tell()?;
            check::always(&self.people)?;
            let turn = done.map_err(|error| format!("without any trouble: {error}"))?;
            let book = self.book()?;
            if turn.held {
                self.approve(&book)?;
            } else if turn.converged {
                return check::at_rest(&self.people, &book);
            }
        }
        let open: Vec<String> = self
            .book()?
            .operations
            .into_iter()
            .map(|(key, operation)| format!("{key} {:?} {:?}", operation.state, operation.message))
            .collect();
        Err(format!("no rest after {MOST_TURNS} turns; open: {open:?}"))
    }

    /// Whatever was sent in a turn of trouble may have arrived without the engine's knowing.
    fn note_unheard(&mut self) {
        for body in self.planted.take_sent() {
            if let Content::Memory(bytes) = body.content {
                self.people.unheard.insert(bytes);
            }
        }
        // So may be an edit that went to an Odoo that keeps bytes: moved in a store of mere paths,
        // it is a new file, and Odoo's is edited.
        let edits = self.people.office.take_edits();
        self.people.unheard.extend(edits);
    }

    fn tell(&mut self) -> Result<(), String> {
        if self.detailed {
            let tree = self.people.store.tree();
            let paths: Vec<_> = tree
                .into_iter()
                .map(|(path, bytes)| {
                    (
                        path,
                        bytes.map(|bytes| String::from_utf8_lossy(&bytes).trim_end().to_owned()),
                    )
                })
                .collect();
            self.say(format!("  cloud {paths:?}"));
            for (key, open) in self.book()?.operations {
                self.say(format!(
                    "  {key} {:?} {} {:?}",
                    open.state, open.subject, open.message
                ));
            }
        }
        Ok(())
    }

    fn book(&self) -> Result<Book, String> {
        match drive(pin!(self.engine.ledger.load()), MOST_POLLS) {
            Drive::Done(book) => book.map_err(|error| error.to_string()),
            _ => Err("the ledger does not answer".into()),
        }
    }

    fn approve(&mut self, book: &Book) -> Result<(), String> {
        let held = book.held.clone().ok_or("the guard holds nothing")?;
        self.say(format!("approved: {}", held.cause));
        let fact = Fact::Held(Some(Held {
            approved: true,
            ..held
        }));
        match drive(pin!(self.engine.ledger.record(&[fact])), MOST_POLLS) {
            Drive::Done(done) => done.map_err(|error| error.to_string()),
            _ => Err("the ledger does not answer".into()),
        }
    }
}

/// A turn as after a start: nothing is known but what the ledger holds.
async fn fresh(engine: &Engine<'_>, look: Look) -> Result<Turn, EngineError> {
    let desk = Desk::open(engine.ledger).await?;
    engine.turn(&desk, look).await
}

fn told(turn: &Result<Turn, EngineError>) -> String {
    match turn {
        Ok(turn) => format!("turn: {turn:?}"),
        Err(error) => format!("turn failed: {error}"),
    }
}
