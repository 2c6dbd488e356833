//! Records that stand in each other, in split folders, and where shortcuts lead from: as tables.

use super::super::split::SplitFolder;
use super::super::worlds::{below, paths, record, rule, titled};
use super::*;

fn seen(rules: &[Rule], records: &[(i64, Vec<Record>)]) -> Vec<String> {
    let matched = records.iter().cloned().collect();
    paths(&wanted(rules, &matched))
}

fn inside(above: i64, record: Record) -> Record {
    Record {
        nest: Some(above),
        ..record
    }
}

fn valued(key: &str, name: &str, record: Record) -> Record {
    Record {
        split: Some(SplitFolder {
            key: key.into(),
            name: name.into(),
            record: None,
        }),
        ..record
    }
}

#[test]
fn b104_records_stand_in_each_other_by_the_nest_field() {
    let rules = [
        titled("Departments", rule(1, "hr.department")),
        below(1, titled("People", rule(2, "hr.employee"))),
    ];
    let departments = vec![
        record(1, "Sales", None),
        inside(1, record(2, "North", None)),
        inside(2, record(3, "Harbour", None)),
        // What it stands in has no folder, or is itself.
        inside(9, record(4, "Lost", None)),
        inside(5, record(5, "Self", None)),
    ];
    let people = vec![record(8, "Ann", Some(3))];
    assert_eq!(
        seen(&rules, &[(1, departments), (2, people)]),
        [
            "Departments",
            "Departments/Lost",
            "Departments/Sales",
            "Departments/Sales/North",
            "Departments/Sales/North/Harbour",
            "Departments/Sales/North/Harbour/People",
            "Departments/Sales/North/Harbour/People/Ann",
            "Departments/Self",
        ]
    );
}

#[test]
fn u4_an_archived_record_holds_those_that_are_nested_in_it() {
    let archived = |record| Record {
        archived: true,
        ..record
    };
    let departments = vec![
        archived(record(1, "Sales", None)),
        archived(inside(1, record(2, "North", None))),
        inside(2, record(3, "Harbour", None)),
        archived(record(4, "Empty", None)),
    ];
    let rules = [titled("Departments", rule(1, "hr.department"))];
    assert_eq!(
        seen(&rules, &[(1, departments)]),
        [
            "Departments",
            "Departments/Sales",
            "Departments/Sales/North",
            "Departments/Sales/North/Harbour"
        ]
    );
}

#[test]
fn records_nested_in_a_circle_still_have_a_place() {
    let circle = vec![
        inside(2, record(1, "A", None)),
        inside(1, record(2, "B", None)),
    ];
    let wanted = wanted(&[titled("R", rule(1, "a"))], &BTreeMap::from([(1, circle)]));
    assert_eq!(paths(&wanted), ["R", "R/B", "R/B/A"]);
    assert_eq!(wanted.warnings.len(), 1);
}

#[test]
fn b103_a_split_puts_one_folder_for_each_value_between() {
    let rules = [
        titled("Customers", rule(1, "res.partner")),
        below(1, titled("Orders", rule(2, "sale.order"))),
    ];
    let partners = vec![
        valued("7", "Austria", record(1, "Azure", None)),
        valued("8", "Peru", record(2, "Deco", None)),
        record(3, "Nowhere", None),
    ];
    let orders = vec![
        valued("=draft", "Quotations", record(5, "S5", Some(1))),
        valued("=sale", "Orders", record(6, "S6", Some(1))),
        valued("=sale", "Orders", record(7, "S7", None)),
    ];
    let records = [(1, partners.clone()), (2, orders)];
    assert_eq!(
        seen(&rules, &records),
        [
            "Customers",
            "Customers/Austria",
            "Customers/Austria/Azure",
            "Customers/Austria/Azure/Orders",
            "Customers/Austria/Azure/Orders/Orders",
            "Customers/Austria/Azure/Orders/Orders/S6",
            "Customers/Austria/Azure/Orders/Quotations",
            "Customers/Austria/Azure/Orders/Quotations/S5",
            "Customers/Nowhere",
            "Customers/Peru",
            "Customers/Peru/Deco",
            "Orders",
            "Orders/Orders",
            "Orders/Orders/S7",
        ]
    );
    // A split folder is known by its value, not by its name.
    let wanted = wanted(&rules[..1], &BTreeMap::from([(1, partners)]));
    let keys = wanted.folders.iter().map(|folder| folder.key.as_str());
    let keys: Vec<&str> = keys.collect();
    assert_eq!(&keys[..3], ["rule:1", "rule:1/7", "rule:1/8"]);
}

#[test]
fn u1_a_shortcut_stands_where_the_other_rule_would_have_the_folder() {
    let rules = [
        titled("Big", rule(1, "sale.order")),
        titled("Customers", rule(2, "res.partner")),
        below(2, titled("Orders", rule(3, "sale.order"))),
    ];
    let records = [
        (1, vec![record(5, "S5", None)]),
        (2, vec![record(1, "Azure", None)]),
        (
            3,
            vec![valued("=sale", "Sold", record(5, "other face", Some(1)))],
        ),
    ];
    assert_eq!(
        seen(&rules, &records),
        [
            "Big",
            "Big/S5",
            "Customers",
            "Customers/Azure",
            "Customers/Azure/Orders",
            "Customers/Azure/Orders/Sold",
            "Customers/Azure/Orders/Sold/→S5",
        ]
    );
    let matched = records.into_iter().collect();
    let wanted = wanted(&rules, &matched);
    let shortcut = wanted.folders.last().expect("it comes last");
    assert_eq!(shortcut.key, "shortcut:3@sale.order:5");
    assert_eq!(shortcut.record, Some(("sale.order".into(), 5)));
}
