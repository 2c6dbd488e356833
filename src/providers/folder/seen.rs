//! What an entry of the file system is, and which revision it has.

use super::fault::{failed, refused};
use super::root::Root;
use crate::providers::{Item, Result};
use crate::tree::{Fingerprint, Kind, Revision};
use nix::errno::Errno;
use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;
use std::fs::{File, Metadata};
use std::os::fd::BorrowedFd;
use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// While a file was written less than this long ago, another edit may leave equal times behind:
/// kernels stamp in ticks of up to 10 ms, FAT in steps of two seconds.
pub(super) const YOUNG: Duration = Duration::from_secs(2);

/// What carries a name.
pub(super) enum Look {
    Nothing,
    /// A link, device, socket or pipe: never followed, opened or told.
    Special,
    Here(Seen),
}

/// A folder or file as the file system tells it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub kind: Kind,
    pub revision: Revision,
    /// The revision without what only counts while the file is young.
    settled: String,
    /// When the inode last changed.
    changed: String,
    pub size: u64,
    pub device: u64,
    pub inode: u64,
}

impl Seen {
    /// What an open file is. `None`: special.
    ///
    /// The revision is inode, birth time, size and time of the last write; it outlives renames.
    /// While the file is young the time of the last inode change joins it, so that the settled
    /// revision differs and somebody looks again. Tools that rewrite a file in place, with equal
    /// size, and then set its old time are not noticed; what a write of ours replaces is kept as
    /// a version, so even then nothing is lost.
    pub fn of(facts: &Metadata, inodes: bool) -> Option<Seen> {
        let born = facts
            .created()
            .ok()
            .and_then(|born| born.duration_since(UNIX_EPOCH).ok())
            .unwrap_or_default();
        let identity = if inodes {
            format!("{:x}.{:x}", facts.ino(), born.as_nanos())
        } else {
            String::new()
        };
        let (kind, settled) = if facts.is_dir() {
            (Kind::Folder, identity)
        } else if facts.is_file() {
            let written = format!("{:x}.{:x}", facts.mtime(), facts.mtime_nsec());
            (
                Kind::File,
                format!("{identity}:{:x}:{written}", facts.len()),
            )
        } else {
            return None;
        };
        let changed = format!("{:x}.{:x}", facts.ctime(), facts.ctime_nsec());
        let revision = if kind == Kind::File && is_young(facts) {
            format!("{settled}~{changed}")
        } else {
            settled.clone()
        };
        Some(Seen {
            kind,
            revision: Revision::new(revision),
            settled,
            changed,
            size: facts.len(),
            device: facts.dev(),
            inode: facts.ino(),
        })
    }

    /// The same as the trait tells it.
    pub fn item(&self, name: &str) -> Item {
        Item {
            id: None,
            parent: None,
            name: name.to_owned(),
            kind: self.kind,
            revision: self.revision.clone(),
            fingerprint: (self.kind == Kind::File).then(|| Fingerprint::of_size(self.size)),
            web_url: None,
        }
    }

    /// Whether it is still at a revision.
    pub fn is_at(&self, expect: &Revision) -> bool {
        let young = expect.as_str().split_once('~');
        self.was_at(expect) && young.is_none_or(|(_, changed)| changed == self.changed)
    }

    /// Whether it was at a revision before we renamed it ourselves.
    pub fn was_at(&self, expect: &Revision) -> bool {
        let settled = expect.as_str().split('~').next().unwrap_or_default();
        self.settled == settled
    }
}

/// What carries a name in a folder.
pub(super) fn look(dir: BorrowedFd<'_>, name: &str, root: &Root) -> Result<Look> {
    let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let file = match openat(dir, name, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(Errno::ENOENT) => return Ok(Look::Nothing),
        Err(errno) => return Err(refused(errno, name)),
    };
    let facts = file.metadata().map_err(|error| failed(error, name))?;
    Ok(Seen::of(&facts, root.inodes).map_or(Look::Special, Look::Here))
}

/// Written within [`YOUNG`], or in the future, where a clock that runs ahead wrote it.
fn is_young(facts: &Metadata) -> bool {
    facts
        .modified()
        .is_ok_and(|written| written + YOUNG > SystemTime::now())
}
