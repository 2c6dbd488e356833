//! Trying rules out against an Odoo in memory.

use super::office::{OFFICE, TODAY, dirty, office, run, settled};
use super::*;
use serde_json::json;

#[tokio::test]
async fn b105_a_preview_reads_only_its_rule_and_leaves_everything_as_it_was() {
    let odoo = office();
    let mut arranger = settled(&odoo).await;
    let mut setup = odoo.world(|world| world.setup.clone());
    setup.rules[1].name_expression = Some("P {{object.name}}".into());
    let seen = arranger
        .preview(&odoo, setup, 2, TODAY)
        .await
        .expect("odoo is up");
    assert_eq!((seen.counts.renamed, seen.counts.records), (2, 2));
    assert_eq!(odoo.calls(), ["search_read project.project"]);
    assert_eq!(odoo.paths(), OFFICE);
    // Nothing was forgotten: one dirty record is one question.
    odoo.world(|world| world.put("project.project", 1, json!({"name": "Z"})));
    run(&mut arranger, &odoo, dirty("project.project", &[1])).await;
    let calls = odoo.calls();
    assert!(
        !calls.contains(&"automatic_folders".to_owned()),
        "{calls:?}"
    );
    assert!(
        odoo.paths()
            .contains(&"Customers/Azure/Projects/Z".to_owned())
    );
}

#[tokio::test]
async fn a_preview_of_a_rule_that_is_not_saved_yet() {
    let odoo = office();
    let mut arranger = settled(&odoo).await;
    let mut setup = odoo.world(|world| world.setup.clone());
    let country = Rule {
        title: Some("Countries".into()),
        ..Rule::of(0, "res.country", setup.rules[0].connection)
    };
    setup.rules.push(country);
    let seen = arranger
        .preview(&odoo, setup, 0, TODAY)
        .await
        .expect("odoo is up");
    assert_eq!((seen.counts.new, seen.counts.records), (2, 1));
    assert_eq!(seen.tree[0].name, "Countries");
    let again = run(&mut arranger, &odoo, Dirty::everything()).await;
    assert_eq!(again.changed, 0);
}

#[tokio::test]
async fn a_preview_needs_no_run_before_and_no_archived_parent_stays_behind() {
    let odoo = office();
    odoo.world(|world| world.put("res.partner", 2, json!({"active": false})));
    let mut arranger = Arranger::new();
    let setup = odoo.world(|world| world.setup.clone());
    let seen = arranger
        .preview(&odoo, setup, 3, TODAY)
        .await
        .expect("odoo is up");
    assert_eq!(seen.counts.records, 3);
    assert!(arranger.matched.is_empty() && arranger.plans.is_empty());
    let arranged = run(&mut arranger, &odoo, Dirty::default()).await;
    assert_eq!(arranged.changed, 13 + 1);
}

#[tokio::test]
async fn b105_a_preview_of_what_cannot_be_read_says_why() {
    let odoo = office();
    let mut arranger = settled(&odoo).await;
    let setup = odoo.world(|world| {
        world.refused.insert("project.task".into());
        world.setup.clone()
    });
    let mut changed = setup.clone();
    changed.rules[2].domain = vec![json!(["stage", "=", "open"])];
    let seen = arranger
        .preview(&odoo, changed, 3, TODAY)
        .await
        .expect("told");
    assert!(seen.warnings[0].message.contains("the domain is wrong"));
    assert_eq!(arranger.matched[&3].len(), 3);
}
