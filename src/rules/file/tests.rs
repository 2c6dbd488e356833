//! Files, good and bad.

use super::*;
use proptest::prelude::*;
use serde_json::json;

const GOOD: &str = r#"
[[rule]]
name = "customers"
title = "Customers"
model = "res.partner"
domain = [["parent_id", "=", false], "|", ["is_company", "=", true], ["ref", "in", ["a", "b"]]]
connection = "Archive"
nest_field = "parent_id"
below = true
folder_name = "{{ object.ref }} {{ object.name }}"
leave = "archive"

[[rule.default]]
path = "Scans/Official"

[[rule]]
name = "orders"
model = "sale.order"
parent = "customers"
parent_field = "partner_id"
sequence = 3

[rule.period]
field = "date_order"
direction = "last"
count = 3
unit = "month"

[rule.split]
field = "state"
[[rule.split.folder]]
name = "Quotations"
values = ["draft", "sent"]
"#;

#[test]
fn a_file_is_read_whole() {
    let rules = parse(GOOD).expect("no mistakes");
    let [customers, orders] = rules.as_slice() else {
        panic!("two rules");
    };
    assert_eq!(customers.line, 2);
    assert_eq!(
        json!(customers.domain),
        json!([
            ["parent_id", "=", false],
            "|",
            ["is_company", "=", true],
            ["ref", "in", ["a", "b"]]
        ])
    );
    assert!(customers.below && customers.active);
    assert_eq!(customers.subfolders, ["Scans/Official"]);
    assert_eq!(customers.leave, "archive");
    assert_eq!(orders.parent, Some(customers.id));
    assert_eq!(
        orders.connection, "Archive",
        "a rule stands in its parent's"
    );
    assert!(orders.sequence < customers.sequence);
    let period = orders.period.as_ref().expect("a period");
    assert_eq!((period.count, period.unit.as_str()), (3, "month"));
    let split = orders.split.as_ref().expect("a split");
    assert_eq!(split.folder[0].values, ["draft", "sent"]);
}

#[test]
fn rules_of_one_sequence_stay_in_order_and_ids_stay_when_they_are_sorted() {
    let rule = |name: &str| format!("[[rule]]\nname='{name}'\nmodel='a.b'\nconnection='c'\n");
    let one = parse(&[rule("z"), rule("a")].concat()).expect("good");
    let other = parse(&[rule("a"), rule("z")].concat()).expect("good");
    assert!(one[0].sequence < one[1].sequence);
    assert_eq!((one[0].id, one[1].id), (other[1].id, other[0].id));
    assert!(one[0].id > i64::from(i32::MAX), "Odoo's ids are smaller");
}

#[test]
fn a_mistake_is_told_with_its_line_and_what_to_write() {
    let head = "[[rule]]\nname = \"a\"\nmodel = \"res.partner\"\nconnection = \"c\"\n";
    for (more, line, part) in [
        ("domian = []", 5, "no key domian here; write domain"),
        (
            "[rule.period]\nunit = \"day\"",
            5,
            "the key field is missing",
        ),
        ("domain = \"[('a', '=', uid)]\"", 5, "write it as an array"),
        (
            "domain = [[\"a\", \">\", 2026-01-01]]",
            5,
            "write dates as text",
        ),
        ("leave = \"delete\"", 5, "write one of keep, archive, stop"),
        ("folder_name = \"{{ object.name\"", 5, "wrong at character"),
        ("below = true", 5, "below needs a nest_field"),
        (
            "parent = \"b\"\nparent_field = \"x\"",
            5,
            "no rule is named \"b\"",
        ),
        ("parent = \"a\"\nparent_field = \"x\"", 5, "below itself"),
        ("parent_field = \"x\"", 5, "parent_field needs a parent"),
        ("[[rule.default]]\npath = \"a//b\"", 6, "is no path"),
        (
            "[[rule]]\nname = \"a\"\nmodel = \"x\"\nconnection = \"c\"",
            6,
            "two rules named",
        ),
        (
            "[[rule]]\nname = \"b\"\nmodel = \"x\"",
            5,
            "connection is missing",
        ),
        ("active = 1", 5, "expected a boolean"),
        ("sequence = ", 5, ""),
    ] {
        let faults = parse(&format!("{head}{more}\n")).expect_err(more);
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert!(
            faults
                .iter()
                .any(|fault| fault.line == line && fault.message.contains(part)),
            "{more}: {told:?}"
        );
    }
}

#[test]
fn a_rule_below_another_has_no_connection_of_its_own() {
    let text = "[[rule]]\nname='a'\nmodel='x'\nconnection='c'\n\
                [[rule]]\nname='b'\nmodel='x'\nparent='a'\nparent_field='f'\nconnection='d'\n";
    let faults = parse(text).expect_err("two connections");
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].line, 10);
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader(
        at in 0..GOOD.len(),
        cut in 0..40_usize,
        put in "[\\[\\]a-z =\"'\n.{}#0-9-]{0,40}",
    ) {
        prop_assert!(GOOD.is_ascii(), "cut anywhere");
        let end = (at + cut).min(GOOD.len());
        let text = format!("{}{put}{}", &GOOD[..at], &GOOD[end..]);
        if let Err(faults) = parse(&text) {
            prop_assert!(!faults.is_empty());
            prop_assert!(faults.iter().all(|fault| fault.line <= text.lines().count().max(1) + 1));
        }
    }
}

#[test]
fn the_example_that_comes_along_has_no_mistakes() {
    let example = include_str!("../../../config/rules.toml");
    assert_eq!(parse(example).expect("no mistakes").len(), 2);
}
