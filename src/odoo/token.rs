//! The shared secret's two uses: signed tokens from Odoo, and its nudges (`docs/protocol.md` §4).
//!
//! A token says exactly what may be had until when; whether somebody may have it was decided by
//! Odoo before it signed.

use super::wire::empty;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The longest life of a token for a file, in seconds.
pub const FILE_LIFE: i64 = 120;

/// The longest life of a ticket to the admin page, in seconds.
pub const ADMIN_LIFE: i64 = 60;

/// The version of the tokens' form.
const VERSION: u32 = 1;

/// How far Odoo's clock may be ahead of ours, in seconds.
const SKEW: i64 = 5;

/// The longest token that is looked at: the name in it is at most a few hundred bytes.
const MOST_TOKEN: usize = 8192;

/// The secret that pairing gave to both sides: 64 hex digits.
#[derive(Clone, Debug)]
pub struct Secret(SecretString);

impl Secret {
    /// `None` unless these are 64 hex digits.
    pub fn new(digits: &str) -> Option<Secret> {
        let whole = digits.len() == 64 && digits.bytes().all(|sign| sign.is_ascii_hexdigit());
        whole.then(|| Secret(SecretString::from(digits.to_ascii_lowercase())))
    }

    /// A new one, of more than 256 random bits.
    pub fn random() -> Secret {
        let mut random = Sha256::new();
        for _ in 0..3 {
            random.update(uuid::Uuid::new_v4().as_bytes());
        }
        Secret(SecretString::from(hex::encode(random.finalize())))
    }

    /// The digits, for the one call that hands them to Odoo, and for keeping them sealed.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    fn mac(&self, message: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.expose().as_bytes())
            .expect("HMAC takes a key of any length");
        mac.update(message);
        mac
    }
}

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// The bytes of one file at one content.
    File,
    /// The admin page, once.
    Admin,
}

impl Purpose {
    fn life(self) -> i64 {
        match self {
            Purpose::File => FILE_LIFE,
            Purpose::Admin => ADMIN_LIFE,
        }
    }
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    pub v: u32,
    /// The uuid of the database that signed.
    pub db: String,
    pub kind: Purpose,
    /// The attachment; 0 for the admin page.
    pub id: i64,
    #[serde(default, deserialize_with = "empty")]
    pub sha1: String,
    #[serde(default, deserialize_with = "empty")]
    pub name: String,
    /// The mimetype.
    #[serde(default, rename = "type", deserialize_with = "empty")]
    pub mimetype: String,
    /// Shown in the browser rather than saved.
    #[serde(default)]
    pub inline: bool,
    /// The user for whom Odoo signed.
    pub user: i64,
    /// Seconds since 1970 UTC.
    pub exp: i64,
}

/// Why a token opens nothing. Say no more than this to whoever brought it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("the token is not one")]
    Malformed,
    #[error("the token was not signed with this sidecar's secret")]
    Forged,
    #[error("the token is of another version of the protocol")]
    OtherVersion,
    #[error("the token is of another database")]
    OtherDatabase,
    #[error("the token is for something else")]
    OtherPurpose,
    #[error("the token has expired; open the file from Odoo again")]
    Expired,
    #[error("the token lives longer than is allowed; compare the clocks of Odoo and the sidecar")]
    TooLong,
}

/// Signs, as Odoo does.
pub fn sign(secret: &Secret, claims: &Claims) -> String {
    let payload = serde_json::to_vec(claims).expect("claims are plain data");
    let payload = URL_SAFE_NO_PAD.encode(payload);
    let signature = secret.mac(payload.as_bytes()).finalize().into_bytes();
    format!("{payload}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// What a token says, if it is of database `db`, for this purpose and good at `now` (seconds
/// since 1970 UTC). Nothing in it is looked at before its signature is found right. That an admin
/// ticket works only once is for the caller to see to.
pub fn verify(
    secret: &Secret,
    db: &str,
    purpose: Purpose,
    token: &str,
    now: i64,
) -> Result<Claims, TokenError> {
    if token.len() > MOST_TOKEN {
        return Err(TokenError::Malformed);
    }
    let (payload, signature) = token.split_once('.').ok_or(TokenError::Malformed)?;
    let signature = URL_SAFE_NO_PAD.decode(signature);
    let signature = signature.map_err(|_| TokenError::Malformed)?;
    let mac = secret.mac(payload.as_bytes());
    mac.verify_slice(&signature)
        .map_err(|_| TokenError::Forged)?;
    let payload = URL_SAFE_NO_PAD.decode(payload);
    let payload = payload.map_err(|_| TokenError::Malformed)?;
    let claims: Claims = serde_json::from_slice(&payload).map_err(|_| TokenError::Malformed)?;
    if claims.v != VERSION {
        Err(TokenError::OtherVersion)
    } else if !claims.db.eq_ignore_ascii_case(db) {
        Err(TokenError::OtherDatabase)
    } else if claims.kind != purpose {
        Err(TokenError::OtherPurpose)
    } else if claims.exp <= now {
        Err(TokenError::Expired)
    } else if claims.exp.saturating_sub(now) > purpose.life() + SKEW {
        Err(TokenError::TooLong)
    } else {
        Ok(claims)
    }
}

/// Whether a nudge comes from the paired Odoo, by its header `X-Attache-Signature`.
pub fn is_nudge(secret: &Secret, body: &[u8], signature: &str) -> bool {
    hex::decode(signature).is_ok_and(|signature| secret.mac(body).verify_slice(&signature).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DB: &str = "7f2c8e0a-0000-4000-8000-000000000001";

    fn secret(digit: char) -> Secret {
        Secret::new(&digit.to_string().repeat(64)).expect("64 digits")
    }

    fn claims(exp: i64) -> Claims {
        Claims {
            v: 1,
            db: DB.to_owned(),
            kind: Purpose::File,
            id: 7,
            sha1: "a9993e364706816aba3e25717850c26c9cd0d89d".to_owned(),
            name: "née \"1\".pdf".to_owned(),
            mimetype: "application/pdf".to_owned(),
            inline: true,
            user: 2,
            exp,
        }
    }

    #[test]
    fn a_signed_token_opens_what_it_says() {
        let token = sign(&secret('a'), &claims(1100));
        assert_eq!(
            verify(&secret('a'), DB, Purpose::File, &token, 1000),
            Ok(claims(1100))
        );
    }

    #[test]
    fn each_fault_has_its_name() {
        use TokenError::*;
        let key = secret('a');
        let signed = |change: fn(&mut Claims)| {
            let mut claims = claims(1100);
            change(&mut claims);
            sign(&key, &claims)
        };
        let good = signed(|_| {});
        let (payload, signature) = good.split_once('.').expect("two parts");
        let other = signed(|claims| claims.id = 8);
        let (other_payload, _) = other.split_once('.').expect("two parts");
        for (token, fault) in [
            (String::new(), Malformed),
            ("a.b".to_owned(), Malformed),
            (payload.to_owned(), Malformed),
            (format!("{payload}.{signature}="), Malformed),
            (format!("{payload}."), Forged),
            (format!("{payload}.{}", &signature[..20]), Forged),
            (format!("{other_payload}.{signature}"), Forged),
            (sign(&secret('b'), &claims(1100)), Forged),
            (signed(|claims| claims.v = 2), OtherVersion),
            (
                signed(|claims| claims.db = "other".to_owned()),
                OtherDatabase,
            ),
            (signed(|claims| claims.kind = Purpose::Admin), OtherPurpose),
            (signed(|claims| claims.exp = 1000), Expired),
            (signed(|claims| claims.exp = 1126), TooLong),
            (signed(|claims| claims.exp = i64::MAX), TooLong),
            (signed(|claims| claims.exp = i64::MIN), Expired),
            ("x".repeat(9000), Malformed),
        ] {
            assert_eq!(
                verify(&key, DB, Purpose::File, &token, 1000),
                Err(fault),
                "{token}"
            );
        }
        let admin = signed(|claims| (claims.kind, claims.exp) = (Purpose::Admin, 1066));
        assert_eq!(verify(&key, DB, Purpose::Admin, &admin, 1000), Err(TooLong));
    }

    fn nudge_signature(secret: &Secret, body: &[u8]) -> String {
        hex::encode(secret.mac(body).finalize().into_bytes())
    }

    #[test]
    fn nudges_are_known_by_their_signature() {
        let body = br#"{"db": "x", "at": 1}"#;
        let signature = nudge_signature(&secret('a'), body);
        assert!(is_nudge(&secret('a'), body, &signature));
        assert!(!is_nudge(&secret('a'), b"{}", &signature));
        assert!(!is_nudge(&secret('b'), body, &signature));
        assert!(!is_nudge(&secret('a'), body, ""));
        assert!(!is_nudge(&secret('a'), body, "zz"));
    }

    #[test]
    fn the_signature_is_the_published_one() {
        // What Python says: hmac.new(("a" * 64).encode(), b"{}", "sha256").hexdigest()
        assert_eq!(nudge_signature(&secret('a'), b"{}"), PYTHON);
        assert!(Secret::new(Secret::random().expose()).is_some());
        assert_ne!(Secret::random().expose(), Secret::random().expose());
        assert!(Secret::new("abc").is_none());
        assert!(Secret::new(&"g".repeat(64)).is_none());
    }

    const PYTHON: &str = "8fa0b357cb2e38a5b36312a9902e7ff0bd8b3795f6fd0c6403980d4dd2779fa8";
}
