//! Archived records that others stand below: folders do not leave theirs because a customer was
//! archived.

use super::reading::Reader;
use super::{Arranger, Plan, Result, is_of_rule};
use crate::rules::Record;
use std::collections::BTreeSet;

impl Arranger {
    /// Adds the archived records that this rule's records are nested in, to any height, and to
    /// the parent rule's records those that this rule's point to. A rule comes after those below.
    pub(super) async fn read_archived(&mut self, reader: &mut Reader<'_>, id: i64) -> Result<()> {
        let Some(plan) = self.plans.get(&id) else {
            return Ok(());
        };
        if plan.rule.nest_field.is_some() {
            let mut asked = BTreeSet::new();
            while let Some(records) = self.matched.get(&id) {
                let more = missing(records.iter().map(|record| record.nest), records);
                let more: Vec<i64> = more.difference(&asked).copied().collect();
                if !plan.needs.has_active || more.is_empty() {
                    break;
                }
                asked.extend(more.iter().copied());
                let found = archived(reader, plan, &more).await?;
                self.matched.entry(id).or_default().extend(found);
            }
        }
        let parent = plan.rule.parent;
        let parent = parent.filter(|_| plan.rule.parent_field.is_some());
        let Some(parent) = parent.and_then(|parent| self.plans.get(&parent)) else {
            return Ok(());
        };
        let to = parent.rule.id;
        let (Some(records), Some(known)) = (self.matched.get(&id), self.matched.get(&to)) else {
            return Ok(());
        };
        let asked = missing(records.iter().map(|record| record.parent), known);
        if parent.needs.has_active && !asked.is_empty() {
            let asked: Vec<i64> = asked.into_iter().collect();
            let found = archived(reader, parent, &asked).await?;
            self.matched.entry(to).or_default().extend(found);
        }
        Ok(())
    }
}

/// What is pointed to and not among the known.
fn missing(pointed: impl Iterator<Item = Option<i64>>, known: &[Record]) -> BTreeSet<i64> {
    let known: BTreeSet<i64> = known.iter().map(|record| record.id).collect();
    pointed
        .flatten()
        .filter(|above| !known.contains(above))
        .collect()
}

/// Those of these records that the rule would match if they were not archived.
async fn archived(reader: &mut Reader<'_>, plan: &Plan, asked: &[i64]) -> Result<Vec<Record>> {
    let found = match reader.some(plan, asked, true).await {
        Ok(found) => found,
        Err(error) if is_of_rule(&error) => Vec::new(),
        Err(error) => return Err(error),
    };
    let archived = found.into_iter().map(|record| Record {
        archived: true,
        ..record
    });
    Ok(archived.collect())
}
