//! Attachments by Odoo's own model: as they are, their bytes, and changes of them.

use super::{Client, MAX_PAGE};
use crate::odoo::wire::{absent, empty};
use crate::odoo::{ErrorKind, OdooError, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const MODEL: &str = "ir.attachment";

/// Odoo keeps no checksum of an attachment without bytes.
const SHA1_OF_NOTHING: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

/// Attachments asked for at once by their ids.
const MOST_ASKED: usize = 1000;

/// One attachment with bytes, of a record.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Attachment {
    pub id: i64,
    #[serde(deserialize_with = "empty")]
    pub name: String,
    #[serde(rename = "res_model", deserialize_with = "empty")]
    pub model: String,
    #[serde(deserialize_with = "empty")]
    pub res_id: i64,
    #[serde(rename = "file_size", deserialize_with = "empty")]
    pub size: i64,
    #[serde(rename = "checksum", deserialize_with = "empty")]
    pub sha1: String,
    /// Odoo's clock, UTC.
    #[serde(rename = "write_date", deserialize_with = "empty")]
    pub written: String,
    /// Another one under the same id is another attachment: ids are never used twice.
    #[serde(rename = "create_date", deserialize_with = "empty")]
    pub created: String,
    #[serde(default, deserialize_with = "absent")]
    pub description: Option<String>,
}

const FIELDS: [&str; 8] = [
    "name",
    "res_model",
    "res_id",
    "file_size",
    "checksum",
    "write_date",
    "create_date",
    "description",
];

/// Enough of an attachment to see whether it changed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Listed {
    pub id: i64,
    #[serde(rename = "write_date", deserialize_with = "empty")]
    pub written: String,
    #[serde(deserialize_with = "empty")]
    pub res_id: i64,
    #[serde(deserialize_with = "empty")]
    pub name: String,
    #[serde(rename = "file_size", deserialize_with = "empty")]
    pub size: i64,
    #[serde(rename = "checksum", deserialize_with = "empty")]
    pub sha1: String,
}

/// What an attachment is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AttachmentKind {
    pub id: i64,
    /// `binary`, `url`, or what another addon made of it.
    #[serde(rename = "type", deserialize_with = "empty")]
    pub kind: String,
    /// The field whose value it is; empty for a file.
    #[serde(rename = "res_field", deserialize_with = "empty")]
    pub field: String,
}

/// An attachment to be made.
#[derive(Clone, Debug)]
pub struct NewAttachment<'a> {
    pub name: &'a str,
    /// A record's; none belongs to the user alone.
    pub record: Option<(&'a str, i64)>,
    pub description: Option<&'a str>,
    pub mimetype: &'a str,
    pub bytes: &'a [u8],
}

impl Client {
    /// These attachments, as far as they are there, have bytes, and may be seen.
    pub async fn attachments(&self, ids: &[i64]) -> Result<Vec<Attachment>> {
        let mut found = Vec::new();
        for part in ids.chunks(MOST_ASKED) {
            found.extend(self.page(vec![json!(["id", "in", part])], 0).await?);
        }
        Ok(found)
    }

    /// All attachments of records of a model.
    pub async fn attachments_of(&self, model: &str, records: &[i64]) -> Result<Vec<Attachment>> {
        let mut found = Vec::new();
        for part in records.chunks(MOST_ASKED) {
            let domain = vec![
                json!(["res_model", "=", model]),
                json!(["res_id", "in", part]),
            ];
            found.extend(self.pages(domain).await?);
        }
        Ok(found)
    }

    /// Attachments of a model's records that were written at or after a time of Odoo's clock.
    pub async fn attachments_since(&self, model: &str, since: &str) -> Result<Vec<Attachment>> {
        let domain = vec![
            json!(["res_model", "=", model]),
            json!(["write_date", ">=", since]),
        ];
        self.pages(domain).await
    }

    /// Attachments without a record, which only this user and administrators see.
    pub async fn own_attachments(&self, user: i64, described: &str) -> Result<Vec<Attachment>> {
        let domain = vec![
            json!(["res_id", "in", [0, false]]),
            json!(["create_uid", "=", user]),
            json!(["description", "=like", described]),
        ];
        self.pages(domain).await
    }

    /// Attachments of any record with these bytes, made by this user after another one.
    pub async fn made(&self, user: i64, after: i64, sha1: &str) -> Result<Vec<Attachment>> {
        let bytes = match sha1 {
            SHA1_OF_NOTHING => json!(["checksum", "in", [sha1, false]]),
            sha1 => json!(["checksum", "=", sha1]),
        };
        let domain = vec![
            json!(["res_id", ">", 0]),
            json!(["create_uid", "=", user]),
            bytes,
        ];
        let mut found = self.page(domain, after).await?;
        found.retain(|one| one.sha1 == sha1);
        Ok(found)
    }

    /// One page of the complete listing of a model's attachments; an empty one is the end.
    pub async fn listed(&self, model: &str, after: i64) -> Result<Vec<Listed>> {
        let args = json!({
            "domain": of_bytes(vec![json!(["res_model", "=", model])], after),
            "fields": ["write_date", "res_id", "name", "file_size", "checksum"],
            "limit": MAX_PAGE,
            "order": "id",
        });
        let mut found: Vec<Listed> = self.ask(MODEL, "search_read", args).await?;
        for one in found.iter_mut().filter(|one| one.size == 0) {
            SHA1_OF_NOTHING.clone_into(&mut one.sha1);
        }
        Ok(found)
    }

    /// What attachments are that the user may see.
    pub async fn attachment_kinds(&self, ids: &[i64]) -> Result<Vec<AttachmentKind>> {
        let mut found = Vec::new();
        for part in ids.chunks(MOST_ASKED) {
            let args = json!({ "ids": part, "fields": ["type", "res_field"] });
            let told: Vec<AttachmentKind> = self.ask(MODEL, "read", args).await?;
            found.extend(told);
        }
        Ok(found)
    }

    async fn pages(&self, domain: Vec<Value>) -> Result<Vec<Attachment>> {
        let mut found: Vec<Attachment> = Vec::new();
        loop {
            let after = found.last().map_or(0, |last| last.id);
            let page = self.page(domain.clone(), after).await?;
            // Older versions may leave out of a page what the user may not see.
            if page.is_empty() {
                return Ok(found);
            }
            found.extend(page);
        }
    }

    async fn page(&self, domain: Vec<Value>, after: i64) -> Result<Vec<Attachment>> {
        let args = json!({
            "domain": of_bytes(domain, after),
            "fields": FIELDS,
            "limit": MAX_PAGE,
            "order": "id",
        });
        let mut found: Vec<Attachment> = self.ask(MODEL, "search_read", args).await?;
        for one in found.iter_mut().filter(|one| one.size == 0) {
            SHA1_OF_NOTHING.clone_into(&mut one.sha1);
        }
        Ok(found)
    }

    /// The bytes of attachments; one that is gone is not in the answer.
    pub async fn bytes(&self, ids: &[i64]) -> Result<BTreeMap<i64, Bytes>> {
        #[derive(Deserialize)]
        struct Row {
            id: i64,
            #[serde(deserialize_with = "empty")]
            datas: String,
        }
        let args = json!({ "ids": ids, "fields": ["datas"] });
        let rows: Vec<Row> = self.ask(MODEL, "read", args).await?;
        let decoded = rows.into_iter().map(|row| {
            let bytes = STANDARD.decode(&row.datas).map_err(|error| {
                let message = format!("the bytes of attachment {} are no base64", row.id);
                OdooError::new(ErrorKind::Unexpected, message).because(error)
            })?;
            Ok((row.id, Bytes::from(bytes)))
        });
        decoded.collect()
    }

    /// Makes one; answers its id.
    pub async fn create(&self, new: &NewAttachment<'_>) -> Result<i64> {
        let mut values = json!({
            "name": new.name,
            "type": "binary",
            "datas": STANDARD.encode(new.bytes),
            "mimetype": new.mimetype,
        });
        if let Some((model, id)) = new.record {
            values["res_model"] = json!(model);
            values["res_id"] = json!(id);
        }
        if let Some(description) = new.description {
            values["description"] = json!(description);
        }
        let args = json!({ "vals_list": [values], "context": unaltered() });
        let made: Value = self.tell(MODEL, "create", args).await?;
        one(&made)
    }

    /// Writes values; doing it twice is as good as once.
    pub async fn write(&self, ids: &[i64], values: Value) -> Result<()> {
        let args = json!({ "ids": ids, "vals": values, "context": unaltered() });
        self.ask::<Value>(MODEL, "write", args).await.map(drop)
    }

    /// New bytes of an attachment.
    pub async fn write_bytes(&self, id: i64, bytes: &[u8], mimetype: &str) -> Result<()> {
        let values = json!({ "datas": STANDARD.encode(bytes), "mimetype": mimetype });
        self.write(&[id], values).await
    }

    /// A copy within Odoo that belongs to nobody's record; answers its id.
    pub async fn copy(&self, id: i64, name: &str, description: &str) -> Result<i64> {
        let default = json!({
            "name": name,
            "description": description,
            "res_model": false,
            "res_id": 0,
            "public": false,
        });
        let args = json!({ "ids": [id], "default": default, "context": unaltered() });
        let made: Value = self.tell(MODEL, "copy", args).await?;
        one(&made)
    }

    /// Takes attachments away for good. One that is gone already is fine.
    pub async fn unlink(&self, ids: &[i64]) -> Result<()> {
        let args = json!({ "ids": ids });
        let done: Result<Value> = self.tell(MODEL, "unlink", args).await;
        match done {
            Err(error) if error.kind != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Only attachments with bytes of their own, none of fields' (`res_field` must be named, or Odoo
/// would decide about it by what else is asked).
fn of_bytes(mut domain: Vec<Value>, after: i64) -> Vec<Value> {
    domain.push(json!(["res_field", "=", false]));
    domain.push(json!(["type", "=", "binary"]));
    domain.push(json!(["id", ">", after]));
    domain
}

/// Pictures are kept as they are: else Odoo makes large ones smaller.
fn unaltered() -> Value {
    json!({ "image_no_postprocess": true })
}

/// The one id that a call answered, alone or in a list.
fn one(answer: &Value) -> Result<i64> {
    let first = answer.as_array().map_or(Some(answer), |all| all.first());
    first.and_then(Value::as_i64).ok_or_else(|| {
        let message = "Odoo does not tell what it made; it is looked for later";
        OdooError::new(ErrorKind::Unexpected, message)
    })
}

/// Fields of a row, for the witness.
pub(super) fn text(row: &Map<String, Value>, field: &str) -> Option<String> {
    row.get(field)?.as_str().map(str::to_owned)
}
