//! `attache doctor`: looks at everything once and says what is wrong.

use crate::app::{App, End};
use crate::store::{ConnectionState, Database};
use anyhow::{Context as _, bail};
use std::process::ExitCode;

/// Prints a line for each check; fails when one of them does.
pub async fn run(app: &App) -> anyhow::Result<ExitCode> {
    let mut well = true;
    let mut tell = |what: String, found: anyhow::Result<String>| match found {
        Ok(told) => println!("ok      {what}: {told}"),
        Err(error) => {
            well = false;
            println!("FAILED  {what}: {error:#}");
        }
    };
    tell(
        "database".into(),
        app.store
            .ping()
            .await
            .map(|()| "answers".into())
            .map_err(Into::into),
    );
    let databases = app.store.databases().await?;
    if databases.is_empty() {
        tell(
            "Odoo".into(),
            Err(anyhow::anyhow!("none is paired; run attache pair")),
        );
    }
    for database in &databases {
        tell(format!("Odoo {}", database.name), odoo(app, database).await);
    }
    app.clouds.refresh().await?;
    let connections = app.store.connections().await?;
    for connection in &connections {
        let found = async {
            let provider = app
                .clouds
                .provider(connection.id)
                .context("it cannot be used; connect it again")?;
            provider.root().await?;
            match (connection.state, &connection.reason) {
                (ConnectionState::Active, _) => {
                    Ok(format!("its root is there ({})", connection.root_label))
                }
                (state, reason) => bail!(
                    "it is {}: {}",
                    state.as_str(),
                    reason.as_deref().unwrap_or("no reason is known")
                ),
            }
        };
        tell(format!("connection {}", connection.name), found.await);
    }
    for chain in connections.iter().map(|one| Some(one.id)).chain([None]) {
        let what = chain.map_or_else(|| "log".to_owned(), |id| format!("log of {id}"));
        let found = app.store.verify_log(chain).await;
        tell(
            what,
            found
                .map(|rows| format!("{rows} rows, none changed"))
                .map_err(Into::into),
        );
    }
    Ok(if well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn odoo(app: &App, database: &Database) -> anyhow::Result<String> {
    let service = match app.odoos.end(&database.uuid).await? {
        End::Addon(service) => service,
        End::Plain(plain) => return Ok(plain.check().await?),
    };
    let hello = service.hello().await?;
    if hello.uuid != database.uuid {
        bail!("another database answers under this name; pair again");
    }
    if hello.epoch != database.epoch {
        bail!("it was restored or copied since it was paired; confirm it by pairing again");
    }
    Ok(format!("Odoo {}, addon {}", hello.odoo, hello.addon))
}
