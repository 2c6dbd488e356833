//! A store in memory that is as strict as the strictest one: it refuses what some store somewhere
//! refuses, and takes for one name what some store takes for one. Its rules are written anew here,
//! not taken from the program.

use async_trait::async_trait;
use attache::providers::memory::Memory;
use attache::providers::{
    Body, Capability, Download, ErrorKind, Item, Locator, NewFile, Provider, ProviderError, Result,
    WholeFolder,
};
use attache::tree::{ConnectionId, Cursor, OperationId, Page, Revision};
use std::collections::HashMap;
use std::sync::Mutex;
use unicode_normalization::UnicodeNormalization as _;

/// The longest name, in bytes: a file system's 255 less a temporary suffix of ours.
const LONGEST: usize = 230;

/// Beginnings that are devices to Windows, whatever follows a dot.
const DEVICES: &[&str] = &[
    "con",
    "prn",
    "aux",
    "nul",
    "com1",
    "com2",
    "com3",
    "com4",
    "com5",
    "com6",
    "com7",
    "com8",
    "com9",
    "com\u{b9}",
    "com\u{b2}",
    "com\u{b3}",
    "lpt1",
    "lpt2",
    "lpt3",
    "lpt4",
    "lpt5",
    "lpt6",
    "lpt7",
    "lpt8",
    "lpt9",
    "lpt\u{b9}",
    "lpt\u{b2}",
    "lpt\u{b3}",
];

/// Why a name is refused; `None` for a legal one.
pub fn fault(name: &str) -> Option<&'static str> {
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.trim_end().to_lowercase();
    if name.is_empty() || name == "." || name == ".." {
        Some("it is no name")
    } else if name.len() > LONGEST {
        Some("it is too long")
    } else if name.chars().any(|sign| "*?\"':<>/+%!@\\,|".contains(sign)) {
        Some("it has a refused sign")
    } else if name.chars().any(char::is_control) {
        Some("it has a control sign")
    } else if name.ends_with('.') || name.ends_with(char::is_whitespace) {
        Some("its end is cut off by Windows")
    } else if name.starts_with(char::is_whitespace) {
        Some("its beginning is cut off by some")
    } else if DEVICES.contains(&stem.as_str()) {
        Some("it is a device's")
    } else if name.nfc().ne(name.chars()) {
        Some("it is not composed")
    } else if attache::providers::names::check(name).is_err() {
        Some("it would never be listed")
    } else {
        None
    }
}

/// What strict stores compare names by: full case folding of decomposed letters without signs
/// that nobody sees.
pub fn folded(name: &str) -> String {
    let seen = name.chars().filter(|sign| !is_unseen(*sign));
    let upper: String = seen
        .nfd()
        .flat_map(char::to_lowercase)
        .flat_map(char::to_uppercase)
        .collect();
    upper.nfd().flat_map(char::to_lowercase).nfd().collect()
}

/// Default-ignorable code points (Unicode, `DerivedCoreProperties`).
fn is_unseen(sign: char) -> bool {
    matches!(sign, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// The store: what it refused is kept, and what it made is counted.
pub struct Strict {
    store: Memory,
    pub seen: Mutex<Seen>,
    /// What was folded before: siblings are compared with each newcomer.
    folds: Mutex<HashMap<String, String>>,
}

#[derive(Default)]
pub struct Seen {
    pub refused: Vec<String>,
    pub made: usize,
}

impl Strict {
    pub fn new(store: Memory) -> Self {
        Strict {
            store,
            seen: Mutex::default(),
            folds: Mutex::default(),
        }
    }

    fn fold(&self, name: &str) -> String {
        let mut folds = self.folds.lock().expect("no test failed here");
        let known = folds.entry(name.to_owned()).or_insert_with(|| folded(name));
        known.clone()
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().expect("no test failed here")
    }

    fn refuse<T>(&self, kind: ErrorKind, name: &str, why: &str) -> Result<T> {
        let message = format!("{name:?} is refused: {why}");
        self.seen().refused.push(message.clone());
        Err(ProviderError::new(kind, message))
    }

    /// Refuses an illegal name, and one that a sibling holds; `me` is who asks for it.
    async fn check(&self, parent: &Locator, name: &str, me: Option<&Locator>) -> Result<()> {
        if let Some(why) = fault(name) {
            return self.refuse(ErrorKind::Invalid, name, why);
        }
        let wanted = folded(name);
        let is_me = |item: &Item| {
            me.is_some_and(|me| match &item.id {
                Some(id) => *id == me.id,
                None => me.path.split_last() == Some((&item.name, &parent.path)),
            })
        };
        let siblings = self.store.list(parent).await?;
        let mut others = siblings.iter().filter(|item| !is_me(item));
        match others.find(|item| self.fold(&item.name) == wanted) {
            Some(other) => {
                let why = format!("{:?} holds it", other.name);
                self.refuse(ErrorKind::AlreadyExists, name, &why)
            }
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Provider for Strict {
    fn capability(&self) -> Capability {
        self.store.capability()
    }

    async fn claim(&self, connection: ConnectionId) -> Result<Item> {
        self.store.claim(connection).await
    }

    async fn root(&self) -> Result<Item> {
        self.store.root().await
    }

    async fn list(&self, folder: &Locator) -> Result<Vec<Item>> {
        self.store.list(folder).await
    }

    async fn changes(&self, cursor: Option<&Cursor>) -> Result<Page> {
        self.store.changes(cursor).await
    }

    async fn metadata(&self, entry: &Locator) -> Result<Item> {
        self.store.metadata(entry).await
    }

    async fn read(&self, file: &Locator, offset: u64) -> Result<Download> {
        self.store.read(file, offset).await
    }

    async fn create_folder(&self, key: OperationId, parent: &Locator, name: &str) -> Result<Item> {
        self.check(parent, name, None).await?;
        self.seen().made += 1;
        self.store.create_folder(key, parent, name).await
    }

    async fn create_file(
        &self,
        key: OperationId,
        parent: &Locator,
        name: &str,
        body: &Body,
    ) -> Result<Item> {
        self.check(parent, name, None).await?;
        self.seen().made += 1;
        self.store.create_file(key, parent, name, body).await
    }

    async fn create_whole_folder(
        &self,
        key: OperationId,
        parent: &Locator,
        name: &str,
        files: &[NewFile],
    ) -> Result<WholeFolder> {
        self.check(parent, name, None).await?;
        let mut names = Vec::new();
        for file in files {
            let wanted = folded(&file.name);
            if fault(&file.name).is_some() || names.contains(&wanted) {
                return self.refuse(
                    ErrorKind::Invalid,
                    &file.name,
                    "it cannot lie in a new folder",
                );
            }
            names.push(wanted);
        }
        self.seen().made += 1 + files.len();
        self.store
            .create_whole_folder(key, parent, name, files)
            .await
    }

    async fn write_file(
        &self,
        key: OperationId,
        file: &Locator,
        expect: &Revision,
        body: &Body,
    ) -> Result<Item> {
        self.store.write_file(key, file, expect, body).await
    }

    async fn place(&self, entry: &Locator, parent: &Locator, name: &str) -> Result<Item> {
        self.check(parent, name, Some(entry)).await?;
        self.store.place(entry, parent, name).await
    }

    async fn trash(&self, key: OperationId, entry: &Locator, expect: &Revision) -> Result<String> {
        self.store.trash(key, entry, expect).await
    }

    async fn restore(&self, handle: &str, parent: &Locator, name: &str) -> Result<Item> {
        self.check(parent, name, None).await?;
        self.store.restore(handle, parent, name).await
    }
}
