//! Names that no store is given, and names that no listing tells.
//!
//! Both are one set: a name that a listing leaves out must never be written, else the next
//! listing would seem to prove that the file was deleted.

use super::{ErrorKind, ProviderError, Result};
use crate::tree::name::folded;
pub use crate::tree::name::{OWN, is_left_out};
use std::collections::HashSet;
use std::time::Duration;

/// The file in it that holds the connection's identity.
pub const MARK: &str = "connection";
/// Uploads on their way.
pub const TEMPORARY: &str = "tmp";
/// One folder for each operation that put something into the trash.
pub const TRASH: &str = "trash";
/// One folder for each operation that replaced a file: what was replaced.
pub const VERSIONS: &str = "versions";

/// How long leftovers are kept: unfinished uploads for a week, replaced versions for 30 days. The
/// trash is never swept.
pub const KEPT: [(&str, Duration); 2] = [
    (TEMPORARY, Duration::from_secs(7 * 24 * 3600)),
    (VERSIONS, Duration::from_secs(30 * 24 * 3600)),
];

/// Refuses (`Invalid`) what could leave the parent folder, or would never be listed again.
pub fn check(name: &str) -> Result<()> {
    let escapes = matches!(name, "" | "." | "..") || name.contains(['/', '\0']);
    if escapes {
        return Err(ProviderError::new(
            ErrorKind::Invalid,
            format!("the name {name:?} cannot be a file's; rename it in Odoo"),
        ));
    }
    if is_left_out(name) {
        return Err(ProviderError::new(
            ErrorKind::Invalid,
            format!("the name {name:?} is kept for programs and never synced; rename it in Odoo"),
        ));
    }
    Ok(())
}

/// [`check`] for every name of a path.
pub fn check_path(path: &[String]) -> Result<()> {
    path.iter().try_for_each(|name| check(name))
}

/// [`check`] for names that are to lie in one new folder, and that no two of them are one name to
/// a store that folds case or composes accents.
pub fn check_siblings<'a>(siblings: impl IntoIterator<Item = &'a str>) -> Result<()> {
    let mut seen = HashSet::new();
    for name in siblings {
        check(name)?;
        if !seen.insert(folded(name)) {
            let message = format!("the name {name:?} is there twice");
            return Err(ProviderError::new(ErrorKind::Invalid, message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_escape_or_vanish_are_refused() {
        for name in [
            "",
            ".",
            "..",
            "a/b",
            "a\0",
            ".attache",
            ".Attache",
            "Thumbs.db",
            "~$a.docx",
        ] {
            let error = check(name).expect_err(name);
            assert_eq!(error.kind, ErrorKind::Invalid, "{name:?}");
        }
        for name in [
            "a",
            "...",
            "-~$a.docx",
            ".htaccess",
            "a+b%20c",
            "~a",
            "é\u{301}",
            "..a",
        ] {
            assert!(check(name).is_ok(), "{name:?}");
        }
    }
}
