//! The addon's calls, as arranging needs them.

use super::{Changed, Field, FolderChange, Records, Result, Row, Search, Setup, Watched};
use crate::odoo::items::{Applied, FolderItem};
use crate::odoo::service::{self, Service};
use crate::odoo::wire::{self, FolderKind, Settings};
use crate::rules::{
    self, DateUnit, Direction, Existing, FieldKind, Leave, Period, Rule, Split, SplitKind,
    SplitName, Unit,
};
use crate::tree::ConnectionId;
use async_trait::async_trait;
use std::collections::BTreeMap;
use uuid::Uuid;

#[async_trait]
impl Records for Service {
    fn max_page(&self) -> usize {
        Service::max_page(self)
    }

    async fn setup(&self) -> Result<Setup> {
        Ok(setup(self.settings().await?))
    }

    async fn fields(&self, model: &str) -> Result<BTreeMap<String, Field>> {
        let described = self.fields_get(model).await?;
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

    async fn watch(&self, fields: &Watched) -> Result<()> {
        Service::watch(self, fields).await.map(drop)
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
        Service::search_read(self, &search).await
    }

    async fn automatic_folders(&self) -> Result<Vec<Existing>> {
        let mut found = Vec::new();
        let mut after = 0;
        loop {
            let page = self.scan_automatic(after, Service::max_page(self)).await?;
            let last = page.rows.last().map_or(after, |folder| folder.id);
            found.extend(page.rows.into_iter().filter_map(existing));
            if !page.more || last <= after {
                return Ok(found);
            }
            after = last;
        }
    }

    async fn apply_folders(&self, changes: &[FolderChange]) -> Result<Vec<Changed>> {
        let items: Vec<FolderItem> = changes.iter().map(item).collect();
        let results = Service::apply_folders(self, &items).await?;
        let outcomes = changes.iter().zip(results);
        Ok(outcomes
            .map(|(change, applied)| outcome(change, applied))
            .collect())
    }
}

/// What the settings mean for arranging.
pub fn setup(settings: Settings) -> Setup {
    let mut setup = Setup::default();
    for connection in settings.connections {
        let id = Uuid::parse_str(&connection.uuid).map(ConnectionId);
        if let (true, Ok(id), Some(root)) = (connection.active, id, connection.root) {
            setup.roots.insert(id, root);
        }
    }
    for rule in settings.rules.into_iter().filter(|rule| rule.active) {
        let id = rule.id;
        let (rule, fault) = mapped(rule);
        if let Some(fault) = fault {
            setup.unread.insert(id, Some(fault));
        } else if !setup.roots.contains_key(&rule.connection) {
            // A connection that is archived, or not ready yet: nothing that people must be told.
            setup.unread.insert(id, None);
        }
        setup.rules.push(rule);
    }
    setup
}

/// A rule, and what about it is not understood.
fn mapped(wire: wire::Rule) -> (Rule, Option<String>) {
    let mut fault = wire.error;
    let period = wire.period.map(period).transpose();
    let period = period.unwrap_or_else(|word| {
        fault = Some(unknown("period", &word));
        None
    });
    let split = wire.split.map(split).transpose();
    let split = split.unwrap_or_else(|word| {
        fault = Some(unknown("split", &word));
        None
    });
    let leave = match wire.leave.as_str() {
        "" | "keep" => Leave::Keep,
        "archive" => Leave::Archive,
        "stop" => Leave::Stop,
        word => {
            fault = Some(unknown("choice for records that leave", word));
            Leave::Keep
        }
    };
    let connection = Uuid::parse_str(&wire.connection).unwrap_or_else(|_| {
        fault = Some("it has no connection: choose one".to_owned());
        Uuid::nil()
    });
    let rule = Rule {
        id: wire.id,
        sequence: wire.sequence,
        title: Some(wire.title).filter(|title| !title.is_empty()),
        model: wire.model,
        model_name: wire.model_name,
        domain: wire.domain,
        company: wire.company,
        period,
        parent: wire.parent,
        parent_field: wire.parent_field,
        nest_field: wire.nest_field,
        below: wire.below,
        split,
        name_expression: wire.name_expression,
        leave,
        subfolders: wire.subfolders,
        connection: ConnectionId(connection),
    };
    (rule, fault)
}

fn unknown(what: &str, word: &str) -> String {
    format!("its {what} says {word}, which this sidecar does not know: upgrade it")
}

/// A split; the error is the word that is not known.
fn split(wire: wire::Split) -> std::result::Result<Split, String> {
    let kind = match (wire.kind.as_str(), wire.unit.as_str()) {
        ("many2one", _) => SplitKind::Record(wire.relation.ok_or(wire.kind)?.into()),
        ("selection" | "boolean", _) => SplitKind::Choice,
        ("char", _) => SplitKind::Text,
        ("date" | "datetime", "year") => SplitKind::Date(DateUnit::Year),
        ("date" | "datetime", "quarter") => SplitKind::Date(DateUnit::Quarter),
        ("date" | "datetime", "month") => SplitKind::Date(DateUnit::Month),
        ("date" | "datetime", "day") => SplitKind::Date(DateUnit::Day),
        ("date" | "datetime", _) => return Err(wire.unit),
        _ => return Err(wire.kind),
    };
    let names = wire.names.into_iter().map(|named| SplitName {
        key: named.key,
        name: named.name,
        values: named.values,
    });
    Ok(Split {
        field: wire.field,
        kind,
        names: names.collect(),
    })
}

/// A period; the error is the word that is not known.
fn period(wire: wire::Period) -> std::result::Result<Period, String> {
    Ok(Period {
        kind: match wire.kind.as_str() {
            "date" => FieldKind::Date,
            "datetime" => FieldKind::Datetime,
            _ => return Err(wire.kind),
        },
        direction: match wire.direction.as_str() {
            "last" => Direction::Last,
            "this" => Direction::This,
            "next" => Direction::Next,
            _ => return Err(wire.direction),
        },
        unit: match wire.unit.as_str() {
            "day" => Unit::Day,
            "week" => Unit::Week,
            "month" => Unit::Month,
            "quarter" => Unit::Quarter,
            "year" => Unit::Year,
            _ => return Err(wire.unit),
        },
        count: u32::try_from(wire.count).map_err(|_| wire.count.to_string())?,
        field: wire.field,
    })
}

/// A folder that a rule made; `None` for others.
fn existing(folder: wire::Folder) -> Option<Existing> {
    if matches!(folder.kind, FolderKind::Root | FolderKind::Manual) {
        return None;
    }
    Some(Existing {
        id: folder.id,
        key: folder.key?,
        name: folder.name,
        parent: folder.parent,
        connection: ConnectionId(Uuid::parse_str(&folder.connection).ok()?),
        in_scope: folder.in_scope,
        stopped: folder.stopped,
        rule: folder.rule,
    })
}

fn item(change: &FolderChange) -> FolderItem {
    match change {
        FolderChange::Create { folder, parent, .. } => FolderItem::Create {
            key: folder.key.clone(),
            name: folder.name.clone(),
            parent: *parent,
            kind: match folder.kind {
                rules::FolderKind::Rule => FolderKind::Rule,
                rules::FolderKind::Record => FolderKind::Record,
                rules::FolderKind::Shortcut => FolderKind::Shortcut,
            },
            rule: Some(folder.rule),
            model: folder.record.as_ref().map(|(model, _)| model.clone()),
            res_id: folder.record.as_ref().map(|(_, id)| *id),
        },
        FolderChange::Rename { id, name } => FolderItem::Rename {
            id: *id,
            name: name.clone(),
            expect: None,
        },
        FolderChange::Move { id, parent, rule } => FolderItem::Move {
            id: *id,
            parent: *parent,
            rule: *rule,
            expect: None,
        },
        FolderChange::Scope {
            id,
            in_scope,
            stopped,
        } => FolderItem::Scope {
            id: *id,
            in_scope: *in_scope,
            stopped: *stopped,
        },
        FolderChange::Drop { id } => FolderItem::Drop { id: *id },
    }
}

fn outcome(change: &FolderChange, applied: Applied<wire::Folder>) -> Changed {
    if !applied.ok {
        let reasons = [applied.message, applied.code];
        let reason = reasons.into_iter().find(|reason| !reason.is_empty());
        return Err(reason.unwrap_or_else(|| "no reason is given".to_owned()));
    }
    let row = applied.row.and_then(existing);
    if row.is_none() && !matches!(change, FolderChange::Drop { .. }) {
        return Err("the folder is not there after the change".to_owned());
    }
    Ok(row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn b4_a_rule_with_an_error_is_left_alone_and_the_others_are_not() {
        let uuid = "00000000-0000-0000-0000-000000000001";
        let rule = |id: i64, error: Option<&str>| {
            json!({"id": id, "sequence": id, "active": true, "title": null, "model": "res.partner",
                "model_name": "Contact", "domain": [], "error": error, "connection": uuid})
        };
        let settings = json!({
            "revision": "1",
            "connections": [{"id": 1, "uuid": uuid, "name": "c", "provider": null, "active": true,
                "root": 5}],
            "rules": [rule(1, Some("correct it")), rule(2, None)],
        });
        let told = setup(serde_json::from_value(settings).expect("settings"));
        assert_eq!(told.rules.len(), 2);
        let unread = BTreeMap::from([(1, Some("correct it".to_owned()))]);
        assert_eq!(told.unread, unread);
    }
}
