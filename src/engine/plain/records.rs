//! What arranging asks, without the addon: rules from the file, records from Odoo's own models,
//! folders from our tables.

use super::{Plain, kept};
use crate::engine::arrange::{
    Changed, Field, FolderChange, Records, Result, Row, Search, Setup, Watched,
};
use crate::odoo::plain::{MAX_PAGE, is_of_question};
use crate::odoo::service;
use crate::rules::{self, Existing};
use crate::store::{NewPlainFolder, PlainChange, PlainFolder, PlainKind, PlainRefusal};
use crate::tree::ConnectionId;
use async_trait::async_trait;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

#[async_trait]
impl Records for Plain {
    fn max_page(&self) -> usize {
        MAX_PAGE
    }

    async fn setup(&self) -> Result<Setup> {
        self.settled_rules().await
    }

    async fn fields(&self, model: &str) -> Result<BTreeMap<String, Field>> {
        let described = self.client.fields_get(model).await?;
        let fields = described.into_iter().map(|(name, said)| {
            let field = Field {
                is_single: said.kind == "many2one",
                is_boolean: said.kind == "boolean",
                is_stored: said.store,
                relation: said.relation,
                depends: said.depends,
            };
            (name, field)
        });
        Ok(fields.collect())
    }

    /// Records of all models on the way are looked at from now on.
    async fn watch(&self, fields: &Watched) -> Result<()> {
        let mut models: BTreeSet<String> = BTreeSet::new();
        let mut known: BTreeMap<String, BTreeMap<String, Field>> = BTreeMap::new();
        for (model, paths) in fields {
            models.insert(model.clone());
            for path in paths {
                let mut at = model.clone();
                for step in path.split('.') {
                    if !known.contains_key(&at) {
                        let told = match self.fields(&at).await {
                            Err(error) if is_of_question(error.kind) => BTreeMap::new(),
                            told => told?,
                        };
                        known.insert(at.clone(), told);
                    }
                    let field = known.get(&at).and_then(|fields| fields.get(step));
                    let Some(next) = field.and_then(|field| field.relation.clone()) else {
                        break;
                    };
                    models.insert(next.clone());
                    at = next;
                }
            }
        }
        self.state.lock().await.watched = models;
        Ok(())
    }

    async fn search_read(&self, search: &Search<'_>) -> Result<Vec<Row>> {
        let search = service::Search {
            model: search.model,
            domain: search.domain,
            fields: search.fields,
            after_id: search.after_id,
            limit: search.limit,
            with_archived: search.with_archived,
        };
        self.client.search_read(&search).await
    }

    fn hides(&self) -> bool {
        true
    }

    async fn hidden(&self, model: &str, ids: &[i64]) -> Result<BTreeSet<i64>> {
        // What a listing shows is not hidden: there may be many that only left their rule.
        let mut asked: BTreeSet<i64> = ids.iter().copied().collect();
        for ids in ids.chunks(self.max_page().max(1)) {
            let search = service::Search {
                model,
                domain: &[json!(["id", "in", ids])],
                fields: &["id".to_owned()],
                after_id: 0,
                limit: ids.len(),
                with_archived: true,
            };
            match self.client.search_read(&search).await {
                Err(error) if is_of_question(error.kind) => {}
                rows => {
                    for row in rows? {
                        if let Some(id) = row.get("id").and_then(serde_json::Value::as_i64) {
                            asked.remove(&id);
                        }
                    }
                }
            }
        }
        let ids: Vec<i64> = asked.into_iter().collect();
        match self.client.alive(model, &ids).await {
            // Nothing of the model may be asked for: then nothing is known of any.
            Err(error) if is_of_question(error.kind) => Ok(ids.iter().copied().collect()),
            alive => Ok(alive?.hidden),
        }
    }

    async fn automatic_folders(&self) -> Result<Vec<Existing>> {
        let found = self
            .store
            .plain_folders(&self.database)
            .await
            .map_err(kept)?;
        Ok(found.into_iter().filter_map(existing).collect())
    }

    async fn apply_folders(&self, changes: &[FolderChange]) -> Result<Vec<Changed>> {
        let asked: Vec<PlainChange> = changes.iter().map(change).collect();
        let done = self
            .store
            .plain_change(&self.database, &asked)
            .await
            .map_err(kept)?;
        self.fill(&asked).await?;
        let outcome = |done| match done {
            Ok(None) => Ok(None),
            Ok(Some(folder)) => match existing(folder) {
                Some(folder) => Ok(Some(folder)),
                None => Err("the folder is none of a rule's".to_owned()),
            },
            Err(PlainRefusal::Missing) => Err("the folder above is gone".to_owned()),
            Err(PlainRefusal::Circle) => Err("it would stand below itself".to_owned()),
            Err(PlainRefusal::Changed(_) | PlainRefusal::Full) => Err("it changed".to_owned()),
        };
        Ok(done.into_iter().map(outcome).collect())
    }
}

impl Plain {
    /// Brings the attachments that the records of new folders have already.
    async fn fill(&self, asked: &[PlainChange]) -> Result<()> {
        let mut records: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        for change in asked {
            if let PlainChange::Create(new) = change
                && new.kind == PlainKind::Record
                && let Some((model, id)) = &new.record
            {
                records.entry(model).or_default().push(*id);
            }
        }
        if records.is_empty() {
            return Ok(());
        }
        let _alone = self.gate.write().await;
        let version = self.version().await?;
        for (model, ids) in records {
            match self.client.attachments_of(model, &ids).await {
                // The next complete listing tells people.
                Err(error) if is_of_question(error.kind) => {}
                told => self.keep(told?, version).await?,
            }
        }
        Ok(())
    }
}

/// A folder that a rule made; `None` for others.
fn existing(folder: PlainFolder) -> Option<Existing> {
    if matches!(folder.kind, PlainKind::Root | PlainKind::Manual) {
        return None;
    }
    Some(Existing {
        id: folder.id,
        key: folder.key,
        name: folder.name,
        parent: folder.parent,
        connection: ConnectionId(folder.connection),
        in_scope: folder.in_scope,
        stopped: folder.stopped,
        rule: folder.rule,
    })
}

fn change(change: &FolderChange) -> PlainChange {
    match change {
        FolderChange::Create {
            folder,
            parent,
            subfolders,
        } => PlainChange::Create(NewPlainFolder {
            key: folder.key.clone(),
            name: folder.name.clone(),
            parent: *parent,
            kind: match folder.kind {
                rules::FolderKind::Rule => PlainKind::Rule,
                rules::FolderKind::Record => PlainKind::Record,
                rules::FolderKind::Shortcut => PlainKind::Shortcut,
            },
            rule: Some(folder.rule),
            record: folder.record.clone(),
            subfolders: subfolders.clone(),
        }),
        FolderChange::Rename { id, name } => PlainChange::Rename {
            id: *id,
            name: name.clone(),
        },
        FolderChange::Move { id, parent, rule } => PlainChange::Move {
            id: *id,
            parent: *parent,
            rule: *rule,
        },
        FolderChange::Scope {
            id,
            in_scope,
            stopped,
        } => PlainChange::Scope {
            id: *id,
            in_scope: *in_scope,
            stopped: *stopped,
        },
        FolderChange::Drop { id } => PlainChange::Remove { id: *id },
    }
}
