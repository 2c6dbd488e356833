//! Arranging against an Odoo in memory.

use super::office::{OFFICE, TODAY, dirty, office, run, settled};
use super::*;
use crate::rules::{Direction, FieldKind, Leave, Period, Unit};
use serde_json::json;

#[tokio::test]
async fn b1_b7_b11_b16_rules_become_folders_without_anybody_asking() {
    let odoo = office();
    let mut arranger = Arranger::new();
    let arranged = run(&mut arranger, &odoo, Dirty::default()).await;
    assert_eq!(odoo.paths(), OFFICE);
    assert_eq!((arranged.changed, arranged.warnings.len()), (13, 0));
    let again = run(&mut arranger, &odoo, Dirty::everything()).await;
    assert_eq!(again.changed, 0);
}

#[tokio::test]
async fn nothing_dirty_asks_nothing() {
    let odoo = office();
    let mut arranger = settled(&odoo).await;
    let outcome = arranger.run(&odoo, Dirty::default(), TODAY).await;
    assert_eq!(outcome.expect("nothing is asked"), None);
    assert_eq!(odoo.calls(), Vec::<String>::new());
}

#[tokio::test]
async fn b12_only_the_dirty_record_is_read_again() {
    let odoo = office();
    let mut arranger = settled(&odoo).await;
    odoo.world(|world| world.put("project.task", 2, json!({"name": "Paint"})));
    let arranged = run(&mut arranger, &odoo, dirty("project.task", &[2])).await;
    assert_eq!(arranged.changed, 1);
    assert!(
        odoo.paths()
            .contains(&"Customers/Deco/Projects/Y/Tasks/XX Paint".to_owned())
    );
    assert_eq!(
        odoo.calls(),
        [
            "search_read project.task",
            "search_read project.project",
            "search_read res.partner",
            "apply_folders"
        ]
    );
}

#[tokio::test]
async fn b10_b12_a_record_that_a_name_walks_through_changes_it() {
    let odoo = office();
    let mut arranger = settled(&odoo).await;
    odoo.world(|world| world.put("res.country", 1, json!({"code": "AT"})));
    run(&mut arranger, &odoo, dirty("res.country", &[1])).await;
    assert!(
        odoo.paths()
            .contains(&"Customers/Azure/Projects/X/Tasks/AT Draw".to_owned())
    );
    odoo.world(|world| world.put("project.project", 1, json!({"partner_id": [2, "Deco"]})));
    run(&mut arranger, &odoo, dirty("project.project", &[1])).await;
    assert!(
        odoo.paths()
            .contains(&"Customers/Deco/Projects/X/Tasks/XX Draw".to_owned())
    );
}

#[tokio::test]
async fn what_decides_about_folders_is_watched() {
    let odoo = office();
    odoo.world(|world| {
        world.setup.rules[1].name_expression = Some("{{object.partner_id}}".into());
        world.setup.rules[2].domain = vec![json!(["stage", "=", "open"])];
    });
    settled(&odoo).await;
    let expected: Watched = serde_json::from_value(json!({
        "res.partner": ["active", "display_name"],
        "project.project":
            ["active", "display_name", "partner_id", "partner_id.display_name"],
        "project.task": [
            "display_name", "name", "project_id",
            "project_id.partner_id.country_id.code", "stage"
        ]
    }))
    .expect("the shape of what is watched");
    let watched = odoo.world(|world| world.watched.clone());
    let sorted = |watched: Watched| {
        let sort = |(model, mut paths): (String, Vec<String>)| {
            paths.retain(|path| path != "partner_id");
            paths.sort();
            (model, paths)
        };
        watched.into_iter().map(sort).collect::<Watched>()
    };
    assert_eq!(sorted(watched), sorted(expected));
}

#[tokio::test]
async fn b4_u2_a_record_that_stops_matching_goes_out_of_scope() {
    let odoo = office();
    odoo.world(|world| {
        world.setup.rules[2].domain = vec![json!(["stage", "=", "open"])];
        for id in 1..=3 {
            world.put("project.task", id, json!({"stage": "open"}));
        }
    });
    let mut arranger = settled(&odoo).await;
    odoo.world(|world| world.put("project.task", 3, json!({"stage": "done"})));
    run(&mut arranger, &odoo, dirty("project.task", &[3])).await;
    let paths = odoo.paths();
    assert!(paths.contains(&"(Tasks/XX Rest)".to_owned()), "{paths:?}");
    assert!(paths.contains(&"(Tasks)".to_owned()), "{paths:?}");
}

#[tokio::test]
async fn b6_a_new_day_moves_a_period_without_any_change() {
    let odoo = office();
    odoo.world(|world| {
        world.setup.rules[2].period = Some(Period {
            field: "date".into(),
            kind: FieldKind::Date,
            direction: Direction::This,
            count: 1,
            unit: Unit::Day,
        });
        for (id, day) in [(1, "2026-11-24"), (2, "2026-11-25"), (3, "2026-11-24")] {
            world.put("project.task", id, json!({"date": day}));
        }
    });
    let mut arranger = settled(&odoo).await;
    assert!(!odoo.paths().iter().any(|path| path.ends_with("Build")));
    let next = arranger.run(&odoo, Dirty::default(), TODAY.next_day().expect("a day"));
    next.await.expect("odoo is up").expect("it is another day");
    let paths = odoo.paths();
    assert!(paths.contains(&"Customers/Deco/Projects/Y/Tasks/XX Build".to_owned()));
    assert!(paths.contains(&"(Tasks/XX Rest)".to_owned()));
    let once = [
        "setup",
        "search_read project.task",
        "search_read project.project",
        "search_read res.partner",
        "apply_folders",
        "apply_folders",
    ];
    assert_eq!(odoo.calls(), once, "the other rules are as before");
}

#[tokio::test]
async fn u4_folders_stay_below_an_archived_customer() {
    let odoo = office();
    let mut arranger = settled(&odoo).await;
    odoo.world(|world| world.put("res.partner", 1, json!({"active": false})));
    run(&mut arranger, &odoo, dirty("res.partner", &[1])).await;
    let mut expected = OFFICE.map(str::to_owned).to_vec();
    expected[1] = "(Customers/Azure)".into();
    expected.sort();
    assert_eq!(odoo.paths(), expected);
    odoo.world(|world| world.put("res.partner", 1, json!({"active": true})));
    run(&mut arranger, &odoo, dirty("res.partner", &[1])).await;
    assert_eq!(odoo.paths(), OFFICE);
    // One that was archived before the rules came is made as well, and is not in scope.
    odoo.world(|world| {
        world.put("res.partner", 1, json!({"active": false}));
        world.folders.clear();
    });
    run(&mut arranger, &odoo, Dirty::everything()).await;
    assert_eq!(odoo.paths(), expected);
}

#[tokio::test]
async fn ten_thousand_records_take_a_handful_of_calls() {
    let odoo = office();
    odoo.world(|world| {
        for id in 10..10_024_i64 {
            let project = 1 + id % 2;
            let values = json!({"name": format!("T{id}"), "project_id": [project, "P"]});
            world.put("project.task", id, values);
        }
    });
    let mut arranger = Arranger::new();
    let started = std::time::Instant::now();
    run(&mut arranger, &odoo, Dirty::default()).await;
    println!("first run of 10,024 records: {:?}", started.elapsed());
    let calls = odoo.calls();
    let reads = calls
        .iter()
        .filter(|call| call.starts_with("search_read"))
        .count();
    let writes = calls.iter().filter(|call| *call == "apply_folders").count();
    // Three pages of tasks, one of each other rule and of each model that names walk through.
    assert_eq!(reads, 8, "{calls:?}");
    assert_eq!(writes, 5 + 10_017 / 1000 + 1, "{calls:?}");
    assert_eq!(calls.len() - reads - writes, 7, "{calls:?}");

    let started = std::time::Instant::now();
    let again = run(&mut arranger, &odoo, Dirty::everything()).await;
    println!("full check of 10,024 records: {:?}", started.elapsed());
    assert_eq!(again.changed, 0);
    assert_eq!(odoo.calls().len(), 15);
}

#[tokio::test]
async fn folders_are_listed_again_only_when_an_automatic_one_was_touched() {
    let odoo = office();
    let mut arranger = settled(&odoo).await;
    let folder = odoo.world(|world| {
        let known = world.folders.values_mut().find(|known| known.name == "X");
        let folder = known.expect("a folder of the office");
        folder.name = "Somebody was here".into();
        folder.id
    });
    let touched = |id: i64| Dirty {
        folders: BTreeSet::from([id]),
        ..Dirty::default()
    };
    run(&mut arranger, &odoo, touched(9999)).await;
    assert_eq!(odoo.calls(), Vec::<String>::new());
    run(&mut arranger, &odoo, touched(folder)).await;
    assert_eq!(odoo.calls(), ["automatic_folders", "apply_folders"]);
    assert_eq!(odoo.paths(), OFFICE);
}

#[tokio::test]
async fn what_is_hidden_stays_as_it_is_with_all_in_it() {
    let odoo = office();
    odoo.world(|world| world.setup.rules[0].leave = Leave::Archive);
    let mut arranger = settled(&odoo).await;
    let hide = |is_hidden: bool| {
        odoo.world(|world| {
            world.hidden.clear();
            if is_hidden {
                world.hidden.insert(("res.partner".into(), 1));
            }
        });
    };
    hide(true);
    let arranged = run(&mut arranger, &odoo, Dirty::everything()).await;
    assert_eq!(
        (odoo.paths(), arranged.changed),
        (OFFICE.map(str::to_owned).to_vec(), 0)
    );
    // Again, by what is remembered; and by somebody who remembers nothing.
    for arranger in [&mut arranger, &mut Arranger::new()] {
        let arranged = run(arranger, &odoo, dirty("res.partner", &[1])).await;
        assert_eq!(arranged.changed, 0);
    }
    // What is new for it comes to it.
    odoo.world(|world| {
        let of = json!({"partner_id": [1, "Azure"], "name": "New", "active": true});
        world.put("project.project", 9, of);
    });
    run(&mut arranger, &odoo, dirty("project.project", &[9])).await;
    assert!(
        odoo.paths()
            .contains(&"Customers/Azure/Projects/New".to_owned())
    );
    // Back in sight nobody tells it: it is read all the same.
    hide(false);
    let arranged = run(&mut arranger, &odoo, dirty("project.project", &[9])).await;
    assert_eq!(arranged.changed, 0);
    odoo.world(|world| world.put("res.partner", 1, json!({"name": "Azur"})));
    run(&mut arranger, &odoo, dirty("res.partner", &[1])).await;
    assert!(
        odoo.paths()
            .contains(&"Customers/Azur/Projects/New".to_owned())
    );
    // Gone from the rule for true, it goes to the archive.
    odoo.world(|world| {
        world
            .tables
            .get_mut("res.partner")
            .expect("there")
            .rows
            .remove(&1)
    });
    run(&mut arranger, &odoo, dirty("res.partner", &[1])).await;
    assert!(
        odoo.paths()
            .contains(&"(Customers/Archive/Azur)".to_owned()),
        "{:?}",
        odoo.paths()
    );
}
