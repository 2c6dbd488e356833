//! The one integration-test binary.

mod api;
mod simulation;
mod store;
mod tidy;
