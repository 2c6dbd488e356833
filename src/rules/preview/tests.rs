//! What a rule in a form would do, as stories.

use super::super::rule::Rule;
use super::super::wanted::wanted;
use super::super::worlds::{Folders, World, below, of, record, roots, rule, titled};
use super::*;
use crate::rules::{Leave, Record, difference};

fn world(rules: &[Rule], records: &[(i64, Vec<Record>)]) -> World {
    (rules.to_vec(), records.iter().cloned().collect())
}

/// The preview of rule `id` when `now` is in place and `then` is in the form.
fn seen(now: &World, then: &World, id: i64) -> Preview {
    let mut folders = Folders::default();
    folders.apply(&difference(&of(now), &[], &roots()).changes);
    let wanted = wanted(&then.0, &then.1);
    preview(
        &Asked {
            rule: then.0.iter().find(|rule| rule.id == id),
            id,
            wanted: &wanted,
            existing: &folders.list,
            roots: &roots(),
        },
        &[],
    )
}

/// The tree in lines, with what is not the same in parentheses.
fn lines(nodes: &[Node], above: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for node in nodes {
        let mut said = format!("{above}{}", node.name);
        if let Some(stored) = &node.stored {
            said += &format!(" = {stored}");
        }
        if node.state != "same" {
            said += &format!(" ({})", node.state);
        }
        if let Some(was) = &node.was {
            said += &format!(" was {was}");
        }
        lines.push(said);
        lines.extend(self::lines(&node.children, &format!("{above}  ")));
        if node.more > 0 {
            lines.push(format!("{above}  … {} more", node.more));
        }
    }
    lines
}

fn partners() -> Vec<Record> {
    vec![record(1, "Azure", None), record(2, "Deco/Addict", None)]
}

#[test]
fn b105_a_new_rule_shows_its_tree_below_what_there_is() {
    let customers = titled("Customers", rule(1, "res.partner"));
    let now = world(&[customers.clone()], &[(1, partners())]);
    let orders = Rule {
        subfolders: vec!["Scans".into(), "Scans/Official".into()],
        ..below(1, titled("Orders", rule(0, "sale.order")))
    };
    let records = vec![record(5, "S5", Some(2)), record(6, "s5", Some(2))];
    let then = world(&[customers, orders], &[(1, partners()), (0, records)]);
    let seen = seen(&now, &then, 0);
    assert_eq!(
        lines(&seen.tree, ""),
        [
            "Customers",
            "  Deco/Addict = Deco-Addict",
            "    Orders (new)",
            "      S5 (new)",
            "        Scans (new)",
            "          Official (new)",
            "      s5 = s5 (2) (new)",
            "        Scans (new)",
            "          Official (new)",
        ]
    );
    assert_eq!(
        seen.counts,
        Counts {
            records: 2,
            folders: 3,
            new: 3,
            collisions: 1,
            altered: 1,
            ..Counts::default()
        }
    );
    assert_eq!(
        seen.collisions,
        [Collision {
            folder: "Customers/Deco/Addict/Orders".into(),
            name: "s5".into(),
            stored: "s5 (2)".into(),
            model: Some("sale.order".into()),
            res_id: Some(6),
        }]
    );
    assert_eq!(seen.tree[0].below, 4);
}

#[test]
fn b105_what_would_move_be_renamed_or_leave_is_told() {
    let was = Rule {
        leave: Leave::Archive,
        ..titled("Customers", rule(1, "res.partner"))
    };
    let is = Rule {
        title: Some("Clients".into()),
        name_expression: Some("{{upper object.name}}".into()),
        ..was.clone()
    };
    let now = world(&[was], &[(1, partners())]);
    let then = world(&[is], &[(1, partners()[..1].to_vec())]);
    let seen = seen(&now, &then, 1);
    assert_eq!(
        lines(&seen.tree, ""),
        [
            "Clients (renamed) was Customers",
            "  Archive (new)",
            "    Deco/Addict = Deco-Addict (left) was Customers/Deco/Addict",
            "  AZURE (renamed) was Azure",
        ]
    );
    let told: Vec<(&str, Option<&str>, Option<&str>)> = seen
        .changes
        .iter()
        .map(|change| (change.what, change.from.as_deref(), change.to.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            (
                "left",
                Some("Customers/Deco/Addict"),
                Some("Clients/Archive/Deco/Addict")
            ),
            ("renamed", Some("Customers"), Some("Clients")),
            ("renamed", Some("Customers/Azure"), Some("Clients/AZURE")),
            ("new", None, Some("Clients/Archive")),
        ]
    );
    assert_eq!(seen.counts.left, 1);
    assert_eq!(seen.counts.records, 1);
}

#[test]
fn b21_a_wrong_expression_is_told_with_its_place_and_names_are_shown_all_the_same() {
    let wrong = Rule {
        name_expression: Some("{{object.name}} {{oops}}".into()),
        ..titled("Customers", rule(1, "res.partner"))
    };
    let nothing = world(&[], &[]);
    let seen = seen(&nothing, &world(&[wrong], &[(1, partners())]), 1);
    let error = seen.error.expect("it is wrong");
    assert_eq!(
        (error.field, error.position),
        (Some("name_expression"), Some(17))
    );
    assert_eq!(lines(&seen.tree, "").len(), 3);
    assert_eq!(seen.warnings.len(), 1);
}

#[test]
fn an_archived_rule_would_leave_its_folders() {
    let customers = titled("Customers", rule(1, "res.partner"));
    let now = world(&[customers], &[(1, partners())]);
    let seen = seen(&now, &world(&[], &[]), 1);
    assert_eq!(seen.counts.left, 3);
    assert_eq!(seen.counts.records, 0);
}

#[test]
fn a_large_tree_is_cut_and_its_counts_are_whole() {
    let many = (1..=3000).map(|id| record(id, &format!("{id:04}"), None));
    let rules = [titled("R", rule(1, "a"))];
    let nothing = world(&[], &[]);
    let seen = seen(&nothing, &world(&rules, &[(1, many.collect())]), 1);
    assert_eq!((seen.counts.records, seen.counts.new), (3000, 3001));
    assert_eq!((seen.tree[0].children.len(), seen.tree[0].more), (20, 2980));
    assert_eq!(seen.tree[0].below, 3000);
    assert_eq!(seen.changes.len(), 200);
}
