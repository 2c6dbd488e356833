//! The one integration-test binary.

mod api;
mod behaviours;
mod conformance;
mod docker;
mod names;
mod odoo;
mod rules;
mod simulation;
mod store;
mod tidy;
