//! The one question that is asked of every error: what now?

use std::time::Duration;

/// What the caller should do after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The same again, with backoff: the network, a busy server.
    Soon,
    /// The same again, not before this long.
    After(Duration),
    /// The world has moved: observe and plan again.
    Replan,
    /// Only a person can help: a revoked token, a full quota, a missing root.
    AskPerson,
    /// This will never work as it stands: a name or size that the other side refuses.
    Never,
}
