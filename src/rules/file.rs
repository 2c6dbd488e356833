//! Rules as a file: TOML in, rules out, and every mistake with its line and what to write. Pure.
//!
//! The same file that Odoo exports and imports; a sidecar without the addon has its rules from it.

mod checks;
mod parts;
mod shape;
#[cfg(test)]
mod tests;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::ops::Range;

/// A rule as a file says it: others are named, not known.
#[derive(Clone, Debug, PartialEq)]
pub struct FileRule {
    /// Follows from the handle, and so stays when the file is sorted anew.
    pub id: i64,
    /// Orders rules of equal sequence as the file does.
    pub sequence: i64,
    /// The line that it begins on.
    pub line: usize,
    /// The handle.
    pub name: String,
    pub title: Option<String>,
    pub model: String,
    pub domain: Vec<Value>,
    /// By name. A rule below another has its connection.
    pub connection: String,
    /// By name.
    pub company: Option<String>,
    pub active: bool,
    /// The id of the rule above.
    pub parent: Option<i64>,
    pub parent_field: Option<String>,
    pub nest_field: Option<String>,
    pub below: bool,
    pub name_expression: Option<String>,
    /// `keep`, `archive` or `stop`.
    pub leave: String,
    pub period: Option<FilePeriod>,
    pub split: Option<FileSplit>,
    pub subfolders: Vec<String>,
}

/// The time that a rule's records fall in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePeriod {
    pub field: String,
    /// `last`, `this` or `next`.
    pub direction: String,
    pub count: u32,
    /// `day`, `week`, `month`, `quarter` or `year`.
    pub unit: String,
}

/// The field whose values have a split folder each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSplit {
    pub field: String,
    /// `year`, `quarter`, `month` or `day`, of dates.
    pub unit: Option<String>,
    /// Those that several values share, or that are called otherwise.
    pub folder: Vec<FileSplitFolder>,
}

/// The split folder of some values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSplitFolder {
    pub name: String,
    pub values: Vec<String>,
}

/// A mistake.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct FileFault {
    pub line: usize,
    /// What is wrong, and what to write instead.
    pub message: String,
}

/// Reads a file; all its mistakes where it has any. A file that is no TOML has one.
pub fn parse(text: &str) -> Result<Vec<FileRule>, Vec<FileFault>> {
    let file = shape::read(text).map_err(|fault| vec![fault])?;
    checks::check(text, file)
}

/// The id of a handle: positive, and the same for the same handle. Ids of Odoo's own rules are
/// small, so that no key of a folder is taken for one of theirs.
pub fn rule_id(handle: &str) -> i64 {
    let digest = Sha256::digest(handle.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    // 52 bits go through any JSON and double.
    (i64::from_be_bytes(first) & ((1 << 52) - 1)) | (1 << 51)
}

/// The line of a place in the text, beginning with 1.
fn line(text: &str, at: &Range<usize>) -> usize {
    let before = &text.as_bytes()[..at.start.min(text.len())];
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}
