//! Words: the pure data that every other module speaks in. No I/O, no async, no wire names.

pub mod book;
pub mod change;
pub mod entry;
pub mod fingerprint;
pub mod ids;
pub mod name;
pub mod operation;
pub mod pair;
pub mod retry;
#[expect(
    clippy::module_inception,
    reason = "the type is what the module is about"
)]
pub mod tree;

pub use book::{Book, Fact, Held, Trashed, Verdict};
pub use change::{Change, Cursor, Page};
pub use entry::{Entry, Kind, Revision};
pub use fingerprint::{Fingerprint, HashKind, Hasher, Sameness};
pub use ids::{ConnectionId, EntryId, OperationId, PairId, Side};
pub use operation::{Action, Class, Operation, Reason, State};
pub use pair::{Pair, Proof, ProofMethod, Synced};
pub use retry::Retry;
pub use tree::Tree;
