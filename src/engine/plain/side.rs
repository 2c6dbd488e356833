//! One connection of a database without the addon, as the engine asks it.

use super::placing::{file_entry, folder_entry};
use super::{Plain, kept};
use crate::odoo::entries::Row;
use crate::odoo::plain::MAX_PAGE;
use crate::odoo::{ErrorKind, Given, Odoo, OdooError, Result, Wanted, Write, Written};
use crate::store::{PlainFile, PlainFolder, PlainKind, PlainRow};
use crate::tree::{Change, ConnectionId, Cursor, Entry, EntryId, Page};
use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use serde::{Deserialize, Serialize};
use sha1::{Digest as _, Sha1};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Bytes asked for at once: they come as one text.
const MOST_AT_ONCE: u64 = 8 << 20;

/// Writes under way at once: Odoo has few workers, and people need them.
const MOST_WRITES: usize = 4;

/// One connection's part of [`Plain`].
pub struct Side {
    plain: Arc<Plain>,
    connection: ConnectionId,
}

/// A place in what changed.
#[derive(Serialize, Deserialize)]
struct FeedCursor {
    version: i64,
}

/// A place in a listing: folders come first, all at once, then files.
#[derive(Serialize, Deserialize)]
struct ScanCursor {
    after: i64,
}

impl Side {
    /// The part of this connection.
    pub fn new(plain: Arc<Plain>, connection: ConnectionId) -> Self {
        Side { plain, connection }
    }

    /// Folders that are in this connection and not of Odoo alone.
    fn is_mine(&self, folder: &PlainFolder) -> bool {
        folder.connection == self.connection.0 && folder.kind != PlainKind::Shortcut
    }

    async fn folders(&self, ids: impl IntoIterator<Item = i64>) -> Result<HashMap<i64, Entry>> {
        let ids: BTreeSet<i64> = ids.into_iter().collect();
        let ids: Vec<i64> = ids.into_iter().collect();
        let (store, database) = (&self.plain.store, &self.plain.database);
        let found = store.plain_folders_of(database, &ids).await.map_err(kept)?;
        let mine = found.iter().filter(|folder| self.is_mine(folder));
        Ok(mine
            .map(|folder| (folder.id, folder_entry(folder)))
            .collect())
    }

    /// Those of these files that lie in this connection.
    async fn mine(&self, files: Vec<PlainFile>) -> Result<Vec<PlainFile>> {
        let folders = self.folders(files.iter().map(|file| file.folder)).await?;
        let mine = files.into_iter();
        Ok(mine
            .filter(|file| folders.contains_key(&file.folder))
            .collect())
    }

    /// Files as Odoo tells them this moment. One that cannot be followed any more is what it was.
    async fn files_now(&self, ids: &[i64]) -> Result<HashMap<i64, Entry>> {
        let plain = &self.plain;
        let told = plain.client.attachments(ids).await?;
        let mut files: Vec<PlainFile> = Vec::new();
        let mut left: BTreeSet<i64> = ids.iter().copied().collect();
        for (attachment, file) in plain.place(told).await? {
            left.remove(&attachment.id);
            files.extend(file);
        }
        if !left.is_empty() {
            let left: Vec<i64> = left.into_iter().collect();
            let absent = plain.absent(&left).await?;
            let frozen: Vec<i64> = absent.hidden.union(&absent.elsewhere).copied().collect();
            let known = plain.store.plain_files_of(&plain.database, &frozen).await;
            files.extend(known.map_err(kept)?);
        }
        let mine = self.mine(files).await?;
        Ok(mine
            .iter()
            .map(|file| (file.id, file_entry(file)))
            .collect())
    }
}

#[async_trait]
impl Odoo for Side {
    async fn feed(&self, cursor: Option<&Cursor>) -> Result<Page> {
        let plain = &self.plain;
        let (store, database) = (&plain.store, &plain.database);
        let Some(cursor) = cursor else {
            let version = store.plain_version(database).await.map_err(kept)?;
            return page(Vec::new(), &FeedCursor { version }, false);
        };
        let Ok(place) = serde_json::from_str::<FeedCursor>(&cursor.0) else {
            let message = "the place in what changed is of another kind; everything is read again";
            return Err(OdooError::new(ErrorKind::CursorExpired, message));
        };
        let changed = store.plain_changes(database, place.version, MAX_PAGE).await;
        let changed = changed.map_err(kept)?;
        let (mut folders, mut files) = (Vec::new(), Vec::new());
        for row in &changed.rows {
            match row {
                PlainRow::Folder(id) => folders.push(*id),
                PlainRow::File(id) => files.push(*id),
            }
        }
        let folders = self.folders(folders).await?;
        let files = store.plain_files_of(database, &files).await.map_err(kept)?;
        let files = self.mine(files).await?;
        let files: HashMap<i64, Entry> = files
            .iter()
            .map(|file| (file.id, file_entry(file)))
            .collect();
        let changes = changed.rows.iter().map(|row| {
            let (row, entry) = match row {
                PlainRow::Folder(id) => (Row::Folder(*id), folders.get(id)),
                PlainRow::File(id) => (Row::File(*id), files.get(id)),
            };
            match entry {
                Some(entry) => Change::Present(entry.clone()),
                None => Change::Gone(row.id()),
            }
        });
        let version = changed.version;
        page(changes.collect(), &FeedCursor { version }, changed.more)
    }

    async fn scan(&self, after: Option<&Cursor>) -> Result<Page> {
        let plain = &self.plain;
        let (store, database) = (&plain.store, &plain.database);
        let place = after.map(|cursor| serde_json::from_str::<ScanCursor>(&cursor.0));
        let Some(Ok(ScanCursor { after })) = place else {
            let folders = store.plain_folders(database).await.map_err(kept)?;
            let mine = folders.iter().filter(|folder| self.is_mine(folder));
            let changes = mine.map(|folder| Change::Present(folder_entry(folder)));
            return page(changes.collect(), &ScanCursor { after: 0 }, true);
        };
        let files = store
            .plain_files_after(database, after, MAX_PAGE)
            .await
            .map_err(kept)?;
        let more = files.len() >= MAX_PAGE;
        let after = files.last().map_or(after, |file| file.id);
        let mine = self.mine(files).await?;
        let changes = mine.iter().map(|file| Change::Present(file_entry(file)));
        page(changes.collect(), &ScanCursor { after }, more)
    }

    async fn read(&self, ids: &[EntryId]) -> Result<Vec<Option<Entry>>> {
        let rows: Vec<Option<Row>> = ids.iter().map(Row::of).collect();
        let (mut folders, mut files) = (Vec::new(), Vec::new());
        for row in rows.iter().flatten() {
            match row {
                Row::Folder(id) => folders.push(*id),
                Row::File(id) => files.push(*id),
            }
        }
        let folders = self.folders(folders).await?;
        let files = self.files_now(&files).await?;
        let entry = |row: &Option<Row>| match row {
            Some(Row::Folder(id)) => folders.get(id).cloned(),
            Some(Row::File(id)) => files.get(id).cloned(),
            None => None,
        };
        Ok(rows.iter().map(entry).collect())
    }

    async fn bytes(
        &self,
        wanted: &[Wanted],
    ) -> Result<BoxStream<'static, Result<(EntryId, Given)>>> {
        let mut batches: Vec<Vec<Wanted>> = Vec::new();
        let mut size = 0;
        for one in wanted {
            size += one.size;
            match batches.last_mut().filter(|_| size <= MOST_AT_ONCE) {
                Some(batch) => batch.push(one.clone()),
                None => {
                    size = one.size;
                    batches.push(vec![one.clone()]);
                }
            }
        }
        let plain = Arc::clone(&self.plain);
        let answers = stream::iter(batches).then(move |batch| {
            let plain = Arc::clone(&plain);
            async move { stream::iter(plain.given(&batch).await) }
        });
        Ok(answers.flatten().boxed())
    }

    async fn large(
        &self,
        wanted: &Wanted,
        offset: u64,
    ) -> Result<BoxStream<'static, Result<Bytes>>> {
        let most = self.plain.settings.most;
        if wanted.size > most {
            let message = format!(
                "it is larger than the {} MiB that come out of Odoo without the addon; it stays there",
                most >> 20
            );
            return Err(OdooError::new(ErrorKind::Invalid, message));
        }
        let given = self.plain.given(std::slice::from_ref(wanted)).await;
        let (kind, message) = match given.into_iter().next() {
            Some(Ok((_, Given::Bytes(bytes)))) => {
                let offset = usize::try_from(offset)
                    .unwrap_or(usize::MAX)
                    .min(bytes.len());
                return Ok(stream::iter([Ok(bytes.slice(offset..))]).boxed());
            }
            Some(Err(error)) => return Err(error),
            Some(Ok((_, Given::Changed))) => (ErrorKind::Changed, "it has other bytes in Odoo now"),
            _ => (ErrorKind::NotFound, "it is gone in Odoo"),
        };
        Err(OdooError::new(kind, message))
    }

    fn keeps_bytes(&self) -> Option<u64> {
        Some(self.plain.settings.most)
    }

    async fn write(&self, writes: &[Write]) -> Result<Vec<Written>> {
        let _shared = self.plain.gate.read().await;
        let written: Vec<_> = writes.iter().map(|write| self.plain.write(write)).collect();
        let written = stream::iter(written).buffered(MOST_WRITES);
        let written: Vec<Result<Written>> = written.collect().await;
        written.into_iter().collect()
    }
}

impl Plain {
    /// What came of asked files, each checked.
    async fn given(&self, batch: &[Wanted]) -> Vec<Result<(EntryId, Given)>> {
        let asked: BTreeMap<i64, &Wanted> = batch
            .iter()
            .filter_map(|one| match Row::of(&one.id) {
                Some(Row::File(id)) => Some((id, one)),
                _ => None,
            })
            .collect();
        let ids: Vec<i64> = asked.keys().copied().collect();
        let told = match self.client.bytes(&ids).await {
            Err(error) if error.kind == ErrorKind::Forbidden && ids.len() > 1 => {
                // One of them may not be seen, and the whole question is refused.
                let mut told = BTreeMap::new();
                for id in ids {
                    match self.client.bytes(&[id]).await {
                        Err(error) if error.kind == ErrorKind::Forbidden => {}
                        Err(error) => return vec![Err(error)],
                        Ok(one) => told.extend(one),
                    }
                }
                told
            }
            Err(error) => return vec![Err(error)],
            Ok(told) => told,
        };
        let given = asked.into_iter().map(|(id, one)| {
            let given = match told.get(&id) {
                None => Given::Missing,
                Some(bytes) if hex::encode(Sha1::digest(bytes)) != one.sha1 => Given::Changed,
                Some(bytes) => Given::Bytes(bytes.clone()),
            };
            Ok((one.id.clone(), given))
        });
        given.collect()
    }
}

fn page(changes: Vec<Change>, cursor: &impl Serialize, more: bool) -> Result<Page> {
    let cursor = serde_json::to_string(cursor).map_err(|error| {
        let message = "the place in what changed cannot be written down";
        OdooError::new(ErrorKind::Unexpected, message).because(error)
    })?;
    Ok(Page {
        changes,
        cursor: Cursor(cursor),
        more,
    })
}
