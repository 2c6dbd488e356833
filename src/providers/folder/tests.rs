//! What file systems without atomic exchange get, and what is kept for how long.

use super::names::{KEPT, VERSIONS};
use super::rename::{rename_by_link, take_out};
use super::root::{Place, Root, make_at, sweep};
use super::write::{Draft, step_aside};
use super::*;
use crate::providers::body::{Content, Sent};
use crate::tree::Fingerprint;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;
use uuid::Uuid;

const OURS: ConnectionId = ConnectionId(Uuid::from_u128(1));
const KEY: OperationId = OperationId(Uuid::from_u128(7));

fn claimed() -> (tempfile::TempDir, Root) {
    let place = tempfile::tempdir().unwrap();
    let root = Place {
        path: place.path().to_owned(),
        connection: OURS,
    };
    claim(&root, &root.make().unwrap(), OURS).unwrap();
    let root = root.open().unwrap();
    (place, root)
}

fn body(bytes: &'static [u8]) -> Body {
    Body {
        fingerprint: Fingerprint::of_bytes(bytes),
        mimetype: "text/plain".into(),
        content: Content::Memory(Bytes::from_static(bytes)),
        sent: Sent::default(),
    }
}

fn revision(root: &Root, name: &str) -> Revision {
    here(&root.dir, name, root).unwrap().revision
}

/// Writes `ours` over the file `name` in the way that needs no exchange.
fn replaced(root: &Root, expect: &Revision) -> Result<()> {
    let draft = Draft::write(root, KEY, &body(b"ours"), &root.dir, None)?;
    let version = make_at(&root.own_folder(VERSIONS)?, &KEY.to_string())?;
    step_aside(root, &draft, &root.dir, "file", expect, &version)
}

fn version(place: &Path) -> std::path::PathBuf {
    let versions = place.join(names::OWN).join(VERSIONS);
    versions.join(KEY.to_string()).join("file")
}

#[test]
fn without_an_exchange_the_old_file_steps_aside() {
    let (place, root) = claimed();
    let file = place.path().join("file");
    std::fs::write(&file, "old").unwrap();
    replaced(&root, &revision(&root, "file")).unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), b"ours");
    assert_eq!(std::fs::read(version(place.path())).unwrap(), b"old");
}

#[test]
fn without_an_exchange_a_persons_edit_comes_back() {
    let (place, root) = claimed();
    let file = place.path().join("file");
    std::fs::write(&file, "old").unwrap();
    let stale = revision(&root, "file");
    std::fs::write(&file, "newer").unwrap();
    let error = replaced(&root, &stale).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Changed);
    assert_eq!(std::fs::read(&file).unwrap(), b"newer");
    assert!(!version(place.path()).exists());
    let left = std::fs::read_dir(place.path().join(".attache/tmp")).unwrap();
    assert_eq!(left.count(), 0, "the draft is gone");
}

#[test]
fn a_write_that_a_crash_cut_in_two_is_mended() {
    let (place, root) = claimed();
    let file = place.path().join("file");
    std::fs::write(&file, "old").unwrap();
    let expect = revision(&root, "file");
    make_at(&root.own_folder(VERSIONS).unwrap(), &KEY.to_string()).unwrap();
    std::fs::rename(&file, version(place.path())).unwrap();
    let path = ["file".to_owned()];
    // The rename of the crash changed the inode, which counts while the file is young.
    let settled = expect.as_str().split('~').next().unwrap();
    let written = write::replace(&root, KEY, &path, &Revision::new(settled), &body(b"ours"));
    assert_eq!(written.unwrap().name, "file");
    assert_eq!(std::fs::read(&file).unwrap(), b"ours");
}

#[test]
fn renaming_by_link_never_overwrites() {
    let (place, root) = claimed();
    std::fs::write(place.path().join("a"), "a").unwrap();
    std::fs::write(place.path().join("b"), "b").unwrap();
    std::fs::create_dir(place.path().join("d")).unwrap();
    std::fs::create_dir(place.path().join("e")).unwrap();
    let by_link = |from, to, kind| rename_by_link(&root, &root.dir, from, &root.dir, to, kind);
    assert_eq!(by_link("a", "b", Kind::File), Err(Errno::EEXIST));
    assert_eq!(by_link("d", "e", Kind::Folder), Err(Errno::EEXIST));
    assert_eq!(by_link("a", "c", Kind::File), Ok(()));
    assert_eq!(by_link("d", "f", Kind::Folder), Ok(()));
    let names: std::collections::BTreeSet<String> = list(&root, &[])
        .unwrap()
        .into_iter()
        .map(|item| item.name)
        .collect();
    assert_eq!(names, ["b", "c", "e", "f"].map(str::to_owned).into());
    assert_eq!(std::fs::read(place.path().join("b")).unwrap(), b"b");
}

/// How many files and folders lie in the trash.
fn in_trash(place: &Path) -> usize {
    std::fs::read_dir(place.join(".attache/trash"))
        .unwrap()
        .count()
}

#[test]
fn a_save_between_the_link_and_the_unlink_keeps_its_name() {
    let (place, root) = claimed();
    let path = |name: &str| place.path().join(name);
    let inode = |name: &str| std::fs::metadata(path(name)).unwrap().ino();
    std::fs::write(path("file"), "old").unwrap();
    std::fs::hard_link(path("file"), path("new")).unwrap();
    let linked = inode("new");
    std::fs::write(path("saving"), "newer").unwrap();
    std::fs::rename(path("saving"), path("file")).unwrap();
    assert_eq!(take_out(&root, &root.dir, "file", linked), Ok(false));
    assert_eq!(std::fs::read(path("file")).unwrap(), b"newer");
    // The last name of a file is never taken away either.
    assert_eq!(take_out(&root, &root.dir, "new", linked), Ok(false));
    assert_eq!(std::fs::read(path("new")).unwrap(), b"old");
    std::fs::hard_link(path("new"), path("third")).unwrap();
    assert_eq!(take_out(&root, &root.dir, "third", linked), Ok(true));
    assert!(!path("third").exists() && path("new").exists());
    assert_eq!(take_out(&root, &root.dir, "gone", linked), Ok(true));
    assert_eq!(in_trash(place.path()), 0, "nothing is left there");
}

#[test]
fn renaming_by_link_loses_no_save_that_races_it() {
    let (place, root) = claimed();
    let path = |name: &str| place.path().join(name);
    let (source, aside) = (path("a"), path("saving"));
    let (mut renamed, mut kept) = (0, 0);
    for round in 0..200 {
        std::fs::write(&source, "start").unwrap();
        let text = format!("edit {round}");
        let moment = Duration::from_micros(fastrand::u64(..200));
        let edited = std::thread::scope(|scope| {
            scope.spawn(|| {
                let start = std::time::Instant::now();
                while start.elapsed() < moment {
                    std::hint::spin_loop();
                }
                std::fs::write(&aside, &text).unwrap();
                std::fs::rename(&aside, &source).unwrap();
            });
            rename_by_link(&root, &root.dir, "a", &root.dir, "b", Kind::File)
        });
        match edited {
            Ok(()) => renamed += 1,
            Err(Errno::ESTALE) => kept += 1,
            Err(errno) => panic!("{errno}"),
        }
        let held = |name: &str| std::fs::read(path(name)).is_ok_and(|b| b == text.as_bytes());
        assert!(held("a") || held("b"), "the save of round {round} is lost");
        std::fs::remove_file(path("a")).ok();
        std::fs::remove_file(path("b")).ok();
    }
    assert!(renamed > 0, "{renamed} renamed, {kept} kept");
}

#[test]
fn nobody_else_looks_into_our_folder_or_at_half_an_upload() {
    let (place, root) = claimed();
    let own = place.path().join(names::OWN);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().mode() & 0o777;
    for folder in ["", "tmp", "trash", "versions"] {
        assert_eq!(mode(&own.join(folder)), 0o700, "{folder:?}");
    }
    assert_eq!(mode(&own.join("connection")), 0o600);
    std::fs::set_permissions(&own, std::fs::Permissions::from_mode(0o755)).unwrap();
    let again = Place {
        path: place.path().to_owned(),
        connection: OURS,
    };
    again.open().unwrap();
    assert_eq!(mode(&own), 0o700, "one from before is shut as well");

    // A spool that is a pipe: the upload waits half way until somebody writes.
    let pipe = place.path().join("pipe");
    nix::unistd::mkfifo(&pipe, Mode::S_IRWXU).unwrap();
    let slow = Body {
        content: Content::File(pipe.clone()),
        ..body(b"slow")
    };
    std::thread::scope(|scope| {
        let made = scope.spawn(|| write::create(&root, KEY, &[], "file", &slow));
        let mut writer = File::options().write(true).open(&pipe).unwrap();
        let drafts = std::fs::read_dir(own.join("tmp")).unwrap();
        let modes: Vec<u32> = drafts.flatten().map(|draft| mode(&draft.path())).collect();
        assert_eq!(modes, [0o600]);
        std::io::Write::write_all(&mut writer, b"slow").unwrap();
        drop(writer);
        made.join().unwrap().unwrap();
    });
    let ordinary = place.path().join("ordinary");
    std::fs::write(&ordinary, "").unwrap();
    let made = place.path().join("file");
    assert_eq!(mode(&made), mode(&ordinary), "what the umask gives");

    // What replaces a file has the mode of that file.
    std::fs::set_permissions(&made, std::fs::Permissions::from_mode(0o640)).unwrap();
    let path = ["file".to_owned()];
    let expect = revision(&root, "file");
    write::replace(&root, KEY, &path, &expect, &body(b"ours")).unwrap();
    assert_eq!(mode(&made), 0o640);
}

#[test]
fn leftovers_go_when_their_time_has_come() {
    let (place, root) = claimed();
    let own = place.path().join(names::OWN);
    let file = place.path().join("file");
    std::fs::write(&file, "old").unwrap();
    replaced(&root, &revision(&root, "file")).unwrap();
    std::fs::write(own.join("tmp/unfinished"), "half").unwrap();
    std::fs::write(own.join("trash/precious"), "kept").unwrap();
    sweep(place.path(), &KEPT);
    assert!(own.join("tmp/unfinished").exists() && version(place.path()).exists());
    sweep(
        place.path(),
        &KEPT.map(|(folder, _)| (folder, Duration::ZERO)),
    );
    assert!(!own.join("tmp/unfinished").exists() && !version(place.path()).exists());
    assert!(
        own.join("trash/precious").exists(),
        "the trash is never swept"
    );
    assert!(file.exists());
}

#[test]
fn nothing_is_made_above_a_root() {
    let place = tempfile::tempdir().unwrap();
    let root = |path: &str| Place {
        path: place.path().join(path),
        connection: OURS,
    };
    let error = root("share/odoo").make().err().expect("no share");
    assert_eq!(error.kind, ErrorKind::RootGone, "{error}");
    assert!(!place.path().join("share").exists());
    root("share").make().expect("only the root itself");
}

#[test]
fn a_young_file_is_unsettled_and_ours_never_is() {
    let (place, root) = claimed();
    let path = place.path().join("file");
    std::fs::write(&path, "1").unwrap();
    let young = revision(&root, "file");
    let file = File::options().write(true).open(&path).unwrap();
    let written = file.metadata().unwrap().modified().unwrap();
    file.set_modified(written - Duration::from_secs(60))
        .unwrap();
    let settled = revision(&root, "file");
    assert!(young.as_str().contains('~') && !settled.as_str().contains('~'));
    let made = write::create(&root, KEY, &[], "ours", &body(b"1")).unwrap();
    assert!(!made.revision.as_str().contains('~'));
    assert_eq!(made.revision, revision(&root, "ours"));
}

#[test]
fn the_kernels_words_become_ours() {
    for (errno, kind) in [
        (Errno::ENOSPC, ErrorKind::QuotaFull),
        (Errno::EDQUOT, ErrorKind::QuotaFull),
        (Errno::EACCES, ErrorKind::Forbidden),
        (Errno::EROFS, ErrorKind::Forbidden),
        (Errno::ENAMETOOLONG, ErrorKind::Invalid),
        (Errno::ESTALE, ErrorKind::Unavailable),
        (Errno::ELOOP, ErrorKind::NotFound),
    ] {
        assert_eq!(refused(errno, "file").kind, kind, "{errno}");
    }
    // The device that is always full (null(4)).
    let full = std::fs::write("/dev/full", "x").unwrap_err();
    assert_eq!(failed(full, "file").kind, ErrorKind::QuotaFull);
}
