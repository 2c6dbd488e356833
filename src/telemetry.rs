//! Logs and metrics.
//!
//! Secrets are kept in types that never print themselves (`secrecy`), and sqlx and the HTTP
//! clients log below `info`; so what is logged holds no password, token or key.

use crate::config::{Config, LogFormat};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::io::{self, IsTerminal as _};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Begins to log to standard error. Once in a process; a second call is refused.
pub fn log(config: &Config) -> Result<(), String> {
    subscribe(config, io::stderr, |subscriber| {
        tracing::subscriber::set_global_default(subscriber).map_err(|error| error.to_string())
    })
}

/// Begins to measure; the handle renders the page `/metrics`. Once in a process. The handle's
/// `run_upkeep` must be called now and then: [`crate::app`] does.
pub fn measure() -> Result<PrometheusHandle, String> {
    PrometheusBuilder::new()
        .install_recorder()
        .map_err(|error| error.to_string())
}

type Subscriber = Box<dyn tracing::Subscriber + Send + Sync>;

fn subscribe<W, T>(
    config: &Config,
    writer: W,
    then: impl FnOnce(Subscriber) -> Result<T, String>,
) -> Result<T, String>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(&config.log_filter).map_err(|error| error.to_string())?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(writer);
    then(match config.log_format {
        LogFormat::Pretty => Box::new(lines.with_target(false).finish()),
        LogFormat::Json => Box::new(lines.json().flatten_event(true).finish()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no panic").extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn lines(variables: &[(&str, &str)]) -> String {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let config = Config::from(Path::new("/nonexistent"), variables).expect("no mistakes");
        let paper = Paper::default();
        let writer = paper.clone();
        subscribe(
            &config,
            move || writer.clone(),
            |subscriber| {
                tracing::subscriber::with_default(subscriber, || {
                    tracing::info!(connection = 7, ?config.admin_token, "told");
                    tracing::debug!("not told");
                });
                Ok(())
            },
        )
        .expect("it logs");
        let bytes = paper.0.lock().expect("no panic").clone();
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn lines_are_for_people_or_machines_and_hold_no_secret() {
        let secret = ("ATTACHE_ADMIN_TOKEN", "hunter2hunter2hunter2");
        let people = lines(&[secret]);
        assert!(
            people.contains("told") && people.contains("connection"),
            "{people}"
        );
        let machines = lines(&[secret, ("ATTACHE_LOG__FORMAT", "json")]);
        let line: serde_json::Value = serde_json::from_str(&machines).expect("one JSON object");
        assert_eq!(line["message"], "told");
        assert_eq!(line["connection"], 7);
        for text in [people, machines] {
            assert!(
                !text.contains("hunter2") && !text.contains("not told"),
                "{text}"
            );
        }
    }
}
