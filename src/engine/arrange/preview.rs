//! Trying a rule out: what arranging would make of it, and nothing is changed.

use super::{Arranger, Plan, Records, Result, Setup};
use crate::rules::preview::{Asked, Fault, Preview, preview};
use crate::rules::{Existing, Record, wanted};
use std::collections::BTreeMap;
use time::Date;

impl Arranger {
    /// What the rule `id` would make if the rules were these. What is known of the other rules is
    /// used as it is; afterwards everything is known as before. Dropped half way, it has forgotten
    /// everything, and the next run reads anew.
    pub async fn preview(
        &mut self,
        odoo: &dyn Records,
        setup: Setup,
        id: i64,
        today: Date,
    ) -> Result<Preview> {
        let pending = std::mem::take(&mut self.pending);
        let mut known = std::mem::take(self);
        // Whoever runs after a drop half way must not lose what is dirty.
        self.pending = pending;
        let aside = known.put_aside(setup);
        let tried = known.try_out(odoo, id, today).await;
        known.put_back(aside);
        known.pending = std::mem::take(&mut self.pending);
        *self = known;
        tried
    }

    async fn try_out(&mut self, odoo: &dyn Records, id: i64, today: Date) -> Result<Preview> {
        let rules = self.setup.as_ref().map(|setup| setup.rules.clone());
        let rules = rules.unwrap_or_default();
        for rule in &rules {
            if !self.plans.contains_key(&rule.id) {
                let plan = self.plan(odoo, rule).await?;
                self.plans.insert(rule.id, plan);
            }
        }
        self.compose(today);
        let mut warnings = Vec::new();
        self.read(odoo, &mut warnings).await?;
        let wanted = wanted(&rules, &self.matched);
        if self.folders.is_none() {
            let listed = odoo.automatic_folders().await?;
            let folders = listed.into_iter().map(|folder| (folder.id, folder));
            self.folders = Some(folders.collect());
        }
        let existing: Vec<Existing> = self
            .folders
            .iter()
            .flatten()
            .map(|(_, f)| f.clone())
            .collect();
        let setup = self.setup.as_ref();
        let mut seen = preview(
            &Asked {
                rule: rules.iter().find(|rule| rule.id == id),
                id,
                wanted: &wanted,
                existing: &existing,
                roots: setup.map_or(&BTreeMap::new(), |setup| &setup.roots),
            },
            &warnings,
        );
        let resting = setup.and_then(|setup| setup.unread.get(&id).cloned());
        let fault = match (resting, self.plans.get(&id)) {
            (Some(reason), _) => Some(reason.unwrap_or_else(|| {
                "the rule's connection is not ready yet: its folders wait for it".to_owned()
            })),
            (None, Some(plan)) => plan.fault.clone(),
            (None, None) => None,
        };
        seen.error = seen.error.or(fault.map(|message| Fault {
            field: None,
            position: None,
            message,
        }));
        Ok(seen)
    }

    /// Takes out what the other rules make untrue.
    fn put_aside(&mut self, setup: Setup) -> Aside {
        let is_known = |id: &i64, plan: &Plan| {
            let asked = setup.rules.iter().find(|rule| rule.id == *id);
            asked == Some(&plan.rule) && plan.fault.is_none()
        };
        let (kept, plans) = std::mem::take(&mut self.plans)
            .into_iter()
            .partition(|(id, plan)| is_known(id, plan));
        self.plans = kept;
        let matched = plans.keys().filter_map(|id| self.matched.remove_entry(id));
        let matched: BTreeMap<i64, Vec<Record>> = matched.collect();
        // Without a plan, nothing says what the records were read by.
        self.matched.retain(|id, _| self.plans.contains_key(id));
        Aside {
            plans,
            matched,
            lengths: self
                .matched
                .iter()
                .map(|(id, own)| (*id, own.len()))
                .collect(),
            setup: self.setup.replace(setup),
        }
    }

    fn put_back(&mut self, aside: Aside) {
        self.setup = aside.setup;
        // Archived records that only this rule needed were added at the end.
        self.matched.retain(|id, own| {
            let length = aside.lengths.get(id);
            own.truncate(length.copied().unwrap_or_default());
            length.is_some()
        });
        self.plans.retain(|id, _| aside.lengths.contains_key(id));
        self.plans.extend(aside.plans);
        self.matched.extend(aside.matched);
    }
}

/// What is known of the rules as they are.
struct Aside {
    plans: BTreeMap<i64, Plan>,
    matched: BTreeMap<i64, Vec<Record>>,
    lengths: BTreeMap<i64, usize>,
    setup: Option<Setup>,
}
