//! What every route shares.

use super::attempts::Attempts;
use super::page::Pages;
use super::registry::{Clouds, Nudge, Registry};
use super::signature::mac;
use hmac::Mac as _;
use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use std::fmt;
use std::sync::Arc;
use url::Url;

/// Shortest admin token: guessing is limited, not impossible.
const SHORTEST_TOKEN: usize = 16;

/// The token from the settings that opens the admin page and the read API.
#[derive(Clone)]
pub struct AdminToken(SecretString);

impl AdminToken {
    /// Refuses one that could be guessed; the message says what to do.
    pub fn new(token: SecretString) -> Result<Self, String> {
        if token.expose_secret().len() < SHORTEST_TOKEN {
            return Err(format!(
                "the admin token is shorter than {SHORTEST_TOKEN} signs; make one with `openssl rand -hex 32`"
            ));
        }
        Ok(AdminToken(token))
    }

    /// Whether this is the token. Takes the same time whatever is given.
    pub fn is(&self, given: &str) -> bool {
        const WHAT: &[u8] = b"attache admin token";
        let ours = mac(self.0.expose_secret().as_bytes(), WHAT).finalize();
        mac(given.as_bytes(), WHAT)
            .verify(&ours.into_bytes())
            .is_ok()
    }
}

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(…)")
    }
}

/// How this side is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `None`: the admin page opens by tickets from Odoo only, and the read API stays shut.
    pub admin_token: Option<AdminToken>,
    /// Signs sessions: 32 random bytes, the same on every sidecar.
    pub session_key: SecretSlice<u8>,
    /// Where browsers reach this side; its path is put before every link, and `https` makes
    /// cookies secure.
    pub public_url: Url,
}

impl Settings {
    /// The path of the public address, without a slash at the end: empty for most.
    pub fn base(&self) -> &str {
        self.public_url.path().trim_end_matches('/')
    }
}

/// Everything the routes share; cheap to clone.
#[derive(Clone)]
pub struct State(Arc<Parts>);

/// The parts of [`State`].
pub struct Parts {
    pub registry: Arc<dyn Registry>,
    pub clouds: Arc<dyn Clouds>,
    pub nudge: Arc<dyn Nudge>,
    pub settings: Settings,
    /// Renders what the program has measured; `None` where no recorder is installed.
    pub metrics: Option<PrometheusHandle>,
    pub(super) pages: Pages,
    pub(super) attempts: Attempts,
}

impl State {
    /// Puts the parts together; nothing is asked of them yet.
    pub fn new(
        registry: Arc<dyn Registry>,
        clouds: Arc<dyn Clouds>,
        nudge: Arc<dyn Nudge>,
        settings: Settings,
        metrics: Option<PrometheusHandle>,
    ) -> Self {
        State(Arc::new(Parts {
            registry,
            clouds,
            nudge,
            settings,
            metrics,
            pages: Pages::new(),
            attempts: Attempts::new(),
        }))
    }
}

impl std::ops::Deref for State {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Now, in seconds since 1970 UTC.
pub(super) fn now() -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_opens() {
        assert!(AdminToken::new(SecretString::from("short")).is_err());
        let token = AdminToken::new(SecretString::from("a-long-admin-token")).expect("long enough");
        assert!(token.is("a-long-admin-token"));
        for wrong in [
            "",
            "a-long-admin-toke",
            "a-long-admin-token ",
            "A-long-admin-token",
        ] {
            assert!(!token.is(wrong), "{wrong:?}");
        }
        assert!(!format!("{token:?}").contains("long"));
    }
}
