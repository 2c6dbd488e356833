//! Giving an entry another name, never over anything, and never taking away what somebody saved
//! under the old one meanwhile.

use super::root::{Root, make_at};
use crate::providers::names::TRASH;
use crate::tree::Kind;
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, RenameFlags, openat, renameat, renameat2};
use nix::sys::stat::Mode;
use nix::unistd::{UnlinkatFlags, linkat, unlinkat};
use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use uuid::Uuid;

/// Renames something of a person's without overwriting; `EEXIST` where the name is taken. File
/// systems that know no such rename (NFS) get [`rename_by_link`].
pub(super) fn rename(
    root: &Root,
    from: &File,
    name: &str,
    to: &File,
    new: &str,
    kind: Kind,
) -> Result<(), Errno> {
    match rename_at_once(from, name, to, new) {
        Some(done) => done,
        None => rename_by_link(root, from, name, to, new, kind),
    }
}

/// Without overwriting, in one call; `None` where the file system knows no such rename.
fn rename_at_once(from: &File, name: &str, to: &File, new: &str) -> Option<Result<(), Errno>> {
    match renameat2(from, name, to, new, RenameFlags::RENAME_NOREPLACE) {
        Err(Errno::EINVAL | Errno::ENOSYS | Errno::EOPNOTSUPP) => None,
        done => Some(done),
    }
}

/// The same of something in our own folder, where nobody saves anything meanwhile.
pub(super) fn rename_own(
    from: &File,
    name: &str,
    to: &File,
    new: &str,
    kind: Kind,
) -> Result<(), Errno> {
    if let Some(done) = rename_at_once(from, name, to, new) {
        return done;
    }
    match kind {
        Kind::Folder => rename_folder(from, name, to, new),
        Kind::File => linkat(from, name, to, new, AtFlags::empty())
            .and_then(|()| unlinkat(from, name, UnlinkatFlags::NoRemoveDir)),
    }
}

/// Files get a second name, and then lose the first; folders a rename that only an empty folder
/// could fall victim to. A file that somebody saved under either name in between keeps it, and the
/// rename did not happen: `ESTALE`, which asks for another attempt.
pub(super) fn rename_by_link(
    root: &Root,
    from: &File,
    name: &str,
    to: &File,
    new: &str,
    kind: Kind,
) -> Result<(), Errno> {
    if kind == Kind::Folder {
        return rename_folder(from, name, to, new);
    }
    let meant = Carried::by(from, name)?.inode;
    linkat(from, name, to, new, AtFlags::empty())?;
    let linked = Carried::by(to, new)?.inode;
    if linked == meant && take_out(root, from, name, linked)? {
        return Ok(());
    }
    take_out(root, to, new, linked)?;
    Err(Errno::ESTALE)
}

/// Takes a name away from the file `inode` if it has another one. Whatever else carries the name
/// keeps it: `false`. Between a look and an unlink somebody may save, so the name first moves to a
/// bin of our trash, where nobody else writes and nothing is ever swept; it is looked at there.
pub(super) fn take_out(root: &Root, from: &File, name: &str, inode: u64) -> Result<bool, Errno> {
    let trash = make_at(&root.own, TRASH).map_err(|_| Errno::EIO)?;
    let bin_name = Uuid::new_v4().to_string();
    let bin = make_at(&trash, &bin_name).map_err(|_| Errno::EIO)?;
    let is_gone = match renameat(from, name, &bin, name) {
        // Somebody took the name away, which is what was to be done.
        Err(Errno::ENOENT) => Ok(true),
        Err(errno) => Err(errno),
        Ok(()) => settle(&bin, from, name, inode),
    };
    // Only when it is empty, which is what the kernel checks.
    unlinkat(&trash, bin_name.as_str(), UnlinkatFlags::RemoveDir).ok();
    is_gone
}

/// What was taken out goes if it is the file `inode`, and else back. Should somebody have saved
/// once more by then, the newest keeps the name, and this one stays in the trash.
fn settle(bin: &File, from: &File, name: &str, inode: u64) -> Result<bool, Errno> {
    let found = Carried::by(bin, name)?;
    if found.inode == inode && found.names > 1 {
        unlinkat(bin, name, UnlinkatFlags::NoRemoveDir)?;
        return Ok(true);
    }
    match rename_own(bin, name, from, name, found.kind) {
        Ok(()) | Err(Errno::EEXIST | Errno::ENOTEMPTY | Errno::ENOTDIR) => Ok(false),
        Err(errno) => Err(errno),
    }
}

fn rename_folder(from: &File, name: &str, to: &File, new: &str) -> Result<(), Errno> {
    match openat(to, new, OFlag::O_PATH | OFlag::O_NOFOLLOW, Mode::empty()) {
        Ok(_) => Err(Errno::EEXIST),
        Err(Errno::ENOENT) => renameat(from, name, to, new),
        Err(errno) => Err(errno),
    }
}

/// What carries a name.
struct Carried {
    inode: u64,
    /// How many names it has.
    names: u64,
    kind: Kind,
}

impl Carried {
    fn by(dir: &File, name: &str) -> Result<Carried, Errno> {
        let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let facts = File::from(openat(dir, name, flags, Mode::empty())?)
            .metadata()
            .map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or_default()))?;
        Ok(Carried {
            inode: facts.ino(),
            names: facts.nlink(),
            kind: if facts.is_dir() {
                Kind::Folder
            } else {
                Kind::File
            },
        })
    }
}
