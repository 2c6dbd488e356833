//! An addon that holds a few rows and says what it is made to say.

use super::scripted::{Answer, Request, Scripted};
use super::service;
use attache::odoo::server::Server;
use attache::tree::{ConnectionId, EntryId};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

pub const MINE: &str = "00000000-0000-0000-0000-000000000001";
pub const OTHER: &str = "00000000-0000-0000-0000-000000000002";

pub fn folder(id: i64, kind: &str, connection: &str) -> Value {
    let parent = if kind == "root" {
        json!(false)
    } else {
        json!(1)
    };
    json!({"id": id, "name": format!("folder {id}"), "parent": parent, "kind": kind, "key": null,
        "connection": connection, "rule": false, "model": null, "res_id": null, "in_scope": true,
        "revision": format!("f{id}")})
}

pub fn file(id: i64, connection: &str) -> Value {
    json!({"id": id, "name": format!("file {id}"), "folder": 1, "connection": connection, "size": 3,
        "sha1": "a9993e364706816aba3e25717850c26c9cd0d89d", "mimetype": "text/plain",
        "released": id % 2 == 0, "key": false, "revision": format!("r{id}")})
}

/// What the addon is made to hold and say.
#[derive(Default)]
pub struct Addon {
    pub epoch: &'static str,
    pub feed: Value,
    pub folders: Vec<Value>,
    pub files: Vec<Value>,
    /// The answers to `apply_*`, in order.
    pub applied: Mutex<Vec<Value>>,
}

impl Addon {
    fn answer(&self, request: &Request) -> Value {
        let args = request.json();
        match request.path.rsplit('/').next().expect("a method") {
            "read_feed" if args["cursor"].is_null() => {
                json!({"epoch": self.epoch, "expired": false, "rows": [], "cursor": "end", "more": false, "lag": 0})
            }
            "read_feed" => self.feed.clone(),
            "read" => {
                let asked = |key: &str, id: &Value| args[key].as_array().expect("ids").contains(id);
                let folders = self
                    .folders
                    .iter()
                    .filter(|row| asked("folders", &row["id"]));
                let files = self.files.iter();
                let files = files
                    .filter(|row| asked("files", &row["id"]) || asked("files_of", &row["folder"]));
                json!({"folders": folders.collect::<Vec<_>>(), "files": files.collect::<Vec<_>>()})
            }
            "scan" => {
                let rows = if args["kind"] == "folder" {
                    &self.folders
                } else {
                    &self.files
                };
                let after = args["after_id"].as_i64().expect("an id");
                let mut rows = rows.iter().filter(|row| row["id"].as_i64() > Some(after));
                // Two at a time, so that paging shows.
                let page: Vec<&Value> = rows.by_ref().take(2).collect();
                json!({"rows": page, "more": rows.next().is_some()})
            }
            "apply_folders" | "apply_files" => self.applied.lock().expect("no panic").remove(0),
            other => panic!("{other} is not scripted"),
        }
    }
}

pub fn serve(addon: Addon) -> (Scripted, Server) {
    let addon = Arc::new(addon);
    let server = Scripted::new(move |request| Answer::json(200, &addon.answer(request)));
    let odoo = Server::new(service(&server), ConnectionId(Uuid::from_u128(1)));
    (server, odoo)
}

pub fn id(text: &str) -> EntryId {
    EntryId::new(text)
}
