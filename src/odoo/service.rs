//! The addon's methods, one typed call for each (`docs/protocol.md` §1).

use super::http::Http;
use super::items::{Applied, FileItem, FolderItem, LogRow, OpenOperation};
use super::refusal::{self, Asked};
use super::transport::{self, Call, Endpoint, Transport};
use super::wire::{
    Ask, Described, Draft, File, Folder, Found, Hello, Lines, MAX_PAGE, PROTOCOL, Put, Scanned,
    Settings,
};
use super::{ErrorKind, OdooError, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The addon's model.
pub const MODEL: &str = "attache.service";

/// The most items of one `apply_*`: they share a transaction, and a long one holds back the feed.
const MAX_ITEMS: usize = 1000;

/// The most folders whose files are asked for in one `read`: each may hold many.
const MAX_FOLDERS_OF: usize = 200;

/// What `put_connection` is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewConnection {
    pub uuid: String,
    pub name: String,
    pub provider: String,
    /// What people call its root folder.
    pub root_label: String,
    pub web_url: Option<String>,
}

/// How a connection fares, for people.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    pub uuid: String,
    /// `active`, `paused`, `held` or `error`.
    pub state: String,
    pub reason: Option<String>,
    /// Names and numbers.
    pub counts: BTreeMap<String, u64>,
}

/// What `search_read` is asked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Search<'a> {
    pub model: &'a str,
    pub domain: &'a [Value],
    pub fields: &'a [String],
    pub after_id: i64,
    pub limit: usize,
    pub with_archived: bool,
}

/// The addon of one database.
pub struct Service {
    http: Arc<Http>,
    transport: Arc<dyn Transport>,
    max_page: AtomicUsize,
}

impl Service {
    /// Sets up; nothing is sent.
    pub fn new(endpoint: Endpoint) -> Result<Self> {
        let (http, transport) = transport::open(endpoint)?;
        Ok(Service {
            http,
            transport,
            max_page: AtomicUsize::new(MAX_PAGE),
        })
    }

    /// The way to Odoo, for the byte routes.
    pub fn http(&self) -> &Arc<Http> {
        &self.http
    }

    /// The most rows of one answer; `hello` may lower it.
    pub fn max_page(&self) -> usize {
        self.max_page.load(Ordering::Relaxed)
    }

    /// Who answers. `Incompatible` for an addon that speaks another protocol.
    pub async fn hello(&self) -> Result<Hello> {
        let answer = self.raw("hello", json!({}), true).await?;
        if let Some(spoken) = answer.get("protocol").and_then(Value::as_u64)
            && spoken != u64::from(PROTOCOL)
        {
            return Err(incompatible(spoken));
        }
        let hello: Hello = self.typed("hello", answer)?;
        let max_page = hello.max_page.clamp(1, MAX_PAGE);
        self.max_page.store(max_page, Ordering::Relaxed);
        Ok(hello)
    }

    /// The connections and rules there are.
    pub async fn settings(&self) -> Result<Settings> {
        self.ask("settings", json!({})).await
    }

    /// Creates or updates the mirror of a connection, by its uuid.
    pub async fn put_connection(&self, connection: &NewConnection) -> Result<Put> {
        self.tell("put_connection", json!({ "connection": connection }))
            .await
    }

    /// Shows people how a connection fares.
    pub async fn report_connection(&self, report: &Report) -> Result<()> {
        let args = json!(report);
        self.raw("report_connection", args, false).await.map(drop)
    }

    /// Shows people how far a connection has come: contents that the store has for sure, as (file,
    /// sha1), and what is under way, tried again or stuck. What is not among `operations` is over;
    /// `None` leaves them as they are.
    pub async fn report_operations(
        &self,
        connection: &str,
        proved: &[(i64, String)],
        operations: Option<&[OpenOperation]>,
    ) -> Result<()> {
        let args = json!({ "uuid": connection, "proved": proved, "operations": operations });
        self.raw("report_operations", args, false).await.map(drop)
    }

    /// Shows people what is wrong with rules now: Odoo's id of the rule, and a sentence. With those
    /// that are not named, nothing is.
    pub async fn report_rules(&self, problems: &[(i64, String)]) -> Result<()> {
        let named = problems
            .iter()
            .map(|(rule, message)| json!({ "rule": rule, "message": message }));
        let args = json!({ "problems": named.collect::<Vec<_>>() });
        self.raw("report_rules", args, false).await.map(drop)
    }

    /// The rule of a preview and all rules with it; `None` when nobody waits for it any more.
    pub async fn read_preview(&self, id: i64) -> Result<Option<Draft>> {
        let answer = self.raw("read_preview", json!({ "id": id }), true).await?;
        match answer {
            Value::Null | Value::Bool(false) => Ok(None),
            answer => self.typed("read_preview", answer).map(Some),
        }
    }

    /// The answer to a preview.
    pub async fn put_preview(&self, id: i64, result: &Value) -> Result<()> {
        let args = json!({ "id": id, "result": result });
        self.raw("put_preview", args, false).await.map(drop)
    }

    /// Has changes of exactly these fields told by the feed; answers what is watched.
    pub async fn watch(&self, fields: &BTreeMap<String, Vec<String>>) -> Result<Value> {
        self.raw("watch", json!({ "fields": fields }), false).await
    }

    /// Records of a model that a rule uses, ordered by id, after `after_id`.
    pub async fn search_read(&self, search: &Search<'_>) -> Result<Vec<Map<String, Value>>> {
        let mut search = search.clone();
        search.limit = search.limit.min(self.max_page());
        self.ask("search_read", json!(search)).await
    }

    /// The fields of a model that the service user may see, by name. Odoo's own method: it asks
    /// for no right on the model.
    pub async fn fields_get(&self, model: &str) -> Result<BTreeMap<String, Described>> {
        let call = Call {
            model,
            method: "fields_get",
            args: json!({ "attributes": ["type", "relation", "store", "depends"] }),
            repeatable: true,
        };
        let answer = self.transport.call(&call).await?;
        self.typed("fields_get", answer)
    }

    /// Lines of the feed after a cursor; none asks for the present end.
    pub async fn read_feed(&self, cursor: Option<&Value>, limit: usize) -> Result<Lines> {
        let limit = limit.min(self.max_page());
        self.ask("read_feed", json!({ "cursor": cursor, "limit": limit }))
            .await
    }

    /// Folders of every connection, ordered by id.
    pub async fn scan_folders(&self, after_id: i64, limit: usize) -> Result<Scanned<Folder>> {
        self.scan("folder", after_id, limit).await
    }

    /// Folders that rules made and shortcuts, of every connection, ordered by id.
    pub async fn scan_automatic(&self, after_id: i64, limit: usize) -> Result<Scanned<Folder>> {
        self.scan("automatic", after_id, limit).await
    }

    /// Files of every connection, ordered by id.
    pub async fn scan_files(&self, after_id: i64, limit: usize) -> Result<Scanned<File>> {
        self.scan("file", after_id, limit).await
    }

    async fn scan<T: DeserializeOwned>(
        &self,
        kind: &str,
        after_id: i64,
        limit: usize,
    ) -> Result<Scanned<T>> {
        let limit = limit.min(self.max_page());
        let args = json!({ "kind": kind, "after_id": after_id, "limit": limit });
        self.ask("scan", args).await
    }

    /// Rows as they are now; what is gone or in no folder is left out. Asks in several calls
    /// where it is much; a row may then come twice.
    pub async fn read(&self, ask: &Ask) -> Result<Found> {
        let mut found = Found::default();
        for part in parts(ask, self.max_page()) {
            let more: Found = self.ask("read", json!(part)).await?;
            found.folders.extend(more.folders);
            found.files.extend(more.files);
        }
        Ok(found)
    }

    /// Changes folders; answers in order. Each item stands alone.
    pub async fn apply_folders(&self, items: &[FolderItem]) -> Result<Vec<Applied<Folder>>> {
        self.apply("apply_folders", items).await
    }

    /// Changes files; answers in order. Each item stands alone.
    pub async fn apply_files(&self, items: &[FileItem]) -> Result<Vec<Applied<File>>> {
        self.apply("apply_files", items).await
    }

    async fn apply<I: Serialize, T: DeserializeOwned>(
        &self,
        method: &str,
        items: &[I],
    ) -> Result<Vec<Applied<T>>> {
        let mut results = Vec::with_capacity(items.len());
        for batch in items.chunks(MAX_ITEMS.min(self.max_page())) {
            let answer: Vec<Applied<T>> = self.tell(method, json!({ "items": batch })).await?;
            if answer.len() != batch.len() {
                let message = format!(
                    "the addon answered {method} with {} results for {} items: upgrade it",
                    answer.len(),
                    batch.len()
                );
                return Err(OdooError::new(ErrorKind::Unexpected, message));
            }
            results.extend(answer);
        }
        Ok(results)
    }

    /// Appends to the sync log; rows that are there already are skipped.
    pub async fn log(&self, rows: &[LogRow]) -> Result<()> {
        for batch in rows.chunks(self.max_page()) {
            // Repeatable: the addon knows a row by its uuid.
            self.raw("log", json!({ "rows": batch }), true).await?;
        }
        Ok(())
    }

    async fn ask<T: DeserializeOwned>(&self, method: &str, args: Value) -> Result<T> {
        let answer = self.raw(method, args, true).await?;
        self.typed(method, answer)
    }

    async fn tell<T: DeserializeOwned>(&self, method: &str, args: Value) -> Result<T> {
        let answer = self.raw(method, args, false).await?;
        self.typed(method, answer)
    }

    async fn raw(&self, method: &str, args: Value, repeatable: bool) -> Result<Value> {
        let call = Call {
            model: MODEL,
            method,
            args,
            repeatable,
        };
        self.transport.call(&call).await
    }

    fn typed<T: DeserializeOwned>(&self, method: &str, answer: Value) -> Result<T> {
        serde_json::from_value(answer).map_err(|error| {
            let asked = Asked::new(self.http.endpoint(), MODEL, method);
            refusal::no_protocol(&asked, &error.to_string()).because(error)
        })
    }
}

fn incompatible(spoken: u64) -> OdooError {
    let older = if spoken < u64::from(PROTOCOL) {
        "the addon in Odoo"
    } else {
        "this sidecar"
    };
    let message = format!(
        "the addon speaks version {spoken} of the protocol, this sidecar version {PROTOCOL}: upgrade {older}"
    );
    OdooError::new(ErrorKind::Incompatible, message)
}

/// Cuts a question into ones of at most `most` ids of a kind.
fn parts(ask: &Ask, most: usize) -> Vec<Ask> {
    let mut folders = ask.folders.chunks(most);
    let mut files = ask.files.chunks(most);
    let mut files_of = ask.files_of.chunks(MAX_FOLDERS_OF.min(most));
    let mut parts = Vec::new();
    loop {
        let part = Ask {
            folders: folders.next().unwrap_or_default().to_vec(),
            files: files.next().unwrap_or_default().to_vec(),
            files_of: files_of.next().unwrap_or_default().to_vec(),
        };
        if part == Ask::default() {
            return parts;
        }
        parts.push(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_questions_are_cut_and_nothing_is_left_out() {
        let ask = Ask {
            folders: (0..7).collect(),
            files: (0..3).collect(),
            files_of: (0..450).collect(),
        };
        let parts = parts(&ask, 5);
        let mut whole = Ask::default();
        for part in &parts {
            assert!(part.folders.len() <= 5 && part.files.len() <= 5 && part.files_of.len() <= 5);
            whole.folders.extend(&part.folders);
            whole.files.extend(&part.files);
            whole.files_of.extend(&part.files_of);
        }
        assert_eq!(whole, ask);
        assert_eq!(
            super::parts(&ask, 5000).len(),
            3,
            "450 folders, 200 at a time"
        );
        assert!(super::parts(&Ask::default(), 5).is_empty());
    }

    #[test]
    fn a_foreign_protocol_says_which_side_to_upgrade() {
        assert!(
            incompatible(0)
                .message
                .ends_with("upgrade the addon in Odoo")
        );
        assert!(
            incompatible(u64::from(PROTOCOL) + 1)
                .message
                .ends_with("upgrade this sidecar")
        );
    }
}
