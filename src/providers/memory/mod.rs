//! A store in memory that people share with the sidecar and that can be told to lie.
//!
//! It exists for the simulation and as the model of what [`Provider`] promises: the conformance
//! suite holds it and the real stores to the same cases. Two shapes: id-addressed with a feed
//! (as Drive), and path-addressed with listings only (as a NAS).

mod effects;
pub mod faults;
mod feed;
mod state;
#[cfg(test)]
mod tests;
mod world;

pub use faults::{Call, Fault, Faults};
pub use world::World;

use super::{
    Body, Capability, Download, ErrorKind, Feed, Item, Locator, NewFile, Provider, ProviderError,
    Result, WholeFolder, names,
};
use crate::tree::{ConnectionId, Cursor, HashKind, Kind, OperationId, Page, Revision};
use async_trait::async_trait;
use bytes::Bytes;
use effects::{
    create, entry_id, expected, find, is_file, is_folder, is_free, item, node_id, node_item,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use state::{ROOT, State};
use tokio::task::yield_now;

/// What kind of store to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Stable identities, hashes and a feed; else paths and listings only.
    pub ids: bool,
    /// Siblings may have equal names. Only with `ids`.
    pub duplicate_names: bool,
    /// Names that differ by case or composition only are one name.
    pub folds_names: bool,
    /// A rename gives a new revision although the bytes stay.
    pub renames_revise: bool,
}

impl Shape {
    /// As Google Drive: identities, hashes, a feed, duplicate names.
    pub const DRIVE: Shape = Shape {
        ids: true,
        duplicate_names: true,
        folds_names: false,
        renames_revise: false,
    };

    /// As OneDrive: identities, hashes, a feed, names folded, renames revise.
    pub const GRAPH: Shape = Shape {
        ids: true,
        duplicate_names: false,
        folds_names: true,
        renames_revise: true,
    };

    /// As a NAS: paths, listings, no hash; a revision outlives a rename.
    pub const NAS: Shape = Shape {
        ids: false,
        duplicate_names: false,
        folds_names: false,
        renames_revise: false,
    };
}

/// One connection to a [`World`].
#[derive(Clone, Debug)]
pub struct Memory {
    world: World,
    connection: ConnectionId,
}

impl Memory {
    pub(super) fn new(world: World, connection: ConnectionId) -> Self {
        Memory { world, connection }
    }

    /// One call: a drop before it has no effect, a drop after it has all of it.
    async fn call<T>(
        &self,
        call: Call,
        effect: impl FnOnce(&mut State, Option<Fault>, &mut fastrand::Rng) -> Result<T> + Send,
    ) -> Result<T> {
        yield_now().await;
        let (answer, fault) = {
            let mut guard = self.world.lock();
            let inner = &mut *guard;
            let fault = inner.faults.draw(call, &mut inner.random);
            if let Some(error) = fault.and_then(Fault::instead) {
                return Err(error);
            }
            if call != Call::Claim {
                self.check_root(&inner.state)?;
            }
            (effect(&mut inner.state, fault, &mut inner.random), fault)
        };
        yield_now().await;
        match fault {
            Some(Fault::After) => Err(failure(
                ErrorKind::Unavailable,
                "the store's answer was lost",
            )),
            _ => answer,
        }
    }

    fn check_root(&self, state: &State) -> Result<()> {
        if !state.present {
            return Err(failure(ErrorKind::RootGone, "the root folder is not there"));
        }
        match state.mark {
            Some(mark) if mark == self.connection => Ok(()),
            Some(_) => Err(failure(
                ErrorKind::RootGone,
                "the root folder belongs to another connection",
            )),
            None => Err(failure(ErrorKind::RootGone, "the root folder has no mark")),
        }
    }
}

#[async_trait]
impl Provider for Memory {
    fn capability(&self) -> Capability {
        let shape = self.world.lock().state.shape;
        Capability {
            feed: if shape.ids {
                Feed::Changes
            } else {
                Feed::Listing
            },
            stable_ids: shape.ids,
            hashes: if shape.ids { &[HashKind::Sha256] } else { &[] },
            duplicate_names: shape.duplicate_names,
            whole_reads: false,
            whole_folders: !shape.ids,
            parallel: 4,
            max_size: None,
        }
    }

    async fn claim(&self, connection: ConnectionId) -> Result<Item> {
        self.call(Call::Claim, |state, _, _| {
            if state.present && state.mark.is_some_and(|mark| mark != connection) {
                let message = "the root folder belongs to another connection; choose another one";
                return Err(failure(ErrorKind::RootGone, message));
            }
            state.present = true;
            state.mark = Some(connection);
            item(state, ROOT)
        })
        .await
    }

    async fn root(&self) -> Result<Item> {
        self.call(Call::Root, |state, _, _| item(state, ROOT)).await
    }

    async fn list(&self, folder: &Locator) -> Result<Vec<Item>> {
        self.call(Call::List, |state, fault, _| {
            let id = find(state, folder)?;
            is_folder(state, id)?;
            Ok(match fault {
                Some(Fault::Stale) => feed::stale_children(state, id),
                _ => state
                    .children(id)
                    .map(|(id, node)| node_item(state.shape, id, node))
                    .collect(),
            })
        })
        .await
    }

    async fn changes(&self, cursor: Option<&Cursor>) -> Result<Page> {
        self.call(Call::Changes, |state, fault, random| {
            feed::page(state, cursor, fault, random)
        })
        .await
    }

    async fn metadata(&self, entry: &Locator) -> Result<Item> {
        self.call(Call::Metadata, |state, _, _| {
            item(state, find(state, entry)?)
        })
        .await
    }

    async fn read(&self, file: &Locator, offset: u64) -> Result<Download> {
        let (item, bytes, cut) = self
            .call(Call::Read, |state, fault, _| {
                let id = find(state, file)?;
                let item = item(state, id)?;
                is_file(&item)?;
                let bytes = state.nodes.get(&id).map(|node| node.bytes.clone());
                Ok((item, bytes.unwrap_or_default(), fault == Some(Fault::Cut)))
            })
            .await?;
        let from = usize::try_from(offset).map_or(bytes.len(), |from| from.min(bytes.len()));
        let mut rest = bytes.slice(from..);
        if cut {
            rest.truncate(rest.len() / 2);
        }
        let mut parts: Vec<Result<Bytes>> = (0..rest.len())
            .step_by(PART)
            .map(|at| Ok(rest.slice(at..rest.len().min(at + PART))))
            .collect();
        if cut {
            parts.push(Err(failure(
                ErrorKind::Unavailable,
                "the download was cut off",
            )));
        }
        let bytes = stream::iter(parts)
            .then(|part| async {
                yield_now().await;
                part
            })
            .boxed();
        Ok(Download { item, bytes })
    }

    async fn create_folder(&self, key: OperationId, parent: &Locator, name: &str) -> Result<Item> {
        self.call(Call::CreateFolder, |state, _, _| {
            create(state, key, parent, name, Kind::Folder, Bytes::new())
        })
        .await
    }

    async fn create_file(
        &self,
        key: OperationId,
        parent: &Locator,
        name: &str,
        body: &Body,
    ) -> Result<Item> {
        let bytes = collected(body).await?;
        self.call(Call::CreateFile, |state, _, _| {
            let tells = state.shape.ids;
            let made = create(state, key, parent, name, Kind::File, bytes)?;
            Ok(if tells { made } else { untold(made) })
        })
        .await
    }

    async fn create_whole_folder(
        &self,
        key: OperationId,
        parent: &Locator,
        name: &str,
        files: &[NewFile],
    ) -> Result<WholeFolder> {
        if !self.capability().whole_folders {
            let message = "this store makes folders and files one by one";
            return Err(failure(ErrorKind::Unsupported, message));
        }
        names::check_siblings(files.iter().map(|file| file.name.as_str()))?;
        let mut contents = Vec::new();
        for file in files {
            contents.push(collected(&file.body).await?);
        }
        self.call(Call::CreateFolder, |state, _, _| {
            let folder = create(state, key, parent, name, Kind::Folder, Bytes::new())?;
            let place = parent.child(parent.id.clone(), name);
            let made = files.iter().zip(contents).map(|(file, bytes)| {
                let made = create(state, key, &place, &file.name, Kind::File, bytes)?;
                Ok(Some(untold(made)))
            });
            let files = made.collect::<Result<_>>()?;
            Ok(WholeFolder { folder, files })
        })
        .await
    }

    async fn write_file(
        &self,
        _key: OperationId,
        file: &Locator,
        expect: &Revision,
        body: &Body,
    ) -> Result<Item> {
        let bytes = collected(body).await?;
        self.call(Call::WriteFile, |state, _, _| {
            let id = find(state, file)?;
            let now = item(state, id)?;
            is_file(&now)?;
            expected(&now, expect)?;
            state.set_bytes(id, bytes);
            item(state, id)
        })
        .await
    }

    async fn place(&self, entry: &Locator, parent: &Locator, name: &str) -> Result<Item> {
        self.call(Call::Place, |state, _, _| {
            names::check(name)?;
            let id = find(state, entry)?;
            let to = find(state, parent)?;
            is_folder(state, to)?;
            if id == ROOT || state.is_within(to, id) {
                let message = "a folder cannot be moved into itself";
                return Err(failure(ErrorKind::Invalid, message));
            }
            let there = state
                .nodes
                .get(&id)
                .is_some_and(|node| node.parent == Some(to) && node.name == name);
            if !there {
                is_free(state, to, name, Some(id))?;
                state.set_place(id, to, name);
            }
            item(state, id)
        })
        .await
    }

    async fn trash(&self, key: OperationId, entry: &Locator, expect: &Revision) -> Result<String> {
        self.call(Call::Trash, |state, _, _| {
            let done = state
                .nodes
                .iter()
                .find(|(_, node)| node.trashed_by == Some(key));
            if let Some((id, _)) = done {
                return Ok(id.to_string());
            }
            let id = find(state, entry)?;
            let now = item(state, id)?;
            match now.kind {
                _ if id == ROOT => {
                    let message = "the root folder cannot be put into the trash";
                    return Err(failure(ErrorKind::Invalid, message));
                }
                Kind::File => expected(&now, expect)?,
                Kind::Folder if state.children(id).next().is_some() => {
                    let message = format!("the folder {:?} is not empty", now.name);
                    return Err(failure(ErrorKind::Changed, message));
                }
                Kind::Folder => {}
            }
            state.change(id, |node| {
                node.trashed = true;
                node.trashed_by = Some(key);
            });
            Ok(id.to_string())
        })
        .await
    }

    async fn restore(&self, handle: &str, parent: &Locator, name: &str) -> Result<Item> {
        self.call(Call::Restore, |state, _, _| {
            names::check(name)?;
            let id = handle
                .parse()
                .ok()
                .filter(|id| state.nodes.get(id).is_some_and(|node| node.trashed))
                .ok_or_else(|| failure(ErrorKind::NotFound, "it is no longer in the trash"))?;
            let to = find(state, parent)?;
            is_folder(state, to)?;
            is_free(state, to, name, None)?;
            state.set_place(id, to, name);
            item(state, id)
        })
        .await
    }
}

/// Bytes of a download that come at once.
const PART: usize = 64 * 1024;

/// As servers that answer an upload without its tag.
fn untold(made: Item) -> Item {
    Item {
        revision: Revision::default(),
        ..made
    }
}

fn failure(kind: ErrorKind, message: impl Into<String>) -> ProviderError {
    ProviderError::new(kind, message)
}

async fn collected(body: &Body) -> Result<Bytes> {
    let parts: Vec<Bytes> = body.stream().await?.try_collect().await.map_err(|error| {
        let message = "the spooled upload cannot be read; it will be fetched again";
        failure(ErrorKind::Unavailable, message).because(error)
    })?;
    let bytes = parts.concat();
    if bytes.len() as u64 != body.size() {
        let message = "the upload broke off; it will be sent again";
        return Err(failure(ErrorKind::Unavailable, message));
    }
    Ok(bytes.into())
}
