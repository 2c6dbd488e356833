//! What went wrong in the engine: one of its leaves failed, or the world has moved.

use super::LedgerError;
use crate::odoo::{OdooError, Refusal};
use crate::providers::{self, ProviderError};
use crate::store::StoreError;
use crate::tree::Retry;

/// A failure of a step or of a turn.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error(transparent)]
    Cloud(#[from] ProviderError),
    #[error(transparent)]
    Odoo(#[from] OdooError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Something is not as the plan saw it; what was seen instead has been recorded.
    #[error("{0}; it is planned anew")]
    Moved(&'static str),
    /// The spool folder cannot take the bytes on their way.
    #[error(
        "files on their way cannot be kept on the disk ({0}); make room there, or name another data_dir"
    )]
    Spool(#[from] std::io::Error),
    /// Only a person can help.
    #[error("{0}")]
    Person(String),
}

impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> Self {
        EngineError::Ledger(error.into())
    }
}

impl EngineError {
    /// What now.
    pub fn retry(&self) -> Retry {
        match self {
            EngineError::Cloud(error) => error.retry(),
            EngineError::Odoo(error) => error.retry(),
            EngineError::Ledger(_) | EngineError::Spool(_) => Retry::Soon,
            EngineError::Refused(Refusal::Missing | Refusal::Changed(_)) => Retry::Replan,
            EngineError::Refused(Refusal::Forbidden(_)) | EngineError::Person(_) => {
                Retry::AskPerson
            }
            EngineError::Refused(Refusal::Invalid(_)) => Retry::Never,
            EngineError::Moved(_) => Retry::Replan,
        }
    }

    /// Whether it concerns the whole connection and not only the step that met it.
    pub fn stops_all(&self) -> bool {
        use crate::odoo::ErrorKind as Odoo;
        use providers::ErrorKind as Cloud;
        match self {
            EngineError::Ledger(_) | EngineError::Spool(_) => true,
            EngineError::Cloud(error) => matches!(
                error.kind,
                Cloud::RootGone | Cloud::Unauthorized | Cloud::RateLimited(_) | Cloud::Unavailable
            ),
            EngineError::Odoo(error) => matches!(
                error.kind,
                Odoo::Unavailable
                    | Odoo::Busy(_)
                    | Odoo::WrongDatabase
                    | Odoo::Unauthorized
                    | Odoo::Incompatible
                    | Odoo::EpochChanged
            ),
            _ => false,
        }
    }
}
