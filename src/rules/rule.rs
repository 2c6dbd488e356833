//! A rule, the records it matched, and what people are told when something about it is amiss.

use super::period::Period;
use super::split::{Split, SplitFolder};
use crate::tree::ConnectionId;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::sync::Arc;

/// What makes automatic folders: one for the rule, one for each record it matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Odoo's id of the rule.
    pub id: i64,
    /// The first rule by sequence (then id) that a record matches is its home.
    pub sequence: i64,
    /// Name of the rule's own folder; without one it is called like the model.
    pub title: Option<String>,
    /// Technical name, as `project.task`.
    pub model: String,
    /// What people call the model, as `Task`.
    pub model_name: String,
    /// Odoo's domain in prefix notation, without period and company. Empty: every record.
    pub domain: Vec<Value>,
    /// Only records of this company, or of none.
    pub company: Option<i64>,
    pub period: Option<Period>,
    /// The rule below whose records' folders this one's folders are made.
    pub parent: Option<i64>,
    /// The many2one from this model to the parent's.
    pub parent_field: Option<String>,
    /// The many2one from this model to itself by which records' folders stand in each other.
    pub nest_field: Option<String>,
    /// Whatever the domain says, records below (by `nest_field`) one that matches come along.
    pub below: bool,
    /// One folder more for each value of a field, between the rule's and its records'.
    pub split: Option<Split>,
    /// How records' folders are called; without one they carry the display name.
    pub name_expression: Option<String>,
    /// What becomes of a record's folder when no rule matches the record any more.
    pub leave: Leave,
    /// Paths that a record's folder begins with, as `Scans/Official`. Whoever makes the folder
    /// makes them, once; no rule asks for them again.
    pub subfolders: Vec<String>,
    /// The cloud that the rule's folders belong to.
    pub connection: ConnectionId,
}

/// What becomes of a record's folder when no rule matches the record any more. It is out of scope
/// in any case, and never deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Leave {
    /// It stays where it is, and in step.
    #[default]
    Keep,
    /// It moves to the folder *Archive* of its rule's.
    Archive,
    /// It stays where it is; nothing in it is synced any more.
    Stop,
}

impl Rule {
    /// A rule that makes a folder for every record of a model.
    pub fn of(id: i64, model: &str, connection: ConnectionId) -> Self {
        Rule {
            id,
            sequence: id,
            title: None,
            model: model.to_owned(),
            model_name: model.to_owned(),
            domain: Vec::new(),
            company: None,
            period: None,
            parent: None,
            parent_field: None,
            nest_field: None,
            below: false,
            split: None,
            name_expression: None,
            leave: Leave::default(),
            subfolders: Vec::new(),
            connection,
        }
    }

    /// Name of the rule's own folder. Never empty.
    pub fn folder_name(&self) -> &str {
        let title = self.title.as_deref().map(str::trim).unwrap_or_default();
        if !title.is_empty() {
            title
        } else if !self.model_name.trim().is_empty() {
            self.model_name.trim()
        } else {
            &self.model
        }
    }
}

/// One record that a rule matched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Odoo's id.
    pub id: i64,
    pub display_name: String,
    /// What the parent field points to.
    pub parent: Option<i64>,
    /// What the nest field points to.
    pub nest: Option<i64>,
    /// The split folder of the value that the split field has.
    pub split: Option<SplitFolder>,
    /// The fields that the name expression needs.
    pub values: Values,
    /// Read only because records that match nest below it; the record itself is archived.
    pub archived: bool,
    /// There, and not to be seen: of its folder only the name is known.
    pub hidden: bool,
}

/// Values of a record's fields by dotted path (`project_id.name`). Empty is null, and a path that is
/// not there could not be read. Of the hundred thousand that are kept none has a path of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(Box<[(Arc<str>, Value)]>);

impl Values {
    /// Whether the field could be read.
    pub fn contains(&self, path: &str) -> bool {
        self.0.iter().any(|(known, _)| **known == *path)
    }
}

impl<P: Into<Arc<str>>> FromIterator<(P, Value)> for Values {
    fn from_iter<I: IntoIterator<Item = (P, Value)>>(values: I) -> Self {
        let values = values.into_iter();
        Values(values.map(|(path, value)| (path.into(), value)).collect())
    }
}

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(path, value)| (&**path, value)))
    }
}

/// Something about a rule that a person should know; the other rules are not affected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Odoo's id of the rule, where one is to blame.
    pub rule: Option<i64>,
    /// A sentence for people.
    pub message: String,
    /// How many records it is about; 0 when it is about the rule itself.
    pub records: usize,
    /// The display name of one of them.
    pub example: Option<String>,
}

impl Warning {
    /// About a rule as a whole.
    pub fn about(rule: i64, message: impl Into<String>) -> Self {
        Warning {
            rule: Some(rule),
            message: message.into(),
            records: 0,
            example: None,
        }
    }
}
