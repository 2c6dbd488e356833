//! Where a file lies: where it was put, as long as that is in its record's folder; else in the
//! record's folder itself.

use super::{Plain, kept};
use crate::odoo::Result;
use crate::odoo::entries::Row;
use crate::odoo::plain::Attachment;
use crate::store::{PlainCreation, PlainFile, PlainFolder};
use crate::tree::{Entry, Fingerprint, HashKind, Revision};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A record, by model and id.
pub type Record = (String, i64);

/// What Odoo told of a file, and the file it makes; `None`: it is in no folder.
pub type Placed = (Attachment, Option<PlainFile>);

impl Plain {
    /// Keeps what Odoo told of attachments since `version`, while nobody wrote. Those that are in no
    /// folder are gone from it.
    pub(super) async fn keep(&self, told: Vec<Attachment>, version: i64) -> Result<()> {
        let placed = self.place(told).await?;
        let (mut put, mut gone) = (Vec::new(), Vec::new());
        for (attachment, file) in placed {
            match file {
                Some(file) => put.push(file),
                None => gone.push(attachment.id),
            }
        }
        let store = &self.store;
        store
            .plain_put_files(&self.database, &put, Some(version))
            .await
            .map_err(kept)?;
        store
            .plain_drop_files(&self.database, &gone)
            .await
            .map_err(kept)
    }

    /// Where attachments lie, as Odoo tells them now.
    pub(super) async fn place(&self, told: Vec<Attachment>) -> Result<Vec<Placed>> {
        let database = &self.database;
        let ids: Vec<i64> = told.iter().map(|one| one.id).collect();
        let known = self
            .store
            .plain_files_of(database, &ids)
            .await
            .map_err(kept)?;
        let making = self.store.plain_creations(database, &ids).await;
        let mut making = making.map_err(kept)?;
        let folders = known.iter().map(|file| file.folder);
        let folders = folders.chain(making.iter().map(|creation| creation.folder));
        let folders: BTreeSet<i64> = folders.collect();
        let folders: Vec<i64> = folders.into_iter().collect();
        let above = self
            .store
            .plain_records_above(&folders)
            .await
            .map_err(kept)?;
        let known: HashMap<i64, PlainFile> =
            known.into_iter().map(|file| (file.id, file)).collect();
        let homes = self.homes(&told).await?;
        let mut placed = Vec::with_capacity(told.len());
        for one in told {
            // An id is never used twice: made at another time, it is another attachment.
            let before = known
                .get(&one.id)
                .filter(|file| file.created == one.created);
            let stays = before.filter(|file| stays(file, &one, &above));
            let folder = match stays {
                Some(file) => Some(file.folder),
                None if before.is_none() => self.made(&one, &mut making).await?,
                None => None,
            };
            // It may be gone, or another record's by now.
            let record = Some((one.model.clone(), one.res_id));
            let folder =
                folder.filter(|folder| stays.is_some() || above.get(folder) == Some(&record));
            let home = homes.get(&(one.model.clone(), one.res_id)).copied();
            let folder = folder.or(home);
            let owed = before.is_some_and(|file| file.owed);
            let file = folder.map(|folder| PlainFile {
                owed,
                ..file(&one, folder)
            });
            placed.push((one, file));
        }
        Ok(placed)
    }

    async fn homes(&self, told: &[Attachment]) -> Result<HashMap<Record, i64>> {
        let mut asked: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
        for one in told {
            asked.entry(&one.model).or_default().insert(one.res_id);
        }
        let mut homes = HashMap::new();
        for (model, ids) in asked {
            let ids: Vec<i64> = ids.into_iter().collect();
            let found = self.store.plain_homes(&self.database, model, &ids).await;
            let found = found.map_err(kept)?.into_iter();
            homes.extend(found.map(|(id, folder)| ((model.to_owned(), id), folder)));
        }
        Ok(homes)
    }

    /// The folder of the creation that made this attachment, heard of or not.
    async fn made(&self, one: &Attachment, making: &mut Vec<PlainCreation>) -> Result<Option<i64>> {
        let is_known = |creation: &PlainCreation| creation.made == Some(one.id);
        let is_it = |creation: &PlainCreation| {
            creation.made.is_none()
                && (creation.model.as_str(), creation.res_id) == (&one.model, one.res_id)
                && (&creation.name, &creation.sha1) == (&one.name, &one.sha1)
                && one.id > creation.after
        };
        let at = making.iter().position(is_known);
        let Some(at) = at.or_else(|| making.iter().position(is_it)) else {
            return Ok(None);
        };
        let creation = making.remove(at);
        if creation.made.is_none() {
            let made = self.store.plain_made(&self.database, creation.key, one.id);
            made.await.map_err(kept)?;
        }
        Ok(Some(creation.folder))
    }
}

/// Whether a file stays where it was put. Where no record is above, it was moved out of every
/// record's folder and still is an attachment of its last one.
fn stays(file: &PlainFile, now: &Attachment, above: &HashMap<i64, Option<Record>>) -> bool {
    match above.get(&file.folder) {
        None => false,
        Some(None) => (&file.model, file.res_id) == (&now.model, now.res_id),
        Some(Some((model, id))) => file.owed || (model, *id) == (&now.model, now.res_id),
    }
}

/// An attachment in a folder.
pub fn file(one: &Attachment, folder: i64) -> PlainFile {
    PlainFile {
        id: one.id,
        folder,
        model: one.model.clone(),
        res_id: one.res_id,
        name: one.name.clone(),
        size: one.size,
        sha1: one.sha1.clone(),
        written: one.written.clone(),
        created: one.created.clone(),
        owed: false,
    }
}

/// A folder as an entry.
pub fn folder_entry(folder: &PlainFolder) -> Entry {
    let parent = folder.parent.map(|parent| Row::Folder(parent).id());
    let place = folder.parent.unwrap_or_default().to_string();
    Entry {
        revision: revision(&[&folder.name, &place]),
        automatic: folder.kind != crate::store::PlainKind::Manual,
        stopped: folder.stopped,
        ..Entry::folder(Row::Folder(folder.id).id(), parent, folder.name.as_str())
    }
}

/// A file as an entry.
pub fn file_entry(file: &PlainFile) -> Entry {
    let size = u64::try_from(file.size).unwrap_or_default();
    let fingerprint = Fingerprint::of_size(size).with(HashKind::Sha1, file.sha1.as_str());
    Entry::file(
        Row::File(file.id).id(),
        Row::Folder(file.folder).id(),
        file.name.as_str(),
        revision(&[&file.name, &file.folder.to_string(), &file.sha1]),
        fingerprint,
    )
}

/// Differs whenever one of these does, and only then.
fn revision(of: &[&str]) -> Revision {
    let mut hasher = Sha256::new();
    for part in of {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    Revision::new(hex::encode(&hasher.finalize()[..12]))
}
