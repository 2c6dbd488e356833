//! `attache plan`: what would be done, and why.

use crate::app::App;
use crate::jobs::Work;
use crate::store::Ask;
use anyhow::bail;
use std::collections::BTreeSet;
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

/// Looks at both sides of every connection and prints its plan. Folders that rules want and Odoo
/// does not have yet are not in it: making them is no step of a plan.
pub async fn run(app: &mut App) -> anyhow::Result<ExitCode> {
    app.begin_work().await?;
    app.clouds.refresh().await?;
    let drainer = app.drainer();
    for connection in app.store.connections().await? {
        let holder = format!("plan {}", std::process::id());
        let time = app.pace().lease * 20;
        let Some(lease) = app.store.take_lease(connection.id, &holder, time).await? else {
            bail!(
                "{} is being worked on by a running sidecar; stop that first, or see the queue on its admin page",
                connection.name
            );
        };
        let work = Work {
            lease: lease.clone(),
            asks: BTreeSet::from([Ask::Cloud]),
            stop: CancellationToken::new(),
        };
        let plan = drainer.preview(&work).await;
        app.store.release_lease(&lease).await?;
        let plan = plan?;
        println!("{}: {} steps", connection.name, plan.steps.len());
        for step in &plan.steps {
            println!(
                "  {} in {}: {} ({})",
                step.action.verb(),
                step.action.to(),
                step.subject,
                step.reason
            );
        }
        if let Some(held) = plan.held.filter(|held| !held.approved) {
            println!("  held: {}", held.cause);
        }
    }
    Ok(ExitCode::SUCCESS)
}
