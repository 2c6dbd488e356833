//! `attache serve`: the server.

use crate::app::{App, told_to_stop};
use std::process::ExitCode;

/// Runs until SIGTERM or SIGINT.
pub async fn run(app: &mut App) -> anyhow::Result<ExitCode> {
    let stop = told_to_stop()?;
    app.serve(None, stop).await?;
    Ok(ExitCode::SUCCESS)
}
