//! An Odoo in memory: records with domains evaluated, folders, and counted calls.

use super::{Changed, Field, FolderChange, Records, Result, Row, Search, Setup, Watched};
use crate::odoo::{ErrorKind, OdooError};
use crate::rules::Existing;
use async_trait::async_trait;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Mutex;

/// One model.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub fields: BTreeMap<String, Field>,
    pub rows: BTreeMap<i64, Row>,
}

/// All that this Odoo holds; tests write to it directly.
#[derive(Debug, Default)]
pub(super) struct World {
    pub setup: Setup,
    pub tables: BTreeMap<String, Table>,
    pub folders: BTreeMap<i64, Existing>,
    pub ids: HashMap<String, i64>,
    pub watched: Watched,
    /// Every call, as `method model`.
    pub calls: Vec<String>,
    /// Models whose reading is refused.
    pub refused: BTreeSet<String>,
    /// Records that are there and not shown.
    pub hidden: BTreeSet<(String, i64)>,
    /// Names of folders that are refused.
    pub bad_names: BTreeSet<String>,
    /// This many calls of a method go well, then Odoo is down.
    pub down_after: BTreeMap<String, usize>,
}

/// The double.
#[derive(Debug)]
pub(super) struct Double {
    pub world: Mutex<World>,
    pub page: usize,
}

impl Double {
    pub fn new() -> Self {
        Double {
            world: Mutex::default(),
            page: 5000,
        }
    }

    /// Looks at or changes the world.
    pub fn world<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(
            &mut self
                .world
                .lock()
                .expect("no test panics while it holds the world"),
        )
    }

    /// The calls since the last time.
    pub fn calls(&self) -> Vec<String> {
        self.world(|world| std::mem::take(&mut world.calls))
    }

    /// Every folder as a path, those out of scope in parentheses.
    pub fn paths(&self) -> Vec<String> {
        self.world(|world| {
            let path = |folder: &Existing| {
                let mut names = vec![folder.name.as_str()];
                let mut above = folder.parent;
                while let Some(known) = above.and_then(|id| world.folders.get(&id)) {
                    names.insert(0, &known.name);
                    above = known.parent;
                }
                let path = names.join("/");
                if folder.in_scope {
                    path
                } else {
                    format!("({path})")
                }
            };
            let mut paths: Vec<String> = world.folders.values().map(path).collect();
            paths.sort();
            paths
        })
    }

    fn call(&self, method: &str, about: &str) -> Result<()> {
        self.world(|world| {
            world
                .calls
                .push(format!("{method} {about}").trim_end().to_owned());
            match world.down_after.get_mut(method) {
                Some(0) => Err(OdooError::new(ErrorKind::Unavailable, "odoo is down")),
                Some(left) => {
                    *left -= 1;
                    Ok(())
                }
                None => Ok(()),
            }
        })
    }
}

impl World {
    /// A model with its fields, `display_name` computed from `name` included.
    pub fn table(&mut self, model: &str, fields: &[(&str, Field)]) -> &mut Table {
        let own = fields
            .iter()
            .map(|(name, field)| ((*name).to_owned(), field.clone()));
        let shown = Field {
            depends: vec!["name".into()],
            ..Field::default()
        };
        let fields = own.chain([
            ("name".to_owned(), column()),
            ("display_name".to_owned(), shown),
        ]);
        let table = self.tables.entry(model.to_owned()).or_default();
        table.fields = fields.collect();
        table
    }

    /// Writes fields of a record, new or known.
    pub fn put(&mut self, model: &str, id: i64, values: Value) {
        let table = self.tables.get_mut(model).expect("a model of the test");
        let row = table.rows.entry(id).or_default();
        row.insert("id".into(), json!(id));
        row.extend(values.as_object().expect("an object").clone());
        let name = row.get("name").cloned().unwrap_or_default();
        row.insert("display_name".into(), name);
    }

    fn matches(&self, domain: &[Value], row: &Row) -> bool {
        domain.iter().filter_map(Value::as_array).all(|term| {
            let held = row
                .get(term[0].as_str().expect("a field"))
                .unwrap_or(&Value::Null);
            let held = match held {
                Value::Array(pair) => &pair[0],
                other => other,
            };
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            match term[1].as_str().expect("an operator") {
                "=" => *held == term[2],
                "in" => term[2].as_array().expect("a list").contains(held),
                ">=" => text(held) >= text(&term[2]),
                "<" => text(held) < text(&term[2]),
                other => panic!("the double knows no {other}"),
            }
        })
    }
}

/// A field with a column.
pub(super) fn column() -> Field {
    Field {
        is_stored: true,
        ..Field::default()
    }
}

/// A many2one.
pub(super) fn single(model: &str) -> Field {
    Field {
        relation: Some(model.to_owned()),
        is_single: true,
        ..column()
    }
}

#[async_trait]
impl Records for Double {
    fn max_page(&self) -> usize {
        self.page
    }

    async fn setup(&self) -> Result<Setup> {
        self.call("setup", "")?;
        Ok(self.world(|world| world.setup.clone()))
    }

    async fn fields(&self, model: &str) -> Result<BTreeMap<String, Field>> {
        self.call("fields", model)?;
        Ok(self.world(|world| world.tables[model].fields.clone()))
    }

    async fn watch(&self, fields: &Watched) -> Result<()> {
        self.call("watch", "")?;
        self.world(|world| world.watched = fields.clone());
        Ok(())
    }

    async fn search_read(&self, search: &Search<'_>) -> Result<Vec<Row>> {
        self.call("search_read", search.model)?;
        self.world(|world| {
            if world.refused.contains(search.model) {
                return Err(OdooError::new(ErrorKind::Invalid, "the domain is wrong"));
            }
            let table = &world.tables[search.model];
            let mut asked = search.fields.iter();
            if let Some(unknown) = asked.find(|name| !table.fields.contains_key(*name)) {
                return Err(OdooError::new(
                    ErrorKind::Unexpected,
                    format!("no field {unknown}"),
                ));
            }
            let rows = table.rows.range(search.after_id + 1..).map(|(_, row)| row);
            let is_asked = |row: &&Row| {
                let is_live = row.get("active") != Some(&json!(false));
                let id = row["id"].as_i64().expect("an id");
                let is_hidden = world.hidden.contains(&(search.model.to_owned(), id));
                !is_hidden && (is_live || search.with_archived) && world.matches(search.domain, row)
            };
            let asked = |row: &Row| {
                let kept = row.iter().filter(|(name, _)| {
                    *name == "id" || search.fields.iter().any(|field| field == *name)
                });
                kept.map(|(name, value)| (name.clone(), value.clone()))
                    .collect()
            };
            Ok(rows
                .filter(is_asked)
                .take(search.limit)
                .map(asked)
                .collect())
        })
    }

    fn hides(&self) -> bool {
        true
    }

    async fn hidden(&self, model: &str, ids: &[i64]) -> Result<BTreeSet<i64>> {
        Ok(self.world(|world| {
            let hidden = ids.iter().copied();
            hidden
                .filter(|id| world.hidden.contains(&(model.to_owned(), *id)))
                .collect()
        }))
    }

    async fn automatic_folders(&self) -> Result<Vec<Existing>> {
        self.call("automatic_folders", "")?;
        Ok(self.world(|world| world.folders.values().cloned().collect()))
    }

    async fn apply_folders(&self, changes: &[FolderChange]) -> Result<Vec<Changed>> {
        self.call("apply_folders", "")?;
        Ok(self.world(|world| changes.iter().map(|change| world.apply(change)).collect()))
    }
}

impl World {
    fn apply(&mut self, change: &FolderChange) -> Changed {
        let id = match change {
            FolderChange::Create { folder, parent, .. } => {
                if self.bad_names.contains(&folder.name) {
                    return Err("the name is wrong".into());
                }
                let known = self.ids.get(&folder.key).copied();
                let next = self.folders.last_key_value().map_or(100, |last| last.0 + 1);
                let id = known.unwrap_or(next);
                self.ids.insert(folder.key.clone(), id);
                let made = Existing {
                    id,
                    key: folder.key.clone(),
                    name: folder.name.clone(),
                    parent: Some(*parent),
                    connection: folder.connection,
                    in_scope: true,
                    stopped: false,
                    rule: Some(folder.rule),
                };
                self.folders.insert(id, made);
                id
            }
            FolderChange::Drop { id } => {
                let gone = self.folders.remove(id);
                assert!(gone.is_none_or(|gone| gone.key.starts_with("shortcut:")));
                return Ok(None);
            }
            FolderChange::Rename { id, .. }
            | FolderChange::Move { id, .. }
            | FolderChange::Scope { id, .. } => *id,
        };
        let folder = self.folders.get_mut(&id).ok_or("the folder is gone")?;
        match change {
            FolderChange::Create { .. } | FolderChange::Drop { .. } => {}
            FolderChange::Rename { name, .. } => folder.name.clone_from(name),
            FolderChange::Move { parent, rule, .. } => {
                (folder.parent, folder.rule) = (Some(*parent), *rule);
            }
            FolderChange::Scope {
                in_scope, stopped, ..
            } => (folder.in_scope, folder.stopped) = (*in_scope, *stopped),
        }
        Ok(Some(folder.clone()))
    }
}
