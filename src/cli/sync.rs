//! `attache sync --once`: everything that there is to do, then an end.

use crate::app::App;
use crate::jobs::{self, Drain};
use crate::store::{Ask, Connection, ConnectionState};
use anyhow::bail;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Ends when nothing is left that can be done now.
#[derive(Args)]
pub struct Sync {
    /// To say that one means it: a server keeps in sync by `attache serve`.
    #[arg(long, required = true)]
    once: bool,
}

impl Sync {
    /// Fails when a connection is in trouble, held, or has steps that need a person.
    pub async fn run(self, app: &mut App) -> anyhow::Result<ExitCode> {
        let _ = self.once;
        app.begin_work().await?;
        app.clouds.refresh().await?;
        let drain: Arc<dyn Drain> = Arc::new(app.drainer());
        let stop = crate::app::told_to_stop()?;
        let mut well = true;
        for connection in app.store.connections().await? {
            well &= sync(app, &drain, &connection, &stop).await?;
        }
        Ok(if well {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

async fn sync(
    app: &App,
    drain: &Arc<dyn Drain>,
    connection: &Connection,
    stop: &CancellationToken,
) -> anyhow::Result<bool> {
    for what in [Ask::Odoo, Ask::Rescan] {
        app.store.ask(connection.id, what).await?;
    }
    let bar = bar(&connection.name);
    let work = jobs::once(&app.store, drain, connection.id, app.pace(), stop);
    tokio::pin!(work);
    let done = loop {
        tokio::select! {
            done = &mut work => break done?,
            () = tokio::time::sleep(Duration::from_millis(300)) => show(app, connection, &bar).await,
        }
    };
    show(app, connection, &bar).await;
    bar.finish_and_clear();
    if !done {
        bail!(
            "{} is being worked on by a running sidecar",
            connection.name
        );
    }
    let now = app.store.connection(connection.id).await?;
    let counts = app.store.counts(connection.id).await?;
    println!(
        "{}: {}{} folders={} files={} proved={} released={} open={} stuck={}",
        now.name,
        now.state.as_str(),
        now.reason
            .map(|reason| format!(" ({reason})"))
            .unwrap_or_default(),
        counts.folders,
        counts.files,
        counts.proved,
        counts.released,
        counts.open,
        counts.stuck,
    );
    Ok(now.state == ConnectionState::Active && counts.stuck == 0)
}

fn bar(name: &str) -> ProgressBar {
    if !std::io::stdout().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{prefix} [{elapsed}] {bar:30} {pos}/{len} {msg}");
    let bar = ProgressBar::new(0).with_prefix(name.to_owned());
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

async fn show(app: &App, connection: &Connection, bar: &ProgressBar) {
    // Only for the eye: what cannot be read now is shown the next time.
    if let Ok(counts) = app.store.counts(connection.id).await {
        let done = counts.folders + counts.files;
        bar.set_length(done + counts.open);
        bar.set_position(done);
        bar.set_message(format!("{} proved", counts.proved));
    }
}
