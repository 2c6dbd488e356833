//! Telling Odoo what is under way, what is tried again and what is stuck.

use super::telling::for_odoo;
use super::{End, Odoos};
use crate::engine::Progress;
use crate::odoo::entries::Row;
use crate::odoo::items::OpenOperation;
use crate::store::{Connection, OperationRow, Store};
use crate::tree::{Action, ConnectionId, EntryId, Side};
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use time::OffsetDateTime;
use uuid::Uuid;

/// Steps told of at once, the most urgent ones: nobody reads more of them.
const MOST: u32 = 200;

/// How often people are told while much is done. What is done sooner is told when it is done.
const EVERY: Duration = Duration::from_secs(5);

/// What Odoo was told of the open operations of each connection.
pub struct Reports {
    store: Store,
    odoos: Arc<Odoos>,
    progress: Mutex<HashMap<ConnectionId, Arc<Progress>>>,
    told: Mutex<HashMap<ConnectionId, Vec<OpenOperation>>>,
}

impl Reports {
    /// Odoo was told nothing yet by this process.
    pub fn new(store: Store, odoos: Arc<Odoos>) -> Self {
        Reports {
            store,
            odoos,
            progress: Mutex::default(),
            told: Mutex::default(),
        }
    }

    /// Where the engine of a connection notes how far its large files are.
    pub fn progress(&self, id: ConnectionId) -> Arc<Progress> {
        Arc::clone(lock(&self.progress).entry(id).or_default())
    }

    /// Tells Odoo every few seconds, for as long as it is polled.
    pub async fn keep(&self, connection: &Connection) -> Infallible {
        loop {
            tokio::time::sleep(EVERY).await;
            self.tell(connection).await;
        }
    }

    /// Tells Odoo, where that is news. A failure is only noted: the next time tells all again.
    pub async fn tell(&self, connection: &Connection) {
        if let Err(error) = self.try_tell(connection).await {
            let error = format!("{error:#}");
            tracing::warn!(connection = %connection.id, error, "Odoo cannot be told what is under way");
        }
    }

    async fn try_tell(&self, connection: &Connection) -> anyhow::Result<()> {
        let End::Addon(service) = self.odoos.end(&connection.database).await? else {
            // Nobody in Odoo shows it.
            return Ok(());
        };
        let operations = self.operations(connection.id).await?;
        if lock(&self.told).get(&connection.id) == Some(&operations) {
            return Ok(());
        }
        let id = connection.id.to_string();
        service
            .report_operations(&id, &[], Some(&operations))
            .await?;
        lock(&self.told).insert(connection.id, operations);
        Ok(())
    }

    async fn operations(&self, id: ConnectionId) -> anyhow::Result<Vec<OpenOperation>> {
        let rows = self.store.open_operations(Some(id), MOST).await?;
        let pairs: Vec<Uuid> = rows.iter().filter_map(pair).collect();
        let entries = self.store.odoo_of_pairs(id, &pairs).await?;
        let percents = self.progress(id).percents();
        let told = rows.iter().map(|row| {
            let entry = match pair(row) {
                Some(pair) => entries.get(&pair),
                None => own(&row.operation.action),
            };
            let percent = entry.and_then(|entry| percents.get(entry)).copied();
            open(row, entry.and_then(Row::of), percent.unwrap_or_default())
        });
        Ok(told.collect())
    }
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The pair that a step is about, where it is about one.
fn pair(row: &OperationRow) -> Option<Uuid> {
    match &row.operation.action {
        Action::Content { pair, .. }
        | Action::Place { pair, .. }
        | Action::Trash { pair, .. }
        | Action::Forget { pair }
        | Action::Prove { pair }
        | Action::Release { pair } => Some(pair.0),
        _ => None,
    }
}

/// Odoo's entry that a step is about, where it is about no pair.
fn own(action: &Action) -> Option<&EntryId> {
    match action {
        Action::Create {
            to: Side::Cloud,
            source,
            ..
        }
        | Action::Restore { source, .. } => Some(source),
        Action::Agree { odoo, .. } => Some(odoo),
        _ => None,
    }
}

fn open(row: &OperationRow, about: Option<Row>, percent: u8) -> OpenOperation {
    let operation = &row.operation;
    let (folder, file) = match about {
        Some(Row::Folder(id)) => (Some(id), None),
        Some(Row::File(id)) => (None, Some(id)),
        None => (None, None),
    };
    OpenOperation {
        id: operation.id.0.to_string(),
        kind: operation.action.verb().to_owned(),
        side: operation.action.to().as_str().to_owned(),
        subject: operation.subject.clone(),
        reason: operation.reason.to_string(),
        state: operation.state.as_str().to_owned(),
        percent,
        message: operation.message.clone(),
        next_at: not_before(operation.run_at),
        folder,
        file,
    }
}

/// `None` for at once.
fn not_before(milliseconds: i64) -> Option<String> {
    let at = OffsetDateTime::from_unix_timestamp(milliseconds / 1000).ok()?;
    (at > OffsetDateTime::now_utc()).then(|| for_odoo(at))
}
