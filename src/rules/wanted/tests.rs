//! Where folders belong, as tables.

use super::super::worlds::{below, cloud, paths, record, rule, titled};
use super::*;
use std::collections::BTreeSet;

fn matched(records: &[(i64, &[Record])]) -> BTreeMap<i64, Vec<Record>> {
    let pairs = records
        .iter()
        .map(|(rule, records)| (*rule, records.to_vec()));
    pairs.collect()
}

fn find<'a>(wanted: &'a Wanted, key: &str) -> &'a WantedFolder {
    let found = wanted.folders.iter().find(|folder| folder.key == key);
    found.unwrap_or_else(|| panic!("no folder {key}"))
}

fn messages(wanted: &Wanted) -> Vec<&str> {
    wanted
        .warnings
        .iter()
        .map(|warning| warning.message.as_str())
        .collect()
}

#[test]
fn b1_a_rule_has_a_folder_and_each_of_its_records_one_in_it() {
    let rules = [
        titled("Tasks", rule(1, "project.task")),
        rule(2, "crm.lead"),
    ];
    let tasks = [record(7, "Task 7", None), record(3, "Task 3", None)];
    let wanted = wanted(&rules, &matched(&[(1, &tasks), (2, &[])]));
    assert_eq!(
        paths(&wanted),
        ["Tasks", "Tasks/Task 3", "Tasks/Task 7", "crm.lead"]
    );
    assert_eq!(wanted.warnings, []);
    assert_eq!(
        *find(&wanted, "record:project.task:7"),
        WantedFolder {
            key: "record:project.task:7".into(),
            parent: Some("rule:1".into()),
            name: "Task 7".into(),
            kind: FolderKind::Record,
            rule: 1,
            record: Some(("project.task".into(), 7)),
            connection: cloud(1),
            in_scope: true,
        }
    );
}

#[test]
fn b2_a_title_overrides_the_models_name() {
    let named = |title: Option<&str>, model_name: &str| {
        let rule = Rule {
            title: title.map(str::to_owned),
            model_name: model_name.into(),
            ..rule(1, "project.task")
        };
        paths(&wanted(&[rule], &matched(&[(1, &[])]))).remove(0)
    };
    assert_eq!(named(None, "Task"), "Task");
    assert_eq!(named(Some(" "), "Task"), "Task");
    assert_eq!(named(Some("To do "), "Task"), "To do");
    assert_eq!(named(None, ""), "project.task");
}

#[test]
fn b3_any_model_will_do() {
    let wanted = wanted(
        &[rule(1, "x_studio.machine")],
        &matched(&[(1, &[record(1, "Lathe", None)])]),
    );
    assert_eq!(
        paths(&wanted),
        ["x_studio.machine", "x_studio.machine/Lathe"]
    );
}

#[test]
fn b5_u1_a_record_of_two_rules_has_its_home_under_the_first_by_sequence() {
    let rules = |first: i64, second: i64| {
        [
            Rule {
                sequence: first,
                ..titled("EU", rule(1, "sale.order"))
            },
            Rule {
                sequence: second,
                ..titled("US", rule(2, "sale.order"))
            },
        ]
    };
    let both = [record(1, "S1", None), record(2, "S2", None)];
    let records = matched(&[(1, &both[..]), (2, &both[1..])]);
    let under = |rules: &[Rule]| paths(&wanted(rules, &records));
    assert_eq!(
        under(&rules(1, 2)),
        ["EU", "EU/S1", "EU/S2", "US", "US/→S2"]
    );
    assert_eq!(
        under(&rules(2, 1)),
        ["EU", "EU/S1", "EU/→S2", "US", "US/S2"]
    );
    assert_eq!(
        under(&rules(1, 1)),
        ["EU", "EU/S1", "EU/S2", "US", "US/→S2"]
    );
}

#[test]
fn b7_b11_child_rules_nest_to_any_depth_where_they_have_records() {
    let rules = [
        titled("Customers", rule(1, "res.partner")),
        below(1, titled("Projects", rule(2, "project.project"))),
        below(2, titled("Tasks", rule(3, "project.task"))),
        below(3, titled("Sheets", rule(4, "account.analytic.line"))),
    ];
    let records = matched(&[
        (
            1,
            &[record(1, "Azure Interior", None), record(2, "Deco", None)],
        ),
        (2, &[record(5, "X", Some(1)), record(6, "Z", Some(1))]),
        (3, &[record(5, "Y", Some(5))]),
        (4, &[record(9, "Monday", Some(5))]),
    ]);
    let wanted = wanted(&rules, &records);
    assert_eq!(
        paths(&wanted),
        [
            "Customers",
            "Customers/Azure Interior",
            "Customers/Azure Interior/Projects",
            "Customers/Azure Interior/Projects/X",
            "Customers/Azure Interior/Projects/X/Tasks",
            "Customers/Azure Interior/Projects/X/Tasks/Y",
            "Customers/Azure Interior/Projects/X/Tasks/Y/Sheets",
            "Customers/Azure Interior/Projects/X/Tasks/Y/Sheets/Monday",
            "Customers/Azure Interior/Projects/Z",
            "Customers/Deco",
        ]
    );
    assert_eq!(find(&wanted, "rule:3@project.project:5").record, None);
    assert_eq!(wanted.warnings, []);
}

#[test]
fn b8_a_parent_rule_without_a_usable_relation_is_told() {
    let customers = rule(1, "res.partner");
    let records = matched(&[
        (1, &[record(1, "Azure", None)]),
        (2, &[record(5, "X", Some(1))]),
    ]);
    let projects = below(1, titled("Projects", rule(2, "project.project")));
    let flat = ["Projects", "Projects/X", "res.partner", "res.partner/Azure"];
    let table = [
        (
            Rule {
                parent_field: None,
                ..projects.clone()
            },
            "no parent field",
        ),
        (
            Rule {
                parent: Some(9),
                ..projects.clone()
            },
            "not active",
        ),
        (
            Rule {
                parent: Some(2),
                ..projects.clone()
            },
            "below itself",
        ),
    ];
    for (broken, why) in table {
        let wanted = wanted(&[customers.clone(), broken], &records);
        assert_eq!(paths(&wanted), flat, "{why}");
        assert!(messages(&wanted)[0].contains(why), "{:?}", wanted.warnings);
    }
    let circle = [below(2, customers), projects];
    let wanted = wanted(&circle, &records);
    assert_eq!(messages(&wanted).len(), 1);
    assert!(messages(&wanted)[0].contains("below itself"));
}

#[test]
fn b9_a_record_without_a_parent_in_scope_stands_under_its_rules_root() {
    let rules = [
        titled("Customers", rule(1, "res.partner")),
        below(1, titled("Projects", rule(2, "project.project"))),
    ];
    let records = matched(&[
        (1, &[record(1, "Azure", None)]),
        (
            2,
            &[
                record(5, "None", None),
                record(6, "Elsewhere", Some(2)),
                record(7, "X", Some(1)),
            ],
        ),
    ]);
    assert_eq!(
        paths(&wanted(&rules, &records)),
        [
            "Customers",
            "Customers/Azure",
            "Customers/Azure/Projects",
            "Customers/Azure/Projects/X",
            "Projects",
            "Projects/Elsewhere",
            "Projects/None",
        ]
    );
}

#[test]
fn b17_b18_rules_may_belong_to_two_clouds_and_children_stay_in_their_parents() {
    let second = Rule {
        connection: cloud(2),
        ..rule(3, "crm.lead")
    };
    let astray = Rule {
        connection: cloud(2),
        ..below(1, rule(2, "project.task"))
    };
    let records = matched(&[
        (1, &[record(1, "P", None)]),
        (2, &[record(1, "T", Some(1))]),
        (3, &[record(1, "L", None)]),
    ]);
    let wanted = wanted(&[rule(1, "project.project"), astray, second], &records);
    assert_eq!(
        paths(&wanted),
        [
            "2:crm.lead",
            "2:crm.lead/L",
            "2:project.task",
            "2:project.task/T",
            "project.project",
            "project.project/P"
        ]
    );
    assert!(messages(&wanted)[0].contains("another cloud"));
}

#[test]
fn b18_a_parent_at_home_in_another_cloud_holds_no_folders_of_this_one() {
    let rules = [
        Rule {
            connection: cloud(2),
            ..titled("Vip", rule(1, "res.partner"))
        },
        titled("All", rule(2, "res.partner")),
        below(2, titled("Orders", rule(3, "sale.order"))),
    ];
    let records = matched(&[
        (1, &[record(1, "Azure", None)]),
        (2, &[record(1, "Azure", None)]),
        (3, &[record(8, "S8", Some(1))]),
    ]);
    assert_eq!(
        paths(&wanted(&rules, &records)),
        [
            "2:Vip",
            "2:Vip/Azure",
            "All",
            "All/→Azure",
            "Orders",
            "Orders/S8"
        ]
    );
}

#[test]
fn u4_an_archived_record_has_a_folder_only_as_the_place_of_others() {
    let rules = [
        titled("Customers", rule(1, "res.partner")),
        below(1, titled("Projects", rule(2, "project.project"))),
    ];
    let archived = |id, name| Record {
        archived: true,
        ..record(id, name, None)
    };
    let records = matched(&[
        (1, &[archived(1, "Gone"), archived(2, "Empty")]),
        (2, &[record(5, "X", Some(1))]),
    ]);
    let wanted = wanted(&rules, &records);
    assert_eq!(
        paths(&wanted),
        [
            "Customers",
            "Customers/Gone",
            "Customers/Gone/Projects",
            "Customers/Gone/Projects/X"
        ]
    );
    assert!(!find(&wanted, "record:res.partner:1").in_scope);
    assert!(find(&wanted, "record:project.project:5").in_scope);
}

#[test]
fn a_rule_that_could_not_be_read_is_frozen_with_all_below_it() {
    let rules = [
        rule(1, "a"),
        below(1, rule(2, "b")),
        below(2, rule(3, "c")),
        rule(4, "d"),
    ];
    let wanted = wanted(&rules, &matched(&[(2, &[]), (3, &[]), (4, &[])]));
    assert_eq!(wanted.frozen, BTreeSet::from([1, 2, 3]));
    assert_eq!(paths(&wanted), ["d"]);
}

#[test]
fn records_in_a_circle_are_told_and_still_have_a_place() {
    // The first home of an `a` hangs below a `b`, and the `b` below that very `a`.
    let rules = [
        Rule {
            sequence: 1,
            ..below(2, rule(1, "a"))
        },
        Rule {
            sequence: 2,
            ..below(3, rule(2, "b"))
        },
        Rule {
            sequence: 3,
            ..titled("top", rule(3, "a"))
        },
    ];
    let records = matched(&[
        (1, &[record(1, "A", Some(1))]),
        (2, &[record(1, "B", Some(1))]),
        (3, &[record(1, "A", None)]),
    ]);
    let wanted = wanted(&rules, &records);
    assert_eq!(
        paths(&wanted),
        ["b", "b/B", "b/B/a", "b/B/a/A", "top", "top/→A"]
    );
    assert!(messages(&wanted)[0].contains("in a circle"));
    assert_eq!(wanted.warnings[0].rule, Some(2));
}
