//! `shopstack`, the program.

use clap::Parser;
use shopstack::commands::CommandLine;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    CommandLine::parse().run().await
}
