//! The witness: one small attachment of the user's own, with a word that changes with every complete
//! listing. A database that holds an older word was restored from a backup; one without it is
//! another.

use super::{Client, NewAttachment};
use crate::odoo::Result;
use serde_json::json;

const NAME: &str = "Attaché - please leave this here.txt";
const TEXT: &str = "The program Attaché keeps this file to see when this database was restored from a \
backup. Without it the program stops and asks.\n";
const MARK: &str = "attache-witness ";

/// The witness as Odoo holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    pub id: i64,
    pub word: String,
}

impl Client {
    /// The witness of this user, the oldest where there are several.
    pub async fn witness(&self, user: i64) -> Result<Option<Witness>> {
        let found = self.own_attachments(user, &format!("{MARK}%")).await?;
        Ok(found.into_iter().find_map(|one| {
            let word = one.description?.strip_prefix(MARK)?.to_owned();
            Some(Witness { id: one.id, word })
        }))
    }

    /// Puts a witness there.
    pub async fn plant_witness(&self, word: &str) -> Result<()> {
        let description = format!("{MARK}{word}");
        let new = NewAttachment {
            name: NAME,
            record: None,
            description: Some(&description),
            mimetype: "text/plain",
            bytes: TEXT.as_bytes(),
        };
        self.create(&new).await.map(drop)
    }

    /// Gives the witness its next word.
    pub async fn give_word(&self, witness: i64, word: &str) -> Result<()> {
        let values = json!({ "description": format!("{MARK}{word}") });
        self.write(&[witness], values).await
    }
}
