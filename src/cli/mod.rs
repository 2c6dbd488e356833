//! The commands, one file each.

mod connect;
mod doctor;
mod pair;
mod plan;
mod rules;
mod serve;
mod simulate;
mod sync;

use crate::app::App;
use crate::config::Config;
use crate::telemetry;
use anyhow::Context as _;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Keeps Odoo's attachments in rule-made folder trees in two-way sync with clouds.
#[derive(Parser)]
#[command(name = "attache", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve files, the admin page, nudges and metrics, until told to stop.
    Serve,
    /// Pair with an Odoo database; needs an administrator's password once.
    Pair(pair::Pair),
    /// Connect a cloud to a paired database.
    Connect(connect::Connect),
    /// Check settings, database, Odoo and clouds, and say what to do about what is wrong.
    Doctor,
    /// Bring every connection up to date, then end; for a server that is not serving.
    Sync(sync::Sync),
    /// Look at both sides and print what would be done and why; nothing is changed.
    Plan,
    /// Read the rules file for databases without the addon.
    Rules(rules::Rules),
    /// Play seeded histories of people and trouble against the engine, in memory.
    Simulate(simulate::Simulate),
}

/// Runs what the command line says. 0: done; 1: it failed, and why is on standard error; 2: the
/// command line is wrong.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(told) => {
            let code = if told.use_stderr() { 2 } else { 0 };
            // Nobody is left to tell when even this cannot be written.
            let _ = told.print();
            return ExitCode::from(code);
        }
    };
    match begin(cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("attache: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn begin(cli: Cli) -> anyhow::Result<ExitCode> {
    if let Command::Simulate(simulate) = cli.command {
        return Ok(simulate.run());
    }
    let config = Config::load()?;
    if let Command::Rules(rules) = cli.command {
        return rules.run(&config);
    }
    telemetry::log(&config).map_err(anyhow::Error::msg)?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("no threads can be started")?
        .block_on(with_app(cli, config))
}

async fn with_app(cli: Cli, config: Config) -> anyhow::Result<ExitCode> {
    let mut app = App::open(config).await?;
    let done = match cli.command {
        Command::Pair(pair) => pair.run(&app).await,
        Command::Connect(connect) => connect.run(&app).await,
        Command::Serve => serve::run(&mut app).await,
        Command::Doctor => doctor::run(&app).await,
        Command::Sync(sync) => sync.run(&mut app).await,
        Command::Plan => plan::run(&mut app).await,
        Command::Rules(rules) => rules.run(&app.config),
        Command::Simulate(simulate) => Ok(simulate.run()),
    };
    let closed = app.close().await;
    let code = done?;
    closed?;
    Ok(code)
}
