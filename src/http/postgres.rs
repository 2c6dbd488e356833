//! The registry over the store: turns its rows into those that the pages show.

use super::registry::{
    ConnectionRow, HeldRow, HeldStep, Leases, OperationRow, QueueRow, Registry, RegistryError,
    Result, Stored, Which,
};
use crate::odoo::token::Secret;
use crate::providers::Locator;
use crate::store::log::NewLogRow;
use crate::store::{self, ConnectionState, Store, StoreError};
use crate::tree::{ConnectionId, EntryId, Held, Side, Verdict};
use async_trait::async_trait;
use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// Steps of a held plan that are shown.
const MOST_STEPS: usize = 200;

impl From<StoreError> for RegistryError {
    fn from(error: StoreError) -> Self {
        RegistryError(Box::new(error))
    }
}

#[async_trait]
impl Registry for Store {
    async fn leases(&self) -> Result<Leases> {
        let (connections, leased) = self.lease_counts().await?;
        Ok(Leases {
            connections,
            leased,
        })
    }

    async fn secrets(&self) -> Result<Vec<(String, Secret)>> {
        let mut secrets = Vec::new();
        for database in self.databases().await? {
            match Secret::new(database.secret.expose_secret()) {
                Some(secret) => secrets.push((database.uuid, secret)),
                None => tracing::error!(database.uuid, "the shared secret is damaged; pair again"),
            }
        }
        Ok(secrets)
    }

    async fn spend(&self, ticket: &str, until: i64) -> Result<bool> {
        let until = OffsetDateTime::from_unix_timestamp(until)
            .map_err(|error| RegistryError(Box::new(error)))?;
        Ok(self.use_ticket(ticket, until).await?)
    }

    async fn stored(&self, database: &str, attachment: i64) -> Result<Option<Stored>> {
        let odoo = EntryId::new(format!("file:{attachment}"));
        let found = self.cloud_file(database, &odoo).await?;
        Ok(found.and_then(|file| {
            Some(Stored {
                connection: file.connection,
                locator: Locator {
                    id: file.cloud,
                    path: file.path,
                },
                fingerprint: file.fingerprint?,
                revision: file.revision,
            })
        }))
    }

    async fn connections(&self) -> Result<Vec<ConnectionRow>> {
        let mut rows = Vec::new();
        for (connection, counts) in self.connections_with_counts().await? {
            let last = self.recent_operations(Some(connection.id), 1).await?;
            rows.push(ConnectionRow {
                id: connection.id,
                name: connection.name,
                provider: connection.provider,
                root: connection.root_label,
                state: connection.state.as_str().to_owned(),
                reason: connection.reason,
                folders: counts.folders,
                files: counts.files,
                proved: counts.proved,
                released: counts.released,
                open: counts.open,
                stuck: counts.stuck,
                last: last.first().map(|row| row.updated.unix_timestamp()),
            });
        }
        Ok(rows)
    }

    async fn queue(&self) -> Result<Vec<QueueRow>> {
        let mut rows = Vec::new();
        for (connection, connection_name) in names(self).await? {
            for row in Store::queue(self, Some(connection)).await? {
                rows.push(QueueRow {
                    connection,
                    connection_name: connection_name.clone(),
                    class: row.class.as_str().to_owned(),
                    state: row.state,
                    count: row.count,
                    next: (row.next / 1000).max(0),
                });
            }
        }
        Ok(rows)
    }

    async fn operations(
        &self,
        which: Which,
        connection: Option<ConnectionId>,
        limit: u32,
    ) -> Result<Vec<OperationRow>> {
        let rows = match which {
            Which::Recent => self.recent_operations(connection, limit).await?,
            Which::Open => self.open_operations(connection, limit).await?,
            Which::Errors => self.errors(connection, limit).await?,
        };
        let names: HashMap<_, _> = names(self).await?.into_iter().collect();
        Ok(rows.into_iter().map(|row| shown(row, &names)).collect())
    }

    async fn held(&self) -> Result<Vec<HeldRow>> {
        let mut rows = Vec::new();
        for (connection, connection_name) in names(self).await? {
            let Some(held) = Store::held(self, connection).await? else {
                continue;
            };
            rows.push(HeldRow {
                connection,
                connection_name,
                whole: held.whole,
                approved: held.approved,
                count: held.keys.len() as u64,
                steps: steps(self, connection, &held).await?,
                mark: mark(&held),
                cause: held.cause,
            });
        }
        Ok(rows)
    }

    async fn retry(&self, connection: ConnectionId, by: &str) -> Result<u64> {
        let count = self.retry_operations(connection).await?;
        let subject = format!("{count} operations that were stuck or waiting");
        self.log(Some(connection), said(by, "retry", subject))
            .await?;
        Ok(count)
    }

    async fn pause(&self, connection: ConnectionId, paused: bool, by: &str) -> Result<()> {
        let reason = format!("{by} paused it");
        let (state, reason, what) = match paused {
            true => (ConnectionState::Paused, Some(reason.as_str()), "pause"),
            false => (ConnectionState::Active, None, "resume"),
        };
        if self.put_state(connection, state, reason).await? {
            self.log(Some(connection), said(by, what, "the connection".into()))
                .await?;
        }
        Ok(())
    }

    async fn decide(
        &self,
        connection: ConnectionId,
        shown: &str,
        verdict: Verdict,
        by: &str,
    ) -> Result<bool> {
        let Some(held) = Store::held(self, connection).await? else {
            return Ok(false);
        };
        if mark(&held) != shown {
            return Ok(false);
        }
        let done = self.decide_held(connection, &held.keys, verdict, by);
        match done.await {
            Err(error) if error.is_missing() => Ok(false),
            done => Ok(done.map(|()| true)?),
        }
    }
}

/// Connections by identity, in the order of their names.
async fn names(store: &Store) -> Result<Vec<(ConnectionId, String)>> {
    let connections = store.connections().await?;
    Ok(connections
        .into_iter()
        .map(|row| (row.id, row.name))
        .collect())
}

fn shown(row: store::OperationRow, names: &HashMap<ConnectionId, String>) -> OperationRow {
    let operation = row.operation;
    OperationRow {
        id: operation.id,
        connection: row.connection,
        connection_name: names.get(&row.connection).cloned().unwrap_or_default(),
        verb: operation.action.verb().to_owned(),
        to: operation.action.to(),
        subject: operation.subject,
        reason: operation.reason.as_str().to_owned(),
        state: operation.state,
        attempts: operation.attempts,
        run_at: operation.run_at / 1000,
        at: row.updated.unix_timestamp(),
        message: operation.message,
    }
}

/// Names the plan by what a decision about it covers.
fn mark(held: &Held) -> String {
    let mut hash = Sha256::new();
    hash.update(&held.cause);
    for key in &held.keys {
        hash.update((key.len() as u64).to_be_bytes());
        hash.update(key);
    }
    hex::encode(hash.finalize())
}

/// The held steps by their keys ([`crate::tree::Action::key`]). Those that name a pair are shown by
/// its path, others by what the key says; nothing but the page depends on it.
async fn steps(store: &Store, connection: ConnectionId, held: &Held) -> Result<Vec<HeldStep>> {
    let keys: Vec<&str> = held
        .keys
        .iter()
        .take(MOST_STEPS)
        .map(String::as_str)
        .collect();
    let pair = |key: &str| {
        key.rsplit(':')
            .next()
            .and_then(|end| Uuid::parse_str(end).ok())
    };
    let pairs: Vec<Uuid> = keys.iter().filter_map(|key| pair(key)).collect();
    let paths = store.pair_paths(connection, &pairs).await?;
    let step = |key: &str| {
        let mut words = key.splitn(3, ':');
        let verb = words.next().unwrap_or_default().to_owned();
        let to = match (verb.as_str(), words.next()) {
            ("release", _) | (_, Some("odoo")) => Side::Odoo,
            _ => Side::Cloud,
        };
        let path = pair(key).and_then(|id| paths.get(&id).cloned());
        let subject = path.unwrap_or_else(|| words.next().unwrap_or(key).to_owned());
        HeldStep { verb, to, subject }
    };
    let mut steps: Vec<HeldStep> = keys.into_iter().map(step).collect();
    steps.sort_by(|a, b| a.subject.cmp(&b.subject));
    Ok(steps)
}

fn said(who: &str, what: &str, subject: String) -> NewLogRow {
    NewLogRow {
        who: who.into(),
        what: what.into(),
        subject,
        reason: "was asked for on the admin page".into(),
        outcome: "done".into(),
        detail: "{}".into(),
    }
}
