//! The private cluster.

use attache::store::private::Durability;
use attache::store::{Cluster, Seal, Store};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::Builder::new()
        .prefix("attache-private-")
        .tempdir()
        .expect("a folder")
}

fn start(folder: &Path) -> Cluster {
    Cluster::start(folder, Durability::Durable).expect("it starts")
}

fn postmaster(cluster: &Cluster) -> i32 {
    let text =
        std::fs::read_to_string(cluster.home().join("data/postmaster.pid")).expect("it runs");
    text.lines()
        .next()
        .and_then(|line| line.parse().ok())
        .expect("a number")
}

async fn ask(cluster: &Cluster, folder: &Path) -> Result<Option<u32>, attache::store::StoreError> {
    let store = Store::open(&cluster.url(), Seal::in_folder(folder)?).await?;
    let answer = store.setting("answer").await;
    store.put_setting("answer", &42_u32).await?;
    store.close().await;
    answer
}

#[test]
fn it_keeps_what_is_in_it_over_a_stop_and_over_a_crash() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = folder();
    let cluster = start(folder.path());
    assert_eq!(
        runtime
            .block_on(ask(&cluster, folder.path()))
            .expect("answers"),
        None
    );
    assert!(cluster.stop().expect("stops"));

    let cluster = start(folder.path());
    assert_eq!(
        runtime
            .block_on(ask(&cluster, folder.path()))
            .expect("answers"),
        Some(42)
    );
    // A crash: every process of the server is gone, and its pid file is stale.
    let pid = postmaster(&cluster);
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(pid),
        nix::sys::signal::Signal::SIGKILL,
    )
    .expect("killed");
    while Path::new(&format!("/proc/{pid}")).exists() {
        std::thread::yield_now();
    }
    let after = start(folder.path());
    assert_ne!(postmaster(&after), pid);
    assert_eq!(
        runtime
            .block_on(ask(&after, folder.path()))
            .expect("answers"),
        Some(42)
    );
    drop(cluster);
    assert!(after.stop().expect("stops"));
    assert!(!folder.path().join("postgres/data/postmaster.pid").exists());
}

#[test]
fn users_share_it_and_the_last_one_stops_it() {
    let folder = folder();
    let first = start(folder.path());
    let second = start(folder.path());
    assert_eq!(
        postmaster(&first),
        postmaster(&second),
        "it is joined, not started twice"
    );
    assert!(!first.stop().expect("left"), "somebody uses it");
    postmaster(&second);
    assert!(second.stop().expect("stops"));
}

#[test]
fn nobody_else_can_enter_and_no_port_is_open() {
    let folder = folder();
    let cluster = start(folder.path());
    for place in ["", "data", "socket"] {
        let found = std::fs::metadata(cluster.home().join(place)).expect("it is there");
        assert_eq!(found.mode() & 0o077, 0, "{place}");
        assert_ne!(found.uid(), 0, "{place} is root's");
    }
    let lines =
        std::fs::read_to_string(cluster.home().join("data/postmaster.pid")).expect("it runs");
    assert_eq!(
        lines.lines().nth(5),
        Some(""),
        "the line of listen addresses is empty"
    );
}

#[test]
fn a_deep_data_folder_gets_a_short_socket_path() {
    let folder = folder();
    let deep = folder.path().join("d".repeat(60)).join("e".repeat(60));
    std::fs::create_dir_all(&deep).expect("made");
    set_mode(folder.path(), 0o755);
    let cluster = start(&deep);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    assert_eq!(
        runtime.block_on(ask(&cluster, &deep)).expect("answers"),
        None
    );
}

#[test]
fn what_is_wrong_is_said_clearly() {
    let folder = folder();
    let closed = folder.path().join("data");
    std::fs::create_dir(&closed).expect("made");
    if nix::unistd::geteuid().is_root() {
        set_mode(folder.path(), 0o700);
        let error =
            Cluster::start(&closed, Durability::Durable).expect_err("the folder above is closed");
        assert!(error.to_string().contains("choose a data_dir"), "{error}");
    }
    set_mode(folder.path(), 0o755);
    let cluster = start(&closed);
    let home = cluster.home().to_owned();
    cluster.stop().expect("stops");
    std::fs::write(home.join("data/PG_VERSION"), "7\n").expect("written");
    let error = Cluster::start(&closed, Durability::Durable).expect_err("no such programs");
    assert!(
        error.to_string().contains("apt install postgresql-7"),
        "{error}"
    );
    let missing = Cluster::start(&folder.path().join("none"), Durability::Durable);
    assert!(missing.expect_err("no folder").to_string().contains("none"));
}

#[test]
fn of_many_starters_at_once_all_share_one() {
    let folder = folder();
    let clusters: Vec<Cluster> = std::thread::scope(|scope| {
        let starters: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| start(folder.path())))
            .collect();
        starters
            .into_iter()
            .map(|one| one.join().expect("no panic"))
            .collect()
    });
    let pids: std::collections::BTreeSet<i32> = clusters.iter().map(postmaster).collect();
    assert_eq!(pids.len(), 1);
    let stopped = clusters.into_iter().map(|one| one.stop().expect("left"));
    assert_eq!(stopped.collect::<Vec<_>>(), [false, false, false, true]);
}

fn set_mode(folder: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(mode)).expect("chmod");
}
