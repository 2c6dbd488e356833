//! What a file says, checked: names that are there, words that are known, domains that are lists.

use super::shape::{Rule, Shaped};
use super::{FileFault, FileRule, line, rule_id};
use crate::rules::Expression;
use serde_json::Value;
use std::collections::HashMap;
use std::ops::Range;

/// Sequence of a rule that names none, as in Odoo.
const USUAL_SEQUENCE: i64 = 10;

/// Rules of one sequence at most, in their order.
const BETWEEN: i64 = 100_000;

/// Turns written rules into rules, or finds every mistake.
pub(super) fn check(text: &str, file: Shaped) -> Result<Vec<FileRule>, Vec<FileFault>> {
    let mut checker = Checker {
        text,
        handles: HashMap::new(),
        faults: Vec::new(),
    };
    for (number, rule) in file.rule.iter().enumerate() {
        let name = rule.get_ref().name.get_ref().trim();
        if checker.handles.insert(name.to_owned(), number).is_some() {
            let message = format!("there are two rules named {name:?}: give one another name");
            checker.fault(rule.get_ref().name.span(), message);
        }
    }
    let written: Vec<&Rule> = file.rule.iter().map(toml::Spanned::get_ref).collect();
    let rules: Vec<FileRule> = file
        .rule
        .iter()
        .enumerate()
        .map(|(number, rule)| checker.rule(number, rule.span(), rule.get_ref(), &written))
        .collect();
    if checker.faults.is_empty() {
        return Ok(rules);
    }
    checker.faults.sort_by_key(|fault| fault.line);
    Err(checker.faults)
}

struct Checker<'a> {
    text: &'a str,
    /// The place in the file of each handle.
    handles: HashMap<String, usize>,
    faults: Vec<FileFault>,
}

impl Checker<'_> {
    fn fault(&mut self, at: Range<usize>, message: impl Into<String>) {
        self.faults.push(FileFault {
            line: line(self.text, &at),
            message: message.into(),
        });
    }

    fn rule(&mut self, number: usize, at: Range<usize>, rule: &Rule, all: &[&Rule]) -> FileRule {
        let name = rule.name.get_ref().trim();
        if name.is_empty() {
            self.fault(
                rule.name.span(),
                "a rule needs a name: write name = \"customers\"",
            );
        }
        if !is_technical(rule.model.get_ref()) {
            let message = format!(
                "{:?} is no model: write its technical name, such as \"res.partner\"",
                rule.model.get_ref()
            );
            self.fault(rule.model.span(), message);
        }
        self.words(rule);
        let parent = self.parent(number, rule, all);
        FileRule {
            id: rule_id(name),
            sequence: rule.sequence.unwrap_or(USUAL_SEQUENCE) * BETWEEN
                + i64::try_from(number).unwrap_or(BETWEEN),
            line: line(self.text, &at),
            name: name.to_owned(),
            title: rule.title.clone(),
            model: rule.model.get_ref().clone(),
            domain: self.domain(rule),
            connection: self.connection(number, &at, all),
            company: rule.company.clone(),
            active: rule.active.unwrap_or(true),
            parent: parent.map(|parent| rule_id(all[parent].name.get_ref().trim())),
            parent_field: rule
                .parent_field
                .as_ref()
                .map(|field| field.get_ref().clone()),
            nest_field: rule
                .nest_field
                .as_ref()
                .map(|field| field.get_ref().clone()),
            below: rule.below.as_ref().is_some_and(|below| *below.get_ref()),
            name_expression: rule.folder_name.as_ref().map(|text| text.get_ref().clone()),
            leave: rule
                .leave
                .as_ref()
                .map_or_else(|| "keep".to_owned(), |word| word.get_ref().clone()),
            period: rule.period.as_ref().map(|period| period.get_ref().clone()),
            split: rule.split.as_ref().map(|split| split.get_ref().clone()),
            subfolders: rule
                .default
                .iter()
                .filter_map(|default| self.subfolder(default))
                .collect(),
        }
    }

    /// Words that must be known ones.
    fn words(&mut self, rule: &Rule) {
        if let Some(word) = &rule.leave {
            self.word(word.span(), word.get_ref(), &["keep", "archive", "stop"]);
        }
        if let Some(below) = rule.below.as_ref().filter(|_| rule.nest_field.is_none()) {
            let message = "below needs a nest_field: write nest_field = \"parent_id\"";
            self.fault(below.span(), message);
        }
        if let Some(period) = &rule.period {
            let (at, period) = (period.span(), period.get_ref());
            self.word(at.clone(), &period.direction, &["last", "this", "next"]);
            let units = ["day", "week", "month", "quarter", "year"];
            self.word(at, &period.unit, &units);
        }
        if let Some(split) = &rule.split
            && let Some(unit) = &split.get_ref().unit
        {
            self.word(split.span(), unit, &["year", "quarter", "month", "day"]);
        }
        if let Some(text) = &rule.folder_name
            && let Err(fault) = Expression::parse(text.get_ref())
        {
            self.fault(text.span(), fault.to_string());
        }
    }

    fn word(&mut self, at: Range<usize>, word: &str, known: &[&str]) {
        if !known.contains(&word) {
            let message = format!(
                "{word:?} is not known here: write one of {}",
                known.join(", ")
            );
            self.fault(at, message);
        }
    }

    /// The place of the rule above.
    fn parent(&mut self, number: usize, rule: &Rule, all: &[&Rule]) -> Option<usize> {
        let Some(named) = &rule.parent else {
            if let Some(field) = &rule.parent_field {
                let message = "parent_field needs a parent: write parent = \"the name of a rule\"";
                self.fault(field.span(), message);
            }
            return None;
        };
        if rule.parent_field.is_none() {
            let message = "parent needs a parent_field: write parent_field = \"partner_id\", the \
                           many2one from this model to the parent's";
            self.fault(named.span(), message);
        }
        let Some(parent) = self.handles.get(named.get_ref().trim()).copied() else {
            let message = format!("no rule is named {:?}: correct the parent", named.get_ref());
            self.fault(named.span(), message);
            return None;
        };
        if self.way_up(number, all).is_none() {
            self.fault(named.span(), "the rule is below itself: take a parent out");
            return None;
        }
        Some(parent)
    }

    /// The topmost rule above one; `None` where they run in a circle.
    fn way_up(&self, number: usize, all: &[&Rule]) -> Option<usize> {
        let mut at = number;
        for _ in 0..=all.len() {
            let above = all[at].parent.as_ref();
            match above.and_then(|above| self.handles.get(above.get_ref().trim())) {
                Some(above) => at = *above,
                None => return Some(at),
            }
        }
        None
    }

    /// Its own connection, or that of the rule above.
    fn connection(&mut self, number: usize, at: &Range<usize>, all: &[&Rule]) -> String {
        let Some(top) = self.way_up(number, all) else {
            return String::new();
        };
        let own = all[number].connection.as_ref();
        let Some(named) = all[top].connection.as_ref() else {
            if top == number {
                let message = "the connection is missing: write connection = \"its name\"";
                self.fault(at.clone(), message);
            }
            return String::new();
        };
        if let Some(own) = own.filter(|own| own.get_ref() != named.get_ref()) {
            let message = format!(
                "a rule stands in its parent's connection {:?}: take this one out",
                named.get_ref()
            );
            self.fault(own.span(), message);
        }
        named.get_ref().clone()
    }

    fn domain(&mut self, rule: &Rule) -> Vec<Value> {
        let Some(domain) = &rule.domain else {
            return Vec::new();
        };
        match domain.get_ref() {
            toml::Value::Array(parts) => match parts.iter().map(json).collect() {
                Some(parts) => parts,
                None => {
                    let message = "a domain holds text, numbers, true, false and arrays only: \
                                   write dates as text, such as \"2026-01-31\"";
                    self.fault(domain.span(), message);
                    Vec::new()
                }
            },
            _ => {
                let message = "this domain is Python, which only Odoo reads: write it as an array, \
                               such as [[\"active\", \"=\", true]], or use a period";
                self.fault(domain.span(), message);
                Vec::new()
            }
        }
    }

    fn subfolder(&mut self, default: &toml::Spanned<super::FileDefault>) -> Option<String> {
        let path = default.get_ref().path.trim();
        let parts: Vec<&str> = path.split('/').map(str::trim).collect();
        if parts.iter().any(|part| matches!(*part, "" | "." | "..")) {
            let message = format!("{path:?} is no path: write one such as \"Scans/Official\"");
            self.fault(default.span(), message);
            return None;
        }
        Some(parts.join("/"))
    }
}

/// Whether a text may be the technical name of a model.
fn is_technical(model: &str) -> bool {
    let is_sign = |sign: char| sign.is_ascii_alphanumeric() || "._".contains(sign);
    !model.is_empty() && model.chars().all(is_sign)
}

/// A value as JSON; `None` for what Odoo's domains do not have.
fn json(value: &toml::Value) -> Option<Value> {
    Some(match value {
        toml::Value::String(text) => Value::from(text.as_str()),
        toml::Value::Integer(number) => Value::from(*number),
        toml::Value::Float(number) => Value::from(*number),
        toml::Value::Boolean(flag) => Value::from(*flag),
        toml::Value::Array(parts) => Value::Array(parts.iter().map(json).collect::<Option<_>>()?),
        toml::Value::Datetime(_) | toml::Value::Table(_) => return None,
    })
}
