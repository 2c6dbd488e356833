//! What only a WebDAV server can do wrong, on a real Apache and on servers made up for it.

use super::apache::Apache;
use super::*;
use attache::providers::webdav::WebDav;
use std::os::unix::ffi::OsStrExt as _;
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

fn root() -> Locator {
    Locator {
        id: EntryId::new("root"),
        path: vec![],
    }
}

fn below(name: &str) -> Locator {
    Locator {
        id: EntryId::new(name),
        path: vec![name.to_owned()],
    }
}

/// What an operation asked of the server, up to the `MOVE` that ends it.
async fn verbs(apache: &Apache, operation: OperationId) -> Vec<String> {
    // Apache writes its log after it has answered.
    loop {
        let asked = apache.requests().into_iter();
        let asked = asked.filter(|line| line.contains(&operation.to_string()));
        let verbs = asked.filter_map(|line| line.split(' ').next().map(str::to_owned));
        let verbs: Vec<String> = verbs.collect();
        if verbs.iter().any(|verb| verb == "MOVE") {
            return verbs;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_small_new_file_costs_two_requests_before_it_is_read() {
    let apache = Apache::start().await;
    let provider = apache.connect(OURS);
    provider.claim(OURS).await.expect("a fresh root");
    let folder = provider.create_folder(key(), &root(), "d").await;
    folder.expect("a folder");
    let operation = key();
    let made = provider
        .create_file(operation, &below("d"), "small", &body(&[7; 20_000]))
        .await;
    assert!(made.expect("a new file").revision.is_unknown());
    assert_eq!(verbs(&apache, operation).await, ["PUT", "MOVE"]);
}

#[tokio::test]
async fn a_whole_folder_costs_one_move() {
    let apache = Apache::start().await;
    let provider = apache.connect(OURS);
    provider.claim(OURS).await.expect("a fresh root");
    let files = ["a", "b", "c"].map(|name| attache::providers::NewFile {
        name: name.to_owned(),
        body: body(&[7; 20_000]),
    });
    let operation = key();
    let root = root();
    let made = provider.create_whole_folder(operation, &root, "d", &files);
    made.await.expect("a new folder");
    let mut verbs = verbs(&apache, operation).await;
    verbs.sort();
    assert_eq!(verbs, ["MKCOL", "MOVE", "PUT", "PUT", "PUT"]);
}

/// Apache looks at `If-None-Match` when an upload begins, and puts it to its place when it ends.
#[tokio::test]
async fn what_a_person_puts_there_during_an_upload_is_kept() {
    let apache = Apache::start().await;
    let provider = apache.connect(OURS);
    provider.claim(OURS).await.expect("a fresh root");
    let folder = provider.create_folder(key(), &root(), "d").await;
    folder.expect("a folder");
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let pipe = scratch.path().join("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    let bytes = [7; 200_000];
    let slow = Body {
        content: Content::File(pipe.clone()),
        ..body(&bytes)
    };
    let folder = below("d");
    let upload = provider.create_file(key(), &folder, "small", &slow);
    let person = apache.files.join("share/d/small");
    let meanwhile = async {
        let mut end = tokio::fs::OpenOptions::new()
            .write(true)
            .open(&pipe)
            .await
            .expect("the upload reads");
        end.write_all(&bytes[..150_000]).await.expect("half of it");
        end.flush().await.expect("half of it");
        std::fs::write(&person, "a person's").expect("a file");
        end.write_all(&bytes[150_000..]).await.expect("the rest");
        end.flush().await.expect("the rest");
    };
    let (made, ()) = futures::join!(upload, meanwhile);
    assert_eq!(kind(made), Some(ErrorKind::AlreadyExists));
    assert_eq!(std::fs::read(&person).unwrap(), b"a person's");
}

#[tokio::test]
async fn a_wrong_password_asks_for_a_person() {
    let apache = Apache::start().await;
    let secret = "wrong-secret";
    let provider = WebDav::new(&apache.url, &apache.user, secret.to_owned().into(), OURS)
        .expect("a sound address");
    let error = provider.claim(OURS).await.expect_err("a wrong password");
    assert_eq!(error.kind, ErrorKind::Unauthorized);
    assert!(!format!("{error:?}").contains(secret));
    let error = provider.list(&root()).await.expect_err("refused");
    assert_eq!(error.kind, ErrorKind::Unauthorized);
}

#[tokio::test]
async fn a_server_that_is_down_is_never_empty() {
    let mut apache = Apache::start().await;
    let provider = apache.connect(OURS);
    provider.claim(OURS).await.expect("a fresh root");
    apache.stop();
    for answer in [
        kind(provider.list(&root()).await),
        kind(provider.metadata(&below("a")).await),
        kind(provider.create_folder(key(), &root(), "a").await),
    ] {
        assert_eq!(answer, Some(ErrorKind::Unavailable));
    }
}

#[tokio::test]
async fn a_root_deep_down_is_made_level_by_level() {
    let apache = Apache::start().await;
    let url = format!("{}a%20b/c+d/e", apache.url);
    let provider = WebDav::new(&url, &apache.user, apache.password.clone().into(), OURS)
        .expect("a sound address");
    provider.claim(OURS).await.expect("every level is made");
    provider
        .create_folder(key(), &root(), "x")
        .await
        .expect("a folder");
    assert!(apache.files.join("a b/c+d/e/x").is_dir());
}

#[tokio::test]
async fn addresses_that_are_no_plain_http_are_refused() {
    for url in [
        "nas/share",
        "ftp://nas/",
        "file:///etc",
        "https://u:p@nas/",
        "http:",
    ] {
        let made = WebDav::new(url, "u", "p".to_owned().into(), OURS);
        assert_eq!(kind(made.map(drop)), Some(ErrorKind::Invalid), "{url}");
    }
}

/// A server that gives one answer to everything; tells how often it was asked.
async fn fixed(answer: String) -> (String, Arc<AtomicU64>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicU64::new(0));
    let count = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let mut request = [0; 8192];
            let read = socket.read(&mut request).await.unwrap_or_default();
            assert!(read > 0, "a request came");
            socket.write_all(answer.as_bytes()).await.ok();
        }
    });
    (url, asked)
}

#[tokio::test]
async fn credentials_do_not_follow_a_redirect() {
    let (elsewhere, visits) = fixed("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".into()).await;
    let answer = format!(
        "HTTP/1.1 301 Moved\r\nLocation: {elsewhere}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    let (url, _) = fixed(answer).await;
    let provider = WebDav::new(&url, "u", "p".to_owned().into(), OURS).expect("an address");
    let refused = provider.claim(OURS).await;
    assert_eq!(kind(refused), Some(ErrorKind::Unsupported));
    assert_eq!(visits.load(Ordering::SeqCst), 0, "the other host was asked");
}

#[tokio::test]
async fn an_error_page_is_no_empty_listing() {
    for (status, page, expected) in [
        ("200 OK", "<html>Welcome</html>", ErrorKind::RootGone),
        ("404 Not Found", "", ErrorKind::RootGone),
        ("500 Internal Server Error", "", ErrorKind::Unexpected),
    ] {
        let length = page.len();
        let answer = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{page}"
        );
        let (url, _) = fixed(answer).await;
        let provider = WebDav::new(&url, "u", "p".to_owned().into(), OURS)
            .expect("an address")
            .cautious();
        assert_eq!(
            kind(provider.list(&root()).await),
            Some(expected),
            "{status}"
        );
    }
}

#[tokio::test]
async fn a_write_that_a_crash_cut_in_two_is_mended() {
    let apache = Apache::start().await;
    let provider = apache.connect(OURS);
    provider.claim(OURS).await.expect("a fresh root");
    provider
        .create_file(key(), &root(), "file", &body(b"old"))
        .await
        .expect("a new file");
    let item = provider.metadata(&below("file")).await.expect("it");
    let operation = key();
    let own = apache.files.join("share/.attache");
    let bin = own.join(format!("trash/{operation}"));
    std::fs::create_dir(&bin).unwrap();
    if let Some(owner) = apache.runs_as {
        std::os::unix::fs::chown(&bin, Some(owner), Some(owner)).unwrap();
    }
    let file = apache.files.join("share/file");
    std::fs::rename(&file, bin.join("file")).unwrap();
    provider
        .write_file(operation, &below("file"), &item.revision, &body(b"new"))
        .await
        .expect("the old file is found in the trash");
    assert_eq!(std::fs::read(&file).unwrap(), b"new");
    let version = own.join(format!("versions/{operation}/file"));
    assert_eq!(std::fs::read(version).unwrap(), b"old");
    assert!(!bin.exists());
}

#[tokio::test]
async fn an_edit_that_slipped_in_before_a_crash_comes_back_out_of_the_trash() {
    let apache = Apache::start().await;
    let provider = apache.connect(OURS);
    provider.claim(OURS).await.expect("a fresh root");
    provider
        .create_file(key(), &root(), "file", &body(b"old"))
        .await
        .expect("a new file");
    let item = provider.metadata(&below("file")).await.expect("it");
    let operation = key();
    let file = below("file");
    let trash = || provider.trash(operation, &file, &item.revision);
    trash().await.expect("nobody came between");
    // As a crash leaves it that came after the move of what somebody had just saved.
    let share = apache.files.join("share");
    let bin = share.join(format!(".attache/trash/{operation}/file"));
    std::fs::write(&bin, b"a person's").unwrap();
    let error = trash().await.expect_err("it is another one");
    assert_eq!(error.kind, ErrorKind::Changed);
    let there = || std::fs::read(share.join("file")).unwrap();
    assert_eq!(there(), b"a person's");
    assert!(!bin.exists());
}

#[tokio::test]
async fn a_folder_with_a_name_that_nobody_can_read_is_not_empty() {
    let apache = Apache::start().await;
    let provider = apache.connect(OURS);
    provider.claim(OURS).await.expect("a fresh root");
    let folder = provider.create_folder(key(), &root(), "d").await;
    folder.expect("a folder");
    let share = apache.files.join("share");
    let name = std::ffi::OsStr::from_bytes(b"d/Gr\xfc\xdfe.txt");
    std::fs::write(share.join(name), b"precious").unwrap();
    let (folder, none) = (below("d"), Revision::default());
    let listed = provider.list(&folder).await.expect("the rest of it");
    assert!(listed.is_empty());
    let trashed = provider.trash(key(), &folder, &none).await;
    let error = trashed.expect_err("it holds a file");
    assert_eq!(error.kind, ErrorKind::Changed);
    assert!(share.join(name).exists());
}

#[tokio::test]
async fn leftovers_go_when_their_time_has_come() {
    let apache = Apache::start().await;
    apache
        .connect(OURS)
        .claim(OURS)
        .await
        .expect("a fresh root");
    let own = apache.files.join("share/.attache");
    for (path, days) in [("tmp/old", 8), ("tmp/new", 6), ("trash/precious", 400)] {
        let file = std::fs::File::create_new(own.join(path)).unwrap();
        let age = Duration::from_secs(days * 24 * 3600);
        file.set_modified(SystemTime::now() - age).unwrap();
    }
    apache.connect(OURS).root().await.expect("the root");
    let there = |path: &str| own.join(path).exists();
    assert!(!there("tmp/old") && there("tmp/new") && there("trash/precious"));
    let probes = std::fs::read_dir(own.join("tmp")).unwrap().flatten();
    let left = probes.filter(|entry| entry.file_name().to_string_lossy().starts_with("probe"));
    assert_eq!(left.count(), 0, "probing leaves nothing behind");
}
