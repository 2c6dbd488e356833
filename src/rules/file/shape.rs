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
    pub title: Option<Spanned<String>>,
    pub model: Spanned<String>,
    pub domain: Option<Spanned<toml::Value>>,
    pub connection: Option<Spanned<String>>,
    pub company: Option<Spanned<String>>,
    pub sequence: Option<Spanned<i64>>,
    pub active: Option<bool>,
    pub parent: Option<Spanned<String>>,
    pub parent_field: Option<Spanned<String>>,
    pub nest_field: Option<Spanned<String>>,
    pub below: Option<Spanned<bool>>,
    pub folder_name: Option<Spanned<String>>,
    pub leave: Option<Spanned<String>>,
    pub period: Option<Period>,
    pub split: Option<Split>,
    #[serde(default)]
    pub default: Vec<Default>,
}

/// The time that a rule's records fall in, as it is written. Places are told by its values: one
/// written with dotted keys has none of its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Period {
    pub field: Spanned<String>,
    pub direction: Option<Spanned<String>>,
    pub count: Option<Spanned<i64>>,
    pub unit: Option<Spanned<String>>,
}

/// What parts a rule's folder, as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Split {
    pub field: Spanned<String>,
    pub unit: Option<Spanned<String>>,
    #[serde(default)]
    pub folder: Vec<SplitFolder>,
}

/// The split folder of some values, as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SplitFolder {
    pub name: Spanned<String>,
    pub values: Spanned<Vec<String>>,
}

/// A folder that a record's folder begins with, as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Default {
    pub path: Spanned<String>,
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

/// Reads the shape. What is empty is as if it were not there.
pub(super) fn read(text: &str) -> Result<Shaped, FileFault> {
    let fault = |error: &toml::de::Error, message| FileFault {
        line: error.span().map_or(1, |span| line(text, &span)),
        message,
    };
    toml::from_str::<toml::Table>(text).map_err(|error| {
        let message = error.message().lines().collect::<Vec<_>>().join(" ");
        fault(&error, format!("this is no TOML: {message}"))
    })?;
    let mut file: Shaped =
        toml::from_str(text).map_err(|error| fault(&error, told(error.message())))?;
    for rule in &mut file.rule {
        rule.as_mut().tidy();
    }
    Ok(file)
}

impl Rule {
    fn tidy(&mut self) {
        for text in [
            &mut self.title,
            &mut self.connection,
            &mut self.company,
            &mut self.parent,
            &mut self.parent_field,
            &mut self.nest_field,
            &mut self.folder_name,
        ] {
            text.take_if(|text| text.get_ref().trim().is_empty());
        }
    }
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
    let far = known.map(|one| (strsim::levenshtein(key, one), one));
    let found = far.min_by_key(|(far, _)| *far);
    found.filter(|(far, _)| *far <= 2).map(|(_, one)| one)
}
