//! What programs ask for: nudges, health, metrics, the read API.

use super::bench::{ADMIN_TOKEN, Bench, DATABASE, SECRET, mac, now, text};
use super::registry::CONNECTION;
use attache::http::Target;
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

async fn nudge(bench: &Bench, body: &str, signature: &str) -> u16 {
    let request = bench
        .post("/hooks/odoo")
        .header("x-attache-signature", signature);
    request
        .body(body.to_owned())
        .send()
        .await
        .unwrap()
        .status()
        .as_u16()
}

#[tokio::test]
async fn a_nudge_wakes_the_drain_of_its_database() {
    let bench = Bench::start(b"x").await;
    let body = json!({"db": DATABASE, "at": now()}).to_string();
    let signature = hex::encode(mac(SECRET, body.as_bytes()));
    assert_eq!(nudge(&bench, &body, &signature).await, 204);
    let nudges = bench.nudges.0.lock().unwrap().clone();
    assert_eq!(nudges, [Target::Database(DATABASE.into())]);
}

#[tokio::test]
async fn a_nudge_of_a_stranger_wakes_nobody() {
    let bench = Bench::start(b"x").await;
    let signed = |body: &Value| hex::encode(mac(SECRET, body.to_string().as_bytes()));
    let good = json!({"db": DATABASE, "at": now()});
    let table = [
        ("unsigned", good.clone(), String::new()),
        (
            "wrongly signed",
            good.clone(),
            hex::encode(mac(b"x", good.to_string().as_bytes())),
        ),
        ("no hex", good.clone(), "zz".into()),
        (
            "of another database",
            json!({"db": "x", "at": now()}),
            signed(&json!({"db": "x", "at": now()})),
        ),
        (
            "old",
            json!({"db": DATABASE, "at": now() - 301}),
            signed(&json!({"db": DATABASE, "at": now() - 301})),
        ),
        (
            "of the future",
            json!({"db": DATABASE, "at": now() + 400}),
            signed(&json!({"db": DATABASE, "at": now() + 400})),
        ),
        ("of no shape", json!([]), signed(&json!([]))),
        (
            "of the end of time",
            json!({"db": DATABASE, "at": i64::MIN}),
            signed(&json!({"db": DATABASE, "at": i64::MIN})),
        ),
    ];
    for (what, body, signature) in table {
        assert_eq!(
            nudge(&bench, &body.to_string(), &signature).await,
            403,
            "{what}"
        );
    }
    let large = " ".repeat(100_000);
    assert_eq!(nudge(&bench, &large, "00").await, 413);
    assert!(bench.nudges.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn health_tells_living_from_ready() {
    let bench = Bench::start(b"x").await;
    let ready = bench.get("/readyz").send().await.unwrap();
    assert_eq!(ready.status(), 200);
    let body: Value = ready.json().await.unwrap();
    assert_eq!(body["leases"], json!({"connections": 2, "leased": 1}));
    bench.registry.down.store(true, Ordering::SeqCst);
    let ready = bench.get("/readyz").send().await.unwrap();
    assert_eq!(ready.status(), 503);
    assert!(!ready.text().await.unwrap().contains("s3cr3t"));
    assert_eq!(bench.get("/healthz").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn metrics_are_for_this_machine_or_the_admin_token() {
    let bench = Bench::set_up(b"x", "http://localhost:8010", true).await;
    bench.registry.fill("a secret name");
    let near = bench.get("/metrics").send().await.unwrap();
    assert_eq!(near.status(), 200);
    let body = near.text().await.unwrap();
    for line in [
        "measured 3".to_owned(),
        format!("attache_files{{connection=\"{CONNECTION}\"}} 4321"),
        format!("attache_connection{{connection=\"{CONNECTION}\",state=\"held\"}} 1"),
        format!(
            "attache_operations{{connection=\"{CONNECTION}\",class=\"direct\",state=\"waiting\"}} 17"
        ),
    ] {
        assert!(body.lines().any(|told| told == line), "{line} in\n{body}");
    }
    assert!(!body.contains("secret name"));
    for (header, value) in [
        ("x-forwarded-for", "203.0.113.9"),
        ("forwarded", "for=203.0.113.9"),
        ("via", "1.1 proxy"),
        // A proxy that adds nothing passes on the name that it was asked by.
        ("host", "files.example.com"),
        ("host", "files.example.com:8010"),
        ("host", "localhost.example.com"),
    ] {
        let far = || bench.get("/metrics").header(header, value);
        assert_eq!(far().send().await.unwrap().status(), 401, "{header}");
        let shown = far().bearer_auth(ADMIN_TOKEN).send().await.unwrap();
        assert_eq!(shown.status(), 200, "{header}");
    }
    for host in ["localhost:8010", "[::1]:8010", "127.0.0.2"] {
        let near = bench.get("/metrics").header("host", host).send().await;
        assert_eq!(near.unwrap().status(), 200, "{host}");
    }
    // A proxy may also rewrite the name; that there is one, the public address says.
    let public = Bench::set_up(b"x", "https://files.example.com/cloud", true).await;
    let asked = public.get("/metrics").send().await.unwrap();
    assert_eq!(asked.status(), 401);
    let wrong = bench
        .get("/metrics")
        .bearer_auth("a wrong token")
        .send()
        .await
        .unwrap();
    assert_eq!(wrong.status(), 401);
}

#[tokio::test]
async fn requests_are_counted_by_route_and_never_by_address() {
    let recorder: &'static _ = Box::leak(Box::new(PrometheusBuilder::new().build_recorder()));
    // The side runs on this test's own thread.
    let _guard = metrics::set_default_local_recorder(recorder);
    let bench = Bench::start(b"x").await;
    bench.file().send().await.unwrap();
    for path in ["/admin/held", "/admin/x", "/api/v1/x/y", "/x"] {
        bench.get(path).send().await.unwrap();
    }
    let told = recorder.handle().render();
    for (route, status) in [
        ("/files/{token}", 200),
        ("/admin/held", 303),
        ("/admin/{*rest}", 404),
        ("/api/v1/{*rest}", 401),
        ("none", 404),
    ] {
        let line = format!("attache_requests{{route=\"{route}\",status=\"{status}\"}} 1");
        assert!(told.lines().any(|known| known == line), "{line} in\n{told}");
    }
}

#[tokio::test]
async fn the_read_api_gives_rows_to_the_admin_token_only() {
    let bench = Bench::start(b"x").await;
    bench.registry.fill("Invoices");
    for path in ["connections", "queue", "operations", "held", "nothing"] {
        let path = format!("/api/v1/{path}");
        let shut = bench.get(&path).send().await.unwrap();
        assert_eq!(shut.status(), 401, "{path}");
        assert_eq!(text(shut.headers(), "www-authenticate"), "Bearer");
    }
    let rows = |path: &str| {
        let request = bench
            .get(&format!("/api/v1/{path}"))
            .bearer_auth(ADMIN_TOKEN);
        async { request.send().await.unwrap().json::<Value>().await.unwrap() }
    };
    assert_eq!(rows("connections").await[0]["files"], 4321);
    assert_eq!(rows("queue").await[0]["class"], "direct");
    assert_eq!(rows("held").await[0]["cause"], "Invoices");
    let operations = rows("operations?which=errors&limit=1").await;
    assert_eq!(operations.as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&operations[0]["state"], &operations[0]["to"]),
        (&json!("stuck"), &json!("cloud"))
    );
    assert_eq!(rows("nothing").await["code"], "not_found");
}
