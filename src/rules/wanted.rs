//! Wanted folders: from rules and the records they matched to folders, each at its one place.
//!
//! A rule's folder → the folders of its records → in each of them the folder of every child rule
//! that has records there → their records' folders, to any depth. Names are Odoo's true names.
//! The outcome depends on the facts only, never on their order.

mod names;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use super::rule::{Record, Rule, Warning};
use crate::tree::ConnectionId;
use names::Names;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What a folder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FolderKind {
    Rule,
    Record,
}

/// One folder that the rules ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedFolder {
    /// Names it for good: `rule:<id>`, `rule:<id>@<model>:<res_id>` (a child rule's folder in a
    /// parent record's), `record:<model>:<res_id>`.
    pub key: String,
    /// Key of the folder it stands in; `None` is the connection's root.
    pub parent: Option<String>,
    pub name: String,
    pub kind: FolderKind,
    /// The rule that asks for it.
    pub rule: i64,
    /// Model and id, of a record's folder only.
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
}

/// The wanted folders of all rules of one database. `matched` holds the records of every rule; a
/// rule that is missing there could not be read, and nothing is said about its folders.
pub fn wanted(rules: &[Rule], matched: &BTreeMap<i64, Vec<Record>>) -> Wanted {
    let mut rules: Vec<&Rule> = rules.iter().collect();
    rules.sort_by_key(|rule| (rule.sequence, rule.id));
    let mut warnings = Vec::new();
    let frozen = frozen(&rules, matched);
    rules.retain(|rule| !frozen.contains(&rule.id));
    let parents = parents(&rules, &frozen, &mut warnings);
    let mut forest = Forest::new(rules, parents, matched);
    forest.settle(&mut warnings);
    let folders = forest.folders(&mut warnings);
    Wanted {
        folders,
        warnings,
        frozen,
    }
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

/// A record, by place of its model in the forest's list and id.
type Id = (usize, i64);

/// Records at their homes, and what each stands below.
struct Forest<'a> {
    rules: Vec<&'a Rule>,
    /// By rule: the place of the parent rule.
    parents: Vec<Option<usize>>,
    /// By rule: the number of its model.
    models: Vec<usize>,
    /// By rule: its records, ordered by id.
    records: Vec<Vec<&'a Record>>,
    /// By rule: the ids it matched.
    members: Vec<HashSet<i64>>,
    /// The first rule that matched a record.
    homes: HashMap<Id, (usize, &'a Record)>,
    /// Records that cannot stand below their parent, since it stands below them.
    cut: HashSet<Id>,
    /// Settled records: how many folders stand above each.
    depths: HashMap<Id, usize>,
}

impl<'a> Forest<'a> {
    fn new(
        rules: Vec<&'a Rule>,
        parents: Vec<Option<usize>>,
        matched: &'a BTreeMap<i64, Vec<Record>>,
    ) -> Self {
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut models = Vec::with_capacity(rules.len());
        let mut records = Vec::with_capacity(rules.len());
        for rule in &rules {
            let next = numbers.len();
            models.push(*numbers.entry(rule.model.as_str()).or_insert(next));
            let mut own: Vec<&Record> = matched.get(&rule.id).into_iter().flatten().collect();
            own.sort_by_key(|record| (record.id, record.archived));
            own.dedup_by_key(|record| record.id);
            records.push(own);
        }
        let members = records
            .iter()
            .map(|own| own.iter().map(|record| record.id).collect());
        let mut homes = HashMap::new();
        for archived in [false, true] {
            for (rule, own) in records.iter().enumerate() {
                for record in own.iter().filter(|record| record.archived == archived) {
                    homes
                        .entry((models[rule], record.id))
                        .or_insert((rule, *record));
                }
            }
        }
        Forest {
            members: members.collect(),
            parents,
            models,
            records,
            homes,
            cut: HashSet::new(),
            depths: HashMap::new(),
            rules,
        }
    }

    /// The record whose folder holds the folder of this one's rule; `None`: the rule's own. A
    /// parent whose home is in another cloud cannot hold it.
    fn above(&self, id: Id) -> Option<Id> {
        let (rule, record) = self.homes.get(&id)?;
        let parent = self.parents[*rule].filter(|_| !self.cut.contains(&id))?;
        let member = |above: &i64| self.members[parent].contains(above);
        let above = (self.models[parent], record.parent.filter(member)?);
        let home = self.rules[self.homes.get(&above)?.0];
        (home.connection == self.rules[*rule].connection).then_some(above)
    }

    /// Finds the depth of every live record and of all above it. Where homes go round in a
    /// circle, one record goes to its rule's own folder.
    fn settle(&mut self, warnings: &mut Vec<Warning>) {
        let mut circles: BTreeMap<usize, (usize, String)> = BTreeMap::new();
        for rule in 0..self.rules.len() {
            for place in 0..self.records[rule].len() {
                let record = self.records[rule][place];
                let start = (self.models[rule], record.id);
                let at_home = self.homes.get(&start).is_some_and(|home| home.0 == rule);
                if record.archived || !at_home {
                    continue;
                }
                if let Some(cut) = self.settle_one(start) {
                    let (rule, record) = self.homes[&cut];
                    let circle = circles
                        .entry(rule)
                        .or_insert((0, record.display_name.clone()));
                    circle.0 += 1;
                }
            }
        }
        for (rule, (records, example)) in circles {
            warnings.push(Warning {
                records,
                example: Some(example),
                ..Warning::about(
                    self.rules[rule].id,
                    "records stand below each other in a circle; one stands at the top",
                )
            });
        }
    }

    /// Walks up from one record to what is settled, then back down. Answers the record that was
    /// cut, if any.
    fn settle_one(&mut self, start: Id) -> Option<Id> {
        let mut path = vec![start];
        let mut seen = HashSet::from([start]);
        let mut cut = None;
        while let Some(above) = path.last().and_then(|last| self.above(*last)) {
            if self.depths.contains_key(&above) {
                break;
            }
            if seen.insert(above) {
                path.push(above);
            } else {
                cut = path.last().copied();
                self.cut.extend(cut);
            }
        }
        while let Some(id) = path.pop() {
            let above = self.above(id).and_then(|above| self.depths.get(&above));
            let depth = above.map_or(1, |depth| depth + 2);
            self.depths.insert(id, depth);
        }
        cut
    }

    /// Every folder, parents before children.
    fn folders(&self, warnings: &mut Vec<Warning>) -> Vec<WantedFolder> {
        let mut found: Vec<(usize, usize, i64, WantedFolder)> = Vec::new();
        let mut rule_folders: HashSet<(usize, Option<Id>)> = HashSet::new();
        for number in 0..self.rules.len() {
            if self.parents[number].is_none() && rule_folders.insert((number, None)) {
                found.push((0, number, 0, self.rule_folder(number, None)));
            }
        }
        for (number, records) in self.records.iter().enumerate() {
            let mut names = Names::new(self.rules[number]);
            for record in records {
                let id = (self.models[number], record.id);
                let at_home = self.homes.get(&id).is_some_and(|home| home.0 == number);
                let Some(depth) = self.depths.get(&id).filter(|_| at_home) else {
                    continue;
                };
                let above = self.above(id);
                if rule_folders.insert((number, above)) {
                    let order = above.map_or(0, |above| above.1);
                    found.push((depth - 1, number, order, self.rule_folder(number, above)));
                }
                let folder = WantedFolder {
                    key: record_key(&self.rules[number].model, record.id),
                    parent: Some(self.rule_key(number, above)),
                    name: names.name(record),
                    kind: FolderKind::Record,
                    rule: self.rules[number].id,
                    record: Some((self.rules[number].model.clone(), record.id)),
                    connection: self.rules[number].connection,
                    in_scope: !record.archived,
                };
                found.push((*depth, number, record.id, folder));
            }
            warnings.extend(names.warnings());
        }
        found.sort_by_key(|(depth, rule, order, _)| (*depth, *rule, *order));
        found.into_iter().map(|(.., folder)| folder).collect()
    }

    fn rule_folder(&self, number: usize, above: Option<Id>) -> WantedFolder {
        let rule = self.rules[number];
        WantedFolder {
            key: self.rule_key(number, above),
            parent: above.map(|(_, id)| record_key(self.parent_model(number), id)),
            name: rule.folder_name().to_owned(),
            kind: FolderKind::Rule,
            rule: rule.id,
            record: None,
            connection: rule.connection,
            in_scope: true,
        }
    }

    fn rule_key(&self, number: usize, above: Option<Id>) -> String {
        let rule = self.rules[number].id;
        match above {
            Some((_, id)) => format!("rule:{rule}@{}:{id}", self.parent_model(number)),
            None => format!("rule:{rule}"),
        }
    }

    fn parent_model(&self, number: usize) -> &'a str {
        let parent = self.parents[number].expect("only a child rule stands in a record's folder");
        &self.rules[parent].model
    }
}

/// The key of a record's folder.
pub fn record_key(model: &str, id: i64) -> String {
    format!("record:{model}:{id}")
}
