//! What no rule asks for any more.

use super::super::rule::Leave;
use super::super::wanted::{FolderKind, WantedFolder};
use super::{Change, Comparison, Existing, Parent};
use std::collections::{HashMap, HashSet};

/// Ends the key of a rule's folder for what left it, behind the key of the rule's folder.
const ARCHIVE: &str = "#archive";

impl<'a> Comparison<'a> {
    /// Takes out of scope what no rule asks for, as its rule says, and drops such shortcuts.
    pub(super) fn leave(&mut self) {
        let asked: HashSet<&str> = self.wanted.folders.iter().map(|f| f.key.as_str()).collect();
        let is_left = |known: &&'a Existing| {
            let first = self.by_key.get(known.key.as_str());
            let is_first = first.is_some_and(|first| first.id == known.id);
            let in_use = self.roots.contains_key(&known.connection) && !self.is_frozen(known);
            let is_asked = asked.contains(known.key.as_str()) && is_first;
            in_use && !is_asked && !is_archive(&known.key)
        };
        let left: Vec<&Existing> = self.existing.iter().filter(is_left).collect();
        let leaving: HashSet<i64> = left.iter().map(|known| known.id).collect();
        let mut archives = HashMap::new();
        for known in left {
            if let Some((_, record)) = shortcut(&known.key) {
                // While nothing is known of the record's home, what leads there stays.
                let home = self.by_key.get(format!("record:{record}").as_str());
                if home.is_none_or(|home| !self.is_frozen(home)) {
                    self.changes.push(Change::Drop { id: known.id });
                }
                continue;
            }
            if !known.in_scope {
                continue;
            }
            let is_record = known.key.starts_with("record:");
            let asked = known.rule.and_then(|rule| self.wanted.leave.get(&rule));
            let leave = asked.copied().filter(|_| is_record).unwrap_or_default();
            if leave == Leave::Archive && !self.goes_along(known, &leaving) {
                self.archive(known, &mut archives);
            }
            self.changes.push(Change::Scope {
                id: known.id,
                in_scope: false,
                stopped: leave == Leave::Stop,
            });
        }
    }

    /// Whether it stands anywhere below a record's folder that leaves as well: it goes with that.
    fn goes_along(&self, known: &Existing, leaving: &HashSet<i64>) -> bool {
        self.above_now(known)
            .any(|above| above.key.starts_with("record:") && leaving.contains(&above.id))
    }

    /// The automatic folders above one, from below, as they stood before any change.
    pub(super) fn above_now(&self, known: &Existing) -> impl Iterator<Item = &'a Existing> {
        let next = |known: &&'a Existing| {
            let parent = known.parent?;
            self.by_id.get(&parent).copied()
        };
        let first = known
            .parent
            .and_then(|parent| self.by_id.get(&parent).copied());
        std::iter::successors(first, next).take(self.by_id.len())
    }

    /// Moves a record's folder to the archive of the rule's folder that it stands in.
    fn archive(&mut self, known: &'a Existing, archives: &mut HashMap<String, Parent>) {
        let above = self
            .above_now(known)
            .find(|above| above.key.starts_with("rule:"));
        let Some(above) = above else { return };
        if is_archive(&above.key) {
            return;
        }
        // From a split folder as well it goes to the rule's own.
        let base = above.key.split('/').next().unwrap_or(&above.key);
        let Some(holder) = self.by_key.get(base).copied() else {
            return;
        };
        let key = format!("{base}{ARCHIVE}");
        let there = self.by_key.get(key.as_str()).map(|known| known.id);
        let archive = match (archives.get(&key), there) {
            (Some(archive), _) => archive.clone(),
            (None, Some(id)) => Parent::Folder(id),
            (None, None) => {
                let parent = Parent::Folder(holder.id);
                self.changes.push(Change::Create {
                    folder: WantedFolder {
                        key: key.clone(),
                        parent: Some(holder.key.clone()),
                        name: "Archive".to_owned(),
                        kind: FolderKind::Rule,
                        rule: super::rule_of(base).or(known.rule).unwrap_or_default(),
                        record: None,
                        connection: known.connection,
                        in_scope: true,
                    },
                    parent: parent.clone(),
                });
                let made = Parent::Key(key.clone());
                self.above.insert(made.clone(), parent);
                made
            }
        };
        archives.insert(key, archive.clone());
        if !self.stands_below(&archive, &Parent::Folder(known.id)) {
            self.put(known.id, archive, known.rule);
        }
    }
}

/// Rule and record in the key of a shortcut.
fn shortcut(key: &str) -> Option<(&str, &str)> {
    key.strip_prefix("shortcut:")?.split_once('@')
}

/// A split folder's key ends in whatever its value is, and has a slash before it.
fn is_archive(key: &str) -> bool {
    key.ends_with(ARCHIVE) && !key.contains('/')
}
