//! Fingerprints: what the bytes of a file are, as far as somebody computed it.

use serde::{Deserialize, Serialize};
use sha1::Digest as _;
use std::collections::BTreeMap;

/// A hash that some side computes over whole files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HashKind {
    /// S3 (single part), Google Drive.
    Md5,
    /// Odoo (`ir.attachment.checksum`), Box, Nextcloud.
    Sha1,
    /// Google Drive, S3 on request; the one every proof carries.
    Sha256,
}

/// Whether two fingerprints speak of the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sameness {
    Same,
    Different,
    /// Equal size and no hash in common: only reading tells.
    Unknown,
}

/// Size in bytes and whichever hashes are known (lower-case hex).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fingerprint {
    pub size: u64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hashes: BTreeMap<HashKind, String>,
}

impl Fingerprint {
    /// Only the size is known.
    pub fn of_size(size: u64) -> Self {
        Fingerprint {
            size,
            hashes: BTreeMap::new(),
        }
    }

    /// All hashes of bytes at hand.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let mut hasher = Hasher::with(&[HashKind::Md5]);
        hasher.update(bytes);
        hasher.finish()
    }

    /// The same with one hash more (lower-cased hex).
    pub fn with(mut self, kind: HashKind, hex: impl Into<String>) -> Self {
        self.hashes.insert(kind, hex.into().to_ascii_lowercase());
        self
    }

    /// The hash of this kind, if known.
    pub fn hash(&self, kind: HashKind) -> Option<&str> {
        self.hashes.get(&kind).map(String::as_str)
    }

    /// Compares by size, then by the hashes that both know. All common hashes must agree.
    pub fn compare(&self, other: &Fingerprint) -> Sameness {
        if self.size != other.size {
            return Sameness::Different;
        }
        let mut common = false;
        for (kind, hash) in &self.hashes {
            match other.hashes.get(kind) {
                Some(theirs) if theirs == hash => common = true,
                Some(_) => return Sameness::Different,
                None => {}
            }
        }
        if common {
            Sameness::Same
        } else {
            Sameness::Unknown
        }
    }

    /// `compare` gave `Same`.
    pub fn is_same(&self, other: &Fingerprint) -> bool {
        self.compare(other) == Sameness::Same
    }
}

/// Computes a fingerprint while bytes stream by: with Odoo's hash, with the one that every proof
/// carries, and with others only where a store tells them.
pub struct Hasher {
    size: u64,
    md5: Option<md5::Md5>,
    sha1: Option<sha1::Sha1>,
    /// Ring's assembly: nearly twice as fast as portable code where the processor has no
    /// instructions for it, and every byte passes here twice.
    sha256: ring::digest::Context,
}

impl Default for Hasher {
    fn default() -> Self {
        Hasher {
            sha1: Some(sha1::Sha1::default()),
            ..Hasher::for_proof()
        }
    }
}

impl Hasher {
    /// Nothing hashed yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Computes these hashes as well.
    pub fn with(kinds: &[HashKind]) -> Self {
        Hasher {
            md5: kinds.contains(&HashKind::Md5).then(md5::Md5::default),
            ..Self::default()
        }
    }

    /// Computes what a proof needs and no more: enough to compare bytes that were just sent with
    /// the fingerprint that they were sent under.
    pub fn for_proof() -> Self {
        Hasher {
            size: 0,
            md5: None,
            sha1: None,
            sha256: ring::digest::Context::new(&ring::digest::SHA256),
        }
    }

    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
        if let Some(sha1) = &mut self.sha1 {
            sha1.update(bytes);
        }
        self.sha256.update(bytes);
    }

    /// The fingerprint of all that was added.
    pub fn finish(self) -> Fingerprint {
        let hashes = [
            (
                HashKind::Md5,
                self.md5.map(|md5| hex::encode(md5.finalize())),
            ),
            (
                HashKind::Sha1,
                self.sha1.map(|sha1| hex::encode(sha1.finalize())),
            ),
            (HashKind::Sha256, Some(hex::encode(self.sha256.finish()))),
        ];
        let known = hashes
            .into_iter()
            .filter_map(|(kind, hash)| Some((kind, hash?)));
        Fingerprint {
            size: self.size,
            hashes: known.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_equal_the_published_vectors() {
        // RFC 1321 A.5, FIPS 180-4 examples: "abc".
        let of = Fingerprint::of_bytes(b"abc");
        assert_eq!(of.size, 3);
        assert_eq!(
            of.hash(HashKind::Md5),
            Some("900150983cd24fb0d6963f7d28e17f72")
        );
        assert_eq!(
            of.hash(HashKind::Sha1),
            Some("a9993e364706816aba3e25717850c26c9cd0d89d")
        );
        assert_eq!(
            of.hash(HashKind::Sha256),
            Some("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        );
    }

    #[test]
    fn a_hash_that_no_store_tells_is_not_computed() {
        let mut hasher = Hasher::new();
        hasher.update(b"abc");
        let of = hasher.finish();
        assert_eq!(of.hash(HashKind::Md5), None);
        assert!(of.is_same(&Fingerprint::of_bytes(b"abc")));
    }

    #[test]
    fn a_proof_needs_no_more_than_its_own_hash() {
        let mut hasher = Hasher::for_proof();
        hasher.update(b"ab");
        hasher.update(b"c");
        let of = hasher.finish();
        assert_eq!(of.hashes.len(), 1);
        assert!(of.is_same(&Fingerprint::of_bytes(b"abc")));
        assert!(!of.is_same(&Fingerprint::of_bytes(b"abd")));
    }

    #[test]
    fn sameness_needs_a_common_hash() {
        let whole = Fingerprint::of_bytes(b"abc");
        let size_only = Fingerprint::of_size(3);
        let other = Fingerprint::of_bytes(b"abd");
        assert_eq!(whole.compare(&whole), Sameness::Same);
        assert_eq!(whole.compare(&size_only), Sameness::Unknown);
        assert_eq!(whole.compare(&other), Sameness::Different);
        assert_eq!(whole.compare(&Fingerprint::of_size(4)), Sameness::Different);
        let lying = Fingerprint::of_size(3)
            .with(HashKind::Md5, whole.hash(HashKind::Md5).unwrap_or_default())
            .with(
                HashKind::Sha1,
                other.hash(HashKind::Sha1).unwrap_or_default(),
            );
        assert_eq!(
            whole.compare(&lying),
            Sameness::Different,
            "one hash that differs decides"
        );
    }
}
