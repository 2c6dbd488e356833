//! Pairs: what both sides last agreed on. Together they are the synced tree, the base of every plan.

use super::entry::{Entry, Kind, Revision};
use super::fingerprint::{Fingerprint, Sameness};
use super::ids::{EntryId, PairId, Side};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// One entry of Odoo and one of the cloud that are the same thing, as both last agreed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    pub id: PairId,
    pub odoo: EntryId,
    pub cloud: EntryId,
    pub kind: Kind,
    /// The pair of the folder that both lie in. `None` for the root only.
    pub parent: Option<PairId>,
    /// Odoo's true name.
    pub odoo_name: String,
    /// The legal name that the cloud holds.
    pub cloud_name: String,
    pub odoo_revision: Revision,
    pub cloud_revision: Revision,
    /// What both hold. `None` for folders.
    pub fingerprint: Option<Fingerprint>,
    /// Evidence that the cloud's copy has exactly these bytes; gone as soon as either side changes.
    pub proof: Option<Proof>,
}

impl Pair {
    /// The identity on one side.
    pub fn entry(&self, side: Side) -> &EntryId {
        match side {
            Side::Odoo => &self.odoo,
            Side::Cloud => &self.cloud,
        }
    }

    /// The agreed name on one side.
    pub fn name(&self, side: Side) -> &str {
        match side {
            Side::Odoo => &self.odoo_name,
            Side::Cloud => &self.cloud_name,
        }
    }

    /// Whether an entry of a side has other bytes than were agreed on, as far as anybody can tell.
    /// Unequal revisions prove nothing where a hash speaks; without one they are all there is.
    pub fn is_edited(&self, side: Side, entry: &Entry) -> bool {
        if entry.kind == Kind::Folder {
            return false;
        }
        let (Some(agreed), Some(present)) = (&self.fingerprint, &entry.fingerprint) else {
            return true;
        };
        match agreed.compare(present) {
            Sameness::Same => false,
            Sameness::Different => true,
            Sameness::Unknown => entry.revision != *self.revision(side),
        }
    }

    /// The agreed revision on one side.
    pub fn revision(&self, side: Side) -> &Revision {
        match side {
            Side::Odoo => &self.odoo_revision,
            Side::Cloud => &self.cloud_revision,
        }
    }

    /// Whether Odoo's bytes may go: the proof speaks of this content and of the cloud's present
    /// revision. A proof of anything else is worth nothing.
    pub fn is_proved(&self) -> bool {
        match (&self.proof, &self.fingerprint) {
            (Some(proof), Some(content)) => {
                proof.fingerprint.is_same(content) && proof.cloud_revision == self.cloud_revision
            }
            _ => false,
        }
    }
}

/// How the cloud's copy was shown to be byte-equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofMethod {
    /// The provider computed a hash of what it stores, and it equals ours.
    ProviderHash,
    /// The whole file was read back and hashed.
    ReadBack,
}

/// Evidence that the cloud's copy has exactly these bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    pub fingerprint: Fingerprint,
    /// The revision of the cloud's file that was looked at.
    pub cloud_revision: Revision,
    pub method: ProofMethod,
    /// When, in seconds since 1970 UTC; the grace period before a release counts from here.
    pub at: i64,
}

/// The synced tree: every pair, found by its own identity or by that of either side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Synced {
    pairs: HashMap<PairId, Pair>,
    by_odoo: HashMap<EntryId, PairId>,
    by_cloud: HashMap<EntryId, PairId>,
}

impl Synced {
    /// Nothing agreed yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many pairs there are.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Nothing is agreed.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The pair of this identity.
    pub fn get(&self, id: &PairId) -> Option<&Pair> {
        self.pairs.get(id)
    }

    /// The pair that an entry of a side belongs to.
    pub fn of(&self, side: Side, entry: &EntryId) -> Option<&Pair> {
        let index = match side {
            Side::Odoo => &self.by_odoo,
            Side::Cloud => &self.by_cloud,
        };
        index.get(entry).and_then(|id| self.pairs.get(id))
    }

    /// Every pair, in no order.
    pub fn pairs(&self) -> impl Iterator<Item = &Pair> {
        self.pairs.values()
    }

    /// Records an agreement, new or changed. An entry has one partner: a pair that held either
    /// entry until now is dissolved, and returned so that nobody overlooks it.
    pub fn put(&mut self, pair: Pair) -> Vec<Pair> {
        self.remove(&pair.id);
        let rivals = [self.by_odoo.get(&pair.odoo), self.by_cloud.get(&pair.cloud)];
        let rivals: Vec<PairId> = rivals.into_iter().flatten().copied().collect();
        let dissolved = rivals.iter().filter_map(|id| self.remove(id)).collect();
        self.by_odoo.insert(pair.odoo.clone(), pair.id);
        self.by_cloud.insert(pair.cloud.clone(), pair.id);
        self.pairs.insert(pair.id, pair);
        dissolved
    }

    /// Forgets an agreement; the entries themselves are untouched. Unknown: nothing.
    pub fn remove(&mut self, id: &PairId) -> Option<Pair> {
        let pair = self.pairs.remove(id)?;
        self.by_odoo.remove(&pair.odoo);
        self.by_cloud.remove(&pair.cloud);
        Some(pair)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn pair(number: u128, odoo: &str, cloud: &str) -> Pair {
        Pair {
            id: PairId(Uuid::from_u128(number)),
            odoo: EntryId::new(odoo),
            cloud: EntryId::new(cloud),
            kind: Kind::File,
            parent: None,
            odoo_name: "a:b".into(),
            cloud_name: "a-b".into(),
            odoo_revision: Revision::new("1"),
            cloud_revision: Revision::new("x"),
            fingerprint: Some(Fingerprint::of_bytes(b"abc")),
            proof: None,
        }
    }

    #[test]
    fn an_entry_has_one_partner() {
        let mut synced = Synced::new();
        assert!(synced.put(pair(1, "file:1", "c1")).is_empty());
        assert!(synced.put(pair(2, "file:2", "c2")).is_empty());
        let dissolved = synced.put(pair(3, "file:1", "c2"));
        assert_eq!(
            dissolved,
            [pair(1, "file:1", "c1"), pair(2, "file:2", "c2")]
        );
        assert_eq!(synced.len(), 1);
        assert_eq!(synced.of(Side::Cloud, &EntryId::new("c1")), None);
        assert_eq!(
            synced.of(Side::Odoo, &EntryId::new("file:1")),
            Some(&pair(3, "file:1", "c2"))
        );
    }

    #[test]
    fn a_pair_may_change_its_partner_and_keeps_no_trace() {
        let mut synced = Synced::new();
        synced.put(pair(1, "file:1", "c1"));
        assert!(synced.put(pair(1, "file:1", "c9")).is_empty());
        assert_eq!(synced.of(Side::Cloud, &EntryId::new("c1")), None);
        assert!(synced.of(Side::Cloud, &EntryId::new("c9")).is_some());
        assert!(synced.remove(&PairId(Uuid::from_u128(1))).is_some());
        assert_eq!(synced, Synced::new());
    }

    #[test]
    fn only_a_proof_of_these_bytes_at_this_revision_counts() {
        let proof = |bytes: &[u8], revision: &str| Proof {
            fingerprint: Fingerprint::of_bytes(bytes),
            cloud_revision: Revision::new(revision),
            method: ProofMethod::ReadBack,
            at: 0,
        };
        let mut pair = pair(1, "file:1", "c1");
        assert!(!pair.is_proved(), "no proof");
        pair.proof = Some(proof(b"abd", "x"));
        assert!(!pair.is_proved(), "other bytes");
        pair.proof = Some(proof(b"abc", "y"));
        assert!(!pair.is_proved(), "another revision");
        pair.proof = Some(Proof {
            fingerprint: Fingerprint::of_size(3),
            ..proof(b"abc", "x")
        });
        assert!(!pair.is_proved(), "a size alone proves nothing");
        pair.proof = Some(proof(b"abc", "x"));
        assert!(pair.is_proved());
    }
}
