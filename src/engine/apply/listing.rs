//! Looking into a folder of the cloud in the middle of a turn.

use super::outcome::Failure;
use super::work::Work;
use crate::engine::walk;
use crate::planner::Step;
use crate::providers::Locator;
use crate::tree::{Action, Fact, Retry, Side};
use std::collections::BTreeSet;

impl Work<'_> {
    /// What lies in a cloud folder, as facts: after a name turned out to be taken.
    pub async fn folder_facts(&self, folder: &Locator) -> Result<Vec<Fact>, Failure> {
        let items = {
            let _call = self.call().await;
            self.engine.cloud.list(folder).await?
        };
        let book = self.desk.book();
        let facts = items.into_iter().filter_map(|item| {
            let known = book.cloud.children(&folder.id).find(|entry| {
                entry.name == item.name && entry.kind == item.kind && item.id.is_none()
            });
            let id = item
                .id
                .clone()
                .or_else(|| known.map(|entry| entry.id.clone()));
            let id = id.unwrap_or_else(|| self.engine.mint_id());
            let entry = walk::entry_of(item, id, Some(folder.id.clone()));
            (book.cloud.get(&entry.id) != Some(&entry))
                .then_some(Fact::Observed(Side::Cloud, entry))
        });
        Ok(facts.collect())
    }

    /// What earlier attempts may have left at places where they are no longer wanted: an upload
    /// whose answer was lost, of a file that was moved in Odoo since. A feed may not have told yet,
    /// so their folders are listed before anything is made a second time.
    pub async fn left_behind(&self, steps: &[Step]) -> Result<Vec<Fact>, Failure> {
        let mut folders = BTreeSet::new();
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
                    ..
                }) = former
                {
                    folders.extend(
                        book.synced
                            .of(Side::Odoo, parent)
                            .map(|pair| pair.cloud.clone()),
                    );
                }
            }
        }
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
