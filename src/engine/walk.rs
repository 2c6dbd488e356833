//! A complete listing of the cloud, folder by folder.

use super::Engine;
use super::desk::Desk;
use super::error::EngineError;
use crate::providers::{ErrorKind, Item, Locator};
use crate::tree::{Entry, EntryId, Fact, Fingerprint, Kind, Revision, Side, Tree};
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use std::collections::{HashMap, HashSet};

/// Lists everything and records the difference. What is missing is looked for a second time before
/// it counts as gone.
pub(super) async fn walk(
    engine: &Engine<'_>,
    desk: &Desk<'_>,
    root: Item,
) -> Result<(), EngineError> {
    let known = desk.book().cloud.clone();
    let first = listing(engine, &known, root.clone()).await?;
    let missing = first.missing(&known);
    if missing.is_empty() {
        let seen = first.entries.into_values();
        return Ok(desk
            .record(&difference(&known, Side::Cloud, missing, seen))
            .await?);
    }
    let second = listing(engine, &known, root).await?;
    let mut gone = second.missing(&known);
    gone.retain(|id| missing.contains(id));
    Ok(desk
        .record(&difference(
            &known,
            Side::Cloud,
            gone,
            second.entries.into_values(),
        ))
        .await?)
}

/// What one walk saw.
#[derive(Default)]
struct Listing {
    entries: HashMap<EntryId, Entry>,
    /// Folders that went away between being told by their parent and being listed: nothing is
    /// known about what lay in them.
    unsure: Vec<EntryId>,
}

impl Listing {
    /// What is known and was not seen, entries of unsure folders left out.
    fn missing(&self, known: &Tree) -> HashSet<EntryId> {
        known
            .entries()
            .filter(|entry| !self.entries.contains_key(&entry.id))
            .filter(|entry| {
                !self
                    .unsure
                    .iter()
                    .any(|folder| known.is_within(&entry.id, folder))
            })
            .map(|entry| entry.id.clone())
            .collect()
    }
}

/// The facts that lead from what is known to what was seen. What hung below something that is
/// gone and was seen elsewhere is told again, since it went from the tree with it.
pub(super) fn difference(
    known: &Tree,
    side: Side,
    gone: HashSet<EntryId>,
    seen: impl Iterator<Item = Entry>,
) -> Vec<Fact> {
    let below: HashSet<EntryId> = gone.iter().flat_map(|id| known.below(id)).collect();
    let news: Vec<Fact> = seen
        .filter(|entry| known.get(&entry.id) != Some(entry) || below.contains(&entry.id))
        .map(|entry| Fact::Observed(side, entry))
        .collect();
    let gone = gone.into_iter().map(|id| Fact::Vanished(side, id));
    gone.chain(news).collect()
}

async fn listing(engine: &Engine<'_>, known: &Tree, root: Item) -> Result<Listing, EngineError> {
    let root_id = root.id.clone().or_else(|| {
        let mut roots = known.entries().filter(|entry| entry.parent.is_none());
        roots.next().map(|entry| entry.id.clone())
    });
    let root = entry_of(root, root_id.unwrap_or_else(|| engine.mint_id()), None);
    let names = Names::of(known);
    let mut listing = Listing::default();
    let mut waiting = vec![Locator {
        id: root.id.clone(),
        path: Vec::new(),
    }];
    listing.entries.insert(root.id.clone(), root);
    let mut running = FuturesUnordered::new();
    let parallel = engine.cloud.capability().parallel.max(1);
    loop {
        while running.len() < parallel
            && let Some(folder) = waiting.pop()
        {
            running.push(async move {
                let items = engine.cloud.list(&folder).await;
                (folder, items)
            });
        }
        let Some((folder, items)) = running.next().await else {
            return Ok(listing);
        };
        let items = match items {
            Err(error) if error.kind == ErrorKind::NotFound && !folder.path.is_empty() => {
                listing.unsure.push(folder.id);
                continue;
            }
            items => items?,
        };
        for item in items {
            let id = match &item.id {
                Some(id) => id.clone(),
                None => names
                    .id(&folder.id, &item)
                    .unwrap_or_else(|| engine.mint_id()),
            };
            if item.kind == Kind::Folder {
                let mut path = folder.path.clone();
                path.push(item.name.clone());
                waiting.push(Locator {
                    id: id.clone(),
                    path,
                });
            }
            let entry = entry_of(item, id, Some(folder.id.clone()));
            listing.entries.insert(entry.id.clone(), entry);
        }
    }
}

/// The identities that were minted for what a path-addressed store told before.
struct Names<'a> {
    by_name: HashMap<(&'a EntryId, &'a str, Kind), &'a EntryId>,
}

impl<'a> Names<'a> {
    fn of(known: &'a Tree) -> Self {
        let mut by_name: HashMap<_, &EntryId> = HashMap::new();
        for entry in known.entries() {
            if let Some(parent) = &entry.parent {
                let key = (parent, entry.name.as_str(), entry.kind);
                let id = by_name.entry(key).or_insert(&entry.id);
                *id = (*id).min(&entry.id);
            }
        }
        Names { by_name }
    }

    fn id(&self, parent: &EntryId, item: &Item) -> Option<EntryId> {
        let key = (parent, item.name.as_str(), item.kind);
        self.by_name.get(&key).map(|id| (*id).clone())
    }
}

/// An item as an entry of the observed tree.
pub(super) fn entry_of(item: Item, id: EntryId, parent: Option<EntryId>) -> Entry {
    let is_file = item.kind == Kind::File;
    Entry {
        id,
        parent,
        name: item.name,
        kind: item.kind,
        revision: if is_file {
            item.revision
        } else {
            Revision::default()
        },
        fingerprint: is_file.then(|| item.fingerprint.unwrap_or_else(|| Fingerprint::of_size(0))),
        automatic: false,
        stopped: false,
        released: false,
    }
}
