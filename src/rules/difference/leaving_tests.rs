//! What becomes of folders that no rule asks for any more, as stories.

use super::super::rule::{Leave, Record, Rule};
use super::super::worlds::{Folders, World, below, of, record, roots, rule, titled};
use super::*;

fn world(rules: &[Rule], records: &[(i64, Vec<Record>)]) -> World {
    (rules.to_vec(), records.iter().cloned().collect())
}

/// Paths of all folders after some worlds, out of scope in parentheses, stopped with an x.
fn after(worlds: &[World]) -> Vec<String> {
    let mut folders = Folders::default();
    for world in worlds {
        let first = difference(&of(world), &folders.list, &roots());
        folders.apply(&first.changes);
        let again = difference(&of(world), &folders.list, &roots());
        assert_eq!(again.changes, []);
    }
    let path = |folder: &Existing| {
        let mut names = vec![folder.name.clone()];
        let mut above = folder.parent;
        while let Some(known) = folders.list.iter().find(|one| Some(one.id) == above) {
            names.insert(0, known.name.clone());
            above = known.parent;
        }
        let path = names.join("/");
        match (folder.in_scope, folder.stopped) {
            (true, false) => path,
            (false, false) => format!("({path})"),
            (_, true) => format!("x{path}"),
        }
    };
    let mut paths: Vec<String> = folders.list.iter().map(path).collect();
    paths.sort();
    paths
}

fn leaving(leave: Leave, rule: Rule) -> Rule {
    Rule { leave, ..rule }
}

#[test]
fn u2_a_record_that_leaves_goes_to_the_archive_of_its_rule_and_comes_back() {
    let customers = leaving(Leave::Archive, titled("Customers", rule(1, "res.partner")));
    let rules = [customers, below(1, titled("Orders", rule(2, "sale.order")))];
    let (azure, deco) = (record(1, "Azure", None), record(2, "Deco", None));
    let orders = vec![record(5, "S5", Some(1))];
    let both = world(&rules, &[(1, vec![azure, deco.clone()]), (2, orders)]);
    let gone = world(&rules, &[(1, vec![deco]), (2, vec![])]);
    assert_eq!(
        after(&[both.clone(), gone.clone()]),
        [
            "(Customers/Archive/Azure)",
            "(Customers/Archive/Azure/Orders)",
            "(Customers/Archive/Azure/Orders/S5)",
            "Customers",
            "Customers/Archive",
            "Customers/Deco",
        ]
    );
    assert_eq!(
        after(&[both.clone(), gone.clone(), both.clone(), gone.clone(), both]),
        [
            "Customers",
            "Customers/Archive",
            "Customers/Azure",
            "Customers/Azure/Orders",
            "Customers/Azure/Orders/S5",
            "Customers/Deco",
        ]
    );
}

#[test]
fn u2_a_record_nested_in_one_that_leaves_goes_along() {
    let nested = |above, record| Record {
        nest: Some(above),
        ..record
    };
    let rules = [leaving(
        Leave::Archive,
        titled("D", rule(1, "hr.department")),
    )];
    let all = vec![
        record(1, "Sales", None),
        nested(1, record(2, "North", None)),
        nested(1, record(3, "South", None)),
    ];
    let south = world(&rules, &[(1, all[2..].to_vec())]);
    assert_eq!(
        after(&[world(&rules, &[(1, all)]), south]),
        [
            "(D/Archive/Sales)",
            "(D/Archive/Sales/North)",
            "D",
            "D/Archive",
            "D/South"
        ]
    );
}

#[test]
fn u2_a_folder_that_is_no_longer_synced_stays_where_it_is() {
    let rules = [leaving(Leave::Stop, titled("R", rule(1, "a")))];
    let one = vec![record(1, "A", None)];
    let there = world(&rules, &[(1, one)]);
    let gone = world(&rules, &[(1, vec![])]);
    assert_eq!(after(&[there.clone(), gone.clone()]), ["R", "xR/A"]);
    assert_eq!(after(&[there.clone(), gone, there]), ["R", "R/A"]);
}

#[test]
fn u1_a_shortcut_goes_and_leaves_nothing() {
    let rules = [titled("One", rule(1, "a")), titled("Two", rule(2, "a"))];
    let one = vec![record(1, "A", None)];
    let both = world(&rules, &[(1, one.clone()), (2, one.clone())]);
    let first = world(&rules, &[(1, one), (2, vec![])]);
    assert_eq!(
        after(std::slice::from_ref(&both)),
        ["One", "One/A", "Two", "Two/A"]
    );
    assert_eq!(after(&[both, first]), ["One", "One/A", "Two"]);
}

#[test]
fn a_hidden_record_stays_where_it_is_with_all_in_it() {
    let hidden = |record| Record {
        archived: true,
        hidden: true,
        ..record
    };
    let customers = leaving(Leave::Archive, titled("Customers", rule(1, "res.partner")));
    let rules = [customers, below(1, titled("Orders", rule(2, "sale.order")))];
    let (azure, order) = (record(1, "Azure", None), record(5, "S5", Some(1)));
    let seen = world(
        &rules,
        &[(1, vec![azure.clone()]), (2, vec![order.clone()])],
    );
    let before = after(std::slice::from_ref(&seen));
    let azure = hidden(azure);
    for orders in [
        vec![order.clone()],
        vec![Record {
            parent: None,
            ..hidden(order)
        }],
        // Matching no more, or not known to.
        vec![],
    ] {
        let now = world(&rules, &[(1, vec![azure.clone()]), (2, orders)]);
        assert_eq!(after(&[seen.clone(), now]), before);
    }
    let new = world(
        &rules,
        &[(1, vec![azure]), (2, vec![record(6, "S6", Some(1))])],
    );
    let there = "Customers/Azure/Orders/S6".to_owned();
    assert!(after(&[seen, new]).contains(&there));
}
