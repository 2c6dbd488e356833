//! The composition root: the only place that builds pools, clients and registries.

mod arrangement;
mod clouds;
mod connect;
mod drain;
mod listen;
mod odoos;
mod report;
mod serve;
mod standing;
mod telling;
mod watch;

pub use arrangement::Arrangements;
pub use clouds::{Clouds, FolderSettings, WebDavSettings, webdav_secrets};
pub use connect::NewConnection;
pub use drain::Drainer;
pub use odoos::{End, Odoos};
pub use serve::told_to_stop;

use crate::config::Config;
use crate::jobs::{self, Pace};
use crate::odoo::spool::Disk;
use crate::store::private::Durability;
use crate::store::{Cluster, Seal, Store};
use anyhow::Context as _;
use secrecy::ExposeSecret as _;
use std::fs::{DirBuilder, File, OpenOptions};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;

/// Everything that commands and the server need, built once from the settings.
pub struct App {
    pub config: Config,
    pub store: Store,
    pub clouds: Arc<Clouds>,
    pub odoos: Arc<Odoos>,
    pub arrangements: Arc<Arrangements>,
    /// The private cluster, if there is no other database.
    cluster: Option<Cluster>,
    /// Locked while this process alone works on connections of a private cluster.
    alone: Option<File>,
}

impl App {
    /// Makes the data folder, starts the private database where no other is named, and brings the
    /// tables up to date. Nothing is sent to Odoo or to a cloud.
    pub async fn open(config: Config) -> anyhow::Result<App> {
        make(&config.data_dir)
            .with_context(|| format!("the data folder {}", config.data_dir.display()))?;
        let disk = Disk::open(&config.data_dir.join("spool"), config.spool_disk)
            .context("the spool folder")?;
        let seal = Seal::in_folder(&config.data_dir)?;
        let (cluster, url) = match &config.database_url {
            Some(url) => (None, url.expose_secret().to_owned()),
            None => {
                let folder = config.data_dir.clone();
                let started = move || Cluster::start(&folder, Durability::Durable);
                let cluster = tokio::task::spawn_blocking(started).await??;
                let url = cluster.url();
                (Some(cluster), url)
            }
        };
        let store = Store::open(&url, seal).await?;
        jobs::set_up(&store).await?;
        let odoos = Arc::new(Odoos::new(store.clone(), disk, &config));
        Ok(App {
            clouds: Arc::new(Clouds::new(store.clone())),
            arrangements: Arc::new(Arrangements::new(store.clone(), Arc::clone(&odoos))),
            odoos,
            config,
            store,
            cluster,
            alone: None,
        })
    }

    /// What drains the connections of this sidecar.
    pub fn drainer(&self) -> Drainer {
        let (clouds, odoos) = (Arc::clone(&self.clouds), Arc::clone(&self.odoos));
        let arrangements = Arc::clone(&self.arrangements);
        Drainer::new(
            &self.config,
            self.store.clone(),
            clouds,
            odoos,
            arrangements,
        )
    }

    /// How jobs are paced, by the settings.
    pub fn pace(&self) -> Pace {
        Pace {
            parallel: self.config.parallel_connections,
            ..Pace::default()
        }
    }

    /// To be called before working on connections. In a private cluster, leases and tokens that a
    /// killed sidecar left are cleared when no other process works on connections; elsewhere they
    /// run out by themselves within seconds.
    pub async fn begin_work(&mut self) -> anyhow::Result<()> {
        if self.cluster.is_none() || self.alone.is_some() {
            return Ok(());
        }
        let file = self.config.data_dir.join("work.lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&file)
            .with_context(|| file.display().to_string())?;
        if lock.try_lock().is_ok() {
            self.store.break_leases().await?;
            self.store.forget_tokens().await?;
            self.alone = Some(lock);
        }
        Ok(())
    }

    /// Closes the database and stops the private cluster, unless another process uses it.
    pub async fn close(self) -> anyhow::Result<()> {
        self.store.close().await;
        if let Some(cluster) = self.cluster {
            tokio::task::spawn_blocking(move || cluster.stop()).await??;
        }
        Ok(())
    }
}

/// The data folder is for its owner only; the folders above it are as usual.
fn make(folder: &Path) -> std::io::Result<()> {
    if let Some(above) = folder.parent() {
        std::fs::create_dir_all(above)?;
    }
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}
