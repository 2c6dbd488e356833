//! Typed settings from `config/default.toml`, a file and the environment.
