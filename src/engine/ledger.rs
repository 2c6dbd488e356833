//! The ledger: where the engine keeps its books.

use crate::tree::{Book, Fact};
use async_trait::async_trait;

/// A book could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Another replica took over; whatever was being done must stop.
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
}
