//! Wanted: which folders the rules ask for, and what has to change so that they are there. Pure.
//!
//! `rule` says what a rule is, `domain` and `period` which records it means, `expression` what
//! their folders are called, `split` the folders by value, `wanted` where they belong, `difference` what is left to do,
//! `preview` what a rule in a form would do.

pub mod difference;
pub mod domain;
pub mod expression;
pub mod file;
pub mod period;
pub mod preview;
pub mod rule;
pub mod split;
pub mod wanted;
#[cfg(test)]
mod worlds;

pub use difference::{Change, Difference, Existing, Parent, difference};
pub use expression::{Expression, ExpressionFault};
pub use period::{Direction, FieldKind, Period, Unit};
pub use preview::{Preview, preview};
pub use rule::{Leave, Record, Rule, Values, Warning};
pub use split::{DateUnit, Split, SplitFolder, SplitKind, SplitName};
pub use wanted::{FolderKind, Wanted, WantedFolder, wanted};
