//! Who asks: bytes for Odoo, the admin page, nudges, health and metrics.
//!
//! Rights are decided by Odoo alone: a file is served to whoever holds a token that Odoo signed for
//! it. What this side needs of the rest of the program stands in [`registry`] as small traits.

pub mod attempts;
pub mod conditions;
pub mod disposition;
pub mod error;
pub mod page;
mod postgres;
pub mod registry;
pub mod router;
mod routes;
pub mod session;
mod signature;
pub mod state;
pub mod transfer;
pub mod view;
pub mod waker;

pub use error::ApiError;
pub use registry::{Clouds, Nudge, Registry, RegistryError, Target};
pub use router::router;
pub use state::{AdminToken, Settings, State};
pub use waker::Waker;

use std::net::SocketAddr;
use tokio::net::TcpListener;

/// Serves until `stop` is ready, then lets running answers end.
///
/// An error means that the listener itself broke; single connections never end the server.
pub async fn serve(
    listener: TcpListener,
    state: State,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let service = router(state).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(stop)
        .await
}
