//! Steps between both sides: coming to an agreement, proving it, and living by it.

use super::outcome::{Done, Failure, Outcome};
use super::work::{Work, is_taken, paired};
use crate::engine::EngineError;
use crate::odoo::Write;
use crate::tree::{
    Entry, EntryId, Fact, Fingerprint, Kind, Pair, PairId, Proof, ProofMethod, Revision, Sameness,
    Side,
};

impl Work<'_> {
    /// Both sides hold something that may be the same. Equal bytes are paired, and folders always
    /// are; otherwise the cloud's file steps aside under another name, and both are kept.
    pub async fn agree(&self, odoo: &EntryId, cloud: &EntryId, kind: Kind, aside: &str) -> Done {
        let odoo = self.entry(Side::Odoo, odoo)?;
        let known = self.entry(Side::Cloud, cloud)?;
        let parent = odoo
            .parent
            .as_ref()
            .ok_or_else(|| Failure::moved("it has no folder", []))?;
        let folder = self.folder(Side::Odoo, parent)?;
        let old = self.desk.book().synced.of(Side::Odoo, &odoo.id).cloned();
        let id = old
            .as_ref()
            .map_or_else(|| PairId(self.engine.mint()), |pair| pair.id);
        let agreed = |cloud: &Entry| {
            let pair = paired(id, folder.id, &odoo, cloud);
            match &old {
                // Only the bytes were in question; where they belong is decided by the next plan.
                Some(old) => Pair {
                    parent: old.parent,
                    odoo_name: old.odoo_name.clone(),
                    cloud_name: old.cloud_name.clone(),
                    ..pair
                },
                None => self.since_attempt(Side::Odoo, pair, &odoo, cloud),
            }
        };
        if kind == Kind::Folder {
            let pair = agreed(&known);
            return Ok(Outcome::of([Fact::Paired(pair)]));
        }
        let ours = odoo.fingerprint.clone().unwrap_or_default();
        let (cloud, theirs, method) = self.compared(&ours, &known).await?;
        if ours.is_same(&theirs) {
            let mut pair = agreed(&cloud);
            pair.proof = Some(self.proof(theirs.clone(), &cloud, method));
            pair.fingerprint = Some(theirs);
            return Ok(
                Outcome::of([Fact::Observed(Side::Cloud, cloud), Fact::Paired(pair)])
                    .saying("both sides hold the same bytes"),
            );
        }
        if odoo.released {
            // Odoo has no bytes to keep: its file is what the cloud's was when it was first heard
            // of. Paired so, the next plan takes the cloud's present bytes over.
            let mut pair = agreed(&cloud);
            pair.cloud_revision = Revision::disowned();
            return Ok(Outcome::of([
                Fact::Observed(Side::Cloud, cloud),
                Fact::Paired(pair),
            ]));
        }
        self.keep_both(&cloud, old.map(|pair| pair.id), aside).await
    }

    /// Gives the cloud's file another name and ends the agreement; the next plan brings each file
    /// to the side that lacks it.
    async fn keep_both(&self, known: &Entry, pair: Option<PairId>, aside: &str) -> Done {
        let parent = known
            .parent
            .as_ref()
            .ok_or_else(|| Failure::moved("it has no folder", []))?;
        let (from, to) = (self.locate(&known.id)?, self.locate(parent)?);
        let placed = {
            let _call = self.call().await;
            self.engine.cloud.place(&from, &to, aside).await
        };
        let item = match placed {
            Ok(item) => item,
            Err(error) => {
                let error = EngineError::from(error);
                if is_taken(&error) {
                    let facts = self.folder_facts(&to).await?;
                    return Err(Failure::found(error, facts));
                }
                return Err(self.with_news(error, known).await);
            }
        };
        if item.kind != known.kind {
            return Err(Failure::moved("something else lay in its place", []));
        }
        let mut facts = vec![Fact::Observed(Side::Cloud, super::work::seen(item, known))];
        facts.extend(pair.map(Fact::Unpaired));
        let said = format!("the bytes differ; the cloud's version is kept as {aside:?}");
        Ok(Outcome::of(facts).saying(said))
    }

    /// What the cloud's file is, compared with `ours`: by the store's hash if it has one in
    /// common, by size where that already differs, else by reading.
    async fn compared(
        &self,
        ours: &Fingerprint,
        known: &Entry,
    ) -> Result<(Entry, Fingerprint, ProofMethod), Failure> {
        let now = self.look(known).await?.ok_or_else(|| {
            let facts = self.vanished(&known.id);
            Failure::moved("it is gone in the cloud", facts)
        })?;
        let theirs = now.fingerprint.clone().unwrap_or_default();
        match ours.compare(&theirs) {
            Sameness::Same => Ok((now, merged(ours, &theirs), ProofMethod::ProviderHash)),
            Sameness::Different => Ok((now, theirs, ProofMethod::ProviderHash)),
            Sameness::Unknown => {
                let (now, measured) = self.measure(&now).await?;
                Ok((now, measured, ProofMethod::ReadBack))
            }
        }
    }

    /// Both sides deleted it. The cloud is asked once more, since its absence may be a stale
    /// listing's.
    pub async fn forget(&self, id: &PairId) -> Done {
        let pair = self.pair(id)?;
        self.confirmed_gone(&pair).await?;
        Ok(Outcome::of([Fact::Unpaired(pair.id)]))
    }

    /// Shows that the cloud's copy is byte-equal, or finds that it is not: then it counts as
    /// edited in the cloud.
    pub async fn prove(&self, id: &PairId) -> Done {
        let pair = self.pair(id)?;
        let known = self.entry(Side::Cloud, &pair.cloud)?;
        let agreed = pair.fingerprint.clone().unwrap_or_default();
        let (cloud, theirs, method) = self.compared(&agreed, &known).await?;
        if !agreed.is_same(&theirs) {
            let why = "the cloud's bytes are not those that were agreed on";
            let agreed = &pair.cloud_revision;
            let unwritten = agreed.is_unknown() || cloud.revision == *agreed;
            let entry = Entry {
                fingerprint: Some(theirs),
                ..cloud
            };
            let mut facts = vec![Fact::Observed(Side::Cloud, entry)];
            // Nobody wrote since the agreement, so the store kept something else than was sent.
            // While Odoo has the bytes, they are not exchanged for these: both are kept.
            let odoo = self.entry(Side::Odoo, &pair.odoo).ok();
            if unwritten && odoo.is_some_and(|odoo| !odoo.released) {
                facts.push(Fact::Unpaired(pair.id));
            } else {
                // Whatever revision it has, it is not the agreed one.
                let cloud_revision = Revision::disowned();
                facts.push(Fact::Paired(Pair {
                    cloud_revision,
                    proof: None,
                    ..pair
                }));
            }
            return Err(Failure::moved(why, facts));
        }
        let pair = Pair {
            cloud_revision: cloud.revision.clone(),
            proof: Some(self.proof(theirs.clone(), &cloud, method)),
            fingerprint: Some(theirs),
            ..pair
        };
        Ok(Outcome::of([
            Fact::Observed(Side::Cloud, cloud),
            Fact::Paired(pair),
        ]))
    }

    /// Drops Odoo's bytes: only with a proof of exactly these bytes, and only when the cloud still
    /// tells the revision that was proved.
    pub async fn release(&self, id: &PairId) -> Done {
        let pair = self.pair(id)?;
        let odoo = self.entry(Side::Odoo, &pair.odoo)?;
        let known = self.entry(Side::Cloud, &pair.cloud)?;
        let ours = odoo.fingerprint.clone().unwrap_or_default();
        let proof = pair
            .proof
            .as_ref()
            .filter(|proof| pair.is_proved() && proof.fingerprint.is_same(&ours));
        let proof = proof.ok_or_else(|| Failure::moved("it is not proved any more", []))?;
        match self.look(&known).await? {
            Some(entry) if entry.revision == proof.cloud_revision => {}
            Some(entry) => {
                let facts = [Fact::Observed(Side::Cloud, entry)];
                return Err(Failure::moved(
                    "the cloud's copy changed since the proof",
                    facts,
                ));
            }
            None => {
                let facts = self.vanished(&known.id);
                return Err(Failure::moved("the cloud's copy is gone", facts));
            }
        }
        let write = Write::Release {
            id: odoo.id.clone(),
            fingerprint: proof.fingerprint.clone(),
        };
        let written = self.write(write).await?;
        let written = written.ok_or_else(|| Failure::moved("Odoo did not tell the file", []))?;
        // The revision does not count bytes that only went elsewhere; where it does, this follows.
        let same_place = written.name == pair.odoo_name && written.parent == odoo.parent;
        let pair = Pair {
            odoo_revision: if same_place {
                written.revision.clone()
            } else {
                pair.odoo_revision.clone()
            },
            ..pair
        };
        Ok(Outcome::of([
            Fact::Observed(Side::Odoo, written),
            Fact::Paired(pair),
        ]))
    }

    /// A proof, where the store computed a hash that equals one of ours.
    pub fn proof_by_hash(&self, ours: &Fingerprint, cloud: &Entry) -> Option<Proof> {
        let theirs = cloud.fingerprint.as_ref()?;
        theirs
            .is_same(ours)
            .then(|| self.proof(ours.clone(), cloud, ProofMethod::ProviderHash))
    }

    /// A proof as of now.
    pub fn proof(&self, fingerprint: Fingerprint, cloud: &Entry, method: ProofMethod) -> Proof {
        Proof {
            fingerprint,
            cloud_revision: cloud.revision.clone(),
            method,
            at: (self.engine.clock)().div_euclid(1000),
        }
    }
}

fn merged(ours: &Fingerprint, theirs: &Fingerprint) -> Fingerprint {
    let mut all = ours.clone();
    all.hashes.extend(theirs.hashes.clone());
    all
}
