//! Writes to Odoo: from operations to the addon's items, and back.
//!
//! Neighbours of a kind share a call; the order is kept, so that a folder is there before what
//! goes into it.

use super::entries::{self, Row};
use super::items::{Applied, FileItem, FolderItem};
use super::server::Server;
use super::wire::{Folder, FolderKind};
use super::{Refusal, Result, Write, Written};
use crate::tree::{Entry, EntryId, Fingerprint, HashKind, Revision};
use std::collections::HashMap;

/// What a write comes to.
enum Step {
    Folder(FolderItem),
    File(FileItem),
    /// A move, and once that is done a rename: the addon has no item for both.
    Twice(FolderItem, String),
    /// Nothing to ask.
    Settled(Written),
}

/// Does a batch for `server`; answers in its order.
pub async fn write(server: &Server, writes: &[Write]) -> Result<Vec<Written>> {
    // Two kinds of writes have a precondition that the addon does not check by itself.
    let looked_at = writes.iter().filter_map(|write| match write {
        Write::Trash { id, .. } => Row::of(id),
        Write::Place { id, .. } => Row::of(id).filter(|row| matches!(row, Row::Folder(_))),
        _ => None,
    });
    let looked_at: Vec<Row> = looked_at.collect();
    let present = server.present(looked_at, false).await?;
    let mut outcomes: Vec<Option<Written>> = vec![None; writes.len()];
    let mut run = Run::default();
    for (index, write) in writes.iter().enumerate() {
        match step(write, &present) {
            Step::Settled(written) => outcomes[index] = Some(written),
            Step::Folder(item) => {
                run.files(server, &mut outcomes).await?;
                run.folders.push((index, item));
            }
            Step::File(item) => {
                run.folders(server, &mut outcomes).await?;
                run.files.push((index, item));
            }
            Step::Twice(item, name) => {
                run.files(server, &mut outcomes).await?;
                run.folders(server, &mut outcomes).await?;
                let moved = server.service().apply_folders(&[item]).await?;
                outcomes[index] = Some(renamed(server, moved, name).await?);
            }
        }
    }
    run.files(server, &mut outcomes).await?;
    run.folders(server, &mut outcomes).await?;
    let all = outcomes.into_iter();
    Ok(all
        .map(|outcome| outcome.expect("every write has been settled"))
        .collect())
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
        for (index, result) in indexes.into_iter().zip(results) {
            outcomes[index] = Some(written(result, entries::folder));
        }
        Ok(())
    }

    async fn files(&mut self, server: &Server, outcomes: &mut [Option<Written>]) -> Result<()> {
        let (indexes, items): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.files).into_iter().unzip();
        let results = server.service().apply_files(&items).await?;
        for (index, result) in indexes.into_iter().zip(results) {
            outcomes[index] = Some(written(result, entries::file));
        }
        Ok(())
    }
}

async fn renamed(
    server: &Server,
    mut moved: Vec<Applied<Folder>>,
    name: String,
) -> Result<Written> {
    let moved = moved.pop().expect("one result for one item");
    match &moved.row {
        Some(row) if moved.ok => {
            let item = FolderItem::Rename {
                id: row.id,
                name,
                expect: Some(row.revision.clone()),
            };
            let mut results = server.service().apply_folders(&[item]).await?;
            let result = results.pop().expect("one result for one item");
            Ok(written(result, entries::folder))
        }
        _ => Ok(written(moved, entries::folder)),
    }
}

fn written<T>(result: Applied<T>, entry: impl Fn(&T) -> Entry) -> Written {
    let row = result.row.as_ref().map(entry);
    if result.ok {
        return Ok(row);
    }
    Err(match result.code.as_str() {
        "missing" => Refusal::Missing,
        "changed" => Refusal::Changed(row.map(Box::new)),
        "forbidden" => Refusal::Forbidden(result.message),
        _ => Refusal::Invalid(result.message),
    })
}

fn step(write: &Write, present: &HashMap<Row, Entry>) -> Step {
    item(write, present).unwrap_or_else(|refusal| Step::Settled(Err(refusal)))
}

fn item(write: &Write, present: &HashMap<Row, Entry>) -> std::result::Result<Step, Refusal> {
    Ok(match write {
        Write::CreateFolder { key, parent, name } => Step::Folder(FolderItem::Create {
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
            web_url,
        } => Step::File(FileItem::Create {
            key: key.to_string(),
            folder: folder_number(parent)?,
            name: name.clone(),
            size: fingerprint.size,
            sha1: sha1(fingerprint)?,
            mimetype: mimetype.clone(),
            web_url: web_url.clone(),
        }),
        Write::Content {
            id,
            expect,
            fingerprint,
            mimetype,
        } => Step::File(FileItem::Content {
            id: file_number(id)?,
            expect: expect.clone(),
            size: fingerprint.size,
            sha1: sha1(fingerprint)?,
            mimetype: mimetype.clone(),
        }),
        Write::Release { id, fingerprint } => Step::File(FileItem::Release {
            id: file_number(id)?,
            expect: sha1(fingerprint)?,
            size: fingerprint.size,
        }),
        Write::Place {
            id,
            expect,
            parent,
            name,
        } => match Row::of(id) {
            Some(Row::File(number)) => Step::File(FileItem::Place {
                id: number,
                expect: expect.as_str().to_owned(),
                folder: folder_number(parent)?,
                name: name.clone(),
            }),
            Some(row) => place(present.get(&row), expect, parent, name)?,
            None => return Err(stranger(id)),
        },
        Write::Trash { id, expect } => trash(id, expect, present)?,
    })
}

/// A folder to its place. One that is there already stays as it is, whatever its revision: the
/// answer to the first try may have been lost.
fn place(
    present: Option<&Entry>,
    expect: &Revision,
    parent: &EntryId,
    name: &str,
) -> std::result::Result<Step, Refusal> {
    let present = present.ok_or(Refusal::Missing)?;
    let (id, target) = (folder_number(&present.id)?, folder_number(parent)?);
    let (stays, keeps_name) = (
        present.parent.as_ref() == Some(parent),
        present.name == name,
    );
    if stays && keeps_name {
        return Ok(Step::Settled(Ok(Some(present.clone()))));
    }
    if present.revision != *expect {
        return Err(Refusal::Changed(Some(Box::new(present.clone()))));
    }
    let expect = Some(expect.as_str().to_owned());
    let name = name.to_owned();
    if stays {
        return Ok(Step::Folder(FolderItem::Rename { id, name, expect }));
    }
    let moving = FolderItem::Move {
        id,
        parent: target,
        expect,
    };
    Ok(if keeps_name {
        Step::Folder(moving)
    } else {
        Step::Twice(moving, name)
    })
}

fn trash(
    id: &EntryId,
    expect: &Revision,
    present: &HashMap<Row, Entry>,
) -> std::result::Result<Step, Refusal> {
    let row = Row::of(id).ok_or_else(|| stranger(id))?;
    let Some(entry) = present.get(&row) else {
        return Ok(Step::Settled(Ok(None)));
    };
    if entry.revision != *expect {
        return Err(Refusal::Changed(Some(Box::new(entry.clone()))));
    }
    Ok(match row {
        Row::Folder(id) => Step::Folder(FolderItem::Trash { id }),
        Row::File(id) => {
            let fingerprint = entry.fingerprint.as_ref();
            let expect = sha1(fingerprint.unwrap_or(&Fingerprint::default()))?;
            Step::File(FileItem::Trash { id, expect })
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
