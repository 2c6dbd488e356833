//! The XML and the paths of WebDAV (RFC 4918).
//!
//! A multistatus is read by its structure: elements named `href` also stand inside lock tokens
//! and other properties, and properties of a `propstat` that failed say nothing.

use crate::providers::{ErrorKind, ProviderError, Result};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use quick_xml::NsReader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use quick_xml::name::{Namespace, ResolveResult};
use time::PrimitiveDateTime;
use time::macros::format_description;

/// What we ask of every entry.
pub(super) const PROPFIND: &str = concat!(
    r#"<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop>"#,
    "<resourcetype/><getcontentlength/><getetag/><getlastmodified/></prop></propfind>"
);

/// Everything but the unreserved signs of RFC 3986 is escaped: servers disagree about the rest,
/// above all about `+`.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// One name as a part of a URL's path.
pub(super) fn escaped(name: &str) -> String {
    utf8_percent_encode(name, ESCAPED).to_string()
}

/// One `response` of a multistatus.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    pub href: String,
    /// Of the response as a whole, where it has one.
    pub status: Option<u16>,
    pub folder: bool,
    pub tag: Option<String>,
    pub size: Option<u64>,
    pub modified: Option<String>,
}

impl Told {
    /// The names of the path that the `href` speaks of, decoded: absolute URLs and paths alike.
    /// `None` for what is no Unicode.
    pub fn names(&self) -> Option<Vec<String>> {
        let path = match self.href.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
            None => &self.href,
        };
        path.split('/')
            .filter(|part| !part.is_empty())
            .map(|part| Some(percent_decode_str(part).decode_utf8().ok()?.into_owned()))
            .collect()
    }
}

/// An entity tag without its quotes and its `W/`: a tag that Apache calls weak while the file is
/// young becomes the same one, strong, a second later.
pub(super) fn bare_tag(tag: &str) -> &str {
    let tag = tag.trim();
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    tag.trim_matches('"')
}

/// Seconds since 1970 of an HTTP date (RFC 9110 §5.6.7, the form that servers must send).
pub(super) fn seconds(date: &str) -> Option<i64> {
    let form = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let date = PrimitiveDateTime::parse(date.trim(), form).ok()?;
    Some(date.assume_utc().unix_timestamp())
}

/// Every response of a multistatus. Cut off or no multistatus: `Unavailable`, never a short answer.
pub(super) fn multistatus(text: &str) -> Result<Vec<Told>> {
    let mut reader = NsReader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut found = Vec::new();
    let mut path: Vec<String> = Vec::new();
    let mut value = String::new();
    let (mut response, mut propstat) = (Told::default(), Told::default());
    let mut whole = false;
    loop {
        let (space, event) = reader.read_resolved_event().map_err(unreadable)?;
        let ours = matches!(space, ResolveResult::Bound(Namespace("DAV:")));
        match event {
            Event::Start(start) => {
                let name = if ours {
                    start.local_name().into_inner()
                } else {
                    ""
                };
                path.push(name.to_owned());
                value.clear();
                let place: Vec<&str> = path.iter().map(String::as_str).collect();
                match place.as_slice() {
                    ["multistatus", "response"] => response = Told::default(),
                    ["multistatus", "response", "propstat"] => propstat = Told::default(),
                    [
                        "multistatus",
                        "response",
                        "propstat",
                        "prop",
                        "resourcetype",
                        "collection",
                    ] => {
                        propstat.folder = true;
                    }
                    _ => {}
                }
            }
            Event::Text(text) => value.push_str(&text.xml10_content()),
            Event::CData(text) => value.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let sign = reference.resolve_char_ref().map_err(unreadable)?;
                match (sign, resolve_predefined_entity(&reference.xml10_content())) {
                    (Some(sign), _) => value.push(sign),
                    (None, Some(text)) => value.push_str(text),
                    (None, None) => return Err(unreadable("an entity that XML does not know")),
                }
            }
            Event::End(_) => {
                let place: Vec<&str> = path.iter().map(String::as_str).collect();
                match place.as_slice() {
                    ["multistatus"] => whole = true,
                    ["multistatus", "response"] => found.push(std::mem::take(&mut response)),
                    ["multistatus", "response", "propstat"] => adopt(&mut response, &mut propstat),
                    ["multistatus", "response", rest @ ..] => {
                        take(rest, value.trim(), &mut response, &mut propstat);
                    }
                    _ => {}
                }
                path.pop();
                value.clear();
            }
            Event::Eof if whole && path.is_empty() => return Ok(found),
            Event::Eof => return Err(unreadable("it ends too early")),
            _ => {}
        }
    }
}

/// Keeps one value where it belongs.
fn take(place: &[&str], value: &str, response: &mut Told, propstat: &mut Told) {
    match place {
        ["href"] => response.href = value.to_owned(),
        ["status"] => response.status = status(value),
        ["propstat", "status"] => propstat.status = status(value),
        ["propstat", "prop", "getetag"] => {
            propstat.tag = Some(value.to_owned()).filter(|tag| !tag.is_empty());
        }
        ["propstat", "prop", "getcontentlength"] => propstat.size = value.parse().ok(),
        ["propstat", "prop", "getlastmodified"] => propstat.modified = Some(value.to_owned()),
        _ => {}
    }
}

/// Properties count where their `propstat` succeeded.
fn adopt(response: &mut Told, propstat: &mut Told) {
    let told = std::mem::take(propstat);
    if told
        .status
        .is_some_and(|status| (200..300).contains(&status))
    {
        response.folder |= told.folder;
        response.tag = told.tag.or(response.tag.take());
        response.size = told.size.or(response.size);
        response.modified = told.modified.or(response.modified.take());
    }
}

/// The number in `HTTP/1.1 200 OK`.
fn status(line: &str) -> Option<u16> {
    line.split_whitespace().nth(1)?.parse().ok()
}

fn unreadable(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ProviderError {
    let message = "the store's listing cannot be read to its end";
    ProviderError::new(ErrorKind::Unavailable, message).because(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the manner of mod_dav: two prefixes for one namespace, a lock with an `href` of its own,
    /// a failed `propstat`.
    const APACHE: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<D:multistatus xmlns:D="DAV:" xmlns:ns0="DAV:">
<D:response xmlns:lp1="DAV:" xmlns:lp2="http://apache.org/dav/props/">
<D:href>/share/a%2bb%20&amp;%20c/</D:href>
<D:propstat><D:prop><lp1:resourcetype><D:collection/></lp1:resourcetype>
<D:lockdiscovery><D:activelock><D:locktoken><D:href>opaquelocktoken:1</D:href></D:locktoken>
</D:activelock></D:lockdiscovery></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>
<D:propstat><D:prop><D:getcontentlength>77</D:getcontentlength></D:prop>
<D:status>HTTP/1.1 404 Not Found</D:status></D:propstat></D:response>
<D:response><D:href>http://host:80/share/%C3%BC</D:href><D:propstat><D:prop>
<D:resourcetype/><D:getcontentlength>5</D:getcontentlength>
<D:getetag>W/&quot;5-64&#34;</D:getetag>
<D:getlastmodified>Tue, 24 Nov 2026 13:28:37 GMT</D:getlastmodified>
<x:getetag xmlns:x="other">no</x:getetag></D:prop>
<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>
<D:response><D:href>/share/denied</D:href><D:status>HTTP/1.1 403 Forbidden</D:status></D:response>
</D:multistatus>"#;

    #[test]
    fn a_multistatus_is_read_by_its_structure() {
        let told = multistatus(APACHE).unwrap();
        assert_eq!(told.len(), 3);
        assert_eq!(told[0].names().unwrap(), ["share", "a+b & c"]);
        assert!(told[0].folder && told[0].size.is_none());
        assert_eq!(told[1].names().unwrap(), ["share", "ü"]);
        assert!(!told[1].folder);
        assert_eq!(told[1].size, Some(5));
        assert_eq!(told[1].tag.as_deref().map(bare_tag), Some("5-64"));
        let modified = told[1].modified.as_deref().and_then(seconds);
        assert_eq!(modified, Some(1_795_526_917));
        assert_eq!(told[2].status, Some(403));
    }

    #[test]
    fn a_cut_multistatus_is_an_error_wherever_it_is_cut() {
        let end = APACHE.len() - "</D:multistatus>".len();
        for at in (0..end).filter(|at| APACHE.is_char_boundary(*at)) {
            let error = multistatus(&APACHE[..at]).expect_err("a short answer");
            assert_eq!(error.kind, ErrorKind::Unavailable, "cut at {at}");
        }
        assert!(multistatus("<html><body>Welcome</body></html>").is_err());
    }

    #[test]
    fn names_are_escaped_so_that_no_server_can_misread_them() {
        assert_eq!(escaped("a+b %2F.txt"), "a%2Bb%20%252F.txt");
        let told = Told {
            href: format!("/{}", escaped("ü?#&;=日")),
            ..Told::default()
        };
        assert_eq!(told.names().unwrap(), ["ü?#&;=日"]);
    }

    #[test]
    fn weak_tags_become_the_strong_ones() {
        for tag in ["\"5-a\"", "W/\"5-a\"", " W/\"5-a\" ", "5-a"] {
            assert_eq!(bare_tag(tag), "5-a");
        }
    }
}
