//! The trash in Odoo. Odoo's own `unlink` is final, so what goes is copied within Odoo before.
//!
//! A copy belongs to the key's user and to no record. Only to take the file off its record would
//! be less: Odoo shows an attachment without a record to whoever made it alone, so we could neither
//! list nor sweep one that somebody else made.

use super::clock::{Clock, day};
use super::{Plain, kept};
use crate::odoo::plain::Attachment;
use crate::odoo::{ErrorKind, OdooError, Result};

const MARK: &str = "attache-trash";

impl Plain {
    /// Makes sure that the trash has an attachment's bytes.
    pub(super) async fn keep_in_bin(&self, one: &Attachment) -> Result<i64> {
        let user = self.user().await?;
        let mark = format!("{MARK} {}:", one.id);
        let is_it = |copy: &Attachment| (copy.size, &copy.sha1) == (one.size, &one.sha1);
        // A copy that an earlier attempt made.
        let there = self
            .client
            .own_attachments(user.id, &format!("{mark}%"))
            .await?;
        if let Some(copy) = there.into_iter().find(is_it) {
            return Ok(copy.id);
        }
        let name = format!("[Trash {}] {}", day(), one.name);
        let description = format!(
            "{mark} it was {:?} of {} {}",
            one.name, one.model, one.res_id
        );
        let copy = self.client.copy(one.id, &name, &description).await?;
        let made = self.client.attachments(&[copy]).await?;
        if made.iter().any(is_it) {
            return Ok(copy);
        }
        self.client.unlink(&[copy]).await?;
        let message = "Odoo made no equal copy for the trash; nothing was deleted";
        Err(OdooError::new(ErrorKind::Unexpected, message))
    }

    /// Takes an attachment away, once the trash has its bytes.
    pub(super) async fn throw_away(&self, one: &Attachment) -> Result<()> {
        let copy = self.keep_in_bin(one).await?;
        if let Err(error) = self.client.unlink(&[one.id]).await {
            if error.kind == ErrorKind::Forbidden {
                self.client.unlink(&[copy]).await?;
            }
            return Err(error);
        }
        let dropped = self.store.plain_drop_files(&self.database, &[one.id]).await;
        dropped.map_err(kept)
    }

    /// Deletes for good what has been in the trash long enough, by Odoo's clock.
    pub(super) async fn sweep(&self, clock: &Clock) -> Result<()> {
        let Some(before) = clock.before(self.settings.keep) else {
            return Ok(());
        };
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
