//! The shapes of the protocol (`docs/protocol.md`, *Shapes*), as they travel.
//!
//! Odoo says `False` for what is absent where it cannot say null; both read as absent.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The version of the protocol that this sidecar speaks.
pub const PROTOCOL: u32 = 1;

/// The most rows or items of one call, whatever the addon says.
pub const MAX_PAGE: usize = 5000;

/// Null or false: nothing.
pub(super) fn absent<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    from: D,
) -> Result<Option<T>, D::Error> {
    match Value::deserialize(from)? {
        Value::Null | Value::Bool(false) => Ok(None),
        value => serde_json::from_value(value)
            .map(Some)
            .map_err(D::Error::custom),
    }
}

/// Null or false: the empty value.
pub(super) fn empty<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(
    from: D,
) -> Result<T, D::Error> {
    absent(from).map(Option::unwrap_or_default)
}

/// Whatever it is, as text: it is only ever compared.
fn opaque<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    match Value::deserialize(from)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(D::Error::custom(
            "an opaque value is neither text nor number",
        )),
    }
}

/// What `hello` answers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Hello {
    pub protocol: u32,
    /// The addon's version.
    pub addon: String,
    /// The server's version.
    pub odoo: String,
    /// The database's name.
    pub database: String,
    /// The database's uuid; a copy may have the same.
    pub uuid: String,
    /// Differs after the database was restored, copied or moved.
    #[serde(deserialize_with = "opaque")]
    pub epoch: String,
    /// Odoo's clock, UTC, `YYYY-MM-DD HH:MM:SS`.
    pub now: String,
    pub max_page: usize,
}

/// What `settings` answers.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Settings {
    /// Differs when any connection or rule does.
    #[serde(deserialize_with = "opaque")]
    pub revision: String,
    pub connections: Vec<Connection>,
    pub rules: Vec<Rule>,
}

/// The row in Odoo that mirrors a connection.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Connection {
    pub id: i64,
    pub uuid: String,
    pub name: String,
    #[serde(default, deserialize_with = "empty")]
    pub provider: String,
    pub active: bool,
    /// Its root folder.
    #[serde(default, deserialize_with = "absent")]
    pub root: Option<i64>,
}

/// A rule as people stated it; period and company are not in `domain`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Rule {
    pub id: i64,
    pub sequence: i64,
    pub active: bool,
    #[serde(deserialize_with = "empty")]
    pub title: String,
    pub model: String,
    /// The model as people call it.
    #[serde(default, deserialize_with = "empty")]
    pub model_name: String,
    /// Odoo's domain, evaluated.
    #[serde(deserialize_with = "empty")]
    pub domain: Vec<Value>,
    #[serde(default, deserialize_with = "absent")]
    pub company: Option<i64>,
    #[serde(default, deserialize_with = "absent")]
    pub period: Option<Period>,
    #[serde(default, deserialize_with = "absent")]
    pub parent: Option<i64>,
    #[serde(default, deserialize_with = "absent")]
    pub parent_field: Option<String>,
    #[serde(default, deserialize_with = "absent")]
    pub name_expression: Option<String>,
    /// The uuid of its connection.
    pub connection: String,
}

/// The time that a rule's records fall in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Period {
    pub field: String,
    /// `date` or `datetime`.
    pub kind: String,
    /// `last`, `this` or `next`.
    pub direction: String,
    pub count: i64,
    /// `day`, `week`, `month`, `quarter` or `year`.
    pub unit: String,
}

/// What a folder is in Odoo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FolderKind {
    /// The connection's own.
    Root,
    /// A rule's own.
    Rule,
    /// A record's, made by a rule.
    Record,
    /// A person's.
    Manual,
}

/// A folder.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Folder {
    pub id: i64,
    pub name: String,
    #[serde(default, deserialize_with = "absent")]
    pub parent: Option<i64>,
    pub kind: FolderKind,
    #[serde(default, deserialize_with = "absent")]
    pub key: Option<String>,
    /// The uuid of its connection.
    pub connection: String,
    #[serde(default, deserialize_with = "absent")]
    pub rule: Option<i64>,
    #[serde(default, deserialize_with = "absent")]
    pub model: Option<String>,
    #[serde(default, deserialize_with = "absent")]
    pub res_id: Option<i64>,
    pub in_scope: bool,
    #[serde(deserialize_with = "opaque")]
    pub revision: String,
}

/// A file: an attachment that lives in a folder.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct File {
    pub id: i64,
    pub name: String,
    pub folder: i64,
    /// The uuid of its connection.
    pub connection: String,
    pub size: u64,
    #[serde(deserialize_with = "empty")]
    pub sha1: String,
    #[serde(default, deserialize_with = "empty")]
    pub mimetype: String,
    pub released: bool,
    #[serde(default, deserialize_with = "absent")]
    pub key: Option<String>,
    #[serde(deserialize_with = "opaque")]
    pub revision: String,
}

/// What `put_connection` answers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Put {
    pub id: i64,
    pub root: Folder,
}

/// A line of the feed: this row is dirty.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "(String, i64, String, Value)")]
pub struct Line {
    pub model: String,
    pub id: i64,
    pub deleted: bool,
    /// The sidecar's own write, heard back.
    pub echo: bool,
}

impl From<(String, i64, String, Value)> for Line {
    fn from((model, id, op, origin): (String, i64, String, Value)) -> Self {
        Line {
            model,
            id,
            deleted: op == "d",
            echo: origin == "sidecar",
        }
    }
}

/// What `read_feed` answers.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Lines {
    #[serde(deserialize_with = "opaque")]
    pub epoch: String,
    #[serde(default)]
    pub expired: bool,
    #[serde(default, deserialize_with = "empty")]
    pub rows: Vec<Line>,
    /// Given back as it came. Absent with `expired`.
    #[serde(default)]
    pub cursor: Value,
    #[serde(default)]
    pub more: bool,
    /// Age in seconds of the oldest line that an open transaction holds back.
    #[serde(default, deserialize_with = "empty")]
    pub lag: f64,
}

/// What `scan` answers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Scanned<T> {
    pub rows: Vec<T>,
    pub more: bool,
}

/// What `read` is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ask {
    pub folders: Vec<i64>,
    pub files: Vec<i64>,
    /// All files of these folders.
    pub files_of: Vec<i64>,
    /// All files of these records.
    pub files_on: BTreeMap<String, Vec<i64>>,
}

/// What `read` answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Found {
    pub folders: Vec<Folder>,
    pub files: Vec<File>,
}

/// One change of folders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub enum FolderItem {
    Create {
        key: String,
        name: String,
        parent: i64,
        kind: FolderKind,
        rule: Option<i64>,
        model: Option<String>,
        res_id: Option<i64>,
    },
    Rename {
        id: i64,
        name: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        expect: Option<String>,
    },
    Move {
        id: i64,
        parent: i64,
        #[serde(skip_serializing_if = "Option::is_none")]
        expect: Option<String>,
    },
    Scope {
        id: i64,
        in_scope: bool,
    },
    Trash {
        id: i64,
    },
}

/// One change of files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub enum FileItem {
    Create {
        key: String,
        folder: i64,
        name: String,
        size: u64,
        sha1: String,
        mimetype: String,
        web_url: Option<String>,
    },
    Content {
        id: i64,
        expect: String,
        size: u64,
        sha1: String,
        mimetype: String,
    },
    Place {
        id: i64,
        expect: String,
        folder: i64,
        name: String,
    },
    Release {
        id: i64,
        expect: String,
        size: u64,
    },
    Trash {
        id: i64,
        expect: String,
    },
    Restore {
        id: i64,
    },
    Link {
        id: i64,
        web_url: Option<String>,
    },
}

/// What became of one item.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Applied<T> {
    pub ok: bool,
    /// `missing`, `changed`, `forbidden` or `invalid`; empty when `ok`.
    #[serde(default, deserialize_with = "empty")]
    pub code: String,
    #[serde(default, deserialize_with = "empty")]
    pub message: String,
    /// The row as it is now.
    #[serde(
        default = "Option::default",
        deserialize_with = "absent",
        bound(deserialize = "T: DeserializeOwned")
    )]
    pub row: Option<T>,
}

/// A line of the sync log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogRow {
    /// A uuid that is there already is skipped.
    pub uuid: String,
    /// The uuid of the connection.
    pub connection: String,
    /// UTC, `YYYY-MM-DD HH:MM:SS`.
    pub at: String,
    pub kind: String,
    pub side: String,
    pub subject: String,
    pub folder: Option<i64>,
    pub file: Option<i64>,
    pub reason: String,
    pub outcome: String,
    pub detail: Option<String>,
}
