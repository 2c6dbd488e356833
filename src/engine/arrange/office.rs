//! The office that arranging is tested with: customers with projects with tasks.

use super::double::{Double, column, single};
use super::*;
use crate::tree::ConnectionId;
use serde_json::json;
use time::macros::date;
use uuid::Uuid;

pub(super) const TODAY: Date = date!(2026 - 11 - 24);

fn cloud() -> ConnectionId {
    ConnectionId(Uuid::from_u128(1))
}

fn rule(id: i64, title: &str, model: &str) -> Rule {
    Rule {
        title: Some(title.into()),
        ..Rule::of(id, model, cloud())
    }
}

/// Customers with projects with tasks.
pub(super) fn office() -> Double {
    let odoo = Double::new();
    odoo.world(|world| {
        world.setup = Setup {
            rules: vec![
                rule(1, "Customers", "res.partner"),
                Rule {
                    parent: Some(1),
                    parent_field: Some("partner_id".into()),
                    ..rule(2, "Projects", "project.project")
                },
                Rule {
                    parent: Some(2),
                    parent_field: Some("project_id".into()),
                    name_expression: Some(
                        "{{object.project_id.partner_id.country_id.code ||| XX}} {{object.name}}"
                            .into(),
                    ),
                    ..rule(3, "Tasks", "project.task")
                },
            ],
            roots: BTreeMap::from([(cloud(), 1)]),
            unread: BTreeMap::new(),
        };
        world.table("res.country", &[("code", column())]);
        world.table(
            "res.partner",
            &[("active", column()), ("country_id", single("res.country"))],
        );
        world.table(
            "project.project",
            &[("active", column()), ("partner_id", single("res.partner"))],
        );
        world.table(
            "project.task",
            &[
                ("project_id", single("project.project")),
                ("stage", column()),
                ("date", column()),
            ],
        );
        world.put("res.country", 1, json!({"name": "Germany", "code": "DE"}));
        world.put(
            "res.partner",
            1,
            json!({"name": "Azure", "country_id": [1, "Germany"]}),
        );
        world.put(
            "res.partner",
            2,
            json!({"name": "Deco", "country_id": false}),
        );
        world.put(
            "project.project",
            1,
            json!({"name": "X", "partner_id": [1, "Azure"]}),
        );
        world.put(
            "project.project",
            2,
            json!({"name": "Y", "partner_id": [2, "Deco"]}),
        );
        world.put(
            "project.task",
            1,
            json!({"name": "Draw", "project_id": [1, "X"]}),
        );
        world.put(
            "project.task",
            2,
            json!({"name": "Build", "project_id": [2, "Y"]}),
        );
        world.put(
            "project.task",
            3,
            json!({"name": "Rest", "project_id": false}),
        );
    });
    odoo
}

pub(super) const OFFICE: [&str; 13] = [
    "Customers",
    "Customers/Azure",
    "Customers/Azure/Projects",
    "Customers/Azure/Projects/X",
    "Customers/Azure/Projects/X/Tasks",
    "Customers/Azure/Projects/X/Tasks/DE Draw",
    "Customers/Deco",
    "Customers/Deco/Projects",
    "Customers/Deco/Projects/Y",
    "Customers/Deco/Projects/Y/Tasks",
    "Customers/Deco/Projects/Y/Tasks/XX Build",
    "Tasks",
    "Tasks/XX Rest",
];

pub(super) fn dirty(model: &str, ids: &[i64]) -> Dirty {
    Dirty {
        rows: BTreeMap::from([(model.to_owned(), ids.iter().copied().collect())]),
        ..Dirty::default()
    }
}

pub(super) async fn run(arranger: &mut Arranger, odoo: &Double, dirty: Dirty) -> Arranged {
    let outcome = arranger.run(odoo, dirty, TODAY).await.expect("odoo is up");
    outcome.expect("something is dirty")
}

/// Runs once and forgets the calls.
pub(super) async fn settled(odoo: &Double) -> Arranger {
    let mut arranger = Arranger::new();
    let arranged = run(&mut arranger, odoo, Dirty::everything()).await;
    assert_eq!(arranged.warnings, []);
    odoo.calls();
    arranger
}
