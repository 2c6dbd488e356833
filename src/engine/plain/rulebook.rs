//! The rules file as it is believed. Whoever writes a file may be half way: cut between two lines it
//! is another good file, of fewer rules. So a changed one is believed once two looks read the same.

use super::{Plain, State};
use crate::odoo::{ErrorKind, OdooError, Result};
use crate::rules::file::{self, FileRule};
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// A file that nobody has written to for this long is whole.
const QUIET: Duration = Duration::from_secs(5);

/// Between two looks that read the same, at least.
const BETWEEN: Duration = Duration::from_secs(1);

/// Such looks at most: whoever writes all the time is read as he is.
const MOST_LOOKS: usize = 10;

/// What the file holds, or why it cannot be read.
type Read = std::result::Result<Vec<u8>, String>;

/// What was seen of the file.
#[derive(Default)]
pub struct Rulebook {
    believed: Option<Read>,
    /// At a look before, where it was something else, and since when.
    seen: Option<(Read, Instant)>,
}

impl Rulebook {
    /// Takes in one more look. Answers whether something else is believed now.
    fn look(&mut self, now: Read) -> bool {
        if self.believed.as_ref() == Some(&now) {
            self.seen = None;
            return false;
        }
        match &self.seen {
            Some((seen, since)) if *seen == now => {
                // Several may look within one moment.
                if since.elapsed() < BETWEEN {
                    return false;
                }
                (self.believed, self.seen) = (Some(now), None);
                true
            }
            _ => {
                self.seen = Some((now, Instant::now()));
                false
            }
        }
    }
}

impl Plain {
    /// Looks at the rules file: where it was changed, arranging reads all of it again.
    pub(super) async fn look_at_rules(&self, state: &mut State) -> Result<()> {
        let Some(path) = &self.settings.rules else {
            return Ok(());
        };
        let mut book = self.rulebook.lock().await;
        let is_news = match book.believed {
            Some(_) => book.look(read(path).await),
            None => {
                first(&mut book, path).await;
                true
            }
        };
        state.dirty.settings |= is_news;
        Ok(())
    }

    /// The rules of the file that is believed.
    pub(super) async fn file(&self) -> Result<Vec<FileRule>> {
        let Some(path) = &self.settings.rules else {
            return Ok(Vec::new());
        };
        let mut book = self.rulebook.lock().await;
        if book.believed.is_none() {
            first(&mut book, path).await;
        }
        // For a person: nothing goes on before the file is right.
        let wrong = |why: String| {
            let message = format!("the rules file {} {why}", path.display());
            OdooError::new(ErrorKind::Incompatible, message)
        };
        let text = match &book.believed {
            Some(Ok(bytes)) => String::from_utf8(bytes.clone()).map_err(|error| error.to_string()),
            Some(Err(error)) => Err(error.clone()),
            None => Err("it changes all the time".to_owned()),
        };
        let text = text.map_err(|error| wrong(format!("cannot be read: {error}")))?;
        file::parse(&text).map_err(|faults| {
            let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
            wrong(format!("has mistakes: {}", told.join("; ")))
        })
    }
}

/// At a start there is nothing to go on with meanwhile.
async fn first(book: &mut Rulebook, path: &Path) {
    let is_quiet = match tokio::fs::metadata(path).await {
        Ok(about) => about
            .modified()
            .ok()
            .and_then(|at| at.elapsed().ok())
            .is_some_and(|since| since >= QUIET),
        Err(_) => true,
    };
    if is_quiet {
        book.believed = Some(read(path).await);
        return;
    }
    for _ in 0..MOST_LOOKS {
        if book.look(read(path).await) {
            return;
        }
        tokio::time::sleep(BETWEEN).await;
    }
    book.believed = book.seen.take().map(|(seen, _)| seen);
}

async fn read(path: &Path) -> Read {
    tokio::fs::read(path)
        .await
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_file_that_is_being_written_is_not_believed() {
        let whole = || Ok(b"one\ntwo\n".to_vec());
        let cut = || Ok(b"one\n".to_vec());
        let mut book = Rulebook {
            believed: Some(whole()),
            seen: None,
        };
        assert!(!book.look(cut()), "half way");
        assert!(!book.look(whole()), "as before");
        assert!(!book.look(cut()));
        assert!(!book.look(cut()), "another look in the same moment");
        tokio::time::advance(BETWEEN).await;
        assert!(book.look(cut()), "it stays so");
        assert!(!book.look(Err("gone".into())), "it is being replaced");
        assert!(!book.look(cut()));
    }
}
