//! `shopstack`, the program.

use clap::Parser;
use shopstack::commands::CommandLine;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    CommandLine::parse().run().await
}
