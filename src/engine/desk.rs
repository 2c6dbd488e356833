//! The desk: the book that is being worked on, and its ledger.

use super::batch::{self, Counter, Queue};
use super::{Ledger, LedgerError};
use crate::providers::Locator;
use crate::tree::{Book, EntryId, Fact, Side};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Facts recorded in one call to the ledger, at most; those of one step always go together.
const MOST_FACTS: usize = 2000;

/// Notes taken up together at most.
const MOST_NOTES: usize = 512;

type Answer = Result<(), LedgerError>;

/// A book in memory that never runs ahead of its ledger.
pub struct Desk<'a> {
    ledger: &'a dyn Ledger,
    book: Mutex<Book>,
    counter: Counter<Vec<Fact>, Answer>,
    queue: tokio::sync::Mutex<Queue<Vec<Fact>, Answer>>,
}

impl<'a> Desk<'a> {
    /// Opens the book.
    pub async fn open(ledger: &'a dyn Ledger) -> Result<Desk<'a>, LedgerError> {
        Ok(Desk::with(ledger, ledger.load().await?))
    }

    /// A book that is known to be what the ledger holds.
    pub fn with(ledger: &'a dyn Ledger, book: Book) -> Desk<'a> {
        let (counter, queue) = batch::counter();
        Desk {
            ledger,
            book: Mutex::new(book),
            counter,
            queue: tokio::sync::Mutex::new(queue),
        }
    }

    /// The book, for a next desk.
    pub fn close(self) -> Book {
        self.book
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The book as it stands. Not to be held over an await.
    pub fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records facts at once, many of them in parts: each must be true without those after it.
    ///
    /// Not where something vanishes. That takes along all that was below it, and what stays is put
    /// back by a fact after it: a crash in between would leave it gone, since the same told again
    /// knows nothing of it any more.
    pub async fn record(&self, facts: &[Fact]) -> Answer {
        let is_one = facts.iter().any(|fact| matches!(fact, Fact::Vanished(..)));
        let most = if is_one { facts.len() } else { MOST_FACTS };
        for part in facts.chunks(most.max(1)) {
            self.record_whole(part).await?;
        }
        Ok(())
    }

    async fn record_whole(&self, facts: &[Fact]) -> Answer {
        let freed = self.book().freed_by(facts);
        let with_freed = (!freed.is_empty()).then(|| [facts, &freed].concat());
        let facts = with_freed.as_deref().unwrap_or(facts);
        self.ledger.record(facts).await?;
        let mut book = self.book();
        facts.iter().for_each(|fact| book.apply(fact));
        Ok(())
    }

    /// Records the facts of one step, all or none, together with those of others; only while
    /// [`Desk::keep`] runs.
    pub async fn note(&self, facts: Vec<Fact>) -> Answer {
        self.counter.ask(facts).await
    }

    /// Records what is noted, for as long as it is polled: the first note at once, those that come
    /// soon after it together.
    pub async fn keep(&self) -> std::convert::Infallible {
        let mut queue = self.queue.lock().await;
        loop {
            let noted = queue.take(MOST_NOTES).await;
            let (mut facts, mut waiting) = (Vec::new(), Vec::new());
            for (more, one) in noted {
                if facts.len() + more.len() > MOST_FACTS {
                    self.answer(&mut facts, &mut waiting).await;
                }
                facts.extend(more);
                waiting.push(one);
            }
            self.answer(&mut facts, &mut waiting).await;
            self.ledger.gather().await;
        }
    }

    /// Records whole notes, all or none, and says so to those who wait for it.
    async fn answer(&self, facts: &mut Vec<Fact>, waiting: &mut Vec<oneshot::Sender<Answer>>) {
        let answer = self.record_whole(facts).await;
        facts.clear();
        for one in waiting.drain(..) {
            // Nobody waits any more when the turn is being dropped.
            let _ = one.send(answer.clone());
        }
    }

    /// Where an entry of the cloud is now. `None` when it is not known to hang below the root.
    pub fn locate(&self, id: &EntryId) -> Option<Locator> {
        let book = self.book();
        let path = book.tree(Side::Cloud).path(id)?;
        Some(Locator {
            id: id.clone(),
            path: path.into_iter().map(str::to_owned).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;

    /// Remembers how many facts came in each call.
    #[derive(Default)]
    struct Counting(Mutex<Vec<usize>>);

    #[async_trait]
    impl Ledger for Counting {
        async fn load(&self) -> Result<Book, LedgerError> {
            Ok(Book::new())
        }

        async fn record(&self, facts: &[Fact]) -> Result<(), LedgerError> {
            let mut calls = self.0.lock().expect("no panic");
            calls.push(facts.len());
            // The last of them is refused.
            match calls.len() {
                3 => Err(LedgerError::LeaseLost),
                _ => Ok(()),
            }
        }
    }

    #[tokio::test]
    async fn the_facts_of_one_step_are_recorded_together_and_each_hears_what_became_of_its_own() {
        let ledger = Counting::default();
        let desk = Desk::open(&ledger).await.expect("a desk");
        let facts = |count| vec![Fact::Untrashed(EntryId::new("file:1")); count];
        let noted = futures::future::join_all([
            desk.note(facts(MOST_FACTS - 1)),
            desk.note(facts(1)),
            desk.note(facts(2)),
            desk.note(facts(MOST_FACTS + 1)),
        ]);
        let answers = tokio::select! {
            never = desk.keep() => match never {},
            answers = noted => answers,
        };
        let calls = ledger.0.lock().expect("no panic").clone();
        assert_eq!(calls, [MOST_FACTS, 2, MOST_FACTS + 1]);
        let heard: Vec<bool> = answers.iter().map(Result::is_ok).collect();
        assert_eq!(heard, [true, true, true, false]);
    }

    #[tokio::test]
    async fn what_vanishes_and_what_is_put_back_are_one() {
        let ledger = Counting::default();
        let desk = Desk::open(&ledger).await.expect("a desk");
        let mut facts = vec![Fact::Untrashed(EntryId::new("file:1")); MOST_FACTS + 1];
        desk.record(&facts).await.expect("recorded");
        facts[0] = Fact::Vanished(Side::Odoo, EntryId::new("folder:1"));
        // The third call: refused, and wholly.
        assert!(desk.record(&facts).await.is_err());
        let calls = ledger.0.lock().expect("no panic").clone();
        assert_eq!(calls, [MOST_FACTS, 1, MOST_FACTS + 1]);
    }
}
