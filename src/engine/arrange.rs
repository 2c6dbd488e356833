//! Arranging: keeps the automatic folders of one Odoo database as its rules want them.
//!
//! Reads what is dirty and nothing else, in pages, never one record at a time; Odoo evaluates
//! the domains. What goes wrong with one rule is told to people and stops no other.

mod applying;
mod archived;
mod dirty;
#[cfg(test)]
mod double;
#[cfg(test)]
mod faults;
mod hidden;
#[cfg(test)]
mod office;
mod paths;
mod preview;
#[cfg(test)]
mod preview_tests;
mod reading;
mod records;
mod service;
#[cfg(test)]
mod tests;

pub use dirty::Dirty;
pub use records::{Changed, Field, FolderChange, Records, Result, Row, Search, Setup, Watched};
pub use service::setup;

use crate::odoo::{ErrorKind, OdooError};
use crate::rules::{Existing, Record, Rule, Wanted, Warning, difference, domain, wanted};
use paths::{FieldBook, Needs, Reach};
use reading::Reader;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use time::Date;

/// What one run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arranged {
    /// Changes that Odoo made.
    pub changed: usize,
    /// For people; all that are true now, not only the new ones.
    pub warnings: Vec<Warning>,
    /// What the feed now watches.
    pub watched: Watched,
}

/// A rule, what it needs, and the domain that its records were read by.
struct Plan {
    rule: Rule,
    needs: Needs,
    /// Why it cannot be read.
    fault: Option<String>,
    domain: Vec<Value>,
}

/// Arranges the folders of one database; remembers what it read.
#[derive(Default)]
pub struct Arranger {
    pending: Dirty,
    day: Option<Date>,
    setup: Option<Setup>,
    fields: FieldBook,
    plans: BTreeMap<i64, Plan>,
    watched: Option<Watched>,
    matched: BTreeMap<i64, Vec<Record>>,
    folders: Option<BTreeMap<i64, Existing>>,
}

impl Arranger {
    /// One that has read nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in what is dirty, for the next run.
    pub fn note(&mut self, dirty: Dirty) {
        self.pending.merge(dirty);
    }

    /// Brings Odoo's automatic folders to what the rules want. `None` when nothing is dirty and
    /// the day is the same: then nothing was asked. After an error nothing that was dirty is
    /// forgotten: run again.
    pub async fn run(
        &mut self,
        odoo: &dyn Records,
        dirty: Dirty,
        today: Date,
    ) -> Result<Option<Arranged>> {
        self.pending.merge(dirty);
        if self.day == Some(today) && self.pending.is_empty() {
            return Ok(None);
        }
        if self.pending.everything {
            *self = Arranger {
                pending: std::mem::take(&mut self.pending),
                ..Arranger::default()
            };
        }
        let mut arranged = Arranged::default();
        self.learn(odoo, today).await?;
        self.watch(odoo, &mut arranged).await?;
        self.unhide();
        self.read(odoo, &mut arranged.warnings).await?;
        self.know_folders(odoo).await?;
        self.hide(odoo).await?;
        let setup = self.setup.as_ref().expect("it was learned above");
        let wanted = wanted(&setup.rules, &self.matched);
        arranged.warnings.extend(wanted.warnings.iter().cloned());
        self.change(odoo, &wanted, &mut arranged).await?;
        self.pending = Dirty::default();
        self.day = Some(today);
        Ok(Some(arranged))
    }

    /// The rules and what each needs. A rule that is as before keeps what was read.
    async fn learn(&mut self, odoo: &dyn Records, today: Date) -> Result<()> {
        if self.setup.is_none() || self.pending.settings || self.day != Some(today) {
            if self.pending.settings {
                // A module may have been installed or taken away.
                self.fields = FieldBook::default();
            }
            let setup = odoo.setup().await?;
            let mut before = std::mem::take(&mut self.plans);
            for rule in &setup.rules {
                let kept = before.remove(&rule.id).filter(|plan| plan.rule == *rule);
                let plan = match kept {
                    Some(plan) if plan.fault.is_none() => plan,
                    _ => {
                        self.matched.remove(&rule.id);
                        self.plan(odoo, rule).await?
                    }
                };
                self.plans.insert(rule.id, plan);
            }
            self.matched.retain(|rule, _| self.plans.contains_key(rule));
            self.setup = Some(setup);
        }
        self.compose(today);
        Ok(())
    }

    /// The domains of today; what was read by another one is read anew.
    fn compose(&mut self, today: Date) {
        for (id, plan) in &mut self.plans {
            match domain::compose(&plan.rule, today) {
                Ok(domain) if domain == plan.domain => {}
                Ok(domain) => {
                    plan.domain = domain;
                    self.matched.remove(id);
                }
                Err(fault) => plan.fault = Some(fault.to_string()),
            }
        }
    }

    async fn plan(&mut self, odoo: &dyn Records, rule: &Rule) -> Result<Plan> {
        let (needs, fault) = match self.fields.needs(odoo, rule).await {
            Ok(needs) => (needs, None),
            Err(error) if is_of_rule(&error) => (Needs::default(), Some(error.message)),
            Err(error) => return Err(error),
        };
        Ok(Plan {
            rule: rule.clone(),
            needs,
            fault,
            domain: Vec::new(),
        })
    }

    /// Watches before anything is read, so that no change falls in between.
    async fn watch(&mut self, odoo: &dyn Records, arranged: &mut Arranged) -> Result<()> {
        let mut fields: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for plan in self.plans.values() {
            let paths = fields.entry(plan.rule.model.clone()).or_default();
            paths.extend(plan.needs.watched.iter().cloned());
        }
        let listed = fields
            .into_iter()
            .map(|(model, paths)| (model, paths.into_iter().collect()));
        arranged.watched = listed.collect();
        if self.watched.as_ref() == Some(&arranged.watched) {
            return Ok(());
        }
        match odoo.watch(&arranged.watched).await {
            Ok(()) => self.watched = Some(arranged.watched.clone()),
            Err(error) if is_of_rule(&error) => arranged.warnings.push(Warning {
                rule: None,
                message: format!(
                    "changes are seen late, at the next full check: {}",
                    error.message
                ),
                records: 0,
                example: None,
            }),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Reads the records of every rule that may have changed.
    async fn read(&mut self, odoo: &dyn Records, warnings: &mut Vec<Warning>) -> Result<()> {
        let mut reader = Reader::new(odoo);
        let resting = self
            .setup
            .as_ref()
            .map(|setup| setup.unread.clone())
            .unwrap_or_default();
        for (id, plan) in &self.plans {
            let fault = match (resting.get(id), &plan.fault) {
                (Some(reason), _) => reason.clone(),
                (None, Some(fault)) => Some(fault.clone()),
                (None, None) => {
                    let outcome = refresh(&mut reader, plan, &self.pending, &mut self.matched);
                    match outcome.await {
                        Ok(()) => continue,
                        Err(error) if is_of_rule(&error) => Some(error.message),
                        Err(error) => return Err(error),
                    }
                }
            };
            self.matched.remove(id);
            let told = |fault| format!("the rule cannot be read, its folders stay: {fault}");
            warnings.extend(fault.map(|fault| Warning::about(*id, told(fault))));
        }
        for id in self.bottom_up() {
            self.read_archived(&mut reader, id).await?;
        }
        Ok(())
    }

    /// Rules, those with the longest way up first.
    fn bottom_up(&self) -> Vec<i64> {
        let height = |id: &i64| {
            let above = |id: i64| self.plans.get(&id).and_then(|plan| plan.rule.parent);
            let steps = std::iter::successors(Some(*id), |id| above(*id));
            steps.take(self.plans.len() + 1).count()
        };
        let mut ids: Vec<i64> = self.plans.keys().copied().collect();
        ids.sort_by_key(|id| std::cmp::Reverse(height(id)));
        ids
    }

    /// Odoo's folders, as far as nobody else changed them since they were listed.
    async fn know_folders(&mut self, odoo: &dyn Records) -> Result<()> {
        let pending = &self.pending.folders;
        let is_good =
            |known: &BTreeMap<i64, Existing>| pending.iter().all(|id| !known.contains_key(id));
        if !self.folders.as_ref().is_some_and(is_good) {
            self.folders = None;
            let listed = odoo.automatic_folders().await?.into_iter();
            self.folders = Some(listed.map(|folder| (folder.id, folder)).collect());
        }
        Ok(())
    }

    /// Has Odoo make the difference, and remembers its folders as they are then.
    async fn change(
        &mut self,
        odoo: &dyn Records,
        wanted: &Wanted,
        arranged: &mut Arranged,
    ) -> Result<()> {
        // Taken out, so that after an error nobody believes in it.
        let mut folders = self.folders.take().unwrap_or_default();
        let existing: Vec<Existing> = folders.values().cloned().collect();
        let setup = self.setup.as_ref().expect("it was learned above");
        let difference = difference(wanted, &existing, &setup.roots);
        arranged.warnings.extend(difference.warnings);
        let rules = &setup.rules;
        let outcome = applying::apply(odoo, difference.changes, rules, &mut folders).await?;
        arranged.changed = outcome.changed;
        if outcome.refused.is_empty() {
            self.folders = Some(folders);
        }
        arranged.warnings.extend(outcome.refused);
        Ok(())
    }
}

/// Reads the records of one rule again, or only the dirty ones where that is enough.
async fn refresh(
    reader: &mut Reader<'_>,
    plan: &Plan,
    pending: &Dirty,
    matched: &mut BTreeMap<i64, Vec<Record>>,
) -> Result<()> {
    let id = plan.rule.id;
    let own = pending.rows.get(&plan.rule.model);
    let whole = match &plan.needs.reach {
        Reach::Own => false,
        Reach::Models(models) => pending.rows.keys().any(|model| models.contains(model)),
        Reach::Anything => !pending.rows.is_empty(),
    };
    match (matched.get_mut(&id).filter(|_| !whole), own) {
        (None, _) => {
            let records = reader.all(plan).await?;
            matched.insert(id, records);
        }
        (Some(records), own) => {
            // Archived ones stay known until they are dirty themselves.
            if let Some(own) = own {
                let asked: Vec<i64> = own.iter().copied().collect();
                let found = reader.some(plan, &asked, false).await?;
                records.retain(|record| !own.contains(&record.id));
                records.extend(found);
                records.sort_by_key(|record| record.id);
            }
        }
    }
    Ok(())
}

/// Whether an error is about what was asked, so that other questions may go well.
fn is_of_rule(error: &OdooError) -> bool {
    matches!(
        error.kind,
        ErrorKind::Invalid
            | ErrorKind::Forbidden
            | ErrorKind::Missing
            | ErrorKind::NotFound
            | ErrorKind::Unexpected
    )
}
