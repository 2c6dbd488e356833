//! Small worlds for the tests: rules, records, and an Odoo that does what it is told.

use super::difference::{Change, Existing, Parent};
use super::rule::{Leave, Record, Rule, Values};
use super::split::SplitFolder;
use super::wanted::{FolderKind, Wanted, wanted};
use crate::tree::ConnectionId;
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// One of a few clouds.
pub(super) fn cloud(number: u128) -> ConnectionId {
    ConnectionId(Uuid::from_u128(number))
}

/// The roots of clouds 1 and 2.
pub(super) fn roots() -> BTreeMap<ConnectionId, i64> {
    BTreeMap::from([(cloud(1), 1), (cloud(2), 2)])
}

/// A rule without conditions, as the first cloud's.
pub(super) fn rule(id: i64, model: &str) -> Rule {
    Rule::of(id, model, cloud(1))
}

/// The same below another rule.
pub(super) fn below(parent: i64, rule: Rule) -> Rule {
    Rule {
        parent: Some(parent),
        parent_field: Some("parent_id".into()),
        ..rule
    }
}

/// The same with a title.
pub(super) fn titled(title: &str, rule: Rule) -> Rule {
    Rule {
        title: Some(title.into()),
        ..rule
    }
}

/// A record that may point to another.
pub(super) fn record(id: i64, name: &str, parent: Option<i64>) -> Record {
    Record {
        id,
        display_name: name.into(),
        parent,
        nest: None,
        split: None,
        values: Values::from_iter([("name", Value::from(name))]),
        archived: false,
        hidden: false,
    }
}

/// Every wanted folder as a path of names, sorted, connections told apart by their number and
/// shortcuts by an arrow.
pub(super) fn paths(wanted: &Wanted) -> Vec<String> {
    let mut known: BTreeMap<&str, String> = BTreeMap::new();
    for folder in &wanted.folders {
        let above = match &folder.parent {
            Some(parent) => format!("{}/", known[parent.as_str()]),
            None if folder.connection == cloud(1) => String::new(),
            None => format!("{}:", folder.connection.0.as_u128()),
        };
        let arrow = match folder.kind {
            FolderKind::Shortcut => "→",
            FolderKind::Rule | FolderKind::Record => "",
        };
        known.insert(&folder.key, format!("{above}{arrow}{}", folder.name));
    }
    let mut paths: Vec<String> = known.into_values().collect();
    paths.sort();
    paths
}

/// Odoo's automatic folders.
#[derive(Clone, Debug, Default)]
pub(super) struct Folders {
    pub list: Vec<Existing>,
    pub next: i64,
}

impl Folders {
    /// Makes changes in order; an order that cannot be followed panics.
    pub fn apply(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Create { folder, parent } => {
                    assert!(self.list.iter().all(|known| known.key != folder.key));
                    let parent = self.resolve(parent);
                    self.next += 1;
                    self.list.push(Existing {
                        id: 100 + self.next,
                        key: folder.key.clone(),
                        name: folder.name.clone(),
                        parent: Some(parent),
                        connection: folder.connection,
                        in_scope: folder.in_scope,
                        stopped: false,
                        rule: Some(folder.rule),
                    });
                }
                Change::Rename { id, name } => self.get(*id).name.clone_from(name),
                Change::Move { id, parent, rule } => {
                    self.get(*id).rule = *rule;
                    let parent = self.resolve(parent);
                    let mut above = Some(parent);
                    while let Some(here) = above {
                        assert_ne!(here, *id, "a folder moves below itself");
                        above = self
                            .list
                            .iter()
                            .find(|f| f.id == here)
                            .and_then(|f| f.parent);
                    }
                    self.get(*id).parent = Some(parent);
                }
                Change::Scope {
                    id,
                    in_scope,
                    stopped,
                } => {
                    let folder = self.get(*id);
                    (folder.in_scope, folder.stopped) = (*in_scope, *stopped);
                }
                Change::Drop { id } => {
                    assert!(self.get(*id).key.starts_with("shortcut:"));
                    self.list.retain(|folder| folder.id != *id);
                }
            }
        }
    }

    fn resolve(&self, parent: &Parent) -> i64 {
        match parent {
            Parent::Folder(id) => *id,
            Parent::Key(key) => {
                let made = self.list.iter().find(|folder| folder.key == *key);
                made.expect("parents are made first").id
            }
        }
    }

    fn get(&mut self, id: i64) -> &mut Existing {
        let found = self.list.iter_mut().find(|folder| folder.id == id);
        found.expect("only folders there are change")
    }
}

/// Rules and what they matched.
pub(super) type World = (Vec<Rule>, BTreeMap<i64, Vec<Record>>);

/// Up to five rules on three models, related, nested and split anyhow, circles included.
pub(super) fn worlds() -> impl Strategy<Value = World> {
    let one = (
        0..3_usize,
        0..4_i64,
        prop::option::of(0..5_i64),
        prop::bool::weighted(0.9),
        1..3_u128,
        prop::bool::weighted(0.85),
        prop::collection::vec(
            (
                0..6_i64,
                prop::option::of(0..6_i64),
                prop::option::weighted(0.3, 0..6_i64),
                0..6_u8,
            ),
            0..8,
        ),
        0..3_usize,
    );
    prop::collection::vec(one, 0..5).prop_map(|drawn| {
        let mut rules = Vec::new();
        let mut matched = BTreeMap::new();
        for (number, (model, sequence, parent, field, home, read, records, leave)) in
            drawn.into_iter().enumerate()
        {
            let id = i64::try_from(number).expect("few");
            rules.push(Rule {
                sequence,
                parent,
                parent_field: field.then(|| "parent_id".to_owned()),
                connection: cloud(if home == 1 || number < 3 { 1 } else { 2 }),
                leave: [Leave::Keep, Leave::Archive, Leave::Stop][leave],
                ..rule(id, ["a", "b", "c"][model])
            });
            let drawn = records.into_iter().map(|(id, parent, nest, kind)| Record {
                archived: kind % 3 == 2,
                nest,
                split: (kind > 2).then(|| SplitFolder {
                    key: parent.unwrap_or_default().to_string(),
                    name: "value".into(),
                    record: None,
                }),
                ..record(id, &format!("{id}{kind}"), parent)
            });
            if read {
                matched.insert(id, drawn.collect());
            }
        }
        (rules, matched)
    })
}

/// What a world wants.
pub(super) fn of((rules, matched): &World) -> Wanted {
    wanted(rules, matched)
}
