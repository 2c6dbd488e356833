//! The one integration-test binary.

mod conformance;
mod odoo;
mod store;
mod tidy;
