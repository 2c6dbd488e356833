//! What the kernel's refusals mean.

use crate::providers::{ErrorKind, ProviderError};
use nix::errno::Errno;
use std::io;

/// The failure that an error number stands for; `subject` is what people call the entry.
pub(super) fn refused(errno: Errno, subject: &str) -> ProviderError {
    let (kind, sentence) = match errno {
        Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP => {
            (ErrorKind::NotFound, "is not there any more")
        }
        Errno::EEXIST | Errno::ENOTEMPTY | Errno::EISDIR => {
            (ErrorKind::AlreadyExists, "cannot take a name that is taken")
        }
        Errno::ENOSPC | Errno::EDQUOT => (
            ErrorKind::QuotaFull,
            "does not fit: the disk or the quota is full",
        ),
        Errno::EFBIG => (ErrorKind::Invalid, "is too large for this file system"),
        Errno::EACCES | Errno::EPERM => (
            ErrorKind::Forbidden,
            "may not be touched; give the sidecar's user the right to it",
        ),
        Errno::EROFS => (
            ErrorKind::Forbidden,
            "lies on a file system that is mounted read-only",
        ),
        Errno::ENAMETOOLONG | Errno::EINVAL | Errno::EILSEQ => (
            ErrorKind::Invalid,
            "has a name that this file system refuses",
        ),
        Errno::EBUSY | Errno::ETXTBSY => (ErrorKind::Locked, "is in use"),
        Errno::EOPNOTSUPP | Errno::ENOSYS => (
            ErrorKind::Unsupported,
            "needs something that this file system cannot do",
        ),
        // EIO, ESTALE, ETIMEDOUT, ENOTCONN, EHOSTDOWN, EMFILE: a share that is away, or too busy.
        _ => (ErrorKind::Unavailable, "cannot be reached on the disk now"),
    };
    ProviderError::new(kind, format!("{subject:?} {sentence}")).because(errno)
}

/// The same for an error of the standard library.
pub(super) fn failed(error: io::Error, subject: &str) -> ProviderError {
    match error.raw_os_error() {
        Some(number) => refused(Errno::from_raw(number), subject),
        None => ProviderError::new(
            ErrorKind::Unavailable,
            format!("{subject:?} could not be read or written to its end"),
        )
        .because(error),
    }
}
