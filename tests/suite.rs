//! The one integration-test binary.

mod behaviours;
mod tidy;
