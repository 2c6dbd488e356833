//! The shape of a file: which keys there are and of what kind, nothing about their sense.

use super::{FileFault, line};
use serde::Deserialize;
use std::collections::BTreeSet;
use toml::Spanned;

/// A file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shaped {
    #[serde(default)]
    pub rule: Vec<Spanned<Rule>>,
}

/// A rule as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    pub name: Spanned<String>,
    pub title: Option<String>,
    pub model: Spanned<String>,
    pub domain: Option<Spanned<toml::Value>>,
    pub connection: Option<Spanned<String>>,
    pub company: Option<String>,
    pub sequence: Option<i64>,
    pub active: Option<bool>,
    pub parent: Option<Spanned<String>>,
    pub parent_field: Option<Spanned<String>>,
    pub nest_field: Option<Spanned<String>>,
    pub below: Option<Spanned<bool>>,
    pub folder_name: Option<Spanned<String>>,
    pub leave: Option<Spanned<String>>,
    pub period: Option<Spanned<FilePeriod>>,
    pub split: Option<Spanned<FileSplit>>,
    #[serde(default)]
    pub default: Vec<Spanned<FileDefault>>,
}

/// The time that a rule's records fall in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilePeriod {
    pub field: String,
    pub direction: String,
    #[serde(default = "one")]
    pub count: u32,
    pub unit: String,
}

/// The field whose values have a super folder each.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSplit {
    pub field: String,
    pub unit: Option<String>,
    #[serde(default)]
    pub folder: Vec<FileSplitFolder>,
}

/// The super folder of some values.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSplitFolder {
    pub name: String,
    pub values: Vec<String>,
}

/// A folder that a record's folder begins with.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileDefault {
    pub path: String,
}

fn one() -> u32 {
    1
}

/// Every key that there is, for a suggestion.
const KEYS: &[&str] = &[
    "rule",
    "name",
    "title",
    "model",
    "domain",
    "connection",
    "company",
    "sequence",
    "active",
    "parent",
    "parent_field",
    "nest_field",
    "below",
    "folder_name",
    "leave",
    "period",
    "split",
    "default",
    "field",
    "direction",
    "count",
    "unit",
    "folder",
    "values",
    "path",
];

/// Reads the shape.
pub(super) fn read(text: &str) -> Result<Shaped, FileFault> {
    toml::from_str(text).map_err(|error| FileFault {
        line: error.span().map_or(1, |span| line(text, &span)),
        message: told(error.message()),
    })
}

/// What the reader says, in words for people.
fn told(message: &str) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    if let (true, [key, known @ ..]) = (message.starts_with("unknown field"), quoted.as_slice()) {
        let known: BTreeSet<&str> = known.iter().copied().collect();
        let near = nearest(key, known.iter().copied().chain(KEYS.iter().copied()));
        return match near {
            Some(near) if known.contains(near) => {
                format!("there is no key {key} here; write {near}")
            }
            Some(near) => format!("the key {near} does not belong here; move it to its table"),
            None => format!(
                "there is no key {key} here; take it out, or write one of {}",
                known.into_iter().collect::<Vec<_>>().join(", ")
            ),
        };
    }
    if let (true, [key, ..]) = (message.starts_with("missing field"), quoted.as_slice()) {
        return format!("the key {key} is missing: write {key} = …");
    }
    message.lines().collect::<Vec<_>>().join(" ")
}

/// The key that was likely meant.
fn nearest<'k>(key: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let far = |other: &str| {
        let other: Vec<char> = other.chars().collect();
        let mut row: Vec<usize> = (0..=other.len()).collect();
        for (above, sign) in key.chars().enumerate() {
            let mut corner = above;
            row[0] = above + 1;
            for (column, there) in other.iter().enumerate() {
                let replaced = corner + usize::from(sign != *there);
                corner = row[column + 1];
                row[column + 1] = replaced.min(corner + 1).min(row[column] + 1);
            }
        }
        row[other.len()]
    };
    let found = known.map(|one| (far(one), one)).min_by_key(|(far, _)| *far);
    found.filter(|(far, _)| *far <= 2).map(|(_, one)| one)
}
