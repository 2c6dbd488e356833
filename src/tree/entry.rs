//! Entries: one folder or file, as one side tells it.

use super::fingerprint::Fingerprint;
use super::ids::EntryId;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// A folder or a file. A type never changes; what becomes another type is another entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Folder,
    File,
}

impl Kind {
    /// The word used in SQL, logs and pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Folder => "folder",
            Kind::File => "file",
        }
    }
}

/// Which version of an entry a side says it holds: a precondition for writing.
///
/// Equal revisions mean equal content. Unequal ones only mean that something *may* have changed
/// (some stores also change it on a rename); the fingerprint decides where it can.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Revision(Arc<str>);

impl Revision {
    /// Wraps what a side said. Empty for folders of stores that have none.
    pub fn new(revision: impl Into<Arc<str>>) -> Self {
        Revision(revision.into())
    }

    /// The text, as stored and sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Not told. An agreement at such a revision says nothing about who wrote since: it is proved
    /// before anything else is decided.
    pub fn is_unknown(&self) -> bool {
        self.0.is_empty()
    }

    /// One that no store tells: whatever is there, it is not what was agreed on.
    pub fn disowned() -> Self {
        Revision::new("?")
    }

    /// What it will be once the entry is no longer young. Stores that stamp coarsely end the
    /// revision of a file that was written a moment ago in `~` and more, since another edit could
    /// leave equal stamps behind.
    pub fn settled(&self) -> &str {
        self.0.split('~').next().unwrap_or_default()
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One folder or file of one side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub id: EntryId,
    /// `None` for the root only. The parent may not be known yet: feeds may name a child first.
    pub parent: Option<EntryId>,
    /// As that side shows it: Odoo's true name, or the cloud's legal one.
    pub name: String,
    pub kind: Kind,
    pub revision: Revision,
    /// What the bytes are, as far as the side tells. `None` for folders.
    pub fingerprint: Option<Fingerprint>,
    /// Odoo's folders made by a rule: their name and place are the rule's, not a person's.
    #[serde(default)]
    pub automatic: bool,
    /// Odoo's folders whose rule says that nothing in them is synced any more.
    #[serde(default)]
    pub stopped: bool,
    /// Odoo's files whose bytes are in the cloud only.
    #[serde(default)]
    pub released: bool,
}

impl Entry {
    /// A folder with no revision of its own.
    pub fn folder(id: EntryId, parent: Option<EntryId>, name: impl Into<String>) -> Self {
        Entry {
            id,
            parent,
            name: name.into(),
            kind: Kind::Folder,
            revision: Revision::default(),
            fingerprint: None,
            automatic: false,
            stopped: false,
            released: false,
        }
    }

    /// A file with the given content.
    pub fn file(
        id: EntryId,
        parent: EntryId,
        name: impl Into<String>,
        revision: Revision,
        fingerprint: Fingerprint,
    ) -> Self {
        Entry {
            id,
            parent: Some(parent),
            name: name.into(),
            kind: Kind::File,
            revision,
            fingerprint: Some(fingerprint),
            automatic: false,
            stopped: false,
            released: false,
        }
    }

    /// Bytes of a file; 0 for folders.
    pub fn size(&self) -> u64 {
        self.fingerprint.as_ref().map_or(0, |f| f.size)
    }
}
