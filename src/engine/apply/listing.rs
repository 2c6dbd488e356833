//! Looking into a folder of the cloud in the middle of a turn.

use super::outcome::Failure;
use super::work::Work;
use crate::engine::walk;
use crate::planner::Step;
use crate::providers::{Item, Locator};
use crate::tree::name::folded;
use crate::tree::{Action, Entry, EntryId, Fact, Retry, Side};
use std::collections::BTreeSet;

impl Work<'_> {
    /// What lies in a cloud folder, as facts: after a name turned out to be taken.
    pub async fn folder_facts(&self, folder: &Locator) -> Result<Vec<Fact>, Failure> {
        let items = {
            let _call = self.call().await;
            self.engine.cloud.list(folder).await?
        };
        let facts = items.into_iter();
        Ok(facts.filter_map(|item| self.news(folder, item)).collect())
    }

    /// Whether a folder, with what was just found in it, is known to hold another entry of a name.
    pub fn holds_other(
        &self,
        found: &[Fact],
        folder: &EntryId,
        name: &str,
        known: &EntryId,
    ) -> bool {
        let name = folded(name);
        let is_other = |entry: &Entry| entry.id != *known && folded(&entry.name) == name;
        let book = self.desk.book();
        book.cloud.children(folder).any(is_other)
            || found.iter().any(|fact| match fact {
                Fact::Observed(Side::Cloud, entry) => is_other(entry),
                _ => false,
            })
    }

    /// What an item in a folder tells that the book does not know.
    fn news(&self, folder: &Locator, item: Item) -> Option<Fact> {
        let book = self.desk.book();
        let known = book
            .cloud
            .children(&folder.id)
            .find(|entry| entry.name == item.name && entry.kind == item.kind && item.id.is_none());
        let id = item
            .id
            .clone()
            .or_else(|| known.map(|entry| entry.id.clone()));
        let id = id.unwrap_or_else(|| self.engine.mint_id());
        let entry = walk::entry_of(item, id, Some(folder.id.clone()));
        (book.cloud.get(&entry.id) != Some(&entry)).then_some(Fact::Observed(Side::Cloud, entry))
    }

    /// What earlier attempts may have left at places where they are no longer wanted: an upload
    /// whose answer was lost, of a file that was moved in Odoo since. A feed or a listing may not
    /// have told yet, so it is asked for before anything is made a second time.
    pub async fn left_behind(&self, steps: &[Step]) -> Result<Vec<Fact>, Failure> {
        let mut places: BTreeSet<(EntryId, String)> = BTreeSet::new();
        {
            let book = self.desk.book();
            for step in steps {
                let known = book.operations.get(&step.action.key());
                let former = known
                    .map(|known| &known.action)
                    .filter(|former| **former != step.action);
                if let Some(Action::Create {
                    to: Side::Cloud,
                    parent,
                    name,
                    ..
                }) = former
                    && let Some(pair) = book.synced.of(Side::Odoo, parent)
                {
                    places.insert((pair.cloud.clone(), name.clone()));
                }
            }
        }
        if self.engine.cloud.capability().stable_ids {
            // What was made there may have been moved on, and is known by its bytes.
            let folders: BTreeSet<EntryId> = places.into_iter().map(|(folder, _)| folder).collect();
            return self.found_in(folders).await;
        }
        let mut facts = Vec::new();
        for (folder, name) in places {
            let Some(folder) = self.desk.locate(&folder) else {
                continue;
            };
            let place = folder.child(self.engine.mint_id(), &name);
            let _call = self.call().await;
            match self.engine.cloud.metadata(&place).await {
                Ok(item) => {
                    let listed = self.engine.cloud.list(&folder).await?;
                    facts.extend(self.spelled(&folder, item, listed));
                }
                Err(error) if matches!(error.retry(), Retry::Soon | Retry::After(_)) => {
                    return Err(error.into());
                }
                // Not there, or no place where anything can be.
                Err(_) => {}
            }
        }
        Ok(facts)
    }

    /// What an item that was looked at by its path tells, beside a listing. The look repeats the
    /// name that was asked for; where the store takes another spelling for it, only the listing
    /// tells whose it is. A listing that does not show it at all is late.
    fn spelled(&self, folder: &Locator, item: Item, listed: Vec<Item>) -> Vec<Fact> {
        let name = folded(&item.name);
        let is_listed = listed.iter().any(|other| other.name == item.name);
        let is_other = !is_listed && listed.iter().any(|other| folded(&other.name) == name);
        let others = listed.into_iter().filter(|other| other.name != item.name);
        let mut facts: Vec<Fact> = others
            .filter_map(|other| self.news(folder, other))
            .collect();
        facts.extend(
            (!is_other)
                .then_some(item)
                .and_then(|item| self.news(folder, item)),
        );
        facts
    }

    async fn found_in(&self, folders: BTreeSet<EntryId>) -> Result<Vec<Fact>, Failure> {
        let mut facts = Vec::new();
        for folder in folders {
            let Some(locator) = self.desk.locate(&folder) else {
                continue;
            };
            match self.folder_facts(&locator).await {
                Err(failure) if failure.error.retry() == Retry::Replan => {}
                found => facts.extend(found?),
            }
        }
        Ok(facts)
    }
}
