//! Reads settings one by one, so that every mistake is told at once, each with where it was made.

use figment::value::{Dict, Value};
use figment::{Figment, Provider as _};
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;

/// Takes settings out of merged sources and collects what is wrong with them.
pub(super) struct Reader<'a> {
    figment: &'a Figment,
    known: BTreeSet<String>,
    faults: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(figment: &'a Figment) -> Self {
        Reader {
            figment,
            known: BTreeSet::new(),
            faults: Vec::new(),
        }
    }

    /// The setting, checked. What is wrong is noted, and the answer is `None`.
    pub(super) fn get<T: DeserializeOwned, U>(
        &mut self,
        key: &str,
        check: impl FnOnce(T) -> Result<U, String>,
    ) -> Option<U> {
        self.known.insert(key.to_owned());
        // Lossy: variables are text, whatever the setting is.
        let read = self.figment.extract_inner_lossy(key);
        let checked = read.map_err(|error| error.kind.to_string()).and_then(check);
        match checked {
            Ok(value) => Some(value),
            Err(fault) => {
                self.fault(key, &fault);
                None
            }
        }
    }

    /// Notes that something is wrong with a setting.
    pub(super) fn fault(&mut self, key: &str, what: &str) {
        self.faults
            .push(format!("{}: {what}", place(self.figment, key)));
    }

    /// Everything that is wrong, settings that nobody asked for included.
    pub(super) fn finish(mut self) -> Vec<String> {
        let mut keys = Vec::new();
        match self.figment.data() {
            Ok(profiles) => profiles
                .values()
                .for_each(|dict| flatten(dict, "", &mut keys)),
            Err(error) => self
                .faults
                .extend(error.into_iter().map(|one| one.to_string())),
        }
        for key in keys {
            if !self.known.contains(&key) {
                let what = match nearest(&key, &self.known) {
                    Some(known) => format!("there is no such setting; {known} is meant?"),
                    None => "there is no such setting".to_owned(),
                };
                self.fault(&key, &what);
            }
        }
        self.faults
    }
}

/// Where a setting was made, and its name as it is written there.
fn place(figment: &Figment, key: &str) -> String {
    let Some(metadata) = figment.find_metadata(key) else {
        return key.to_owned();
    };
    let path: Vec<&str> = key.split('.').collect();
    let name = metadata.interpolate(figment.profile(), &path);
    match &metadata.source {
        Some(source) => format!("{name} in {source}"),
        None => format!("{name} ({})", metadata.name),
    }
}

fn flatten(dict: &Dict, above: &str, keys: &mut Vec<String>) {
    for (name, value) in dict {
        let key = if above.is_empty() {
            name.clone()
        } else {
            format!("{above}.{name}")
        };
        match value {
            Value::Dict(_, below) => flatten(below, &key, keys),
            _ => keys.push(key),
        }
    }
}

/// The known key that a mistyped one is closest to, if any is close.
fn nearest<'k>(key: &str, known: &'k BTreeSet<String>) -> Option<&'k String> {
    known
        .iter()
        .map(|one| (distance(key, one), one))
        .filter(|(far, _)| *far <= 3)
        .min()
        .map(|(_, one)| one)
}

/// Levenshtein's distance: insertions, deletions and replacements from one text to the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (above, sign) in from.chars().enumerate() {
        let mut corner = above;
        row[0] = above + 1;
        for (column, other) in to.iter().enumerate() {
            let replaced = corner + usize::from(sign != *other);
            corner = row[column + 1];
            row[column + 1] = replaced.min(corner + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}
