//! Domains: which records a rule means, as one domain in Odoo's prefix notation.
//!
//! Odoo evaluates it; here it is only put together and looked over for the fields it names.
//! Source of facts: Odoo 19 `odoo/orm/domains.py` (a list of terms and operators `&`, `|`, `!`;
//! terms that no operator claims are joined by *and*).

use super::rule::Rule;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use time::Date;

/// A domain that Odoo would not understand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DomainFault {
    #[error("the domain has an operator without enough terms behind it")]
    TermMissing,
    #[error("the domain holds {0}, which is neither a term of three nor an operator")]
    NotATerm(String),
}

/// The rule's domain AND its period AND its company.
pub fn compose(rule: &Rule, today: Date) -> Result<Vec<Value>, DomainFault> {
    let mut terms = explicit(&rule.domain)?;
    let period = rule.period.iter().flat_map(|period| period.terms(today));
    let company = rule
        .company
        .map(|company| json!(["company_id", "in", [company, false]]));
    for term in period.chain(company) {
        terms = and(terms, vec![term]);
    }
    Ok(terms)
}

/// Narrows a composed domain to these ids.
pub fn among(domain: Vec<Value>, ids: &[i64]) -> Vec<Value> {
    and(domain, vec![json!(["id", "in", ids])])
}

/// Both of two domains that need no implied operator.
fn and(left: Vec<Value>, right: Vec<Value>) -> Vec<Value> {
    if left.is_empty() {
        return right;
    }
    let mut both = vec![json!("&")];
    both.extend(left);
    both.extend(right);
    both
}

/// The same domain with every implied *and* written out, so that it can be joined to others.
fn explicit(domain: &[Value]) -> Result<Vec<Value>, DomainFault> {
    let mut open = 0_usize;
    let mut expressions = 0_usize;
    for part in domain {
        if open == 0 {
            expressions += 1;
            open = 1;
        }
        match part {
            Value::String(operator) if operator == "&" || operator == "|" => open += 1,
            Value::String(operator) if operator == "!" => {}
            Value::Array(term) if term.len() == 3 => open -= 1,
            other => return Err(DomainFault::NotATerm(other.to_string())),
        }
    }
    if open > 0 {
        return Err(DomainFault::TermMissing);
    }
    let mut whole = vec![json!("&"); expressions.saturating_sub(1)];
    whole.extend_from_slice(domain);
    Ok(whole)
}

/// The dotted paths that a domain looks at, those inside `any` included.
pub fn paths(domain: &[Value]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(domain, "", &mut found);
    found
}

fn collect(domain: &[Value], before: &str, found: &mut BTreeSet<String>) {
    for term in domain.iter().filter_map(Value::as_array) {
        let [Value::String(field), Value::String(operator), value] = term.as_slice() else {
            continue;
        };
        let path = format!("{before}{field}");
        if let ("any" | "not any", Value::Array(inner)) = (operator.as_str(), value) {
            collect(inner, &format!("{path}."), found);
        }
        found.insert(path);
    }
}

/// Whether membership of one record hangs on other records of any model through a hierarchy,
/// which the paths of the domain do not show.
pub fn is_hierarchical(domain: &[Value]) -> bool {
    domain.iter().any(|part| match part {
        Value::String(word) => word == "child_of" || word == "parent_of",
        Value::Array(inner) => is_hierarchical(inner),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::super::period::{Direction, FieldKind, Period, Unit};
    use super::*;
    use crate::tree::ConnectionId;
    use proptest::prelude::*;
    use time::macros::date;
    use uuid::Uuid;

    fn rule(domain: Value) -> Rule {
        Rule {
            domain: domain.as_array().expect("a list").clone(),
            ..Rule::of(1, "sale.order", ConnectionId(Uuid::nil()))
        }
    }

    fn composed(rule: &Rule) -> Value {
        Value::Array(compose(rule, date!(2026 - 11 - 24)).expect("a sound domain"))
    }

    #[test]
    fn b4_a_domain_says_which_records_have_folders() {
        assert_eq!(composed(&rule(json!([]))), json!([]));
        assert_eq!(
            composed(&rule(json!([["a", "=", 1], ["b", "=", 2], ["c", "=", 3]]))),
            json!(["&", "&", ["a", "=", 1], ["b", "=", 2], ["c", "=", 3]])
        );
        let mixed = json!(["|", "!", ["a", "=", 1], ["b", "=", 2], ["c", "=", 3]]);
        assert_eq!(
            composed(&rule(mixed)),
            json!(["&", "|", "!", ["a", "=", 1], ["b", "=", 2], ["c", "=", 3]])
        );
    }

    #[test]
    fn b6_u17_period_and_company_narrow_the_whole_domain() {
        let mut narrowed = rule(json!(["|", ["a", "=", 1], ["b", "=", 2]]));
        narrowed.company = Some(3);
        narrowed.period = Some(Period {
            field: "date_order".into(),
            kind: FieldKind::Datetime,
            direction: Direction::This,
            count: 1,
            unit: Unit::Day,
        });
        assert_eq!(
            composed(&narrowed),
            json!([
                "&",
                "&",
                "&",
                "|",
                ["a", "=", 1],
                ["b", "=", 2],
                ["date_order", ">=", "2026-11-24 00:00:00"],
                ["date_order", "<", "2026-11-25 00:00:00"],
                ["company_id", "in", [3, false]]
            ])
        );
        let mut alone = rule(json!([]));
        alone.company = Some(3);
        assert_eq!(composed(&alone), json!([["company_id", "in", [3, false]]]));
        assert_eq!(
            Value::Array(among(vec![], &[4, 5])),
            json!([["id", "in", [4, 5]]])
        );
    }

    #[test]
    fn a_broken_domain_is_named() {
        let fault = |domain| compose(&rule(domain), date!(2026 - 11 - 24)).unwrap_err();
        assert_eq!(fault(json!(["&", ["a", "=", 1]])), DomainFault::TermMissing);
        assert_eq!(fault(json!(["!"])), DomainFault::TermMissing);
        assert_eq!(
            fault(json!([["a", "="]])),
            DomainFault::NotATerm(r#"["a","="]"#.into())
        );
        assert_eq!(fault(json!([1])), DomainFault::NotATerm("1".into()));
    }

    #[test]
    fn b4_the_fields_of_a_domain_are_watched() {
        let domain = json!([
            "|",
            ["stage_id.fold", "=", false],
            [
                "partner_id",
                "any",
                ["&", ["country_id.code", "=", "DE"], ["vat", "!=", false]]
            ],
            [1, "=", 1]
        ]);
        let found: Vec<String> = paths(domain.as_array().unwrap()).into_iter().collect();
        assert_eq!(
            found,
            [
                "partner_id",
                "partner_id.country_id.code",
                "partner_id.vat",
                "stage_id.fold"
            ]
        );
        assert!(!is_hierarchical(domain.as_array().unwrap()));
        let deep = json!([["partner_id", "any", [["id", "child_of", 7]]]]);
        assert!(is_hierarchical(deep.as_array().unwrap()));
    }

    /// What Odoo would make of a domain over named truths.
    fn truth(domain: &[Value], truths: &[bool]) -> bool {
        fn one<'a>(rest: &mut std::slice::Iter<'a, Value>, truths: &[bool]) -> bool {
            match rest.next().expect("a term for every operator") {
                Value::String(word) if word == "!" => !one(rest, truths),
                Value::String(word) => {
                    let (left, right) = (one(rest, truths), one(rest, truths));
                    if word == "&" {
                        left && right
                    } else {
                        left || right
                    }
                }
                term => match term[0].as_u64() {
                    Some(place) => truths[usize::try_from(place).expect("small")],
                    None => term[2][0] == json!(0),
                },
            }
        }
        let mut rest = domain.iter();
        let mut all = true;
        while rest.len() > 0 {
            all &= one(&mut rest, truths);
        }
        all
    }

    fn expression() -> impl Strategy<Value = Vec<Value>> {
        let leaf = (0..4_u64).prop_map(|place| vec![json!([place, "=", true])]);
        leaf.prop_recursive(4, 24, 2, |inner| {
            prop_oneof![
                inner
                    .clone()
                    .prop_map(|one| [vec![json!("!")], one].concat()),
                (prop_oneof![Just("&"), Just("|")], inner.clone(), inner)
                    .prop_map(|(word, left, right)| [vec![json!(word)], left, right].concat()),
            ]
        })
    }

    proptest! {
        #[test]
        fn u17_the_company_is_and_ed_to_any_domain(
            parts in prop::collection::vec(expression(), 0..4),
            truths in prop::array::uniform4(any::<bool>()),
            company in 0..2_i64,
        ) {
            let plain = parts.concat();
            let mut asked = rule(Value::Array(plain.clone()));
            asked.company = Some(company);
            let whole = compose(&asked, date!(2026 - 11 - 24)).unwrap();
            prop_assert_eq!(truth(&whole, &truths), truth(&plain, &truths) && company == 0);
        }
    }
}
