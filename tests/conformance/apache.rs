//! A real Apache with mod_dav for one test, gone with it.

use attache::providers::webdav::WebDav;
use attache::tree::ConnectionId;
use base64::Engine as _;
use sha1::Digest as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const MODULES: &[&str] = &[
    "mpm_event",
    "authn_core",
    "authn_file",
    "authz_core",
    "authz_user",
    "auth_basic",
    "dav",
    "dav_fs",
    "dav_lock",
];

/// Apache refuses to serve as root, so then it runs as the user that owns nothing.
const NOBODY: u32 = 65534;

/// A WebDAV server on 127.0.0.1 with one account.
pub struct Apache {
    /// With a last slash.
    pub url: String,
    pub user: String,
    pub password: String,
    /// What it serves.
    pub files: PathBuf,
    /// The user that it runs as, where it is another than ours.
    pub runs_as: Option<u32>,
    server: Child,
    _place: tempfile::TempDir,
}

impl Apache {
    /// Starts one and returns when it answers.
    pub async fn start() -> Apache {
        let place = tempfile::tempdir().expect("a temporary folder");
        let home = place.path();
        let files = home.join("dav");
        std::fs::create_dir(&files).expect("a new folder");
        let (user, password) = ("attache".to_owned(), uuid::Uuid::new_v4().to_string());
        // The {SHA} form of Apache's password files (httpd.apache.org, "Password Formats").
        let hash = base64::engine::general_purpose::STANDARD.encode(sha1::Sha1::digest(&password));
        std::fs::write(home.join("users"), format!("{user}:{{SHA}}{hash}\n")).expect("room");
        let runs_as = nix::unistd::geteuid().is_root().then_some(NOBODY);
        if let Some(owner) = runs_as {
            for path in [home, &files] {
                std::os::unix::fs::chown(path, Some(owner), Some(owner)).expect("root may");
            }
        }
        for _ in 0..10 {
            let port = free_port();
            std::fs::write(home.join("httpd.conf"), config(home, &files, port)).expect("room");
            let mut server = spawn(home, runs_as);
            if answers(port, &mut server) {
                return Apache {
                    url: format!("http://127.0.0.1:{port}/"),
                    user,
                    password,
                    files,
                    runs_as,
                    server,
                    _place: place,
                };
            }
            // Another process took the port in between.
            server.wait().ok();
        }
        let log = std::fs::read_to_string(home.join("apache.log")).unwrap_or_default();
        panic!("apache does not start: {log}");
    }

    /// The folder `share` of this server, which a claim makes.
    pub fn connect(&self, connection: ConnectionId) -> WebDav {
        let url = format!("{}share/", self.url);
        WebDav::new(&url, &self.user, self.password.clone().into(), connection)
            .expect("a sound address")
    }

    /// The requests so far, each as `METHOD /path`.
    pub fn requests(&self) -> Vec<String> {
        let log = self.files.with_file_name("requests.log");
        let log = std::fs::read_to_string(log).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    /// Stops it; what it served stays on the disk.
    pub fn stop(&mut self) {
        let group = i32::try_from(self.server.id()).expect("a process id");
        let group = nix::unistd::Pid::from_raw(group);
        nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL).ok();
        self.server.wait().ok();
    }
}

impl std::ops::Drop for Apache {
    fn drop(&mut self) {
        self.stop();
    }
}

fn spawn(home: &Path, runs_as: Option<u32>) -> Child {
    use std::os::unix::process::CommandExt as _;
    // The kernel stops the server with the test's own thread, should the test be killed.
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "TERM"]);
    if let Some(user) = runs_as {
        let user = user.to_string();
        command.args(["--reuid", &user, "--regid", &user, "--clear-groups"]);
    }
    command
        .args(["/usr/sbin/apache2", "-DFOREGROUND", "-f"])
        .arg(home.join("httpd.conf"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("setpriv and apache2 are installed by tests/bed/setup.sh")
}

fn answers(port: u16, server: &mut Child) -> bool {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        if server.try_wait().is_ok_and(|ended| ended.is_some()) {
            return false;
        }
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return true;
        }
        std::thread::yield_now();
    }
    false
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

fn config(home: &Path, files: &Path, port: u16) -> String {
    let (home, files) = (home.display(), files.display());
    let modules: String = MODULES
        .iter()
        .map(|name| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"))
        .collect();
    format!(
        r#"
ServerName 127.0.0.1
ServerRoot "{home}"
Listen 127.0.0.1:{port}
PidFile "{home}/httpd.pid"
DefaultRuntimeDir "{home}"
Mutex file:{home} default
ErrorLog "{home}/apache.log"
LogLevel warn
CustomLog "{home}/requests.log" "%m %U"
{modules}
DocumentRoot "{files}"
DavLockDB "{home}/locks"
FileETag MTime Size
<Directory "/">
  Require all denied
</Directory>
<Directory "{files}">
  Dav On
  Options None
  AllowOverride None
  AuthType Basic
  AuthName "bed"
  AuthUserFile "{home}/users"
  Require valid-user
</Directory>
"#
    )
}
