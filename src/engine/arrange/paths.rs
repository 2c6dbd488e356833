//! Field paths: which models they lead through, what is read on the way, and what is watched.

use super::{Field, Records, Result};
use crate::rules::{Expression, Rule, domain};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// The model that the field belongs to.
    pub model: String,
    pub name: String,
    pub field: Field,
}

/// How far a rule's records depend on others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Reach {
    /// On nothing but their own columns: a dirty record concerns only itself.
    Own,
    /// On records of these models too.
    Models(BTreeSet<String>),
    /// On something that the paths do not show: a computed field, a hierarchy.
    #[default]
    Anything,
}

/// What a rule needs of its model and of those it leads to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Needs {
    /// By path of the name expression; a path that leads nowhere is missing.
    pub values: BTreeMap<Arc<str>, Vec<Step>>,
    /// Paths whose change may change the rule's folders.
    pub watched: BTreeSet<String>,
    pub reach: Reach,
    /// Records of the model can be archived.
    pub has_active: bool,
}

/// What is known about fields, model by model.
#[derive(Default)]
pub(super) struct FieldBook {
    known: HashMap<String, BTreeMap<String, Field>>,
}

impl FieldBook {
    /// What a rule needs.
    pub async fn needs(&mut self, odoo: &dyn Records, rule: &Rule) -> Result<Needs> {
        // A wrong expression is told when names are made; the display name needs nothing.
        let expression = rule.name_expression.as_deref().map(Expression::parse);
        let expression = expression.and_then(std::result::Result::ok);
        let values: BTreeSet<String> = expression
            .map(|parsed| parsed.fields().clone())
            .unwrap_or_default();
        let period = rule.period.as_ref().map(|period| period.field.clone());
        let company = rule.company.map(|_| "company_id".to_owned());
        let mut asked = domain::paths(&rule.domain);
        let split = rule.split.as_ref().map(|split| split.field.clone());
        let nest = rule.nest_field.clone();
        let placing = rule.parent_field.clone().into_iter().chain(nest);
        asked.extend(placing.chain(split.clone()).chain(period).chain(company));
        // Fields that the service user may not see still decide about membership.
        let mut needs = Needs {
            watched: asked.clone(),
            ..Needs::default()
        };
        asked.extend(values.iter().cloned());
        asked.extend(["display_name".to_owned(), "active".to_owned()]);

        let walked = self.walk(odoo, &rule.model, asked).await?;
        needs.has_active = walked.get("active").is_some_and(|(_, whole)| *whole);
        // The name of what a split points to is its folder's.
        let named: BTreeSet<String> = values.iter().cloned().chain(split).collect();
        for (path, (steps, whole)) in &walked {
            needs.watched.extend(watched(steps, named.contains(path)));
            if *whole && values.contains(path) {
                needs.values.insert(path.as_str().into(), steps.clone());
            }
        }
        let is_shown = domain::paths(&rule.domain)
            .iter()
            .all(|path| walked.get(path).is_some_and(|(steps, _)| !steps.is_empty()));
        needs.reach = if is_shown && !rule.below && !domain::is_hierarchical(&rule.domain) {
            self.reach(odoo, &walked, &named).await?
        } else {
            Reach::Anything
        };
        Ok(needs)
    }

    /// Follows paths from a model, with one question for each model on the way. Answers the
    /// steps of each as far as they lead, and whether that is the whole path. One that ends
    /// in several records goes on to their display names.
    async fn walk(
        &mut self,
        odoo: &dyn Records,
        model: &str,
        paths: BTreeSet<String>,
    ) -> Result<BTreeMap<String, (Vec<Step>, bool)>> {
        let mut walked = BTreeMap::new();
        let mut open: Vec<(String, Vec<Step>, String, String)> = paths
            .into_iter()
            .map(|path| (path.clone(), Vec::new(), model.to_owned(), path))
            .collect();
        while !open.is_empty() {
            for (_, _, model, _) in &open {
                self.ask(odoo, model).await?;
            }
            let mut next = Vec::new();
            for (path, mut steps, model, rest) in open {
                let (name, rest) = rest.split_once('.').unwrap_or((&rest, ""));
                let Some(field) = self.get(&model, name) else {
                    walked.insert(path, (steps, false));
                    continue;
                };
                let relation = field.relation.clone();
                let rest = if rest.is_empty() && relation.is_some() && !field.is_single {
                    "display_name"
                } else {
                    rest
                };
                steps.push(Step {
                    model,
                    name: name.to_owned(),
                    field,
                });
                match relation {
                    _ if rest.is_empty() => {
                        walked.insert(path, (steps, true));
                    }
                    Some(relation) => next.push((path, steps, relation, rest.to_owned())),
                    None => {
                        walked.insert(path, (steps, false));
                    }
                }
            }
            open = next;
        }
        Ok(walked)
    }

    /// What the records that these paths start from depend on.
    async fn reach(
        &mut self,
        odoo: &dyn Records,
        walked: &BTreeMap<String, (Vec<Step>, bool)>,
        values: &BTreeSet<String>,
    ) -> Result<Reach> {
        let mut models = BTreeSet::new();
        for (path, (steps, _)) in walked {
            models.extend(steps.iter().skip(1).map(|step| step.model.clone()));
            let mut computed: Vec<Step> = steps.clone();
            if let Some(relation) = named(steps).filter(|_| values.contains(path)) {
                models.insert(relation.to_owned());
                let name = "display_name".to_owned();
                self.ask(odoo, relation).await?;
                computed.extend(self.get(relation, &name).map(|field| Step {
                    model: relation.to_owned(),
                    name,
                    field,
                }));
            }
            computed.retain(|step| !step.field.is_stored);
            for step in computed {
                if !self.is_plain(&step) {
                    return Ok(Reach::Anything);
                }
            }
        }
        Ok(if models.is_empty() {
            Reach::Own
        } else {
            Reach::Models(models)
        })
    }

    /// Whether a field that is not stored is computed from stored fields of its own record only.
    fn is_plain(&self, step: &Step) -> bool {
        let is_column = |name: &String| {
            let field = self.get(&step.model, name);
            field.is_some_and(|field| field.is_stored)
        };
        let depends = &step.field.depends;
        step.name == "id" || (!depends.is_empty() && depends.iter().all(is_column))
    }

    async fn ask(&mut self, odoo: &dyn Records, model: &str) -> Result<()> {
        if !self.known.contains_key(model) {
            let told = odoo.fields(model).await?;
            self.known.insert(model.to_owned(), told);
        }
        Ok(())
    }

    fn get(&self, model: &str, name: &str) -> Option<Field> {
        self.known.get(model)?.get(name).cloned()
    }
}

/// The model of the record that these steps end at, where they end at one.
fn named(steps: &[Step]) -> Option<&str> {
    let last = steps.last().filter(|last| last.field.is_single)?;
    last.field.relation.as_deref()
}

/// The path whose change shows that the end of these steps has changed.
fn watched(steps: &[Step], by_name: bool) -> Option<String> {
    let names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
    match names.join(".").as_str() {
        "" | "id" => None,
        path if by_name && named(steps).is_some() => Some(format!("{path}.display_name")),
        path => Some(path.to_owned()),
    }
}
