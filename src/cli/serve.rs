//! `attache serve`: the server.

use crate::app::{App, told_to_stop};
use std::process::ExitCode;
use std::sync::Arc;

/// Runs until SIGTERM or SIGINT.
pub async fn run(app: &mut App) -> anyhow::Result<ExitCode> {
    let stop = told_to_stop()?;
    let drain = Arc::new(app.drainer());
    app.serve(drain, stop).await?;
    Ok(ExitCode::SUCCESS)
}
