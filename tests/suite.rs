//! The one integration-test binary.

mod behaviours;
mod odoo;
mod tidy;
