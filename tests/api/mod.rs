//! The HTTP side as its callers meet it: the real router on a port of its own, over real TCP.

mod bench;
mod cloud;
mod registry;

mod doors;
mod downloads;
mod forms;
mod machines;
mod pages;
mod postgres;
mod tokens;
