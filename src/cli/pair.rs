//! `attache pair`: this sidecar and one Odoo database come to trust each other.

use crate::app::App;
use crate::odoo::pairing::{Pairing, pair};
use crate::odoo::token::Secret;
use crate::store::Database;
use crate::store::log::NewLogRow;
use anyhow::Context as _;
use clap::Args;
use secrecy::SecretString;
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
    /// An administrator of it.
    #[arg(long)]
    login: String,
    /// The administrator's password; used once and not kept. Better in the variable: other users
    /// of this machine see command lines.
    #[arg(long, env = "ODOO_PASSWORD", hide_env_values = true)]
    password: SecretString,
    /// Where Odoo reaches this sidecar; else the setting of that name.
    #[arg(long)]
    sidecar_url: Option<Url>,
    /// Where people's browsers reach this sidecar; else the setting of that name.
    #[arg(long)]
    public_url: Option<Url>,
}

impl Pair {
    pub async fn run(self, app: &App) -> anyhow::Result<ExitCode> {
        let secret = Secret::random();
        let sidecar_url = self
            .sidecar_url
            .unwrap_or_else(|| app.config.sidecar_url.clone());
        let public_url = self
            .public_url
            .unwrap_or_else(|| app.config.public_url.clone());
        let paired = pair(&Pairing {
            url: self.url.clone(),
            database: self.database.clone(),
            login: self.login.clone(),
            password: self.password,
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
        let row = NewLogRow {
            who: self.login,
            what: "pair".into(),
            subject: self.database.clone(),
            reason: String::new(),
            outcome: "done".into(),
            detail: serde_json::json!({ "url": self.url.as_str(), "uuid": paired.uuid })
                .to_string(),
        };
        app.store.log(None, row).await?;
        println!(
            "paired with {} at {}: Odoo {}, addon {}, service user {}",
            self.database, self.url, paired.odoo, paired.addon, paired.login
        );
        Ok(ExitCode::SUCCESS)
    }
}
