//! What this server does where servers differ; asked of itself, once per process and connection.

use super::TEMPORARY;
use super::api::{Api, Depth, Seen, own};
use crate::providers::http::{refused, unanswered};
use crate::providers::{ErrorKind, ProviderError, Result};
use bytes::Bytes;
use futures::stream;
use std::io;
use std::time::Duration;
use tokio::sync::oneshot;

/// The habits of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Manners {
    /// A file that is being put cannot be seen before it is whole, and not after it was cut.
    pub atomic: bool,
    /// `If-None-Match: *` keeps what was there before the upload began.
    pub keeps_taken: bool,
    /// `If-None-Match: *` keeps what is there, even what came while the upload was on its way.
    pub fresh_only: bool,
    /// `MKCOL` says when the folder is there already.
    pub tells_folders: bool,
    /// Two versions within a second have two tags.
    pub fine_tags: bool,
    /// A renamed file keeps its tag.
    pub keeps_tags: bool,
    /// A folder is never moved over another one.
    pub spares_folders: bool,
}

impl Manners {
    /// As the most careless server has them.
    pub const NONE: Manners = Manners {
        atomic: false,
        keeps_taken: false,
        fresh_only: false,
        tells_folders: false,
        fine_tags: false,
        keeps_tags: false,
        spares_folders: false,
    };
}

/// Half of what a cut upload announces.
const HALF: usize = 64 * 1024;

/// Longer than the tick by which kernels stamp files, shorter than a second.
const TICK: Duration = Duration::from_millis(50);

/// Tries the server in a folder of our own, and removes it again. A server that overwrites
/// although it was asked not to: `Unsupported`, nothing is safe there.
pub(super) async fn probe(api: &Api) -> Result<Manners> {
    let name = format!("probe-{:x}", fastrand::u64(..));
    let path = |file: &str| own(&[TEMPORARY, &name, file]);
    let folder = own(&[TEMPORARY, &name]);
    let made = api.mkcol(&folder).await?;
    if !made.is_success() {
        return Err(refused(made, "the temporary folder"));
    }
    let found = try_all(api, &folder, path).await;
    // The folder is swept one day should this fail.
    let removed = api.delete(&folder, true).await;
    if let Err(error) = removed {
        tracing::debug!(%error, "the probe could not be removed");
    }
    found
}

async fn try_all(
    api: &Api,
    folder: &[String],
    path: impl Fn(&str) -> Vec<String>,
) -> Result<Manners> {
    let tells_folders = !api.mkcol(folder).await?.is_success();
    let (a, b, c) = (path("a"), path("b"), path("c"));
    put(api, &a, "1").await?;
    put(api, &b, "2").await?;
    let again = api.put_raw(&a, true, 1, "3".into()).await?;
    let keeps_taken = !again.is_success() && whole(api, &a).await? == "1";
    let fresh_only = keeps_taken && is_fresh_only(api, &path("late")).await?;
    let first = tag(api, &b).await?;
    if api.rename(&a, &b, false).await?.is_success() || whole(api, &b).await? != "2" {
        let message = "this server overwrites files although it was asked not to, so nothing \
                       would be safe there";
        return Err(ProviderError::new(ErrorKind::Unsupported, message));
    }
    let moved = api.rename(&b, &c, false).await?;
    if !moved.is_success() {
        return Err(refused(moved, "a renamed file"));
    }
    let keeps_tags = tag(api, &c).await? == first;
    let spares_folders = spares_folders(api, &path).await?;
    Ok(Manners {
        atomic: is_atomic(api, &path("cut")).await?,
        keeps_taken,
        fresh_only,
        tells_folders,
        fine_tags: is_fine(api, &c).await?,
        keeps_tags,
        spares_folders,
    })
}

/// Moves a folder onto one that holds a file and onto an empty one, neither of which may happen, and
/// then to a free name, which has to bring its file along.
async fn spares_folders(api: &Api, path: &impl Fn(&str) -> Vec<String>) -> Result<bool> {
    let inside = |folder: &str| {
        let mut path = path(folder);
        path.push("x".into());
        path
    };
    for folder in ["from", "full", "empty"] {
        let made = api.mkcol(&path(folder)).await?;
        if !made.is_success() {
            return Err(refused(made, "a folder"));
        }
    }
    put(api, &inside("from"), "f").await?;
    put(api, &inside("full"), "t").await?;
    for taken in ["full", "empty"] {
        match api.rename(&path("from"), &path(taken), true).await {
            Ok(moved) if !moved.is_success() => {}
            // A part of it was moved.
            Err(error) if error.kind != ErrorKind::Unexpected => return Err(error),
            Ok(_) | Err(_) => return Ok(false),
        }
    }
    let spared =
        whole(api, &inside("full")).await? == "t" && !is_there(api, &inside("empty")).await?;
    let moved = api.rename(&path("from"), &path("free"), true).await?;
    Ok(spared && moved.is_success() && whole(api, &inside("free")).await? == "f")
}

/// Writes again and again until two writes fell into one second, and compares their tags.
async fn is_fine(api: &Api, path: &[String]) -> Result<bool> {
    let mut before: Option<Seen> = None;
    for text in ["4", "5", "6", "7", "8", "9"] {
        put(api, path, text).await?;
        let (now, _) = api.propfind(path, false, Depth::Itself).await?;
        if !now.tagged || now.written.is_none() {
            return Ok(false);
        }
        if let Some(before) = before.filter(|before| before.written == now.written) {
            return Ok(before.tag != now.tag);
        }
        before = Some(now);
        tokio::time::sleep(TICK).await;
    }
    Ok(false)
}

/// Sends half a new file, puts another one at its name meanwhile, sends the rest, and looks whether
/// the other one is there still.
async fn is_fresh_only(api: &Api, path: &[String]) -> Result<bool> {
    let (body, halfway, go_on) = halved();
    let upload = api.put_raw(path, true, 2 * HALF, body);
    let meanwhile = async {
        halfway.await.ok();
        tokio::time::sleep(TICK).await;
        let other = api.put_raw(path, false, 1, "o".into()).await;
        go_on.send(()).ok();
        other
    };
    let (_, other) = futures::join!(upload, meanwhile);
    match other?.is_success() {
        true => Ok(whole(api, path).await? == "o"),
        // Whoever is told so has lost nothing.
        false => Ok(true),
    }
}

/// A body of two halves: tells when the second is asked for, and waits with it for a word. Without
/// the word the connection is cut.
fn halved() -> (reqwest::Body, oneshot::Receiver<()>, oneshot::Sender<()>) {
    let (halfway, sent) = oneshot::channel();
    let (go_on, wait) = oneshot::channel::<()>();
    let first = stream::once(async move { Ok(Bytes::from(vec![b'x'; HALF])) });
    let rest = stream::once(async move {
        // Asked for more: the first half is on its way.
        halfway.send(()).ok();
        match wait.await {
            Ok(()) => Ok(Bytes::from(vec![b'x'; HALF])),
            Err(_) => Err(io::Error::other("cut on purpose")),
        }
    });
    let body = reqwest::Body::wrap_stream(futures::StreamExt::chain(first, rest));
    (body, sent, go_on)
}

/// Sends half a file, looks whether it can be seen, cuts the connection, and looks again.
async fn is_atomic(api: &Api, path: &[String]) -> Result<bool> {
    let (body, sent, cut) = halved();
    let upload = api.put_raw(path, false, 2 * HALF, body);
    let watch = async {
        sent.await.ok();
        let mut seen = false;
        for _ in 0..3 {
            tokio::time::sleep(TICK).await;
            seen |= is_there(api, path).await?;
        }
        drop(cut);
        Ok::<bool, ProviderError>(seen)
    };
    let (cut, seen) = futures::join!(upload, watch);
    tokio::time::sleep(TICK).await;
    let left = is_there(api, path).await?;
    Ok(cut.is_err() && !seen? && !left)
}

async fn is_there(api: &Api, path: &[String]) -> Result<bool> {
    match api.propfind(path, false, Depth::Itself).await {
        Ok(_) => Ok(true),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

async fn put(api: &Api, path: &[String], text: &'static str) -> Result<()> {
    let status = api.put_raw(path, false, text.len(), text.into()).await?;
    match status.is_success() {
        true => Ok(()),
        false => Err(refused(status, "a small file")),
    }
}

async fn whole(api: &Api, path: &[String]) -> Result<String> {
    let response = api.get(path, 0).await?;
    response.text().await.map_err(unanswered)
}

async fn tag(api: &Api, path: &[String]) -> Result<String> {
    Ok(api.propfind(path, false, Depth::Itself).await?.0.tag)
}
