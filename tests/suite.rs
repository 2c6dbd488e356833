//! The one integration-test binary.

mod odoo;
mod tidy;
