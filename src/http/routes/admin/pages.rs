//! The pages: each asks the registry, and shows what it answers or that there is nothing.

use crate::http::error::ApiError;
use crate::http::page::page;
use crate::http::registry::{ConnectionRow, HeldRow, OperationRow, Which};
use crate::http::session::Session;
use crate::http::state::State;
use crate::tree::{self, ConnectionId};
use axum::extract::{self, Query};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Operations on one page.
const MOST: u32 = 200;

#[derive(Serialize)]
struct Card<'a> {
    #[serde(flatten)]
    row: &'a ConnectionRow,
    /// Entries that are as they should be, and those with the ones that still wait.
    settled: u64,
    all: u64,
    percent: u64,
}

impl<'a> Card<'a> {
    fn of(row: &'a ConnectionRow) -> Self {
        let settled = row.folders + row.files;
        let all = settled + row.open + row.stuck;
        Card {
            row,
            settled,
            all,
            // Rounded down: only what is wholly done shows as 100.
            percent: (settled * 100).checked_div(all).unwrap_or(0),
        }
    }
}

/// `/admin`: every connection with its state and progress.
pub(super) async fn connections(state: &State, session: &Session) -> Result<Response, ApiError> {
    let rows = state.registry.connections().await?;
    let cards: Vec<Card<'_>> = rows.iter().map(Card::of).collect();
    let content = json!({
        "rows": cards,
        "stuck": rows.iter().map(|row| row.stuck).sum::<u64>(),
        "held": rows.iter().filter(|row| row.state == "held").count(),
        "broken": rows.iter().filter(|row| row.state == "error").count(),
    });
    Ok(page(
        state,
        Some(session),
        "connections",
        "Connections",
        None,
        &content,
    ))
}

/// `/admin/queue`: open operations, counted.
pub(super) async fn queue(
    extract::State(state): extract::State<State>,
    session: Session,
) -> Result<Response, ApiError> {
    let rows = state.registry.queue().await?;
    let total = rows.iter().map(|row| row.count).sum::<u64>();
    let content = json!({"rows": rows, "total": total});
    Ok(page(
        &state,
        Some(&session),
        "queue",
        "Queue",
        None,
        &content,
    ))
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    which: Which,
    /// Empty for all: a form sends the empty choice too.
    #[serde(default)]
    connection: String,
}

/// `/admin/operations`: what was done, what waits, and why.
pub(super) async fn operations(
    extract::State(state): extract::State<State>,
    session: Session,
    Query(asked): Query<Asked>,
) -> Result<Response, ApiError> {
    let connection = match asked.connection.as_str() {
        "" => None,
        text => {
            let id = text
                .parse()
                .map_err(|_| ApiError::not_found("no such connection"))?;
            Some(ConnectionId(id))
        }
    };
    let rows = state
        .registry
        .operations(asked.which, connection, MOST)
        .await?;
    let connections = state.registry.connections().await?;
    let choices = connections
        .iter()
        .map(|row| json!({"id": row.id, "name": row.name, "chosen": Some(row.id) == connection}));
    let kinds = [
        (Which::Recent, "Touched last"),
        (Which::Open, "Open"),
        (Which::Errors, "With errors"),
    ];
    let kinds = kinds
        .map(|(which, name)| json!({"which": which, "name": name, "chosen": which == asked.which}));
    let content = json!({
        "choices": choices.collect::<Vec<_>>(),
        "kinds": kinds,
        "cut": rows.len() >= MOST as usize,
        "rows": rows,
    });
    Ok(page(
        &state,
        Some(&session),
        "operations",
        "Operations",
        None,
        &content,
    ))
}

#[derive(Deserialize)]
pub(super) struct After {
    done: Option<String>,
}

#[derive(Serialize)]
struct HeldCard<'a> {
    #[serde(flatten)]
    row: &'a HeldRow,
    /// Steps that wait and are not listed.
    more: u64,
}

/// `/admin/held`: what the guard holds, with its cause, to be approved or rejected.
pub(super) async fn held(
    extract::State(state): extract::State<State>,
    session: Session,
    Query(after): Query<After>,
) -> Result<Response, ApiError> {
    let notice = match after.done.as_deref() {
        Some("approve") => {
            Some("Approved. The steps are done with the next look at the connection.")
        }
        Some("reject") => Some("Rejected. The connection is paused until somebody resumes it."),
        _ => None,
    };
    let rows = state.registry.held().await?;
    let rows = rows.iter().map(|row| HeldCard {
        more: row.count.saturating_sub(row.steps.len() as u64),
        row,
    });
    let content = json!({"rows": rows.collect::<Vec<_>>()});
    Ok(page(
        &state,
        Some(&session),
        "held",
        "Held",
        notice,
        &content,
    ))
}

#[derive(Serialize)]
struct Stuck {
    connection: ConnectionId,
    connection_name: String,
    rows: Vec<OperationRow>,
}

/// `/admin/trouble`: connections that need a person, stuck operations, and those that failed and
/// are tried again by themselves.
pub(super) async fn trouble(
    extract::State(state): extract::State<State>,
    session: Session,
    Query(after): Query<After>,
) -> Result<Response, ApiError> {
    let notice = match after.done.as_deref() {
        Some("retry") => Some("Everything that was stuck or waiting is tried again now."),
        _ => None,
    };
    let mut connections = state.registry.connections().await?;
    connections.retain(|row| row.state != "active");
    let errors = state.registry.operations(Which::Errors, None, MOST).await?;
    let (stuck, failing): (Vec<_>, Vec<_>) = errors
        .into_iter()
        .partition(|row| row.state == tree::State::Stuck);
    let mut groups: Vec<Stuck> = Vec::new();
    for row in stuck {
        match groups
            .iter_mut()
            .find(|group| group.connection == row.connection)
        {
            Some(group) => group.rows.push(row),
            None => groups.push(Stuck {
                connection: row.connection,
                connection_name: row.connection_name.clone(),
                rows: vec![row],
            }),
        }
    }
    let quiet = connections.is_empty() && groups.is_empty() && failing.is_empty();
    let content = json!({
        "connections": connections, "stuck": groups, "failing": failing, "quiet": quiet,
    });
    Ok(page(
        &state,
        Some(&session),
        "trouble",
        "Trouble",
        notice,
        &content,
    ))
}
