//! The loop: observe, absorb, plan, apply, commit, recover.

pub mod arrange;
pub mod ledger;

pub use ledger::{Ledger, LedgerError};
