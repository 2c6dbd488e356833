//! The root folder: opened once for each call, checked for its mark, walked without following links.
//!
//! Every path is walked from the open root, one name at a time, by `openat` with `O_NOFOLLOW`: a
//! symbolic link can lead nowhere, and an unmount half way cannot turn the walk into another one.

use super::fault::{failed, refused};
use super::seen::{Look, look};
use crate::providers::names::{self, MARK};
use crate::providers::{ErrorKind, ProviderError, Result};
use crate::tree::ConnectionId;
use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{OFlag, openat};
use nix::sys::stat::{Mode, fchmod, mkdirat};
use nix::sys::statfs::{
    BTRFS_SUPER_MAGIC, EXT4_SUPER_MAGIC, F2FS_SUPER_MAGIC, FsType, NFS_SUPER_MAGIC, TMPFS_MAGIC,
    XFS_SUPER_MAGIC, fstatfs,
};
use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

/// ZFS has no constant of its own in the C library (OpenZFS, `sys/fs/zfs.h`).
const ZFS_MAGIC: FsType = FsType(0x2fc1_2fc1);

/// File systems whose inode numbers outlive a remount. Others (FUSE, SMB, overlays, FAT) may
/// number anew each time.
const KEEP_INODES: &[FsType] = &[
    BTRFS_SUPER_MAGIC,
    EXT4_SUPER_MAGIC,
    F2FS_SUPER_MAGIC,
    NFS_SUPER_MAGIC,
    TMPFS_MAGIC,
    XFS_SUPER_MAGIC,
    ZFS_MAGIC,
];

/// Where the root is and whose it should be.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub path: PathBuf,
    pub connection: ConnectionId,
}

/// The open root with its mark seen.
pub(super) struct Root {
    pub dir: File,
    /// Our own folder in it.
    pub own: File,
    pub device: u64,
    /// Inode numbers and birth times may serve as evidence of identity.
    pub inodes: bool,
}

impl Place {
    /// Opens the root and sees that it is ours: `RootGone` otherwise.
    pub fn open(&self) -> Result<Root> {
        let shown = self.path.display();
        let dir = open_at(&self.top()?, ".").map_err(|errno| self.gone(errno))?;
        let own = open_at(&dir, names::OWN).map_err(|errno| match errno {
            Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP => ProviderError::new(
                ErrorKind::RootGone,
                format!("{shown} does not hold our mark; is the share mounted?"),
            ),
            errno => self.gone(errno),
        })?;
        match read_mark(&own).map_err(|error| failed(error, MARK))? {
            Some(mark) if mark == self.connection.to_string() => {}
            Some(_) => return Err(self.foreign()),
            None => {
                return Err(ProviderError::new(
                    ErrorKind::RootGone,
                    format!("{shown} does not hold our mark; is the share mounted?"),
                ));
            }
        }
        shut(&own);
        Root::new(dir, own)
    }

    /// Opens the root and our own folder in it, making both; the mark is not looked at. Nothing is
    /// made above the root: where that is missing, a share may not be mounted.
    pub fn make(&self) -> Result<Root> {
        let shown = self.path.display().to_string();
        match std::fs::create_dir(&self.path) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(self.gone(Errno::from_raw(error.raw_os_error().unwrap_or_default())));
            }
        }
        let dir = open_at(&self.top()?, ".").map_err(|errno| refused(errno, &shown))?;
        let own = make_at(&dir, names::OWN)?;
        shut(&own);
        Root::new(dir, own)
    }

    /// The root belongs to another connection.
    pub fn foreign(&self) -> ProviderError {
        ProviderError::new(
            ErrorKind::RootGone,
            format!(
                "{} belongs to another connection; choose another folder",
                self.path.display()
            ),
        )
    }

    /// The path that a person configured; it may be a link itself.
    fn top(&self) -> Result<File> {
        File::open(&self.path)
            .map_err(|error| self.gone(Errno::from_raw(error.raw_os_error().unwrap_or_default())))
    }

    fn gone(&self, errno: Errno) -> ProviderError {
        let shown = self.path.display().to_string();
        match errno {
            Errno::ENOENT | Errno::ENOTDIR | Errno::ENODEV | Errno::ENOTCONN => ProviderError::new(
                ErrorKind::RootGone,
                format!("the folder {shown} is not there; is the share mounted?"),
            ),
            errno => refused(errno, &shown),
        }
    }
}

impl Root {
    fn new(dir: File, own: File) -> Result<Self> {
        let facts = dir.metadata().map_err(|error| failed(error, "the root"))?;
        let kind = fstatfs(&dir)
            .map_err(|errno| refused(errno, "the root"))?
            .filesystem_type();
        Ok(Root {
            device: facts.dev(),
            inodes: (KEEP_INODES.contains(&kind)) && facts.created().is_ok(),
            dir,
            own,
        })
    }

    /// Opens the folder at a path below the root. Not there, no folder, or behind a link:
    /// `NotFound`. Behind another mount: `Unsupported`, since that could go away unseen.
    pub fn folder(&self, path: &[String]) -> Result<File> {
        names::check_path(path)?;
        let mut at = open_at(&self.dir, ".").map_err(|errno| refused(errno, "the root"))?;
        for (depth, name) in path.iter().enumerate() {
            let shown = || path[..=depth].join("/");
            at = open_at(&at, name).map_err(|errno| refused(errno, &shown()))?;
            let facts = at.metadata().map_err(|error| failed(error, &shown()))?;
            if facts.dev() != self.device {
                return Err(mounted(&shown()));
            }
        }
        Ok(at)
    }

    /// The folder that holds the entry at a path, and the entry's name. The root: `Invalid`.
    pub fn holder<'p>(&self, path: &'p [String]) -> Result<(File, &'p str)> {
        let Some((name, parents)) = path.split_last() else {
            return Err(ProviderError::new(
                ErrorKind::Invalid,
                "the root folder itself stays as it is",
            ));
        };
        names::check(name)?;
        Ok((self.folder(parents)?, name))
    }

    /// A folder in our own folder, made where it is missing.
    pub fn own_folder(&self, name: &str) -> Result<File> {
        make_at(&self.own, name)
    }
}

/// Opens a folder in a folder, never through a link.
pub(super) fn open_at(dir: &File, name: &str) -> std::result::Result<File, Errno> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    openat(dir, name, flags, Mode::empty()).map(File::from)
}

/// [`open_at`], making a folder of our own where it is missing. Nobody else may look into it: what
/// people may read is decided where it came from and where it goes.
pub(super) fn make_at(dir: &File, name: &str) -> Result<File> {
    match mkdirat(dir, name, Mode::S_IRWXU) {
        Ok(()) | Err(Errno::EEXIST) => {}
        Err(errno) => return Err(refused(errno, name)),
    }
    open_at(dir, name).map_err(|errno| refused(errno, name))
}

/// Takes our own folder away from everybody else, should it be open: by an earlier version, or by
/// rights that the folder above hands down. A file system without modes may refuse.
fn shut(own: &File) {
    let is_open = own
        .metadata()
        .is_ok_and(|facts| facts.mode() & 0o777 != 0o700);
    if is_open {
        fchmod(own, Mode::S_IRWXU).ok();
    }
}

/// A name directly in a folder: `None` for names that are not Unicode, which cannot be told.
pub(super) type Name = Option<String>;

/// Every name in a folder but `.` and `..`, as one consistent reading: a folder that changes
/// while it is read may hide an entry that was renamed, so it is read again.
pub(super) fn names_in(dir: &File, subject: &str) -> Result<Vec<Name>> {
    for _ in 0..5 {
        let before = stamp(dir, subject)?;
        let again = open_at(dir, ".").map_err(|errno| refused(errno, subject))?;
        let mut listing =
            Dir::from_fd(OwnedFd::from(again)).map_err(|errno| refused(errno, subject))?;
        let mut found = Vec::new();
        for entry in listing.iter() {
            let entry = entry.map_err(|errno| refused(errno, subject))?;
            match entry.file_name().to_bytes() {
                b"." | b".." => {}
                name => found.push(std::str::from_utf8(name).ok().map(str::to_owned)),
            }
        }
        if stamp(dir, subject)? == before {
            return Ok(found);
        }
    }
    Err(ProviderError::new(
        ErrorKind::Unavailable,
        format!("{subject:?} changes too fast to be listed"),
    ))
}

/// Whether a folder holds anything that somebody could miss. What systems and desktops scatter
/// does not count; a link, a special file or a name that is not Unicode does.
pub(super) fn is_empty(dir: &File, subject: &str) -> Result<bool> {
    let counts = |name: Name| name.is_none_or(|name| !names::is_left_out(&name));
    Ok(!names_in(dir, subject)?.into_iter().any(counts))
}

/// What another file system inside the root is answered with.
pub(super) fn mounted(subject: &str) -> ProviderError {
    ProviderError::new(
        ErrorKind::Unsupported,
        format!(
            "another file system is mounted at {subject:?}; connect it as a folder of its own, \
             or unmount it"
        ),
    )
}

/// The text of the mark; `None` where there is none.
pub(super) fn read_mark(own: &File) -> std::io::Result<Option<String>> {
    let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
    match openat(own, MARK, flags, Mode::empty()) {
        Ok(mark) => {
            let mut text = String::new();
            File::from(mark).take(100).read_to_string(&mut text)?;
            Ok(Some(text.trim().to_owned()))
        }
        Err(Errno::ENOENT | Errno::ELOOP) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}

/// Whether anything carries that name.
pub(super) fn is_taken(dir: &File, name: &str, root: &Root) -> Result<bool> {
    Ok(!matches!(look(dir.as_fd(), name, root)?, Look::Nothing))
}

fn stamp(dir: &File, subject: &str) -> Result<(i64, i64, i64, i64)> {
    let facts = dir.metadata().map_err(|error| failed(error, subject))?;
    Ok((
        facts.mtime(),
        facts.mtime_nsec(),
        facts.ctime(),
        facts.ctime_nsec(),
    ))
}

/// Removes leftovers of ours that are older than that; failing to is no harm.
pub(super) fn sweep(path: &Path, kept: &[(&str, Duration)]) {
    let own = path.join(names::OWN);
    for (folder, longest) in kept {
        let Ok(entries) = std::fs::read_dir(own.join(folder)) else {
            continue;
        };
        for entry in entries.flatten() {
            // The time of the last change of the inode: our uploads carry an older mtime.
            let old = entry.metadata().is_ok_and(|facts| {
                let changed = Duration::from_secs(facts.ctime().try_into().unwrap_or_default());
                (UNIX_EPOCH + changed)
                    .elapsed()
                    .is_ok_and(|since| since >= *longest)
            });
            let directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let swept = match (old, directory) {
                (false, _) => Ok(()),
                (true, true) => std::fs::remove_dir_all(entry.path()),
                (true, false) => std::fs::remove_file(entry.path()),
            };
            if let Err(error) = swept {
                tracing::debug!(%error, "a leftover could not be removed");
            }
        }
    }
}
