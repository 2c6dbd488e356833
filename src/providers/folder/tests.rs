//! What file systems without atomic exchange get, and what is kept for how long.

use super::root::{KEPT, Place, Root, VERSIONS, make_at, sweep};
use super::write::{Draft, rename_by_link, step_aside};
use super::*;
use crate::providers::body::Content;
use crate::tree::Fingerprint;
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
    let by_link = |from, to, kind| rename_by_link(&root.dir, from, &root.dir, to, kind);
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
