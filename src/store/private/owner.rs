//! Whose the private cluster is: the caller's, or for root an ordinary user's.

use super::fault;
use crate::store::error::Result;
use nix::unistd::{Gid, Uid, User, chown, geteuid};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

/// Users that root runs the cluster as, the first that exists.
const ORDINARY: [&str; 2] = ["postgres", "nobody"];

/// The user that runs the cluster and owns its files.
#[derive(Debug)]
pub(super) struct Owner {
    /// The user to become; `None` when the caller is an ordinary user already.
    other: Option<User>,
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.other {
            Some(user) => write!(f, "user {}", user.name),
            None => write!(f, "user {}", geteuid()),
        }
    }
}

impl Owner {
    /// Who owns the cluster at `home`, or will: an existing one keeps its owner.
    pub(super) fn of(home: &Path) -> Result<Owner> {
        if !geteuid().is_root() {
            return Ok(Owner { other: None });
        }
        let looked = |error| fault(format!("cannot look users up: {error}"));
        if let Ok(found) = fs::symlink_metadata(home)
            && found.uid() != 0
        {
            let user = User::from_uid(Uid::from_raw(found.uid())).map_err(looked)?;
            return user.map(|user| Owner { other: Some(user) }).ok_or_else(|| {
                fault(format!(
                    "{} belongs to user {}, who is not there any more",
                    home.display(),
                    found.uid()
                ))
            });
        }
        for name in ORDINARY {
            if let Some(user) = User::from_name(name).map_err(looked)? {
                return Ok(Owner { other: Some(user) });
            }
        }
        Err(fault(
            "PostgreSQL refuses to run as root and there is no user postgres: make one, or set database_url",
        ))
    }

    pub(super) fn uid(&self) -> u32 {
        self.other
            .as_ref()
            .map_or(geteuid(), |user| user.uid)
            .as_raw()
    }

    /// Makes a path the owner's.
    pub(super) fn give(&self, path: &Path) -> Result<()> {
        let Some(user) = &self.other else {
            return Ok(());
        };
        chown(path, Some(user.uid), Some(user.gid))
            .map_err(|error| fault(format!("cannot give {} to {self}: {error}", path.display())))
    }

    /// Lets a program run as the owner. The standard library drops root's other groups with it.
    pub(super) fn run(&self, command: &mut Command) {
        if let Some(user) = &self.other {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
    }

    /// Fails when the owner cannot pass some folder above `home`. The data folder itself, which
    /// is ours, is opened for passing through: what is secret in it has modes of its own.
    pub(super) fn can_enter(&self, home: &Path) -> Result<()> {
        let Some(user) = &self.other else {
            return Ok(());
        };
        for (steps, folder) in home.ancestors().skip(1).enumerate() {
            let found = fs::metadata(folder)
                .map_err(|error| fault(format!("{}: {error}", folder.display())))?;
            if passes(&found, user.uid, user.gid) {
                continue;
            }
            if steps == 0 && found.uid() == 0 {
                let mode = found.permissions().mode() | 0o001;
                fs::set_permissions(folder, fs::Permissions::from_mode(mode))
                    .map_err(|error| fault(format!("cannot open {}: {error}", folder.display())))?;
                continue;
            }
            return Err(fault(format!(
                "{self} cannot pass {}; choose a data_dir that it can reach, such as /var/lib/attache",
                folder.display()
            )));
        }
        Ok(())
    }
}

fn passes(found: &fs::Metadata, uid: Uid, gid: Gid) -> bool {
    let bit = if found.uid() == uid.as_raw() {
        0o100
    } else if found.gid() == gid.as_raw() {
        0o010
    } else {
        0o001
    };
    found.mode() & bit != 0
}
