//! A private Postgres cluster in the data folder, for whoever names no database of their own.
//!
//! It is made and run with the system's Postgres programs, listens on a Unix socket only, and
//! belongs to an ordinary user even when the sidecar is run by root, since Postgres refuses root.
//! Several processes may use it at once (a command beside the server); the last to leave stops it.
//! One that outlived a killed sidecar is found running and used again.

mod owner;

use super::error::{Result, StoreError};
use owner::Owner;
use sha2::{Digest as _, Sha256};
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The role that owns everything in the cluster.
const ROLE: &str = "attache";
/// The database that the sidecar lives in.
const DATABASE: &str = "attache";
/// A Unix socket's path takes 107 bytes (unix(7)), of which `/.s.PGSQL.5432` takes 14.
const LONGEST_SOCKET_FOLDER: usize = 107 - 14;
/// Recovery after a crash may replay some WAL first.
const START_SECONDS: u64 = 60;

/// Whether what is committed survives a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    Durable,
    /// For throw-away data only: many times faster on slow disks.
    Scratch,
}

/// A running cluster that this process uses. Dropping it leaves the cluster, and stops it when
/// nobody else uses it.
#[derive(Debug)]
pub struct Cluster {
    paths: Paths,
    /// Locked shared for as long as this process uses the cluster.
    used: Option<File>,
}

#[derive(Debug)]
struct Paths {
    programs: PathBuf,
    /// `…/postgres` in the data folder; all below belongs to `owner`.
    home: PathBuf,
    data: PathBuf,
    socket: PathBuf,
    owner: Owner,
    /// Held while somebody starts or stops the cluster.
    turn: PathBuf,
    used: PathBuf,
}

impl Cluster {
    /// Starts the cluster of a data folder, made the first time, or joins it when it runs already.
    /// Blocks for up to a minute.
    pub fn start(folder: &Path, durability: Durability) -> Result<Cluster> {
        let folder = fs::canonicalize(folder)
            .map_err(|error| fault(format!("the data folder {}: {error}", folder.display())))?;
        let paths = Paths::of(&folder)?;
        let turn = open(&paths.turn)?;
        turn.lock()
            .map_err(|error| fault(format!("cannot lock {}: {error}", paths.turn.display())))?;
        paths.make()?;
        if paths.is_running()? {
            paths.wait_until_ready()?;
        } else {
            paths.run(durability)?;
        }
        paths.create_database()?;
        let used = open(&paths.used)?;
        used.lock_shared()
            .map_err(|error| fault(format!("cannot lock {}: {error}", paths.used.display())))?;
        Ok(Cluster {
            paths,
            used: Some(used),
        })
    }

    /// Where the sidecar's database is.
    pub fn url(&self) -> String {
        self.url_of(DATABASE)
    }

    /// Where another database of the cluster is.
    pub fn url_of(&self, database: &str) -> String {
        let socket = percent_encoding::utf8_percent_encode(
            &self.paths.socket.to_string_lossy(),
            percent_encoding::NON_ALPHANUMERIC,
        )
        .to_string();
        format!("postgresql://{ROLE}@localhost/{database}?host={socket}")
    }

    /// Where its files lie.
    pub fn home(&self) -> &Path {
        &self.paths.home
    }

    /// Leaves the cluster, and stops it when nobody else uses it; what was committed is kept.
    /// Answers whether it was stopped.
    pub fn stop(mut self) -> Result<bool> {
        self.leave()
    }

    fn leave(&mut self) -> Result<bool> {
        let Some(used) = self.used.take() else {
            return Ok(false);
        };
        let turn = open(&self.paths.turn)?;
        turn.lock().map_err(|error| {
            fault(format!(
                "cannot lock {}: {error}",
                self.paths.turn.display()
            ))
        })?;
        drop(used);
        if open(&self.paths.used)?.try_lock().is_err() {
            return Ok(false);
        }
        let options = ["-m", "fast", "-w", "stop"];
        self.paths
            .succeed(self.paths.pg_ctl().args(options), "stop")?;
        if !self.paths.socket.starts_with(&self.paths.home) {
            let _ = fs::remove_dir(&self.paths.socket);
        }
        Ok(true)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.leave() {
            tracing::warn!(%error, "the private database could not be stopped");
        }
    }
}

impl Paths {
    fn of(folder: &Path) -> Result<Paths> {
        let home = folder.join("postgres");
        let data = home.join("data");
        let owner = Owner::of(&home)?;
        let inside = home.join("socket");
        let socket = if inside.as_os_str().len() <= LONGEST_SOCKET_FOLDER {
            inside
        } else {
            let hash = Sha256::digest(folder.as_os_str().as_encoded_bytes());
            std::env::temp_dir().join(format!("attache-{}", hex::encode(&hash[..8])))
        };
        Ok(Paths {
            programs: programs(&data)?,
            turn: folder.join("postgres.turn"),
            used: folder.join("postgres.used"),
            socket,
            home,
            data,
            owner,
        })
    }

    /// The folders, and the first time the cluster itself: whole or not at all.
    fn make(&self) -> Result<()> {
        for folder in [&self.home, &self.socket] {
            match fs::DirBuilder::new().mode(0o700).create(folder) {
                Ok(()) => self.owner.give(folder)?,
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    return Err(fault(format!("cannot make {}: {error}", folder.display())));
                }
            }
            let found = fs::symlink_metadata(folder)
                .map_err(|error| fault(format!("{}: {error}", folder.display())))?;
            if !found.is_dir() || found.uid() != self.owner.uid() || found.mode() & 0o077 != 0 {
                return Err(fault(format!(
                    "{} must be a folder that only {} may enter; remove it and start again",
                    folder.display(),
                    self.owner
                )));
            }
        }
        self.owner.can_enter(&self.home)?;
        if self.data.exists() {
            return Ok(());
        }
        let draft = self.home.join("data.new");
        let _ = fs::remove_dir_all(&draft);
        let mut initdb = self.command("initdb");
        initdb.arg("-D").arg(&draft);
        initdb.args(["-U", ROLE, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]);
        self.succeed(&mut initdb, "make")?;
        fs::rename(&draft, &self.data)
            .map_err(|error| fault(format!("cannot name {}: {error}", self.data.display())))
    }

    fn run(&self, durability: Durability) -> Result<()> {
        let quoted = self.socket.to_string_lossy().replace('\'', "''");
        let mut settings = format!(
            "# Written at every start.\nlisten_addresses = ''\nunix_socket_directories = '{quoted}'\n\
             max_connections = 100\ntimezone = 'UTC'\nlog_min_messages = warning\n\
             dynamic_shared_memory_type = posix\n"
        );
        if durability == Durability::Scratch {
            settings += "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n";
        }
        let file = self.data.join("postgresql.conf");
        fs::write(&file, settings)
            .map_err(|error| fault(format!("cannot write {}: {error}", file.display())))?;
        self.owner.give(&file)?;
        let log = self.home.join("log");
        let seconds = START_SECONDS.to_string();
        let mut start = self.pg_ctl();
        start
            .args(["-w", "-t", &seconds, "-l"])
            .arg(&log)
            .arg("start");
        self.succeed(&mut start, "start").map_err(|error| {
            let told = fs::read_to_string(&log).unwrap_or_default();
            let last: Vec<&str> = told.lines().rev().take(5).collect();
            let last: Vec<&str> = last.into_iter().rev().collect();
            fault(format!(
                "{error}; {} ends with: {}",
                log.display(),
                last.join(" / ")
            ))
        })
    }

    /// pg_ctl status: 0 runs, 3 does not, 4 no cluster.
    fn is_running(&self) -> Result<bool> {
        let output = self.output(self.pg_ctl().arg("status"))?;
        match output.status.code() {
            Some(0) => Ok(true),
            Some(3) => Ok(false),
            _ => Err(told("look at", &output)),
        }
    }

    fn wait_until_ready(&self) -> Result<()> {
        let end = Instant::now() + Duration::from_secs(START_SECONDS);
        loop {
            let output = self.output(self.command("pg_isready").arg("-h").arg(&self.socket))?;
            if output.status.success() {
                return Ok(());
            }
            if Instant::now() > end {
                return Err(fault(format!(
                    "it seems to run but does not answer; see {}, and remove {} if no postgres runs",
                    self.home.join("log").display(),
                    self.data.join("postmaster.pid").display()
                )));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn create_database(&self) -> Result<()> {
        let mut create = self.command("createdb");
        create
            .arg("-h")
            .arg(&self.socket)
            .args(["-U", ROLE, DATABASE]);
        let output = self.output(&mut create)?;
        let known = String::from_utf8_lossy(&output.stderr).contains("already exists");
        if output.status.success() || known {
            Ok(())
        } else {
            Err(told("create the database in", &output))
        }
    }

    fn pg_ctl(&self) -> Command {
        let mut command = self.command("pg_ctl");
        command.arg("-D").arg(&self.data);
        command
    }

    /// A Postgres program as the owner, speaking English, free of the caller's PG… variables.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command
            .env_clear()
            .env("LC_ALL", "C")
            .env("PATH", "/usr/bin:/bin");
        command.current_dir("/").stdin(Stdio::null());
        self.owner.run(&mut command);
        command
    }

    fn output(&self, command: &mut Command) -> Result<Output> {
        command.output().map_err(|error| {
            fault(format!(
                "{:?} cannot be run: {error}",
                command.get_program()
            ))
        })
    }

    fn succeed(&self, command: &mut Command, doing: &str) -> Result<()> {
        // Into files, not pipes: the server inherits them, and a pipe would never end.
        let output = if doing == "start" {
            let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
            let status = status.map_err(|error| fault(format!("pg_ctl cannot be run: {error}")))?;
            Output {
                status,
                stdout: vec![],
                stderr: vec![],
            }
        } else {
            self.output(command)?
        };
        if output.status.success() {
            Ok(())
        } else {
            Err(told(doing, &output))
        }
    }
}

/// The Postgres programs that this cluster needs: those that made it, else the newest installed.
fn programs(data: &Path) -> Result<PathBuf> {
    let made = fs::read_to_string(data.join("PG_VERSION")).ok();
    let made = made.as_deref().map(str::trim);
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_string_lossy().parse().ok()?;
            let bin = entry.path().join("bin");
            bin.join("initdb").exists().then_some((version, bin))
        })
        .collect();
    found.sort();
    match made {
        Some(version) => found
            .into_iter()
            .find(|(number, _)| number.to_string() == version)
            .map(|(_, bin)| bin)
            .ok_or_else(|| {
                fault(format!(
                    "it was made by PostgreSQL {version}, which is not installed: apt install \
                     postgresql-{version}, or set database_url"
                ))
            }),
        None => found.pop().map(|(_, bin)| bin).ok_or_else(|| {
            fault(
                "no PostgreSQL server programs in /usr/lib/postgresql: apt install postgresql, \
                 or set database_url to a database of your own",
            )
        }),
    }
}

fn open(path: &Path) -> Result<File> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(|error| fault(format!("cannot open {}: {error}", path.display())))
}

fn told(doing: &str, output: &Output) -> StoreError {
    let text = String::from_utf8_lossy(&output.stderr);
    fault(format!(
        "cannot {doing} it ({}): {}",
        output.status,
        text.trim()
    ))
}

fn fault(what: impl std::fmt::Display) -> StoreError {
    StoreError::Private(format!("the private database: {what}"))
}
