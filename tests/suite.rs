//! The one integration-test binary.

mod api;
mod conformance;
mod odoo;
mod store;
mod tidy;
