//! Recognising entries that only changed their identity.
//!
//! Editors that save by replacing give a file a new identity at its old place; stores that know
//! only paths show a rename as one entry gone and another come. Without this, both would cost a
//! transfer and, worse, Odoo's record would lose its file and get another.

use super::delta::View;
use crate::tree::{Action, Entry, EntryId, Fact, Kind, Pair, PairId, Side, name};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Pairs whose cloud entry is gone, given to the unpaired entry that it became.
///
/// Files by content first: same revision and size with exactly one candidate on each side; that one
/// of them is young does not count, since renaming a new file is what people do. Then by place:
/// same folder, same name. Then folders, by where all that lay in them went.
pub(super) fn facts(view: &View) -> Vec<Fact> {
    let lost: BTreeMap<PairId, &Pair> = view
        .book
        .synced
        .pairs()
        .filter(|pair| view.entry(pair, Side::Cloud).is_none())
        .map(|pair| (pair.id, pair))
        .collect();
    if lost.is_empty() {
        return Vec::new();
    }
    let mut fresh: Vec<&Entry> = view
        .book
        .cloud
        .entries()
        .filter(|entry| view.pair(Side::Cloud, &entry.id).is_none())
        .filter(|entry| view.is_reachable(Side::Cloud, entry))
        .collect();
    fresh.sort_by(|a, b| a.id.cmp(&b.id));
    let mut found = Found::default();
    by_content(&lost, &fresh, &mut found);
    by_place(view, &lost, &fresh, &mut found);
    folders(&lost, &fresh, &mut found);
    found.facts(view, &lost)
}

#[derive(Default)]
struct Found {
    heir: BTreeMap<PairId, EntryId>,
    taken: HashMap<EntryId, PairId>,
}

impl Found {
    fn put(&mut self, pair: PairId, entry: &Entry) {
        self.heir.insert(pair, entry.id.clone());
        self.taken.insert(entry.id.clone(), pair);
    }

    fn is_open(&self, pair: &Pair, entry: &Entry) -> bool {
        pair.kind == entry.kind
            && !self.heir.contains_key(&pair.id)
            && !self.taken.contains_key(&entry.id)
    }

    /// The pairs with their new identity. The agreed revision stays and tells whether the heir has
    /// other bytes. The proof stays only where a hash speaks for the heir: an equal revision may
    /// be chance, and then reading it again brings that to light before anything is released.
    fn facts(self, view: &View, lost: &BTreeMap<PairId, &Pair>) -> Vec<Fact> {
        self.heir
            .into_iter()
            .map(|(id, cloud)| {
                let mut pair = lost[&id].clone();
                let heir = view.book.cloud.get(&cloud).and_then(|entry| entry.fingerprint.as_ref());
                if !matches!((&pair.fingerprint, heir), (Some(ours), Some(heir)) if ours.is_same(heir)) {
                    pair.proof = None;
                }
                Fact::Paired(Pair { cloud, ..pair })
            })
            .collect()
    }
}

fn by_place(view: &View, lost: &BTreeMap<PairId, &Pair>, fresh: &[&Entry], found: &mut Found) {
    let mut places: HashMap<(PairId, String, Kind), Vec<&Entry>> = HashMap::new();
    for &entry in fresh {
        let parent = entry.parent.as_ref();
        if let Some(parent) = parent.and_then(|id| view.pair(Side::Cloud, id)) {
            let key = (parent.id, name::folded(&entry.name), entry.kind);
            places.entry(key).or_default().push(entry);
        }
    }
    let attempted = attempted(view);
    for pair in lost.values() {
        let Some(parent) = pair.parent else { continue };
        let key = (parent, name::folded(&pair.cloud_name), pair.kind);
        if let Some([entry]) = places.get(&key).map(Vec::as_slice)
            && found.is_open(pair, entry)
            && !attempted.contains(&key)
        {
            found.put(pair.id, entry);
        }
    }
}

/// Places at which an upload of ours may lie whose answer was lost: what is there is rather that.
fn attempted(view: &View) -> HashSet<(PairId, String, Kind)> {
    let open = view.book.operations.values();
    let places = open.filter_map(|attempt| match &attempt.action {
        Action::Create {
            to: Side::Cloud,
            parent,
            name,
            kind,
            ..
        } => {
            let parent = view.pair(Side::Odoo, parent)?;
            Some((parent.id, name::folded(name), *kind))
        }
        _ => None,
    });
    places.collect()
}

fn by_content(lost: &BTreeMap<PairId, &Pair>, fresh: &[&Entry], found: &mut Found) {
    let mut gone: HashMap<(&str, u64), Vec<&Pair>> = HashMap::new();
    for &pair in lost.values() {
        if let Some(key) = pair_key(pair) {
            gone.entry(key).or_default().push(pair);
        }
    }
    let mut come: HashMap<(&str, u64), Vec<&Entry>> = HashMap::new();
    for &entry in fresh {
        if let Some(key) = entry_key(entry) {
            come.entry(key).or_default().push(entry);
        }
    }
    for (key, pairs) in gone {
        if let ([pair], Some([entry])) = (pairs.as_slice(), come.get(&key).map(Vec::as_slice))
            && found.is_open(pair, entry)
        {
            found.put(pair.id, entry);
        }
    }
}

fn pair_key(pair: &Pair) -> Option<(&str, u64)> {
    let revision = pair.cloud_revision.settled();
    let size = pair.fingerprint.as_ref()?.size;
    (pair.kind == Kind::File && !revision.is_empty()).then_some((revision, size))
}

fn entry_key(entry: &Entry) -> Option<(&str, u64)> {
    let revision = entry.revision.settled();
    (entry.kind == Kind::File && !revision.is_empty()).then_some((revision, entry.size()))
}

/// The new file at the place to which an earlier attempt was to move one, if it is that, as far as
/// revision and size tell. Where the answer was lost and a listing is behind, both its places are
/// told; once the old one is not, it is recognised.
pub(super) fn left_by_move<'a>(view: &View<'a>, attempt: &Action) -> Option<&'a Entry> {
    let Action::Place {
        to: Side::Cloud,
        pair,
        parent,
        name,
        ..
    } = attempt
    else {
        return None;
    };
    let key = pair_key(view.book.synced.get(pair)?)?;
    let folder = view.pair(Side::Odoo, parent)?;
    let mut inside = view.book.cloud.children(&folder.cloud);
    inside.find(|entry| {
        entry.name == *name
            && entry_key(entry) == Some(key)
            && view.pair(Side::Cloud, &entry.id).is_none()
    })
}

/// A folder became the one that holds its children now, if they all went to the same.
fn folders(lost: &BTreeMap<PairId, &Pair>, fresh: &[&Entry], found: &mut Found) {
    let by_id: HashMap<&EntryId, &Entry> = fresh.iter().map(|entry| (&entry.id, *entry)).collect();
    loop {
        let mut votes: BTreeMap<PairId, Option<EntryId>> = BTreeMap::new();
        for (child, heir) in &found.heir {
            let (Some(pair), Some(entry)) = (lost.get(child), by_id.get(heir)) else {
                continue;
            };
            let (Some(folder), Some(now)) = (pair.parent, entry.parent.clone()) else {
                continue;
            };
            votes
                .entry(folder)
                .and_modify(|vote| {
                    if vote.as_ref() != Some(&now) {
                        *vote = None;
                    }
                })
                .or_insert(Some(now));
        }
        let mut grew = false;
        for (folder, vote) in votes {
            let pair = lost.get(&folder);
            let entry = vote.and_then(|id| by_id.get(&id).copied());
            if let (Some(pair), Some(entry)) = (pair, entry)
                && found.is_open(pair, entry)
            {
                found.put(pair.id, entry);
                grew = true;
            }
        }
        if !grew {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Book, Fingerprint, Revision};
    use uuid::Uuid;

    const SIZE: u64 = 5;

    fn id(text: &str) -> EntryId {
        EntryId::new(text)
    }

    fn pair(number: u128, parent: Option<u128>, cloud: &str, revision: &str) -> Pair {
        let kind = if parent.is_none() {
            Kind::Folder
        } else {
            Kind::File
        };
        Pair {
            id: PairId(Uuid::from_u128(number)),
            odoo: id(&format!("odoo {cloud}")),
            cloud: id(cloud),
            kind,
            parent: parent.map(|parent| PairId(Uuid::from_u128(parent))),
            odoo_name: cloud.to_owned(),
            cloud_name: cloud.to_owned(),
            odoo_revision: Revision::default(),
            cloud_revision: Revision::new(revision),
            fingerprint: (kind == Kind::File).then(|| Fingerprint::of_size(SIZE)),
            proof: None,
        }
    }

    fn renamed(before: &str, now: &[(&str, &str)]) -> Vec<EntryId> {
        let mut book = Book::new();
        book.synced.put(pair(1, None, "root", ""));
        book.synced.put(pair(2, Some(1), "old", before));
        book.odoo.put(Entry::folder(id("odoo root"), None, ""));
        book.cloud.put(Entry::folder(id("root"), None, ""));
        for (name, revision) in now {
            let revision = Revision::new(*revision);
            let size = Fingerprint::of_size(SIZE);
            let entry = Entry::file(id(name), id("root"), *name, revision, size);
            book.cloud.put(entry);
        }
        facts(&View::of(&book))
            .into_iter()
            .map(|fact| match fact {
                Fact::Paired(pair) => pair.cloud,
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn b62_a_file_that_is_renamed_while_it_is_young_stays_itself() {
        let table = [
            ("7:5:t~c1", "7:5:t~c2"),
            ("7:5:t~c1", "7:5:t"),
            ("7:5:t", "7:5:t~c2"),
            ("7:5:t~", "7:5:t~"),
            ("7:5:t", "7:5:t"),
        ];
        for (before, now) in table {
            assert_eq!(
                renamed(before, &[("new", now)]),
                [id("new")],
                "{before} {now}"
            );
        }
    }

    #[test]
    fn b62_another_file_or_one_of_two_is_not_it() {
        assert!(renamed("7:5:t~c1", &[("new", "8:5:t~c1")]).is_empty());
        assert!(renamed("~", &[("new", "~")]).is_empty());
        let two = [("new", "7:5:t~c1"), ("copy", "7:5:t")];
        assert!(renamed("7:5:t", &two).is_empty());
    }
}
