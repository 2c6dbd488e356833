//! Steps that many tests take.

use attache::odoo::items::FolderItem;
use attache::odoo::server::Server;
use attache::odoo::service::Service;
use attache::odoo::wire::FolderKind;
use attache::odoo::{Given, Odoo as _, Wanted, Write, Written};
use attache::tree::{Change, Cursor, Entry, EntryId, Fingerprint, HashKind, OperationId};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::StreamExt as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// All that the feed says after a cursor, the last word on each entry, and where to go on.
pub async fn told(odoo: &Server, cursor: &Cursor) -> (BTreeMap<String, Option<Entry>>, Cursor) {
    let (mut last, mut cursor) = (BTreeMap::new(), cursor.clone());
    loop {
        let page = odoo.feed(Some(&cursor)).await.expect("the feed");
        for change in page.changes {
            match change {
                Change::Present(entry) => last.insert(entry.id.to_string(), Some(entry)),
                Change::Gone(id) => last.insert(id.to_string(), None),
            };
        }
        cursor = page.cursor;
        if !page.more {
            return (last, cursor);
        }
    }
}

pub async fn listed(odoo: &Server) -> BTreeMap<String, Entry> {
    let (mut all, mut cursor) = (BTreeMap::new(), None);
    loop {
        let page = odoo.scan(cursor.as_ref()).await.expect("a listing");
        for change in page.changes {
            if let Change::Present(entry) = change {
                all.insert(entry.id.to_string(), entry);
            }
        }
        if !page.more {
            return all;
        }
        cursor = Some(page.cursor);
    }
}

pub async fn one(odoo: &Server, write: Write) -> Written {
    let mut outcomes = odoo.write(&[write]).await.expect("an outcome");
    outcomes.pop().expect("one outcome")
}

/// Writes and answers the entry as it is after.
pub async fn entry(odoo: &Server, write: Write) -> Entry {
    one(odoo, write).await.expect("done").expect("an entry")
}

pub fn attachment(name: &str, bytes: &[u8], model: &str, id: i64) -> Value {
    json!({"name": name, "datas": STANDARD.encode(bytes), "res_model": model, "res_id": id})
}

pub fn wanted(entry: &Entry) -> Wanted {
    let fingerprint = entry.fingerprint.as_ref().expect("a file");
    Wanted {
        id: entry.id.clone(),
        sha1: fingerprint.hash(HashKind::Sha1).expect("a sha1").to_owned(),
        size: fingerprint.size,
    }
}

pub async fn given(odoo: &Server, wanted: &[Wanted]) -> BTreeMap<String, Given> {
    let stream = odoo.bytes(wanted).await.expect("a stream");
    let items = stream.map(|item| item.expect("a file"));
    items
        .map(|(id, given)| (id.to_string(), given))
        .collect()
        .await
}

pub async fn whole(odoo: &Server, wanted: &Wanted, offset: u64) -> Vec<u8> {
    let parts = odoo.large(wanted, offset).await.expect("a stream");
    let parts: Vec<_> = parts.map(|part| part.expect("bytes")).collect().await;
    parts.concat()
}

/// A folder for a record, as the rules make it.
pub async fn record_folder(odoo: &Server, service: &Service, root: i64, partner: i64) -> EntryId {
    let item = FolderItem::Create {
        key: Uuid::new_v4().to_string(),
        name: "A record".to_owned(),
        parent: root,
        kind: FolderKind::Record,
        rule: None,
        model: Some("res.partner".to_owned()),
        res_id: Some(partner),
    };
    let result = service.apply_folders(&[item]).await.expect("applied");
    let row = result[0].row.as_ref().expect("a folder");
    let id = EntryId::new(format!("folder:{}", row.id));
    let read = odoo.read(std::slice::from_ref(&id)).await.expect("read");
    assert!(read[0].as_ref().is_some_and(|entry| entry.automatic));
    id
}

pub fn file(parent: &EntryId, key: OperationId, name: &str, bytes: &[u8]) -> Write {
    Write::CreateFile {
        key,
        parent: parent.clone(),
        name: name.to_owned(),
        fingerprint: Fingerprint::of_bytes(bytes),
        mimetype: "text/plain".to_owned(),
        bytes: None,
    }
}

pub fn folder(parent: &EntryId, name: &str) -> Write {
    Write::CreateFolder {
        key: OperationId(Uuid::new_v4()),
        parent: parent.clone(),
        name: name.to_owned(),
    }
}

pub fn place(entry: &Entry, parent: &EntryId, name: &str) -> Write {
    Write::Place {
        id: entry.id.clone(),
        expect: entry.revision.clone(),
        parent: parent.clone(),
        name: name.to_owned(),
    }
}

pub fn trash(entry: &Entry) -> Write {
    Write::Trash {
        id: entry.id.clone(),
        expect: entry.revision.clone(),
    }
}
