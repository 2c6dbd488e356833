//! Odoo without the addon: folders, and what was last told of files, are kept in our own tables,
//! and Odoo is asked for what changed since.
//!
//! [`Plain`] answers for one database what arranging asks, [`Side`] for one connection what the
//! engine asks of Odoo. `looking` brings the tables up to date, `placing` says where a file lies,
//! `absent` what became of one that is not shown, `writing`, `moving` and `trash` change Odoo, `witness` sees a restored backup, `rulebook` reads the
//! rules file and `ruling` the rules, `records` the rest that arranging asks.

mod absent;
mod clock;
mod looking;
mod moving;
mod placing;
mod records;
mod rulebook;
mod ruling;
mod side;
#[cfg(test)]
mod tests;
mod trash;
mod witness;
mod writing;

pub use side::Side;
pub use witness::Confirmed;

use crate::engine::arrange::Dirty;
use crate::odoo::plain::{Client, User};
use crate::odoo::{ErrorKind, OdooError, Result};
use crate::rules::Warning;
use crate::store::{Store, StoreError};
use crate::tree::ConnectionId;
use clock::{Clock, Moment};
use rulebook::Rulebook;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::sync::{Mutex, OnceCell, RwLock};
use tokio::time::Instant;

/// How a database without the addon is worked with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The file that the rules are in.
    pub rules: Option<PathBuf>,
    /// Between two looks at what changed.
    pub poll: Duration,
    /// Between two complete listings, which find what is gone.
    pub scan: Duration,
    /// Bytes of a file that goes through Odoo.
    pub most: u64,
    /// How long deleted files stay in Odoo.
    pub keep: Duration,
}

/// One database without the addon.
pub struct Plain {
    store: Store,
    client: Client,
    /// Its uuid.
    database: String,
    settings: Settings,
    user: OnceCell<User>,
    state: Mutex<State>,
    /// Held alone by whoever reads Odoo into the tables, and shared by whoever writes: what was
    /// read before a write must not be kept after it.
    gate: RwLock<()>,
    /// Held alone by whoever looks for what an unheard creation made, and shared by whoever makes
    /// something, until it is known whose it is.
    finding: RwLock<()>,
    clock: std::sync::Mutex<Clock>,
    rulebook: Mutex<Rulebook>,
}

#[derive(Default)]
struct State {
    /// The epoch that the last complete listing was made in.
    confirmed: Option<String>,
    looked: Option<Instant>,
    scanned: Option<Instant>,
    /// By Odoo's clock: when the last look began that went well.
    seen: Option<Moment>,
    /// Models whose records are looked at, as arranging asked for.
    watched: BTreeSet<String>,
    /// Records that were told already, with the time they were written.
    told: HashMap<(String, i64), String>,
    /// What arranging has not heard yet.
    dirty: Dirty,
    /// The connections that rules name, as they were last seen.
    connections: Option<Vec<(String, ConnectionId)>>,
    /// Of the tables, as it was last told.
    version: i64,
    /// What people were told, by what it is about.
    warned: BTreeMap<String, String>,
    /// Those of them that nobody has taken yet.
    untold: Vec<Warning>,
}

impl Plain {
    /// Sets up; nothing is sent.
    pub fn new(store: Store, client: Client, database: String, settings: Settings) -> Self {
        let state = State {
            dirty: Dirty::everything(),
            ..State::default()
        };
        Plain {
            store,
            client,
            database,
            settings,
            user: OnceCell::new(),
            state: Mutex::new(state),
            gate: RwLock::new(()),
            finding: RwLock::new(()),
            clock: std::sync::Mutex::default(),
            rulebook: Mutex::default(),
        }
    }

    /// Brings the tables up to date where that is due: what changed lately, or everything. `all`
    /// does everything at once. Answers whether there is news since the last time. `epoch` is the
    /// one that a person confirmed by pairing.
    pub async fn look(&self, epoch: &str, all: bool) -> Result<bool> {
        let mut state = self.state.lock().await;
        let is_due = |at: Option<Instant>, every| at.is_none_or(|at| at.elapsed() >= every);
        let is_new = state.confirmed.as_deref() != Some(epoch);
        if !all && !is_new && !is_due(state.looked, self.settings.poll) {
            return Ok(false);
        }
        let began;
        if all || is_new || is_due(state.scanned, self.settings.scan) {
            if self.turn_witness().await? || is_new {
                // What was read before may be newer than what is there now.
                state.dirty = Dirty::everything();
                state.told.clear();
            }
            began = self.clock().now();
            self.scan(&mut state).await?;
            self.sweep().await?;
            self.store
                .plain_forget_creations(&self.database)
                .await
                .map_err(kept)?;
            state.scanned = Some(Instant::now());
            state.confirmed = Some(epoch.to_owned());
        } else {
            began = self.clock().now();
            self.recent(&mut state).await?;
        }
        self.changed_records(&mut state).await?;
        self.changed_rules(&mut state).await?;
        state.looked = Some(Instant::now());
        state.seen = began;
        let version = self.version().await?;
        let is_told = state.dirty.is_empty() && state.untold.is_empty();
        let is_news = version != state.version || !is_told;
        state.version = version;
        Ok(is_news)
    }

    /// What arranging has not heard yet; it counts as heard then. At first everything.
    pub async fn take_dirty(&self) -> Dirty {
        std::mem::take(&mut self.state.lock().await.dirty)
    }

    /// What people are to be told of the looks since the last time.
    pub async fn take_warnings(&self) -> Vec<Warning> {
        std::mem::take(&mut self.state.lock().await.untold)
    }

    /// Makes sure that a connection has its root folder.
    pub async fn put_connection(&self, connection: ConnectionId, name: &str) -> Result<()> {
        let root = self
            .store
            .plain_root(&self.database, connection, name)
            .await;
        root.map(drop).map_err(kept)
    }

    /// Of the tables.
    async fn version(&self) -> Result<i64> {
        let version = self.store.plain_version(&self.database).await;
        version.map_err(kept)
    }

    fn clock(&self) -> Clock {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The user whose key it is.
    pub async fn user(&self) -> Result<&User> {
        self.user.get_or_try_init(|| self.client.user()).await
    }

    /// Whether the rules file or the connections that it names were changed: then arranging reads
    /// all of it again. A file that cannot be read is told when arranging asks for the rules.
    async fn changed_rules(&self, state: &mut State) -> Result<()> {
        self.look_at_rules(state).await?;
        let connections = self.store.connections().await.map_err(kept)?;
        let connections = connections.into_iter().map(|one| (one.name, one.id));
        let connections: Vec<(String, ConnectionId)> = connections.collect();
        if state.connections.as_ref() != Some(&connections) {
            state.dirty.settings = true;
            state.connections = Some(connections);
        }
        Ok(())
    }
}

impl State {
    /// Has people told something once, until it is something else; nothing takes it back.
    fn warn(&mut self, about: &str, message: Option<String>) {
        let Some(message) = message else {
            self.warned.remove(about);
            return;
        };
        if self.warned.get(about) != Some(&message) {
            self.warned.insert(about.to_owned(), message.clone());
            self.untold.push(Warning {
                rule: None,
                message,
                records: 0,
                example: Some(about.to_owned()),
            });
        }
    }
}

/// An error of our own tables, as whoever asks Odoo understands it.
fn kept(error: StoreError) -> OdooError {
    let message = format!("what is known of Odoo cannot be kept ({error}); it is tried again");
    OdooError::new(ErrorKind::Unavailable, message).because(error)
}
