//! Arriving: what the steps under way are giving a place in the cloud.
//!
//! A folder that is listed in the middle of a turn, because a name turned out to be taken, shows
//! what other steps have put there and not told yet. Each of them knows its own entry; told under
//! a second identity, it would seem to be another one.

use super::work::Work;
use crate::tree::name::folded;
use crate::tree::{Action, Book, Entry, EntryId, Fact, Operation, OperationId, Side};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// A cloud folder, and a folded name in it.
type Place = (EntryId, String);

/// The places that steps under way are filling.
#[derive(Debug, Default)]
pub struct Arriving(Mutex<HashMap<OperationId, Place>>);

/// Until this is dropped, the place counts as being filled.
pub struct Arrival<'a>(&'a Arriving, OperationId);

impl Drop for Arrival<'_> {
    fn drop(&mut self) {
        self.0.lock().remove(&self.1);
    }
}

impl Arriving {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<OperationId, Place>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes where an operation puts something; held until what it found is recorded.
    pub fn expect(&self, book: &Book, operation: &Operation) -> Option<Arrival<'_>> {
        let place = place(book, &operation.action)?;
        self.lock().insert(operation.id, place);
        Some(Arrival(self, operation.id))
    }

    /// Whether an entry that this operation found is another one's: on its way, or told a moment
    /// ago under the identity that counts.
    fn is_anothers(&self, book: &Book, found: &Entry, by: OperationId) -> bool {
        let Some(folder) = &found.parent else {
            return false;
        };
        if book.cloud.get(&found.id).is_some() {
            return false;
        }
        let name = folded(&found.name);
        let arrives = |(id, place): (&OperationId, &Place)| {
            *id != by && place.0 == *folder && place.1 == name
        };
        let is_same = |known: &Entry| known.name == found.name && known.kind == found.kind;
        self.lock().iter().any(arrives) || book.cloud.children(folder).any(is_same)
    }
}

impl Work<'_> {
    /// What a failed step found, without what others will tell themselves. Where names may repeat,
    /// entries carry the store's own identity, and nothing can be told twice.
    pub fn without_others(&self, facts: Vec<Fact>, by: OperationId) -> Vec<Fact> {
        if self.engine.cloud.capability().stable_ids {
            return facts;
        }
        let book = self.desk.book();
        let is_ours = |fact: &Fact| match fact {
            Fact::Observed(Side::Cloud, found) => !self.arriving.is_anothers(&book, found, by),
            _ => true,
        };
        facts.into_iter().filter(is_ours).collect()
    }
}

fn place(book: &Book, action: &Action) -> Option<Place> {
    match action {
        Action::Create {
            to: Side::Cloud,
            parent,
            name,
            ..
        }
        | Action::Place {
            to: Side::Cloud,
            parent,
            name,
            ..
        }
        | Action::Restore { parent, name, .. } => {
            let folder = book.synced.of(Side::Odoo, parent)?;
            Some((folder.cloud.clone(), folded(name)))
        }
        Action::Agree {
            cloud,
            conflict_name,
            ..
        } => {
            let folder = book.cloud.get(cloud)?.parent.clone()?;
            Some((folder, folded(conflict_name)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Kind, Pair, PairId, Reason, Revision, State};
    use uuid::Uuid;

    fn folder(id: &str, parent: Option<&str>, name: &str) -> Entry {
        Entry::folder(EntryId::new(id), parent.map(EntryId::new), name)
    }

    /// The roots of both sides, paired.
    fn book() -> Book {
        let mut book = Book::new();
        for (side, id) in [(Side::Odoo, "o"), (Side::Cloud, "c")] {
            book.apply(&Fact::Observed(side, folder(id, None, "root")));
        }
        book.apply(&Fact::Paired(Pair {
            id: PairId(Uuid::from_u128(1)),
            odoo: EntryId::new("o"),
            cloud: EntryId::new("c"),
            kind: Kind::Folder,
            parent: None,
            odoo_name: "root".into(),
            cloud_name: "root".into(),
            odoo_revision: Revision::default(),
            cloud_revision: Revision::default(),
            fingerprint: None,
            proof: None,
        }));
        book
    }

    fn create(number: u128, name: &str) -> Operation {
        Operation {
            id: OperationId(Uuid::from_u128(number)),
            action: Action::Create {
                to: Side::Cloud,
                source: EntryId::new(format!("file:{number}")),
                kind: Kind::File,
                parent: EntryId::new("o"),
                name: name.into(),
            },
            reason: Reason::New,
            subject: name.into(),
            state: State::Intended,
            attempts: 0,
            run_at: 0,
            message: None,
        }
    }

    #[test]
    fn a_listing_in_between_gives_no_second_identity_to_what_another_step_put() {
        let mut book = book();
        let arriving = Arriving::default();
        let (a, b) = (create(1, "offer.pdf"), create(2, "plan.pdf"));
        let first = arriving.expect(&book, &a).expect("it has a place");
        let _second = arriving.expect(&book, &b).expect("it has a place");
        let found = |name: &str| folder("minted:9", Some("c"), name);
        // B found its own name taken: that is told, and so is a stranger's file.
        assert!(!arriving.is_anothers(&book, &found("plan.pdf"), b.id));
        assert!(!arriving.is_anothers(&book, &found("letter.pdf"), b.id));
        // A has put its file and not told it yet; some stores tell names otherwise.
        assert!(arriving.is_anothers(&book, &found("offer.pdf"), b.id));
        assert!(arriving.is_anothers(&book, &found("OFFER.pdf"), b.id));
        drop(first);
        assert!(!arriving.is_anothers(&book, &found("offer.pdf"), b.id));
        // A has told it by now, and B's listing is older than that.
        let told = folder("minted:1", Some("c"), "offer.pdf");
        book.apply(&Fact::Observed(Side::Cloud, told.clone()));
        assert!(arriving.is_anothers(&book, &found("offer.pdf"), b.id));
        assert!(!arriving.is_anothers(&book, &told, b.id), "known already");
    }
}
