//! Serving: the HTTP side, the jobs, and the chores between them, until somebody says stop.

use super::listen::{Hearing, listen};
use super::watch::watch;
use super::{App, Clouds};
use crate::http::{self, AdminToken, Settings, State, Waker};
use crate::jobs::{self, Drain, Jobs};
use crate::providers::Provider;
use crate::store::Ask;
use crate::telemetry;
use crate::tree::ConnectionId;
use anyhow::Context as _;
use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Between two looks at connections that were made or changed by another process.
const REFRESH: Duration = Duration::from_secs(2);

/// How long running answers may take to end after the stop.
const GRACE: Duration = Duration::from_secs(10);

impl http::Clouds for Clouds {
    fn provider(&self, connection: ConnectionId) -> Option<Arc<dyn Provider>> {
        Clouds::provider(self, connection)
    }
}

impl App {
    /// Serves until `stop` is cancelled, then ends in order: no new requests, running ones get a
    /// grace, drains finish the step at hand.
    pub async fn serve(
        &mut self,
        drain: Arc<dyn Drain>,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        let address = self.config.listen;
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen at {address}"))?;
        self.begin_work().await?;
        self.clouds.refresh().await?;
        for connection in self.store.connections().await? {
            self.schedule(connection.id).await?;
            // Nobody watched the store while nobody served.
            jobs::nudge(&self.store, connection.id, Ask::Cloud).await?;
        }
        let measured = telemetry::measure().map_err(anyhow::Error::msg)?;
        let state = self.state(measured.clone()).await?;
        let jobs = Jobs::start(&self.store, drain, self.pace()).await?;
        let watching = watch(self.store.clone(), Arc::clone(&self.clouds), stop.clone());
        let watching = tokio::spawn(watching);
        let hearing = Hearing {
            store: self.store.clone(),
            odoos: Arc::clone(&self.odoos),
            arrangements: Arc::clone(&self.arrangements),
            every: self.config.poll_odoo,
        };
        let listening = tokio::spawn(listen(hearing, stop.clone()));
        let chores = tokio::spawn(chores(Arc::clone(&self.clouds), measured, stop.clone()));
        tracing::info!(listen = %address, "serving");
        let served = serve_http(listener, state, &stop).await;
        // When the listener broke, the rest must stop as well.
        stop.cancel();
        jobs.stop().await;
        watching.await?;
        listening.await?;
        chores.await?;
        served
    }

    async fn state(&self, measured: PrometheusHandle) -> anyhow::Result<State> {
        let settings = Settings {
            admin_token: self
                .config
                .admin_token
                .clone()
                .map(AdminToken::new)
                .transpose()
                .map_err(anyhow::Error::msg)?,
            session_key: self.session_key().await?,
            public_url: self.config.public_url.clone(),
        };
        let clouds: Arc<dyn http::Clouds> = Arc::clone(&self.clouds) as _;
        let waker = Arc::new(Waker::new(self.store.clone()));
        let registry = Arc::new(self.store.clone());
        Ok(State::new(
            registry,
            clouds,
            waker,
            settings,
            Some(measured),
        ))
    }

    /// Signs sessions: the same on every sidecar of a database, and after a restart.
    async fn session_key(&self) -> anyhow::Result<SecretSlice<u8>> {
        let fresh = || SecretString::from(format!("{}{}", Uuid::new_v4(), Uuid::new_v4()));
        let kept = self.store.secret_setting("session_key", fresh).await?;
        let key = Sha256::digest(kept.expose_secret().as_bytes());
        Ok(SecretSlice::from(key.to_vec()))
    }
}

async fn serve_http(
    listener: TcpListener,
    state: State,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let serving = http::serve(listener, state, stop.clone().cancelled_owned());
    let late = async {
        stop.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = serving => served.context("the HTTP side broke"),
        () = late => Ok(()),
    }
}

async fn chores(clouds: Arc<Clouds>, measured: PrometheusHandle, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(REFRESH) => {}
        }
        if let Err(error) = clouds.refresh().await {
            tracing::warn!(
                error = format!("{error:#}"),
                "the connections cannot be read"
            );
        }
        // Summarises what was measured; without it, memory grows with every sample.
        measured.run_upkeep();
    }
}

/// Cancelled by the first SIGTERM or SIGINT.
pub fn told_to_stop() -> anyhow::Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        told.cancel();
    });
    Ok(stop)
}
