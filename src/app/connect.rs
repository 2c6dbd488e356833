//! Connecting a cloud: its root is claimed, Odoo shows it, and schedules begin.

use super::clouds::provider;
use super::{App, End};
use crate::jobs;
use crate::odoo::service;
use crate::store::log::NewLogRow;
use crate::store::{Ask, Connection, ConnectionState, Database};
use crate::tree::ConnectionId;
use anyhow::{Context as _, bail};
use secrecy::SecretString;
use serde_json::Value;
use std::time::Duration;
use time::{OffsetDateTime, Time};
use uuid::Uuid;

/// How often Odoo's side is looked at although nobody heard of news there.
const UNHEARD: Duration = Duration::from_secs(5);

/// What a person connects.
#[derive(Clone, Debug)]
pub struct NewConnection {
    /// Name or uuid of the paired database; needed where several are paired.
    pub database: Option<String>,
    /// What people will call it. The name of one there is: that one is brought up to date.
    pub name: String,
    pub provider: &'static str,
    /// See [`Connection::settings`].
    pub settings: Value,
    /// See [`Connection::secrets`].
    pub secrets: Option<SecretString>,
    /// Where its root is, in words that people know.
    pub root_label: String,
}

impl App {
    /// Connects, or connects anew under the same name. The connection is kept before the first
    /// call is made, so that after any failure the same again goes on with the same identity,
    /// which the root may be marked with by then.
    pub async fn connect(&self, new: NewConnection) -> anyhow::Result<Connection> {
        let database = self.paired(new.database.as_deref()).await?;
        let mut connection = self.kept(&database, new).await?;
        self.store.put_connection(&connection).await?;
        let claimed = provider(&connection)?
            .claim(connection.id)
            .await
            .with_context(|| format!("{} cannot be connected", connection.name))?;
        connection.web_url = claimed.web_url;
        let told = service::NewConnection {
            uuid: connection.id.to_string(),
            name: connection.name.clone(),
            provider: connection.provider.clone(),
            root_label: connection.root_label.clone(),
            web_url: connection.web_url.clone(),
        };
        match self.odoos.end(&database.uuid).await? {
            End::Addon(service) => {
                let put = service.put_connection(&told).await;
                put.context("Odoo cannot show the connection")?;
            }
            End::Plain(plain) => {
                plain
                    .put_connection(connection.id, &connection.name)
                    .await?
            }
        }
        connection.state = ConnectionState::Active;
        connection.reason = None;
        self.store.put_connection(&connection).await?;
        self.schedule(connection.id).await?;
        let row = NewLogRow {
            who: "command line".into(),
            what: "connect".into(),
            subject: connection.name.clone(),
            reason: String::new(),
            outcome: "done".into(),
            detail: connection.settings.to_string(),
        };
        self.store.log(Some(connection.id), row).await?;
        jobs::nudge(&self.store, connection.id, Ask::Rescan).await?;
        Ok(connection)
    }

    /// Sets the schedules of a connection as the settings say.
    pub async fn schedule(&self, connection: ConnectionId) -> anyhow::Result<()> {
        let now = OffsetDateTime::now_utc();
        let night = next(now, self.config.rescan_at);
        for (what, every, first) in [
            (Ask::Odoo, UNHEARD, now),
            (Ask::Cloud, self.config.poll_cloud, now),
            (Ask::Rescan, self.config.rescan, night),
        ] {
            self.store
                .put_schedule(connection, what, every, first)
                .await?;
        }
        Ok(())
    }

    async fn paired(&self, wanted: Option<&str>) -> anyhow::Result<Database> {
        let mut databases = self.store.databases().await?;
        if let Some(wanted) = wanted {
            databases.retain(|one| one.name == wanted || one.uuid == wanted);
        }
        let names: Vec<&str> = databases.iter().map(|one| one.name.as_str()).collect();
        match (names.as_slice(), wanted) {
            ([_], _) => Ok(databases.remove(0)),
            ([], None) => bail!("no Odoo database is paired yet; run attache pair first"),
            ([], Some(wanted)) => bail!("no database {wanted} is paired"),
            (several, _) => bail!("say which database by --database: {}", several.join(", ")),
        }
    }

    async fn kept(&self, database: &Database, new: NewConnection) -> anyhow::Result<Connection> {
        let known = self.store.connections().await?;
        let known = known
            .iter()
            .find(|one| one.database == database.uuid && one.name == new.name);
        if let Some(known) = known
            && known.provider != new.provider
        {
            let (name, provider) = (&known.name, &known.provider);
            bail!("{name} is a connection to a {provider} store; choose another name");
        }
        Ok(Connection {
            id: known.map_or_else(|| ConnectionId(Uuid::new_v4()), |known| known.id),
            database: database.uuid.clone(),
            name: new.name,
            provider: new.provider.to_owned(),
            settings: new.settings,
            secrets: new.secrets,
            state: ConnectionState::Paused,
            reason: Some("it is not connected to its end; run attache connect again".into()),
            root_label: new.root_label,
            web_url: None,
        })
    }
}

/// The next time that it is this hour.
fn next(now: OffsetDateTime, hour: u8) -> OffsetDateTime {
    let at = Time::from_hms(hour, 0, 0).expect("the settings allow 0 to 23");
    let today = now.replace_time(at);
    if today > now {
        today
    } else {
        today + Duration::from_secs(24 * 3600)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn the_night_is_today_or_tomorrow() {
        let at = datetime!(2026-03-01 01:59 UTC);
        assert_eq!(next(at, 2), datetime!(2026-03-01 02:00 UTC));
        let at = datetime!(2026-02-28 02:00 UTC);
        assert_eq!(next(at, 2), datetime!(2026-03-01 02:00 UTC));
    }
}
