//! The trash in Odoo. Odoo's own `unlink` is final, so what goes is copied within Odoo before.
//!
//! A copy belongs to the key's user and to no record. Only to take the file off its record would
//! be less: Odoo shows an attachment without a record to whoever made it alone, so we could neither
//! list nor sweep one that somebody else made.

use super::clock::{Moment, ago, day};
use super::{Plain, kept};
use crate::odoo::plain::Attachment;
use crate::odoo::{ErrorKind, OdooError, Result};
use std::time::Duration;

const MARK: &str = "attache-trash";

/// A copy that an attempt as old as this made is not used again: it may be swept any moment, and
/// whoever looks for the file would take it for that earlier one.
const SAME_ATTEMPT: Duration = Duration::from_secs(24 * 3600);

impl Plain {
    /// Makes sure that the trash has an attachment's bytes, for as long as they are kept. Answers
    /// the copy. Until the attachment was read again, nobody knows whether it still has them.
    pub(super) async fn keep_in_trash(&self, one: &Attachment) -> Result<i64> {
        let user = self.user().await?;
        let mark = format!("{MARK} {}:", one.id);
        // A copy that an earlier attempt made.
        let there = self
            .client
            .own_attachments(user.id, &format!("{mark}%"))
            .await?;
        let young = self
            .clock()
            .before(SAME_ATTEMPT.min(self.settings.keep / 2));
        let usable = there.iter().find(|copy| is_usable(copy, one, young));
        if let Some(copy) = usable {
            return Ok(copy.id);
        }
        let name = format!("[Trash {}] {}", day(), one.name);
        let description = format!(
            "{mark} it was {:?} of {} {}",
            one.name, one.model, one.res_id
        );
        let copy = self.client.copy(one.id, &name, &description).await?;
        let made = self.client.attachments(&[copy]).await?;
        if made.iter().any(|copy| is_equal(copy, one)) {
            return Ok(copy);
        }
        self.client.unlink(&[copy]).await?;
        let message = "Odoo made no equal copy for the trash; nothing was deleted";
        Err(OdooError::new(ErrorKind::Unexpected, message))
    }

    /// Takes an attachment away of which the trash has a copy.
    pub(super) async fn throw_away(&self, id: i64, copy: i64) -> Result<()> {
        if let Err(error) = self.client.unlink(&[id]).await {
            if error.kind == ErrorKind::Forbidden {
                self.client.unlink(&[copy]).await?;
            }
            return Err(error);
        }
        let dropped = self.store.plain_drop_files(&self.database, &[id]).await;
        dropped.map_err(kept)
    }

    /// Deletes for good what has been in the trash long enough, by Odoo's clock and by ours.
    pub(super) async fn sweep(&self) -> Result<()> {
        // Nobody is about to rely on a copy.
        let _alone = self.gate.write().await;
        let Some(before) = self.clock().before(self.settings.keep) else {
            return Ok(());
        };
        // And by ours: one of the two may have jumped ahead.
        let before = before.text().min(ago(self.settings.keep));
        let user = self.user().await?;
        let there = self
            .client
            .own_attachments(user.id, &format!("{MARK} %"))
            .await?;
        let old = there.iter().filter(|one| one.created < before);
        let old: Vec<i64> = old.map(|one| one.id).collect();
        if old.is_empty() {
            return Ok(());
        }
        tracing::info!(files = old.len(), "the trash in Odoo is swept");
        self.client.unlink(&old).await
    }
}

fn is_equal(copy: &Attachment, one: &Attachment) -> bool {
    (copy.size, &copy.sha1) == (one.size, &one.sha1)
}

/// Whether a copy in the trash serves for what goes now: equal, and made no earlier than `young`.
fn is_usable(copy: &Attachment, one: &Attachment, young: Option<Moment>) -> bool {
    let is_young = young.is_some_and(|young| copy.created >= young.text());
    is_equal(copy, one) && is_young
}

#[cfg(test)]
mod tests {
    use super::super::clock::Clock;
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_old_copy_is_not_used_again() {
        let one = |created: &str, sha1: &str| Attachment {
            id: 1,
            name: "a".into(),
            model: String::new(),
            res_id: 0,
            size: 1,
            sha1: sha1.into(),
            written: created.into(),
            created: created.into(),
            description: None,
        };
        let goes = one("2026-01-01 10:00:00", "a");
        let mut clock = Clock::default();
        let day = Duration::from_secs(86400);
        let copy = one("2026-11-28 09:00:00", "a");
        assert!(!is_usable(&copy, &goes, clock.before(day)), "nobody knows");
        clock.set("2026-11-28 10:00:00");
        let young = clock.before(day);
        assert!(is_usable(&copy, &goes, young));
        assert!(!is_usable(&one("2026-11-28 09:00:00", "b"), &goes, young));
        assert!(!is_usable(&one("2026-11-27 09:00:00", "a"), &goes, young));
    }
}
