//! The client of Odoo against scripted servers over real TCP. Real Odoo: tests/odoo_live.rs.

mod addon;
mod choice;
mod connection;
mod faults;
mod files;
mod pairing;
mod plain;
mod scripted;
mod writes;

use attache::odoo::service::Service;
use attache::odoo::spool::Disk;
use attache::odoo::transport::{Call, Endpoint, Limits, Transport, Wire, open};
use scripted::Scripted;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// The endpoint of a scripted server.
fn endpoint(server: &Scripted, wire: Wire) -> Endpoint {
    Endpoint {
        url: server.url.parse().expect("an address"),
        database: "demo".to_owned(),
        login: "service".to_owned(),
        key: "the-key".into(),
        wire,
        limits: Limits {
            connect: Duration::from_secs(5),
            call: Duration::from_secs(10),
            parallel: 4,
        },
        spool: Disk::default(),
    }
}

fn transport(server: &Scripted, wire: Wire) -> Arc<dyn Transport> {
    open(endpoint(server, wire)).expect("a transport").1
}

fn service(server: &Scripted) -> Arc<Service> {
    Arc::new(Service::new(endpoint(server, Wire::Json2)).expect("a service"))
}

/// `res.partner.search_count` without a domain.
fn counting(repeatable: bool) -> Call<'static> {
    let args: Value = json!({ "domain": [] });
    Call {
        model: "res.partner",
        method: "search_count",
        args,
        repeatable,
    }
}
