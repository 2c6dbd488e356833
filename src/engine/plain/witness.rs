//! The epoch of a database without the addon: a word in Odoo that changes with every complete
//! listing. Where Odoo holds an older one, it was restored from a backup.

use super::{Plain, kept};
use crate::odoo::{ErrorKind, OdooError, Result};
use uuid::Uuid;

/// What a person confirmed by pairing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed {
    pub epoch: String,
    /// The user whose key it is, for people.
    pub user: String,
}

impl Plain {
    /// A person says that this is the right database. It keeps the epoch that it had, unless it was
    /// restored or is another one.
    pub async fn confirm(&self, known: Option<&str>) -> Result<Confirmed> {
        let user = self.user().await?;
        let found = self.client.witness(user.id).await?;
        let beats = self.store.plain_beats(&self.database).await.map_err(kept)?;
        let is_known = found.as_ref().is_some_and(|one| beats.contains(&one.beat));
        let epoch = match known.filter(|_| is_known) {
            Some(epoch) => epoch.to_owned(),
            None => {
                let beat = Uuid::new_v4().to_string();
                let noted = self.store.plain_beat(&self.database, &beat, None).await;
                noted.map_err(kept)?;
                match found {
                    Some(witness) => self.client.beat(witness.id, &beat).await?,
                    None => self.client.plant_witness(&beat).await?,
                }
                Uuid::new_v4().to_string()
            }
        };
        Ok(Confirmed {
            epoch,
            user: user.name.clone(),
        })
    }

    /// Looks for the word that was written last, and writes the next one.
    pub(super) async fn check_witness(&self) -> Result<()> {
        let user = self.user().await?;
        let beats = self.store.plain_beats(&self.database).await.map_err(kept)?;
        let found = self.client.witness(user.id).await?;
        let Some(witness) = found.filter(|one| beats.contains(&one.beat)) else {
            let message = "the Odoo database was restored or exchanged, or its file Attaché - please leave this here.txt was deleted: nothing is written until somebody confirms that this is the right one, by attache pair";
            return Err(OdooError::new(ErrorKind::EpochChanged, message));
        };
        let beat = Uuid::new_v4().to_string();
        let noted = self.store.plain_beat(&self.database, &beat, Some(&witness.beat)).await;
        noted.map_err(kept)?;
        self.client.beat(witness.id, &beat).await
    }
}
