//! Looking: what changed in Odoo, by the time it was written, and now and then by complete
//! listings, which find what no time tells: what is gone, and what a long transaction wrote.
//!
//! Nothing counts as gone because it is missing from a listing. Odoo is asked for it by id then,
//! and must say itself that it is not there; what the user may merely not see stays as it is.

use super::clock::{Clock, Moment, since};
use super::{Plain, State, kept};
use crate::odoo::plain::{Attachment, Listed, MAX_PAGE, is_of_question};
use crate::odoo::{ErrorKind, Result};
use crate::store::{PlainFile, PlainKind, PlainSeen};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a listing of a model's attachments shows.
#[derive(Default)]
struct Found {
    changed: Vec<i64>,
    /// Known, and not listed any more.
    missing: Vec<i64>,
}

impl State {
    /// From where to go on: a clock that was put back counts from there.
    fn earliest(&self, clock: Clock) -> Option<Moment> {
        Some(self.seen?.min(clock.now()?))
    }
}

impl Plain {
    /// Attachments that were written lately.
    pub(super) async fn recent(&self, state: &mut State) -> Result<()> {
        let _alone = self.gate.write().await;
        self.settle_owed().await?;
        let since = since(state.earliest(self.clock()));
        let version = self.version().await?;
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
            let known: HashMap<i64, PlainFile> = known.map(|file| (file.id, file)).collect();
            let news = told.into_iter();
            let news = news.filter(|one| known.get(&one.id).is_none_or(|file| is_news(file, one)));
            self.keep(news.collect(), version).await?;
        }
        Ok(())
    }

    /// Everything: attachments of all records with a folder, and whether those records are there.
    pub(super) async fn scan(&self, state: &mut State) -> Result<()> {
        let _alone = self.gate.write().await;
        self.settle_owed().await?;
        let version = self.version().await?;
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
        let (mut changed, mut missing) = (Vec::new(), Vec::new());
        for model in &models {
            let known = seen.remove(model).unwrap_or_default();
            let homes = homes.get(model).cloned().unwrap_or_default();
            let found = self.scan_files(state, model, known, &homes).await?;
            changed.extend(found.changed);
            missing.extend(found.missing);
        }
        for part in changed.chunks(MAX_PAGE) {
            let told = self.client.attachments(part).await?;
            self.keep(told, version).await?;
        }
        self.settle_missing(state, missing, version).await?;
        for (model, homes) in homes {
            self.scan_records(state, &model, &homes).await?;
        }
        Ok(())
    }

    /// The attachments of a model's records.
    async fn scan_files(
        &self,
        state: &mut State,
        model: &str,
        known: Vec<PlainSeen>,
        homes: &BTreeMap<i64, i64>,
    ) -> Result<Found> {
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
                    state.warn(&format!("files of {model}"), Some(message));
                    return Ok(Found::default());
                }
                page => page?,
            };
            let Some(last) = page.last() else { break };
            after = last.id;
            for one in page {
                let is_news = match known.get(&one.id) {
                    Some(known) => is_other(known, &one),
                    None => homes.contains_key(&one.res_id),
                };
                if is_news {
                    changed.push(one.id);
                }
                listed.insert(one.id);
            }
        }
        state.warn(&format!("files of {model}"), None);
        let missing = known.into_keys().filter(|id| !listed.contains(id));
        Ok(Found {
            changed,
            missing: missing.collect(),
        })
    }

    /// Files that a listing lacks: of another record now, gone, or such as we cannot follow.
    async fn settle_missing(
        &self,
        state: &mut State,
        missing: Vec<i64>,
        version: i64,
    ) -> Result<()> {
        let told = self.client.attachments(&missing).await?;
        let found: BTreeSet<i64> = told.iter().map(|one| one.id).collect();
        self.keep(told, version).await?;
        let rest = missing.into_iter().filter(|id| !found.contains(id));
        let rest: Vec<i64> = rest.collect();
        let absent = self.absent(&rest).await?;
        let gone: Vec<i64> = absent.gone.into_iter().collect();
        let dropped = self.store.plain_drop_files(&self.database, &gone).await;
        dropped.map_err(kept)?;
        let hidden = absent.hidden.len();
        let message = (hidden > 0).then(|| {
            format!(
                "{} may no longer see {hidden} files in Odoo that it saw before: they stay as they are in the cloud; give it the rights back, or have somebody look after them",
                self.client.endpoint().login
            )
        });
        state.warn("hidden files", message);
        let elsewhere = absent.elsewhere.len();
        let message = (elsewhere > 0).then(|| {
            format!(
                "{elsewhere} files are kept outside Odoo by another of its addons, such as its own Cloud Storage: they are not followed any more, and stay as they are in the cloud"
            )
        });
        state.warn("files kept elsewhere", message);
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
        state.warn(&format!("records of {model}"), message);
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
        let clock = self.clock();
        let since = since(state.earliest(clock));
        state
            .told
            .retain(|_, written| written.as_str() >= since.as_str());
        for model in state.watched.clone() {
            let mut after = 0;
            loop {
                let page = match self.client.written_since(&model, &since, after).await {
                    Err(error) if is_of_question(error.kind) => {
                        let message = format!(
                            "changes of {model} are seen at the nightly check only: {}",
                            error.message
                        );
                        state.warn(&format!("changes of {model}"), Some(message));
                        break;
                    }
                    page => page?,
                };
                let Some((last, _)) = page.last() else { break };
                after = *last;
                for (id, written) in page {
                    let key = (model.clone(), id);
                    if state.told.get(&key) == Some(&written) {
                        continue;
                    }
                    let rows = state.dirty.rows.entry(model.clone()).or_default();
                    rows.insert(id);
                    if clock.is_settled(&written) {
                        state.told.insert(key, written);
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
                .plain_put_files(&self.database, &files, None)
                .await
                .map_err(kept)?;
        }
        Ok(())
    }
}

/// Whether what is told of an attachment differs from what is known. The time alone would not tell:
/// within one second it may be written twice.
fn is_news(known: &PlainFile, told: &Attachment) -> bool {
    (&known.written, &known.created) != (&told.written, &told.created)
        || (&known.name, known.size, &known.sha1) != (&told.name, told.size, &told.sha1)
        || (&known.model, known.res_id) != (&told.model, told.res_id)
}

/// The same by a listing.
fn is_other(known: &PlainSeen, told: &Listed) -> bool {
    (&known.written, known.res_id) != (&told.written, told.res_id)
        || (&known.name, known.size, &known.sha1) != (&told.name, told.size, &told.sha1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_change_within_the_same_second_is_news() {
        let known = PlainSeen {
            id: 1,
            written: "2026-11-28 10:00:00".into(),
            model: "res.partner".into(),
            res_id: 7,
            name: "a".into(),
            size: 1,
            sha1: "a".into(),
        };
        let told = |name: &str, sha1: &str, res_id| Listed {
            id: 1,
            written: "2026-11-28 10:00:00".into(),
            res_id,
            name: name.into(),
            size: 1,
            sha1: sha1.into(),
        };
        assert!(!is_other(&known, &told("a", "a", 7)));
        assert!(is_other(&known, &told("b", "a", 7)));
        assert!(is_other(&known, &told("a", "b", 7)));
        assert!(is_other(&known, &told("a", "a", 8)));
    }
}
