//! What the sidecar has the addon change (`docs/protocol.md`, *FolderItem*, *FileItem*, *Result*).

use super::wire::{FolderKind, absent, empty};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

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
        /// The rule that its place comes from now.
        #[serde(skip_serializing_if = "Option::is_none")]
        rule: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        expect: Option<String>,
    },
    /// Rename and move in one. A folder that is there already stays, whatever its revision.
    Place {
        id: i64,
        expect: String,
        parent: i64,
        name: String,
    },
    Scope {
        id: i64,
        in_scope: bool,
        stopped: bool,
    },
    /// A shortcut goes. Missing is fine.
    Drop { id: i64 },
    /// A folder with something in it is not trashed: `changed`. Missing is fine.
    Trash { id: i64, expect: String },
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

/// A step that is not over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenOperation {
    pub id: String,
    pub kind: String,
    pub side: String,
    pub subject: String,
    pub reason: String,
    /// `intended`, `waiting` or `stuck`.
    pub state: String,
    /// Of a large file that is on its way.
    pub percent: u8,
    /// The last error, with what to do; a sentence.
    pub message: Option<String>,
    /// Not before; UTC, `YYYY-MM-DD HH:MM:SS`.
    pub next_at: Option<String>,
    pub folder: Option<i64>,
    pub file: Option<i64>,
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
