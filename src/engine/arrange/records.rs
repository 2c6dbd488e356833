//! What arranging asks of Odoo: its rules, records and automatic folders.

use crate::odoo::OdooError;
use crate::rules::{Existing, Rule, WantedFolder};
use crate::tree::ConnectionId;
use async_trait::async_trait;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What every call answers.
pub type Result<T> = std::result::Result<T, OdooError>;

/// What came of one change of folders.
pub type Changed = std::result::Result<Option<Existing>, String>;

/// A record as Odoo tells it: field → value.
pub type Row = Map<String, Value>;

/// Fields to watch: model → dotted paths.
pub type Watched = BTreeMap<String, Vec<String>>;

/// The rules there are, and where their folders go.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Setup {
    /// The active rules.
    pub rules: Vec<Rule>,
    /// The root folder of every connection in use.
    pub roots: BTreeMap<ConnectionId, i64>,
    /// Rules whose folders are to be left alone, with the reason where people should know one.
    pub unread: BTreeMap<i64, Option<String>>,
}

/// What Odoo says about a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    /// The model that a relation points to.
    pub relation: Option<String>,
    /// It points to one record at most.
    pub is_single: bool,
    pub is_boolean: bool,
    /// It has a column (or table) of its own, so that a change of it is seen.
    pub is_stored: bool,
    /// What it is computed from.
    pub depends: Vec<String>,
}

/// A question for records.
#[derive(Clone, Debug, PartialEq)]
pub struct Search<'a> {
    pub model: &'a str,
    pub domain: &'a [Value],
    pub fields: &'a [String],
    /// Only records with a greater id; they come ordered by id.
    pub after_id: i64,
    pub limit: usize,
    pub with_archived: bool,
}

/// A change of Odoo's folders, every folder known by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FolderChange {
    /// The same key again answers the folder there is, brought to this name and parent.
    Create {
        folder: WantedFolder,
        parent: i64,
        /// Paths of the folders that a new one begins with. Odoo's addon knows them itself.
        subfolders: Vec<String>,
    },
    Rename {
        id: i64,
        name: String,
    },
    Move {
        id: i64,
        parent: i64,
        /// The rule that its place comes from now.
        rule: Option<i64>,
    },
    Scope {
        id: i64,
        in_scope: bool,
        /// Nothing in it is synced any more.
        stopped: bool,
    },
    /// A shortcut goes. Missing is fine.
    Drop {
        id: i64,
    },
}

/// Odoo's rules, records and automatic folders, as arranging needs them.
#[async_trait]
pub trait Records: Send + Sync {
    /// The most rows of one answer.
    fn max_page(&self) -> usize;

    /// The active rules, their domains evaluated now.
    async fn setup(&self) -> Result<Setup>;

    /// The fields of a model that may be read.
    async fn fields(&self, model: &str) -> Result<BTreeMap<String, Field>>;

    /// Has changes of exactly these fields told by the feed from now on.
    async fn watch(&self, fields: &Watched) -> Result<()>;

    /// One page of records, each with its `id`.
    async fn search_read(&self, search: &Search<'_>) -> Result<Vec<Row>>;

    /// Whether there may be records that the user may not see.
    fn hides(&self) -> bool {
        false
    }

    /// Those of these records that are there, and that the user may not see.
    async fn hidden(&self, _model: &str, _ids: &[i64]) -> Result<BTreeSet<i64>> {
        Ok(BTreeSet::new())
    }

    /// Every folder that a rule made, out of scope or not, and every shortcut.
    async fn automatic_folders(&self) -> Result<Vec<Existing>>;

    /// Changes folders in order, each on its own; answers in the same order the folder as it is
    /// now (`None` for one that was dropped), or why it was refused.
    async fn apply_folders(&self, changes: &[FolderChange]) -> Result<Vec<Changed>>;
}
