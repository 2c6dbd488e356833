//! What holds of the wanted folders of any world.

use super::super::worlds::{of, worlds};
use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

proptest! {
    #[test]
    fn b1_b7_u1_any_world_is_a_forest_with_one_home_each(world in worlds()) {
        let wanted = of(&world);
        let mut known = BTreeSet::new();
        let mut homes = BTreeSet::new();
        for folder in &wanted.folders {
            prop_assert!(folder.parent.iter().all(|parent| known.contains(parent)));
            prop_assert!(known.insert(folder.key.clone()), "{} twice", folder.key);
            if folder.kind == FolderKind::Record {
                prop_assert!(homes.insert(folder.record.clone().expect("its record")));
            }
        }
        for folder in wanted.folders.iter().filter(|folder| folder.kind == FolderKind::Shortcut) {
            prop_assert!(homes.contains(&folder.record.clone().expect("its record")));
        }
        let (rules, matched) = &world;
        for rule in rules.iter().filter(|rule| !wanted.frozen.contains(&rule.id)) {
            for record in matched[&rule.id].iter().filter(|record| !record.archived) {
                prop_assert!(homes.contains(&(rule.model.clone(), record.id)));
            }
        }
        let homeless = |folder: &WantedFolder| wanted.frozen.contains(&folder.rule);
        prop_assert!(!wanted.folders.iter().any(homeless));
        for folder in &wanted.folders {
            let parent = folder.parent.as_ref().and_then(|parent| wanted.folders.iter().find(|above| above.key == *parent));
            prop_assert!(parent.is_none_or(|parent| parent.connection == folder.connection));
        }
    }

    #[test]
    fn the_order_of_facts_does_not_matter(world in worlds()) {
        let wanted = of(&world);
        let (mut rules, mut matched) = world;
        rules.reverse();
        matched.values_mut().for_each(|records| records.reverse());
        // The generator may draw one record twice with two faces; only equal facts compare.
        let twice = |records: &Vec<Record>| {
            let ids: BTreeSet<i64> = records.iter().map(|record| record.id).collect();
            ids.len() < records.len()
        };
        prop_assume!(!matched.values().any(twice));
        prop_assert_eq!(of(&(rules, matched)), wanted);
    }
}
