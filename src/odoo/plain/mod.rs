//! Odoo without the addon: its own models, by the API key of an ordinary user. That user's rights
//! limit everything.

mod attachments;
mod identity;
mod witness;

pub use attachments::{Attachment, AttachmentKind, Listed, NewAttachment};
pub use identity::{User, identity, version};
pub use witness::Witness;

use super::http::Http;
use super::refusal::{self, Asked};
use super::service::Search;
use super::transport::{self, Call, Endpoint, Transport};
use super::wire::Described;
use super::{ErrorKind, Result};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The most rows of one answer.
pub const MAX_PAGE: usize = 5000;

/// Records asked for at once whether they are there.
const MOST_ASKED: usize = 1000;

/// Questions that are asked to tell records that are gone from ones that are hidden.
const MOST_QUESTIONS: usize = 64;

/// One database, as one user sees it.
pub struct Client {
    http: Arc<Http>,
    transport: Arc<dyn Transport>,
}

/// What became of records that a listing did not show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alive {
    pub there: BTreeSet<i64>,
    /// Odoo itself says that it has no such record.
    pub gone: BTreeSet<i64>,
    /// There, but the user may not see them; or not known.
    pub hidden: BTreeSet<i64>,
}

impl Client {
    /// Sets up; nothing is sent.
    pub fn new(endpoint: Endpoint) -> Result<Self> {
        let (http, transport) = transport::open(endpoint)?;
        Ok(Client { http, transport })
    }

    /// Whom it speaks to, and as whom.
    pub fn endpoint(&self) -> &Endpoint {
        self.http.endpoint()
    }

    /// The fields of a model that the user may see, by name.
    pub async fn fields_get(&self, model: &str) -> Result<BTreeMap<String, Described>> {
        let attributes = ["type", "relation", "store", "depends"];
        self.ask(model, "fields_get", json!({ "attributes": attributes }))
            .await
    }

    /// Records, ordered by id.
    pub async fn search_read(&self, search: &Search<'_>) -> Result<Vec<Map<String, Value>>> {
        let args = json!({
            "domain": with(search.domain, json!(["id", ">", search.after_id])),
            "fields": search.fields,
            "limit": search.limit.min(MAX_PAGE),
            "order": "id",
            "context": { "active_test": !search.with_archived },
        });
        self.ask(search.model, "search_read", args).await
    }

    /// The ids of a model's records that were written at or after a time, with that time.
    pub async fn written_since(
        &self,
        model: &str,
        since: &str,
        after_id: i64,
    ) -> Result<Vec<(i64, String)>> {
        let domain = [json!(["write_date", ">=", since])];
        let fields = ["write_date".to_owned()];
        let search = Search {
            model,
            domain: &domain,
            fields: &fields,
            after_id,
            limit: MAX_PAGE,
            with_archived: true,
        };
        let rows = self.search_read(&search).await?;
        let pair = |row: Map<String, Value>| {
            let written = row.get("write_date")?.as_str()?.to_owned();
            Some((row.get("id")?.as_i64()?, written))
        };
        Ok(rows.into_iter().filter_map(pair).collect())
    }

    /// What people call a model; its technical name where the user may not know more.
    pub async fn label(&self, model: &str) -> Result<String> {
        #[derive(serde::Deserialize)]
        struct Named {
            display_name: String,
        }
        let asked: Result<Vec<Named>> = self
            .ask("ir.model", "display_name_for", json!({ "models": [model] }))
            .await;
        match asked {
            Ok(named) => Ok(named
                .into_iter()
                .next()
                .map_or_else(|| model.to_owned(), |named| named.display_name)),
            // Before Odoo 16 nobody but administrators was told.
            Err(error) if is_of_question(error.kind) => Ok(model.to_owned()),
            Err(error) => Err(error),
        }
    }

    /// The values of a selection or a boolean, each with what people call it.
    pub async fn choices(&self, model: &str, field: &str) -> Result<Vec<(String, String)>> {
        #[derive(serde::Deserialize)]
        struct Said {
            #[serde(default, deserialize_with = "super::wire::empty")]
            string: String,
            #[serde(default, deserialize_with = "super::wire::empty")]
            selection: Vec<(String, String)>,
        }
        let args = json!({ "allfields": [field], "attributes": ["string", "selection", "type"] });
        let said: BTreeMap<String, Said> = self.ask(model, "fields_get", args).await?;
        let Some(said) = said.into_values().next() else {
            return Ok(Vec::new());
        };
        if !said.selection.is_empty() {
            return Ok(said.selection);
        }
        let named = |word| format!("{} ({word})", said.string);
        Ok(vec![
            ("true".to_owned(), named("yes")),
            ("false".to_owned(), named("no")),
        ])
    }

    /// The company of this name that the user may see.
    pub async fn company(&self, name: &str) -> Result<Option<i64>> {
        let args = json!({ "domain": [["name", "=", name]], "fields": ["name"], "limit": 1 });
        let rows: Vec<Map<String, Value>> = self.ask("res.company", "search_read", args).await?;
        Ok(rows.first().and_then(|row| row.get("id")?.as_i64()))
    }

    /// Tells records that are gone from ones that the user may not see. `read` leaves out what is
    /// gone and refuses the whole question where something is hidden, whatever the user's rights:
    /// so the question is halved until the hidden ones are found. Where those are too many,
    /// the rest counts as hidden.
    pub async fn alive(&self, model: &str, ids: &[i64]) -> Result<Alive> {
        let mut alive = Alive::default();
        let mut open: Vec<Vec<i64>> = ids.chunks(MOST_ASKED).map(<[i64]>::to_vec).collect();
        let mut left = MOST_QUESTIONS + open.len();
        while let Some(part) = open.pop() {
            if left == 0 {
                alive.hidden.extend(part);
                continue;
            }
            left -= 1;
            let args = json!({ "ids": part, "fields": ["create_date"] });
            let asked: Result<Vec<Map<String, Value>>> = self.ask(model, "read", args).await;
            match asked {
                Ok(rows) => {
                    let there = rows.iter().filter_map(|row| row.get("id")?.as_i64());
                    let there: BTreeSet<i64> = there.collect();
                    let gone = part.iter().filter(|id| !there.contains(id));
                    alive.gone.extend(gone);
                    alive.there.extend(there);
                }
                Err(error) if error.kind == ErrorKind::Forbidden && part.len() > 1 => {
                    let (left, right) = part.split_at(part.len() / 2);
                    open.extend([left.to_vec(), right.to_vec()]);
                }
                Err(error) if error.kind == ErrorKind::Forbidden => alive.hidden.extend(part),
                // Odoo of another version may say so of the first that is gone.
                Err(error) if error.kind == ErrorKind::NotFound && part.len() > 1 => {
                    let (left, right) = part.split_at(part.len() / 2);
                    open.extend([left.to_vec(), right.to_vec()]);
                }
                Err(error) if error.kind == ErrorKind::NotFound => alive.gone.extend(part),
                Err(error) => return Err(error),
            }
        }
        Ok(alive)
    }

    async fn ask<T: DeserializeOwned>(&self, model: &str, method: &str, args: Value) -> Result<T> {
        self.typed(model, method, args, true).await
    }

    /// Something that is not to be done twice.
    async fn tell<T: DeserializeOwned>(&self, model: &str, method: &str, args: Value) -> Result<T> {
        self.typed(model, method, args, false).await
    }

    async fn typed<T: DeserializeOwned>(
        &self,
        model: &str,
        method: &str,
        args: Value,
        repeatable: bool,
    ) -> Result<T> {
        let call = Call {
            model,
            method,
            args,
            repeatable,
        };
        let answer = self.transport.call(&call).await?;
        serde_json::from_value(answer).map_err(|error| {
            let asked = Asked::new(self.http.endpoint(), model, method);
            refusal::no_data(&asked).because(error)
        })
    }
}

/// A domain with one more term that must hold.
fn with(domain: &[Value], term: Value) -> Vec<Value> {
    // Implied operators need not be written out: a last term is joined by *and*.
    let mut whole = domain.to_vec();
    whole.push(term);
    whole
}

/// Whether an error is about what was asked, so that other questions may go well.
pub fn is_of_question(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Invalid
            | ErrorKind::Forbidden
            | ErrorKind::Missing
            | ErrorKind::NotFound
            | ErrorKind::Unexpected
    )
}
