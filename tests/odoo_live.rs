//! The client of Odoo against a real one with the addon, by both wires.
//!
//! tests/e2e/test_transport_live.py starts the Odoo and says by ATTACHE_TEST_ODOO_… where it is.

#[path = "odoo_live/calls.rs"]
mod calls;
#[path = "odoo_live/connection.rs"]
mod connection;
#[path = "odoo_live/live.rs"]
mod live;
#[path = "odoo_live/steps.rs"]
mod steps;
#[path = "odoo_live/writes.rs"]
mod writes;
