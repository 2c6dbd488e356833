//! What must hold: always, and once the trouble has stopped.

use super::people::{People, is_content};
use super::plant::garbled;
use crate::tree::{Book, Entry, Kind, Side, name};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};

/// At any moment: a file whose bytes Odoo let go has them in the cloud, and not in its trash, unless
/// a person deleted or replaced them there.
pub fn always(people: &People) -> Result<(), String> {
    let shown = shown(people);
    for entry in people
        .office
        .entries()
        .iter()
        .filter(|entry| entry.released)
    {
        let known = people.written.keys().find(|bytes| is_content(entry, bytes));
        let Some(bytes) = known else { continue };
        if !people.given_up.contains(bytes) && !shown.contains(bytes) {
            return Err(format!(
                "{} was released and the cloud does not show {bytes:?}",
                entry.id
            ));
        }
    }
    Ok(())
}

/// Once the trouble has stopped and the engine says that nothing is left to do.
pub fn at_rest(people: &People, book: &Book) -> Result<(), String> {
    nothing_lost(people)?;
    no_duplicates(people)?;
    trees_agree(people, book)
}

/// Every content that somebody wrote is still there to be read, on a side that shows it, unless a
/// person deleted or replaced it.
fn nothing_lost(people: &People) -> Result<(), String> {
    let stored: Vec<Bytes> = people
        .store
        .tree()
        .into_iter()
        .filter_map(|(_, bytes)| bytes)
        .collect();
    let entries = people.office.entries();
    let local: Vec<Bytes> = entries
        .iter()
        .filter_map(|e| people.office.local_bytes(&e.id))
        .collect();
    // What the store kept wrongly, and a person moved before it was proved, is in Odoo's trash.
    let trashed: Vec<Bytes> = people
        .office
        .trashed()
        .iter()
        .filter_map(|id| people.office.local_bytes(id))
        .collect();
    let is_in_trash = |bytes: &Bytes| trashed.contains(bytes) && stored.contains(&garbled(bytes));
    for bytes in people.written.keys() {
        let is_there = stored.contains(bytes) || local.contains(bytes) || is_in_trash(bytes);
        if !is_there && !people.given_up.contains(bytes) {
            return Err(format!("{bytes:?} is lost, and nobody deleted it"));
        }
    }
    Ok(())
}

/// What was put at one place is at one place.
fn no_duplicates(people: &People) -> Result<(), String> {
    let mut stored: BTreeMap<Bytes, usize> = BTreeMap::new();
    for bytes in people
        .store
        .tree()
        .into_iter()
        .filter_map(|(_, bytes)| bytes)
    {
        *stored.entry(bytes).or_default() += 1;
    }
    for (bytes, places) in &people.written {
        let count = stored.get(bytes).copied().unwrap_or(0);
        // An upload that was never acknowledged, and that somebody moved before it was seen, is
        // taken for a new file: nothing tells that it is not. So it is when its source was deleted
        // meanwhile, and came out of the trash later.
        let touched = people.moved.contains(bytes) || people.given_up.contains(bytes);
        let excused = people.unheard.contains(bytes) && touched;
        if count > *places && !excused {
            return Err(format!(
                "{bytes:?} was put at {places} places and lies at {count}"
            ));
        }
    }
    Ok(())
}

/// Each entry of one side has its partner on the other, in the partner of its folder, with the
/// same bytes; and there is nothing else on either side.
fn trees_agree(people: &People, book: &Book) -> Result<(), String> {
    // A row of Odoo's without bytes and without a partner: somebody took it back out of the trash
    // after its copy was deleted, or a creation was never acknowledged and its source moved on.
    // Its bytes are another row's by now, or were given up; reading it says so.
    let is_ghost = |entry: &Entry| {
        let unpaired = book.synced.of(Side::Odoo, &entry.id).is_none();
        let is_elsewhere = |bytes: &Bytes| {
            people
                .store
                .tree()
                .iter()
                .any(|(_, b)| b.as_ref() == Some(bytes))
        };
        let mut contents = people
            .written
            .keys()
            .filter(|bytes| is_content(entry, bytes));
        let is_harmless =
            contents.all(|bytes| people.given_up.contains(bytes) || is_elsewhere(bytes));
        entry.released && unpaired && is_harmless
    };
    let mut entries: Vec<Entry> = people.office.entries();
    entries.retain(|entry| !is_ghost(entry));
    let tree = people.store.tree();
    if entries.len() != tree.len() + 1 {
        let odoo: Vec<_> = entries.iter().map(|e| (&e.id, &e.name)).collect();
        let cloud: Vec<_> = tree.iter().map(|(path, _)| path).collect();
        return Err(format!("the sides differ: Odoo {odoo:?}, cloud {cloud:?}"));
    }
    for entry in entries.iter().filter(|entry| entry.parent.is_some()) {
        let pair = book.synced.of(Side::Odoo, &entry.id);
        let pair = pair.ok_or_else(|| format!("{} has no partner", entry.id))?;
        let path = book.cloud.path(&pair.cloud).map(|path| path.join("/"));
        let path = path.ok_or_else(|| format!("the partner of {} is nowhere", entry.id))?;
        let found: Vec<_> = tree.iter().filter(|(at, _)| *at == path).collect();
        if found.is_empty() {
            return Err(format!("{} should lie at {path:?}", entry.id));
        }
        let folder = entry
            .parent
            .as_ref()
            .and_then(|id| book.synced.of(Side::Odoo, id));
        let above = book
            .cloud
            .get(&pair.cloud)
            .and_then(|entry| entry.parent.clone());
        if folder.map(|folder| &folder.cloud) != above.as_ref() {
            return Err(format!(
                "{} lies in another folder than its partner",
                entry.id
            ));
        }
        let stored = path.rsplit('/').next().unwrap_or_default();
        if !name::stands_for(stored, &entry.name) {
            return Err(format!(
                "{} is called {:?}, and its partner {stored:?}",
                entry.id, entry.name
            ));
        }
        let is_same = found.iter().any(|(_, bytes)| match (entry.kind, bytes) {
            (Kind::Folder, None) => true,
            (Kind::File, Some(bytes)) => is_content(entry, bytes),
            _ => false,
        });
        if !is_same {
            return Err(format!("{} and its partner at {path:?} differ", entry.id));
        }
    }
    Ok(())
}

/// All bytes that the cloud shows; what lies in its trash is not among them.
fn shown(people: &People) -> BTreeSet<Bytes> {
    let tree = people.store.tree().into_iter();
    tree.filter_map(|(_, bytes)| bytes).collect()
}
