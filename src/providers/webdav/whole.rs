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
use reqwest::StatusCode;
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

/// Puts the files; tells which of them the store took.
async fn fill(server: &Server, aside: &[String], files: &[NewFile]) -> Result<Vec<bool>> {
    let puts: Vec<_> = files.iter().map(|file| put(server, aside, file)).collect();
    let taken: Vec<bool> = stream::iter(puts)
        .buffered(WHOLE_FOLDER_CALLS)
        .try_collect()
        .await?;
    if server.manners().await?.atomic {
        return Ok(taken);
    }
    // Such a server may keep the half of a file whose upload was cut.
    let (_, kept) = server.api.propfind(aside, true, Depth::Children).await?;
    let kept: HashMap<&str, u64> = kept
        .iter()
        .map(|seen| (seen.name.as_str(), seen.size))
        .collect();
    let is_whole = |file: &NewFile| kept.get(file.name.as_str()) == Some(&file.body.size());
    if files
        .iter()
        .zip(&taken)
        .all(|(file, taken)| !taken || is_whole(file))
    {
        return Ok(taken);
    }
    let message = "the store did not keep every file of a new folder whole; they are sent again";
    Err(ProviderError::new(ErrorKind::Unavailable, message))
}

async fn put(server: &Server, aside: &[String], file: &NewFile) -> Result<bool> {
    let path = joined(aside, &file.name);
    let status = server.api.put(&path, false, &file.body).await?;
    match status.as_u16() {
        _ if status.is_success() => Ok(true),
        // The folder itself is gone: somebody tidied up in our own.
        404 | 409 => Err(ProviderError::new(
            ErrorKind::Unavailable,
            "the new folder went away while it was being filled",
        )),
        423 | 429 => Err(refused(status, &file.name)),
        400..=499 => Ok(false),
        _ => Err(refused(status, &file.name)),
    }
}

async fn place(server: &Server, aside: &[String], parent: &[String], name: &str) -> Result<()> {
    let path = joined(parent, name);
    let status = server.place_own(aside, &path, None).await?;
    // 207 tells of parts that stayed behind (RFC 4918, 9.9.4): nothing is taken for done.
    if !status.is_success() || status == StatusCode::MULTI_STATUS {
        return Err(server.not_placed(status, &path, parent).await);
    }
    Ok(())
}
