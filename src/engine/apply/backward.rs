//! Backward steps: what happened in the cloud, brought to Odoo.
//!
//! A feed may be late and a listing stale, so each of these looks at the entry itself first: if it
//! is not as the plan saw it, nothing is done.

use super::outcome::{Done, Failure, Outcome};
use super::work::{Work, paired};
use crate::engine::EngineError;
use crate::odoo::{Refusal, Write};
use crate::providers::Locator;
use crate::tree::{
    Entry, EntryId, Fact, Fingerprint, HashKind, Kind, OperationId, Pair, PairId, ProofMethod,
    Revision, Side, name,
};

impl Work<'_> {
    /// Makes the cloud's new folder or file in Odoo. A file is read whole once, so that Odoo knows
    /// its checksum; its bytes stay in the cloud, and the reading is its proof.
    pub async fn create_in_odoo(
        &self,
        key: OperationId,
        source: &EntryId,
        kind: Kind,
        parent: &EntryId,
        name: &str,
    ) -> Done {
        let known = self.entry(Side::Cloud, source)?;
        let folder = self.folder(Side::Cloud, parent)?;
        let parent = folder.odoo.clone();
        let name = name.to_owned();
        if kind == Kind::Folder {
            let cloud = self.confirmed(&known).await?;
            let made = self
                .create(Write::CreateFolder { key, parent, name })
                .await?;
            let odoo = made.ok_or_else(|| Failure::moved("Odoo did not tell the folder", []))?;
            let pair = paired(PairId(self.engine.mint()), folder.id, &odoo, &cloud);
            let pair = self.since_attempt(Side::Cloud, pair, &odoo, &cloud);
            return Ok(Outcome::of([
                Fact::Observed(Side::Odoo, odoo),
                Fact::Paired(pair),
            ]));
        }
        self.confirmed(&known).await?;
        let taken = self.take(&known).await?;
        let (cloud, fingerprint) = (taken.cloud.clone(), taken.fingerprint.clone());
        if let Some(orphan) = self.adopt(&known.id, &fingerprint) {
            return self.take_in(orphan, cloud, fingerprint);
        }
        let write = Write::CreateFile {
            key,
            parent,
            mimetype: mime_guess::from_path(&name)
                .first_or_octet_stream()
                .to_string(),
            name,
            fingerprint: fingerprint.clone(),
            bytes: taken.bytes.clone(),
        };
        let made = self.create(write).await?;
        let odoo = made.ok_or_else(|| Failure::moved("Odoo did not tell the file", []))?;
        let mut pair = paired(PairId(self.engine.mint()), folder.id, &odoo, &cloud);
        pair.cloud_name.clone_from(&known.name);
        let mut pair = self.since_attempt(Side::Cloud, pair, &odoo, &known);
        if odoo
            .fingerprint
            .as_ref()
            .is_some_and(|f| f.is_same(&fingerprint))
        {
            pair.proof = Some(self.proof(fingerprint.clone(), &cloud, ProofMethod::ReadBack));
            pair.fingerprint = Some(fingerprint);
        } else if odoo.released {
            // An earlier attempt made it of what the cloud's file was then.
            pair.cloud_revision = Revision::disowned();
        } else {
            // Somebody gave it other bytes since: two files, of which each is kept.
            let facts = [Fact::Observed(Side::Odoo, odoo)];
            return Err(Failure::moved("it was edited in Odoo meanwhile", facts).spent());
        }
        Ok(Outcome::of([
            Fact::Observed(Side::Cloud, cloud),
            Fact::Observed(Side::Odoo, odoo),
            Fact::Paired(pair),
        ]))
    }

    /// Pairs a file of Odoo that had lost its partner. What the cloud shows of it counts as the
    /// newer word: the next plan gives it that place and name in Odoo.
    fn take_in(&self, orphan: Entry, cloud: Entry, fingerprint: Fingerprint) -> Done {
        let parent = orphan
            .parent
            .as_ref()
            .ok_or_else(|| Failure::moved("it has no folder", []))?;
        let folder = self.folder(Side::Odoo, parent)?;
        let mut pair = paired(PairId(self.engine.mint()), folder.id, &orphan, &cloud);
        pair.cloud_name = name::portable(&orphan.name);
        pair.proof = Some(self.proof(fingerprint.clone(), &cloud, ProofMethod::ReadBack));
        pair.fingerprint = Some(fingerprint);
        Ok(
            Outcome::of([Fact::Observed(Side::Cloud, cloud), Fact::Paired(pair)])
                .saying("Odoo already had this file and only lacked its copy in the cloud"),
        )
    }

    /// A creation in Odoo. What an earlier attempt made and somebody deleted since is made anew.
    async fn create(&self, write: Write) -> Result<Option<Entry>, Failure> {
        self.write(write)
            .await
            .map_err(|failure| match failure.error {
                EngineError::Refused(Refusal::Missing) => failure.spent(),
                _ => failure,
            })
    }

    /// Takes the cloud's new bytes over, if Odoo still has the agreed ones.
    pub async fn content_to_odoo(&self, id: &PairId) -> Done {
        let pair = self.pair(id)?;
        let odoo = self.entry(Side::Odoo, &pair.odoo)?;
        let known = self.entry(Side::Cloud, &pair.cloud)?;
        let taken = self.take(&known).await?;
        let (cloud, fingerprint) = (taken.cloud.clone(), taken.fingerprint.clone());
        let proof = Some(self.proof(fingerprint.clone(), &cloud, ProofMethod::ReadBack));
        let agreed = pair.fingerprint.clone().unwrap_or_default();
        if agreed.is_same(&fingerprint) {
            // Touched, or rewritten with the same bytes.
            let pair = Pair {
                cloud_revision: cloud.revision.clone(),
                fingerprint: Some(fingerprint),
                proof,
                ..pair
            };
            return Ok(
                Outcome::of([Fact::Observed(Side::Cloud, cloud), Fact::Paired(pair)])
                    .saying("the bytes are the same"),
            );
        }
        let at_agreed = !cloud.revision.is_unknown() && cloud.revision == pair.cloud_revision;
        if at_agreed && !odoo.released {
            // Nobody wrote since the agreement: an old listing seemed to say so. These bytes are
            // what the store made of ours, and proving them keeps both.
            let facts = [Fact::Observed(Side::Cloud, cloud)];
            return Err(Failure::moved("nobody edited it in the store", facts));
        }
        self.unedited(&pair, Side::Odoo, &odoo)?;
        let expect = sha1(&odoo);
        let write = Write::Content {
            id: odoo.id.clone(),
            expect,
            fingerprint: fingerprint.clone(),
            mimetype: mime_guess::from_path(&odoo.name)
                .first_or_octet_stream()
                .to_string(),
            bytes: taken.bytes.clone(),
        };
        let written = self.write(write).await?;
        let written = written.ok_or_else(|| Failure::moved("Odoo did not tell the file", []))?;
        let pair = Pair {
            odoo_revision: written.revision.clone(),
            cloud_revision: cloud.revision.clone(),
            fingerprint: Some(fingerprint),
            proof,
            ..pair
        };
        Ok(Outcome::of([
            Fact::Observed(Side::Cloud, cloud),
            Fact::Observed(Side::Odoo, written),
            Fact::Paired(pair),
        ]))
    }

    /// Renames and moves Odoo's entry as the cloud's was.
    pub async fn place_in_odoo(&self, id: &PairId, parent: &EntryId, name: &str) -> Done {
        let pair = self.pair(id)?;
        let odoo = self.entry(Side::Odoo, &pair.odoo)?;
        let known = self.entry(Side::Cloud, &pair.cloud)?;
        let cloud = self.confirmed(&known).await?;
        let folder = self.folder(Side::Cloud, parent)?;
        let write = Write::Place {
            id: odoo.id.clone(),
            expect: odoo.revision.clone(),
            parent: folder.odoo,
            name: name.to_owned(),
        };
        let written = self.write(write).await;
        let written = written.map_err(|failure| match failure.error {
            // Below itself, where somebody moved its new folder into it.
            EngineError::Refused(Refusal::Invalid(_)) if odoo.kind == Kind::Folder => {
                Failure::moved("Odoo refuses the folder's new place", [])
            }
            _ => failure,
        })?;
        let written = written.ok_or_else(|| Failure::moved("Odoo did not tell the entry", []))?;
        let pair = Pair {
            parent: Some(folder.id),
            odoo_name: written.name.clone(),
            cloud_name: cloud.name.clone(),
            odoo_revision: written.revision.clone(),
            ..pair
        };
        Ok(Outcome::of([
            Fact::Observed(Side::Odoo, written),
            Fact::Paired(pair),
        ]))
    }

    /// To Odoo's trash, once the cloud itself confirmed that its copy is gone.
    pub async fn trash_in_odoo(&self, id: &PairId) -> Done {
        let pair = self.pair(id)?;
        let odoo = self.entry(Side::Odoo, &pair.odoo)?;
        self.confirmed_gone(&pair).await?;
        self.write(Write::Trash {
            id: odoo.id.clone(),
            expect: odoo.revision,
        })
        .await?;
        Ok(Outcome::of([
            Fact::Vanished(Side::Odoo, odoo.id),
            Fact::Unpaired(pair.id),
        ]))
    }

    /// The entry as the cloud tells it now, which must be where and what the plan saw.
    async fn confirmed(&self, known: &Entry) -> Result<Entry, Failure> {
        match self.look(known).await? {
            None => {
                let facts = self.vanished(&known.id);
                Err(Failure::moved("it is gone in the cloud", facts))
            }
            Some(entry) if entry.parent != known.parent || entry.name != known.name => {
                let facts = [Fact::Observed(Side::Cloud, entry)];
                Err(Failure::moved("it is elsewhere in the cloud now", facts))
            }
            Some(entry) => Ok(entry),
        }
    }

    /// The cloud must not have the entry of a pair any more: its place, or its identity, is asked.
    pub async fn confirmed_gone(&self, pair: &Pair) -> Result<(), Failure> {
        if self.has_heir(pair) {
            return Ok(());
        }
        let (locator, is_known) = self.last_place(pair);
        if !is_known && !self.engine.cloud.capability().stable_ids {
            // Its folder has no partner any more; two complete listings did not show it anywhere.
            return Ok(());
        }
        let found = {
            let _call = self.call().await;
            self.engine.cloud.metadata(&locator).await
        };
        match found {
            Err(error) if error.kind == crate::providers::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error.into()),
            Ok(item) if item.kind != pair.kind => Ok(()),
            // A store that knows only paths does not say whether it is the same entry: the next
            // listing tells what lies there, and gives it to this pair if nobody else has it.
            Ok(_) if !self.engine.cloud.capability().stable_ids => Err(Failure::moved(
                "something lies at its place in the cloud",
                [],
            )),
            Ok(item) => {
                let known = Entry::folder(pair.cloud.clone(), self.cloud_parent(pair), &item.name);
                let facts = [Fact::Observed(Side::Cloud, super::work::seen(item, &known))];
                Err(Failure::moved("it is still in the cloud", facts))
            }
        }
    }

    /// Where the entry of a pair last was, if its folder is known and a folder's place is empty: an
    /// empty folder there would be taken for the one of the pair.
    pub async fn vacant_place(&self, pair: &Pair) -> Result<Option<Locator>, Failure> {
        let (place, is_known) = self.last_place(pair);
        if !is_known || self.has_heir(pair) {
            return Ok(None);
        }
        if pair.kind == Kind::File {
            return Ok(Some(place));
        }
        let _call = self.call().await;
        match self.engine.cloud.metadata(&place).await {
            Err(error) if error.kind == crate::providers::ErrorKind::NotFound => Ok(Some(place)),
            Err(error) => Err(error.into()),
            Ok(_) => Ok(None),
        }
    }

    /// Whether another entry is known to be at the last place of a pair: then asking a
    /// path-addressed store about that place would speak of the other.
    fn has_heir(&self, pair: &Pair) -> bool {
        let book = self.desk.book();
        let folder = pair.parent.and_then(|id| book.synced.get(&id));
        folder.is_some_and(|folder| {
            let mut children = book.cloud.children(&folder.cloud);
            children.any(|child| child.name == pair.cloud_name && child.id != pair.cloud)
        })
    }

    /// Where the entry of a pair last was: the agreed name in the agreed folder; and whether that
    /// folder still is one that both sides agree on.
    pub fn last_place(&self, pair: &Pair) -> (Locator, bool) {
        let book = self.desk.book();
        let mut path = vec![pair.cloud_name.clone()];
        let mut at = pair.parent;
        let mut depth = 0;
        while let Some(folder) = at
            .and_then(|id| book.synced.get(&id))
            .filter(|_| depth < 1000)
        {
            at = folder.parent;
            depth += 1;
            if at.is_some() {
                let now = book
                    .cloud
                    .get(&folder.cloud)
                    .map(|entry| entry.name.clone());
                path.push(now.unwrap_or_else(|| folder.cloud_name.clone()));
            }
        }
        path.reverse();
        let locator = Locator {
            id: pair.cloud.clone(),
            path,
        };
        (locator, at.is_none())
    }

    fn cloud_parent(&self, pair: &Pair) -> Option<EntryId> {
        let book = self.desk.book();
        let parent = pair.parent.and_then(|id| book.synced.get(&id));
        parent.map(|parent| parent.cloud.clone())
    }
}

/// The checksum of an Odoo file, as a precondition.
pub fn sha1(odoo: &Entry) -> String {
    let fingerprint = odoo.fingerprint.as_ref();
    let sha1 = fingerprint.and_then(|fingerprint| fingerprint.hash(HashKind::Sha1));
    sha1.unwrap_or_default().to_owned()
}
