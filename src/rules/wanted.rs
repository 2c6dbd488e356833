//! Wanted folders: from rules and the records they matched to folders, each at its one place.
//!
//! A rule's folder → the folders of its records → in each of them the folder of every child rule
//! that has records there → their records' folders, to any depth. Records may also stand in each
//! other, and a split puts one folder more between. Names are Odoo's true names. The outcome
//! depends on the facts only, never on their order.

mod folders;
mod forest;
mod names;
#[cfg(test)]
mod placing;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use super::rule::{Leave, Record, Rule, Warning};
use crate::tree::ConnectionId;
use forest::Forest;
use std::collections::{BTreeMap, BTreeSet};

/// What a folder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FolderKind {
    /// A rule's, a split folder included.
    Rule,
    Record,
    /// Shown in Odoo only: it leads to the folder of a record that has its home in another rule.
    Shortcut,
}

/// One folder that the rules ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedFolder {
    /// Names it for good: `rule:<id>`, `rule:<id>@<model>:<res_id>` (a child rule's folder in a
    /// parent record's), either with `/<value>` behind it (a split folder),
    /// `record:<model>:<res_id>`, `shortcut:<id>@<model>:<res_id>`.
    pub key: String,
    /// Key of the folder it stands in; `None` is the connection's root.
    pub parent: Option<String>,
    pub name: String,
    pub kind: FolderKind,
    /// The rule that asks for it.
    pub rule: i64,
    /// Model and id: of a record's folder, of a shortcut to it, and of what a split folder's value
    /// points to.
    pub record: Option<(String, i64)>,
    pub connection: ConnectionId,
    /// Not so for an archived record, whose folder only holds those of others.
    pub in_scope: bool,
}

/// Everything the rules ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Parents before children.
    pub folders: Vec<WantedFolder>,
    pub warnings: Vec<Warning>,
    /// Rules whose records are not known now, and those below them: their folders stay as they are.
    pub frozen: BTreeSet<i64>,
    /// Keys of the folders of records that are hidden: they, and all in them, stay as they are.
    pub hidden: BTreeSet<String>,
    /// By rule: what becomes of the folders of records that no rule matches any more.
    pub leave: BTreeMap<i64, Leave>,
}

/// The wanted folders of all rules of one database. `matched` holds the records of every rule; a
/// rule that is missing there could not be read, and nothing is said about its folders.
pub fn wanted(rules: &[Rule], matched: &BTreeMap<i64, Vec<Record>>) -> Wanted {
    let mut rules: Vec<&Rule> = rules.iter().collect();
    rules.sort_by_key(|rule| (rule.sequence, rule.id));
    let mut warnings = Vec::new();
    let leave = rules.iter().map(|rule| (rule.id, rule.leave)).collect();
    let frozen = frozen(&rules, matched);
    rules.retain(|rule| !frozen.contains(&rule.id));
    let hidden = hidden(&rules, matched);
    let parents = parents(&rules, &frozen, &mut warnings);
    let mut forest = Forest::new(rules, parents, matched);
    forest.settle(&mut warnings);
    let folders = folders::folders(&forest, &mut warnings);
    Wanted {
        folders,
        warnings,
        frozen,
        hidden,
        leave,
    }
}

fn hidden(rules: &[&Rule], matched: &BTreeMap<i64, Vec<Record>>) -> BTreeSet<String> {
    let of = |rule: &&Rule| {
        let model = rule.model.clone();
        let records = matched.get(&rule.id).into_iter().flatten();
        let hidden = records.filter(|record| record.hidden);
        hidden.map(move |record| record_key(&model, record.id))
    };
    rules.iter().flat_map(of).collect()
}

/// Rules without known records, and every rule below one.
fn frozen(rules: &[&Rule], matched: &BTreeMap<i64, Vec<Record>>) -> BTreeSet<i64> {
    let unread = rules.iter().filter(|rule| !matched.contains_key(&rule.id));
    let mut frozen: BTreeSet<i64> = unread.map(|rule| rule.id).collect();
    loop {
        let before = frozen.len();
        let below = rules.iter().filter(|rule| {
            let parent = rule.parent.filter(|_| rule.parent_field.is_some());
            parent.is_some_and(|parent| frozen.contains(&parent))
        });
        let below: Vec<i64> = below.map(|rule| rule.id).collect();
        frozen.extend(below);
        if frozen.len() == before {
            return frozen;
        }
    }
}

/// The place in `rules` of each rule's parent, where the relation works.
fn parents(
    rules: &[&Rule],
    frozen: &BTreeSet<i64>,
    warnings: &mut Vec<Warning>,
) -> Vec<Option<usize>> {
    let place = |id: i64| rules.iter().position(|rule| rule.id == id);
    let mut parents = vec![None; rules.len()];
    for (number, rule) in rules.iter().enumerate() {
        let Some(id) = rule.parent else { continue };
        let mut unusable = |why: &str| {
            let message = format!("{why}; its folders stand at the top");
            warnings.push(Warning::about(rule.id, message));
        };
        match place(id) {
            _ if rule.parent_field.is_none() => {
                unusable("the rule has a parent rule and no parent field");
            }
            None if frozen.contains(&id) => {}
            None => unusable("the rule's parent rule is not active"),
            Some(parent) if rules[parent].connection != rule.connection => {
                unusable("the rule's parent rule belongs to another cloud");
            }
            Some(parent) => {
                let mut above = Some(parent);
                while let Some(next) = above.filter(|next| *next != number) {
                    above = parents[next];
                }
                if above.is_some() {
                    unusable("the rule is below itself");
                } else {
                    parents[number] = Some(parent);
                }
            }
        }
    }
    parents
}

/// The key of a record's folder.
pub fn record_key(model: &str, id: i64) -> String {
    format!("record:{model}:{id}")
}
