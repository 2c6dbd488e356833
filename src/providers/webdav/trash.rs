//! Trash of our own, since WebDAV's `DELETE` is final: a folder for each operation, holding the
//! one entry that it took away. And the sweeping of what nobody will come back for.

use super::api::{Depth, Seen, own};
use super::{Server, TRASH, changed, joined};
use crate::providers::http::refused;
use crate::providers::{ErrorKind, Item, ProviderError, Result, names};
use crate::tree::{Kind, OperationId, Revision};
use uuid::Uuid;

/// Takes an entry away. The handle is the operation's key.
pub(super) async fn put(
    server: &Server,
    key: OperationId,
    path: &[String],
    expect: &Revision,
) -> Result<String> {
    let handle = key.to_string();
    let name = path.last().map(String::as_str).unwrap_or_default();
    let mut bin = own(&[TRASH, &handle, name]);
    let taken = match held(server, &handle).await? {
        // A run that was broken off moved it, and may not have looked at it there.
        Some(held) => {
            bin = own(&[TRASH, &handle, &held.name]);
            held
        }
        None => {
            let now = server.look(path).await?;
            refuse_changed(server, path, &now, expect).await?;
            server.own_folder(&[TRASH, &handle]).await?;
            let moved = server.api.rename(path, &bin, now.kind == Kind::Folder);
            let moved = moved.await?;
            if !moved.is_success() {
                return Err(refused(moved, name));
            }
            now
        }
    };
    // Whatever slipped in between the look and the move is seen now, where nobody changes it.
    let slipped = match taken.kind {
        Kind::File => !server.was_at(&bin, expect, taken.size).await?,
        Kind::Folder => !is_empty(server, &bin).await?,
    };
    if slipped {
        let back = server.api.rename(&bin, path, taken.kind == Kind::Folder);
        let back = back.await?;
        if back.is_success() {
            return Err(changed(name));
        }
        // Should the name be taken by now, both are kept: this one stays in the trash.
        if server
            .api
            .propfind(path, false, Depth::Itself)
            .await
            .is_err()
        {
            return Err(refused(back, name));
        }
    }
    Ok(handle)
}

/// The operation that put something into the trash, by its handle.
pub(super) fn key(handle: &str) -> Result<OperationId> {
    let key = Uuid::parse_str(handle).map_err(|_| gone())?;
    Ok(OperationId(key))
}

fn gone() -> ProviderError {
    ProviderError::new(ErrorKind::NotFound, "it is no longer in the trash")
}

/// Brings an entry back to a place where the name is free.
pub(super) async fn restore(
    server: &Server,
    handle: &str,
    parent: &[String],
    name: &str,
) -> Result<Item> {
    let Some(held) = held(server, handle).await? else {
        server.verify().await?;
        return Err(gone());
    };
    let bin = own(&[TRASH, handle, &held.name]);
    let path = joined(parent, name);
    let folder = held.kind == Kind::Folder;
    let status = server.api.rename(&bin, &path, folder).await?;
    if !status.is_success() {
        return Err(server.not_placed(status, &path, parent).await);
    }
    server.api.delete(&own(&[TRASH, handle]), true).await.ok();
    let manners = server.manners().await?;
    let seen = server.look(&path).await?;
    Ok(seen.item(!manners.fine_tags))
}

/// Removes leftovers that are old enough; failing to is no harm.
pub(super) async fn sweep(server: &Server) -> Result<()> {
    for (folder, longest) in names::KEPT {
        let path = own(&[folder]);
        let (_, leftovers) = server.api.propfind(&path, true, Depth::Children).await?;
        for old in leftovers {
            if old
                .age
                .is_some_and(|age| age > longest.as_secs().cast_signed())
            {
                let path = own(&[folder, &old.name]);
                server.api.delete(&path, old.kind == Kind::Folder).await?;
            }
        }
    }
    Ok(())
}

async fn held(server: &Server, handle: &str) -> Result<Option<Seen>> {
    let bin = own(&[TRASH, handle]);
    match server.api.propfind(&bin, true, Depth::Children).await {
        Ok((_, held)) => Ok(held.into_iter().next()),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

async fn refuse_changed(
    server: &Server,
    path: &[String],
    now: &Seen,
    expect: &Revision,
) -> Result<()> {
    match now.kind {
        Kind::File if !now.is_at(expect) => Err(changed(&now.name)),
        Kind::Folder if !is_empty(server, path).await? => {
            let message = format!(
                "the folder {:?} is not empty, or holds names that nobody can read",
                now.name
            );
            Err(ProviderError::new(ErrorKind::Changed, message))
        }
        Kind::File | Kind::Folder => Ok(()),
    }
}

async fn is_empty(server: &Server, path: &[String]) -> Result<bool> {
    let (folder, children) = server.api.propfind(path, true, Depth::Children).await?;
    let told = |child: &Seen| !names::is_left_out(&child.name);
    Ok(!folder.hides && !children.iter().any(told))
}
