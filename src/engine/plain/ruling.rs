//! The rules of the file, with everything that they name looked up.

use super::{Plain, kept};
use crate::engine::arrange::{Result, Setup};
use crate::odoo::plain::is_of_question;
use crate::odoo::wire::Described;
use crate::odoo::{ErrorKind, OdooError};
use crate::rules::file::{FilePeriod, FileRule};
use crate::rules::{
    DateUnit, Direction, FieldKind, Leave, Period, Rule, Split, SplitKind, SplitName, Unit,
};
use crate::store::PlainKind;
use crate::tree::ConnectionId;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A model's fields, by name.
type Fields = BTreeMap<String, Described>;

/// Why a rule cannot be used, for people.
type Fault = Option<String>;

impl Plain {
    /// The active rules of this database, and where their folders go.
    pub(super) async fn settled_rules(&self) -> Result<Setup> {
        let mut setup = self.rules().await?;
        for connection in self.store.connections().await.map_err(kept)? {
            if connection.database == self.database {
                let root = self
                    .store
                    .plain_root(&self.database, connection.id, &connection.name);
                setup
                    .roots
                    .insert(connection.id, root.await.map_err(kept)?.id);
            }
        }
        Ok(setup)
    }

    /// The active rules of this database.
    pub(super) async fn rules(&self) -> Result<Setup> {
        let mut setup = Setup::default();
        let connections = self.store.connections().await.map_err(kept)?.into_iter();
        let by_name: BTreeMap<String, (ConnectionId, String)> = connections
            .map(|one| (one.name, (one.id, one.database)))
            .collect();
        if self.settings.rules.is_none() {
            self.demand_no_folders().await?;
        }
        let written = self.file().await?.into_iter();
        for written in written.filter(|rule| rule.active) {
            let connection = match by_name.get(&written.connection) {
                // One file may hold the rules of several databases.
                Some((_, database)) if *database != self.database => continue,
                found => found.map(|(id, _)| *id),
            };
            let (rule, fault) = self.rule(&written, connection).await?;
            if let Some(fault) = fault {
                let told = format!("{} (line {}): {fault}", written.name, written.line);
                setup.unread.insert(rule.id, Some(told));
            }
            setup.rules.push(rule);
        }
        Ok(setup)
    }

    /// Without rules no folder would be wanted any more: rather a setting was forgotten.
    async fn demand_no_folders(&self) -> Result<()> {
        let folders = self.store.plain_folders(&self.database).await;
        let mut folders = folders.map_err(kept)?.into_iter();
        match folders.any(|folder| folder.kind == PlainKind::Record) {
            true => {
                let message = "there are folders of rules, and no rules: set rules_file";
                Err(OdooError::new(ErrorKind::Incompatible, message))
            }
            false => Ok(()),
        }
    }

    /// A rule, and what about it cannot be found.
    async fn rule(
        &self,
        written: &FileRule,
        connection: Option<ConnectionId>,
    ) -> Result<(Rule, Fault)> {
        let mut faults: Vec<String> = Vec::new();
        if connection.is_none() {
            faults.push(format!(
                "there is no connection {:?}: make it by attache connect, or correct the name",
                written.connection
            ));
        }
        let company = match &written.company {
            None => None,
            Some(name) => self.client.company(name).await?,
        };
        if let Some(name) = written.company.as_ref().filter(|_| company.is_none()) {
            faults.push(format!(
                "there is no company {name:?} that the user may see"
            ));
        }
        let fields = match self.client.fields_get(&written.model).await {
            Err(error) if is_of_question(error.kind) => {
                faults.push(error.message);
                Fields::new()
            }
            fields => fields?,
        };
        let model_name = match written.title.is_some() || fields.is_empty() {
            true => written.model.clone(),
            false => self.client.label(&written.model).await?,
        };
        let mut rule = Rule {
            sequence: written.sequence,
            title: written.title.clone(),
            model_name,
            domain: written.domain.clone(),
            company,
            parent: written.parent,
            parent_field: written.parent_field.clone(),
            nest_field: written.nest_field.clone(),
            below: written.below,
            name_expression: written.name_expression.clone(),
            leave: match written.leave.as_str() {
                "archive" => Leave::Archive,
                "stop" => Leave::Stop,
                _ => Leave::Keep,
            },
            subfolders: written.subfolders.clone(),
            ..Rule::of(
                written.id,
                &written.model,
                connection.unwrap_or(ConnectionId(Uuid::nil())),
            )
        };
        if faults.is_empty() {
            faults.extend(named(written, &fields));
            match written
                .period
                .as_ref()
                .map(|said| period(said, &fields))
                .transpose()
            {
                Ok(period) => rule.period = period,
                Err(fault) => faults.push(fault),
            }
            match self.split(written, &fields).await? {
                Ok(split) => rule.split = split,
                Err(fault) => faults.push(fault),
            }
        }
        Ok((rule, faults.into_iter().next()))
    }

    async fn split(
        &self,
        written: &FileRule,
        fields: &Fields,
    ) -> Result<std::result::Result<Option<Split>, String>> {
        let Some(said) = &written.split else {
            return Ok(Ok(None));
        };
        let field = fields.get(&said.field);
        if field.is_some_and(|field| !field.store) {
            let fault = format!(
                "a split by {} is not possible: Odoo does not store it, so that its changes are not seen",
                said.field
            );
            return Ok(Err(fault));
        }
        let kind = field.map(|field| field.kind.as_str());
        let relation = field.and_then(|field| field.relation.as_deref());
        let unit = said.unit.as_deref();
        let kind = match (kind, unit) {
            (Some("many2one"), None) => SplitKind::Record(relation.unwrap_or_default().into()),
            (Some("selection" | "boolean"), None) => SplitKind::Choice,
            (Some("char"), None) => SplitKind::Text,
            (Some("date" | "datetime"), Some("year")) => SplitKind::Date(DateUnit::Year),
            (Some("date" | "datetime"), Some("quarter")) => SplitKind::Date(DateUnit::Quarter),
            (Some("date" | "datetime"), Some("month")) => SplitKind::Date(DateUnit::Month),
            (Some("date" | "datetime"), Some("day")) => SplitKind::Date(DateUnit::Day),
            (Some("date" | "datetime"), _) => {
                let fault = format!("a split by the date {} needs a unit", said.field);
                return Ok(Err(fault));
            }
            (Some(kind), _) => {
                let fault = format!("a split by {} ({kind}) is not possible so", said.field);
                return Ok(Err(fault));
            }
            (None, _) => return Ok(Err(format!("there is no field {}", said.field))),
        };
        // A line is known by its values, so that it may be called otherwise.
        let mut names: Vec<SplitName> = said
            .folder
            .iter()
            .map(|line| SplitName {
                key: line.values.join(","),
                name: line.name.clone(),
                values: line.values.clone(),
            })
            .collect();
        if kind == SplitKind::Choice {
            let named: BTreeSet<&String> =
                said.folder.iter().flat_map(|line| &line.values).collect();
            let choices = self.client.choices(&written.model, &said.field).await?;
            let rest = choices
                .into_iter()
                .filter(|(value, _)| !named.contains(value));
            let rest = rest.map(|(value, label)| SplitName {
                key: format!("={value}"),
                name: label,
                values: vec![value],
            });
            names.extend(rest.collect::<Vec<_>>());
        }
        Ok(Ok(Some(Split {
            field: said.field.clone(),
            kind,
            names,
        })))
    }
}

/// A field that the rule names and that is not what it must be.
fn named(written: &FileRule, fields: &Fields) -> Fault {
    let is_many2one = |field: &&String| {
        let said = fields.get(*field);
        said.is_some_and(|said| said.kind == "many2one" && said.store)
    };
    let is_own = |field: &&String| {
        let said = fields.get(*field).and_then(|said| said.relation.as_ref());
        said == Some(&written.model)
    };
    let parent = written
        .parent_field
        .iter()
        .find(|field| !is_many2one(field));
    let nest = written
        .nest_field
        .iter()
        .find(|field| !is_many2one(field) || !is_own(field));
    match (parent, nest) {
        (Some(field), _) => Some(format!(
            "{field} is no stored many2one of {} that the user may see",
            written.model
        )),
        (None, Some(field)) => Some(format!(
            "{field} is no stored many2one of {} to itself that the user may see",
            written.model
        )),
        (None, None) => None,
    }
}

/// The words of a file, which are checked already, of a field that must be a date.
fn period(said: &FilePeriod, fields: &Fields) -> std::result::Result<Period, String> {
    let field = fields.get(&said.field).filter(|field| field.store);
    let kind = match field.map(|field| field.kind.as_str()) {
        Some("date") => FieldKind::Date,
        Some("datetime") => FieldKind::Datetime,
        _ => return Err(format!("{} is no stored date field", said.field)),
    };
    Ok(Period {
        field: said.field.clone(),
        kind,
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
