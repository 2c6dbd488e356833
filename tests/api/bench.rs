//! A running HTTP side with a registry and a cloud that the test holds in its hand.

use super::cloud::TestCloud;
use super::registry::{CONNECTION, TestRegistry};
use attache::http::{self, AdminToken, Clouds, Nudge, Settings, State, Target};
use attache::providers::Provider;
use attache::tree::ConnectionId;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use metrics_exporter_prometheus::PrometheusBuilder;
use reqwest::header::{COOKIE, HeaderMap, SET_COOKIE};
use reqwest::{RequestBuilder, Response};
use secrecy::{SecretSlice, SecretString};
use serde_json::{Value, json};
use sha2::Sha256;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// The secret and uuid of the paired Odoo database.
pub const SECRET: &[u8] = b"5ec4e75ec4e75ec4e75ec4e75ec4e75e5ec4e75ec4e75ec4e75ec4e75ec4e75e";
pub const DATABASE: &str = "3f0c6f0e-0000-4000-8000-00000000000a";
pub const ADMIN_TOKEN: &str = "the-admin-token-of-the-tests";
/// The attachment that the registry knows.
pub const ATTACHMENT: i64 = 345;

/// Remembers who was nudged.
#[derive(Default)]
pub struct Nudges(pub Mutex<Vec<Target>>);

impl Nudge for Nudges {
    fn nudge(&self, target: Target) {
        self.0.lock().unwrap().push(target);
    }
}

struct OneCloud(Arc<TestCloud>);

impl Clouds for OneCloud {
    fn provider(&self, connection: ConnectionId) -> Option<Arc<dyn Provider>> {
        (connection == CONNECTION).then(|| self.0.clone() as Arc<dyn Provider>)
    }
}

pub struct Bench {
    pub url: String,
    pub registry: Arc<TestRegistry>,
    pub cloud: Arc<TestCloud>,
    pub nudges: Arc<Nudges>,
    client: reqwest::Client,
    _stop: oneshot::Sender<()>,
}

impl Bench {
    /// A side with an admin token and a file of these bytes.
    pub async fn start(bytes: &[u8]) -> Self {
        Self::set_up(bytes, "http://sidecar.test", true).await
    }

    pub async fn set_up(bytes: &[u8], public_url: &str, with_token: bool) -> Self {
        let cloud = Arc::new(TestCloud::new(bytes));
        let registry = Arc::new(TestRegistry::new(cloud.stored()));
        let nudges = Arc::new(Nudges::default());
        let settings = Settings {
            admin_token: with_token
                .then(|| AdminToken::new(SecretString::from(ADMIN_TOKEN)).unwrap()),
            session_key: SecretSlice::from(vec![7; 32]),
            public_url: public_url.parse().unwrap(),
        };
        let recorder = PrometheusBuilder::new().build_recorder();
        metrics::with_local_recorder(&recorder, || metrics::counter!("measured").increment(3));
        let state = State::new(
            registry.clone(),
            Arc::new(OneCloud(cloud.clone())),
            nudges.clone(),
            settings,
            Some(recorder.handle()),
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(http::serve(listener, state, async {
            let _ = stopped.await;
        }));
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(Duration::from_secs(60))
            .build()
            .unwrap();
        Bench {
            url,
            registry,
            cloud,
            nudges,
            client,
            _stop: stop,
        }
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.url))
    }

    pub fn head(&self, path: &str) -> RequestBuilder {
        self.client.head(format!("{}{path}", self.url))
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url))
    }

    pub fn form(&self, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
    }

    /// A request for the file, with a good token.
    pub fn file(&self) -> RequestBuilder {
        self.get(&format!("/files/{}", self.token()))
    }

    /// A good token for the file.
    pub fn token(&self) -> String {
        sign(SECRET, &self.claim())
    }

    /// What a good token says.
    pub fn claim(&self) -> Value {
        json!({"v": 1, "db": DATABASE, "kind": "file", "id": ATTACHMENT, "sha1": self.cloud.sha1(),
            "name": "report.pdf", "type": "application/pdf", "inline": false, "user": 2,
            "exp": now() + 120})
    }

    /// The cookie of a session that came in by the admin token.
    pub async fn come_in(&self) -> String {
        let request = self.form("/admin/enter", &[("token", ADMIN_TOKEN)]);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 303);
        cookie(&response)
    }

    /// A page, as somebody with this cookie sees it.
    pub async fn page(&self, cookie: &str, path: &str) -> (u16, String) {
        let response = self.get(path).header(COOKIE, cookie).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

/// A good admin ticket.
pub fn ticket() -> String {
    let claim =
        json!({"v": 1, "db": DATABASE, "kind": "admin", "id": 0, "user": 7, "exp": now() + 60});
    sign(SECRET, &claim)
}

/// As the protocol says, by a hand of the tests' own.
pub fn sign(secret: &[u8], claim: &Value) -> String {
    let payload = URL_SAFE_NO_PAD.encode(claim.to_string());
    let mac = mac(secret, payload.as_bytes());
    format!("{payload}.{}", URL_SAFE_NO_PAD.encode(mac))
}

pub fn mac(secret: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.update(bytes);
    mac.finalize().into_bytes().to_vec()
}

pub fn now() -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp()
}

/// `name=value` of the cookie that a response sets.
pub fn cookie(response: &Response) -> String {
    let set = response.headers()[SET_COOKIE].to_str().unwrap();
    set.split(';').next().unwrap().to_owned()
}

/// A header as text; empty when it is not there.
pub fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

/// The value of the first field of this name in a page's forms.
pub fn field(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let at = page
        .find(&start)
        .unwrap_or_else(|| panic!("no field {name} in\n{page}"));
    let rest = &page[at + start.len()..];
    rest.split('"').next().unwrap().to_owned()
}
