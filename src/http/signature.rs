//! Signatures of this side's own: over sessions and forms. (Odoo's tokens are `odoo::token`.)

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// `base64url(payload) "." base64url(HMAC-SHA256(key, base64url(payload)))`, no padding.
pub(super) fn seal(key: &[u8], payload: &[u8]) -> String {
    let payload = URL_SAFE_NO_PAD.encode(payload);
    let mac = mac(key, payload.as_bytes()).finalize().into_bytes();
    format!("{payload}.{}", URL_SAFE_NO_PAD.encode(mac))
}

/// The payload that this key sealed; compared in constant time.
pub(super) fn open(key: &[u8], text: &str) -> Option<Vec<u8>> {
    let (payload, signature) = text.split_once('.')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    mac(key, payload.as_bytes()).verify_slice(&signature).ok()?;
    URL_SAFE_NO_PAD.decode(payload).ok()
}

/// Whether this is the key's signature (hex) of these bytes; compared in constant time.
pub(super) fn is_signed(key: &[u8], bytes: &[u8], signature: &str) -> bool {
    hex::decode(signature).is_ok_and(|signature| mac(key, bytes).verify_slice(&signature).is_ok())
}

/// HMAC-SHA256, fed and ready.
pub(super) fn mac(key: &[u8], bytes: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(bytes);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_sign_of_what_is_sealed_can_be_changed() {
        let sealed = seal(b"key", b"payload");
        assert_eq!(open(b"key", &sealed).as_deref(), Some(&b"payload"[..]));
        assert_eq!(open(b"other", &sealed), None);
        for at in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let text = String::from_utf8(bytes).expect("ascii");
            assert_eq!(open(b"key", &text), None, "at {at}");
        }
        for text in ["", ".", "a.b.c", "...."] {
            assert_eq!(open(b"key", text), None);
        }
    }
}
