//! Direct steps: Odoo's folders, files and places, brought to the cloud.

use super::outcome::{Done, Failure, Outcome};
use super::work::{Work, is_taken, paired, seen};
use crate::engine::{EngineError, walk};
use crate::providers::{ErrorKind, Item, Locator, ProviderError};
use crate::tree::{
    Entry, EntryId, Fact, Hasher, Kind, OperationId, Pair, PairId, Proof, ProofMethod, Retry,
    Sameness, Side, Trashed,
};

/// Attempts to find something in the trash before it counts as no longer there.
const MOST_RESTORES: u32 = 5;

impl Work<'_> {
    /// Makes Odoo's new folder or file in the cloud and pairs both.
    pub async fn create_in_cloud(
        &self,
        key: OperationId,
        source: &EntryId,
        kind: Kind,
        parent: &EntryId,
        name: &str,
    ) -> Done {
        let odoo = self.entry(Side::Odoo, source)?;
        let folder = self.folder(Side::Odoo, parent)?;
        let place = self.locate(&folder.cloud)?;
        let cloud = self.engine.cloud;
        if let Some(done) = self.brought(source, &place).await {
            return done;
        }
        if let Some(files) = self.first_files.get(source) {
            return self.create_whole(key, &odoo, &folder, name, files).await;
        }
        let (made, fingerprint) = match kind {
            Kind::Folder => {
                let _call = self.call().await;
                (cloud.create_folder(key, &place, name).await, None)
            }
            Kind::File => {
                let _upload = self.uploads.one();
                let fetched = self.body(&odoo).await?;
                let _call = self.call().await;
                let made = cloud.create_file(key, &place, name, &fetched.body).await;
                (made, Some(fetched.body.fingerprint.clone()))
            }
        };
        let item = self.or_whoever_is_there(made, &place).await?;
        let entry = self.new_entry(item, &folder.cloud);
        let mut pair = paired(PairId(self.engine.mint()), folder.id, &odoo, &entry);
        pair.fingerprint = fingerprint.clone();
        if kind == Kind::File && entry.revision.is_unknown() {
            return self.read_back(&place, entry, pair).await;
        }
        pair.proof = self
            .proof_of(&fingerprint, &entry)
            .map_err(Failure::spent)?;
        Ok(Outcome::of([
            Fact::Observed(Side::Cloud, entry),
            Fact::Paired(pair),
        ]))
    }

    /// Reads what was just stored, where the store did not tell its revision: that is learnt
    /// together with the bytes, and only when no upload waits any more.
    pub(super) async fn read_back(&self, folder: &Locator, stored: Entry, pair: Pair) -> Done {
        self.uploads.little().await;
        let file = folder.child(stored.id.clone(), &stored.name);
        let sent = pair.fingerprint.clone().unwrap_or_default();
        let read = self.measure_at(&file, &stored, Hasher::for_proof()).await;
        let Ok((entry, found)) = read else {
            // It is stored all the same; a later turn proves it.
            return Ok(Outcome::of([
                Fact::Observed(Side::Cloud, stored),
                Fact::Paired(pair),
            ]));
        };
        if !sent.is_same(&found) {
            let seen = Entry {
                fingerprint: Some(found),
                ..entry
            };
            let why = "it was changed in the store as soon as it was there";
            let facts = [Fact::Observed(Side::Cloud, seen)];
            return Err(Failure::moved(why, facts).spent());
        }
        let pair = Pair {
            cloud_revision: entry.revision.clone(),
            // The very bytes that were sent: so their other hashes are the stored ones' as well.
            proof: Some(self.proof(sent, &entry, ProofMethod::ReadBack)),
            ..pair
        };
        Ok(Outcome::of([
            Fact::Observed(Side::Cloud, entry),
            Fact::Paired(pair),
        ]))
    }

    /// Sends Odoo's new bytes over the cloud's old ones, if those are still the agreed ones.
    pub async fn content_to_cloud(&self, key: OperationId, id: &PairId) -> Done {
        let pair = self.pair(id)?;
        let odoo = self.entry(Side::Odoo, &pair.odoo)?;
        let known = self.entry(Side::Cloud, &pair.cloud)?;
        self.unedited(&pair, Side::Cloud, &known)?;
        let place = self.locate(&known.id)?;
        let _upload = self.uploads.one();
        let fetched = self.body(&odoo).await?;
        let item = {
            let _call = self.call().await;
            self.engine
                .cloud
                .write_file(key, &place, &known.revision, &fetched.body)
                .await
        };
        let item = match item {
            Ok(item) => item,
            Err(error) => return Err(self.with_news(error.into(), &known).await),
        };
        let entry = seen(item, &known);
        let fingerprint = Some(fetched.body.fingerprint.clone());
        let pair = Pair {
            odoo_revision: if pair.odoo_name == odoo.name {
                odoo.revision
            } else {
                pair.odoo_revision
            },
            cloud_revision: entry.revision.clone(),
            proof: self.proof_of(&fingerprint, &entry)?,
            fingerprint,
            ..pair
        };
        Ok(Outcome::of([
            Fact::Observed(Side::Cloud, entry),
            Fact::Paired(pair),
        ]))
    }

    /// Gives the cloud's entry the place and name that Odoo's has. One call, no bytes.
    pub async fn place_in_cloud(
        &self,
        id: &PairId,
        parent: &EntryId,
        name: &str,
        hop: bool,
    ) -> Done {
        let pair = self.pair(id)?;
        let odoo = self.entry(Side::Odoo, &pair.odoo)?;
        let known = self.entry(Side::Cloud, &pair.cloud)?;
        let folder = self.folder(Side::Odoo, parent)?;
        if self.desk.book().cloud.is_within(&folder.cloud, &known.id) {
            return Err(Failure::moved("its new folder still lies in it", []));
        }
        let (from, to) = (self.locate(&known.id)?, self.locate(&folder.cloud)?);
        let item = {
            let _call = self.call().await;
            self.engine.cloud.place(&from, &to, name).await
        };
        let item = match item {
            Ok(item) => item,
            Err(error) => {
                let error = EngineError::from(error);
                if is_taken(&error) {
                    let facts = self.folder_facts(&to).await?;
                    let is_seen = self.holds_other(&facts, &folder.cloud, name, &known.id);
                    let failure = Failure::found(error, facts);
                    // The entry is at its old place, so it was no attempt of ours that came here.
                    return Err(if is_seen { failure.spent() } else { failure });
                }
                if is_refused(&error) && known.kind == Kind::Folder {
                    let facts = self.way_up(&folder.cloud).await?;
                    let why = "its new folder was moved into it";
                    return Err(Failure::moved(why, facts));
                }
                return Err(self.with_news(error, &known).await);
            }
        };
        if item.kind != known.kind {
            // At a mere path somebody may have put a folder for a file, or the reverse.
            return Err(Failure::moved("something else lay in its place", []));
        }
        let entry = walk::entry_of(item, known.id.clone(), Some(folder.cloud));
        // Where nothing tells that the bytes stayed, somebody may have written while we moved it:
        // the agreed revision stays the old one, so that they are looked at.
        let is_same = has_same_bytes(&known, &entry);
        let agreed = Pair {
            cloud_name: entry.name.clone(),
            cloud_revision: if is_same {
                entry.revision.clone()
            } else {
                pair.cloud_revision.clone()
            },
            proof: pair.proof.clone().filter(|_| is_same).map(|proof| Proof {
                cloud_revision: entry.revision.clone(),
                ..proof
            }),
            ..pair
        };
        // After a hop the place is not yet the agreed one: the next plan goes on from there.
        let agreed = if hop {
            agreed
        } else {
            Pair {
                parent: Some(folder.id),
                odoo_name: odoo.name.clone(),
                ..agreed
            }
        };
        Ok(Outcome::of([
            Fact::Observed(Side::Cloud, entry),
            Fact::Paired(agreed),
        ]))
    }

    /// Into the cloud's trash, from where it can come back when Odoo's does.
    pub async fn trash_in_cloud(&self, key: OperationId, id: &PairId) -> Done {
        let pair = self.pair(id)?;
        // Whatever the book made of the feed: what Odoo has is not trashed.
        if let Some(entry) = self.look_in_odoo(&pair.odoo).await? {
            let facts = [Fact::Observed(Side::Odoo, entry)];
            return Err(Failure::moved("Odoo has it still, or again", facts));
        }
        let known = self.entry(Side::Cloud, &pair.cloud).ok();
        let place = match &known {
            Some(known) => {
                self.unedited(&pair, Side::Cloud, known)?;
                self.locate(&known.id)?
            }
            // An earlier attempt may have moved it, and must still look whether it was the right one.
            None => match self.vacant_place(&pair).await? {
                Some(place) => place,
                None => return Ok(Outcome::of([Fact::Unpaired(pair.id)])),
            },
        };
        let expect = known
            .as_ref()
            .map_or(&pair.cloud_revision, |known| &known.revision);
        let trashed = {
            let _call = self.call().await;
            self.engine.cloud.trash(key, &place, expect).await
        };
        let handle = match (trashed, &known) {
            (Ok(handle), _) => handle,
            (Err(error), None) if error.retry() == Retry::Replan => {
                return Ok(Outcome::of([Fact::Unpaired(pair.id)]));
            }
            (Err(error), Some(known)) if known.kind == Kind::Folder => {
                let facts = self.folder_facts(&place).await.unwrap_or_default();
                return Err(Failure::found(error.into(), facts));
            }
            (Err(error), Some(known)) => return Err(self.with_news(error.into(), known).await),
            (Err(error), None) => return Err(error.into()),
        };
        let mut facts = vec![
            Fact::Vanished(Side::Cloud, pair.cloud.clone()),
            Fact::Unpaired(pair.id),
        ];
        if let Some(fingerprint) = pair.fingerprint {
            facts.push(Fact::Trashed(Trashed {
                odoo: pair.odoo,
                handle,
                fingerprint,
            }));
        }
        Ok(Outcome::of(facts))
    }

    /// Out of the cloud's trash again, because Odoo has the file again and not its bytes.
    /// When a few attempts did not find it there, it is no longer looked for: it was restored by a
    /// call whose answer was lost, and comes from the store, or somebody emptied the trash.
    pub async fn restore(
        &self,
        source: &EntryId,
        parent: &EntryId,
        name: &str,
        attempts: u32,
    ) -> Done {
        let odoo = self.entry(Side::Odoo, source)?;
        let folder = self.folder(Side::Odoo, parent)?;
        let place = self.locate(&folder.cloud)?;
        let trashed = self.desk.book().trashed.get(source).cloned();
        let trashed = trashed.ok_or_else(|| Failure::moved("it is not in the trash", []))?;
        let restored = {
            let _call = self.call().await;
            self.engine
                .cloud
                .restore(&trashed.handle, &place, name)
                .await
        };
        if restored.as_ref().is_err_and(is_missing) && attempts >= MOST_RESTORES {
            // Its folder is there, so the store is.
            let mut facts = self.folder_facts(&place).await?;
            facts.push(Fact::Untrashed(source.clone()));
            return Ok(Outcome::of(facts).saying("it is no longer in the store's trash"));
        }
        let item = self.or_whoever_is_there(restored, &place).await?;
        let entry = self.new_entry(item, &folder.cloud);
        let mut pair = paired(PairId(self.engine.mint()), folder.id, &odoo, &entry);
        pair.proof = self.proof_by_hash(&trashed.fingerprint, &entry);
        pair.fingerprint = Some(trashed.fingerprint);
        Ok(Outcome::of([
            Fact::Observed(Side::Cloud, entry),
            Fact::Paired(pair),
            Fact::Untrashed(source.clone()),
        ]))
    }

    /// Makes sure that what was stored is what was sent, as far as the store tells, and takes its
    /// word as a proof where it computed a hash.
    pub(super) fn proof_of(
        &self,
        sent: &Option<crate::tree::Fingerprint>,
        entry: &Entry,
    ) -> Result<Option<Proof>, Failure> {
        let (Some(sent), Some(stored)) = (sent, &entry.fingerprint) else {
            return Ok(None);
        };
        if sent.compare(stored) == Sameness::Different {
            let facts = [Fact::Observed(Side::Cloud, entry.clone())];
            return Err(Failure::moved(
                "the store holds other bytes than were sent",
                facts,
            ));
        }
        Ok(self.proof_by_hash(sent, entry))
    }

    /// Where the name was taken, everything in the folder is recorded: what was made by a call
    /// whose answer was lost is found that way, and paired if its bytes are the right ones.
    pub(super) async fn or_whoever_is_there<T>(
        &self,
        made: crate::providers::Result<T>,
        folder: &Locator,
    ) -> Result<T, Failure> {
        match made {
            Ok(made) => Ok(made),
            Err(error) => {
                let error = EngineError::from(error);
                if !is_taken(&error) {
                    return Err(error.into());
                }
                let facts = self.folder_facts(folder).await?;
                Err(Failure::found(error, facts))
            }
        }
    }

    /// The first of a folder and those above it that lies elsewhere than the book says.
    async fn way_up(&self, folder: &EntryId) -> Result<Option<Fact>, Failure> {
        let mut at = folder.clone();
        loop {
            let known = self.entry(Side::Cloud, &at)?;
            let Some(parent) = known.parent.clone() else {
                return Ok(None);
            };
            match self.look(&known).await? {
                Some(entry) if entry != known => {
                    return Ok(Some(Fact::Observed(Side::Cloud, entry)));
                }
                _ => at = parent,
            }
        }
    }

    /// A failure together with what the cloud says about the entry now, where the failure means
    /// that it is not as expected.
    pub(super) async fn with_news(&self, error: EngineError, known: &Entry) -> Failure {
        if error.retry() != Retry::Replan {
            return error.into();
        }
        let facts = match self.look(known).await {
            Ok(Some(entry)) if entry != *known => vec![Fact::Observed(Side::Cloud, entry)],
            Ok(None) => self.vanished(&known.id),
            _ => Vec::new(),
        };
        Failure::found(error, facts)
    }

    pub(super) fn new_entry(&self, item: Item, folder: &EntryId) -> Entry {
        let id = item.id.clone().unwrap_or_else(|| self.engine.mint_id());
        let parent = item.parent.clone().unwrap_or_else(|| folder.clone());
        walk::entry_of(item, id, Some(parent))
    }
}

fn is_missing(error: &ProviderError) -> bool {
    error.kind == ErrorKind::NotFound
}

/// Whether the store refuses a place for what it is: below itself, for a folder.
fn is_refused(error: &EngineError) -> bool {
    matches!(error, EngineError::Cloud(error) if error.kind == ErrorKind::Invalid)
}

/// Whether an entry still has the bytes that it had: its revision stayed, or the store's own hash.
fn has_same_bytes(before: &Entry, after: &Entry) -> bool {
    before.revision == after.revision
        || matches!((&before.fingerprint, &after.fingerprint), (Some(before), Some(after)) if before.is_same(after))
}
