//! Writing to Odoo by its own model. Right before each write the attachment is read and must be as
//! expected; the moment in between is all that a change of somebody else's can fall into.

use super::placing::{file, file_entry, folder_entry};
use super::{Plain, kept};
use crate::odoo::entries::Row;
use crate::odoo::plain::{Attachment, NewAttachment};
use crate::odoo::{ErrorKind, OdooError, Refusal, Result, Write, Written};
use crate::store::{
    NewPlainFolder, PlainChange, PlainChanged, PlainCreation, PlainFile, PlainFolder, PlainKind,
    PlainRefusal,
};
use crate::tree::{Entry, EntryId, Fingerprint, HashKind, Revision};
use bytes::Bytes;

const NO_RECORD: &str = "it lies in no record's folder, and without the addon Odoo has nothing to attach it to; move it into a record's folder";
pub(super) const AUTOMATIC: &str = "a rule's folder is where the rule says";
const ALTERED: &str =
    "Odoo changes the bytes of this file when it takes them; it stays in the cloud";

impl Plain {
    /// One write, on its own.
    pub(super) async fn write(&self, write: &Write) -> Result<Written> {
        let done = match write {
            Write::CreateFolder { key, parent, name } => {
                let Some(Row::Folder(parent)) = Row::of(parent) else {
                    return Ok(Err(Refusal::Missing));
                };
                self.change(PlainChange::Create(NewPlainFolder {
                    key: key.to_string(),
                    name: name.clone(),
                    parent,
                    kind: PlainKind::Manual,
                    rule: None,
                    record: None,
                    subfolders: Vec::new(),
                }))
                .await
            }
            Write::CreateFile {
                key,
                parent,
                name,
                fingerprint,
                mimetype,
                bytes,
            } => {
                let new = NewFile {
                    key: key.0,
                    name,
                    fingerprint,
                    mimetype,
                    bytes: bytes.as_ref(),
                };
                self.create(parent, &new).await
            }
            Write::Content {
                id,
                expect,
                fingerprint,
                mimetype,
                bytes,
            } => {
                self.content(id, expect, fingerprint, mimetype, bytes.as_ref())
                    .await
            }
            Write::Place {
                id,
                expect,
                parent,
                name,
            } => match (Row::of(id), Row::of(parent)) {
                (Some(Row::File(id)), Some(Row::Folder(parent))) => {
                    self.place_file(id, expect, parent, name).await
                }
                (Some(Row::Folder(id)), Some(Row::Folder(parent))) => {
                    self.place_folder(id, expect, parent, name).await
                }
                _ => Ok(Err(Refusal::Missing)),
            },
            Write::Trash { id, expect } => self.trash(id, expect).await,
            Write::Release { .. } => Ok(Err(Refusal::Invalid(
                "without the addon Odoo keeps its bytes".to_owned(),
            ))),
        };
        match done {
            // About this one file, not about all.
            Err(error) if error.kind == ErrorKind::Forbidden => {
                Ok(Err(Refusal::Forbidden(error.message)))
            }
            Err(error) if error.kind == ErrorKind::Invalid => {
                Ok(Err(Refusal::Invalid(error.message)))
            }
            Err(error) if error.kind == ErrorKind::NotFound => Ok(Err(Refusal::Missing)),
            done => done,
        }
    }

    pub(super) async fn change(&self, change: PlainChange) -> Result<Written> {
        let done = self.store.plain_change(&self.database, &[change]).await;
        let done: Option<PlainChanged> = done.map_err(kept)?.pop();
        Ok(match done {
            Some(Ok(folder)) => Ok(folder.as_ref().map(folder_entry)),
            Some(Err(PlainRefusal::Missing)) | None => Err(Refusal::Missing),
            Some(Err(PlainRefusal::Changed(folder))) => {
                Err(Refusal::Changed(Some(Box::new(folder_entry(&folder)))))
            }
            Some(Err(PlainRefusal::Full)) => Err(Refusal::Changed(None)),
            Some(Err(PlainRefusal::Circle)) => Err(Refusal::Invalid(
                "a folder cannot stand below itself".into(),
            )),
        })
    }

    /// A new attachment of the nearest record above.
    async fn create(&self, parent: &EntryId, new: &NewFile<'_>) -> Result<Written> {
        let Some(Row::Folder(folder)) = Row::of(parent) else {
            return Ok(Err(Refusal::Missing));
        };
        let above = self
            .store
            .plain_records_above(&[folder])
            .await
            .map_err(kept)?;
        let (model, res_id) = match above.get(&folder) {
            None => return Ok(Err(Refusal::Missing)),
            Some(None) => return Ok(Err(Refusal::Invalid(NO_RECORD.into()))),
            Some(Some(record)) => record.clone(),
        };
        let asked = PlainCreation {
            key: new.key,
            folder,
            model,
            res_id,
            name: new.name.to_owned(),
            sha1: sha1(new.fingerprint),
            after: 0,
            made: None,
        };
        let (mut creation, is_again) = self.intend(&asked).await?;
        let found = match is_again {
            true => self.find(&creation).await?,
            false => None,
        };
        let id = match found {
            Some(id) => id,
            None => {
                if is_again {
                    // The file may be another one by now.
                    self.forget_intent(new.key).await?;
                    creation = self.intend(&asked).await?.0;
                }
                match self.make(&creation, new).await {
                    Err(error) if is_refusal(error.kind) => {
                        self.forget_intent(new.key).await?;
                        return Err(error);
                    }
                    id => id?,
                }
            }
        };
        let Some(now) = self.now(id).await? else {
            return Ok(Err(Refusal::Missing));
        };
        if now.sha1 != creation.sha1 && found.is_none() {
            // Or somebody has written to it already.
            self.throw_away(id, self.keep_in_trash(&now).await?).await?;
            self.forget_intent(new.key).await?;
            return Ok(Err(Refusal::Invalid(ALTERED.into())));
        }
        let is_there = (&now.model, now.res_id) == (&creation.model, creation.res_id);
        let made = match is_there {
            true => Some(file(&now, creation.folder)),
            // Somebody gave it to another record meanwhile.
            false => self
                .place(vec![now])
                .await?
                .pop()
                .and_then(|(_, file)| file),
        };
        let Some(made) = made else {
            return Ok(Err(Refusal::Missing));
        };
        self.put(&made).await?;
        Ok(Ok(Some(file_entry(&made))))
    }

    async fn intend(&self, creation: &PlainCreation) -> Result<(PlainCreation, bool)> {
        let noted = self.store.plain_intend(&self.database, creation).await;
        noted.map_err(kept)
    }

    async fn forget_intent(&self, key: uuid::Uuid) -> Result<()> {
        let forgotten = self.store.plain_forget_creation(&self.database, key).await;
        forgotten.map_err(kept)
    }

    /// Makes the attachment, and notes at once which one it is.
    async fn make(&self, creation: &PlainCreation, new: &NewFile<'_>) -> Result<i64> {
        let Some(bytes) = new.bytes else {
            return Err(OdooError::new(
                ErrorKind::Invalid,
                "its bytes were not brought along",
            ));
        };
        let new = NewAttachment {
            name: &creation.name,
            record: Some((&creation.model, creation.res_id)),
            description: None,
            mimetype: new.mimetype,
            bytes,
        };
        let _shared = self.finding.read().await;
        let id = self.client.create(&new).await?;
        let noted = self.store.plain_made(&self.database, creation.key, id);
        noted.await.map_err(kept)?;
        Ok(id)
    }

    /// What an earlier attempt made of which nobody heard: an attachment of ours with these bytes,
    /// newer than all that was known before, and no other creation's. Somebody may have renamed it
    /// since, or given it to another record.
    async fn find(&self, creation: &PlainCreation) -> Result<Option<i64>> {
        let _alone = self.finding.write().await;
        if creation.made.is_some() {
            return Ok(creation.made);
        }
        let user = self.user().await?;
        let made = self
            .client
            .made(user.id, creation.after, &creation.sha1)
            .await?;
        let ids: Vec<i64> = made.iter().map(|one| one.id).collect();
        let others = self
            .store
            .plain_claimed(&self.database, &ids)
            .await
            .map_err(kept)?;
        // Of equal ones the one that nobody touched, and the newest.
        let likeness = |one: &&Attachment| {
            let is_there = (&one.model, one.res_id) == (&creation.model, creation.res_id);
            (is_there, one.name == creation.name, one.id)
        };
        let free = made.iter().filter(|one| !others.contains(&one.id));
        let found = free.max_by_key(likeness);
        if let Some(one) = found {
            // At once, so that the next one that looks takes another.
            let noted = self.store.plain_made(&self.database, creation.key, one.id);
            noted.await.map_err(kept)?;
        }
        Ok(found.map(|one| one.id))
    }

    async fn content(
        &self,
        id: &EntryId,
        expect: &str,
        fingerprint: &Fingerprint,
        mimetype: &str,
        bytes: Option<&Bytes>,
    ) -> Result<Written> {
        let (Some(Row::File(id)), Some(bytes)) = (Row::of(id), bytes) else {
            return Ok(Err(Refusal::Missing));
        };
        let Some((now, known)) = self.known(id).await? else {
            return Ok(Err(Refusal::Missing));
        };
        let wanted = sha1(fingerprint);
        if now.sha1 != wanted {
            if now.sha1 != expect {
                return Ok(changed(&known));
            }
            self.keep_in_trash(&now).await?;
            // The copy took a while, in which somebody may have written.
            match self.known(id).await? {
                Some((now, _)) if now.sha1 == expect => {}
                Some((_, known)) => return Ok(changed(&known)),
                None => return Ok(Err(Refusal::Missing)),
            }
            self.client.write_bytes(id, bytes, mimetype).await?;
        }
        let Some((now, known)) = self.known(id).await? else {
            return Ok(Err(Refusal::Missing));
        };
        self.put(&known).await?;
        if now.sha1 != wanted {
            return Ok(Err(Refusal::Invalid(ALTERED.into())));
        }
        Ok(Ok(Some(file_entry(&known))))
    }

    async fn trash(&self, id: &EntryId, expect: &Revision) -> Result<Written> {
        match Row::of(id) {
            Some(Row::File(id)) => {
                let mut copy = None;
                loop {
                    let Some((now, known)) = self.known(id).await? else {
                        let dropped = self.store.plain_drop_files(&self.database, &[id]).await;
                        dropped.map_err(kept)?;
                        return Ok(Ok(None));
                    };
                    if file_entry(&known).revision != *expect {
                        return Ok(changed(&known));
                    }
                    match copy {
                        // Looked at again: somebody may have written while it was copied.
                        None => copy = Some(self.keep_in_trash(&now).await?),
                        Some(copy) => {
                            self.throw_away(id, copy).await?;
                            return Ok(Ok(None));
                        }
                    }
                }
            }
            Some(Row::Folder(id)) => match self.folder(id).await? {
                None => Ok(Ok(None)),
                Some(folder) if folder.kind != PlainKind::Manual => {
                    Ok(Err(Refusal::Forbidden(AUTOMATIC.into())))
                }
                Some(folder) if folder_entry(&folder).revision != *expect => {
                    let entry: Entry = folder_entry(&folder);
                    Ok(Err(Refusal::Changed(Some(Box::new(entry)))))
                }
                Some(_) => self.change(PlainChange::Remove { id }).await,
            },
            None => Ok(Err(Refusal::Missing)),
        }
    }

    pub(super) async fn folder(&self, id: i64) -> Result<Option<PlainFolder>> {
        let found = self.store.plain_folders_of(&self.database, &[id]).await;
        Ok(found.map_err(kept)?.pop())
    }

    /// An attachment this moment; `None` when it is gone. One that cannot be followed is `Forbidden`.
    pub(super) async fn now(&self, id: i64) -> Result<Option<Attachment>> {
        if let Some(now) = self.client.attachments(&[id]).await?.pop() {
            return Ok(Some(now));
        }
        let absent = self.absent(&[id]).await?;
        let message = if absent.gone.contains(&id) {
            return Ok(None);
        } else if absent.elsewhere.contains(&id) {
            "another of Odoo's addons keeps this file's bytes outside Odoo: it is not followed any more".to_owned()
        } else {
            format!(
                "{} may no longer see this file in Odoo: give it the right back",
                self.client.endpoint().login
            )
        };
        Err(OdooError::new(ErrorKind::Forbidden, message))
    }

    /// The same, and where it lies.
    pub(super) async fn known(&self, id: i64) -> Result<Option<(Attachment, PlainFile)>> {
        let Some(now) = self.now(id).await? else {
            return Ok(None);
        };
        let placed = self.place(vec![now]).await?;
        Ok(placed
            .into_iter()
            .find_map(|(now, file)| Some((now, file?))))
    }

    pub(super) async fn put(&self, file: &PlainFile) -> Result<()> {
        let put = self
            .store
            .plain_put_files(&self.database, std::slice::from_ref(file), None)
            .await;
        put.map_err(kept)
    }
}

/// A file to be made.
struct NewFile<'a> {
    key: uuid::Uuid,
    name: &'a str,
    fingerprint: &'a Fingerprint,
    mimetype: &'a str,
    bytes: Option<&'a Bytes>,
}

/// Odoo did nothing, and says so.
fn is_refusal(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Forbidden | ErrorKind::Invalid | ErrorKind::NotFound
    )
}

pub(super) fn changed(known: &PlainFile) -> Written {
    Err(Refusal::Changed(Some(Box::new(file_entry(known)))))
}

fn sha1(fingerprint: &Fingerprint) -> String {
    fingerprint
        .hash(HashKind::Sha1)
        .unwrap_or_default()
        .to_owned()
}
