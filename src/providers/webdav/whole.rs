//! New folders that appear with their files in them: filled under a name of our own, where nobody
//! else writes, and given their place by one `MOVE`.

use super::api::{Depth, own};
use super::upload::untold;
use super::{Server, TEMPORARY, joined, untold_folder};
use crate::providers::http::refused;
use crate::providers::{
    ErrorKind, NewFile, ProviderError, Result, WHOLE_FOLDER_CALLS, WholeFolder,
};
use crate::tree::OperationId;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use std::collections::HashMap;

/// Makes a folder with these files, all of it or nothing, never over anything.
pub(super) async fn create(
    server: &Server,
    key: OperationId,
    parent: &[String],
    name: &str,
    files: &[NewFile],
) -> Result<WholeFolder> {
    // A dropped call may go on beside its retry, so the key alone would not be unique.
    let aside = own(&[TEMPORARY, &format!("{key}-{:x}", fastrand::u64(..))]);
    let mut made = server.api.mkcol(&aside).await?;
    if matches!(made.as_u16(), 404 | 409) {
        server.verify().await?;
        server.own_folder(&[TEMPORARY]).await?;
        made = server.api.mkcol(&aside).await?;
    }
    if !made.is_success() {
        return Err(refused(made, "the new folder"));
    }
    let filled = fill(server, &aside, files).await;
    let placed = match filled {
        Ok(taken) => place(server, &aside, parent, name).await.map(|()| taken),
        Err(error) => Err(error),
    };
    match placed {
        Ok(taken) => Ok(WholeFolder {
            folder: untold_folder(name),
            files: files
                .iter()
                .zip(taken)
                .map(|(file, taken)| taken.then(|| untold(&file.name, &file.body)))
                .collect(),
        }),
        Err(error) => {
            // Where it did get its place after all, there is nothing here any more.
            server.api.delete(&aside, true).await.ok();
            Err(error)
        }
    }
}

/// Puts the files; tells which of them the store took. Unless each is known to be there, they are
/// listed before the folder gets its place: a server may keep the half of a file whose upload was
/// cut, or take two names for one.
async fn fill(server: &Server, aside: &[String], files: &[NewFile]) -> Result<Vec<bool>> {
    let manners = server.manners().await?;
    let fresh = manners.keeps_taken;
    let puts: Vec<_> = files
        .iter()
        .map(|file| put(server, aside, fresh, file))
        .collect();
    let taken: Vec<bool> = stream::iter(puts)
        .buffered(WHOLE_FOLDER_CALLS)
        .try_collect()
        .await?;
    // The second of two names that the server takes for one is refused, unless both were on their
    // way at once. Which names fold to the same is certain of plain ones only.
    let plain = files.iter().all(|file| file.name.is_ascii());
    if fresh && (plain || manners.fresh_only) && taken.iter().all(|taken| *taken) {
        return Ok(taken);
    }
    let (_, kept) = server.api.propfind(aside, true, Depth::Children).await?;
    let kept: HashMap<&str, u64> = kept
        .iter()
        .map(|seen| (seen.name.as_str(), seen.size))
        .collect();
    let sent: HashMap<&str, u64> = files
        .iter()
        .zip(&taken)
        .filter(|(_, taken)| **taken)
        .map(|(file, _)| (file.name.as_str(), file.body.size()))
        .collect();
    if kept == sent {
        return Ok(taken);
    }
    let message = "the store did not keep every file of a new folder; they are sent one by one";
    Err(ProviderError::new(ErrorKind::Unexpected, message))
}

async fn put(server: &Server, aside: &[String], fresh: bool, file: &NewFile) -> Result<bool> {
    let path = joined(aside, &file.name);
    let status = server.api.put(&path, fresh, &file.body).await?;
    match status.as_u16() {
        _ if status.is_success() => Ok(true),
        423 | 429 => Err(refused(status, &file.name)),
        400..=499 => Ok(false),
        _ => Err(refused(status, &file.name)),
    }
}

async fn place(server: &Server, aside: &[String], parent: &[String], name: &str) -> Result<()> {
    let path = joined(parent, name);
    // A lost answer is not guessed at: the next attempt finds the name taken, and by whom.
    let status = server.api.rename(aside, &path, true).await?;
    if !status.is_success() {
        return Err(server.not_placed(status, &path, parent).await);
    }
    Ok(())
}
