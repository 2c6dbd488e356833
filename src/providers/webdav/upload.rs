//! Putting files: beside its place first, or straight where the server is known to be careful.

use super::api::{Depth, Seen, own};
use super::probe::Manners;
use super::{Server, TEMPORARY, TRASH, VERSIONS, changed, joined};
use crate::providers::http::refused;
use crate::providers::{Body, ErrorKind, Item, ProviderError, Result};
use crate::tree::{Fingerprint, Hasher, Kind, OperationId, Revision};
use futures::StreamExt as _;
use reqwest::StatusCode;

/// Up to this size a new file is not looked at where it was put: whoever wants its tag reads it, and
/// the tag comes with the very bytes.
const UNLOOKED: u64 = 256 * 1024;

/// Makes a file, whole or not at all, never over another.
pub(super) async fn create(
    server: &Server,
    key: OperationId,
    parent: &[String],
    name: &str,
    body: &Body,
) -> Result<Item> {
    let manners = server.manners().await?;
    let path = joined(parent, name);
    // Directly in the root, a share that was unmounted a moment ago would take the file.
    let direct = manners.atomic && manners.fresh_only && !parent.is_empty();
    if direct && body.size() <= UNLOOKED {
        return put_straight(server, &path, name, body, manners).await;
    }
    // Whoever reads it back at its place sees the size as well.
    let is_looked_at = !(manners.atomic && body.size() <= UNLOOKED);
    let aside = put_aside(server, key, body, is_looked_at).await?;
    match server.place_own(&aside.path, &path, body.size()).await {
        Ok(status) if status.is_success() => {}
        Ok(status) => {
            server.api.delete(&aside.path, false).await.ok();
            return Err(server.not_placed(status, &path, parent).await);
        }
        Err(error) => return Err(error),
    }
    let seen = match aside.seen {
        None => return Ok(untold(name, body)),
        Some(seen) if manners.keeps_tags => Seen {
            name: name.to_owned(),
            ..seen
        },
        Some(_) => server.api.propfind(&path, false, Depth::Itself).await?.0,
    };
    Ok(seen.item(!manners.fine_tags))
}

/// A file that was put and not looked at: whoever wants its revision reads it.
pub(super) fn untold(name: &str, body: &Body) -> Item {
    Item {
        id: None,
        parent: None,
        name: name.to_owned(),
        kind: Kind::File,
        revision: Revision::default(),
        fingerprint: Some(Fingerprint::of_size(body.size())),
        web_url: None,
    }
}

async fn put_straight(
    server: &Server,
    path: &[String],
    name: &str,
    body: &Body,
    manners: Manners,
) -> Result<Item> {
    let mut doubtful = false;
    let status = match server.api.put(path, true, body).await {
        // The connection broke and nobody knows what arrived. Should it all be there, the next one
        // is refused, and reading back tells whose bytes they are.
        Err(error) if error.kind == ErrorKind::Unavailable => {
            doubtful = true;
            server.api.put(path, true, body).await?
        }
        answer => answer?,
    };
    if status.is_success() {
        return Ok(untold(name, body));
    }
    if !(doubtful && status == StatusCode::PRECONDITION_FAILED) {
        let parent = path.split_last().map_or(&[][..], |(_, parent)| parent);
        return Err(server.not_placed(status, path, parent).await);
    }
    let (mut item, found) = read_back(server, path, name, manners).await?;
    if !found.is_same(&body.fingerprint) {
        return Err(super::taken(name));
    }
    // Computed from what the store gave back at this very revision.
    item.fingerprint = Some(found);
    Ok(item)
}

async fn read_back(
    server: &Server,
    path: &[String],
    name: &str,
    manners: Manners,
) -> Result<(Item, Fingerprint)> {
    let download = server.download(path, name, 0, manners).await?;
    let (item, mut bytes) = (download.item, download.bytes);
    let mut hasher = Hasher::new();
    while let Some(part) = bytes.next().await {
        hasher.update(&part?);
    }
    Ok((item, hasher.finish()))
}

/// A file under a name of our own.
struct Aside {
    path: Vec<String>,
    seen: Option<Seen>,
}

/// Puts the bytes into the temporary folder and, if asked to look, sees that all of them arrived.
async fn put_aside(server: &Server, key: OperationId, body: &Body, look: bool) -> Result<Aside> {
    // A dropped upload may go on beside its retry, so the key alone would not be unique.
    let path = own(&[TEMPORARY, &format!("{key}-{:x}", fastrand::u64(..))]);
    let mut status = server.api.put(&path, false, body).await?;
    if matches!(status.as_u16(), 404 | 409) {
        server.verify().await?;
        server.own_folder(&[TEMPORARY]).await?;
        status = server.api.put(&path, false, body).await?;
    }
    if !status.is_success() {
        return Err(refused(status, "the upload"));
    }
    if !look {
        return Ok(Aside { path, seen: None });
    }
    let (seen, _) = server.api.propfind(&path, false, Depth::Itself).await?;
    if seen.size != body.size() || seen.kind != Kind::File {
        server.api.delete(&path, false).await.ok();
        let message = format!(
            "the store kept {} of {} bytes of the upload; it will be sent again",
            seen.size,
            body.size()
        );
        return Err(ProviderError::new(ErrorKind::Unavailable, message));
    }
    let seen = Some(seen);
    Ok(Aside { path, seen })
}

/// Replaces a file that is still at `expect`. The old one is moved into the trash, looked at there,
/// where nobody edits it, and only then the new one takes its name: no server has to be trusted with
/// a condition. When that is done the old one becomes a version, which is swept one day; what turns
/// out to be somebody's edit, and cannot go back, is not. Meant to run to its end whoever waits; a
/// crash in between is mended when the operation runs again.
pub(super) async fn replace(
    server: &Server,
    key: OperationId,
    path: &[String],
    expect: &Revision,
    body: &Body,
) -> Result<Item> {
    let manners = server.manners().await?;
    let name = path.last().map(String::as_str).unwrap_or_default();
    let handle = key.to_string();
    let bin = own(&[TRASH, &handle, name]);
    let now = match server.api.propfind(path, false, Depth::Itself).await {
        Err(error) if error.kind == ErrorKind::NotFound => {
            server.verify().await?;
            // A crash of this very operation left the old file in the trash.
            let back = server.api.rename(&bin, path, false).await?;
            if !back.is_success() {
                return Err(error);
            }
            server.api.propfind(path, false, Depth::Itself).await?.0
        }
        found => found?.0,
    };
    refuse_changed(&now, expect)?;
    let aside = put_aside(server, key, body, true).await?;
    let swapped = swap(server, &handle, path, expect, &aside, body.size()).await;
    if swapped.is_err() {
        server.api.delete(&aside.path, false).await.ok();
    }
    swapped?;
    let seen = match aside.seen.filter(|_| manners.keeps_tags) {
        Some(seen) => Seen {
            name: name.to_owned(),
            ..seen
        },
        None => server.api.propfind(path, false, Depth::Itself).await?.0,
    };
    Ok(seen.item(!manners.fine_tags))
}

async fn swap(
    server: &Server,
    handle: &str,
    path: &[String],
    expect: &Revision,
    aside: &Aside,
    size: u64,
) -> Result<()> {
    let name = path.last().map(String::as_str).unwrap_or_default();
    let bin = own(&[TRASH, handle, name]);
    server.own_folder(&[TRASH, handle]).await?;
    // The upload may have taken minutes, in which a person wrote.
    let (now, _) = server.api.propfind(path, false, Depth::Itself).await?;
    refuse_changed(&now, expect)?;
    let out = server.api.rename(path, &bin, false).await?;
    if !out.is_success() {
        return Err(refused(out, name));
    }
    let placed = match server.was_at(&bin, expect, now.size).await {
        Ok(true) => server.place_own(&aside.path, path, size).await,
        Ok(false) => Err(changed(name)),
        Err(error) => Err(error),
    };
    match placed {
        Ok(status) if status.is_success() => {
            // Where this fails the old one stays in the trash, which is no harm.
            become_version(server, handle, name).await.ok();
            Ok(())
        }
        // A person made a file of that name in this moment; the old one stays in the trash.
        Ok(status) if status.as_u16() == 412 => Err(changed(name)),
        failed => {
            // Back again; were it to fail, it is where nothing is swept, and the next run of this
            // operation finds it.
            server.api.rename(&bin, path, false).await?;
            Err(match failed {
                Ok(status) => refused(status, name),
                Err(error) => error,
            })
        }
    }
}

async fn become_version(server: &Server, handle: &str, name: &str) -> Result<()> {
    let (bin, version) = (own(&[TRASH, handle]), own(&[VERSIONS, handle]));
    server.own_folder(&[VERSIONS, handle]).await?;
    let (old, kept) = (joined(&bin, name), joined(&version, name));
    let moved = server.api.rename(&old, &kept, false).await?;
    match moved.is_success() {
        true => server.api.delete(&bin, true).await,
        false => Err(refused(moved, name)),
    }
}

fn refuse_changed(now: &Seen, expect: &Revision) -> Result<()> {
    match now.kind == Kind::File && now.is_at(expect) {
        true => Ok(()),
        false => Err(changed(&now.name)),
    }
}
