//! Looking: what changed in Odoo, by the time it was written, and now and then by complete
//! listings, which find what no time tells: what is gone, and what a long transaction wrote.
//!
//! Nothing counts as gone because it is missing from a listing. Odoo is asked for it by id then,
//! and must say itself that it is not there; what the user may merely not see stays as it is.

use super::{Plain, State, kept};
use crate::odoo::plain::{MAX_PAGE, is_of_question};
use crate::odoo::{ErrorKind, Result};
use crate::store::{PlainKind, PlainSeen};
use std::collections::{BTreeMap, BTreeSet, HashMap};

const ATTACHMENT: &str = "ir.attachment";

impl Plain {
    /// Attachments that were written lately.
    pub(super) async fn recent(&self, state: &mut State) -> Result<()> {
        let _alone = self.gate.write().await;
        self.settle_owed().await?;
        let since = state.clock.since();
        for model in self
            .store
            .plain_models(&self.database)
            .await
            .map_err(kept)?
        {
            let told = match self.client.attachments_since(&model, &since).await {
                Err(error) if is_of_question(error.kind) => continue,
                told => told?,
            };
            let ids: Vec<i64> = told.iter().map(|one| one.id).collect();
            let known = self.store.plain_files_of(&self.database, &ids).await;
            let known = known.map_err(kept)?.into_iter();
            let known: HashMap<i64, String> = known.map(|file| (file.id, file.written)).collect();
            told.iter().for_each(|one| state.clock.heard(&one.written));
            let news = told.into_iter();
            let news = news.filter(|one| known.get(&one.id) != Some(&one.written));
            self.keep(news.collect()).await?;
        }
        Ok(())
    }

    /// Everything: attachments of all records with a folder, and whether those records are there.
    pub(super) async fn scan(&self, state: &mut State) -> Result<()> {
        let _alone = self.gate.write().await;
        self.settle_owed().await?;
        let folders = self
            .store
            .plain_folders(&self.database)
            .await
            .map_err(kept)?;
        let mut homes: BTreeMap<String, BTreeMap<i64, i64>> = BTreeMap::new();
        for folder in folders.iter().filter(|one| one.kind == PlainKind::Record) {
            if let Some((model, id)) = folder.record() {
                homes.entry(model).or_default().insert(id, folder.id);
            }
        }
        let mut seen: BTreeMap<String, Vec<PlainSeen>> = BTreeMap::new();
        for one in self.store.plain_seen(&self.database).await.map_err(kept)? {
            seen.entry(one.model.clone()).or_default().push(one);
        }
        let models: BTreeSet<String> = homes.keys().chain(seen.keys()).cloned().collect();
        let mut missing = Vec::new();
        for model in &models {
            let known = seen.remove(model).unwrap_or_default();
            let homes = homes.get(model).cloned().unwrap_or_default();
            self.scan_files(state, model, known, &homes, &mut missing)
                .await?;
        }
        self.settle_missing(state, missing).await?;
        for (model, homes) in homes {
            self.scan_records(state, &model, &homes).await?;
        }
        Ok(())
    }

    /// The attachments of a model's records; `missing` takes those that are not listed any more.
    async fn scan_files(
        &self,
        state: &mut State,
        model: &str,
        known: Vec<PlainSeen>,
        homes: &BTreeMap<i64, i64>,
        missing: &mut Vec<i64>,
    ) -> Result<()> {
        let known: HashMap<i64, PlainSeen> = known.into_iter().map(|one| (one.id, one)).collect();
        let mut changed = Vec::new();
        let mut listed: BTreeSet<i64> = BTreeSet::new();
        let mut after = 0;
        loop {
            let page = match self.client.listed(model, after).await {
                Err(error) if is_of_question(error.kind) => {
                    let message = format!(
                        "the files of {model} cannot be seen, they stay as they are: {}",
                        error.message
                    );
                    self.warn(state, &format!("files of {model}"), Some(message))
                        .await;
                    return Ok(());
                }
                page => page?,
            };
            let Some(last) = page.last() else { break };
            after = last.id;
            for one in page {
                state.clock.heard(&one.written);
                let is_news = match known.get(&one.id) {
                    Some(known) => (&known.written, known.res_id) != (&one.written, one.res_id),
                    None => homes.contains_key(&one.res_id),
                };
                if is_news {
                    changed.push(one.id);
                }
                listed.insert(one.id);
            }
        }
        self.warn(state, &format!("files of {model}"), None).await;
        missing.extend(known.into_keys().filter(|id| !listed.contains(id)));
        for part in changed.chunks(MAX_PAGE) {
            let told = self.client.attachments(part).await?;
            self.keep(told).await?;
        }
        Ok(())
    }

    /// Files that a listing lacks: of another record now, gone, or hidden from us.
    async fn settle_missing(&self, state: &mut State, missing: Vec<i64>) -> Result<()> {
        let told = self.client.attachments(&missing).await?;
        let found: BTreeSet<i64> = told.iter().map(|one| one.id).collect();
        self.keep(told).await?;
        let rest: Vec<i64> = missing
            .into_iter()
            .filter(|id| !found.contains(id))
            .collect();
        let alive = match rest.is_empty() {
            true => Default::default(),
            false => self.client.alive(ATTACHMENT, &rest).await?,
        };
        // One that is there and not among those with bytes is a link now.
        let gone: Vec<i64> = alive.gone.iter().chain(&alive.there).copied().collect();
        let dropped = self.store.plain_drop_files(&self.database, &gone).await;
        dropped.map_err(kept)?;
        let hidden = alive.hidden.len();
        let message = (hidden > 0).then(|| {
            format!(
                "{} may no longer see {hidden} files in Odoo that it saw before: they stay as they are in the cloud; give it the rights back, or have somebody look after them",
                self.client.endpoint().login
            )
        });
        self.warn(state, "hidden files", message).await;
        Ok(())
    }

    /// Records with a folder that Odoo no longer has: the folder goes, and with it what is below.
    async fn scan_records(
        &self,
        state: &mut State,
        model: &str,
        homes: &BTreeMap<i64, i64>,
    ) -> Result<()> {
        let ids: Vec<i64> = homes.keys().copied().collect();
        let alive = match self.client.alive(model, &ids).await {
            Err(error) if is_of_question(error.kind) => return Ok(()),
            alive => alive?,
        };
        let hidden = alive.hidden.len();
        let message = (hidden > 0).then(|| {
            format!(
                "{} may not see {hidden} records of {model} that have a folder: the folders stay",
                self.client.endpoint().login
            )
        });
        self.warn(state, &format!("records of {model}"), message)
            .await;
        let gone: Vec<i64> = alive
            .gone
            .iter()
            .filter_map(|id| homes.get(id))
            .copied()
            .collect();
        if !gone.is_empty() {
            self.store
                .plain_forget(&self.database, &gone)
                .await
                .map_err(kept)?;
            state.dirty.folders.extend(gone);
            let rows = state.dirty.rows.entry(model.to_owned()).or_default();
            rows.extend(alive.gone);
        }
        Ok(())
    }

    /// Records of watched models that were written lately.
    pub(super) async fn changed_records(&self, state: &mut State) -> Result<()> {
        let since = state.clock.since();
        state
            .told
            .retain(|_, written| written.as_str() >= since.as_str());
        for model in state.watched.clone() {
            let mut after = 0;
            loop {
                let page = match self.client.written_since(&model, Some(&since), after).await {
                    Err(error) if is_of_question(error.kind) => {
                        let message = format!(
                            "changes of {model} are seen at the nightly check only: {}",
                            error.message
                        );
                        self.warn(state, &format!("changes of {model}"), Some(message))
                            .await;
                        break;
                    }
                    page => page?,
                };
                let Some((last, _)) = page.last() else { break };
                after = *last;
                for (id, written) in page {
                    state.clock.heard(&written);
                    let key = (model.clone(), id);
                    if state.told.get(&key) != Some(&written) {
                        state.told.insert(key, written);
                        let rows = state.dirty.rows.entry(model.clone()).or_default();
                        rows.insert(id);
                    }
                }
            }
        }
        Ok(())
    }

    /// Tells Odoo the records of files that were moved along with a folder when we were killed.
    async fn settle_owed(&self) -> Result<()> {
        let owed = self.store.plain_owed(&self.database).await.map_err(kept)?;
        let folders: Vec<i64> = owed.iter().map(|file| file.folder).collect();
        let above = self
            .store
            .plain_records_above(&folders)
            .await
            .map_err(kept)?;
        for mut file in owed {
            if let Some(Some((model, id))) = above.get(&file.folder) {
                match self.attach(&[file.id], model, *id).await {
                    Err(error) if error.kind == ErrorKind::Forbidden => {}
                    Err(error) if error.kind == ErrorKind::NotFound => {}
                    done => done?,
                }
            }
            file.owed = false;
            let files = [file];
            self.store
                .plain_put_files(&self.database, &files)
                .await
                .map_err(kept)?;
        }
        Ok(())
    }
}
