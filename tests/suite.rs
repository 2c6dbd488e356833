//! The one integration-test binary.

mod api;
mod behaviours;
mod conformance;
mod odoo;
mod simulation;
mod store;
mod tidy;
