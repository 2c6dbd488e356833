//! Changes, as a story and as properties of any two worlds.

use super::super::rule::{Record, Rule};
use super::super::wanted::{FolderKind, wanted};
use super::super::worlds::{Folders, World, below, cloud, of, record, roots, rule, titled, worlds};
use super::*;
use proptest::prelude::*;

/// What changes when a world becomes another, the first one being in place.
fn changes(before: &World, after: &World) -> (Folders, Difference) {
    let mut folders = Folders::default();
    folders.apply(&difference(&of(before), &[], &roots()).changes);
    let difference = difference(&of(after), &folders.list, &roots());
    (folders, difference)
}

fn id(folders: &Folders, key: &str) -> i64 {
    let found = folders.list.iter().find(|folder| folder.key == key);
    found.unwrap_or_else(|| panic!("no folder {key}")).id
}

fn world(rules: &[Rule], records: &[(i64, &[Record])]) -> World {
    let matched = records
        .iter()
        .map(|(rule, records)| (*rule, records.to_vec()));
    (rules.to_vec(), matched.collect())
}

fn projects(partner: i64) -> World {
    let rules = [
        titled("Customers", rule(1, "res.partner")),
        below(1, titled("Projects", rule(2, "project.project"))),
    ];
    let partners = [record(1, "Azure", None), record(2, "Deco", None)];
    world(
        &rules,
        &[(1, &partners), (2, &[record(5, "X", Some(partner))])],
    )
}

#[test]
fn b1_folders_are_created_parents_first_and_only_once() {
    let (folders, again) = changes(&projects(1), &projects(1));
    assert_eq!(folders.list.len(), 5);
    assert_eq!(again, Difference::default());
}

#[test]
fn b10_a_record_with_another_parent_moves_with_one_change() {
    let (folders, difference) = changes(&projects(1), &projects(2));
    let Change::Create { folder, parent } = &difference.changes[0] else {
        panic!("the rule's folder in the other customer's comes first: {difference:?}");
    };
    assert_eq!(folder.key, "rule:2@res.partner:2");
    assert_eq!(folder.kind, FolderKind::Rule);
    assert_eq!(
        *parent,
        Parent::Folder(id(&folders, "record:res.partner:2"))
    );
    assert_eq!(
        difference.changes[1..],
        [
            Change::Move {
                id: id(&folders, "record:project.project:5"),
                parent: Parent::Key("rule:2@res.partner:2".into()),
                rule: Some(2),
            },
            Change::Scope {
                id: id(&folders, "rule:2@res.partner:1"),
                in_scope: false,
                stopped: false,
            },
        ]
    );
}

#[test]
fn b12_a_renamed_record_or_rule_renames_its_folder_in_place() {
    let before = world(&[rule(1, "a")], &[(1, &[record(1, "Old", None)])]);
    let after = world(
        &[titled("T", rule(1, "a"))],
        &[(1, &[record(1, "New", None)])],
    );
    let (folders, difference) = changes(&before, &after);
    let rename = |key: &str, name: &str| Change::Rename {
        id: id(&folders, key),
        name: name.into(),
    };
    assert_eq!(
        difference.changes,
        [rename("rule:1", "T"), rename("record:a:1", "New")]
    );
}

#[test]
fn b4_b6_u2_a_record_that_matches_no_more_goes_out_of_scope_and_is_never_deleted() {
    let full = world(
        &[rule(1, "a")],
        &[(1, &[record(1, "A", None), record(2, "B", None)])],
    );
    let less = world(&[rule(1, "a")], &[(1, &[record(2, "B", None)])]);
    let (mut folders, left) = changes(&full, &less);
    let scope = |in_scope| Change::Scope {
        id: id(&folders, "record:a:1"),
        in_scope,
        stopped: false,
    };
    assert_eq!(left.changes, [scope(false)]);
    let back = scope(true);
    folders.apply(&left.changes);
    assert_eq!(
        difference(&of(&less), &folders.list, &roots()),
        Difference::default()
    );
    assert_eq!(
        difference(&of(&full), &folders.list, &roots()).changes,
        [back]
    );
}

#[test]
fn u1_leaving_one_rule_for_another_moves_the_folder() {
    let rules = [rule(1, "a"), titled("Other", rule(2, "a"))];
    let one = [record(1, "A", None)];
    let before = world(&rules, &[(1, &one), (2, &one)]);
    let after = world(&rules, &[(1, &[]), (2, &one)]);
    let (folders, difference) = changes(&before, &after);
    assert_eq!(
        difference.changes,
        [
            Change::Move {
                id: id(&folders, "record:a:1"),
                parent: Parent::Folder(id(&folders, "rule:2")),
                rule: Some(2),
            },
            // It was a shortcut there.
            Change::Drop {
                id: id(&folders, "shortcut:2@a:1"),
            },
        ]
    );
}

#[test]
fn u2_an_archived_rule_takes_its_folders_out_of_scope() {
    let before = world(
        &[rule(1, "a"), rule(2, "b")],
        &[(1, &[record(1, "A", None)]), (2, &[])],
    );
    let (folders, difference) = changes(&before, &world(&[rule(2, "b")], &[(2, &[])]));
    let gone = |key: &str| Change::Scope {
        id: id(&folders, key),
        in_scope: false,
        stopped: false,
    };
    assert_eq!(difference.changes, [gone("rule:1"), gone("record:a:1")]);
}

#[test]
fn u4_an_archived_record_keeps_its_folder_below_which_others_stand() {
    let before = projects(1);
    let mut after = projects(1);
    after.1.get_mut(&1).expect("partners")[0].archived = true;
    let (folders, difference) = changes(&before, &after);
    let id = id(&folders, "record:res.partner:1");
    assert_eq!(
        difference.changes,
        [Change::Scope {
            id,
            in_scope: false,
            stopped: false,
        }]
    );
}

#[test]
fn b16_a_rule_that_could_not_be_read_leaves_its_folders_alone() {
    let before = projects(1);
    let mut after = projects(2);
    after.1.remove(&2);
    let (_, unread) = changes(&before, &after);
    assert_eq!(unread, Difference::default());
    // The record is matched by a later rule too, and stays with the one that could not be read.
    let rules = [rule(1, "a"), rule(2, "a")];
    let one = [record(1, "A", None)];
    let both = world(&rules, &[(1, &one), (2, &one)]);
    let (_, unread) = changes(&both, &world(&rules, &[(2, &one)]));
    assert_eq!(unread, Difference::default());
}

#[test]
fn b18_a_folder_never_changes_its_cloud_by_itself() {
    let here = world(&[rule(1, "a")], &[(1, &[record(1, "A", None)])]);
    let moved = Rule {
        connection: cloud(2),
        ..rule(1, "a")
    };
    let there = world(
        &[moved],
        &[(1, &[record(1, "A", None), record(2, "B", None)])],
    );
    let (_, difference) = changes(&here, &there);
    assert_eq!(difference.changes, []);
    assert_eq!(difference.warnings.len(), 1);
    assert_eq!(difference.warnings[0].records, 2);
    assert!(difference.warnings[0].message.contains("brought home"));
}

#[test]
fn a_cloud_that_is_not_in_use_is_left_alone() {
    let here = world(&[rule(1, "a")], &[(1, &[record(1, "A", None)])]);
    let (folders, _) = changes(&here, &here);
    let nothing = wanted(&[], &BTreeMap::new());
    let only_second = BTreeMap::from([(cloud(2), 2)]);
    assert_eq!(
        difference(&nothing, &folders.list, &only_second),
        Difference::default()
    );
    assert_eq!(
        difference(&of(&here), &folders.list, &only_second),
        Difference::default()
    );
    assert_eq!(
        difference(&of(&here), &[], &only_second),
        Difference::default()
    );
}

#[test]
fn swapped_places_are_changed_top_down() {
    let rules = |upper: i64, lower: i64| {
        let models = ["", "a", "b"];
        let model = |id: i64| models[usize::try_from(id).expect("small")];
        [
            titled("U", rule(upper, model(upper))),
            below(upper, titled("L", rule(lower, model(lower)))),
        ]
    };
    let one = |parent| [record(1, "R", parent)];
    let before = world(&rules(1, 2), &[(1, &one(None)), (2, &one(Some(1)))]);
    let after = world(&rules(2, 1), &[(1, &one(Some(1))), (2, &one(None))]);
    let (mut folders, difference) = changes(&before, &after);
    folders.apply(&difference.changes);
    let place = |key: &str| {
        folders
            .list
            .iter()
            .find(|f| f.key == key)
            .expect("it is there")
            .parent
    };
    assert_eq!(place("record:a:1"), Some(id(&folders, "rule:1@b:1")));
    assert_eq!(place("rule:1@b:1"), Some(id(&folders, "record:b:1")));
    assert_eq!(place("record:b:1"), Some(id(&folders, "rule:2")));
}

#[test]
fn a_folder_never_moves_below_itself() {
    // B stands below A by a rule that cannot be read now, and another rule wants A below B.
    let one = |name, parent| [record(1, name, parent)];
    let before = [rule(1, "a"), below(1, rule(2, "b"))];
    let before = world(&before, &[(1, &one("A", None)), (2, &one("B", Some(1)))]);
    let after = [below(4, rule(1, "a")), rule(2, "b"), rule(4, "b")];
    let after = world(&after, &[(1, &one("A", Some(1))), (4, &one("B", None))]);
    let (folders, difference) = changes(&before, &after);
    let moved = id(&folders, "record:a:1");
    let is_move = |change: &Change| matches!(change, Change::Move { id, .. } if *id == moved);
    assert!(!difference.changes.iter().any(is_move), "{difference:?}");
    assert_eq!(difference.warnings.len(), 1);
    assert!(difference.warnings[0].message.contains("below themselves"));
}

proptest! {
    #[test]
    fn b1_b10_b12_u2_twice_changes_nothing_and_nothing_is_lost(
        history in prop::collection::vec(worlds(), 1..4)
    ) {
        let mut folders = Folders::default();
        for world in history {
            let wanted = of(&world);
            let before = folders.clone();
            let first = difference(&wanted, &folders.list, &roots());
            folders.apply(&first.changes);
            for known in &before.list {
                let kept = folders.list.iter().find(|folder| folder.id == known.id);
                let is_shortcut = known.key.starts_with("shortcut:");
                prop_assert!(is_shortcut || kept.is_some_and(|folder| folder.key == known.key));
            }
            let second = difference(&wanted, &folders.list, &roots());
            prop_assert_eq!(&second.changes, &[], "{:?}", first);
            prop_assert_eq!(second.warnings, first.warnings);
        }
    }

    #[test]
    fn what_is_wanted_is_what_there_is(before in worlds(), after in worlds()) {
        // Frozen rules and other clouds may hold a folder back; without them nothing does.
        let whole = |(rules, matched): World| {
            let rules = rules.into_iter().map(|rule| Rule { connection: cloud(1), ..rule });
            let rules: Vec<Rule> = rules.collect();
            let of = |rule: &Rule| (rule.id, matched.get(&rule.id).cloned().unwrap_or_default());
            (rules.clone(), rules.iter().map(of).collect())
        };
        let (before, after): (World, World) = (whole(before), whole(after));
        let (mut folders, difference) = changes(&before, &after);
        folders.apply(&difference.changes);
        prop_assert_eq!(difference.warnings, vec![]);
        let asked = of(&after);
        let names: HashMap<i64, &str> =
            folders.list.iter().map(|folder| (folder.id, folder.key.as_str())).collect();
        let in_place = |folder: &WantedFolder| folders.list.iter().any(|known| {
            let parent = known.parent.and_then(|parent| names.get(&parent).copied());
            known.key == folder.key
                && known.name == folder.name
                && known.in_scope == folder.in_scope
                && parent == folder.parent.as_deref()
        });
        for folder in &asked.folders {
            prop_assert!(in_place(folder), "{} in {:?}", folder.key, folders);
        }
        let is_archive = |folder: &&Existing| folder.key.ends_with("#archive");
        let scoped = folders.list.iter().filter(|folder| folder.in_scope && !is_archive(folder));
        let scoped = scoped.count();
        prop_assert_eq!(scoped, asked.folders.iter().filter(|folder| folder.in_scope).count());
    }
}
