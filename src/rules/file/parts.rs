//! The tables of a rule, checked: its period, its split, and what its folders begin with.

use super::checks::Checker;
use super::shape::{Default, Period, Split};
use super::{FilePeriod, FileSplit, FileSplitFolder};
use std::collections::HashSet;
use toml::Spanned;

/// A period; what it does not say is the last month, as in Odoo.
pub(super) fn period(checker: &mut Checker, written: &Period) -> FilePeriod {
    let mut word = |written: &Option<Spanned<String>>, known: &[&str], usual: &str| {
        let Some(written) = written else {
            return usual.to_owned();
        };
        checker.word(written, known);
        written.get_ref().clone()
    };
    let direction = word(&written.direction, &["last", "this", "next"], "last");
    let units = ["day", "week", "month", "quarter", "year"];
    let unit = word(&written.unit, &units, "month");
    let count = written.count.as_ref().map_or(1, |count| {
        checker.whole(count, "count", 1..=i64::from(i32::MAX))
    });
    FilePeriod {
        field: field(checker, &written.field),
        direction,
        count: u32::try_from(count).unwrap_or(1),
        unit,
    }
}

/// A split, by whose folders each value is found once.
pub(super) fn split(checker: &mut Checker, written: &Split) -> FileSplit {
    if let Some(unit) = &written.unit {
        checker.word(unit, &["year", "quarter", "month", "day"]);
        if !written.folder.is_empty() {
            let message = "a split has a unit, for dates, or folders, for choices: take one of \
                           them out";
            checker.fault(unit.span(), message);
        }
    }
    let mut seen = HashSet::new();
    for folder in &written.folder {
        let (name, values) = (&folder.name, &folder.values);
        if name.get_ref().trim().is_empty() || values.get_ref().is_empty() {
            checker.fault(name.span(), "a split folder needs a name and values");
        }
        for value in values.get_ref() {
            if value.is_empty() || value.trim() != value || value.contains(',') {
                let message = format!(
                    "{value:?} is no value: write each one by itself, as in [\"draft\", \"sent\"]"
                );
                checker.fault(values.span(), message);
            } else if !seen.insert(value) {
                let message =
                    format!("the value {value:?} has two split folders: take it out of one");
                checker.fault(values.span(), message);
            }
        }
    }
    let folders = written.folder.iter().map(|folder| FileSplitFolder {
        name: folder.name.get_ref().clone(),
        values: folder.values.get_ref().clone(),
    });
    FileSplit {
        field: field(checker, &written.field),
        unit: written.unit.as_ref().map(|unit| unit.get_ref().clone()),
        folder: folders.collect(),
    }
}

/// Paths of what a record's folder begins with.
pub(super) fn default(checker: &mut Checker, written: &[Default]) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut paths = Vec::new();
    for default in written {
        let path = default.path.get_ref();
        let is_name = |part: &str| {
            part.trim() == part
                && !matches!(part, "" | "." | "..")
                && !part.chars().any(char::is_control)
        };
        if !path.split('/').all(is_name) {
            let message = format!("{path:?} is no path: write one such as \"Scans/Official\"");
            checker.fault(default.path.span(), message);
        } else if !seen.insert(path.to_lowercase()) {
            let message = format!("the path {path:?} stands twice: take one out");
            checker.fault(default.path.span(), message);
        }
        paths.push(path.clone());
    }
    paths
}

fn field(checker: &mut Checker, written: &Spanned<String>) -> String {
    if written.get_ref().trim().is_empty() {
        checker.fault(written.span(), "the key field is missing: write field = …");
    }
    written.get_ref().clone()
}
