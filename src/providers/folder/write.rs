//! Putting bytes on the disk: written aside, made durable, then given their name in one step.

use super::fault::{failed, refused};
use super::rename::{rename, rename_own};
use super::root::{Root, make_at};
use super::seen::{Look, Seen, YOUNG, look};
use crate::providers::body::Content;
use crate::providers::names::{MARK, TEMPORARY, VERSIONS};
use crate::providers::{Body, ErrorKind, Item, ProviderError, Result};
use crate::tree::{Kind, OperationId, Revision};
use nix::errno::Errno;
use nix::fcntl::{OFlag, RenameFlags, openat, renameat2};
use nix::sys::stat::{Mode, fchmod, futimens};
use nix::sys::time::TimeSpec;
use nix::unistd::{Gid, UnlinkatFlags, fchown, unlinkat};
use std::fs::File;
use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::time::{SystemTime, UNIX_EPOCH};

/// Makes a file that is not there: whole or not at all, never over another.
pub(super) fn create(
    root: &Root,
    key: OperationId,
    parent: &[String],
    name: &str,
    body: &Body,
) -> Result<Item> {
    let folder = root.folder(parent)?;
    if super::root::is_taken(&folder, name, root)? {
        return Err(refused(Errno::EEXIST, name));
    }
    let draft = Draft::write(root, key, body, &folder, None)?;
    draft.publish(&folder, name)?;
    Ok(draft.seen.item(name))
}

/// Replaces a file that is still at `expect`. What was there is kept among the versions.
pub(super) fn replace(
    root: &Root,
    key: OperationId,
    path: &[String],
    expect: &Revision,
    body: &Body,
) -> Result<Item> {
    let (folder, name) = root.holder(path)?;
    let versions = root.own_folder(VERSIONS)?;
    take_back(root, &versions, key, &folder, name)?;
    let now = match look(folder.as_fd(), name, root)? {
        Look::Nothing => return Err(refused(Errno::ENOENT, name)),
        Look::Here(seen) if seen.kind == Kind::File && seen.is_at(expect) => seen,
        Look::Here(_) | Look::Special => return Err(changed(name)),
    };
    let draft = Draft::write(root, key, body, &folder, Some((name, &now)))?;
    let version = make_at(&versions, &key.to_string())?;
    let exchanged = renameat2(
        &draft.folder,
        draft.name.as_str(),
        &folder,
        name,
        RenameFlags::RENAME_EXCHANGE,
    );
    match exchanged {
        Ok(()) => draft.settle(root, &folder, name, expect, &version)?,
        Err(Errno::EINVAL | Errno::ENOSYS | Errno::EOPNOTSUPP) => {
            step_aside(root, &draft, &folder, name, expect, &version)?;
        }
        Err(errno) => return Err(refused(errno, name)),
    }
    durable(&folder, name)?;
    Ok(draft.seen.item(name))
}

/// Makes the names in a folder survive a power cut.
pub(super) fn durable(folder: &File, subject: &str) -> Result<()> {
    folder.sync_all().map_err(|error| failed(error, subject))
}

/// The entry is not at the expected revision.
pub(super) fn changed(name: &str) -> ProviderError {
    ProviderError::new(
        ErrorKind::Changed,
        format!("{name:?} was changed on the disk meanwhile"),
    )
}

/// A file written aside. Removed when dropped, wherever it then is under its own name.
pub(super) struct Draft {
    folder: File,
    name: String,
    pub seen: Seen,
}

impl Draft {
    /// Writes the bytes and makes them durable. Until all are there nobody else may read them. A
    /// file that is to be replaced gives its mode, else the umask, and the target folder's group
    /// where it asks for that.
    pub fn write(
        root: &Root,
        key: OperationId,
        body: &Body,
        target: &File,
        old: Option<(&str, &Seen)>,
    ) -> Result<Draft> {
        let folder = root.own_folder(TEMPORARY)?;
        // A dropped call goes on beside its retry, so the key alone would not be unique.
        let name = format!("{key}-{:x}", fastrand::u64(..));
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_CLOEXEC;
        let file = openat(
            &folder,
            name.as_str(),
            flags,
            Mode::from_bits_truncate(0o666),
        )
        .map(File::from)
        .map_err(|errno| refused(errno, &name))?;
        let filled = shut(&file)
            .and_then(|mode| fill(&file, body).map(|()| mode))
            .and_then(|mode| adorn(&file, mode, target, old))
            .and_then(|()| file.sync_all().map_err(|error| failed(error, "the upload")))
            .and_then(|()| {
                let facts = file
                    .metadata()
                    .map_err(|error| failed(error, "the upload"))?;
                Seen::of(&facts, root.inodes).ok_or_else(|| refused(Errno::EIO, "the upload"))
            });
        match filled {
            Ok(seen) => Ok(Draft { folder, name, seen }),
            Err(error) => {
                unlinkat(&folder, name.as_str(), UnlinkatFlags::NoRemoveDir).ok();
                Err(error)
            }
        }
    }

    fn publish(&self, folder: &File, name: &str) -> Result<()> {
        rename_own(&self.folder, &self.name, folder, name, Kind::File)
            .map_err(|errno| refused(errno, name))?;
        durable(folder, name)
    }

    /// After the exchange our draft's name carries what was there. Is it what we expected, it
    /// becomes a version; has a person's edit slipped in, it goes back.
    fn settle(
        &self,
        root: &Root,
        folder: &File,
        name: &str,
        expect: &Revision,
        version: &File,
    ) -> Result<()> {
        let out = match look(self.folder.as_fd(), &self.name, root)? {
            Look::Here(seen) => seen,
            Look::Nothing | Look::Special => return Err(changed(name)),
        };
        if out.kind == Kind::File && out.was_at(expect) {
            rename_own(&self.folder, &self.name, version, name, Kind::File)
                .map_err(|errno| refused(errno, name))?;
            return Ok(());
        }
        renameat2(
            &self.folder,
            self.name.as_str(),
            folder,
            name,
            RenameFlags::RENAME_EXCHANGE,
        )
        .map_err(|errno| refused(errno, name))?;
        // Should a person have edited even in between, that is under our name now: a version.
        if let Look::Here(seen) = look(self.folder.as_fd(), &self.name, root)?
            && !(seen.inode == self.seen.inode && seen.was_at(&self.seen.revision))
        {
            rename_own(&self.folder, &self.name, version, name, seen.kind)
                .map_err(|errno| refused(errno, name))?;
        }
        Err(changed(name))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Published, settled or never used: whatever is left is ours alone.
        if let Ok(file) = openat(
            &self.folder,
            self.name.as_str(),
            OFlag::O_PATH | OFlag::O_NOFOLLOW,
            Mode::empty(),
        ) && let Ok(facts) = File::from(file).metadata()
            && facts.ino() == self.seen.inode
        {
            unlinkat(&self.folder, self.name.as_str(), UnlinkatFlags::NoRemoveDir).ok();
        }
    }
}

/// Without an exchange (NFS): the old file moves to the versions, the new one takes its name. A
/// crash between the two is mended by [`take_back`] when the operation runs again.
pub(super) fn step_aside(
    root: &Root,
    draft: &Draft,
    folder: &File,
    name: &str,
    expect: &Revision,
    version: &File,
) -> Result<()> {
    rename(root, folder, name, version, name, Kind::File).map_err(|errno| refused(errno, name))?;
    let fits =
        matches!(look(version.as_fd(), name, root)?, Look::Here(seen) if seen.was_at(expect));
    if !fits {
        rename_own(version, name, folder, name, Kind::File)
            .map_err(|errno| refused(errno, name))?;
        return Err(changed(name));
    }
    match rename_own(&draft.folder, &draft.name, folder, name, Kind::File) {
        Ok(()) => Ok(()),
        Err(Errno::EEXIST) => Err(changed(name)),
        Err(errno) => {
            rename_own(version, name, folder, name, Kind::File)
                .map_err(|errno| refused(errno, name))?;
            Err(refused(errno, name))
        }
    }
}

/// A crash of this very operation left the old file among the versions and its name empty.
fn take_back(
    root: &Root,
    versions: &File,
    key: OperationId,
    folder: &File,
    name: &str,
) -> Result<()> {
    if !matches!(look(folder.as_fd(), name, root)?, Look::Nothing) {
        return Ok(());
    }
    let Ok(version) = super::root::open_at(versions, &key.to_string()) else {
        return Ok(());
    };
    match rename_own(&version, name, folder, name, Kind::File) {
        Ok(()) | Err(Errno::ENOENT | Errno::EEXIST) => Ok(()),
        Err(errno) => Err(refused(errno, name)),
    }
}

fn fill(mut file: &File, body: &Body) -> Result<()> {
    let written = match &body.content {
        Content::Memory(bytes) => file.write_all(bytes).map(|()| bytes.len() as u64),
        Content::File(path) => {
            let mut spooled = File::open(path).map_err(|error| {
                let message = "the spooled upload cannot be read; it will be fetched again";
                ProviderError::new(ErrorKind::Unavailable, message).because(error)
            })?;
            std::io::copy(&mut spooled, &mut file)
        }
    };
    match written {
        Ok(size) if size == body.size() => Ok(()),
        Ok(size) => Err(ProviderError::new(
            ErrorKind::Unavailable,
            format!(
                "the upload holds {size} bytes instead of {}; it will be fetched again",
                body.size()
            ),
        )),
        Err(error) => Err(failed(error, "the upload")),
    }
}

/// Keeps the empty file to ourselves, and answers the mode that it would have.
fn shut(file: &File) -> Result<Mode> {
    let subject = "the upload";
    let facts = file.metadata().map_err(|error| failed(error, subject))?;
    // A file system without modes of its own may refuse; the folder around it is shut as well.
    fchmod(file, Mode::S_IRUSR | Mode::S_IWUSR).ok();
    Ok(Mode::from_bits_truncate(facts.mode() & 0o777))
}

/// Gives rights, and a time of writing that no later edit can repeat: a moment ago, so that
/// whatever a person does next is stamped later, and the revision is settled at once.
fn adorn(file: &File, mode: Mode, target: &File, old: Option<(&str, &Seen)>) -> Result<()> {
    let subject = "the upload";
    let facts = target.metadata().map_err(|error| failed(error, subject))?;
    let mut mode = mode;
    let mut group = (facts.mode() & 0o2000 != 0).then(|| facts.gid());
    if let Some((name, _)) = old {
        let old = openat(
            target,
            name,
            OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC,
            Mode::empty(),
        );
        if let Ok(old) = old.map(File::from)
            && let Ok(facts) = old.metadata()
        {
            mode = Mode::from_bits_truncate(facts.mode() & 0o777);
            group = Some(facts.gid());
        }
    }
    if let Some(group) = group {
        // Only a member of the group, or root, may; the file is sound without it.
        fchown(file, None, Some(Gid::from_raw(group))).ok();
    }
    let is_so = file
        .metadata()
        .is_ok_and(|facts| facts.mode() & 0o777 == mode.bits());
    if !is_so {
        fchmod(file, mode).map_err(|errno| refused(errno, subject))?;
    }
    let then = (SystemTime::now() - YOUNG - YOUNG / 2)
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let then = TimeSpec::from_duration(then);
    futimens(file, &then, &then).map_err(|errno| refused(errno, subject))
}

/// Writes the mark of a root that has none; one that is there stays.
pub(super) fn mark(root: &Root, connection: &str) -> Result<()> {
    let name = format!("{connection}-{:x}", fastrand::u64(..));
    let aside = root.own_folder(TEMPORARY)?;
    let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_CLOEXEC;
    let mut file = openat(
        &aside,
        name.as_str(),
        flags,
        Mode::from_bits_truncate(0o600),
    )
    .map(File::from)
    .map_err(|errno| refused(errno, MARK))?;
    writeln!(file, "{connection}")
        .and_then(|()| file.sync_all())
        .map_err(|error| failed(error, MARK))?;
    let named = rename_own(&aside, &name, &root.own, MARK, Kind::File);
    if named.is_err() {
        unlinkat(&aside, name.as_str(), UnlinkatFlags::NoRemoveDir).ok();
    }
    match named {
        Ok(()) | Err(Errno::EEXIST) => durable(&root.own, MARK),
        Err(errno) => Err(refused(errno, MARK)),
    }
}
