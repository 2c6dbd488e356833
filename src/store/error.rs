//! What can go wrong with Postgres, sorted by what to do about it.

/// A call to the store failed; nothing of it was written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another sidecar holds the connection now; whatever was being done must stop.
    #[error("another sidecar has taken over this connection")]
    LeaseLost,
    /// Nothing of that name or identity is there.
    #[error("there is no {0}")]
    Missing(String),
    /// A row that must be unique is there already.
    #[error("there is already {0}")]
    Exists(String),
    /// A secret does not open: another key, another row, or damage.
    #[error("{0}")]
    Sealed(String),
    /// A row holds what this version cannot read.
    #[error(
        "the database holds {0}, which this version cannot read; was it written by a newer one?"
    )]
    Unreadable(String),
    /// The private cluster cannot be made or started.
    #[error("{0}")]
    Private(String),
    /// Postgres cannot be reached, or refused.
    #[error("the database: {0}")]
    Database(#[source] sqlx::Error),
}

/// What every call answers.
pub type Result<T> = std::result::Result<T, StoreError>;

impl StoreError {
    /// Whether another sidecar took over.
    pub fn is_lease_lost(&self) -> bool {
        matches!(self, StoreError::LeaseLost)
    }

    /// Whether the row asked for is not there.
    pub fn is_missing(&self) -> bool {
        matches!(self, StoreError::Missing(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        StoreError::Database(error)
    }
}
