//! The automatic folders as they would be, each beside what it is today.

use super::super::difference::{Change, Existing, Parent, difference};
use super::super::rule::Warning;
use super::super::wanted::WantedFolder;
use super::{Asked, Changed};
use crate::tree::ConnectionId;
use std::collections::HashMap;

/// One folder.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    pub name: String,
    /// By place in the list; `None` stands in the connection's root.
    pub parent: Option<usize>,
    pub kind: &'static str,
    pub rule: Option<i64>,
    pub record: Option<(String, i64)>,
    pub connection: ConnectionId,
    pub in_scope: bool,
    pub is_new: bool,
    pub has_left: bool,
    pub is_back: bool,
    /// Name, parent and rule of today; `None` for a new one.
    pub before: Option<(String, Option<usize>, Option<i64>)>,
}

impl Folder {
    pub fn is_renamed(&self) -> bool {
        self.before
            .as_ref()
            .is_some_and(|before| before.0 != self.name)
    }

    pub fn is_moved(&self) -> bool {
        self.before
            .as_ref()
            .is_some_and(|before| before.1 != self.parent)
    }

    /// What became of it in one word.
    pub fn state(&self) -> &'static str {
        match self {
            _ if self.is_new => "new",
            _ if self.has_left => "left",
            _ if self.is_moved() => "moved",
            _ if self.is_renamed() => "renamed",
            _ => "same",
        }
    }

    /// Whether a rule has or had its place.
    pub fn is_of(&self, rule: i64) -> bool {
        let before = self.before.as_ref().and_then(|before| before.2);
        self.rule == Some(rule) || before == Some(rule)
    }
}

/// All of them, and what is told about the difference.
pub(super) struct After<'a> {
    pub folders: Vec<Folder>,
    pub warnings: Vec<Warning>,
    by_id: HashMap<i64, usize>,
    by_key: HashMap<&'a str, usize>,
}

impl<'a> After<'a> {
    pub fn of(asked: &Asked<'a>) -> Self {
        let mut after = After {
            folders: Vec::with_capacity(asked.existing.len()),
            warnings: Vec::new(),
            by_id: HashMap::new(),
            by_key: HashMap::new(),
        };
        for (place, known) in asked.existing.iter().enumerate() {
            after.by_id.insert(known.id, place);
            after.by_key.entry(&known.key).or_insert(place);
        }
        for known in asked.existing {
            let parent = known.parent.and_then(|id| after.by_id.get(&id)).copied();
            after.folders.push(Folder {
                name: known.name.clone(),
                parent,
                kind: kind(&known.key),
                rule: known.rule,
                record: record(known),
                connection: known.connection,
                in_scope: known.in_scope,
                is_new: false,
                has_left: false,
                is_back: false,
                before: Some((known.name.clone(), parent, known.rule)),
            });
        }
        let difference = difference(asked.wanted, asked.existing, asked.roots);
        let mut keys: HashMap<String, usize> = HashMap::new();
        for change in &difference.changes {
            after.make(change, &mut keys);
        }
        for folder in &asked.wanted.folders {
            let place = after.by_key.get(folder.key.as_str()).copied();
            if let Some(place) = place.or_else(|| keys.get(&folder.key).copied()) {
                after.folders[place].record.clone_from(&folder.record);
            }
        }
        after.warnings = difference.warnings;
        after
    }

    fn make(&mut self, change: &Change, keys: &mut HashMap<String, usize>) {
        match change {
            Change::Create { folder, parent } => {
                let parent = self.place(parent, keys);
                keys.insert(folder.key.clone(), self.folders.len());
                self.folders.push(new(folder, parent));
            }
            Change::Rename { id, name } => self.folders[self.by_id[id]].name.clone_from(name),
            Change::Move { id, parent, rule } => {
                let parent = self.place(parent, keys);
                let folder = &mut self.folders[self.by_id[id]];
                (folder.parent, folder.rule) = (parent, *rule);
            }
            Change::Scope { id, in_scope, .. } => {
                let folder = &mut self.folders[self.by_id[id]];
                folder.has_left = folder.in_scope && !in_scope;
                folder.is_back = !folder.in_scope && *in_scope;
                folder.in_scope = *in_scope;
            }
            Change::Drop { id } => {
                let folder = &mut self.folders[self.by_id[id]];
                (folder.in_scope, folder.has_left) = (false, true);
            }
        }
    }

    fn place(&self, parent: &Parent, keys: &HashMap<String, usize>) -> Option<usize> {
        match parent {
            Parent::Folder(id) => self.by_id.get(id).copied(),
            Parent::Key(key) => keys.get(key).copied(),
        }
    }

    /// Names from the connection's root down, as they would be.
    pub fn path(&self, place: usize) -> String {
        self.join(place, |folder| (&folder.name, folder.parent))
    }

    /// The same as they are today; `None` for a new folder.
    pub fn path_before(&self, place: usize) -> Option<String> {
        self.folders[place].before.as_ref()?;
        Some(self.join(place, |folder| match &folder.before {
            Some((name, parent, _)) => (name, *parent),
            None => (&folder.name, folder.parent),
        }))
    }

    fn join(&self, place: usize, step: impl Fn(&Folder) -> (&str, Option<usize>)) -> String {
        let mut names = Vec::new();
        let mut next = Some(place);
        // Bounded, should today's folders stand in a circle.
        while let Some(here) = next.filter(|_| names.len() <= self.folders.len()) {
            let (name, above) = step(&self.folders[here]);
            names.push(name);
            next = above;
        }
        names.reverse();
        names.join("/")
    }

    /// What would change, folder by folder: first what leaves, last what is new.
    pub fn changes(&self, most: usize) -> Vec<Changed> {
        let mut found = Vec::new();
        for what in ["left", "moved", "renamed", "back", "new"] {
            for (place, folder) in self.folders.iter().enumerate() {
                let is_it = match what {
                    "back" => folder.is_back && folder.state() == "same",
                    what => folder.state() == what,
                };
                if !is_it || folder.kind == "shortcut" {
                    continue;
                }
                if found.len() == most {
                    return found;
                }
                let (model, res_id) = folder.record.clone().unzip();
                found.push(Changed {
                    what,
                    name: folder.name.clone(),
                    from: self.path_before(place),
                    to: Some(self.path(place)),
                    model,
                    res_id,
                });
            }
        }
        found
    }
}

fn new(folder: &WantedFolder, parent: Option<usize>) -> Folder {
    Folder {
        name: folder.name.clone(),
        parent,
        kind: kind(&folder.key),
        rule: Some(folder.rule),
        record: folder.record.clone(),
        connection: folder.connection,
        in_scope: folder.in_scope,
        is_new: true,
        has_left: false,
        is_back: false,
        before: None,
    }
}

fn kind(key: &str) -> &'static str {
    match key.split(':').next() {
        Some("record") => "record",
        Some("shortcut") => "shortcut",
        _ => "rule",
    }
}

/// The record in the key of its folder or of a shortcut to it.
fn record(known: &Existing) -> Option<(String, i64)> {
    let (kind, rest) = known.key.split_once(':')?;
    let record = match kind {
        "record" => rest,
        "shortcut" => rest.split_once('@')?.1,
        _ => return None,
    };
    let (model, id) = record.rsplit_once(':')?;
    Some((model.to_owned(), id.parse().ok()?))
}
