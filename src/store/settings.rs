//! Small values that every sidecar must agree on.

use super::{Result, Store, StoreError};
use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Holds a sealed constant: whoever opens it has the right key.
const PROBE: &str = "seal";

impl Store {
    /// The value under a key; `None` when it was never set.
    pub async fn setting<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let value: Option<Value> = sqlx::query_scalar("select value from settings where key = $1")
            .bind(key)
            .fetch_optional(&self.pool)
            .await?;
        value
            .map(serde_json::from_value)
            .transpose()
            .map_err(|error| StoreError::Unreadable(format!("the setting {key} ({error})")))
    }

    /// Sets a value.
    pub async fn put_setting<T: Serialize>(&self, key: &str, value: &T) -> Result<()> {
        sqlx::query(
            "insert into settings (key, value) values ($1, $2)
             on conflict (key) do update set value = excluded.value, updated = now()",
        )
        .bind(key)
        .bind(sqlx::types::Json(value))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// A secret that every sidecar shares; the first to ask makes it. It is sealed.
    pub async fn secret_setting(
        &self,
        key: &str,
        fresh: impl FnOnce() -> SecretString,
    ) -> Result<SecretString> {
        let place = format!("settings/{key}");
        let sealed = hex::encode(self.seal.seal(&place, &fresh()));
        sqlx::query("insert into settings (key, value) values ($1, $2) on conflict do nothing")
            .bind(key)
            .bind(Value::String(sealed))
            .execute(&self.pool)
            .await?;
        let kept: Option<String> = self.setting(key).await?;
        let kept = hex::decode(kept.unwrap_or_default())
            .map_err(|_| StoreError::Sealed(format!("the setting {key} is damaged")))?;
        self.seal.open(&place, &kept)
    }

    /// Fails when this database's secrets were sealed with another key. The first to open a
    /// database leaves the probe.
    pub(super) async fn check_seal(&self) -> Result<()> {
        self.secret_setting(PROBE, || SecretString::from("attache"))
            .await
            .map(drop)
    }
}
