//! Tokens that Odoo signs: who may read which bytes until when, and one-time admin tickets.
//!
//! `base64url(payload) "." base64url(HMAC-SHA256(secret, base64url(payload)))`, no padding
//! (docs/protocol.md §4). The same envelope carries the admin page's own session.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use sha2::Sha256;

/// Longest token that is looked at: a name of 255 signs at up to 12 bytes of JSON each, and room.
const LONGEST: usize = 8 * 1024;

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// The bytes of one file.
    File,
    /// One visit to the admin page.
    Admin,
}

impl TokenKind {
    /// The longest life that is accepted, in seconds.
    fn life(self) -> i64 {
        match self {
            TokenKind::File => 120,
            TokenKind::Admin => 60,
        }
    }
}

/// What Odoo signed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Token {
    v: u32,
    /// `database.uuid`.
    pub db: String,
    pub kind: TokenKind,
    /// The attachment; 0 for admin.
    pub id: i64,
    /// Lower-case hex.
    #[serde(default)]
    pub sha1: String,
    #[serde(default)]
    pub name: String,
    #[serde(default, rename = "type")]
    pub mimetype: String,
    #[serde(default)]
    pub inline: bool,
    /// The user of Odoo.
    pub user: i64,
    /// Seconds since 1970 UTC.
    pub exp: i64,
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not one of ours, or tampered with, or for something else.
    #[error("the link is not valid; open the file from Odoo")]
    Invalid,
    /// Its time is over.
    #[error("the link has expired; open the file from Odoo again")]
    Expired,
}

/// The database that a token says it comes from: **unverified**, only to find the key by.
pub fn claimed_database(text: &str) -> Option<String> {
    let (payload, _) = split(text)?;
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    serde_json::from_slice::<Token>(&payload)
        .ok()
        .map(|token| token.db)
}

/// The token, if this secret signed it for this kind and database, and `now` (seconds since 1970
/// UTC) lies within its life. A clock that is behind Odoo's by some seconds is allowed for.
pub fn verify(
    text: &str,
    secret: &[u8],
    db: &str,
    kind: TokenKind,
    now: i64,
) -> Result<Token, TokenError> {
    let payload = open(secret, text).ok_or(TokenError::Invalid)?;
    let token: Token = serde_json::from_slice(&payload).map_err(|_| TokenError::Invalid)?;
    if token.v != 1 || token.kind != kind || token.db != db {
        return Err(TokenError::Invalid);
    }
    if token.exp <= now {
        return Err(TokenError::Expired);
    }
    const SKEW: i64 = 30;
    if token.exp > now.saturating_add(kind.life() + SKEW) {
        return Err(TokenError::Invalid);
    }
    Ok(token)
}

/// Signs a payload.
pub fn seal(key: &[u8], payload: &[u8]) -> String {
    let payload = URL_SAFE_NO_PAD.encode(payload);
    let mac = mac(key, payload.as_bytes()).finalize().into_bytes();
    format!("{payload}.{}", URL_SAFE_NO_PAD.encode(mac))
}

/// The payload that this key signed; compared in constant time.
pub fn open(key: &[u8], text: &str) -> Option<Vec<u8>> {
    let (payload, signature) = split(text)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    mac(key, payload.as_bytes()).verify_slice(&signature).ok()?;
    URL_SAFE_NO_PAD.decode(payload).ok()
}

/// Whether this is the key's signature (hex) of these bytes; compared in constant time.
pub fn is_signed(key: &[u8], bytes: &[u8], signature: &str) -> bool {
    hex::decode(signature).is_ok_and(|signature| mac(key, bytes).verify_slice(&signature).is_ok())
}

/// HMAC-SHA256, fed and ready.
pub(super) fn mac(key: &[u8], bytes: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(bytes);
    mac
}

fn split(text: &str) -> Option<(&str, &str)> {
    if text.len() > LONGEST {
        return None;
    }
    text.split_once('.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const KEY: &[u8] = b"0123456789abcdef0123456789abcdef";

    fn token(kind: &str, exp: i64) -> String {
        let payload = json!({"v": 1, "db": "d", "kind": kind, "id": 7, "sha1": "ab", "name": "n",
            "type": "text/plain", "inline": false, "user": 2, "exp": exp});
        seal(KEY, payload.to_string().as_bytes())
    }

    fn told(text: &str, now: i64) -> Result<i64, TokenError> {
        verify(text, KEY, "d", TokenKind::File, now).map(|token| token.id)
    }

    #[test]
    fn a_token_lives_from_now_to_its_end() {
        assert_eq!(told(&token("file", 1060), 1000), Ok(7));
        assert_eq!(told(&token("file", 1060), 1059), Ok(7));
        assert_eq!(told(&token("file", 1060), 1060), Err(TokenError::Expired));
        assert_eq!(told(&token("file", 1151), 1000), Err(TokenError::Invalid));
        assert_eq!(
            told(&token("file", i64::MAX), 1000),
            Err(TokenError::Invalid)
        );
    }

    #[test]
    fn a_token_is_for_one_thing() {
        assert_eq!(told(&token("admin", 1060), 1000), Err(TokenError::Invalid));
        let file = token("file", 1060);
        let other = verify(&file, KEY, "e", TokenKind::File, 1000);
        assert_eq!(other, Err(TokenError::Invalid));
        let forged = verify(&file, b"another key", "d", TokenKind::File, 1000);
        assert_eq!(forged, Err(TokenError::Invalid));
    }

    #[test]
    fn no_sign_of_a_token_can_be_changed() {
        let file = token("file", 1060);
        for at in 0..file.len() {
            let mut bytes = file.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let text = String::from_utf8(bytes).expect("ascii");
            assert_eq!(told(&text, 1000), Err(TokenError::Invalid), "at {at}");
        }
        for text in ["", ".", "a.b.c", "....", &"a".repeat(9000)] {
            assert_eq!(told(text, 1000), Err(TokenError::Invalid));
            assert_eq!(claimed_database(text), None);
        }
        assert_eq!(claimed_database(&file).as_deref(), Some("d"));
    }
}
