//! `attache connect`: a cloud becomes a connection of a paired database.

use crate::app::{App, FolderSettings, NewConnection, WebDavSettings, webdav_secrets};
use anyhow::Context as _;
use clap::{Args, Subcommand};
use secrecy::SecretString;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::process::ExitCode;
use url::Url;

/// The same name again brings that connection up to date.
#[derive(Args)]
pub struct Connect {
    #[command(subcommand)]
    to: To,
}

#[derive(Args)]
struct Common {
    /// What people will call it.
    #[arg(long)]
    name: String,
    /// The paired database, by name or uuid; needed where several are paired.
    #[arg(long)]
    database: Option<String>,
}

#[derive(Subcommand)]
enum To {
    /// A folder of this machine, or a share that is mounted here.
    Folder {
        #[command(flatten)]
        common: Common,
        /// Made where it is missing; the folder above it must be there.
        #[arg(long)]
        path: PathBuf,
    },
    /// A folder of a WebDAV server.
    Webdav {
        #[command(flatten)]
        common: Common,
        /// Of the folder; made where it is missing.
        #[arg(long)]
        url: Url,
        #[arg(long)]
        user: String,
        /// Better in the variable: other users of this machine see command lines.
        #[arg(long, env = "WEBDAV_PASSWORD", hide_env_values = true)]
        password: SecretString,
        #[command(flatten)]
        manner: Manner,
    },
}

/// How a server wants to be treated.
#[derive(Args)]
struct Manner {
    /// Requests a second at most, where the server's owner asks for that.
    #[arg(long, value_name = "N")]
    requests_per_second: Option<NonZeroU32>,
    /// Trust the server with nothing, for one behind caches or balancers: slower.
    #[arg(long)]
    cautious: bool,
}

impl Connect {
    pub async fn run(self, app: &App) -> anyhow::Result<ExitCode> {
        let new = match self.to {
            To::Folder { common, path } => folder(common, path)?,
            To::Webdav {
                common,
                url,
                user,
                password,
                manner,
            } => webdav(common, &url, user, &password, &manner)?,
        };
        let connection = app.connect(new).await?;
        println!(
            "connected {} ({}) as {}",
            connection.name, connection.root_label, connection.id
        );
        Ok(ExitCode::SUCCESS)
    }
}

fn folder(common: Common, path: PathBuf) -> anyhow::Result<NewConnection> {
    // The server may run elsewhere than where this command was typed.
    let path = std::path::absolute(&path).with_context(|| path.display().to_string())?;
    Ok(NewConnection {
        database: common.database,
        name: common.name,
        provider: "folder",
        root_label: path.display().to_string(),
        settings: serde_json::to_value(FolderSettings { path })?,
        secrets: None,
    })
}

fn webdav(
    common: Common,
    url: &Url,
    user: String,
    password: &SecretString,
    manner: &Manner,
) -> anyhow::Result<NewConnection> {
    Ok(NewConnection {
        database: common.database,
        name: common.name,
        provider: "webdav",
        root_label: url.to_string(),
        settings: serde_json::to_value(WebDavSettings {
            url: url.to_string(),
            user,
            requests_per_second: manner.requests_per_second,
            cautious: manner.cautious,
        })?,
        secrets: Some(webdav_secrets(password)),
    })
}
