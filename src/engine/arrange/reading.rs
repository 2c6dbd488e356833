//! Reads the records of a rule with all that their names need, in pages.

use super::paths::Step;
use super::{Plan, Records, Result, Row, Search};
use crate::rules::Record;
use crate::rules::domain::among;
use crate::rules::expression::plain;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Reads for one run; related records that several pages or rules lead to are read once.
pub(super) struct Reader<'a> {
    odoo: &'a dyn Records,
    /// Model → id → what was read of the record so far. An empty row: it is gone.
    related: HashMap<String, HashMap<i64, Row>>,
}

impl<'a> Reader<'a> {
    pub fn new(odoo: &'a dyn Records) -> Self {
        Reader {
            odoo,
            related: HashMap::new(),
        }
    }

    /// Every record that a rule matches, and where the rule says so those below them, ordered by
    /// id.
    pub async fn all(&mut self, plan: &Plan) -> Result<Vec<Record>> {
        let mut found = self.matching(plan, &plan.domain, false).await?;
        let Some(nest) = plan.rule.nest_field.as_ref().filter(|_| plan.rule.below) else {
            return Ok(found);
        };
        let mut known: BTreeSet<i64> = found.iter().map(|record| record.id).collect();
        let mut last: Vec<i64> = known.iter().copied().collect();
        while !last.is_empty() {
            let mut next = Vec::new();
            for ids in last.chunks(self.odoo.max_page().max(1)) {
                let domain = [json!([nest, "in", ids])];
                let below = self.matching(plan, &domain, false).await?;
                next.extend(below.into_iter().filter(|record| known.insert(record.id)));
            }
            last = next.iter().map(|record| record.id).collect();
            found.extend(next);
        }
        found.sort_by_key(|record| record.id);
        Ok(found)
    }

    /// Those of these records that a rule matches.
    pub async fn some(
        &mut self,
        plan: &Plan,
        ids: &[i64],
        with_archived: bool,
    ) -> Result<Vec<Record>> {
        let mut found = Vec::new();
        for ids in ids.chunks(self.odoo.max_page().max(1)) {
            let domain = among(plan.domain.clone(), ids);
            found.extend(self.matching(plan, &domain, with_archived).await?);
        }
        Ok(found)
    }

    async fn matching(
        &mut self,
        plan: &Plan,
        domain: &[Value],
        with_archived: bool,
    ) -> Result<Vec<Record>> {
        let firsts = plan.needs.values.values().filter_map(|steps| steps.first());
        let mut fields: BTreeSet<String> = firsts.map(|step| step.name.clone()).collect();
        fields.insert("display_name".to_owned());
        fields.extend(plan.rule.parent_field.clone());
        fields.extend(plan.rule.nest_field.clone());
        fields.extend(plan.rule.split.as_ref().map(|split| split.field.clone()));
        let fields: Vec<String> = fields.into_iter().collect();
        let mut search = Search {
            model: &plan.rule.model,
            domain,
            fields: &fields,
            after_id: 0,
            limit: self.odoo.max_page().max(1),
            with_archived,
        };
        let mut records = Vec::new();
        loop {
            let rows = self.odoo.search_read(&search).await?;
            let last = rows.last().and_then(id).unwrap_or_default();
            let is_end = rows.len() < search.limit || last <= search.after_id;
            self.follow(plan, &rows).await?;
            records.extend(rows.iter().filter_map(|row| self.record(plan, row)));
            if is_end {
                return Ok(records);
            }
            search.after_id = last;
        }
    }

    /// Reads what the paths of a page lead to: level by level, one question for each model.
    async fn follow(&mut self, plan: &Plan, rows: &[Row]) -> Result<()> {
        let paths: Vec<&[Step]> = plan.needs.values.values().map(Vec::as_slice).collect();
        let deepest = paths
            .iter()
            .map(|steps| steps.len())
            .max()
            .unwrap_or_default();
        for level in 1..deepest {
            let mut asked: BTreeMap<&str, (BTreeSet<String>, BTreeSet<i64>)> = BTreeMap::new();
            for steps in paths.iter().filter(|steps| steps.len() > level) {
                let step = &steps[level];
                let (fields, ids) = asked.entry(&step.model).or_default();
                fields.insert(step.name.clone());
                for row in rows {
                    ids.extend(self.ids_at(row, steps, level));
                }
            }
            for (model, (fields, ids)) in asked {
                self.read_related(model, fields, ids).await?;
            }
        }
        Ok(())
    }

    async fn read_related(
        &mut self,
        model: &str,
        fields: BTreeSet<String>,
        ids: BTreeSet<i64>,
    ) -> Result<()> {
        let known = self.related.entry(model.to_owned()).or_default();
        let is_read = |id: &i64| {
            let row = known.get(id);
            row.is_some_and(|row| row.is_empty() || fields.iter().all(|f| row.contains_key(f)))
        };
        let ids: Vec<i64> = ids.into_iter().filter(|id| !is_read(id)).collect();
        let fields: Vec<String> = fields.into_iter().collect();
        let limit = self.odoo.max_page().max(1);
        for ids in ids.chunks(limit) {
            let search = Search {
                model,
                domain: &[json!(["id", "in", ids])],
                fields: &fields,
                after_id: 0,
                limit,
                with_archived: true,
            };
            let rows = self.odoo.search_read(&search).await?;
            for row in rows {
                if let Some(id) = id(&row) {
                    known.entry(id).or_default().extend(row);
                }
            }
            for id in ids {
                known.entry(*id).or_default();
            }
        }
        Ok(())
    }

    /// The records that a path has led to before its step `level`.
    fn ids_at(&self, row: &Row, steps: &[Step], level: usize) -> Vec<i64> {
        let mut ids = ids(row.get(&steps[0].name));
        for step in &steps[1..level] {
            let known = self.related.get(&step.model);
            let rows = ids.iter().filter_map(|id| known?.get(id));
            ids = rows
                .flat_map(|row| self::ids(row.get(&step.name)))
                .collect();
        }
        ids
    }

    fn record(&self, plan: &Plan, row: &Row) -> Option<Record> {
        let points = |field: &Option<String>| {
            let field = field.as_ref()?;
            ids(row.get(field)).first().copied()
        };
        let split = plan.rule.split.as_ref();
        let values = plan.needs.values.iter();
        Some(Record {
            id: id(row)?,
            display_name: match row.get("display_name") {
                Some(Value::String(name)) => name.clone(),
                _ => String::new(),
            },
            parent: points(&plan.rule.parent_field),
            nest: points(&plan.rule.nest_field),
            split: split.and_then(|split| split.folder(row.get(&split.field)?)),
            values: values
                .map(|(path, steps)| (path.clone(), self.value(row, steps)))
                .collect(),
            archived: false,
            hidden: false,
        })
    }

    /// What a path means for a record; several values are joined.
    fn value(&self, row: &Row, steps: &[Step]) -> Value {
        let Some(last) = steps.last() else {
            return Value::Null;
        };
        let of = |row: &Row| {
            let value = row.get(&last.name).unwrap_or(&Value::Null);
            plain(value, last.field.is_boolean)
        };
        if steps.len() == 1 {
            return of(row);
        }
        let known = self.related.get(&last.model);
        let ids = self.ids_at(row, steps, steps.len() - 1);
        let mut found: Vec<Value> = ids.iter().filter_map(|id| known?.get(id)).map(of).collect();
        match found.len() {
            0 => Value::Null,
            1 => found.remove(0),
            _ => plain(&Value::Array(found), false),
        }
    }
}

fn id(row: &Row) -> Option<i64> {
    row.get("id")?.as_i64()
}

/// The ids in a relation's value: `false`, `7`, `[7, "name"]` or `[7, 8]`.
fn ids(value: Option<&Value>) -> Vec<i64> {
    match value {
        Some(Value::Number(number)) => number.as_i64().into_iter().collect(),
        Some(Value::Array(parts)) => parts.iter().filter_map(Value::as_i64).collect(),
        _ => Vec::new(),
    }
}
