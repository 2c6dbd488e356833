//! What went wrong in a cloud, named by what the caller may do.

use crate::tree::Retry;
use std::time::Duration;

/// The kinds of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The entry is not there (any more).
    NotFound,
    /// The name is taken.
    AlreadyExists,
    /// The entry is not as expected any more.
    Changed,
    /// The feed cannot go on from this cursor: list everything.
    CursorExpired,
    /// The root or its mark is missing, or is another connection's.
    RootGone,
    /// Not before this long.
    RateLimited(Duration),
    /// The credentials are refused.
    Unauthorized,
    /// The account may not do this.
    Forbidden,
    /// The store is full.
    QuotaFull,
    /// The store refuses this name, size or place; the same again fails the same way.
    Invalid,
    /// Somebody locked the entry.
    Locked,
    /// The store cannot do this at all.
    Unsupported,
    /// Unreachable, busy, cut off.
    Unavailable,
    /// The store answered what it should not.
    Unexpected,
}

/// A failure in a cloud: what kind, and a sentence for people.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ProviderError {
    pub kind: ErrorKind,
    /// Lower case, no final stop; names the file and what to do where somebody can do something.
    pub message: String,
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ProviderError {
    /// A failure without an underlying error.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        ProviderError {
            kind,
            message: message.into(),
            source: None,
        }
    }

    /// The same with the error that caused it (shown in logs only).
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What now.
    pub fn retry(&self) -> Retry {
        match self.kind {
            ErrorKind::NotFound
            | ErrorKind::AlreadyExists
            | ErrorKind::Changed
            | ErrorKind::CursorExpired => Retry::Replan,
            ErrorKind::RateLimited(wait) => Retry::After(wait),
            ErrorKind::RootGone
            | ErrorKind::Unauthorized
            | ErrorKind::Forbidden
            | ErrorKind::QuotaFull => Retry::AskPerson,
            ErrorKind::Invalid | ErrorKind::Unsupported => Retry::Never,
            ErrorKind::Locked | ErrorKind::Unavailable | ErrorKind::Unexpected => Retry::Soon,
        }
    }
}
