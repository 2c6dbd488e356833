//! What is dirty: all that the feed told since the last run.

use crate::odoo::wire::Line;
use std::collections::{BTreeMap, BTreeSet};

/// What has changed in Odoo since the last time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dirty {
    /// Nothing that was read before is believed.
    pub everything: bool,
    /// A rule or a connection.
    pub settings: bool,
    /// Folders, by another hand than the sidecar's.
    pub folders: BTreeSet<i64>,
    /// Watched rows: model → ids.
    pub rows: BTreeMap<String, BTreeSet<i64>>,
    /// Previews that somebody asks for. They make nothing dirty.
    pub previews: BTreeSet<i64>,
}

impl Dirty {
    /// For a start, a full check, or after a feed that could not go on.
    pub fn everything() -> Self {
        Dirty {
            everything: true,
            ..Dirty::default()
        }
    }

    /// Nothing is.
    pub fn is_empty(&self) -> bool {
        !self.everything && !self.settings && self.folders.is_empty() && self.rows.is_empty()
    }

    /// Takes in a line of the feed.
    pub fn note(&mut self, line: &Line) {
        match line.model.as_str() {
            "attache.rule" | "attache.connection" => self.settings = true,
            "attache.folder" if line.echo => {}
            "attache.folder" => {
                self.folders.insert(line.id);
            }
            "ir.attachment" => {}
            "attache.preview" => {
                self.previews.insert(line.id);
            }
            watched => {
                self.rows
                    .entry(watched.to_owned())
                    .or_default()
                    .insert(line.id);
            }
        }
    }

    /// Takes in what else is dirty.
    pub fn merge(&mut self, more: Dirty) {
        self.everything |= more.everything;
        self.settings |= more.settings;
        self.folders.extend(more.folders);
        self.previews.extend(more.previews);
        for (model, ids) in more.rows {
            self.rows.entry(model).or_default().extend(ids);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_feed_become_dirt_and_echoes_do_not() {
        let mut dirty = Dirty::default();
        let mut note = |model: &str, id, echo| {
            dirty.note(&Line {
                model: model.into(),
                id,
                brings_files: false,
                echo,
            });
        };
        note("attache.folder", 7, true);
        note("ir.attachment", 8, false);
        note("attache.folder", 9, false);
        note("project.task", 4, false);
        note("project.task", 3, false);
        note("attache.rule", 1, false);
        note("attache.preview", 5, false);
        assert_eq!(
            dirty,
            Dirty {
                everything: false,
                settings: true,
                folders: BTreeSet::from([9]),
                rows: BTreeMap::from([("project.task".into(), BTreeSet::from([3, 4]))]),
                previews: BTreeSet::from([5]),
            }
        );
        let mut whole = Dirty::everything();
        assert!(!whole.is_empty() && Dirty::default().is_empty());
        let asked = Dirty {
            previews: BTreeSet::from([5]),
            ..Dirty::default()
        };
        assert!(asked.is_empty());
        whole.merge(dirty.clone());
        assert_eq!(
            whole,
            Dirty {
                everything: true,
                ..dirty
            }
        );
    }
}
