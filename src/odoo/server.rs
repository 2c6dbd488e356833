//! One connection's part of Odoo: the trait [`Odoo`] over the addon's service.

use super::entries::{self, Row};
use super::service::Service;
use super::wire::{Ask, Lines, MAX_PAGE};
use super::{ErrorKind, Given, Odoo, OdooError, Result, Wanted, Write, Written, bytes, write};
use crate::tree::{Change, ConnectionId, Cursor, Entry, EntryId, Page};
use ::bytes::Bytes;
use async_trait::async_trait;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Rows of a listing that are read at once.
const SCAN_PAGE: usize = 2000;

/// Models whose lines tell of entries.
const FOLDER: &str = "attache.folder";
const FILE: &str = "ir.attachment";

/// A place in the feed, with the database's epoch in which it counts.
#[derive(Serialize, Deserialize)]
struct FeedCursor {
    epoch: String,
    at: Value,
}

/// A place in a listing: folders come first, then files.
#[derive(Default, Serialize, Deserialize)]
struct ScanCursor {
    files: bool,
    after: i64,
}

/// Odoo, for one connection.
pub struct Server {
    service: Arc<Service>,
    /// As the addon writes it.
    connection: String,
}

impl Server {
    /// The part of this connection.
    pub fn new(service: Arc<Service>, connection: ConnectionId) -> Self {
        Server {
            service,
            connection: connection.to_string(),
        }
    }

    async fn lines(&self, cursor: Option<&Cursor>) -> Result<Lines> {
        let Some(cursor) = cursor else {
            return self.service.read_feed(None, 1).await;
        };
        let Ok(place) = serde_json::from_str::<FeedCursor>(&cursor.0) else {
            let message =
                "the place in Odoo's feed was written by another version; everything is read again";
            return Err(OdooError::new(ErrorKind::CursorExpired, message));
        };
        let lines = self.service.read_feed(Some(&place.at), MAX_PAGE).await?;
        if lines.epoch != place.epoch {
            let message = "the Odoo database was restored, copied or moved: nothing is written until somebody confirms that this is the right one";
            return Err(OdooError::new(ErrorKind::EpochChanged, message));
        }
        if lines.expired {
            let message =
                "Odoo no longer has all changes since the last look; everything is read again";
            return Err(OdooError::new(ErrorKind::CursorExpired, message));
        }
        Ok(lines)
    }

    /// The present state of rows, and of all files of some folders, as far as they are in this
    /// connection.
    async fn present(
        &self,
        rows: impl IntoIterator<Item = Row>,
        files_of: Vec<i64>,
    ) -> Result<HashMap<Row, Entry>> {
        let mut ask = Ask {
            files_of,
            ..Ask::default()
        };
        for row in rows {
            match row {
                Row::Folder(id) => ask.folders.push(id),
                Row::File(id) => ask.files.push(id),
            }
        }
        let found = self.service.read(&ask).await?;
        let folders = found
            .folders
            .iter()
            .filter(|row| self.is_mine(&row.connection));
        let files = found
            .files
            .iter()
            .filter(|row| self.is_mine(&row.connection));
        let folders = folders.map(|row| (Row::Folder(row.id), entries::folder(row)));
        let files = files.map(|row| (Row::File(row.id), entries::file(row)));
        Ok(folders.chain(files).collect())
    }

    /// The files that folders brought along, without lines of their own.
    async fn came(&self, lines: &Lines, present: &HashMap<Row, Entry>) -> Result<Vec<Entry>> {
        let bring = lines.rows.iter().filter(|line| line.brings_files);
        let mine = bring.filter(|line| present.contains_key(&Row::Folder(line.id)));
        let folders: BTreeSet<i64> = mine.map(|line| line.id).collect();
        if folders.is_empty() {
            return Ok(Vec::new());
        }
        let files = self.present([], folders.into_iter().collect()).await?;
        let told = |row: &Row| present.contains_key(row);
        let mut files: Vec<_> = files.into_iter().filter(|(row, _)| !told(row)).collect();
        files.sort_unstable_by_key(|(row, _)| *row);
        Ok(files.into_iter().map(|(_, entry)| entry).collect())
    }

    pub(super) fn service(&self) -> &Service {
        &self.service
    }

    pub(super) fn is_mine(&self, connection: &str) -> bool {
        connection.eq_ignore_ascii_case(&self.connection)
    }
}

fn written(lines: &Lines) -> Result<Cursor> {
    let place = FeedCursor {
        epoch: lines.epoch.clone(),
        at: lines.cursor.clone(),
    };
    text(&place)
}

fn text(cursor: &impl Serialize) -> Result<Cursor> {
    let text = serde_json::to_string(cursor).map_err(|error| {
        let message = "the place in Odoo's feed cannot be written down";
        OdooError::new(ErrorKind::Unexpected, message).because(error)
    })?;
    Ok(Cursor(text))
}

#[async_trait]
impl Odoo for Server {
    /// A folder that came from another connection is told with all its files.
    async fn feed(&self, cursor: Option<&Cursor>) -> Result<Page> {
        let lines = self.lines(cursor).await?;
        let dirty: BTreeSet<Row> = lines
            .rows
            .iter()
            .filter_map(|line| match line.model.as_str() {
                FOLDER => Some(Row::Folder(line.id)),
                FILE => Some(Row::File(line.id)),
                _ => None,
            })
            .collect();
        let mut changes = Vec::with_capacity(dirty.len());
        if !dirty.is_empty() {
            let mut present = self.present(dirty.iter().copied(), Vec::new()).await?;
            let came = self.came(&lines, &present).await?;
            for row in dirty {
                changes.push(match present.remove(&row) {
                    Some(entry) => Change::Present(entry),
                    None => Change::Gone(row.id()),
                });
            }
            changes.extend(came.into_iter().map(Change::Present));
        }
        Ok(Page {
            changes,
            cursor: written(&lines)?,
            more: lines.more,
        })
    }

    async fn scan(&self, after: Option<&Cursor>) -> Result<Page> {
        let place: ScanCursor = match after {
            None => ScanCursor::default(),
            Some(cursor) => serde_json::from_str(&cursor.0).map_err(|error| {
                let message =
                    "the place in the listing was written by another version; it starts again";
                OdooError::new(ErrorKind::CursorExpired, message).because(error)
            })?,
        };
        let (rows, more): (Vec<(i64, bool, Entry)>, bool) = if place.files {
            let page = self.service.scan_files(place.after, SCAN_PAGE).await?;
            let rows = page.rows.iter();
            let told = rows.map(|row| (row.id, self.is_mine(&row.connection), entries::file(row)));
            (told.collect(), page.more)
        } else {
            let page = self.service.scan_folders(place.after, SCAN_PAGE).await?;
            let rows = page.rows.iter();
            let told =
                rows.map(|row| (row.id, self.is_mine(&row.connection), entries::folder(row)));
            (told.collect(), page.more)
        };
        let last = rows.iter().map(|(id, ..)| *id).max().unwrap_or(place.after);
        if more && last <= place.after {
            // Going on would give the same page for ever; ending would hide what was not told.
            let message = "the addon's listing does not move on: upgrade the addon";
            return Err(OdooError::new(ErrorKind::Incompatible, message));
        }
        let next = match (more, place.files) {
            (false, false) => ScanCursor {
                files: true,
                after: 0,
            },
            (_, files) => ScanCursor { files, after: last },
        };
        let mine = rows.into_iter().filter(|(_, mine, _)| *mine);
        Ok(Page {
            changes: mine.map(|(.., entry)| Change::Present(entry)).collect(),
            cursor: text(&next)?,
            more: more || !place.files,
        })
    }

    async fn read(&self, ids: &[EntryId]) -> Result<Vec<Option<Entry>>> {
        let rows: Vec<Option<Row>> = ids.iter().map(Row::of).collect();
        let present = self
            .present(rows.iter().copied().flatten(), Vec::new())
            .await?;
        let entries = rows.iter().map(|row| present.get(row.as_ref()?).cloned());
        Ok(entries.collect())
    }

    async fn bytes(
        &self,
        wanted: &[Wanted],
    ) -> Result<BoxStream<'static, Result<(EntryId, Given)>>> {
        bytes::small(self.service.http(), wanted).await
    }

    async fn large(
        &self,
        wanted: &Wanted,
        offset: u64,
    ) -> Result<BoxStream<'static, Result<Bytes>>> {
        bytes::large(self.service.http(), wanted, offset).await
    }

    async fn write(&self, writes: &[Write]) -> Result<Vec<Written>> {
        write::write(self, writes).await
    }
}
