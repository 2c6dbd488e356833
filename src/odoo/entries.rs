//! Odoo's rows as entries, and the identities between both.

use super::wire::{File, Folder, FolderKind};
use crate::tree::{Entry, EntryId, Fingerprint, HashKind, Revision};
use std::fmt;

/// A row of Odoo's; as an identity `folder:<id>` or `file:<id>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Row {
    Folder(i64),
    File(i64),
}

impl Row {
    /// The row that an identity names; `None` for one that Odoo never gave.
    pub fn of(id: &EntryId) -> Option<Row> {
        let (kind, number) = id.as_str().split_once(':')?;
        let number = number.parse().ok().filter(|number| *number > 0)?;
        match kind {
            "folder" => Some(Row::Folder(number)),
            "file" => Some(Row::File(number)),
            _ => None,
        }
    }

    /// Its identity.
    pub fn id(self) -> EntryId {
        EntryId::new(self.to_string())
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Row::Folder(number) => write!(f, "folder:{number}"),
            Row::File(number) => write!(f, "file:{number}"),
        }
    }
}

/// A folder as an entry. Only the connection's root has no parent.
pub fn folder(row: &Folder) -> Entry {
    let parent = row.parent.filter(|_| row.kind != FolderKind::Root);
    Entry {
        revision: Revision::new(row.revision.as_str()),
        automatic: row.kind != FolderKind::Manual && !row.free,
        stopped: row.stopped,
        ..Entry::folder(
            Row::Folder(row.id).id(),
            parent.map(|parent| Row::Folder(parent).id()),
            row.name.as_str(),
        )
    }
}

/// A file as an entry. A link has no bytes in Odoo that could be taken: it counts as released.
pub fn file(row: &File) -> Entry {
    let mut fingerprint = Fingerprint::of_size(row.size);
    if !row.sha1.is_empty() {
        fingerprint = fingerprint.with(HashKind::Sha1, row.sha1.as_str());
    }
    Entry {
        released: row.released || row.document,
        ..Entry::file(
            Row::File(row.id).id(),
            Row::Folder(row.folder).id(),
            row.name.as_str(),
            Revision::new(row.revision.as_str()),
            fingerprint,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_read_back() {
        for row in [Row::Folder(1), Row::File(345)] {
            assert_eq!(Row::of(&row.id()), Some(row));
        }
        for id in [
            "",
            "file:",
            "file:0",
            "file:-1",
            "file:x",
            "note:1",
            "12",
            "folder:1:2",
        ] {
            assert_eq!(Row::of(&EntryId::new(id)), None, "{id}");
        }
    }
}
