//! Secrets at rest: sealed with a key that lies in the data folder, never in the database.
//!
//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) with a random nonce. The place of a secret (table,
//! row, column) is authenticated with it, so a sealed value that is copied to another row does not
//! open there.

use super::error::{Result, StoreError};
use chacha20poly1305::aead::{Aead as _, Generate as _, Key, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret as _, SecretString};
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The first byte of every sealed value: how it was sealed.
const VERSION: u8 = 1;
const NONCE: usize = 24;
const KEY_FILE: &str = "seal.key";

/// The key that secrets are sealed with. Cheap to clone; never shown.
#[derive(Clone)]
pub struct Seal {
    cipher: XChaCha20Poly1305,
    file: Arc<Path>,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Seal({})", self.file.display())
    }
}

impl Seal {
    /// Reads the key from the data folder; the first time, makes it (64 hex digits, mode 0600).
    /// A key that others may read, or that is damaged, is refused: sealing anew would lose every
    /// secret.
    pub fn in_folder(folder: &Path) -> Result<Seal> {
        let file = folder.join(KEY_FILE);
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => make(&file)?,
            Err(error) => return Err(fault(&file, format!("cannot be read: {error}"))),
        };
        let mode = fs::metadata(&file)
            .map_err(|error| fault(&file, format!("cannot be looked at: {error}")))?
            .permissions()
            .mode();
        if mode & 0o077 != 0 {
            return Err(fault(&file, "may be read by others; run chmod 600 on it"));
        }
        let mut key = Key::<XChaCha20Poly1305>::default();
        hex::decode_to_slice(text.trim(), &mut key)
            .map_err(|_| fault(&file, "is damaged: it must hold 64 hex digits; restore it"))?;
        Ok(Seal {
            cipher: XChaCha20Poly1305::new(&key),
            file: file.into(),
        })
    }

    /// Seals a secret for its place, which must be named the same when it is opened.
    pub fn seal(&self, place: &str, secret: &SecretString) -> Vec<u8> {
        let nonce = XNonce::generate();
        let payload = Payload {
            msg: secret.expose_secret().as_bytes(),
            aad: place.as_bytes(),
        };
        let sealed = self
            .cipher
            .encrypt(&nonce, payload)
            .expect("a secret is far below the cipher's limit of 256 GiB");
        [&[VERSION], nonce.as_slice(), &sealed].concat()
    }

    /// Opens what was sealed for this place. Another key, another place or damage: an error that
    /// names the key file.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<SecretString> {
        let wrong = |why: &str| {
            StoreError::Sealed(format!(
                "the secret {place} does not open with {}: {why}; put back the key file that \
                 belongs to this database, or pair and connect anew",
                self.file.display()
            ))
        };
        if sealed.first() != Some(&VERSION) || sealed.len() < 1 + NONCE {
            return Err(wrong(
                "it was sealed in a way that this version does not know",
            ));
        }
        let (nonce, body) = sealed[1..].split_at(NONCE);
        let nonce = XNonce::try_from(nonce).expect("split at the length of a nonce");
        let payload = Payload {
            msg: body,
            aad: place.as_bytes(),
        };
        let plain = self
            .cipher
            .decrypt(&nonce, payload)
            .map_err(|_| wrong("it is another key, or the row was tampered with"))?;
        String::from_utf8(plain)
            .map(SecretString::from)
            .map_err(|_| wrong("it is no text"))
    }
}

/// Writes a new key whole or not at all; of several starters, one wins and all use its key.
fn make(file: &PathBuf) -> Result<String> {
    let key = Key::<XChaCha20Poly1305>::generate();
    let text = hex::encode(key);
    let folder = file.parent().unwrap_or(Path::new("."));
    let failed = |error: std::io::Error| fault(file, format!("cannot be made: {error}"));
    let draft = folder.join(format!(".{KEY_FILE}.{}", uuid::Uuid::new_v4()));
    let mut open = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .map_err(failed)?;
    let written = open
        .write_all(text.as_bytes())
        .and_then(|()| open.sync_all())
        .and_then(|()| match fs::hard_link(&draft, file) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
            _ => fs::read_to_string(file),
        });
    fs::remove_file(&draft).map_err(failed)?;
    written.map_err(failed)
}

fn fault(file: &Path, what: impl std::fmt::Display) -> StoreError {
    StoreError::Sealed(format!("the key file {} {what}", file.display()))
}
