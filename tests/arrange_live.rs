//! Rules of a real Odoo become folders, at its real speed.
//!
//! tests/e2e/test_arrange_live.py starts the Odoo and says by ATTACHE_TEST_ODOO_… where it is.

use attache::engine::arrange::{Arranged, Arranger, Dirty};
use attache::odoo::http;
use attache::odoo::pairing::{Pairing, pair};
use attache::odoo::service::{NewConnection, Service};
use attache::odoo::spool::Disk;
use attache::odoo::token::Secret;
use attache::odoo::transport::{Endpoint, Limits, Wire};
use attache::odoo::web::Web;
use attache::odoo::wire::Folder;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use time::macros::date;
use url::Url;
use uuid::Uuid;

const TASKS: usize = 10_000;

fn variable(name: &str) -> String {
    let name = format!("ATTACHE_TEST_ODOO_{name}");
    std::env::var(&name).unwrap_or_else(|_| panic!("{name} is not set: run tests/run e2e"))
}

/// An administrator at work, and the sidecar's way to the same Odoo.
struct Office {
    person: Web,
    service: Service,
    connection: i64,
    uuid: String,
}

impl Office {
    async fn open() -> Office {
        let url: Url = variable("URL").parse().expect("an address");
        let database = variable("DATABASE");
        let sidecar: Url = "http://127.0.0.1:9".parse().expect("an address");
        let pairing = Pairing {
            url: url.clone(),
            database: database.clone(),
            login: "admin".into(),
            password: SecretString::from("admin"),
            sidecar_url: sidecar.clone(),
            public_url: sidecar,
            secret: Secret::random(),
        };
        let paired = pair(&pairing).await.expect("paired");
        let limits = Limits::default();
        let client = http::client(limits.connect, limits.call).expect("a client");
        let person = Web::login(
            client,
            &url,
            &database,
            "admin",
            SecretString::from("admin"),
        );
        let person = person.await.expect("the administrator logs in");
        let service = Service::new(Endpoint {
            url,
            database,
            login: paired.login,
            key: paired.key,
            wire: Wire::Auto,
            limits,
            spool: Disk::default(),
        });
        let service = service.expect("a service");
        let uuid = Uuid::new_v4().to_string();
        let connection = NewConnection {
            uuid: uuid.clone(),
            name: "Cloud".into(),
            provider: "memory".into(),
            root_label: "Odoo".into(),
            web_url: None,
        };
        let put = service.put_connection(&connection).await;
        Office {
            person,
            service,
            connection: put.expect("a connection").id,
            uuid,
        }
    }

    async fn call(&self, model: &str, method: &str, args: Value) -> Value {
        let answer = self.person.call(model, method, args, json!({})).await;
        answer.unwrap_or_else(|error| panic!("{model}.{method}: {error}"))
    }

    async fn create(&self, model: &str, values: Vec<Value>) -> Vec<i64> {
        let made = self.call(model, "create", json!([values])).await;
        serde_json::from_value(made).expect("ids")
    }

    async fn id_of(&self, model: &str, domain: Value) -> i64 {
        let found = self.call(model, "search", json!([domain])).await;
        found[0]
            .as_i64()
            .unwrap_or_else(|| panic!("no {model} {domain}"))
    }

    /// A rule, below another where the field to it is given.
    async fn rule(&self, model: &str, parent: Option<(i64, &str)>, mut values: Value) -> i64 {
        values["model_id"] = json!(self.id_of("ir.model", json!([["model", "=", model]])).await);
        values["connection_id"] = json!(self.connection);
        if let Some((parent, field)) = parent {
            let field = json!([["model", "=", model], ["name", "=", field]]);
            values["parent_id"] = json!(parent);
            values["parent_field_id"] = json!(self.id_of("ir.model.fields", field).await);
        }
        self.create("attache.rule", vec![values]).await[0]
    }

    /// The folders of the connection as paths; those out of scope in parentheses.
    async fn paths(&self) -> Vec<String> {
        let mut folders: BTreeMap<i64, Folder> = BTreeMap::new();
        loop {
            let after = folders.last_key_value().map_or(0, |last| *last.0);
            let page = self
                .service
                .scan_folders(after, 5000)
                .await
                .expect("folders");
            folders.extend(page.rows.into_iter().map(|folder| (folder.id, folder)));
            if !page.more {
                break;
            }
        }
        let path = |folder: &Folder| {
            let mut names = vec![folder.name.as_str()];
            let mut above = folder.parent.and_then(|id| folders.get(&id));
            while let Some(known) = above.filter(|known| known.parent.is_some()) {
                names.insert(0, &known.name);
                above = known.parent.and_then(|id| folders.get(&id));
            }
            let path = names.join("/");
            if folder.in_scope {
                path
            } else {
                format!("({path})")
            }
        };
        let own = folders
            .values()
            .filter(|folder| folder.connection == self.uuid);
        own.filter(|folder| folder.parent.is_some())
            .map(path)
            .collect()
    }

    async fn run(&self, arranger: &mut Arranger, dirty: Dirty, what: &str) -> Arranged {
        let started = Instant::now();
        let outcome = arranger
            .run(&self.service, dirty, date!(2026 - 11 - 24))
            .await;
        println!("{what}: {:?}", started.elapsed());
        outcome.expect("odoo answers").expect("something is dirty")
    }

    /// What the feed tells after a cursor, once it tells of this row.
    async fn dirty(&self, cursor: &mut Value, model: &str, id: i64) -> Dirty {
        let mut dirty = Dirty::default();
        let started = Instant::now();
        while !dirty.rows.get(model).is_some_and(|ids| ids.contains(&id)) {
            assert!(
                started.elapsed() < Duration::from_secs(30),
                "{model} {id} is not told"
            );
            let lines = self
                .service
                .read_feed(Some(cursor), 5000)
                .await
                .expect("a feed");
            *cursor = lines.cursor;
            lines.rows.iter().for_each(|line| dirty.note(line));
        }
        dirty
    }
}

#[tokio::test]
async fn b1_b7_b12_b16_u2_u4_rules_of_a_real_odoo_become_folders() {
    let office = Office::open().await;
    // The customer Azure, its project X and that one's tasks are there already.
    let azure = office
        .id_of("res.partner", json!([["ref", "=", "ATT"]]))
        .await;
    let deco = json!({"name": "Deco", "ref": "ATT"});
    let deco = office.create("res.partner", vec![deco]).await[0];
    let first = office
        .id_of("project.project", json!([["partner_id", "=", azure]]))
        .await;
    let second = json!({"name": "Y", "partner_id": deco});
    let second = office.create("project.project", vec![second]).await[0];
    let named = |name: &str| json!([["name", "=", name], ["project_id", "=", first]]);
    let renamed = office.id_of("project.task", named("t7")).await;
    let left = office.id_of("project.task", named("t8")).await;
    let department = office
        .create("hr.department", vec![json!({"name": "Zoo"})])
        .await[0];
    let job = json!({"name": "Keeper", "department_id": department});
    office.create("hr.job", vec![job]).await;

    let customers = json!({"title": "Customers", "domain": "[('ref', '=', 'ATT')]"});
    let customers = office.rule("res.partner", None, customers).await;
    let above = Some((customers, "partner_id"));
    let ours = json!({"title": "Projects", "domain": "[('partner_id.ref', '=', 'ATT')]"});
    let rule = office.rule("project.project", above, ours).await;
    let named = "{{ object.project_id.partner_id.name ||| none }} {{ upper object.name }}";
    let domain = format!("[('project_id', 'in', [{first}, {second}]), ('priority', '=', '0')]");
    let values = json!({"title": "Tasks", "name_expression": named, "domain": domain});
    office
        .rule("project.task", Some((rule, "project_id")), values)
        .await;
    let zoo = json!({"title": "Departments", "domain": "[('name', '=', 'Zoo')]"});
    let zoo = office.rule("hr.department", None, zoo).await;
    let jobs = json!({"title": "Jobs", "domain": "[('department_id.name', '=', 'Zoo')]"});
    office
        .rule("hr.job", Some((zoo, "department_id")), jobs)
        .await;

    let mut cursor = office
        .service
        .read_feed(None, 1)
        .await
        .expect("a feed")
        .cursor;
    let mut arranger = Arranger::new();
    let made = office
        .run(&mut arranger, Dirty::everything(), "first run")
        .await;
    assert_eq!(made.warnings, []);
    let paths = office.paths().await;
    for expected in [
        "Customers/Azure/Projects/X/Tasks/Azure T9999",
        "Customers/Deco/Projects/Y",
        "Departments/Zoo/Jobs/Keeper",
    ] {
        assert!(paths.contains(&expected.to_owned()), "{expected}");
    }
    assert_eq!((made.changed, paths.len()), (TASKS + 12, TASKS + 12));
    let again = office
        .run(&mut arranger, Dirty::everything(), "full check")
        .await;
    assert_eq!((again.changed, again.warnings), (0, vec![]));

    // A task is renamed and another leaves the domain: only these are read.
    office
        .call("project.task", "write", json!([[renamed], {"name": "new"}]))
        .await;
    office
        .call("project.task", "write", json!([[left], {"priority": "1"}]))
        .await;
    let dirty = office.dirty(&mut cursor, "project.task", left).await;
    assert_eq!(
        office.run(&mut arranger, dirty, "two tasks").await.changed,
        2
    );
    let paths = office.paths().await;
    assert!(paths.contains(&"Customers/Azure/Projects/X/Tasks/Azure NEW".to_owned()));
    assert!(paths.contains(&"(Customers/Azure/Projects/X/Tasks/Azure T8)".to_owned()));

    // A customer is renamed: its folder, and the names of 9,999 tasks that walk through it.
    office
        .call("res.partner", "write", json!([[azure], {"name": "Blue"}]))
        .await;
    let dirty = office.dirty(&mut cursor, "res.partner", azure).await;
    assert_eq!(
        office.run(&mut arranger, dirty, "all names").await.changed,
        TASKS
    );
    assert!(
        office
            .paths()
            .await
            .contains(&"Customers/Blue/Projects/X/Tasks/Blue NEW".to_owned())
    );

    // An archived customer keeps the folders below.
    office
        .call("res.partner", "write", json!([[deco], {"active": false}]))
        .await;
    let dirty = office.dirty(&mut cursor, "res.partner", deco).await;
    assert_eq!(
        office.run(&mut arranger, dirty, "archived").await.changed,
        1
    );
    let paths = office.paths().await;
    assert!(paths.contains(&"(Customers/Deco)".to_owned()));
    assert!(paths.contains(&"Customers/Deco/Projects/Y".to_owned()));
    let last = office
        .run(&mut arranger, Dirty::everything(), "full check")
        .await;
    assert_eq!((last.changed, last.warnings), (0, vec![]));
}

#[tokio::test]
async fn b102_employees_stand_in_their_departments_and_move_with_their_version() {
    let office = Office::open().await;
    let preset = json!([["name", "=", "Employees by department"]]);
    let preset = office.id_of("attache.preset", preset).await;
    let connection = json!({"connection_id": office.connection});
    office
        .call("attache.preset", "write", json!([[preset], connection]))
        .await;
    office
        .call("attache.preset", "action_use", json!([[preset]]))
        .await;
    let department = async |name: &str| {
        let named = json!([["name", "=", name]]);
        office.id_of("hr.department", named).await
    };
    let administration = department("Administration").await;
    let research = department("Research & Development").await;
    let ada = json!({"name": "Ada", "department_id": administration});
    let ada = office.create("hr.employee", vec![ada]).await[0];

    let feed = office.service.read_feed(None, 1).await;
    let mut cursor = feed.expect("a feed").cursor;
    let mut arranger = Arranger::new();
    let made = office
        .run(&mut arranger, Dirty::everything(), "employees")
        .await;
    assert_eq!(made.warnings, []);
    let is_there = async |path: &str| office.paths().await.contains(&path.to_owned());
    assert!(is_there("Departments/Management/Administration/Employees/Ada").await);
    assert!(is_there("Departments/Management/Research & Development/Employees").await);

    // The department is the version's: the employee's own row stays as it is.
    let moves = json!([[ada], {"department_id": research}]);
    office.call("hr.employee", "write", moves).await;
    let version = office
        .id_of("hr.version", json!([["employee_id", "=", ada]]))
        .await;
    let dirty = office.dirty(&mut cursor, "hr.version", version).await;
    let moved = office.run(&mut arranger, dirty, "one moves").await;
    assert_eq!((moved.changed, moved.warnings), (1, vec![]));
    assert!(is_there("Departments/Management/Research & Development/Employees/Ada").await);
    assert!(!is_there("Departments/Management/Administration/Employees/Ada").await);

    // Without a department they stand in the rule's own folder.
    let leaves = json!([[ada], {"department_id": false}]);
    office.call("hr.employee", "write", leaves).await;
    let dirty = office.dirty(&mut cursor, "hr.version", version).await;
    let moved = office.run(&mut arranger, dirty, "one leaves").await;
    assert_eq!(moved.warnings, []);
    assert!(is_there("Employees/Ada").await);
    let last = office
        .run(&mut arranger, Dirty::everything(), "full check")
        .await;
    assert_eq!((last.changed, last.warnings), (0, vec![]));
}
