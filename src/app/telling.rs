//! Telling Odoo what was done and why: the rows of the log go to its sync log.
//!
//! How far each chain was told is a setting, written after Odoo has the rows: a restart in between
//! sends them again, and Odoo knows each by its uuid.

use super::{End, Odoos};
use crate::odoo::entries::Row;
use crate::odoo::items::LogRow as Line;
use crate::odoo::service::Service;
use crate::store::log::SIDECAR;
use crate::store::{Connection, LogRow, Store};
use crate::tree::{Action, ConnectionId, HashKind, Side, State};
use std::sync::Arc;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};
use uuid::Uuid;

/// Rows of one call.
const BATCH: u32 = 500;

/// Tells the log of one sidecar.
pub struct Tellings {
    store: Store,
    odoos: Arc<Odoos>,
    /// One at a time: connections of a database share a chain.
    one: tokio::sync::Mutex<()>,
}

impl Tellings {
    /// Goes on from where the last one ended.
    pub fn new(store: Store, odoos: Arc<Odoos>) -> Self {
        Tellings {
            store,
            odoos,
            one: tokio::sync::Mutex::default(),
        }
    }

    /// Sends what Odoo has not been told yet about a connection and its database. A failure is
    /// only noted: the rows are told the next time.
    pub async fn tell(&self, connection: &Connection) {
        if let Err(error) = self.try_tell(connection).await {
            let error = format!("{error:#}");
            tracing::warn!(connection = %connection.id, error, "Odoo cannot be told the log");
        }
    }

    async fn try_tell(&self, connection: &Connection) -> anyhow::Result<()> {
        let _alone = self.one.lock().await;
        let database = &connection.database;
        if let End::Plain(_) = self.odoos.end(database).await? {
            // Odoo has no log of ours there.
            return Ok(());
        }
        let id = connection.id.to_string();
        self.chain(&id, &format!("told/{id}"), database, &id)
            .await?;
        let key = format!("told/{SIDECAR}/{database}");
        self.chain(SIDECAR, &key, database, "").await
    }

    /// Tells Odoo which files the store has for sure by now, of those that rows speak of.
    async fn proofs(
        &self,
        service: &Service,
        connection: &str,
        rows: &[LogRow],
    ) -> anyhow::Result<()> {
        let pairs: Vec<Uuid> = rows.iter().filter_map(proved).collect();
        let Some(id) = Uuid::parse_str(connection)
            .ok()
            .filter(|_| !pairs.is_empty())
        else {
            return Ok(());
        };
        let files = self.store.proved_files(ConnectionId(id), &pairs).await?;
        let files: Vec<_> = files
            .iter()
            .filter_map(|(file, content)| match Row::of(file)? {
                Row::File(id) => Some((id, content.hash(HashKind::Sha1)?.to_owned())),
                Row::Folder(_) => None,
            })
            .collect();
        if !files.is_empty() {
            service.report_operations(connection, &files, None).await?;
        }
        Ok(())
    }

    async fn chain(
        &self,
        chain: &str,
        key: &str,
        database: &str,
        connection: &str,
    ) -> anyhow::Result<()> {
        let mut told: i64 = self.store.setting(key).await?.unwrap_or_default();
        loop {
            let rows = self.store.log_after(chain, told, BATCH).await?;
            let Some(last) = rows.last() else {
                return Ok(());
            };
            told = last.seq;
            let mine = rows.iter().filter(|row| is_of(row, database));
            let lines: Vec<Line> = mine.map(|row| line(row, connection)).collect();
            if !lines.is_empty() {
                let service = self.odoos.service(database).await?;
                service.log(&lines).await?;
                self.proofs(&service, connection, &rows).await?;
            }
            self.store.put_setting(key, &told).await?;
        }
    }
}

/// The pair that a row says was proved.
fn proved(row: &LogRow) -> Option<Uuid> {
    let done = row.what == "prove" && row.outcome.starts_with(State::Done.as_str());
    match serde_json::from_str(&row.detail).ok().filter(|_| done)? {
        Action::Prove { pair } => Some(pair.0),
        _ => None,
    }
}

/// Whether a row may be told to a database: the sidecar's own chain has rows of all of them.
fn is_of(row: &LogRow, database: &str) -> bool {
    row.chain != SIDECAR || {
        let detail: Option<serde_json::Value> = serde_json::from_str(&row.detail).ok();
        detail.is_some_and(|detail| detail["database"] == database)
    }
}

/// A row as Odoo's sync log has it. The uuid follows from the hash: the same for the same row.
fn line(row: &LogRow, connection: &str) -> Line {
    let action: Option<Action> = serde_json::from_str(&row.detail).ok();
    let (folder, file) = match action.as_ref().and_then(subject) {
        Some(Row::Folder(id)) => (Some(id), None),
        Some(Row::File(id)) => (None, Some(id)),
        None => (None, None),
    };
    Line {
        uuid: Uuid::new_v5(&Uuid::NAMESPACE_OID, &row.hash).to_string(),
        connection: connection.to_owned(),
        at: for_odoo(row.at),
        kind: row.what.clone(),
        side: action.map_or_else(String::new, |action| action.to().as_str().to_owned()),
        subject: row.subject.clone(),
        folder,
        file,
        reason: row.reason.clone(),
        outcome: row.outcome.clone(),
        detail: Some(row.detail.clone()).filter(|detail| detail != "{}"),
    }
}

/// A time as Odoo has it: UTC, without fractions.
pub fn for_odoo(at: OffsetDateTime) -> String {
    let form = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let utc = at.to_offset(UtcOffset::UTC);
    utc.format(form).unwrap_or_default()
}

/// The row of Odoo's that a step was about, where the step names it.
fn subject(action: &Action) -> Option<Row> {
    match action {
        Action::Create {
            to: Side::Cloud,
            source,
            ..
        } => Row::of(source),
        Action::Agree { odoo, .. } => Row::of(odoo),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    fn row(chain: &str, detail: &str, hash: u8) -> LogRow {
        LogRow {
            chain: chain.into(),
            seq: 1,
            at: datetime!(2026-11-24 23:30:05.7 +2),
            who: "sidecar".into(),
            what: "create".into(),
            subject: "Azure/a.txt".into(),
            reason: "is new on the other side".into(),
            outcome: "done".into(),
            detail: detail.into(),
            hash: vec![hash; 32],
        }
    }

    #[test]
    fn a_row_has_one_uuid_and_the_time_of_odoo() {
        let first = line(&row("c", "{}", 1), "c");
        assert_eq!(first, line(&row("c", "{}", 1), "c"));
        assert_ne!(first.uuid, line(&row("c", "{}", 2), "c").uuid);
        assert_eq!(first.at, "2026-11-24 21:30:05");
        assert_eq!((first.detail, first.side.as_str()), (None, ""));
    }

    #[test]
    fn a_database_is_told_its_own_rows_only() {
        let of = |database: &str| row(SIDECAR, &format!(r#"{{"database":"{database}"}}"#), 1);
        assert!(is_of(&of("a"), "a") && !is_of(&of("b"), "a"));
        assert!(!is_of(&row(SIDECAR, "{}", 1), "a"));
        assert!(is_of(&row("c", "{}", 1), "a"));
    }
}
