//! Writes to Odoo: from operations to the addon's items, and back.
//!
//! Neighbours of a kind share a call; the order is kept, so that a folder is there before what
//! goes into it.

use super::entries::{self, Row};
use super::items::{Applied, FileItem, FolderItem};
use super::server::Server;
use super::wire::{File, Folder, FolderKind};
use super::{Refusal, Result, Write, Written};
use crate::tree::{Entry, EntryId, Fingerprint, HashKind};

/// What the addon is asked.
enum Item {
    Folder(FolderItem),
    File(FileItem),
}

/// Does a batch for `server`; answers in its order.
pub async fn write(server: &Server, writes: &[Write]) -> Result<Vec<Written>> {
    let mut outcomes: Vec<Option<Written>> = vec![None; writes.len()];
    let mut run = Run::default();
    for (index, write) in writes.iter().enumerate() {
        match item(write) {
            Err(refusal) => outcomes[index] = Some(Err(refusal)),
            Ok(Item::Folder(item)) => {
                run.files(server, &mut outcomes).await?;
                run.folders.push((index, item));
            }
            Ok(Item::File(item)) => {
                run.folders(server, &mut outcomes).await?;
                run.files.push((index, item));
            }
        }
    }
    run.files(server, &mut outcomes).await?;
    run.folders(server, &mut outcomes).await?;
    let settled = writes.iter().zip(outcomes).map(|(write, outcome)| {
        let outcome = outcome.expect("every write has been settled");
        match (write, outcome) {
            (Write::Trash { .. }, Err(Refusal::Missing)) => Ok(None),
            (_, outcome) => outcome,
        }
    });
    Ok(settled.collect())
}

/// Neighbours of one kind, each with its index; at most one of both lists holds any.
#[derive(Default)]
struct Run {
    folders: Vec<(usize, FolderItem)>,
    files: Vec<(usize, FileItem)>,
}

impl Run {
    async fn folders(&mut self, server: &Server, outcomes: &mut [Option<Written>]) -> Result<()> {
        let (indexes, items): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.folders).into_iter().unzip();
        let results = server.service().apply_folders(&items).await?;
        let entry = |row: &Folder| {
            server
                .is_mine(&row.connection)
                .then(|| entries::folder(row))
        };
        for (index, result) in indexes.into_iter().zip(results) {
            outcomes[index] = Some(written(result, entry));
        }
        Ok(())
    }

    async fn files(&mut self, server: &Server, outcomes: &mut [Option<Written>]) -> Result<()> {
        let (indexes, items): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.files).into_iter().unzip();
        let results = server.service().apply_files(&items).await?;
        let entry = |row: &File| server.is_mine(&row.connection).then(|| entries::file(row));
        for (index, result) in indexes.into_iter().zip(results) {
            outcomes[index] = Some(written(result, entry));
        }
        Ok(())
    }
}

/// `entry` answers none for a row that went to another connection: it is gone from this one, and
/// its revision tells the move.
fn written<T>(result: Applied<T>, entry: impl Fn(&T) -> Option<Entry>) -> Written {
    let is_there = result.row.is_some();
    let row = result.row.as_ref().and_then(entry);
    if result.ok {
        return Ok(row);
    }
    Err(match result.code.as_str() {
        "missing" => Refusal::Missing,
        "changed" if is_there && row.is_none() => Refusal::Missing,
        "changed" => Refusal::Changed(row.map(Box::new)),
        "forbidden" => Refusal::Forbidden(result.message),
        _ => Refusal::Invalid(result.message),
    })
}

fn item(write: &Write) -> std::result::Result<Item, Refusal> {
    Ok(match write {
        Write::CreateFolder { key, parent, name } => Item::Folder(FolderItem::Create {
            key: key.to_string(),
            name: name.clone(),
            parent: folder_number(parent)?,
            kind: FolderKind::Manual,
            rule: None,
            model: None,
            res_id: None,
        }),
        Write::CreateFile {
            key,
            parent,
            name,
            fingerprint,
            mimetype,
            ..
        } => Item::File(FileItem::Create {
            key: key.to_string(),
            folder: folder_number(parent)?,
            name: name.clone(),
            size: fingerprint.size,
            sha1: sha1(fingerprint)?,
            mimetype: mimetype.clone(),
        }),
        Write::Content {
            id,
            expect,
            fingerprint,
            mimetype,
            ..
        } => Item::File(FileItem::Content {
            id: file_number(id)?,
            expect: expect.clone(),
            size: fingerprint.size,
            sha1: sha1(fingerprint)?,
            mimetype: mimetype.clone(),
        }),
        Write::Release { id, fingerprint } => Item::File(FileItem::Release {
            id: file_number(id)?,
            expect: sha1(fingerprint)?,
            size: fingerprint.size,
        }),
        Write::Place {
            id,
            expect,
            parent,
            name,
        } => {
            let (expect, name) = (expect.as_str().to_owned(), name.clone());
            let into = folder_number(parent)?;
            match Row::of(id).ok_or_else(|| stranger(id))? {
                Row::File(id) => Item::File(FileItem::Place {
                    id,
                    expect,
                    folder: into,
                    name,
                }),
                Row::Folder(id) => Item::Folder(FolderItem::Place {
                    id,
                    expect,
                    parent: into,
                    name,
                }),
            }
        }
        Write::Trash { id, expect } => {
            let expect = expect.as_str().to_owned();
            match Row::of(id).ok_or_else(|| stranger(id))? {
                Row::File(id) => Item::File(FileItem::Trash { id, expect }),
                Row::Folder(id) => Item::Folder(FolderItem::Trash { id, expect }),
            }
        }
    })
}

fn folder_number(id: &EntryId) -> std::result::Result<i64, Refusal> {
    match Row::of(id) {
        Some(Row::Folder(number)) => Ok(number),
        _ => Err(stranger(id)),
    }
}

fn file_number(id: &EntryId) -> std::result::Result<i64, Refusal> {
    match Row::of(id) {
        Some(Row::File(number)) => Ok(number),
        _ => Err(stranger(id)),
    }
}

fn stranger(id: &EntryId) -> Refusal {
    Refusal::Invalid(format!(
        "{id} names nothing of the kind that is needed here"
    ))
}

fn sha1(fingerprint: &Fingerprint) -> std::result::Result<String, Refusal> {
    let sha1 = fingerprint.hash(HashKind::Sha1).map(str::to_owned);
    sha1.ok_or_else(|| Refusal::Invalid("the sha1 of its bytes is not known".to_owned()))
}
