//! Records that have a folder and that the user may not see any more: a listing leaves them out, as
//! if they matched no more. Their folders, and what stands in them, stay as they are.

use super::{Arranger, Records, Result};
use crate::rules::{Existing, Record};
use std::collections::{BTreeMap, BTreeSet, HashSet};

impl Arranger {
    /// Forgets which records were hidden: each is read again, as it may have come back.
    pub(super) fn unhide(&mut self) {
        for (rule, records) in &mut self.matched {
            let Some(plan) = self.plans.get(rule) else {
                continue;
            };
            let hidden = records.iter().filter(|record| record.hidden);
            let hidden: Vec<i64> = hidden.map(|record| record.id).collect();
            if !hidden.is_empty() {
                records.retain(|record| !record.hidden);
                let rows = &mut self.pending.rows;
                rows.entry(plan.rule.model.clone())
                    .or_default()
                    .extend(hidden);
            }
        }
    }

    /// Adds to what the rules matched the records that are hidden and have a folder: to the rule
    /// that the folder is of, and to those whose child rules have folders in it.
    pub(super) async fn hide(&mut self, odoo: &dyn Records) -> Result<()> {
        let Some(folders) = self.folders.as_ref().filter(|_| odoo.hides()) else {
            return Ok(());
        };
        let mut inside: BTreeMap<i64, Vec<&Existing>> = BTreeMap::new();
        for folder in folders.values() {
            inside
                .entry(folder.parent.unwrap_or_default())
                .or_default()
                .push(folder);
        }
        let mut matched: BTreeMap<&str, HashSet<i64>> = BTreeMap::new();
        for (rule, records) in &self.matched {
            if let Some(plan) = self.plans.get(rule) {
                let ids = matched.entry(&plan.rule.model).or_default();
                ids.extend(records.iter().map(|record| record.id));
            }
        }
        let mut asked: BTreeMap<&str, BTreeMap<i64, &Existing>> = BTreeMap::new();
        for folder in folders.values() {
            let Some((model, id)) = record(&folder.key) else {
                continue;
            };
            // One that left its rule earlier only matters where something stands in it.
            let matters = folder.in_scope || inside.contains_key(&folder.id);
            if matters && !matched.get(model).is_some_and(|ids| ids.contains(&id)) {
                asked.entry(model).or_default().insert(id, folder);
            }
        }
        let mut found: Vec<(i64, Record)> = Vec::new();
        for (model, lost) in asked {
            let ids: Vec<i64> = lost.keys().copied().collect();
            for id in odoo.hidden(model, &ids).await? {
                let Some(folder) = lost.get(&id) else {
                    continue;
                };
                let below = inside.get(&folder.id).into_iter().flatten();
                let parents = below.filter_map(|inner| self.plans.get(&inner.rule?)?.rule.parent);
                let rules: BTreeSet<i64> = parents.chain(folder.rule).collect();
                for rule in rules {
                    let plan = self.plans.get(&rule);
                    if plan.is_some_and(|plan| plan.rule.model == model) {
                        found.push((rule, hidden(id, &folder.name)));
                    }
                }
            }
        }
        for (rule, record) in found {
            // Where the rule itself cannot be read, all of its folders stay.
            if let Some(records) = self.matched.get_mut(&rule) {
                records.push(record);
            }
        }
        Ok(())
    }
}

fn hidden(id: i64, name: &str) -> Record {
    Record {
        id,
        display_name: name.to_owned(),
        archived: true,
        hidden: true,
        ..Record::default()
    }
}

/// Model and id in the key of a record's folder.
fn record(key: &str) -> Option<(&str, i64)> {
    let (model, id) = key.strip_prefix("record:")?.split_once(':')?;
    Some((model, id.parse().ok()?))
}
