//! What goes wrong with one rule, one folder or one call, and what stays right.

use super::double::World;
use super::office::{OFFICE, TODAY, office, run, settled};
use super::*;
use serde_json::json;

#[tokio::test]
async fn b21_u5_a_field_that_is_gone_gives_display_names_and_a_warning() {
    let odoo = office();
    odoo.world(|world| {
        world.setup.rules[2].name_expression = Some("{{object.project_id.color}}".into());
    });
    let arranged = run(&mut Arranger::new(), &odoo, Dirty::default()).await;
    assert!(
        odoo.paths()
            .contains(&"Customers/Azure/Projects/X/Tasks/Draw".to_owned())
    );
    assert_eq!(arranged.warnings.len(), 1);
    assert_eq!(arranged.warnings[0].records, 3);
    assert!(
        arranged.warnings[0]
            .message
            .contains("project_id.color cannot be read")
    );
}

#[tokio::test]
async fn b16_one_broken_rule_never_stops_the_others_nor_loses_its_folders() {
    let break_it: [fn(&mut World); 4] = [
        |world| world.refused.extend(["project.project".to_owned()]),
        |world| world.setup.rules[1].domain = vec![json!("&")],
        |world| world.setup.rules[1].parent_field = Some("gone_id".into()),
        |world| {
            world
                .setup
                .unread
                .extend([(2, Some("the period is unknown".into()))])
        },
    ];
    for broken in break_it {
        let odoo = office();
        odoo.world(|world| world.setup.rules[2].name_expression = None);
        settled(&odoo).await;
        odoo.world(|world| {
            broken(world);
            world.put("res.partner", 2, json!({"name": "Ready"}));
            world.put("project.project", 1, json!({"name": "Not read"}));
        });
        let arranged = run(&mut Arranger::new(), &odoo, Dirty::default()).await;
        let paths = odoo.paths();
        assert!(
            paths.contains(&"Customers/Ready/Projects/Y/Tasks/Build".to_owned()),
            "{paths:?}"
        );
        assert!(
            paths.contains(&"Customers/Azure/Projects/X/Tasks/Draw".to_owned()),
            "{paths:?}"
        );
        assert_eq!(arranged.warnings.len(), 1, "{:?}", arranged.warnings);
        assert_eq!(arranged.warnings[0].rule, Some(2));
        assert!(arranged.warnings[0].message.contains("its folders stay"));
    }
}

#[tokio::test]
async fn a_refused_folder_is_told_and_stops_only_what_is_below() {
    let odoo = office();
    odoo.world(|world| world.bad_names.extend(["X".to_owned()]));
    let mut arranger = Arranger::new();
    let arranged = run(&mut arranger, &odoo, Dirty::default()).await;
    let left = OFFICE
        .iter()
        .filter(|path| !path.starts_with("Customers/Azure/Projects/X"));
    assert_eq!(odoo.paths(), left.copied().collect::<Vec<_>>());
    let told = |part: &str| arranged.warnings.iter().find(|w| w.message.contains(part));
    assert_eq!(
        told("the name is wrong").expect("it is told").example,
        Some("X".into())
    );
    assert_eq!(told("the folder above").expect("it is told").records, 2);
    odoo.world(|world| world.bad_names.clear());
    run(
        &mut arranger,
        &odoo,
        Dirty {
            settings: true,
            ..Dirty::default()
        },
    )
    .await;
    assert_eq!(odoo.paths(), OFFICE);
}

#[tokio::test]
async fn after_an_outage_anywhere_nothing_is_forgotten_or_made_twice() {
    let mut broken = 0;
    for method in [
        "setup",
        "fields",
        "watch",
        "search_read",
        "automatic_folders",
        "apply_folders",
    ] {
        for good in 0..20 {
            let odoo = office();
            odoo.world(|world| world.down_after.insert(method.to_owned(), good));
            let mut arranger = Arranger::new();
            let outcome = arranger.run(&odoo, Dirty::default(), TODAY).await;
            odoo.world(|world| world.down_after.clear());
            match outcome {
                Ok(_) => break,
                Err(error) => {
                    broken += 1;
                    assert_eq!(error.kind, ErrorKind::Unavailable);
                    run(&mut arranger, &odoo, Dirty::default()).await;
                }
            }
            assert_eq!(odoo.paths(), OFFICE, "{method} down after {good}");
        }
    }
    assert!(broken >= 12, "every call fails once, {broken} did");
}
