//! What only a folder on the disk can do wrong: links, pipes, races with editors.

use super::*;
use attache::providers::folder::Folder;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

async fn claimed() -> (tempfile::TempDir, PathBuf, Store) {
    let place = tempfile::tempdir().expect("a temporary folder");
    let root = place.path().join("share");
    let store = stores::on_disk(&root).await;
    (place, root, store)
}

#[tokio::test]
async fn links_lead_nowhere() {
    let (place, root, store) = claimed().await;
    let outside = place.path().join("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("secret"), "secret").unwrap();
    symlink(&outside, root.join("dir")).unwrap();
    symlink(outside.join("secret"), root.join("file")).unwrap();
    assert!(store.names(&store.root()).await.is_empty());
    let at = |path: &[&str]| Locator {
        id: EntryId::new("x"),
        path: path.iter().map(|name| (*name).to_owned()).collect(),
    };
    let provider = &store.provider;
    let (file, dir, deep) = (at(&["file"]), at(&["dir"]), at(&["dir", "secret"]));
    let none = Revision::default();
    for (call, answer) in [
        ("list", kind(provider.list(&dir).await)),
        ("metadata", kind(provider.metadata(&deep).await)),
        ("metadata", kind(provider.metadata(&file).await)),
        ("read", kind(provider.read(&deep, 0).await)),
        ("read", kind(provider.read(&file, 0).await)),
        (
            "folder",
            kind(provider.create_folder(key(), &dir, "x").await),
        ),
        (
            "file",
            kind(provider.create_file(key(), &dir, "x", &body(b"1")).await),
        ),
        (
            "place",
            kind(provider.place(&deep, &store.root(), "x").await),
        ),
        ("trash", kind(provider.trash(key(), &deep, &none).await)),
    ] {
        assert_eq!(answer, Some(ErrorKind::NotFound), "{call}");
    }
    let made = provider
        .create_file(key(), &store.root(), "file", &body(b"1"))
        .await;
    assert_eq!(
        kind(made),
        Some(ErrorKind::AlreadyExists),
        "a link holds the name"
    );
    let written = provider.write_file(key(), &file, &none, &body(b"1")).await;
    assert_eq!(kind(written), Some(ErrorKind::Changed));
    assert_eq!(std::fs::read(outside.join("secret")).unwrap(), b"secret");
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 1);
}

#[tokio::test]
async fn a_link_as_our_own_folder_is_no_mark() {
    let (place, root, store) = claimed().await;
    let moved = place.path().join("moved");
    std::fs::rename(root.join(".attache"), &moved).unwrap();
    symlink(&moved, root.join(".attache")).unwrap();
    let listed = store.provider.list(&store.root()).await;
    assert_eq!(kind(listed), Some(ErrorKind::RootGone));
}

#[tokio::test]
async fn special_files_and_programs_leftovers_are_not_told() {
    let (_place, root, store) = claimed().await;
    std::fs::create_dir(root.join("d")).unwrap();
    nix::unistd::mkfifo(&root.join("d/pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(root.join("d/socket")).unwrap();
    for name in [
        "Thumbs.db",
        ".DS_Store",
        "~$offer.docx",
        ".~lock.a.odt#",
        "@eaDir",
    ] {
        std::fs::write(root.join("d").join(name), "x").unwrap();
    }
    let folder = store.at("d").await;
    assert!(store.names(&folder).await.is_empty());
    let pipe = Locator {
        path: vec!["d".into(), "pipe".into()],
        ..folder.clone()
    };
    assert_eq!(
        kind(store.provider.read(&pipe, 0).await),
        Some(ErrorKind::NotFound)
    );
    let none = Revision::default();
    let trashed = store.provider.trash(key(), &folder, &none).await;
    assert_eq!(
        kind(trashed),
        Some(ErrorKind::Changed),
        "somebody could miss the pipe"
    );
    std::fs::remove_file(root.join("d/pipe")).unwrap();
    std::fs::remove_file(root.join("d/socket")).unwrap();
    let trashed = store.provider.trash(key(), &folder, &none).await;
    trashed.expect("what desktops scatter goes along");
}

/// Everything that was ever replaced.
fn versions(root: &Path) -> Vec<Vec<u8>> {
    let folders = std::fs::read_dir(root.join(".attache/versions")).unwrap();
    folders
        .flatten()
        .flat_map(|folder| std::fs::read_dir(folder.path()).unwrap().flatten())
        .map(|file| std::fs::read(file.path()).unwrap())
        .collect()
}

#[tokio::test]
async fn what_is_replaced_is_kept_as_a_version() {
    let (_place, root, store) = claimed().await;
    let (file, item) = store.make_file(&store.root(), "file", b"old").await;
    let written = store
        .provider
        .write_file(key(), &file, &item.revision, &body(b"new"))
        .await;
    written.expect("nobody came between");
    assert_eq!(versions(&root), [b"old"]);
}

#[tokio::test]
async fn an_edit_that_slipped_in_before_a_crash_comes_back_out_of_the_trash() {
    let (_place, root, store) = claimed().await;
    let (file, item) = store.make_file(&store.root(), "file", b"old").await;
    let operation = key();
    let trash = || store.provider.trash(operation, &file, &item.revision);
    trash().await.expect("nobody came between");
    // As a crash leaves it that came after the move of what somebody had just saved.
    let bin = root.join(format!(".attache/trash/{operation}/file"));
    std::fs::write(&bin, b"a person's").unwrap();
    assert_eq!(kind(trash().await), Some(ErrorKind::Changed));
    assert_eq!(store.bytes(&file).await, b"a person's");
    assert!(!bin.exists());
}

#[tokio::test]
async fn a_trash_by_linking_that_a_crash_cut_in_two_is_finished() {
    let (_place, root, store) = claimed().await;
    let (file, item) = store.make_file(&store.root(), "file", b"old").await;
    let operation = key();
    let bin = root.join(format!(".attache/trash/{operation}"));
    std::fs::create_dir(&bin).unwrap();
    std::fs::hard_link(root.join("file"), bin.join("file")).unwrap();
    let trashed = store.provider.trash(operation, &file, &item.revision).await;
    let handle = trashed.expect("half of it was done");
    assert!(store.names(&store.root()).await.is_empty());
    let back = store.provider.restore(&handle, &store.root(), "back").await;
    back.expect("it is in the trash");
    assert_eq!(std::fs::read(root.join("back")).unwrap(), b"old");
}

#[tokio::test]
async fn an_edit_between_the_halves_of_a_trash_by_linking_keeps_its_name() {
    let (_place, root, store) = claimed().await;
    let (file, item) = store.make_file(&store.root(), "file", b"old").await;
    let operation = key();
    let bin = root.join(format!(".attache/trash/{operation}"));
    std::fs::create_dir(&bin).unwrap();
    std::fs::hard_link(root.join("file"), bin.join("file")).unwrap();
    std::fs::write(root.join("file"), b"a person's").unwrap();
    let trashed = store.provider.trash(operation, &file, &item.revision).await;
    assert_eq!(kind(trashed), Some(ErrorKind::Changed));
    assert_eq!(store.bytes(&file).await, b"a person's");
    assert!(!bin.exists());
}

/// A person saves while we write: by a rename, as most editors do, or in place.
/// The last save must still carry the name; only one that a program wrote into the very file we
/// had taken away by then may be found among the versions.
async fn race(save: fn(&Path, &str), in_place: bool) {
    let (_place, root, store) = claimed().await;
    let path = root.join("file");
    std::fs::write(&path, "start").unwrap();
    let file = store.at("file").await;
    let (mut won, mut lost) = (0, 0);
    for round in 0..150 {
        let now = store.provider.metadata(&file).await.expect("the file");
        let edit = format!("edit {round}");
        let (target, text) = (path.clone(), edit.clone());
        let moment = Duration::from_micros(fastrand::u64(..4000));
        let person = tokio::task::spawn_blocking(move || {
            let start = Instant::now();
            while start.elapsed() < moment {
                std::hint::spin_loop();
            }
            save(&target, &text);
        });
        let ours = format!("ours {round}");
        let written = store
            .provider
            .write_file(key(), &file, &now.revision, &body(ours.as_bytes()))
            .await;
        person.await.unwrap();
        won += usize::from(written.is_ok());
        lost += usize::from(written.is_err());
        if let Err(error) = written {
            assert_eq!(error.kind, ErrorKind::Changed, "{error}");
        }
        let kept = std::fs::read(&path).unwrap() == edit.as_bytes()
            || (in_place && versions(&root).iter().any(|old| old == edit.as_bytes()));
        assert!(kept, "the person's save of round {round} is lost");
    }
    assert!(
        won > 0 && lost > 0,
        "nothing was raced: {won} won, {lost} lost"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_editors_save_is_never_lost_to_a_write() {
    let save = |path: &Path, text: &str| {
        let aside = path.with_file_name("saving");
        std::fs::write(&aside, text).unwrap();
        std::fs::rename(aside, path).unwrap();
    };
    race(save, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_in_place_is_never_lost_to_a_write() {
    race(|path, text| std::fs::write(path, text).unwrap(), true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_creators_one_wins_and_nothing_is_overwritten() {
    let (_place, _root, store) = claimed().await;
    for round in 0..20 {
        let name = format!("f{round}");
        let contents: Vec<Body> = (0..8).map(|number| body(&[number; 50_000])).collect();
        let root = store.root();
        let all = contents
            .iter()
            .map(|content| store.provider.create_file(key(), &root, &name, content));
        let answers = futures::future::join_all(all).await;
        let winners: Vec<usize> = (0..8).filter(|at| answers[*at].is_ok()).collect();
        assert_eq!(winners.len(), 1, "{winners:?}");
        let bytes = store.person.bytes(&name).expect("the winner's file");
        assert!(bytes == [u8::try_from(winners[0]).unwrap(); 50_000]);
        for answer in answers.into_iter().filter(Result::is_err) {
            assert_eq!(kind(answer), Some(ErrorKind::AlreadyExists));
        }
    }
}

#[tokio::test]
async fn a_change_nudges() {
    let (_place, root, _store) = claimed().await;
    let provider = Folder::new(&root, OURS);
    let mut nudged = std::pin::pin!(provider.nudged());
    for round in 0..100 {
        // The first wait also starts the watching, so the first edit may come too early.
        let wait = Duration::from_millis(100);
        if tokio::time::timeout(wait, &mut nudged).await.is_ok() {
            assert!(round > 0, "nothing had changed yet");
            return;
        }
        std::fs::write(root.join("file"), format!("{round}")).unwrap();
    }
    panic!("no nudge came");
}
