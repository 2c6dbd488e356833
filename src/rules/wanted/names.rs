//! What records' folders are called, and what people are told when an expression fails.

use super::super::expression::{Expression, ExpressionFault};
use super::super::rule::{Record, Rule, Warning};
use std::collections::BTreeMap;

/// Names the records of one rule, and gathers what went wrong.
pub(super) struct Names<'a> {
    rule: &'a Rule,
    expression: Option<Expression>,
    faults: BTreeMap<String, (usize, String)>,
}

impl<'a> Names<'a> {
    pub(super) fn new(rule: &'a Rule) -> Self {
        let text = rule.name_expression.as_deref().map(str::trim);
        let parsed = text.filter(|text| !text.is_empty()).map(Expression::parse);
        let mut faults = BTreeMap::new();
        let expression = parsed.and_then(|parsed| {
            let noted = |fault: ExpressionFault| {
                faults.insert(fault.to_string(), (0, String::new()));
            };
            parsed.map_err(noted).ok()
        });
        Names {
            rule,
            expression,
            faults,
        }
    }

    /// What the expression makes, else the display name, else model and id. Never empty.
    pub(super) fn name(&mut self, record: &Record) -> String {
        match self
            .expression
            .as_ref()
            .map(|named| named.render(&record.values))
        {
            Some(Ok(name)) => return name,
            Some(Err(fault)) => {
                let shown = self.shown(record);
                let noted = self.faults.entry(fault.to_string());
                noted.or_insert((0, shown)).0 += 1;
            }
            None => {}
        }
        self.shown(record)
    }

    fn shown(&self, record: &Record) -> String {
        let spaced = record.display_name.replace(char::is_control, " ");
        match spaced.trim() {
            "" => format!("{} {}", self.rule.folder_name(), record.id),
            name => name.to_owned(),
        }
    }

    pub(super) fn warnings(self) -> impl Iterator<Item = Warning> {
        let rule = self.rule.id;
        let faults = self.faults.into_iter();
        faults.map(move |(message, (records, example))| Warning {
            records,
            example: Some(example).filter(|example| !example.is_empty()),
            ..Warning::about(rule, format!("{message}; the display name is used"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::worlds::{paths, record, rule, titled};
    use super::super::wanted;
    use super::*;

    fn matched(records: &[(i64, &[Record])]) -> BTreeMap<i64, Vec<Record>> {
        let pairs = records
            .iter()
            .map(|(rule, records)| (*rule, records.to_vec()));
        pairs.collect()
    }

    #[test]
    fn b19_b20_the_name_is_the_expressions_or_the_display_name() {
        let named = |expression: Option<&str>| {
            let rule = Rule {
                name_expression: expression.map(str::to_owned),
                ..titled("R", rule(1, "a"))
            };
            paths(&wanted(
                &[rule],
                &matched(&[(1, &[record(1, " a:b\n", None)])]),
            ))
            .remove(1)
        };
        assert_eq!(named(None), "R/a:b");
        assert_eq!(named(Some(" ")), "R/a:b");
        assert_eq!(named(Some("{{upper object.name}}!")), "R/A:B !");
    }

    #[test]
    fn b21_u5_an_expression_that_fails_gives_the_display_name_and_one_warning() {
        let failing = |expression: &str| {
            let first = Rule {
                name_expression: Some(expression.into()),
                ..titled("R", rule(1, "a"))
            };
            let mut records = vec![
                record(1, "One", None),
                record(2, "Two", None),
                record(3, "", None),
            ];
            records[1].values = [("name", serde_json::Value::Null)].into_iter().collect();
            wanted(
                &[first, rule(2, "b")],
                &matched(&[(1, &records), (2, &[record(1, "B", None)])]),
            )
        };
        let partly = failing("{{object.name}}");
        assert_eq!(paths(&partly), ["R", "R/One", "R/R 3", "R/Two", "b", "b/B"]);
        assert_eq!(
            partly.warnings,
            [Warning {
                rule: Some(1),
                message: "the name expression makes an empty name; the display name is used".into(),
                records: 2,
                example: Some("Two".into()),
            }]
        );
        let never = failing("{{oops}}");
        assert_eq!(paths(&never), ["R", "R/One", "R/R 3", "R/Two", "b", "b/B"]);
        assert_eq!(never.warnings.len(), 1);
        assert_eq!(never.warnings[0].records, 0);
        assert!(never.warnings[0].message.contains("at character 1"));
    }
}
