//! The one integration-test binary.

mod simulation;
mod tidy;
