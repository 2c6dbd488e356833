//! The one integration-test binary.

mod odoo;
mod store;
mod tidy;
