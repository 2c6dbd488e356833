//! What a file is called and shown as: `Content-Disposition` and `Content-Type`.
//!
//! Names and types come from people. Neither may add a header, and no type may be sent that a
//! browser runs.

use axum::http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands for itself in `filename*` (RFC 8187 §3.2.1, `attr-char`).
const EXTENDED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// Types that browsers show and never run as a page.
const SHOWN: &[&str] = &[
    "application/pdf",
    "audio/flac",
    "audio/mpeg",
    "audio/mp4",
    "audio/ogg",
    "audio/wav",
    "audio/webm",
    "image/avif",
    "image/bmp",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "text/plain",
    "video/mp4",
    "video/ogg",
    "video/webm",
];

/// Types that browsers hand to another program.
const SAVED: &[&str] = &[
    "application/gzip",
    "application/json",
    "application/msword",
    "application/rtf",
    "application/vnd.ms-excel",
    "application/vnd.ms-outlook",
    "application/vnd.ms-powerpoint",
    "application/x-7z-compressed",
    "application/zip",
    "image/tiff",
    "message/rfc822",
    "text/calendar",
    "text/csv",
    "text/vcard",
];
/// As `SAVED`, by their beginning.
const SAVED_FAMILIES: &[&str] = &[
    "application/vnd.oasis.opendocument.",
    "application/vnd.openxmlformats-officedocument.",
];

/// Sent for whatever is on no list.
const OPAQUE: &str = "application/octet-stream";

/// How a file is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presentation {
    pub content_type: HeaderValue,
    pub disposition: HeaderValue,
}

/// How to send a file of this name and type. `inline` is a wish: only types that browsers show
/// without running them are.
pub fn presentation(name: &str, mimetype: &str, inline: bool) -> Presentation {
    let essence = mimetype.split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    let shown = SHOWN.iter().find(|known| **known == essence);
    let saved = || {
        let listed = SAVED.contains(&essence.as_str());
        // A family's rest is checked: it comes from outside and goes into a header.
        let family = SAVED_FAMILIES.iter().any(|family| {
            let rest = essence.strip_prefix(family);
            rest.is_some_and(|rest| {
                rest.bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
            })
        });
        (listed || family).then_some(essence.as_str())
    };
    let content_type = shown.copied().or_else(saved).unwrap_or(OPAQUE);
    let how = if inline && shown.is_some() {
        "inline"
    } else {
        "attachment"
    };
    let header = |text: &str| {
        HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("attachment"))
    };
    Presentation {
        content_type: header(content_type),
        disposition: header(&disposition(how, name)),
    }
}

/// RFC 6266: an ASCII name for old clients, and the true one (RFC 8187) for the others.
fn disposition(how: &str, name: &str) -> String {
    let name: String = name
        .chars()
        .map(|sign| if is_hidden(sign) { '_' } else { sign })
        .collect();
    let name = if name.trim().is_empty() {
        "file"
    } else {
        &name
    };
    let plain: String = name
        .chars()
        .map(|sign| match sign {
            '"' | '\\' | '%' | ';' => '_',
            ' '..='~' => sign,
            _ => '_',
        })
        .collect();
    if plain == name {
        format!("{how}; filename=\"{plain}\"")
    } else {
        let true_name = utf8_percent_encode(name, EXTENDED);
        format!("{how}; filename=\"{plain}\"; filename*=UTF-8''{true_name}")
    }
}

/// Signs that end a header, leave the folder, or make a name look like another one: controls, path
/// separators, and the marks that turn the direction of writing.
fn is_hidden(sign: char) -> bool {
    sign.is_control()
        || matches!(sign, '/' | '\\')
        || matches!(sign, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(name: &str, mimetype: &str, inline: bool) -> (String, String) {
        let how = presentation(name, mimetype, inline);
        let text = |value: HeaderValue| value.to_str().expect("ascii").to_owned();
        (text(how.content_type), text(how.disposition))
    }

    #[test]
    fn names_reach_the_client_and_nothing_else_does() {
        let table = [
            ("a b.pdf", "filename=\"a b.pdf\""),
            (
                "é€.pdf",
                "filename=\"__.pdf\"; filename*=UTF-8''%C3%A9%E2%82%AC.pdf",
            ),
            ("a\r\nSet-Cookie: x=1", "filename=\"a__Set-Cookie: x=1\""),
            (
                "a\"; filename=\"b.exe",
                "filename=\"a__ filename=_b.exe\"; filename*=UTF-8''a%22%3B%20filename%3D%22b.exe",
            ),
            ("../../etc/passwd", "filename=\".._.._etc_passwd\""),
            ("invoice\u{202e}fdp.exe", "filename=\"invoice_fdp.exe\""),
            (
                "100%.txt",
                "filename=\"100_.txt\"; filename*=UTF-8''100%25.txt",
            ),
            ("", "filename=\"file\""),
            (" \t", "filename=\" _\""),
        ];
        for (name, expected) in table {
            let (_, disposition) = sent(name, "text/plain", false);
            assert_eq!(disposition, format!("attachment; {expected}"), "{name:?}");
        }
    }

    #[test]
    fn what_a_browser_would_run_is_opaque_and_saved() {
        let runs = [
            "text/html",
            "TEXT/HTML; charset=utf-8",
            "image/svg+xml",
            "application/xhtml+xml",
            "text/javascript",
            "application/xml",
            "text/css",
            "application/vnd.oasis.opendocument.text\r\nX: y",
            "",
            "nonsense",
        ];
        for mimetype in runs {
            let (kind, disposition) = sent("a", mimetype, true);
            assert_eq!(kind, "application/octet-stream", "{mimetype}");
            assert!(disposition.starts_with("attachment;"), "{mimetype}");
        }
    }

    #[test]
    fn what_is_safe_is_shown_when_asked() {
        let (kind, disposition) = sent("a", "image/PNG", true);
        assert_eq!((kind.as_str(), &disposition[..6]), ("image/png", "inline"));
        assert!(sent("a", "image/png", false).1.starts_with("attachment"));
        let office = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        let (kind, disposition) = sent("a", office, true);
        assert_eq!(kind, office);
        assert!(disposition.starts_with("attachment"), "not for browsers");
    }
}
