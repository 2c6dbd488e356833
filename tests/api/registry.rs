//! A registry that holds its rows in memory and remembers what it was told.

use super::bench::{ATTACHMENT, DATABASE, SECRET};
use async_trait::async_trait;
use attache::http::registry::{
    ConnectionRow, HeldRow, HeldStep, Leases, OperationRow, QueueRow, Registry, RegistryError,
    Result, Stored, Which,
};
use attache::odoo::token::Secret;
use attache::tree::{ConnectionId, OperationId, Side, State, Verdict};
use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use uuid::Uuid;

pub const CONNECTION: ConnectionId = ConnectionId(Uuid::from_u128(0xc1));

/// Something that the registry was told to do: what, of which connection, by whom.
pub type Told = (String, ConnectionId, String);

pub struct TestRegistry {
    pub stored: Mutex<Option<Stored>>,
    pub connections: Mutex<Vec<ConnectionRow>>,
    pub queue: Mutex<Vec<QueueRow>>,
    pub operations: Mutex<Vec<OperationRow>>,
    pub held: Mutex<Vec<HeldRow>>,
    pub told: Mutex<Vec<Told>>,
    /// The last question for operations.
    pub asked: Mutex<Option<(Which, Option<ConnectionId>)>>,
    /// The database is away.
    pub down: AtomicBool,
    spent: Mutex<HashSet<String>>,
}

impl TestRegistry {
    pub fn new(stored: Stored) -> Self {
        TestRegistry {
            stored: Mutex::new(Some(stored)),
            connections: Mutex::default(),
            queue: Mutex::default(),
            operations: Mutex::default(),
            held: Mutex::default(),
            told: Mutex::default(),
            asked: Mutex::default(),
            down: AtomicBool::new(false),
            spent: Mutex::default(),
        }
    }

    /// Fills every table; every text that people or clouds can write is `text`.
    pub fn fill(&self, text: &str) {
        let base = ConnectionRow {
            id: CONNECTION,
            name: text.into(),
            provider: "webdav".into(),
            root: text.into(),
            state: "held".into(),
            reason: Some(text.into()),
            folders: 12,
            files: 4321,
            proved: 4000,
            released: 3999,
            open: 17,
            stuck: 1,
            last: Some(super::bench::now() - 90),
        };
        *self.connections.lock().unwrap() = vec![base];
        *self.queue.lock().unwrap() = vec![QueueRow {
            connection: CONNECTION,
            connection_name: text.into(),
            class: "direct".into(),
            state: "waiting".into(),
            count: 17,
            next: super::bench::now() + 330,
        }];
        *self.operations.lock().unwrap() = [State::Done, State::Stuck, State::Waiting]
            .map(|state| operation(text, state))
            .to_vec();
        *self.held.lock().unwrap() = vec![HeldRow {
            connection: CONNECTION,
            connection_name: text.into(),
            cause: text.into(),
            whole: true,
            approved: false,
            count: 40,
            steps: vec![HeldStep {
                verb: "trash".into(),
                to: Side::Odoo,
                subject: text.into(),
            }],
            mark: "m1".into(),
        }];
    }

    fn up(&self) -> Result<()> {
        if self.down.load(Ordering::SeqCst) {
            return Err(RegistryError("password=s3cr3t host=10.9.8.7".into()));
        }
        Ok(())
    }
}

pub fn operation(text: &str, state: State) -> OperationRow {
    OperationRow {
        id: OperationId(Uuid::from_u128(1)),
        connection: CONNECTION,
        connection_name: text.into(),
        verb: "content".into(),
        to: Side::Cloud,
        subject: text.into(),
        reason: "was edited on the other side".into(),
        state,
        attempts: 2,
        run_at: super::bench::now() + 60,
        at: super::bench::now() - 5,
        message: Some(text.into()),
    }
}

#[async_trait]
impl Registry for TestRegistry {
    async fn leases(&self) -> Result<Leases> {
        self.up()?;
        Ok(Leases {
            connections: 2,
            leased: 1,
        })
    }

    async fn secrets(&self) -> Result<Vec<(String, Secret)>> {
        self.up()?;
        let other = Secret::new(&"0".repeat(64)).unwrap();
        let ours = Secret::new(std::str::from_utf8(SECRET).unwrap()).unwrap();
        Ok(vec![("another".into(), other), (DATABASE.into(), ours)])
    }

    async fn pause(&self, connection: ConnectionId, paused: bool, by: &str) -> Result<()> {
        self.up()?;
        let told = (format!("pause {paused}"), connection, by.into());
        self.told.lock().unwrap().push(told);
        Ok(())
    }

    async fn spend(&self, ticket: &str, _: i64) -> Result<bool> {
        self.up()?;
        Ok(self.spent.lock().unwrap().insert(ticket.to_owned()))
    }

    async fn stored(&self, database: &str, attachment: i64) -> Result<Option<Stored>> {
        self.up()?;
        assert_eq!(database, DATABASE);
        let stored = self.stored.lock().unwrap().clone();
        Ok(stored.filter(|_| attachment == ATTACHMENT))
    }

    async fn connections(&self) -> Result<Vec<ConnectionRow>> {
        self.up()?;
        Ok(self.connections.lock().unwrap().clone())
    }

    async fn queue(&self) -> Result<Vec<QueueRow>> {
        self.up()?;
        Ok(self.queue.lock().unwrap().clone())
    }

    async fn operations(
        &self,
        which: Which,
        connection: Option<ConnectionId>,
        limit: u32,
    ) -> Result<Vec<OperationRow>> {
        self.up()?;
        *self.asked.lock().unwrap() = Some((which, connection));
        let mut rows = self.operations.lock().unwrap().clone();
        rows.retain(|row| which != Which::Errors || !row.state.is_over());
        rows.truncate(limit as usize);
        Ok(rows)
    }

    async fn held(&self) -> Result<Vec<HeldRow>> {
        self.up()?;
        Ok(self.held.lock().unwrap().clone())
    }

    async fn retry(&self, connection: ConnectionId, by: &str) -> Result<u64> {
        self.up()?;
        let told = ("retry".into(), connection, by.into());
        self.told.lock().unwrap().push(told);
        Ok(1)
    }

    async fn decide(
        &self,
        connection: ConnectionId,
        mark: &str,
        verdict: Verdict,
        by: &str,
    ) -> Result<bool> {
        self.up()?;
        if !self.held.lock().unwrap().iter().any(|row| row.mark == mark) {
            return Ok(false);
        }
        let told = (format!("{verdict:?}"), connection, by.into());
        self.told.lock().unwrap().push(told);
        Ok(true)
    }
}
