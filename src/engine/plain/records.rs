//! What arranging asks, without the addon: rules from the file, records from Odoo's own models,
//! folders from our tables.

use super::{Plain, kept};
use crate::engine::arrange::{Field, FolderChange, Records, Result, Row, Search, Setup, Watched};
use crate::odoo::plain::{MAX_PAGE, is_of_question};
use crate::odoo::{ErrorKind, OdooError, service};
use crate::rules::file::{self, FileRule};
use crate::rules::{self, Direction, Existing, FieldKind, Period, Rule, Unit};
use crate::store::{NewPlainFolder, PlainChange, PlainFolder, PlainKind, PlainRefusal};
use crate::tree::ConnectionId;
use async_trait::async_trait;
use std::collections::{BTreeMap, BTreeSet};

#[async_trait]
impl Records for Plain {
    fn max_page(&self) -> usize {
        MAX_PAGE
    }

    async fn setup(&self) -> Result<Setup> {
        let mut setup = Setup::default();
        let mut by_name = BTreeMap::new();
        for connection in self.store.connections().await.map_err(kept)? {
            by_name.insert(connection.name.clone(), connection);
        }
        for (name, connection) in &by_name {
            if connection.database == self.database {
                let id = connection.id;
                let root = self.store.plain_root(&self.database, id, name).await;
                setup.roots.insert(id, root.map_err(kept)?.id);
            }
        }
        for written in self.file()?.into_iter().filter(|rule| rule.active) {
            let connection = by_name.get(&written.connection);
            if connection.is_some_and(|connection| connection.database != self.database) {
                continue;
            }
            let connection = connection.map(|connection| connection.id);
            let (rule, fault) = self.rule(&written, connection).await?;
            if let Some(fault) = fault {
                let told = format!("{} (line {} of the rules file): {fault}", written.name, written.line);
                setup.unread.insert(rule.id, Some(told));
            }
            setup.rules.push(rule);
        }
        Ok(setup)
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

    async fn automatic_folders(&self) -> Result<Vec<Existing>> {
        let found = self.store.plain_folders(&self.database).await.map_err(kept)?;
        Ok(found.into_iter().filter_map(existing).collect())
    }

    async fn apply_folders(
        &self,
        changes: &[FolderChange],
    ) -> Result<Vec<std::result::Result<Existing, String>>> {
        let asked: Vec<PlainChange> = changes.iter().map(change).collect();
        let done = self.store.plain_change(&self.database, &asked).await.map_err(kept)?;
        self.fill(&asked).await?;
        let outcome = |done| match done {
            Ok(folder) => Option::and_then(folder, existing)
                .ok_or_else(|| "the folder is not there after the change".to_owned()),
            Err(PlainRefusal::Missing) => Err("the folder above is gone".to_owned()),
            Err(PlainRefusal::Circle) => Err("it would stand below itself".to_owned()),
            Err(PlainRefusal::Changed(_) | PlainRefusal::Full) => Err("it changed".to_owned()),
        };
        Ok(done.into_iter().map(outcome).collect())
    }
}

impl Plain {
    /// The rules file, read anew.
    fn file(&self) -> Result<Vec<FileRule>> {
        let Some(path) = &self.settings.rules else {
            return Ok(Vec::new());
        };
        let invalid = |message| OdooError::new(ErrorKind::Missing, message);
        let text = std::fs::read_to_string(path).map_err(|error| {
            invalid(format!("the rules file {} cannot be read: {error}", path.display()))
        })?;
        file::parse(&text).map_err(|faults| {
            let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
            invalid(format!("the rules file {} has mistakes: {}", path.display(), told.join("; ")))
        })
    }

    /// A rule with everything that it names looked up, and what about it cannot be found.
    async fn rule(
        &self,
        written: &FileRule,
        connection: Option<ConnectionId>,
    ) -> Result<(Rule, Option<String>)> {
        let mut fault = None;
        if connection.is_none() {
            fault = Some(format!(
                "there is no connection {:?}: make it by attache connect, or correct the name",
                written.connection
            ));
        }
        let mut company = None;
        if let Some(name) = &written.company {
            company = self.client.company(name).await?;
            if company.is_none() {
                fault = Some(format!("there is no company {name:?} that the user may see"));
            }
        }
        let described = match self.client.fields_get(&written.model).await {
            Err(error) if is_of_question(error.kind) => {
                fault = Some(error.message);
                BTreeMap::new()
            }
            described => described?,
        };
        let model_name = match written.title.is_some() || fault.is_some() {
            true => written.model.clone(),
            false => self.client.label(&written.model).await?,
        };
        let kind = |field: &str| described.get(field).map(|said| said.kind.clone());
        let period = match written.period.as_ref().map(|said| (said, kind(&said.field))) {
            None => None,
            Some((said, Some(kind))) if kind == "date" || kind == "datetime" => {
                period(said, kind == "datetime")
            }
            Some((said, _)) => {
                fault = fault.or_else(|| {
                    Some(format!("{} has no date field {}", written.model, said.field))
                });
                None
            }
        };
        let rule = Rule {
            id: written.id,
            sequence: written.sequence,
            title: written.title.clone(),
            model: written.model.clone(),
            model_name,
            domain: written.domain.clone(),
            company,
            period,
            parent: written.parent,
            parent_field: written.parent_field.clone(),
            name_expression: written.name_expression.clone(),
            connection: connection.unwrap_or(ConnectionId(uuid::Uuid::nil())),
        };
        Ok((rule, fault))
    }

    /// Brings what a record's new folder begins with: its default folders, and the attachments that
    /// the record has already.
    async fn fill(&self, asked: &[PlainChange]) -> Result<()> {
        let mut records: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        for change in asked {
            if let PlainChange::Create(new) = change
                && let Some((model, id)) = &new.record
            {
                records.entry(model).or_default().push(*id);
            }
        }
        if records.is_empty() {
            return Ok(());
        }
        let _alone = self.gate.write().await;
        for (model, ids) in records {
            match self.client.attachments_of(model, &ids).await {
                // The next complete listing tells people.
                Err(error) if is_of_question(error.kind) => {}
                told => self.keep(told?).await?,
            }
        }
        Ok(())
    }
}

/// The words of a file, which are checked already.
fn period(said: &file::FilePeriod, has_time: bool) -> Option<Period> {
    Some(Period {
        field: said.field.clone(),
        kind: match has_time {
            true => FieldKind::Datetime,
            false => FieldKind::Date,
        },
        direction: match said.direction.as_str() {
            "last" => Direction::Last,
            "this" => Direction::This,
            _ => Direction::Next,
        },
        count: said.count,
        unit: match said.unit.as_str() {
            "day" => Unit::Day,
            "week" => Unit::Week,
            "month" => Unit::Month,
            "quarter" => Unit::Quarter,
            _ => Unit::Year,
        },
    })
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
        rule: folder.rule,
    })
}

fn change(change: &FolderChange) -> PlainChange {
    match change {
        FolderChange::Create { folder, parent } => PlainChange::Create(NewPlainFolder {
            key: folder.key.clone(),
            name: folder.name.clone(),
            parent: *parent,
            kind: match folder.kind {
                rules::FolderKind::Rule => PlainKind::Rule,
                rules::FolderKind::Record => PlainKind::Record,
            },
            rule: Some(folder.rule),
            record: folder.record.clone(),
        }),
        FolderChange::Rename { id, name } => PlainChange::Rename {
            id: *id,
            name: name.clone(),
        },
        FolderChange::Move { id, parent } => PlainChange::Move {
            id: *id,
            parent: *parent,
            rule: None,
        },
        FolderChange::Scope { id, in_scope } => PlainChange::Scope {
            id: *id,
            in_scope: *in_scope,
            stopped: false,
        },
    }
}
