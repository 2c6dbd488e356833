//! The ledger: where the engine keeps its books.

use crate::store::{Shelf, StoreError};
use crate::tree::{Book, Fact};
use async_trait::async_trait;
use std::time::Duration;

/// How long facts gather for one transaction in Postgres.
const GATHER: Duration = Duration::from_millis(20);

/// A book could not be read or written.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LedgerError {
    /// Another sidecar took over; whatever was being done must stop.
    #[error("another sidecar has taken over this connection")]
    LeaseLost,
    /// Postgres cannot be reached, or refused.
    #[error("the database cannot keep the ledger: {0}")]
    Unavailable(String),
}

/// Keeps the book of one connection, for whoever holds its lease.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// The whole book.
    async fn load(&self) -> Result<Book, LedgerError>;

    /// Records facts in order, all or none, and only while the lease is held. When it returns,
    /// they survive a crash.
    async fn record(&self, facts: &[Fact]) -> Result<(), LedgerError>;

    /// Passes the time between two recordings, in which more facts gather: long, where a call costs
    /// nearly the same whatever it holds.
    async fn gather(&self) {
        tokio::task::yield_now().await;
    }
}

#[async_trait]
impl Ledger for Shelf {
    async fn load(&self) -> Result<Book, LedgerError> {
        Ok(Shelf::load(self).await?)
    }

    async fn record(&self, facts: &[Fact]) -> Result<(), LedgerError> {
        Ok(Shelf::record(self, facts).await?)
    }

    async fn gather(&self) {
        tokio::time::sleep(GATHER).await;
    }
}

impl From<StoreError> for LedgerError {
    fn from(error: StoreError) -> Self {
        if error.is_lease_lost() {
            LedgerError::LeaseLost
        } else {
            LedgerError::Unavailable(error.to_string())
        }
    }
}

/// A ledger in memory: the twin of the one in Postgres, for the simulation.
#[derive(Default)]
pub struct MemoryLedger {
    book: std::sync::Mutex<Book>,
}

#[async_trait]
impl Ledger for MemoryLedger {
    async fn load(&self) -> Result<Book, LedgerError> {
        tokio::task::yield_now().await;
        Ok(self.lock().clone())
    }

    async fn record(&self, facts: &[Fact]) -> Result<(), LedgerError> {
        // A crash may come before or after, never in between.
        tokio::task::yield_now().await;
        {
            let mut book = self.lock();
            facts.iter().for_each(|fact| book.apply(fact));
        }
        tokio::task::yield_now().await;
        Ok(())
    }
}

impl MemoryLedger {
    fn lock(&self) -> std::sync::MutexGuard<'_, Book> {
        self.book
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
