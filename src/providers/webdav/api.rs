//! The calls of WebDAV (RFC 4918), each one request; what their statuses mean is the caller's.

use super::wire::{self, Told, bare_tag, escaped};
use crate::providers::body::Content;
use crate::providers::http::{self, Pace, Repeat, retry};
use crate::providers::{Body, ErrorKind, Item, ProviderError, Result, names};
use crate::tree::{Fingerprint, Kind, Revision};
use base64::Engine as _;
use futures::StreamExt as _;
use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url};
use secrecy::{ExposeSecret as _, SecretString};
use std::sync::{Mutex, PoisonError};

/// One server, one account, one root.
pub(super) struct Api {
    client: Client,
    pace: Pace,
    /// Ends with a slash.
    root: Url,
    login: HeaderValue,
}

/// An entry as the server tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub name: String,
    pub kind: Kind,
    /// The bare entity tag; else size and date of the last write, which are coarse.
    pub tag: String,
    pub size: u64,
    /// Seconds from its last write to the server's own present; `None` where it tells no dates.
    pub age: Option<i64>,
    /// When that was, in whole seconds of the server's clock.
    pub written: Option<i64>,
    /// The tag is the server's own.
    pub tagged: bool,
    /// It has a child whose name is no Unicode, which is not told.
    pub hides: bool,
}

impl Seen {
    /// The same as the trait tells it. Where tags are `coarse`, one of a file that was written
    /// within the last two seconds is marked, so that the settled one differs.
    pub fn item(&self, coarse: bool) -> Item {
        let file = self.kind == Kind::File;
        let young = coarse && self.age.is_none_or(|age| age < 2);
        let revision = match (file, young) {
            (false, _) => String::new(),
            (true, false) => self.tag.clone(),
            (true, true) => format!("{}~", self.tag),
        };
        Item {
            id: None,
            parent: None,
            name: self.name.clone(),
            kind: self.kind,
            revision: Revision::new(revision),
            fingerprint: file.then(|| Fingerprint::of_size(self.size)),
            web_url: None,
        }
    }

    /// Whether it is at this revision.
    pub fn is_at(&self, expect: &Revision) -> bool {
        self.tag == expect.as_str().trim_end_matches('~')
    }
}

/// How deep a `PROPFIND` looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    Itself,
    Children,
}

impl Api {
    /// Refuses (`Invalid`) an address that is not plain http or https.
    pub fn new(url: &str, user: &str, password: &SecretString, pace: Pace) -> Result<Self> {
        let unsound = |message: &str| ProviderError::new(ErrorKind::Invalid, message);
        let mut root = Url::parse(url)
            .map_err(|_| unsound("the address is no URL; it looks like https://nas/share/"))?;
        if !matches!(root.scheme(), "http" | "https") || root.host_str().is_none() {
            return Err(unsound("the address must begin with http:// or https://"));
        }
        if !root.username().is_empty() || root.password().is_some() {
            return Err(unsound("user and password do not belong into the address"));
        }
        root.set_query(None);
        root.set_fragment(None);
        if !root.path().ends_with('/') {
            root.set_path(&format!("{}/", root.path()));
        }
        let pair = format!("{user}:{}", password.expose_secret());
        let pair = base64::engine::general_purpose::STANDARD.encode(pair);
        let mut login = HeaderValue::from_str(&format!("Basic {pair}"))
            .map_err(|_| unsound("the user or password cannot be sent"))?;
        login.set_sensitive(true);
        Ok(Api {
            client: http::client()?,
            pace,
            root,
            login,
        })
    }

    /// The address of an entry; of a folder with a slash at its end, which some servers demand.
    pub fn url(&self, path: &[String], folder: bool) -> Url {
        let mut text = self.root.path().to_owned();
        for (at, name) in path.iter().enumerate() {
            if at > 0 {
                text.push('/');
            }
            text.push_str(&escaped(name));
        }
        if folder && !text.ends_with('/') {
            text.push('/');
        }
        let mut url = self.root.clone();
        url.set_path(&text);
        url
    }

    /// The address of the root's `level`-th parent; `None` above the server's own root.
    pub fn above(&self, level: usize) -> Option<Url> {
        let parts: Vec<&str> = self.root.path().split('/').collect();
        let names = parts.iter().filter(|part| !part.is_empty()).count();
        let kept = names.checked_sub(level).filter(|kept| *kept > 0)?;
        let mut url = self.root.clone();
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        url.set_path(&format!("/{}/", parts.get(..kept)?.join("/")));
        Some(url)
    }

    fn request(&self, method: &str, url: Url) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap_or(Method::OPTIONS);
        self.client
            .request(method, url)
            .header(header::AUTHORIZATION, self.login.clone())
            .header(header::CACHE_CONTROL, "no-cache")
    }

    async fn send(&self, repeat: Repeat, request: impl Fn() -> RequestBuilder) -> Result<Response> {
        let response = retry::send(&self.pace, repeat, request).await?;
        match response.status().as_u16() {
            status @ (401 | 507) => {
                let status = StatusCode::from_u16(status).unwrap_or_default();
                Err(http::refused(status, "the store"))
            }
            _ => Ok(response),
        }
    }

    /// What the server tells of an entry, and of its children. Not there: `NotFound`. A child
    /// that the server cannot tell fails the whole: a short listing would prove deletions. One
    /// whose name is no Unicode is left out, like a special file; the entry says that it
    /// [`hides`](Seen::hides) one.
    pub async fn propfind(
        &self,
        path: &[String],
        folder: bool,
        depth: Depth,
    ) -> Result<(Seen, Vec<Seen>)> {
        let shown = path.join("/");
        let mut url = self.url(path, folder || depth == Depth::Children);
        let mut response = self.ask(&url, depth).await?;
        if response.status().is_redirection() && !url.path().ends_with('/') {
            url = self.url(path, true);
            response = self.ask(&url, depth).await?;
        }
        if response.status().as_u16() != 207 {
            return Err(http::refused(response.status(), &shown));
        }
        let now = date(response.headers());
        let text = response.text().await.map_err(http::unanswered)?;
        let own = decoded(&url);
        let (mut itself, mut children, mut hides) = (None, Vec::new(), false);
        for told in wire::multistatus(&text)? {
            let Some(place) = told.names() else {
                hides = true;
                continue;
            };
            if let Some(status) = told.status.filter(|status| *status >= 400) {
                let status = StatusCode::from_u16(status).unwrap_or_default();
                return Err(http::refused(status, &place.join("/")));
            }
            if place == own {
                itself = Some(seen(&told, path.last().cloned().unwrap_or_default(), now));
            } else if let Some((name, parents)) = place.split_last()
                && parents == own
            {
                children.push(seen(&told, name.clone(), now));
            }
        }
        let mut itself: Seen = itself.ok_or_else(|| {
            let message = format!("the store's answer about {shown:?} speaks of something else");
            ProviderError::new(ErrorKind::Unexpected, message)
        })?;
        itself.hides = hides;
        if depth == Depth::Children && itself.kind != Kind::Folder {
            return Err(http::refused(StatusCode::NOT_FOUND, &shown));
        }
        Ok((itself, children))
    }

    async fn ask(&self, url: &Url, depth: Depth) -> Result<Response> {
        let depth = match depth {
            Depth::Itself => "0",
            Depth::Children => "1",
        };
        self.send(Repeat::Safe, || {
            self.request("PROPFIND", url.clone())
                .header("Depth", depth)
                .header(header::CONTENT_TYPE, "application/xml; charset=utf-8")
                .body(wire::PROPFIND)
        })
        .await
    }

    /// The bytes of a file from `offset` on.
    pub async fn get(&self, path: &[String], offset: u64) -> Result<Response> {
        let url = self.url(path, false);
        self.send(Repeat::Safe, || {
            let request = self.request("GET", url.clone());
            match offset {
                0 => request,
                _ => request.header(header::RANGE, format!("bytes={offset}-")),
            }
        })
        .await
    }

    /// Puts bytes there; with `fresh` only where nothing is. Without it a name of our own is
    /// meant, so that bytes at hand may be sent twice.
    pub async fn put(&self, path: &[String], fresh: bool, body: &Body) -> Result<StatusCode> {
        let url = self.url(path, false);
        let request = |sent: reqwest::Body| {
            let mut request = self
                .request("PUT", url.clone())
                .header(header::CONTENT_LENGTH, body.size())
                .header(header::CONTENT_TYPE, &body.mimetype);
            if fresh {
                request = request.header(header::IF_NONE_MATCH, "*");
            }
            request.body(sent)
        };
        let response = match &body.content {
            Content::Memory(bytes) => {
                let repeat = if fresh { Repeat::Never } else { Repeat::Safe };
                self.send(repeat, || request(bytes.clone().into())).await?
            }
            Content::File(_) => {
                let stream = Mutex::new(Some(body.stream().await?));
                self.send(Repeat::Once, || {
                    let stream = stream.lock().unwrap_or_else(PoisonError::into_inner).take();
                    let stream = stream.unwrap_or_else(|| futures::stream::empty().boxed());
                    request(reqwest::Body::wrap_stream(stream))
                })
                .await?
            }
        };
        Ok(response.status())
    }

    /// Puts a body of our own making, for probing and for the mark.
    pub async fn put_raw(
        &self,
        path: &[String],
        fresh: bool,
        size: usize,
        body: reqwest::Body,
    ) -> Result<StatusCode> {
        self.pace.ready().await;
        let mut request = self
            .request("PUT", self.url(path, false))
            .header(header::CONTENT_LENGTH, size)
            .body(body);
        if fresh {
            request = request.header(header::IF_NONE_MATCH, "*");
        }
        let response = request.send().await.map_err(http::unanswered)?;
        Ok(response.status())
    }

    /// Makes one folder.
    pub async fn mkcol(&self, path: &[String]) -> Result<StatusCode> {
        self.mkcol_at(self.url(path, true)).await
    }

    /// Makes the folder at an address.
    pub async fn mkcol_at(&self, url: Url) -> Result<StatusCode> {
        let response = self
            .send(Repeat::Never, || self.request("MKCOL", url.clone()))
            .await?;
        Ok(response.status())
    }

    /// Renames or moves, never over anything. Parts that stayed behind (207; RFC 4918, 9.9.4) are
    /// an error: nothing is taken for done.
    pub async fn rename(&self, from: &[String], to: &[String], folder: bool) -> Result<StatusCode> {
        let (from, to) = (self.url(from, folder), self.url(to, folder));
        let response = self
            .send(Repeat::Never, || {
                self.request("MOVE", from.clone())
                    .header("Destination", to.as_str())
                    .header("Overwrite", "F")
            })
            .await?;
        match response.status() {
            StatusCode::MULTI_STATUS => {
                let message = "the store moved a part of a folder; look at what is in its way";
                Err(ProviderError::new(ErrorKind::Unexpected, message))
            }
            status => Ok(status),
        }
    }

    /// Deletes for good; only for what is our own. Not there: nothing.
    pub async fn delete(&self, path: &[String], folder: bool) -> Result<()> {
        let url = self.url(path, folder);
        let response = self
            .send(Repeat::Safe, || self.request("DELETE", url.clone()))
            .await?;
        match response.status() {
            StatusCode::NOT_FOUND => Ok(()),
            status if status.is_success() && status.as_u16() != 207 => Ok(()),
            status => Err(http::refused(status, &path.join("/"))),
        }
    }
}

/// The path of something of our own: `.attache/<folder>/<name>…`.
pub(super) fn own(parts: &[&str]) -> Vec<String> {
    std::iter::once(names::OWN)
        .chain(parts.iter().copied())
        .map(str::to_owned)
        .collect()
}

fn decoded(url: &Url) -> Vec<String> {
    let told = Told {
        href: url.path().to_owned(),
        ..Told::default()
    };
    told.names().unwrap_or_default()
}

fn seen(told: &Told, name: String, now: Option<i64>) -> Seen {
    let modified = told.modified.as_deref();
    let tag = match told.tag.as_deref().map(bare_tag) {
        Some(tag) if !tag.is_empty() => tag.to_owned(),
        _ => format!(
            "{:x}@{}",
            told.size.unwrap_or_default(),
            modified.unwrap_or_default()
        ),
    };
    let written = modified.and_then(wire::seconds);
    Seen {
        name,
        kind: if told.folder {
            Kind::Folder
        } else {
            Kind::File
        },
        tag,
        size: told.size.unwrap_or_default(),
        age: now.zip(written).map(|(now, written)| now - written),
        written,
        tagged: told.tag.is_some(),
        hides: false,
    }
}

fn date(headers: &HeaderMap) -> Option<i64> {
    wire::seconds(headers.get(header::DATE)?.to_str().ok()?)
}
