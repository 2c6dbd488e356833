//! Observing: what each side has to tell, absorbed into the observed trees.
//!
//! A deletion is only ever a tombstone, or the absence from two complete listings one after the
//! other: a file that moves while one listing runs is missing from it and from nowhere else.

use super::desk::Desk;
use super::error::EngineError;
use super::{Engine, walk};
use crate::odoo;
use crate::providers::{self, Feed};
use crate::tree::{Change, Entry, EntryId, Fact, Page, Pair, PairId, Side};
use std::collections::{BTreeSet, HashMap, HashSet};

impl Engine<'_> {
    /// Reads both sides up to the present, and pairs the two roots the first time. The cloud is
    /// only looked at when `cloud` asks for it; a complete listing is made when `rescan` asks.
    pub(super) async fn observe(
        &self,
        desk: &Desk<'_>,
        look: super::Look,
    ) -> Result<(), EngineError> {
        self.observe_odoo(desk, look.rescan).await?;
        if look.cloud {
            self.observe_cloud(desk, look.rescan).await?;
        }
        let roots = {
            let book = desk.book();
            [Side::Odoo, Side::Cloud].map(|side| {
                let mut roots = book
                    .tree(side)
                    .entries()
                    .filter(|entry| entry.parent.is_none());
                roots.next().cloned()
            })
        };
        let [Some(odoo), Some(cloud)] = roots else {
            return Ok(());
        };
        if desk.book().synced.of(Side::Odoo, &odoo.id).is_none() {
            let pair = self.root_pair(odoo, cloud);
            desk.record(&[Fact::Paired(pair)]).await?;
        }
        Ok(())
    }

    fn root_pair(&self, odoo: Entry, cloud: Entry) -> Pair {
        Pair {
            id: PairId(self.mint()),
            odoo: odoo.id,
            cloud: cloud.id,
            kind: odoo.kind,
            parent: None,
            odoo_name: odoo.name,
            cloud_name: cloud.name,
            odoo_revision: odoo.revision,
            cloud_revision: cloud.revision,
            fingerprint: None,
            proof: None,
        }
    }

    async fn observe_odoo(&self, desk: &Desk<'_>, rescan: bool) -> Result<(), EngineError> {
        let mut cursor = desk.book().odoo_cursor.clone().filter(|_| !rescan);
        if cursor.is_none() {
            // The present end first: what changes while the scan runs is told by the feed after.
            let present = self.odoo.feed(None).await?.cursor;
            self.scan_odoo(desk).await?;
            desk.record(&[Fact::Cursor(Side::Odoo, Some(present.clone()))])
                .await?;
            cursor = Some(present);
        }
        loop {
            let page = match self.odoo.feed(cursor.as_ref()).await {
                Err(error) if error.kind == odoo::ErrorKind::CursorExpired => {
                    desk.record(&[Fact::Cursor(Side::Odoo, None)]).await?;
                    return Box::pin(self.observe_odoo(desk, false)).await;
                }
                page => page?,
            };
            let page = self.with_what_stayed(desk, page).await?;
            let more = page.more;
            cursor = Some(page.cursor.clone());
            absorb(desk, Side::Odoo, page).await?;
            if !more {
                return Ok(());
            }
        }
    }

    /// A folder that is gone takes all along that the book has below it. Odoo may have moved some of
    /// that out before, and says so of the topmost folder alone, perhaps in a later page: what the
    /// page does not speak of is looked at once more.
    async fn with_what_stayed(&self, desk: &Desk<'_>, mut page: Page) -> Result<Page, EngineError> {
        let doubtful: Vec<EntryId> = {
            let book = desk.book();
            let told: HashSet<&EntryId> = page.changes.iter().map(Change::id).collect();
            let gone = page.changes.iter().filter(|change| change.is_gone());
            let below: BTreeSet<EntryId> = gone
                .flat_map(|change| book.odoo.below(change.id()))
                .filter(|id| !told.contains(id))
                .collect();
            below.into_iter().collect()
        };
        if !doubtful.is_empty() {
            let found = self.odoo.read(&doubtful).await?;
            let stayed = found.into_iter().flatten().map(Change::Present);
            page.changes.extend(stayed);
        }
        // Each is told once, as it is now. Were a folder told at its new place before the one that
        // this place was in is gone, it would go along.
        page.changes.sort_by_key(|change| !change.is_gone());
        Ok(page)
    }

    async fn scan_odoo(&self, desk: &Desk<'_>) -> Result<(), EngineError> {
        let known = desk.book().odoo.clone();
        let mut seen: HashMap<EntryId, Entry> = HashMap::new();
        let mut after = None;
        loop {
            let page = self.odoo.scan(after.as_ref()).await?;
            for change in page.changes {
                if let Change::Present(entry) = change {
                    seen.insert(entry.id.clone(), entry);
                }
            }
            after = Some(page.cursor);
            if !page.more {
                break;
            }
        }
        let missing = known
            .entries()
            .filter(|entry| !seen.contains_key(&entry.id));
        let missing = missing.map(|entry| entry.id.clone()).collect();
        let facts = walk::difference(&known, Side::Odoo, missing, seen.into_values());
        Ok(desk.record(&facts).await?)
    }

    async fn observe_cloud(&self, desk: &Desk<'_>, rescan: bool) -> Result<(), EngineError> {
        let root = self.cloud.root().await?;
        if self.cloud.capability().feed == Feed::Listing {
            return walk::walk(self, desk, root).await;
        }
        let cursor = desk.book().cloud_cursor.clone().filter(|_| !rescan);
        let mut cursor = match cursor {
            Some(cursor) => cursor,
            None => {
                let present = self.cloud.changes(None).await?.cursor;
                walk::walk(self, desk, root).await?;
                present
            }
        };
        loop {
            let page = match self.cloud.changes(Some(&cursor)).await {
                Err(error) if error.kind == providers::ErrorKind::CursorExpired => {
                    desk.record(&[Fact::Cursor(Side::Cloud, None)]).await?;
                    return Box::pin(self.observe_cloud(desk, true)).await;
                }
                page => page?,
            };
            let more = page.more;
            cursor = page.cursor.clone();
            absorb(desk, Side::Cloud, page).await?;
            if !more {
                return Ok(());
            }
        }
    }
}

/// Records a page of a feed together with its cursor.
async fn absorb(desk: &Desk<'_>, side: Side, page: Page) -> Result<(), EngineError> {
    let facts = {
        let book = desk.book();
        let mut facts = news(book.tree(side), side, &page.changes);
        if book.cursor(side) != Some(&page.cursor) {
            facts.push(Fact::Cursor(side, Some(page.cursor)));
        }
        facts
    };
    Ok(desk.record(&facts).await?)
}

/// What of a page is not known yet. The order stays: later changes speak of what earlier ones left.
fn news(tree: &crate::tree::Tree, side: Side, changes: &[Change]) -> Vec<Fact> {
    let touched: HashSet<&EntryId> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Gone(id) => Some(id),
            Change::Present(_) => None,
        })
        .collect();
    let plain = touched.iter().all(|id| tree.get(id).is_none());
    changes
        .iter()
        .filter_map(|change| match change {
            // An echo, or the same told twice. After a tombstone in the same page even what is
            // known has to be told again, since it may have been below what went.
            Change::Present(entry) if plain && tree.get(&entry.id) == Some(entry) => None,
            Change::Present(entry) => Some(Fact::Observed(side, entry.clone())),
            Change::Gone(id) => {
                tree.get(id)?;
                Some(Fact::Vanished(side, id.clone()))
            }
        })
        .collect()
}
