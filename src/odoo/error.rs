//! What went wrong in Odoo, named by what the caller may do.

use crate::tree::Retry;
use std::time::Duration;

/// The kinds of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Nothing listens, time ran out, the answer was cut, or Odoo is restarting.
    Unavailable,
    /// Too busy; not before this long.
    Busy(Duration),
    /// The server has no database of this name.
    WrongDatabase,
    /// The key or password is refused.
    Unauthorized,
    /// The user lacks a right.
    Forbidden,
    /// The model or method is not there; for the addon's own: it is not installed.
    Missing,
    /// The addon speaks another version of the protocol.
    Incompatible,
    /// The record is gone.
    NotFound,
    /// The record is not as expected any more.
    Changed,
    /// The feed cannot go on from this cursor: scan everything.
    CursorExpired,
    /// The database was restored, copied or moved: a person must confirm.
    EpochChanged,
    /// Odoo refuses the values.
    Invalid,
    /// Odoo answered what it should not.
    Unexpected,
}

/// A failure in Odoo: what kind, and a sentence for people.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct OdooError {
    pub kind: ErrorKind,
    /// Lower case, no final stop; says what to do where somebody can do something.
    pub message: String,
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl OdooError {
    /// A failure without an underlying error.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        OdooError {
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
            ErrorKind::Unavailable | ErrorKind::Unexpected => Retry::Soon,
            ErrorKind::Busy(wait) => Retry::After(wait),
            ErrorKind::NotFound | ErrorKind::Changed | ErrorKind::CursorExpired => Retry::Replan,
            ErrorKind::WrongDatabase
            | ErrorKind::Unauthorized
            | ErrorKind::Forbidden
            | ErrorKind::Missing
            | ErrorKind::Incompatible
            | ErrorKind::EpochChanged => Retry::AskPerson,
            ErrorKind::Invalid => Retry::Never,
        }
    }
}
