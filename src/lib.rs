#![doc = include_str!("../ARCHITECTURE.md")]

pub mod app;
pub mod cli;
pub mod config;
pub mod engine;
pub mod http;
pub mod jobs;
pub mod odoo;
pub mod planner;
pub mod providers;
pub mod rules;
pub mod store;
pub mod telemetry;
pub mod tree;
