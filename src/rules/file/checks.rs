//! What a file says, checked: names that are there, words that are known, domains that are lists.

use super::parts::{default, period, split};
use super::shape::{Rule, Shaped};
use super::{FileFault, FileRule, line, rule_id};
use crate::rules::Expression;
use serde_json::{Number, Value};
use std::collections::HashMap;
use std::ops::{Range, RangeInclusive};
use toml::Spanned;

/// Sequence of a rule that names none, as in Odoo.
const USUAL_SEQUENCE: i64 = 10;

/// Rules of one sequence at most, in their order.
const BETWEEN: i64 = 100_000;

/// What Odoo's whole numbers hold.
const WHOLE: RangeInclusive<i64> = i32::MIN as i64..=i32::MAX as i64;

/// Turns written rules into rules, or finds every mistake.
pub(super) fn check(text: &str, file: Shaped) -> Result<Vec<FileRule>, Vec<FileFault>> {
    if file.rule.is_empty() {
        return Err(vec![FileFault {
            line: 1,
            message: "the file holds no rule: write tables [[rule]]".into(),
        }]);
    }
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

/// What is wrong so far.
pub(super) struct Checker<'a> {
    text: &'a str,
    /// The place in the file of each handle.
    handles: HashMap<String, usize>,
    faults: Vec<FileFault>,
}

impl Checker<'_> {
    pub(super) fn fault(&mut self, at: Range<usize>, message: impl Into<String>) {
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
            sequence: self.sequence(rule) * BETWEEN + i64::try_from(number).unwrap_or(BETWEEN),
            line: line(self.text, &at),
            name: name.to_owned(),
            title: said(&rule.title),
            model: rule.model.get_ref().clone(),
            domain: self.domain(rule),
            connection: self.connection(number, &at, all),
            company: said(&rule.company),
            active: rule.active.unwrap_or(true),
            parent: parent.map(|parent| rule_id(all[parent].name.get_ref().trim())),
            parent_field: said(&rule.parent_field),
            nest_field: said(&rule.nest_field),
            below: rule.below.as_ref().is_some_and(|below| *below.get_ref()),
            name_expression: said(&rule.folder_name),
            leave: said(&rule.leave).unwrap_or_else(|| "keep".into()),
            period: rule.period.as_ref().map(|written| period(self, written)),
            split: rule.split.as_ref().map(|written| split(self, written)),
            subfolders: default(self, &rule.default),
        }
    }

    fn sequence(&mut self, rule: &Rule) -> i64 {
        let written = rule.sequence.as_ref();
        written.map_or(USUAL_SEQUENCE, |written| {
            self.whole(written, "sequence", WHOLE)
        })
    }

    /// A whole number within bounds; the nearest one where it is not.
    pub(super) fn whole(
        &mut self,
        written: &Spanned<i64>,
        key: &str,
        within: RangeInclusive<i64>,
    ) -> i64 {
        let (least, most) = (*within.start(), *within.end());
        if !within.contains(written.get_ref()) {
            let message = format!("{key} must be a whole number from {least} to {most}");
            self.fault(written.span(), message);
        }
        (*written.get_ref()).clamp(least, most)
    }

    /// Words that must be known ones.
    fn words(&mut self, rule: &Rule) {
        if let Some(word) = &rule.leave {
            self.word(word, &["keep", "archive", "stop"]);
        }
        if let Some(below) = &rule.below
            && *below.get_ref()
            && rule.nest_field.is_none()
        {
            let message = "below needs a nest_field: write nest_field = \"parent_id\"";
            self.fault(below.span(), message);
        }
        if let Some(text) = &rule.folder_name
            && let Err(fault) = Expression::parse(text.get_ref())
        {
            self.fault(text.span(), fault.to_string());
        }
    }

    /// One of the words that are known here.
    pub(super) fn word(&mut self, word: &Spanned<String>, known: &[&str]) {
        let (at, word) = (word.span(), word.get_ref());
        if !known.contains(&word.as_str()) {
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
}

/// The text, where there is one.
fn said(text: &Option<Spanned<String>>) -> Option<String> {
    text.as_ref().map(|text| text.get_ref().clone())
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
        toml::Value::Float(number) => Number::from_f64(*number)?.into(),
        toml::Value::Boolean(flag) => Value::from(*flag),
        toml::Value::Array(parts) => Value::Array(parts.iter().map(json).collect::<Option<_>>()?),
        toml::Value::Datetime(_) | toml::Value::Table(_) => return None,
    })
}
