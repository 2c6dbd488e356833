//! Typed settings from `config/default.toml`, a file and the environment.
//!
//! Later sources win: the compiled-in defaults, the file that `ATTACHE_CONFIG` names (else
//! `./attache.toml` where there is one), the variables `ATTACHE_…`.

mod reader;
#[cfg(test)]
mod tests;
mod variables;

use figment::providers::{Format as _, Toml};
use figment::{Figment, Provider as _};
use reader::Reader;
use secrecy::{ExposeSecret as _, SecretString};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::Url;
use variables::Variables;

/// Every setting with its default and what it is for.
pub const DEFAULTS: &str = include_str!("../../config/default.toml");

/// The file that is read where `ATTACHE_CONFIG` names none; it may be missing.
const USUAL_FILE: &str = "attache.toml";

/// Shortest admin token.
const SHORTEST_TOKEN: usize = 16;

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// For machines: one JSON object a line.
    Json,
}

/// All settings; `config/default.toml` says what each is for.
#[derive(Clone, Debug)]
pub struct Config {
    pub listen: SocketAddr,
    pub public_url: Url,
    pub sidecar_url: Url,
    pub data_dir: PathBuf,
    /// `None`: a private cluster in the data folder.
    pub database_url: Option<SecretString>,
    pub admin_token: Option<SecretString>,
    /// Rules for databases without the addon.
    pub rules_file: Option<PathBuf>,
    pub plain_poll: Duration,
    pub plain_scan: Duration,
    /// Bytes.
    pub plain_most: u64,
    pub plain_trash_days: u64,
    pub log_format: LogFormat,
    pub log_filter: String,
    pub release_grace: Duration,
    pub poll_odoo: Duration,
    pub poll_cloud: Duration,
    pub rescan: Duration,
    /// Hour of the day in UTC.
    pub rescan_at: u8,
    pub guard_count: usize,
    /// Of all entries of a connection.
    pub guard_percent: u8,
    pub parallel_connections: usize,
    pub parallel_transfers: usize,
    /// Bytes.
    pub spool_disk: u64,
    /// Bytes.
    pub spool_memory: u64,
}

/// Everything that is wrong with the settings, one fault a line.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the settings have mistakes:\n  {}", .0.join("\n  "))]
pub struct ConfigError(pub Vec<String>);

impl Config {
    /// Reads the settings of this process.
    pub fn load() -> Result<Config, ConfigError> {
        // Names and values that are no text are not ours.
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Config::from(Path::new("."), variables)
    }

    /// Reads the settings as a process in `folder` with these variables would.
    pub fn from(folder: &Path, variables: Vec<(String, String)>) -> Result<Config, ConfigError> {
        let named = variables.iter().find(|(name, _)| name == variables::FILE);
        let file = match named {
            Some((_, path)) => {
                let path = folder.join(path);
                if !path.is_file() {
                    let fault = format!("{}: there is no file {}", variables::FILE, path.display());
                    return Err(ConfigError(vec![fault]));
                }
                path
            }
            None => folder.join(USUAL_FILE),
        };
        let mut figment = Figment::from(Toml::string(DEFAULTS));
        if file.is_file() {
            let given = Toml::file_exact(&file);
            if let Err(error) = given.data() {
                let fault = format!("{}: {}", file.display(), error.to_string().trim());
                return Err(ConfigError(vec![fault]));
            }
            figment = figment.merge(given);
        }
        figment = figment.merge(Variables(variables));
        read(&figment)
    }
}

fn read(figment: &Figment) -> Result<Config, ConfigError> {
    let mut reader = Reader::new(figment);
    let config = fill(&mut reader);
    match (config, reader.finish()) {
        (Some(config), faults) if faults.is_empty() => Ok(config),
        (_, faults) => Err(ConfigError(faults)),
    }
}

/// Asks for every setting before it gives up on any, so that all faults are found.
fn fill(reader: &mut Reader<'_>) -> Option<Config> {
    let listen = reader.get("listen", |text: String| {
        text.parse::<SocketAddr>()
            .map_err(|_| format!("{text} is no address with a port, such as 127.0.0.1:8010"))
    });
    let public_url = reader.get("public_url", |text| address(text, listen));
    let sidecar_url = reader.get("sidecar_url", |text| address(text, listen));
    let data_dir = reader.get("data_dir", |path: PathBuf| {
        let given = !path.as_os_str().is_empty();
        given
            .then_some(path)
            .ok_or_else(|| "it names no folder".to_owned())
    });
    let database_url = reader.get("database_url", |text: SecretString| {
        let known = ["", "postgres://", "postgresql://"];
        let given = text.expose_secret();
        // The text is not shown: it may hold a password.
        if known[1..].iter().any(|start| given.starts_with(start)) || given.is_empty() {
            Ok((!given.is_empty()).then_some(text))
        } else {
            Err("it must begin with postgresql://".to_owned())
        }
    });
    let admin_token = reader.get("admin_token", |text: SecretString| {
        match text.expose_secret().chars().count() {
            0 => Ok(None),
            signs if signs < SHORTEST_TOKEN => Err(format!(
                "it has fewer than {SHORTEST_TOKEN} signs; make one with `openssl rand -hex 32`"
            )),
            _ => Ok(Some(text)),
        }
    });
    let rules_file = reader.get("rules_file", |path: PathBuf| {
        Ok((!path.as_os_str().is_empty()).then_some(path))
    });
    let log_format = reader.get("log.format", |word: String| match word.as_str() {
        "pretty" => Ok(LogFormat::Pretty),
        "json" => Ok(LogFormat::Json),
        _ => Err(format!("{word} is neither pretty nor json")),
    });
    let log_filter = reader.get("log.filter", |text: String| {
        tracing_subscriber::EnvFilter::try_new(&text)
            .map(|_| text)
            .map_err(|error| error.to_string())
    });
    let seconds = |least| move |number: u64| between(number, least, YEAR).map(Duration::from_secs);
    let release_grace = reader.get("release.grace_seconds", seconds(0));
    let poll_odoo = reader.get("poll.odoo_milliseconds", |number: u64| {
        between(number, 50, 60_000).map(Duration::from_millis)
    });
    let poll_cloud = reader.get("poll.cloud_seconds", seconds(1));
    let rescan = reader.get("poll.rescan_hours", |hours: u64| {
        between(hours, 1, 24 * 30).map(|hours| Duration::from_secs(hours * 3600))
    });
    let rescan_at = reader.get("poll.rescan_at_hour", |hour| between(hour, 0, 23));
    let guard_count = reader.get("guard.count", |count| between(count, 0, usize::MAX));
    let guard_percent = reader.get("guard.percent", |share| between(share, 0, 100));
    let many = |count: usize| between(count, 1, 64);
    let parallel_connections = reader.get("parallel.connections", many);
    let parallel_transfers = reader.get("parallel.transfers", many);
    let mebibytes = |count: u64| between(count, 1, 1 << 40).map(|count| count << 20);
    let spool_disk = reader.get("spool.disk_mib", mebibytes);
    let spool_memory = reader.get("spool.memory_mib", mebibytes);
    let plain_poll = reader.get("without_addon.poll_seconds", seconds(1));
    let plain_scan = reader.get("without_addon.scan_seconds", seconds(1));
    let plain_most = reader.get("without_addon.most_mib", |count: u64| {
        between(count, 1, 1 << 10).map(|count| count << 20)
    });
    let plain_trash_days = reader.get("without_addon.trash_days", |days| between(days, 1, 3650));
    Some(Config {
        listen: listen?,
        public_url: public_url?,
        sidecar_url: sidecar_url?,
        data_dir: data_dir?,
        database_url: database_url?,
        admin_token: admin_token?,
        rules_file: rules_file?,
        plain_poll: plain_poll?,
        plain_scan: plain_scan?,
        plain_most: plain_most?,
        plain_trash_days: plain_trash_days?,
        log_format: log_format?,
        log_filter: log_filter?,
        release_grace: release_grace?,
        poll_odoo: poll_odoo?,
        poll_cloud: poll_cloud?,
        rescan: rescan?,
        rescan_at: rescan_at?,
        guard_count: guard_count?,
        guard_percent: guard_percent?,
        parallel_connections: parallel_connections?,
        parallel_transfers: parallel_transfers?,
        spool_disk: spool_disk?,
        spool_memory: spool_memory?,
    })
}

const YEAR: u64 = 366 * 24 * 3600;

fn between<T: PartialOrd + std::fmt::Display>(number: T, least: T, most: T) -> Result<T, String> {
    if number < least || number > most {
        return Err(format!("{number} is not between {least} and {most}"));
    }
    Ok(number)
}

/// An address of this sidecar; the default is where it listens.
fn address(text: String, listen: Option<SocketAddr>) -> Result<Url, String> {
    let text = match listen {
        Some(listen) if text.is_empty() => format!("http://{}", reachable(listen)),
        // Where it listens is wrong, and told already.
        None if text.is_empty() => "http://localhost".to_owned(),
        _ => text,
    };
    match Url::parse(&text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url),
        _ => Err(format!(
            "{text} is no address such as https://files.example.com"
        )),
    }
}

/// An address that is listened at everywhere is reached at this machine itself.
fn reachable(listen: SocketAddr) -> SocketAddr {
    match listen {
        SocketAddr::V4(at) if at.ip().is_unspecified() => ([127, 0, 0, 1], at.port()).into(),
        SocketAddr::V6(at) if at.ip().is_unspecified() => {
            (std::net::Ipv6Addr::LOCALHOST, at.port()).into()
        }
        other => other,
    }
}
