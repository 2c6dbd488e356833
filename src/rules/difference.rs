//! The difference between the wanted folders and those there are: the fewest changes, in order.
//!
//! Nothing is ever deleted: what no rule asks for any more goes out of scope, as its rule says.
//! Shortcuts alone are dropped; they hold nothing. After the changes were made, the difference is
//! empty.

mod leaving;
#[cfg(test)]
mod leaving_tests;
#[cfg(test)]
mod tests;

use super::rule::Warning;
use super::wanted::{Wanted, WantedFolder};
use crate::tree::ConnectionId;
use std::collections::{BTreeMap, HashMap};

/// An automatic folder that Odoo has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Existing {
    /// Odoo's id of the folder.
    pub id: i64,
    /// As in [`WantedFolder::key`].
    pub key: String,
    pub name: String,
    /// Odoo's id of the folder it stands in.
    pub parent: Option<i64>,
    pub connection: ConnectionId,
    pub in_scope: bool,
    /// Nothing in it is synced, since its record left a rule that says so.
    pub stopped: bool,
    /// The rule that its place comes from, as far as Odoo knows.
    pub rule: Option<i64>,
}

/// Where a folder goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Parent {
    /// Odoo's id of a folder.
    Folder(i64),
    /// The key of a folder that an earlier change creates.
    Key(String),
}

/// One thing to do to Odoo's folders. Doing it twice is the same as once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Create {
        folder: WantedFolder,
        parent: Parent,
    },
    Rename {
        id: i64,
        name: String,
    },
    Move {
        id: i64,
        parent: Parent,
        /// The rule that its place comes from now.
        rule: Option<i64>,
    },
    Scope {
        id: i64,
        in_scope: bool,
        /// Whether it stops being synced; never in scope.
        stopped: bool,
    },
    /// A shortcut goes.
    Drop {
        id: i64,
    },
}

/// What is left to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// In order: each may need those before it.
    pub changes: Vec<Change>,
    pub warnings: Vec<Warning>,
}

/// What has to change. `roots` holds the root folder of every connection that is in use; folders
/// of others, those of frozen rules, and those of and in hidden records are left alone. A folder that should change its cloud
/// stays where it is and is named in a warning: its bytes have to come home first.
pub fn difference(
    wanted: &Wanted,
    existing: &[Existing],
    roots: &BTreeMap<ConnectionId, i64>,
) -> Difference {
    let mut comparison = Comparison::new(wanted, existing, roots);
    for folder in &wanted.folders {
        comparison.compare(folder);
    }
    comparison.leave();
    comparison.finish()
}

/// Where a wanted folder is, now or after an earlier change.
#[derive(Clone)]
struct Placed {
    at: Parent,
    connection: ConnectionId,
}

struct Comparison<'a> {
    wanted: &'a Wanted,
    existing: &'a [Existing],
    roots: &'a BTreeMap<ConnectionId, i64>,
    by_id: HashMap<i64, &'a Existing>,
    by_key: HashMap<&'a str, &'a Existing>,
    placed: HashMap<&'a str, Placed>,
    /// What each folder stands in after the changes so far.
    above: HashMap<Parent, Parent>,
    changes: Vec<Change>,
    other_cloud: BTreeMap<i64, (usize, String)>,
    circles: BTreeMap<i64, (usize, String)>,
}

impl<'a> Comparison<'a> {
    fn new(
        wanted: &'a Wanted,
        existing: &'a [Existing],
        roots: &'a BTreeMap<ConnectionId, i64>,
    ) -> Self {
        let mut by_key: HashMap<&str, &Existing> = HashMap::new();
        let mut above = HashMap::new();
        for folder in existing {
            let known = by_key.entry(&folder.key).or_insert(folder);
            if folder.id < known.id {
                *known = folder;
            }
            if let Some(parent) = folder.parent {
                above.insert(Parent::Folder(folder.id), Parent::Folder(parent));
            }
        }
        Comparison {
            wanted,
            existing,
            roots,
            by_id: existing.iter().map(|folder| (folder.id, folder)).collect(),
            by_key,
            placed: HashMap::new(),
            above,
            changes: Vec::new(),
            other_cloud: BTreeMap::new(),
            circles: BTreeMap::new(),
        }
    }

    fn compare(&mut self, folder: &'a WantedFolder) {
        let parent = match &folder.parent {
            None => self.roots.get(&folder.connection).map(|root| Placed {
                at: Parent::Folder(*root),
                connection: folder.connection,
            }),
            Some(key) => self.placed.get(key.as_str()).cloned(),
        };
        let parent = parent.filter(|parent| parent.connection == folder.connection);
        let known = self.by_key.get(folder.key.as_str()).copied();
        let placed = match (known, parent) {
            (Some(known), parent) => {
                if self.is_frozen(known) || !self.roots.contains_key(&known.connection) {
                    // Nothing is known about what it should be.
                } else if known.connection != folder.connection {
                    note(&mut self.other_cloud, folder);
                } else if let Some(parent) = parent {
                    self.adjust(known, folder, parent.at);
                }
                Placed {
                    at: Parent::Folder(known.id),
                    connection: known.connection,
                }
            }
            (None, Some(parent)) => {
                let at = Parent::Key(folder.key.clone());
                self.above.insert(at.clone(), parent.at.clone());
                self.changes.push(Change::Create {
                    folder: folder.clone(),
                    parent: parent.at,
                });
                Placed {
                    at,
                    connection: folder.connection,
                }
            }
            (None, None) => return,
        };
        self.placed.insert(&folder.key, placed);
    }

    /// Brings a folder there is to its name, place and scope.
    fn adjust(&mut self, known: &Existing, folder: &WantedFolder, parent: Parent) {
        let id = known.id;
        if known.name != folder.name {
            self.changes.push(Change::Rename {
                id,
                name: folder.name.clone(),
            });
        }
        let is_there = known.parent.map(Parent::Folder).as_ref() == Some(&parent);
        if !is_there || known.rule != Some(folder.rule) {
            if !is_there && self.stands_below(&parent, &Parent::Folder(id)) {
                note(&mut self.circles, folder);
            } else {
                self.put(id, parent, Some(folder.rule));
            }
        }
        if known.in_scope != folder.in_scope || known.stopped {
            self.changes.push(Change::Scope {
                id,
                in_scope: folder.in_scope,
                stopped: false,
            });
        }
    }

    fn put(&mut self, id: i64, parent: Parent, rule: Option<i64>) {
        self.above.insert(Parent::Folder(id), parent.clone());
        self.changes.push(Change::Move { id, parent, rule });
    }

    /// Whether `folder` is `top` or stands anywhere below it. Only a folder that is left where it
    /// is, because its rule cannot be read, can be in the way like this.
    fn stands_below(&self, folder: &Parent, top: &Parent) -> bool {
        let mut next = Some(folder);
        let mut steps = 0;
        while let Some(here) = next.filter(|_| steps <= self.above.len()) {
            if here == top {
                return true;
            }
            next = self.above.get(here);
            steps += 1;
        }
        false
    }

    /// Whether the rule that a folder belongs to could not be read, or a record that it is of or
    /// stands in is hidden. A record's folder belongs to the rule whose folder it stands in.
    fn is_frozen(&self, known: &'a Existing) -> bool {
        let is_hidden = |known: &Existing| self.wanted.hidden.contains(&known.key);
        if !self.wanted.hidden.is_empty()
            && (is_hidden(known) || self.above_now(known).any(is_hidden))
        {
            return true;
        }
        let parent = known.parent.and_then(|parent| self.by_id.get(&parent));
        let rule = rule_of(&known.key).or_else(|| parent.and_then(|parent| rule_of(&parent.key)));
        rule.or(known.rule)
            .is_some_and(|rule| self.wanted.frozen.contains(&rule))
    }

    fn finish(self) -> Difference {
        let told = |faults: BTreeMap<i64, (usize, String)>, message: &'static str| {
            faults
                .into_iter()
                .map(move |(rule, (records, example))| Warning {
                    rule: Some(rule),
                    message: message.to_owned(),
                    records,
                    example: Some(example),
                })
        };
        let cloud = told(
            self.other_cloud,
            "folders belong to another cloud now; they stay until their files were brought home",
        );
        let circle = told(self.circles, "folders cannot move below themselves");
        Difference {
            warnings: cloud.chain(circle).collect(),
            changes: self.changes,
        }
    }
}

fn note(faults: &mut BTreeMap<i64, (usize, String)>, folder: &WantedFolder) {
    faults
        .entry(folder.rule)
        .or_insert((0, folder.name.clone()))
        .0 += 1;
}

/// The rule in the key of a rule's folder or of a shortcut; `None` for a record's.
fn rule_of(key: &str) -> Option<i64> {
    let id = key
        .strip_prefix("rule:")
        .or_else(|| key.strip_prefix("shortcut:"))?;
    id.split(['@', '/', '#']).next()?.parse().ok()
}
