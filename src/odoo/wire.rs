//! The shapes of the protocol (`docs/protocol.md`, *Shapes*), as they travel.
//!
//! Odoo says `False` for what is absent where it cannot say null; both read as absent.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// The version of the protocol that this sidecar speaks.
pub const PROTOCOL: u32 = 3;

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

/// A whole number, also where it had to be written as a double: the addon does so over XML-RPC
/// beyond 32 bits. Doubles are exact up to 2^53 bytes.
fn whole<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let number = Value::deserialize(from)?;
    let double = number.as_f64().filter(|double| double.fract() == 0.0);
    let double = double.filter(|double| (0.0..=9_007_199_254_740_992.0).contains(double));
    let whole = number.as_u64().or(double.map(|double| double as u64));
    whole.ok_or_else(|| D::Error::custom("a size is not a whole number"))
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
    /// Odoo's domain, evaluated; empty with an `error`.
    #[serde(deserialize_with = "empty")]
    pub domain: Vec<Value>,
    /// Why the rule cannot be read now: a sentence for people.
    #[serde(default, deserialize_with = "absent")]
    pub error: Option<String>,
    #[serde(default, deserialize_with = "absent")]
    pub company: Option<i64>,
    #[serde(default, deserialize_with = "absent")]
    pub period: Option<Period>,
    #[serde(default, deserialize_with = "absent")]
    pub parent: Option<i64>,
    #[serde(default, deserialize_with = "absent")]
    pub parent_field: Option<String>,
    /// The many2one to its own model by which records' folders stand in each other.
    #[serde(default, deserialize_with = "absent")]
    pub nest_field: Option<String>,
    /// Records below one that matches come along.
    #[serde(default)]
    pub below: bool,
    #[serde(default, deserialize_with = "absent")]
    pub split: Option<Split>,
    #[serde(default, deserialize_with = "absent")]
    pub name_expression: Option<String>,
    /// `keep`, `archive` or `stop`; nothing is `keep`.
    #[serde(default, deserialize_with = "empty")]
    pub leave: String,
    /// Paths that a record's folder begins with.
    #[serde(default, deserialize_with = "empty")]
    pub subfolders: Vec<String>,
    /// The uuid of its connection.
    pub connection: String,
}

/// What a preview asks.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Draft {
    /// The rule that it is about; 0 for one that is not saved yet.
    pub rule: i64,
    /// Every active rule, that one as it stands in the form.
    pub rules: Vec<Rule>,
}

/// The field whose values have a split folder each.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Split {
    pub field: String,
    /// `many2one`, `selection`, `boolean`, `char`, `date` or `datetime`.
    pub kind: String,
    /// Of a many2one: the model that it points to.
    #[serde(default, deserialize_with = "absent")]
    pub relation: Option<String>,
    /// Of dates: `year`, `quarter`, `month` or `day`.
    #[serde(default, deserialize_with = "empty")]
    pub unit: String,
    #[serde(default, deserialize_with = "empty")]
    pub names: Vec<SplitName>,
}

/// What the split folder of some values is called.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SplitName {
    pub key: String,
    pub name: String,
    pub values: Vec<String>,
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

/// What `fields_get` says about a field.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Described {
    /// As `many2one`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The model that a relation points to.
    #[serde(default, deserialize_with = "absent")]
    pub relation: Option<String>,
    #[serde(default)]
    pub store: bool,
    /// Paths of the fields that it is computed from.
    #[serde(default, deserialize_with = "empty")]
    pub depends: Vec<String>,
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
    /// In Odoo only: it leads to another folder.
    Shortcut,
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
    /// Nothing in it is synced.
    #[serde(default)]
    pub stopped: bool,
    /// A record's, which people rename, move and delete in the cloud as well.
    #[serde(default)]
    pub free: bool,
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
    #[serde(deserialize_with = "whole")]
    pub size: u64,
    #[serde(deserialize_with = "empty")]
    pub sha1: String,
    #[serde(default, deserialize_with = "empty")]
    pub mimetype: String,
    pub released: bool,
    /// A link to something in the cloud that has no bytes at all.
    #[serde(default)]
    pub document: bool,
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
    /// A folder whose files come or go with it, without lines of their own.
    pub brings_files: bool,
    /// The sidecar's own write, heard back.
    pub echo: bool,
}

impl From<(String, i64, String, Value)> for Line {
    fn from((model, id, op, origin): (String, i64, String, Value)) -> Self {
        Line {
            model,
            id,
            brings_files: op == "f",
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
}

/// What `read` answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Found {
    pub folders: Vec<Folder>,
    pub files: Vec<File>,
}

#[cfg(test)]
mod tests {
    use super::super::items::Applied;
    use super::*;
    use serde_json::json;

    #[test]
    fn null_and_false_are_absent() {
        for nothing in [json!(null), json!(false)] {
            let row = json!({"id": 1, "name": "n", "parent": nothing, "kind": "root", "key": nothing,
                "connection": "c", "rule": nothing, "model": nothing, "res_id": nothing,
                "in_scope": true, "revision": 7});
            let folder: Folder = serde_json::from_value(row).expect("a folder");
            assert_eq!((folder.parent, folder.key, folder.rule), (None, None, None));
            assert_eq!(
                (folder.model, folder.res_id, folder.revision.as_str()),
                (None, None, "7")
            );
            let result = json!({"ok": true, "row": nothing, "code": nothing});
            let result: Applied<Folder> = serde_json::from_value(result).expect("a result");
            assert!(result.ok && result.row.is_none() && result.code.is_empty());
            let line: Line = serde_json::from_value(json!(["m", 1, "f", nothing])).expect("a line");
            assert!(line.brings_files && !line.echo);
        }
    }

    #[test]
    fn sizes_may_come_as_doubles() {
        let file = |size: Value| {
            let row = json!({"id": 1, "name": "n", "folder": 1, "connection": "c", "size": size, "sha1": "",
                "mimetype": false, "released": false, "revision": "r"});
            serde_json::from_value::<File>(row)
                .map(|file| file.size)
                .ok()
        };
        assert_eq!(file(json!(5_000_000_000_u64)), Some(5_000_000_000));
        assert_eq!(file(json!(5e9)), Some(5_000_000_000));
        for wrong in [json!(1.5), json!(-1), json!(1e300), json!("1"), json!(null)] {
            assert_eq!(file(wrong), None);
        }
    }
}
