//! Moves and renames in Odoo: a file's name and record, and the files of a folder that moves.

use super::placing::{file, file_entry, folder_entry};
use super::writing::{AUTOMATIC, changed};
use super::{Plain, kept};
use crate::odoo::{Refusal, Result, Written};
use crate::store::{PlainChange, PlainFile, PlainKind};
use crate::tree::Revision;
use serde_json::json;

impl Plain {
    /// A file: its name, and the record that it belongs to.
    pub(super) async fn place_file(
        &self,
        id: i64,
        expect: &Revision,
        folder: i64,
        name: &str,
    ) -> Result<Written> {
        let Some((now, known)) = self.known(id).await? else {
            return Ok(Err(Refusal::Missing));
        };
        let above = self
            .store
            .plain_records_above(&[folder])
            .await
            .map_err(kept)?;
        let Some(record) = above.get(&folder) else {
            return Ok(Err(Refusal::Missing));
        };
        let is_there = known.folder == folder && known.name == name;
        if !is_there && file_entry(&known).revision != *expect {
            return Ok(changed(&known));
        }
        let mut values = serde_json::Map::new();
        if now.name != name {
            values.insert("name".into(), json!(name));
        }
        // Out of every record's folder it stays with its last record: Odoo has no other place.
        if let Some((model, id)) = record
            && (model, *id) != (&now.model, now.res_id)
        {
            values.insert("res_model".into(), json!(model));
            values.insert("res_id".into(), json!(id));
        }
        if !values.is_empty() {
            self.client.write(&[id], values.into()).await?;
        }
        let Some(now) = self.now(id).await? else {
            return Ok(Err(Refusal::Missing));
        };
        let placed = file(&now, folder);
        self.put(&placed).await?;
        Ok(Ok(Some(file_entry(&placed))))
    }

    /// A manual folder, with the files in it: they become attachments of the record above its new
    /// place. What a crash leaves undone is owed, and done at the next look.
    pub(super) async fn place_folder(
        &self,
        id: i64,
        expect: &Revision,
        parent: i64,
        name: &str,
    ) -> Result<Written> {
        let Some(now) = self.folder(id).await? else {
            return Ok(Err(Refusal::Missing));
        };
        let entry = folder_entry(&now);
        if now.parent == Some(parent) && now.name == name {
            return Ok(Ok(Some(entry)));
        }
        if now.kind != PlainKind::Manual {
            return Ok(Err(Refusal::Forbidden(AUTOMATIC.into())));
        }
        if entry.revision != *expect {
            return Ok(Err(Refusal::Changed(Some(Box::new(entry)))));
        }
        let above = self
            .store
            .plain_records_above(&[id, parent])
            .await
            .map_err(kept)?;
        let record = above.get(&parent).cloned().flatten();
        let moves = record.filter(|record| above.get(&id) != Some(&Some(record.clone())));
        let place = PlainChange::Place {
            id,
            from: (now.name.clone(), now.parent),
            parent,
            name: name.to_owned(),
        };
        let Some((model, res_id)) = moves else {
            return self.change(place).await;
        };
        let database = &self.database;
        let mut files = self
            .store
            .plain_files_below(database, id)
            .await
            .map_err(kept)?;
        files.iter_mut().for_each(|file| file.owed = true);
        self.store
            .plain_put_files(database, &files, None)
            .await
            .map_err(kept)?;
        let ids: Vec<i64> = files.iter().map(|file| file.id).collect();
        let done = match self.attach(&ids, &model, res_id).await {
            Ok(()) => self.change(place).await,
            Err(error) => Err(error),
        };
        if !matches!(done, Ok(Ok(_))) {
            return done;
        }
        let told = self.client.attachments(&ids).await?;
        let folder_of = |id| {
            files
                .iter()
                .find(|file| file.id == id)
                .map(|file| file.folder)
        };
        let moved = told
            .iter()
            .filter_map(|one| Some(file(one, folder_of(one.id)?)));
        let moved: Vec<PlainFile> = moved.collect();
        self.store
            .plain_put_files(database, &moved, None)
            .await
            .map_err(kept)?;
        done
    }

    /// Makes attachments those of a record.
    pub(super) async fn attach(&self, ids: &[i64], model: &str, record: i64) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let values = json!({ "res_model": model, "res_id": record });
        self.client.write(ids, values).await
    }
}
