//! From the settled forest to folders: rules' folders where they have records, split folders, the
//! records' own, and shortcuts to those that have their home elsewhere.

use super::super::rule::{Record, Warning};
use super::super::split::SplitFolder;
use super::forest::{Forest, Id, Place};
use super::names::Names;
use super::{FolderKind, WantedFolder, record_key};
use std::collections::{HashMap, HashSet};

/// Folders that were found, with what they are sorted by: depth, rule, and what tells those of
/// one rule apart.
type Found = Vec<((usize, usize, i64, String), WantedFolder)>;

/// Every folder, parents before children.
pub(super) fn folders(forest: &Forest<'_>, warnings: &mut Vec<Warning>) -> Vec<WantedFolder> {
    let mut making = Making {
        forest,
        found: Vec::new(),
        made: HashSet::new(),
    };
    for number in 0..forest.rules.len() {
        if forest.parents[number].is_none() {
            making.rule_folder(number, Place::Top);
        }
    }
    let mut names = HashMap::new();
    for number in 0..forest.rules.len() {
        making.records(number, &mut names, warnings);
    }
    for number in 0..forest.rules.len() {
        making.shortcuts(number, &names);
    }
    making.found.sort_by(|(one, _), (other, _)| one.cmp(other));
    making.found.into_iter().map(|(_, folder)| folder).collect()
}

struct Making<'f, 'a> {
    forest: &'f Forest<'a>,
    found: Found,
    /// Keys of rules' and split folders that were found.
    made: HashSet<String>,
}

impl Making<'_, '_> {
    /// The folders of the records that have their home in a rule.
    fn records(
        &mut self,
        number: usize,
        names: &mut HashMap<Id, String>,
        warnings: &mut Vec<Warning>,
    ) {
        let forest = self.forest;
        let rule = forest.rules[number];
        let mut named = Names::new(rule);
        for record in &forest.records[number] {
            let id = (forest.models[number], record.id);
            let at_home = forest.home(id) == Some(number);
            let Some(depth) = forest.depth(id).filter(|_| at_home) else {
                continue;
            };
            // Where a hidden one stands is not known: nothing is made for it.
            let parent = (!record.hidden).then(|| self.holder(number, record));
            let name = match record.hidden {
                true => record.display_name.clone(),
                false => named.name(record),
            };
            names.insert(id, name.clone());
            let folder = WantedFolder {
                key: record_key(&rule.model, record.id),
                parent,
                name,
                kind: FolderKind::Record,
                rule: rule.id,
                record: Some((rule.model.clone(), record.id)),
                connection: rule.connection,
                in_scope: !record.archived,
            };
            let order = (depth, number, record.id, String::new());
            self.found.push((order, folder));
        }
        warnings.extend(named.warnings());
    }

    /// Where a rule matched records that have their home in another.
    fn shortcuts(&mut self, number: usize, names: &HashMap<Id, String>) {
        let forest = self.forest;
        let rule = forest.rules[number];
        for record in &forest.records[number] {
            let id = (forest.models[number], record.id);
            let elsewhere = forest.home(id) != Some(number) && !record.archived;
            let Some(name) = names.get(&id).filter(|_| elsewhere) else {
                continue;
            };
            let depth = forest.depth_at(self.place(number, record));
            let folder = WantedFolder {
                key: format!("shortcut:{}@{}:{}", rule.id, rule.model, record.id),
                parent: Some(self.holder(number, record)),
                name: name.clone(),
                kind: FolderKind::Shortcut,
                rule: rule.id,
                record: Some((rule.model.clone(), record.id)),
                connection: rule.connection,
                in_scope: true,
            };
            let order = (depth, number, record.id, String::new());
            self.found.push((order, folder));
        }
    }

    /// A place whose record has a folder itself.
    fn place(&self, number: usize, record: &Record) -> Place {
        let place = self.forest.place(number, record);
        let is_there = |above: Id| self.forest.depth(above).is_some();
        match place.record() {
            Some(above) if !is_there(above) => Place::Top,
            _ => place,
        }
    }

    /// Key of the folder that a record's folder or shortcut stands in; the folders above it that
    /// are the rule's are made on the way.
    fn holder(&mut self, number: usize, record: &Record) -> String {
        let place = self.place(number, record);
        if let Place::In((_, id)) = place {
            return record_key(&self.forest.rules[number].model, id);
        }
        let key = self.rule_folder(number, place);
        match &record.split {
            Some(value) => self.split_folder(number, place, key, value),
            None => key,
        }
    }

    /// The rule's own folder at a place; answers its key.
    fn rule_folder(&mut self, number: usize, place: Place) -> String {
        let rule = self.forest.rules[number];
        let above = place
            .record()
            .map(|(_, id)| (record_key(self.parent_model(number), id), id));
        let key = match place.record() {
            Some((_, id)) => format!("rule:{}@{}:{id}", rule.id, self.parent_model(number)),
            None => format!("rule:{}", rule.id),
        };
        if self.made.insert(key.clone()) {
            let depth = self.forest.depth_at(place) - 2;
            let order = above.as_ref().map_or(0, |above| above.1);
            let folder = WantedFolder {
                key: key.clone(),
                parent: above.map(|above| above.0),
                name: rule.folder_name().to_owned(),
                kind: FolderKind::Rule,
                rule: rule.id,
                record: None,
                connection: rule.connection,
                in_scope: true,
            };
            self.found
                .push(((depth, number, order, String::new()), folder));
        }
        key
    }

    /// The folder of a value in a rule's; answers its key.
    fn split_folder(
        &mut self,
        number: usize,
        place: Place,
        above: String,
        value: &SplitFolder,
    ) -> String {
        let rule = self.forest.rules[number];
        let key = format!("{above}/{}", value.key);
        if self.made.insert(key.clone()) {
            let depth = self.forest.depth_at(place) - 1;
            let order = place.record().map_or(0, |above| above.1);
            let folder = WantedFolder {
                key: key.clone(),
                parent: Some(above),
                name: value.name.clone(),
                kind: FolderKind::Rule,
                rule: rule.id,
                record: value
                    .record
                    .as_ref()
                    .map(|(model, id)| (model.to_string(), *id)),
                connection: rule.connection,
                in_scope: true,
            };
            self.found
                .push(((depth, number, order, value.key.clone()), folder));
        }
        key
    }

    fn parent_model(&self, number: usize) -> &str {
        let parent = self.forest.parents[number];
        let parent = parent.expect("only a child rule stands in a record's folder");
        &self.forest.rules[parent].model
    }
}
