//! Which database it is, and who asks: an ordinary user may not read Odoo's own `database.uuid`.

use super::Client;
use crate::odoo::http::{client, shown};
use crate::odoo::transport::Limits;
use crate::odoo::{ErrorKind, OdooError, Result, pairing};
use serde_json::{Map, Value, json};
use url::Url;
use uuid::Uuid;

/// The user whose key it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: i64,
    pub name: String,
}

/// Names a database by where it is reached: the same address and name are the same database. That
/// another one lies there meanwhile is told by its witness.
pub fn identity(url: &Url, database: &str) -> String {
    let place = format!("{}\n{database}", shown(url).to_lowercase());
    Uuid::new_v5(&Uuid::NAMESPACE_URL, place.as_bytes()).to_string()
}

/// The server's version, as people write it.
pub async fn version(url: &Url) -> Result<String> {
    let limits = Limits::default();
    let http = client(limits.connect, limits.call)?;
    pairing::version(&http, url).await
}

impl Client {
    /// Whose key it is. A key of somebody else than the login says: `Unauthorized`.
    pub async fn user(&self) -> Result<User> {
        let login = &self.endpoint().login;
        let args = json!({
            "domain": [["login", "=", login]],
            "fields": ["name"],
            "limit": 1,
        });
        let found: Vec<Map<String, Value>> = self.ask("res.users", "search_read", args).await?;
        let id = found.first().and_then(|row| row.get("id")?.as_i64());
        let told: Value = self.ask("res.users", "context_get", json!({})).await?;
        let told = told.get("uid").and_then(Value::as_i64);
        match id {
            Some(id) if told.is_none_or(|told| told == id) => Ok(User {
                id,
                name: super::attachments::text(&found[0], "name").unwrap_or_default(),
            }),
            _ => {
                let message = format!(
                    "the key is not one of {login}: make one in Odoo under Preferences, Account Security, New API Key"
                );
                Err(OdooError::new(ErrorKind::Unauthorized, message))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_place_is_the_same_database() {
        let at = |url: &str, name| identity(&url.parse().unwrap(), name);
        let one = at("https://shop.odoo.com", "shop");
        assert_eq!(one, at("https://Shop.odoo.com/", "shop"));
        assert_ne!(one, at("https://shop.odoo.com", "shop2"));
        assert_ne!(one, at("https://other.odoo.com", "shop"));
    }
}
