//! Plain WebDAV (RFC 4918): NAS boxes, Apache, and whatever else speaks it.
//!
//! Path-addressed, listings only, no hashes. Entity tags are the revisions. What a server may be
//! trusted with is probed, not believed (see `probe`).

mod api;
mod place;
mod probe;
mod server;
mod trash;
mod upload;
mod whole;
mod wire;

use super::http::Pace;
use super::names::{MARK, TEMPORARY, TRASH, VERSIONS};
use super::{
    Body, Capability, Download, ErrorKind, Feed, Item, Locator, NewFile, Provider, ProviderError,
    Result, WholeFolder, names,
};
use crate::tree::{ConnectionId, Kind, OperationId, Revision};
use api::{Api, Depth};
use async_trait::async_trait;
use secrecy::SecretString;
use server::{Server, holds_ours};
use std::sync::Arc;

/// One folder of a WebDAV server as a store.
pub struct WebDav {
    server: Arc<Server>,
}

impl WebDav {
    /// The folder at `url` with Basic authentication; nothing is asked yet. `Invalid`: an address
    /// that is not plain `http://` or `https://`.
    pub fn new(
        url: &str,
        user: &str,
        password: SecretString,
        connection: ConnectionId,
    ) -> Result<Self> {
        Self::paced(url, user, password, connection, Pace::free())
    }

    /// The same with a limit of requests.
    pub fn paced(
        url: &str,
        user: &str,
        password: SecretString,
        connection: ConnectionId,
        pace: Pace,
    ) -> Result<Self> {
        let api = Api::new(url, user, &password, pace)?;
        Ok(WebDav {
            server: Arc::new(Server::new(api, connection)),
        })
    }

    /// The same, trusting the server with nothing that could be probed: every upload goes aside
    /// first, every answer is looked up. For servers behind caches and balancers whose manners
    /// depend on who answers.
    pub fn cautious(self) -> Self {
        self.server.distrust();
        self
    }

    /// Runs work to its end, whoever still waits for it. Calls with the same key take turns.
    async fn to_the_end<T, F>(
        &self,
        key: OperationId,
        work: impl FnOnce(Arc<Server>) -> F,
    ) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let server = self.server.clone();
        let work = work(server.clone());
        finished(async move {
            let _turn = server.turn(key).await;
            work.await
        })
        .await
    }
}

/// Runs work to its end, whoever still waits for it.
async fn finished<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    tokio::spawn(work).await.map_err(|error| {
        let message = "the work in the store was broken off";
        ProviderError::new(ErrorKind::Unexpected, message).because(error)
    })?
}

#[async_trait]
impl Provider for WebDav {
    fn capability(&self) -> Capability {
        Capability {
            feed: Feed::Listing,
            stable_ids: false,
            hashes: &[],
            duplicate_names: false,
            whole_reads: self.server.is_atomic(),
            whole_folders: self.server.spares_folders(),
            parallel: 16,
            max_size: None,
        }
    }

    async fn claim(&self, connection: ConnectionId) -> Result<Item> {
        self.server.claim(connection).await?;
        self.root().await
    }

    async fn root(&self) -> Result<Item> {
        self.server.verify().await?;
        self.server.manners().await?;
        self.server.sweep_daily().await;
        let (seen, _) = self.server.api.propfind(&[], true, Depth::Itself).await?;
        Ok(seen.item(false))
    }

    async fn list(&self, folder: &Locator) -> Result<Vec<Item>> {
        names::check_path(&folder.path)?;
        let server = &self.server;
        server.ours().await?;
        let coarse = !server.manners().await?.fine_tags;
        let listed = server.api.propfind(&folder.path, true, Depth::Children);
        let children = match listed.await {
            Ok((_, children)) => children,
            Err(error) => return Err(server.doubted(error).await),
        };
        if folder.path.is_empty() && !holds_ours(&children) {
            server.verify().await?;
        }
        Ok(children
            .into_iter()
            .filter(|child| !names::is_left_out(&child.name))
            .map(|child| child.item(coarse))
            .collect())
    }

    async fn metadata(&self, entry: &Locator) -> Result<Item> {
        names::check_path(&entry.path)?;
        self.server.ours().await?;
        let coarse = !self.server.manners().await?.fine_tags;
        Ok(self.server.look(&entry.path).await?.item(coarse))
    }

    async fn read(&self, file: &Locator, offset: u64) -> Result<Download> {
        let name = own_name(&file.path)?;
        self.server.ours().await?;
        let manners = self.server.manners().await?;
        self.server
            .download(&file.path, name, offset, manners)
            .await
    }

    async fn create_folder(&self, _key: OperationId, parent: &Locator, name: &str) -> Result<Item> {
        names::check(name)?;
        names::check_path(&parent.path)?;
        let server = &self.server;
        match parent.path.is_empty() {
            // A share that was unmounted a moment ago would take the folder.
            true => server.verify().await?,
            false => server.ours().await?,
        }
        let path = joined(&parent.path, name);
        if !server.manners().await?.tells_folders {
            match server.api.propfind(&path, false, Depth::Itself).await {
                Err(error) if error.kind == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
                Ok(_) => return Err(taken(name)),
            }
        }
        let made = server.api.mkcol(&path).await?;
        if !made.is_success() {
            return Err(server.not_placed(made, &path, &parent.path).await);
        }
        Ok(untold_folder(name))
    }

    async fn create_file(
        &self,
        key: OperationId,
        parent: &Locator,
        name: &str,
        body: &Body,
    ) -> Result<Item> {
        names::check(name)?;
        names::check_path(&parent.path)?;
        self.server.ours().await?;
        upload::create(&self.server, key, &parent.path, name, body).await
    }

    async fn create_whole_folder(
        &self,
        key: OperationId,
        parent: &Locator,
        name: &str,
        files: &[NewFile],
    ) -> Result<WholeFolder> {
        names::check(name)?;
        names::check_path(&parent.path)?;
        names::check_siblings(files.iter().map(|file| file.name.as_str()))?;
        match parent.path.is_empty() {
            true => self.server.verify().await?,
            false => self.server.ours().await?,
        }
        if !self.server.manners().await?.spares_folders {
            let message = "this server is not known to move a folder without replacing another";
            return Err(ProviderError::new(ErrorKind::Unsupported, message));
        }
        let (parent, name, files) = (parent.path.clone(), name.to_owned(), files.to_vec());
        self.to_the_end(key, |server| async move {
            whole::create(&server, key, &parent, &name, &files).await
        })
        .await
    }

    async fn write_file(
        &self,
        key: OperationId,
        file: &Locator,
        expect: &Revision,
        body: &Body,
    ) -> Result<Item> {
        own_name(&file.path)?;
        self.server.ours().await?;
        let (path, expect, body) = (file.path.clone(), expect.clone(), body.clone());
        self.to_the_end(key, |server| async move {
            upload::replace(&server, key, &path, &expect, &body).await
        })
        .await
    }

    async fn place(&self, entry: &Locator, parent: &Locator, name: &str) -> Result<Item> {
        names::check(name)?;
        names::check_path(&parent.path)?;
        let old = own_name(&entry.path)?;
        if parent.path.starts_with(&entry.path) {
            let message = "a folder cannot be moved into itself";
            return Err(ProviderError::new(ErrorKind::Invalid, message));
        }
        self.server.ours().await?;
        place::place(&self.server, &entry.path, old, &parent.path, name).await
    }

    async fn trash(&self, key: OperationId, entry: &Locator, expect: &Revision) -> Result<String> {
        own_name(&entry.path)?;
        self.server.ours().await?;
        let (path, expect) = (entry.path.clone(), expect.clone());
        self.to_the_end(key, |server| async move {
            trash::put(&server, key, &path, &expect).await
        })
        .await
    }

    async fn restore(&self, handle: &str, parent: &Locator, name: &str) -> Result<Item> {
        names::check(name)?;
        names::check_path(&parent.path)?;
        self.server.ours().await?;
        let (parent, name) = (parent.path.clone(), name.to_owned());
        let (key, handle) = (trash::key(handle)?, handle.to_owned());
        self.to_the_end(key, |server| async move {
            trash::restore(&server, &handle, &parent, &name).await
        })
        .await
    }
}

/// The name of an entry that is not the root; `Invalid` for the root and for paths that escape.
fn own_name(path: &[String]) -> Result<&str> {
    names::check_path(path)?;
    path.last().map(String::as_str).ok_or_else(|| {
        let message = "the root folder itself stays as it is";
        ProviderError::new(ErrorKind::Invalid, message)
    })
}

fn joined(parent: &[String], name: &str) -> Vec<String> {
    let mut path = parent.to_vec();
    path.push(name.to_owned());
    path
}

/// A folder that was just made. It has no revision: there is nothing more to ask.
fn untold_folder(name: &str) -> Item {
    Item {
        id: None,
        parent: None,
        name: name.to_owned(),
        kind: Kind::Folder,
        revision: Revision::default(),
        fingerprint: None,
        web_url: None,
    }
}

fn taken(name: &str) -> ProviderError {
    let message = format!("the name {name:?} is taken");
    ProviderError::new(ErrorKind::AlreadyExists, message)
}

fn changed(name: &str) -> ProviderError {
    let message = format!("{name:?} was changed in the store meanwhile");
    ProviderError::new(ErrorKind::Changed, message)
}
