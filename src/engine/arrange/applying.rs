//! Has Odoo make changes, a thousand of them a call.

use super::{FolderChange, Records, Result};
use crate::rules::{Change, Existing, FolderKind, Parent, Rule, Warning};
use std::collections::{BTreeMap, HashMap};

/// Changes of one call: they share a transaction in Odoo.
const BATCH: usize = 1000;

/// What came of it.
#[derive(Default)]
pub(super) struct Outcome {
    pub changed: usize,
    /// What Odoo refused, gathered by reason.
    pub refused: Vec<Warning>,
}

/// Makes changes in order and notes in `folders` what they led to. A refusal stops only what
/// stands below the folder that could not be made.
pub(super) async fn apply(
    odoo: &dyn Records,
    changes: Vec<Change>,
    rules: &[Rule],
    folders: &mut BTreeMap<i64, Existing>,
) -> Result<Outcome> {
    let mut work = Work {
        odoo,
        rules,
        folders,
        made: HashMap::new(),
        waiting: Vec::new(),
        later: Vec::new(),
        changed: 0,
        refused: BTreeMap::new(),
    };
    for change in changes {
        let ready = match work.ready(&change) {
            Some(ready) => Some(ready),
            None => {
                // Its parent may be among those that wait.
                work.send().await?;
                work.ready(&change)
            }
        };
        match ready {
            Some(ready) => work.waiting.push(ready),
            None => work.refuse(
                "the folder above could not be made".to_owned(),
                &name(&change),
            ),
        }
        if work.waiting.len() >= BATCH {
            work.send().await?;
        }
    }
    work.send().await?;
    work.waiting = std::mem::take(&mut work.later);
    work.send().await?;
    Ok(Outcome {
        changed: work.changed,
        refused: work.refused.into_values().collect(),
    })
}

struct Work<'a> {
    odoo: &'a dyn Records,
    rules: &'a [Rule],
    folders: &'a mut BTreeMap<i64, Existing>,
    /// Ids of created folders by key.
    made: HashMap<String, i64>,
    waiting: Vec<FolderChange>,
    /// Folders are born in scope; these go out of it at the end.
    later: Vec<FolderChange>,
    changed: usize,
    refused: BTreeMap<String, Warning>,
}

impl Work<'_> {
    /// The change with its parent's id, once that is known.
    fn ready(&self, change: &Change) -> Option<FolderChange> {
        let id_of = |parent: &Parent| match parent {
            Parent::Folder(id) => Some(*id),
            Parent::Key(key) => self.made.get(key).copied(),
        };
        Some(match change {
            Change::Create { folder, parent } => {
                let rule = self.rules.iter().find(|rule| rule.id == folder.rule);
                let rule = rule.filter(|_| folder.kind == FolderKind::Record);
                FolderChange::Create {
                    folder: folder.clone(),
                    parent: id_of(parent)?,
                    subfolders: rule.map(|rule| rule.subfolders.clone()).unwrap_or_default(),
                }
            }
            Change::Move { id, parent, rule } => FolderChange::Move {
                id: *id,
                parent: id_of(parent)?,
                rule: *rule,
            },
            Change::Rename { id, name } => FolderChange::Rename {
                id: *id,
                name: name.clone(),
            },
            Change::Scope {
                id,
                in_scope,
                stopped,
            } => FolderChange::Scope {
                id: *id,
                in_scope: *in_scope,
                stopped: *stopped,
            },
            Change::Drop { id } => FolderChange::Drop { id: *id },
        })
    }

    async fn send(&mut self) -> Result<()> {
        let batch = std::mem::take(&mut self.waiting);
        if batch.is_empty() {
            return Ok(());
        }
        let answers = self.odoo.apply_folders(&batch).await?;
        for (change, answer) in batch.into_iter().zip(answers) {
            match answer {
                Ok(None) => {
                    self.changed += 1;
                    if let FolderChange::Drop { id } = &change {
                        self.folders.remove(id);
                    }
                }
                Ok(Some(folder)) => {
                    self.changed += 1;
                    if let FolderChange::Create { folder: asked, .. } = &change {
                        self.made.insert(asked.key.clone(), folder.id);
                        if folder.in_scope != asked.in_scope {
                            self.later.push(FolderChange::Scope {
                                id: folder.id,
                                in_scope: asked.in_scope,
                                stopped: false,
                            });
                        }
                    }
                    self.folders.insert(folder.id, folder);
                }
                Err(reason) => {
                    let name = self.named(&change);
                    self.refuse(reason, &name);
                }
            }
        }
        Ok(())
    }

    fn named(&self, change: &FolderChange) -> String {
        match change {
            FolderChange::Create { folder, .. } => folder.name.clone(),
            FolderChange::Rename { name, .. } => name.clone(),
            FolderChange::Move { id, .. }
            | FolderChange::Scope { id, .. }
            | FolderChange::Drop { id } => {
                let known = self.folders.get(id);
                known.map(|folder| folder.name.clone()).unwrap_or_default()
            }
        }
    }

    fn refuse(&mut self, reason: String, name: &str) {
        let message = format!("Odoo refuses folders: {reason}");
        let noted = self.refused.entry(reason).or_insert_with(|| Warning {
            rule: None,
            message,
            records: 0,
            example: Some(name.to_owned()),
        });
        noted.records += 1;
    }
}

fn name(change: &Change) -> String {
    match change {
        Change::Create { folder, .. } => folder.name.clone(),
        Change::Rename { name, .. } => name.clone(),
        Change::Move { id, .. } | Change::Scope { id, .. } | Change::Drop { id } => {
            format!("folder {id}")
        }
    }
}
