//! The program.

use std::process::ExitCode;

fn main() -> ExitCode {
    attache::cli::run()
}
