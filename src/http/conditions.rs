//! What a request asks for: preconditions and ranges, evaluated in the order of RFC 9110 §13.2.2.

use axum::http::HeaderMap;
use axum::http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH, IF_RANGE, RANGE};

/// What to answer with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The caller has these bytes already: 304.
    NotModified,
    /// The caller wants other bytes than these: 412.
    Refused,
    /// A range that holds no byte of the file: 416.
    Unsatisfiable,
    Whole,
    /// The bytes from `start` on, `length` of them (never 0).
    Part {
        start: u64,
        length: u64,
    },
}

/// Decides by the headers of a GET, for a file of this entity tag (with its quotes) and size.
///
/// Several ranges in one request are answered with the whole file, which RFC 9110 §14.2 allows:
/// no client of ours asks so, and overlapping ones are an old way to make a server work hard.
pub fn wish(headers: &HeaderMap, etag: &str, size: u64) -> Wish {
    if let Some(tags) = joined(headers, &IF_MATCH)
        && !matches_any(&tags, etag, false)
    {
        return Wish::Refused;
    }
    if let Some(tags) = joined(headers, &IF_NONE_MATCH)
        && matches_any(&tags, etag, true)
    {
        return Wish::NotModified;
    }
    // Strong comparison; a date never matches, since no date of change is told.
    if let Some(tag) = joined(headers, &IF_RANGE)
        && tag.trim() != etag
    {
        return Wish::Whole;
    }
    match joined(headers, &RANGE) {
        Some(range) => part(&range, size),
        None => Wish::Whole,
    }
}

fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let values = headers.get_all(name).iter();
    let values: Vec<&str> = values.map(|value| value.to_str().unwrap_or("")).collect();
    (!values.is_empty()).then(|| values.join(","))
}

/// Our tags hold no comma, so splitting at commas cannot make a false match.
fn matches_any(tags: &str, etag: &str, weak: bool) -> bool {
    tags.split(',').map(str::trim).any(|tag| {
        let bare = tag.strip_prefix("W/").filter(|_| weak).unwrap_or(tag);
        tag == "*" || bare == etag
    })
}

/// A range that cannot be understood is no range (RFC 9110 §14.2).
fn part(range: &str, size: u64) -> Wish {
    let Some((unit, set)) = range.split_once('=') else {
        return Wish::Whole;
    };
    let set = set.trim();
    if !unit.trim().eq_ignore_ascii_case("bytes") || set.contains(',') {
        return Wish::Whole;
    }
    let Some((first, last)) = set.split_once('-') else {
        return Wish::Whole;
    };
    let (first, last) = (first.trim(), last.trim());
    let (start, end) = match (position(first), position(last)) {
        (Some(start), Some(last)) if start <= last => (start, last.saturating_add(1)),
        (Some(start), None) if last.is_empty() => (start, size),
        (None, Some(suffix)) if first.is_empty() => (size.saturating_sub(suffix), size),
        _ => return Wish::Whole,
    };
    let end = end.min(size);
    if start >= end {
        return Wish::Unsatisfiable;
    }
    Wish::Part {
        start,
        length: end - start,
    }
}

/// Digits only: `+5` is no position. One too large to count lies beyond every file.
fn position(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|sign| sign.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    const TAG: &str = "\"abc\"";

    fn told(pairs: &[(HeaderName, &str)]) -> Wish {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, HeaderValue::from_str(value).expect("a value"));
        }
        wish(&headers, TAG, 100)
    }

    #[test]
    fn ranges() {
        let of = |start, length| Wish::Part { start, length };
        let table = [
            ("bytes=0-9", of(0, 10)),
            ("bytes=10-19", of(10, 10)),
            ("bytes=90-", of(90, 10)),
            ("bytes=-5", of(95, 5)),
            ("bytes=-500", of(0, 100)),
            ("bytes=99-99999999999999999999999", of(99, 1)),
            ("Bytes = 0-0", of(0, 1)),
            ("bytes=100-", Wish::Unsatisfiable),
            ("bytes=99999999999999999999999-", Wish::Unsatisfiable),
            ("bytes=-0", Wish::Unsatisfiable),
            ("bytes=0-9,20-29", Wish::Whole),
            ("bytes=9-0", Wish::Whole),
            ("bytes=+1-2", Wish::Whole),
            ("bytes=-", Wish::Whole),
            ("bytes=a-b", Wish::Whole),
            ("bytes", Wish::Whole),
            ("lines=0-9", Wish::Whole),
        ];
        for (range, expected) in table {
            assert_eq!(told(&[(RANGE, range)]), expected, "{range}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, HeaderValue::from_static("bytes=0-"));
        assert_eq!(wish(&headers, TAG, 0), Wish::Unsatisfiable);
    }

    #[test]
    fn conditions_come_before_ranges() {
        let part = Wish::Part {
            start: 0,
            length: 1,
        };
        let first = (RANGE, "bytes=0-0");
        let table: [(&[(HeaderName, &str)], Wish); 9] = [
            (&[(IF_NONE_MATCH, TAG)], Wish::NotModified),
            (&[(IF_NONE_MATCH, "\"x\", W/\"abc\"")], Wish::NotModified),
            (&[(IF_NONE_MATCH, "*"), first.clone()], Wish::NotModified),
            (&[(IF_NONE_MATCH, "\"x\""), first.clone()], part),
            (&[(IF_MATCH, "\"x\"")], Wish::Refused),
            (&[(IF_MATCH, "W/\"abc\"")], Wish::Refused),
            (&[(IF_RANGE, TAG), first.clone()], part),
            (&[(IF_RANGE, "W/\"abc\""), first.clone()], Wish::Whole),
            (
                &[(IF_RANGE, "Tue, 24 Nov 2026 00:00:00 GMT"), first],
                Wish::Whole,
            ),
        ];
        for (headers, expected) in table {
            assert_eq!(told(headers), expected, "{headers:?}");
        }
    }
}
