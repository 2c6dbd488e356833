//! The one integration-test binary.

mod api;
mod behaviours;
mod conformance;
mod docker;
mod odoo;
mod simulation;
mod store;
mod tidy;
