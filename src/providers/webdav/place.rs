//! Renaming and moving, and the two steps of a new case where the server ignores it.

use super::api::Depth;
use super::{Server, finished, joined, taken};
use crate::providers::http::refused;
use crate::providers::{ErrorKind, Item, ProviderError, Result};
use crate::tree::Kind;
use crate::tree::name::{folded, suffixed};
use std::sync::Arc;

/// Gives an entry, called `old` now, another place or name, never over anything.
pub(super) async fn place(
    server: &Arc<Server>,
    from: &[String],
    old: &str,
    parent: &[String],
    name: &str,
) -> Result<Item> {
    let manners = server.manners().await?;
    let mut seen = server.look(from).await?;
    let to = joined(parent, name);
    let folder = seen.kind == Kind::Folder;
    if to != from {
        let moved = server.api.rename(from, &to, folder).await?;
        let stays = from.split_last().is_some_and(|(_, above)| above == parent);
        let same = stays && folded(old) == folded(name);
        if same && moved.as_u16() == 412 {
            let (server, name) = (server.clone(), name.to_owned());
            let (from, parent) = (from.to_vec(), parent.to_vec());
            let renamed = async move { rename_case(&server, &from, &parent, &name, folder).await };
            finished(renamed).await?;
        } else if !moved.is_success() {
            return Err(server.not_placed(moved, &to, parent).await);
        }
        if !manners.keeps_tags {
            seen = server.look(&to).await?;
        }
    }
    seen.name = name.to_owned();
    Ok(seen.item(!manners.fine_tags))
}

/// On a server that ignores case the entry itself holds the new name: by way of another name,
/// beside it, so that nothing is hidden should the second step never come. Is that refused, it
/// goes back; should the way back be barred as well, it is called by the name between, as the
/// next look finds it.
async fn rename_case(
    server: &Server,
    from: &[String],
    parent: &[String],
    name: &str,
    folder: bool,
) -> Result<()> {
    let (_, siblings) = server.api.propfind(parent, true, Depth::Children).await?;
    let twins = siblings
        .iter()
        .filter(|child| folded(&child.name) == folded(name));
    if twins.count() != 1 {
        return Err(taken(name));
    }
    let aside = suffixed(name, " (renaming)");
    let between = joined(parent, &aside);
    let moved = server.api.rename(from, &between, folder).await?;
    if !moved.is_success() {
        return Err(refused(moved, name));
    }
    let to = joined(parent, name);
    let moved = server.api.rename(&between, &to, folder).await?;
    if moved.is_success() {
        return Ok(());
    }
    let back = server.api.rename(&between, from, folder).await?;
    if back.is_success() {
        return Err(refused(moved, name));
    }
    let message = format!("{name:?} could not be renamed and is called {aside:?} for now");
    Err(ProviderError::new(ErrorKind::Changed, message))
}
