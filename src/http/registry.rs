//! What this side asks of the rest of the program, and the rows that it is answered with.
//!
//! The traits keep the routes free of SQL and of clouds' clients, and let the tests stand a small
//! registry of their own behind the real router.

use crate::odoo::token::Secret;
use crate::providers::{Locator, Provider};
use crate::tree::{ConnectionId, Fingerprint, OperationId, Revision, Side, State, Verdict};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The database that keeps the ledger cannot be asked.
#[derive(Debug, thiserror::Error)]
#[error("the database cannot be asked: {0}")]
pub struct RegistryError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// What every question answers.
pub type Result<T> = std::result::Result<T, RegistryError>;

/// Hands out the clients of clouds.
pub trait Clouds: Send + Sync {
    /// The client of a connection; `None` when it is not connected (any more) or cannot be built,
    /// e.g. because its credentials cannot be unsealed.
    fn provider(&self, connection: ConnectionId) -> Option<Arc<dyn Provider>>;
}

/// Whom a nudge is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Every connection of the Odoo database with this uuid.
    Database(String),
    Connection(ConnectionId),
}

/// Asks for an observation. Carries no facts; returns at once; may be called too often.
pub trait Nudge: Send + Sync {
    fn nudge(&self, target: Target);
}

/// A file of Odoo and where its bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub connection: ConnectionId,
    pub locator: Locator,
    /// What both sides agreed on.
    pub fingerprint: Fingerprint,
    /// The cloud's revision that the agreement speaks of.
    pub revision: Revision,
}

/// A connection with its counts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConnectionRow {
    pub id: ConnectionId,
    pub name: String,
    pub provider: String,
    /// Where its root is, in words that people know.
    pub root: String,
    /// `active`, `paused`, `held` or `error`.
    pub state: String,
    /// Why it is in that state; a sentence.
    pub reason: Option<String>,
    /// Pairs of folders, the root included.
    pub folders: u64,
    /// Pairs of files.
    pub files: u64,
    /// Files whose cloud copy is proved byte-equal.
    pub proved: u64,
    /// Files whose bytes are in the cloud only.
    pub released: u64,
    /// Operations that will be tried, now or later.
    pub open: u64,
    /// Operations that need a person.
    pub stuck: u64,
    /// When an operation was last touched; seconds since 1970 UTC.
    pub last: Option<i64>,
}

/// Open operations of one connection, counted by class and state.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QueueRow {
    pub connection: ConnectionId,
    pub connection_name: String,
    /// How urgent: `blocking`, `direct`, `backward`, `proof`.
    pub class: String,
    /// `intended`, `waiting` or `stuck`.
    pub state: String,
    pub count: u64,
    /// The earliest moment that one of them may run; seconds since 1970 UTC, 0 for at once.
    pub next: i64,
}

/// An operation, open or over.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OperationRow {
    pub id: OperationId,
    pub connection: ConnectionId,
    pub connection_name: String,
    /// [`crate::tree::Action::verb`].
    pub verb: String,
    /// The side that is changed.
    pub to: Side,
    pub subject: String,
    /// Completes "because it …".
    pub reason: String,
    pub state: State,
    pub attempts: u32,
    /// Not before; seconds since 1970 UTC.
    pub run_at: i64,
    /// Last change of the row; seconds since 1970 UTC.
    pub at: i64,
    /// The last error, or what was done.
    pub message: Option<String>,
}

/// Which operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// Whatever was touched last, newest first.
    #[default]
    Recent,
    /// Not over, in the order in which they are done.
    Open,
    /// Went wrong and still wait or need a person, newest first.
    Errors,
}

/// A plan, or a part of one, that the guard holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HeldRow {
    pub connection: ConnectionId,
    pub connection_name: String,
    pub cause: String,
    /// Everything of the connection waits, not only these steps.
    pub whole: bool,
    /// A person said yes; the engine has not gone on yet.
    pub approved: bool,
    /// How many steps wait; `steps` may show fewer.
    pub count: u64,
    pub steps: Vec<HeldStep>,
    /// Names exactly this plan: a decision is only taken for the plan that was looked at.
    pub mark: String,
}

/// A step that waits for a person.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HeldStep {
    pub verb: String,
    pub to: Side,
    pub subject: String,
}

/// What is known of the leases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Leases {
    /// Connections that should be worked on.
    pub connections: u64,
    /// Those of them that some sidecar holds a live lease of.
    pub leased: u64,
}

/// The questions that the routes ask; [`RegistryError`] whenever the database does not answer.
#[async_trait]
pub trait Registry: Send + Sync {
    /// The state of the leases; also shows that the database answers.
    async fn leases(&self) -> Result<Leases>;

    /// The paired Odoo databases: the uuid of each, and the secret shared with it.
    async fn secrets(&self) -> Result<Vec<(String, Secret)>>;

    /// Takes a one-time ticket, named by a digest, for good: true the first time on all sidecars
    /// together, false after. The row may be forgotten after `until` (seconds since 1970 UTC).
    async fn spend(&self, ticket: &str, until: i64) -> Result<bool>;

    /// Where the bytes of an attachment are; `None` when nothing is paired with it.
    async fn stored(&self, database: &str, attachment: i64) -> Result<Option<Stored>>;

    /// All connections, by name.
    async fn connections(&self) -> Result<Vec<ConnectionRow>>;

    /// Open operations, counted.
    async fn queue(&self) -> Result<Vec<QueueRow>>;

    /// Operations of one connection or of all, at most `limit`.
    async fn operations(
        &self,
        which: Which,
        connection: Option<ConnectionId>,
        limit: u32,
    ) -> Result<Vec<OperationRow>>;

    /// What the guard holds, for every connection that it holds something of.
    async fn held(&self) -> Result<Vec<HeldRow>>;

    /// Lets everything of a connection that is stuck or backs off be tried at once; answers how
    /// many. `by` is who asked.
    async fn retry(&self, connection: ConnectionId, by: &str) -> Result<u64>;

    /// A person stops a connection, or lets one go on that was stopped or had an error.
    async fn pause(&self, connection: ConnectionId, paused: bool, by: &str) -> Result<()>;

    /// Records a decision about the plan of this mark. False: another plan is held by now, or none.
    async fn decide(
        &self,
        connection: ConnectionId,
        mark: &str,
        verdict: Verdict,
        by: &str,
    ) -> Result<bool>;
}
