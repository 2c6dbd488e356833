//! Trash of our own: a folder for each operation, holding the one entry that it took away.

use super::fault::refused;
use super::rename::{rename, rename_own, take_out};
use super::root::{Name, Root, is_empty, make_at, names_in, open_at};
use super::seen::{Look, look};
use super::write::{changed, durable};
use crate::providers::names::TRASH;
use crate::providers::{ErrorKind, Item, ProviderError, Result};
use crate::tree::{Kind, OperationId, Revision};
use nix::errno::Errno;
use nix::unistd::{UnlinkatFlags, unlinkat};
use std::fs::File;
use std::os::fd::AsFd as _;
use uuid::Uuid;

/// Takes an entry away. The handle is the operation's key.
pub(super) fn put(
    root: &Root,
    key: OperationId,
    path: &[String],
    expect: &Revision,
) -> Result<String> {
    let (folder, name) = root.holder(path)?;
    let trash = root.own_folder(TRASH)?;
    let handle = key.to_string();
    let bin = make_at(&trash, &handle)?;
    let taken = match held(&bin)? {
        // A run that was broken off moved it, and may not have looked at it there.
        Some(held) => finish_link(&bin, &held, root, &folder, name)
            .and_then(|()| settle(&bin, &held, root, &folder, name, expect)),
        None => take(root, &folder, name, expect, &bin),
    };
    if taken.is_err() {
        // Only when it is empty, which is what the kernel checks.
        unlinkat(&trash, handle.as_str(), UnlinkatFlags::RemoveDir).ok();
    }
    taken?;
    durable(&bin, name)?;
    durable(&folder, name)?;
    Ok(handle)
}

/// Brings an entry back to a place where the name is free.
pub(super) fn restore(root: &Root, handle: &str, parent: &[String], name: &str) -> Result<Item> {
    let gone = || ProviderError::new(ErrorKind::NotFound, "it is no longer in the trash");
    Uuid::parse_str(handle).map_err(|_| gone())?;
    let folder = root.folder(parent)?;
    let trash = root.own_folder(TRASH)?;
    let bin = open_at(&trash, handle).map_err(|_| gone())?;
    let old = held(&bin)?.ok_or_else(gone)?;
    let Look::Here(seen) = look(bin.as_fd(), &old, root)? else {
        return Err(gone());
    };
    rename_own(&bin, &old, &folder, name, seen.kind).map_err(|errno| refused(errno, name))?;
    durable(&folder, name)?;
    unlinkat(&trash, handle, UnlinkatFlags::RemoveDir).ok();
    match look(folder.as_fd(), name, root)? {
        Look::Here(seen) => Ok(seen.item(name)),
        Look::Nothing | Look::Special => Err(refused(Errno::ENOENT, name)),
    }
}

/// Moves the entry into its bin, unless it is another one than meant.
fn take(root: &Root, folder: &File, name: &str, expect: &Revision, bin: &File) -> Result<()> {
    let seen = match look(folder.as_fd(), name, root)? {
        Look::Nothing => return Err(refused(Errno::ENOENT, name)),
        Look::Special => return Err(changed(name)),
        Look::Here(seen) => seen,
    };
    match seen.kind {
        Kind::File if !seen.is_at(expect) => return Err(changed(name)),
        Kind::Folder if seen.device != root.device => return Err(super::root::mounted(name)),
        Kind::Folder if !is_empty_folder(folder, name)? => return Err(full(name)),
        Kind::File | Kind::Folder => {}
    }
    rename(root, folder, name, bin, name, seen.kind).map_err(|errno| refused(errno, name))?;
    settle(bin, name, root, folder, name, expect)
}

/// Looks at what is in the bin, where nobody changes it: whatever slipped in before it was moved
/// there goes back.
fn settle(
    bin: &File,
    held: &str,
    root: &Root,
    folder: &File,
    name: &str,
    expect: &Revision,
) -> Result<()> {
    let (kind, error) = match look(bin.as_fd(), held, root)? {
        Look::Here(now) if now.kind == Kind::File => {
            if now.was_at(expect) {
                return Ok(());
            }
            (Kind::File, changed(name))
        }
        Look::Here(_) => {
            if is_empty_folder(bin, held)? {
                return Ok(());
            }
            (Kind::Folder, full(name))
        }
        Look::Nothing | Look::Special => (Kind::File, changed(name)),
    };
    match rename_own(bin, held, folder, name, kind) {
        Ok(()) => Err(error),
        // A person took the name in this moment: both are kept, this one in the trash.
        Err(Errno::EEXIST) => Ok(()),
        Err(errno) => Err(refused(errno, name)),
    }
}

/// Where names are exchanged by linking, a run that was broken off may have left the old one.
fn finish_link(bin: &File, held: &str, root: &Root, folder: &File, name: &str) -> Result<()> {
    let (Look::Here(taken), Look::Here(left)) = (
        look(bin.as_fd(), held, root)?,
        look(folder.as_fd(), name, root)?,
    ) else {
        return Ok(());
    };
    if taken.kind == Kind::File && (taken.device, taken.inode) == (left.device, left.inode) {
        take_out(root, folder, name, left.inode).map_err(|errno| refused(errno, name))?;
    }
    Ok(())
}

fn is_empty_folder(holder: &File, name: &str) -> Result<bool> {
    let folder = open_at(holder, name).map_err(|errno| refused(errno, name))?;
    is_empty(&folder, name)
}

fn full(name: &str) -> ProviderError {
    ProviderError::new(
        ErrorKind::Changed,
        format!("the folder {name:?} is not empty"),
    )
}

fn held(bin: &File) -> Result<Name> {
    Ok(names_in(bin, "the trash")?.into_iter().flatten().next())
}
