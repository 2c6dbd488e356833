//! The epoch of a database without the addon: a word in Odoo that changes with every complete
//! listing. Where Odoo holds an older one, it was restored from a backup.

use super::{Plain, kept};
use crate::odoo::plain::Witness;
use crate::odoo::service::Search;
use crate::odoo::{ErrorKind, OdooError, Result};
use std::sync::PoisonError;
use uuid::Uuid;

/// What a person confirmed by pairing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed {
    pub epoch: String,
    /// Nobody confirmed it before: what was agreed on is to be forgotten.
    pub is_new: bool,
    /// The user whose key it is, for people.
    pub user: String,
}

impl Plain {
    /// A person says that this is the right database. It keeps the epoch that it had, unless it was
    /// restored or is another one.
    pub async fn confirm(&self, known: Option<&str>) -> Result<Confirmed> {
        let user = self.user().await?;
        let found = self.client.witness(user.id).await?;
        let words = self.store.plain_words(&self.database).await.map_err(kept)?;
        let is_known = found.as_ref().is_some_and(|one| words.contains(&one.word));
        let epoch = known.filter(|_| is_known).map(str::to_owned);
        Ok(Confirmed {
            is_new: epoch.is_none(),
            epoch: epoch.unwrap_or_else(|| Uuid::new_v4().to_string()),
            user: user.name.clone(),
        })
    }

    /// Leaves the first word of a new epoch in Odoo, once the epoch is kept: a crash in between makes
    /// a person confirm once more.
    pub async fn plant(&self) -> Result<()> {
        let user = self.user().await?;
        let word = Uuid::new_v4().to_string();
        let noted = self.store.plain_word(&self.database, &word, None).await;
        noted.map_err(kept)?;
        match self.client.witness(user.id).await? {
            Some(witness) => self.client.give_word(witness.id, &word).await,
            None => self.client.plant_witness(&word).await,
        }
    }

    /// Whether all is well, for `attache doctor`: the key, the witness, the rules and what they
    /// name. Nothing is changed on either side.
    pub async fn check(&self) -> Result<String> {
        let user = self.user().await?;
        self.check_witness().await?;
        let setup = self.rules().await?;
        let faults: Vec<&str> = setup
            .unread
            .values()
            .flatten()
            .map(String::as_str)
            .collect();
        if !faults.is_empty() {
            let message = format!("rules that cannot be used: {}", faults.join("; "));
            return Err(OdooError::new(ErrorKind::Invalid, message));
        }
        for rule in &setup.rules {
            // Whether the user may read the model, and Odoo takes the domain.
            let search = Search {
                model: &rule.model,
                domain: &rule.domain,
                fields: &["display_name".to_owned()],
                after_id: 0,
                limit: 1,
                with_archived: false,
            };
            self.client.search_read(&search).await?;
        }
        let rules = setup.rules.len();
        Ok(format!(
            "without the addon, user {}, {rules} rules",
            user.name
        ))
    }

    /// Looks for the word that was written last.
    async fn check_witness(&self) -> Result<Witness> {
        let user = self.user().await?;
        let words = self.store.plain_words(&self.database).await.map_err(kept)?;
        let found = self.client.witness(user.id).await?;
        found
            .filter(|one| words.contains(&one.word))
            .ok_or_else(|| {
                let message = "the Odoo database was restored or exchanged, or its file Attaché - please leave this here.txt was deleted: nothing is written until somebody confirms that this is the right one, by attache pair";
                OdooError::new(ErrorKind::EpochChanged, message)
            })
    }

    /// The same, and writes the next word, whose time is Odoo's clock. Answers whether the clock
    /// was put back.
    pub(super) async fn turn_witness(&self) -> Result<bool> {
        let witness = self.check_witness().await?;
        let word = Uuid::new_v4().to_string();
        let noted = self
            .store
            .plain_word(&self.database, &word, Some(&witness.word))
            .await;
        noted.map_err(kept)?;
        self.client.give_word(witness.id, &word).await?;
        let written = self.client.attachments(&[witness.id]).await?;
        let mut clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(written.first().is_some_and(|one| clock.set(&one.written)))
    }
}
