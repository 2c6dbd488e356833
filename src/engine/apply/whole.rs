//! New folders that come with their files: fewer calls than file by file, and nobody in the store
//! sees half of one.

use super::outcome::{Done, Outcome};
use super::work::{Work, paired};
use crate::engine::Limits;
use crate::planner::Step;
use crate::providers::{Locator, NewFile, WHOLE_FOLDER_CALLS, names};
use crate::tree::name::folded;
use crate::tree::{
    Action, Book, Entry, EntryId, Fact, Kind, Operation, OperationId, Pair, PairId, Side,
};
use futures::future::join_all;
use std::collections::{HashMap, HashSet};

/// Files that one folder brings at most; the rest follows.
const MOST_FILES: usize = 64;

/// Their bytes together, at most.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// One of them, at most. Larger ones have progress of their own, and resume.
const LARGEST_FIRST_FILE: u64 = 256 * 1024;

/// A file that a new folder brings with it.
#[derive(Debug)]
pub struct FirstFile {
    source: EntryId,
    name: String,
    size: u64,
}

/// For each new folder of a plan, the small files that wait for nothing else. What was tried
/// before is left to its own step, so that one bad file never keeps the others back.
pub fn first_files(
    book: &Book,
    steps: &[Step],
    intents: &[Option<Operation>],
    limits: &Limits,
) -> HashMap<EntryId, Vec<FirstFile>> {
    let mut found: HashMap<EntryId, Vec<FirstFile>> = HashMap::new();
    let mut names: HashMap<EntryId, HashSet<String>> = HashMap::new();
    for (step, intent) in steps.iter().zip(intents) {
        let (Some((folder, source, name)), [above]) = (new_file(&step.action), &step.after[..])
        else {
            continue;
        };
        // A folder that could not be made so is made by itself the next time.
        let comes = is_untried(&intents[*above]) && makes_folder(&steps[*above].action, folder);
        let size = book.odoo.get(source).map(Entry::size);
        let Some(size) = size.filter(|size| *size <= LARGEST_FIRST_FILE.min(limits.small)) else {
            continue;
        };
        if !is_untried(intent) || !comes || names::check(name).is_err() {
            continue;
        }
        let files = found.entry(folder.clone()).or_default();
        let bytes: u64 = files.iter().map(|file| file.size).sum();
        let fits = files.len() < MOST_FILES && bytes + size <= MOST_BYTES.min(limits.memory);
        let siblings = names.entry(folder.clone()).or_default();
        if fits && siblings.insert(folded(name)) {
            files.push(FirstFile {
                source: source.clone(),
                name: name.to_owned(),
                size,
            });
        }
    }
    found.retain(|_, files| !files.is_empty());
    found
}

fn is_untried(intent: &Option<Operation>) -> bool {
    intent.as_ref().is_some_and(|intent| intent.attempts == 0)
}

/// Folder, source and name, of a step that makes a file in the cloud.
fn new_file(action: &Action) -> Option<(&EntryId, &EntryId, &str)> {
    match action {
        Action::Create {
            to: Side::Cloud,
            kind: Kind::File,
            source,
            parent,
            name,
        } => Some((parent, source, name)),
        _ => None,
    }
}

fn makes_folder(action: &Action, folder: &EntryId) -> bool {
    matches!(action, Action::Create { to: Side::Cloud, kind: Kind::Folder, source, .. } if source == folder)
}

impl Work<'_> {
    /// Makes Odoo's new folder in the cloud together with its first files. The files' own steps
    /// find them paired, and go on with reading them back.
    pub(super) async fn create_whole(
        &self,
        key: OperationId,
        odoo: &Entry,
        above: &Pair,
        name: &str,
        files: &[FirstFile],
    ) -> Done {
        let place = self.locate(&above.cloud)?;
        let _upload = self.uploads.one();
        let _room = self.room(files.iter().map(|file| file.size).sum()).await;
        let fetched = join_all(files.iter().map(async |file| {
            let entry = self.entry(Side::Odoo, &file.source)?;
            let body = self.small_body(&entry).await?;
            Ok::<_, super::outcome::Failure>((entry, &file.name, body))
        }));
        // Whatever is wrong with one, its own step says so.
        let fetched: Vec<_> = fetched.await.into_iter().flatten().collect();
        // Not before all of them are here: more bytes are only asked for while little is in hand.
        let _hand = self.hand.one();
        let new = fetched.iter().map(|(_, name, body)| NewFile {
            name: (*name).clone(),
            body: body.clone(),
        });
        let new: Vec<NewFile> = new.collect();
        let made = {
            let _calls = self.calls_at_once(WHOLE_FOLDER_CALLS.min(new.len())).await;
            let cloud = self.engine.cloud;
            cloud.create_whole_folder(key, &place, name, &new).await
        };
        let whole = self.or_whoever_is_there(made, &place).await?;
        let folder = self.new_entry(whole.folder, &above.cloud);
        let pair = paired(PairId(self.engine.mint()), above.id, odoo, &folder);
        let (within, id) = (folder.id.clone(), pair.id);
        let mut facts = vec![Fact::Observed(Side::Cloud, folder), Fact::Paired(pair)];
        for ((source, _, body), item) in fetched.into_iter().zip(whole.files) {
            let Some(item) = item else { continue };
            let entry = self.new_entry(item, &within);
            let mut pair = paired(PairId(self.engine.mint()), id, &source, &entry);
            let sent = Some(body.fingerprint);
            let Ok(proof) = self.proof_of(&sent, &entry) else {
                continue;
            };
            (pair.fingerprint, pair.proof) = (sent, proof);
            facts.extend([Fact::Observed(Side::Cloud, entry), Fact::Paired(pair)]);
        }
        Ok(Outcome::of(facts))
    }

    /// What is left to do for a file that its new folder brought; `None` for any other.
    pub(super) async fn brought(&self, source: &EntryId, folder: &Locator) -> Option<Done> {
        let pair = self.desk.book().synced.of(Side::Odoo, source).cloned();
        let pair = pair.filter(|pair| pair.kind == Kind::File)?;
        if !pair.cloud_revision.is_unknown() {
            return Some(Ok(Outcome::default()));
        }
        Some(match self.entry(Side::Cloud, &pair.cloud) {
            Ok(entry) => self.read_back(folder, entry, pair).await,
            Err(gone) => Err(gone),
        })
    }
}
