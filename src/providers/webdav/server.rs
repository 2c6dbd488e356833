//! One server as the calls share it: its mark, its manners, whose turn it is.

use super::api::{Api, Depth, Seen, own};
use super::probe::{self, Manners};
use super::{MARK, TEMPORARY, TRASH, VERSIONS};
use crate::providers::http::{refused, unanswered};
use crate::providers::{Download, ErrorKind, ProviderError, Result, names};
use crate::tree::{ConnectionId, Fingerprint, Kind, OperationId, Revision};
use futures::{StreamExt as _, TryStreamExt as _};
use reqwest::{Response, StatusCode, header};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::Instant;

/// For how long a mark that was seen is believed. What is absent is never believed without
/// looking at the mark again.
const BELIEVED: Duration = Duration::from_secs(5);

pub(super) struct Server {
    pub api: Api,
    connection: ConnectionId,
    seen: Mutex<Option<Instant>>,
    manners: OnceCell<Manners>,
    cautious: AtomicBool,
    turns: Mutex<HashMap<OperationId, Arc<tokio::sync::Mutex<()>>>>,
    swept: Mutex<Option<Instant>>,
}

impl Server {
    pub fn new(api: Api, connection: ConnectionId) -> Self {
        Server {
            api,
            connection,
            seen: Mutex::default(),
            manners: OnceCell::new(),
            cautious: AtomicBool::new(false),
            turns: Mutex::default(),
            swept: Mutex::default(),
        }
    }

    /// The root is ours, as seen within the last seconds.
    pub async fn ours(&self) -> Result<()> {
        let seen = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match seen.is_some_and(|seen| seen.elapsed() < BELIEVED) {
            true => Ok(()),
            false => self.verify().await,
        }
    }

    /// The root is ours, seen now: `RootGone` otherwise.
    pub async fn verify(&self) -> Result<()> {
        let outcome = match self.read_mark().await {
            Ok(Some(mark)) if mark == self.connection.to_string() => Ok(()),
            Ok(Some(_)) => Err(foreign()),
            Ok(None) => {
                let message = "the folder does not hold our mark; is the share there?";
                Err(ProviderError::new(ErrorKind::RootGone, message))
            }
            Err(error) => Err(error),
        };
        let now = outcome.is_ok().then(Instant::now);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = now;
        outcome
    }

    /// What this server does where servers differ.
    pub async fn manners(&self) -> Result<Manners> {
        let manners = self
            .manners
            .get_or_try_init(|| async {
                self.own_folder(&[TEMPORARY]).await?;
                let found = probe::probe(&self.api).await?;
                let cautious = self.cautious.load(Ordering::Relaxed);
                Ok::<_, ProviderError>(if cautious { Manners::NONE } else { found })
            })
            .await?;
        Ok(*manners)
    }

    /// Files are exchanged whole, as far as it was probed yet.
    pub fn is_atomic(&self) -> bool {
        self.manners.get().is_some_and(|manners| manners.atomic)
    }

    /// Whether a folder is known never to be moved over another.
    pub fn spares_folders(&self) -> bool {
        let manners = self.manners.get();
        manners.is_some_and(|manners| manners.spares_folders)
    }

    /// Trusts in nothing that the probe finds good; what overwrites is refused all the same.
    /// Too late once something was probed.
    pub fn distrust(&self) {
        self.cautious.store(true, Ordering::Relaxed);
    }

    /// Makes the root and our own folders where they are missing, and marks it.
    pub async fn claim(&self, connection: ConnectionId) -> Result<()> {
        match self.api.propfind(&[], true, Depth::Itself).await {
            Ok(_) => {}
            Err(error) if error.kind == ErrorKind::NotFound => self.make_root().await?,
            Err(error) => return Err(error),
        }
        let ours = connection.to_string();
        let marked = self.read_mark().await?;
        if marked.is_none() {
            self.own_folder(&[]).await?;
            let text = format!("{ours}\n");
            let size = text.len();
            let put = self
                .api
                .put_raw(&own(&[MARK]), true, size, text.into())
                .await?;
            if !put.is_success() && put != StatusCode::PRECONDITION_FAILED {
                return Err(refused(put, "our mark"));
            }
        }
        let marked = match marked {
            None => self.read_mark().await?,
            marked => marked,
        };
        if marked.as_deref() != Some(&ours) {
            return Err(foreign());
        }
        for folder in [TEMPORARY, TRASH, VERSIONS] {
            self.own_folder(&[folder]).await?;
        }
        Ok(())
    }

    /// Makes a folder of our own and those above it; those that are there stay.
    pub async fn own_folder(&self, parts: &[&str]) -> Result<()> {
        let path = own(parts);
        let made = self.api.mkcol(&path).await?;
        if made.is_success() || made == StatusCode::METHOD_NOT_ALLOWED {
            return Ok(());
        }
        match (made.as_u16(), parts.split_last()) {
            (404 | 409, Some((_, above))) => {
                Box::pin(self.own_folder(above)).await?;
                let made = self.api.mkcol(&path).await?;
                match made.is_success() || made == StatusCode::METHOD_NOT_ALLOWED {
                    true => Ok(()),
                    false => Err(refused(made, &path.join("/"))),
                }
            }
            (404 | 409, None) => {
                let message = "the root folder is not there; is the share there?";
                Err(ProviderError::new(ErrorKind::RootGone, message))
            }
            _ => Err(refused(made, &path.join("/"))),
        }
    }

    /// The entry at a path as it is now. That it is not there is only said of a root that is.
    pub async fn look(&self, path: &[String]) -> Result<Seen> {
        match self.api.propfind(path, false, Depth::Itself).await {
            Ok((seen, _)) => Ok(seen),
            Err(error) => Err(self.doubted(error).await),
        }
    }

    /// Gives a file of this size that lies under a name of our own its place, never over anything.
    /// When the answer is lost, both names tell whether it happened.
    pub async fn place_own(&self, from: &[String], to: &[String], size: u64) -> Result<StatusCode> {
        let error = match self.api.rename(from, to, false).await {
            Err(error) if error.kind == ErrorKind::Unavailable => error,
            answer => return answer,
        };
        match self.api.propfind(from, false, Depth::Itself).await {
            Err(gone) if gone.kind == ErrorKind::NotFound => {
                // A share that went away in this moment lacks it as well.
                let there = self.api.propfind(to, false, Depth::Itself).await;
                let is_it =
                    there.is_ok_and(|(seen, _)| seen.kind == Kind::File && seen.size == size);
                is_it.then_some(StatusCode::CREATED).ok_or(error)
            }
            Ok(_) => self.api.rename(from, to, false).await,
            Err(_) => Err(error),
        }
    }

    /// Whether a file that we moved is what it was at a revision and size before.
    pub async fn was_at(&self, path: &[String], expect: &Revision, size: u64) -> Result<bool> {
        let (seen, _) = self.api.propfind(path, false, Depth::Itself).await?;
        let manners = self.manners().await?;
        // Where a move changes the tag, the look right before the move has to do.
        let is_same = seen.size == size && (!manners.keeps_tags || seen.is_at(expect));
        Ok(seen.kind == Kind::File && is_same)
    }

    /// An absence is only believed of a root that is there.
    pub async fn doubted(&self, error: ProviderError) -> ProviderError {
        match error.kind {
            ErrorKind::NotFound => self.verify().await.err().unwrap_or(error),
            _ => error,
        }
    }

    /// Why a file or folder could not be put at a path.
    pub async fn not_placed(
        &self,
        status: StatusCode,
        path: &[String],
        parent: &[String],
    ) -> ProviderError {
        let shown = path.join("/");
        // Servers say it in many ways: 412, 405, 409, 400 (a folder over a file), 403, 500.
        if matches!(status.as_u16(), 413 | 423 | 501..) {
            return refused(status, &shown);
        }
        match self.api.propfind(path, false, Depth::Itself).await {
            Ok(_) => return super::taken(&shown),
            Err(error) if error.kind == ErrorKind::NotFound => {}
            Err(error) => return error,
        }
        match self.api.propfind(parent, true, Depth::Itself).await {
            Ok((seen, _)) if seen.kind == Kind::Folder => refused(status, &shown),
            Ok(_) => refused(StatusCode::NOT_FOUND, &parent.join("/")),
            Err(error) => self.doubted(error).await,
        }
    }

    /// The bytes of a file from `offset` on, with the revision that came with them.
    pub async fn download(
        &self,
        path: &[String],
        name: &str,
        offset: u64,
        manners: Manners,
    ) -> Result<Download> {
        let response = self.api.get(path, offset).await?;
        let status = response.status();
        let told = (status.is_success())
            .then(|| told(&response, name))
            .flatten();
        let seen = match told {
            Some(seen) => seen,
            // A folder, an offset at the very end, or a server that tells too little.
            None if status.is_success() || status.is_redirection() || status.as_u16() == 416 => {
                self.look(path).await?
            }
            None => return Err(self.doubted(refused(status, name)).await),
        };
        if seen.kind == Kind::Folder {
            return Err(refused(StatusCode::NOT_FOUND, name));
        }
        let item = seen.item(!manners.fine_tags);
        let bytes = match status.as_u16() {
            416 if offset >= seen.size => futures::stream::empty().boxed(),
            206 => response.bytes_stream().map_err(unanswered).boxed(),
            200 => skipped(response, offset),
            _ => return Err(refused(status, name)),
        };
        let size = Fingerprint::of_size(seen.size);
        let item = crate::providers::Item {
            fingerprint: Some(size),
            ..item
        };
        Ok(Download { item, bytes })
    }

    /// Waits until no call with the same key is under way: a dropped one runs on to its end.
    pub async fn turn(&self, key: OperationId) -> tokio::sync::OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            turns.entry(key).or_default().clone()
        };
        turn.lock_owned().await
    }

    /// Sweeps once a day.
    pub async fn sweep_daily(&self) {
        {
            let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
            let day = Duration::from_secs(24 * 3600);
            if swept.is_some_and(|swept| swept.elapsed() < day) {
                return;
            }
            *swept = Some(Instant::now());
        }
        if let Err(error) = super::trash::sweep(self).await {
            tracing::debug!(%error, "leftovers could not be swept");
        }
    }

    async fn make_root(&self) -> Result<()> {
        let mut missing = Vec::new();
        for level in 0.. {
            let Some(url) = self.api.above(level) else {
                break;
            };
            let made = self.api.mkcol_at(url.clone()).await?;
            match made.as_u16() {
                404 | 409 => missing.push(url),
                405 => break,
                _ if made.is_success() => break,
                _ => return Err(refused(made, "the root folder")),
            }
        }
        for url in missing.into_iter().rev() {
            let made = self.api.mkcol_at(url).await?;
            if !made.is_success() {
                return Err(refused(made, "the root folder"));
            }
        }
        Ok(())
    }

    async fn read_mark(&self) -> Result<Option<String>> {
        let response = self.api.get(&own(&[MARK]), 0).await?;
        match response.status() {
            StatusCode::OK => {
                let text = response.text().await.map_err(unanswered)?;
                Ok(Some(text.trim().to_owned()))
            }
            StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::CONFLICT => Ok(None),
            status => Err(refused(status, "our mark")),
        }
    }
}

/// Whether our own folder is among the children of the root.
pub(super) fn holds_ours(children: &[Seen]) -> bool {
    children.iter().any(|child| child.name == names::OWN)
}

fn foreign() -> ProviderError {
    let message = "the folder belongs to another connection; choose another one";
    ProviderError::new(ErrorKind::RootGone, message)
}

/// What the headers of a download say about the whole file; `None` where they say too little.
fn told(response: &Response, name: &str) -> Option<Seen> {
    let text = |name| response.headers().get(name)?.to_str().ok();
    let tag = super::wire::bare_tag(text(header::ETAG)?).to_owned();
    let size = match response.status() {
        StatusCode::PARTIAL_CONTENT => text(header::CONTENT_RANGE)?
            .rsplit_once('/')?
            .1
            .parse()
            .ok()?,
        _ => text(header::CONTENT_LENGTH)?.parse().ok()?,
    };
    let date = |name| super::wire::seconds(text(name)?);
    let age = date(header::DATE).zip(date(header::LAST_MODIFIED));
    Some(Seen {
        name: name.to_owned(),
        kind: Kind::File,
        tag,
        size,
        age: age.map(|(now, written)| now - written),
        written: date(header::LAST_MODIFIED),
        tagged: true,
        hides: false,
    })
}

/// The server ignored the range: what was asked to be left out is left out here.
fn skipped(
    response: Response,
    offset: u64,
) -> futures::stream::BoxStream<'static, Result<bytes::Bytes>> {
    let mut left = offset;
    response
        .bytes_stream()
        .map_err(unanswered)
        .try_filter_map(move |mut part| {
            let skip = usize::try_from(left).unwrap_or(usize::MAX).min(part.len());
            left -= skip as u64;
            let rest = part.split_off(skip);
            futures::future::ready(Ok((!rest.is_empty()).then_some(rest)))
        })
        .boxed()
}
