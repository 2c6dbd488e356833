//! `attache pair`: this sidecar and one Odoo database come to trust each other.

use crate::app::App;
use crate::odoo::pairing::{Pairing, pair};
use crate::odoo::plain;
use crate::odoo::token::Secret;
use crate::store::Database;
use crate::store::log::NewLogRow;
use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use secrecy::{ExposeSecret as _, SecretString};
use std::process::ExitCode;
use url::Url;

/// Run again, it replaces key and secret, and whatever else held them is locked out.
#[derive(Args)]
pub struct Pair {
    /// Where Odoo is reached, such as https://odoo.example.com.
    #[arg(long)]
    url: Url,
    /// The database's name.
    #[arg(long)]
    database: String,
    /// An administrator of it; without the addon, the user whose key it is.
    #[arg(long)]
    login: String,
    /// The administrator's password; used once and not kept. Better in the variable: other users
    /// of this machine see command lines.
    #[arg(
        long,
        env = "ODOO_PASSWORD",
        hide_env_values = true,
        required_unless_present = "without_addon"
    )]
    password: Option<SecretString>,
    /// For an Odoo where no addon can be installed: an ordinary user's API key does it all, within
    /// that user's rights (docs/without-addon.md).
    #[arg(long)]
    without_addon: bool,
    /// That API key. Better in the variable.
    #[arg(
        long,
        env = "ODOO_API_KEY",
        hide_env_values = true,
        required_if_eq("without_addon", "true")
    )]
    api_key: Option<SecretString>,
    /// How an Odoo without the addon is spoken to; JSON-2 needs Odoo 19.
    #[arg(long, value_enum, default_value_t = Way::Auto, requires = "without_addon")]
    wire: Way,
    /// Where Odoo reaches this sidecar; else the setting of that name.
    #[arg(long)]
    sidecar_url: Option<Url>,
    /// Where people's browsers reach this sidecar; else the setting of that name.
    #[arg(long)]
    public_url: Option<Url>,
}

/// See [`crate::odoo::transport::Wire`].
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Way {
    Auto,
    Json2,
    Xmlrpc,
}

impl Pair {
    pub async fn run(self, app: &App) -> anyhow::Result<ExitCode> {
        if self.without_addon {
            return self.without_addon(app).await;
        }
        let password = self.password.clone().context("the password is missing")?;
        let secret = Secret::random();
        let sidecar_url = self
            .sidecar_url
            .clone()
            .unwrap_or_else(|| app.config.sidecar_url.clone());
        let public_url = self
            .public_url
            .clone()
            .unwrap_or_else(|| app.config.public_url.clone());
        let paired = pair(&Pairing {
            url: self.url.clone(),
            database: self.database.clone(),
            login: self.login.clone(),
            password,
            sidecar_url,
            public_url,
            secret: secret.clone(),
        })
        .await?;
        app.store
            .put_database(&Database {
                uuid: paired.uuid.clone(),
                url: self.url.to_string(),
                name: self.database.clone(),
                login: paired.login.clone(),
                key: paired.key,
                secret: SecretString::from(secret.expose()),
                epoch: paired.epoch,
                wire: "auto".into(),
                addon: true,
            })
            .await
            .context("Odoo is paired, but this side cannot keep it; pair again")?;
        self.log(app, &paired.uuid).await?;
        println!(
            "paired with {} at {}: Odoo {}, addon {}, service user {}",
            self.database, self.url, paired.odoo, paired.addon, paired.login
        );
        Ok(ExitCode::SUCCESS)
    }

    async fn log(&self, app: &App, uuid: &str) -> anyhow::Result<()> {
        let row = NewLogRow {
            who: self.login.clone(),
            what: "pair".into(),
            subject: self.database.clone(),
            reason: String::new(),
            outcome: "done".into(),
            detail: serde_json::json!({ "url": self.url.as_str(), "uuid": uuid }).to_string(),
        };
        app.store.log(None, row).await?;
        Ok(())
    }

    /// Keeps the key and leaves a witness in Odoo. Again: whoever says that a restored database is
    /// the right one.
    async fn without_addon(&self, app: &App) -> anyhow::Result<ExitCode> {
        let given = [
            ("--password (or ODOO_PASSWORD)", self.password.is_some()),
            ("--sidecar-url", self.sidecar_url.is_some()),
            ("--public-url", self.public_url.is_some()),
        ];
        if let Some((option, _)) = given.iter().find(|(_, is_given)| *is_given) {
            bail!("without the addon nothing is done with {option}: leave it out");
        }
        let key = self.api_key.clone().context("the API key is missing")?;
        let version = plain::version(&self.url).await?;
        let uuid = plain::identity(&self.url, &self.database);
        let known = app.store.databases().await?;
        let known = known.into_iter().find(|one| one.uuid == uuid);
        let mut database = Database {
            uuid: uuid.clone(),
            url: self.url.to_string(),
            name: self.database.clone(),
            login: self.login.clone(),
            key: SecretString::from(key.expose_secret().trim()),
            // Nobody else knows it: nothing is signed where there is no addon.
            secret: SecretString::from(Secret::random().expose()),
            epoch: String::new(),
            wire: match self.wire {
                Way::Auto => "auto",
                Way::Json2 => "json2",
                Way::Xmlrpc => "xmlrpc",
            }
            .into(),
            addon: false,
        };
        let known = known.as_ref().map(|known| known.epoch.as_str());
        let plain = app.odoos.plain(&database)?;
        let confirmed = plain.confirm(known).await?;
        let is_other = known.is_some() && confirmed.is_new;
        database.epoch = confirmed.epoch;
        app.store
            .put_database(&database)
            .await
            .context("Odoo is paired, but this side cannot keep it; pair again")?;
        if confirmed.is_new {
            plain.plant().await?;
        }
        self.log(app, &uuid).await?;
        println!(
            "paired with {} at {} without the addon: Odoo {version}, user {} ({})",
            self.database, self.url, self.login, confirmed.user
        );
        if is_other {
            println!("what was agreed on before is forgotten; both sides are compared anew");
        }
        if app.config.rules_file.is_none() {
            println!("no rules yet: set rules_file");
        }
        Ok(ExitCode::SUCCESS)
    }
}
