//! The entry point of the program.

use clap::Parser;
use futures::FutureExt;
use shopstack::commands::{CommandLine, ServiceCommandLine};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    // Boxed, since the state machine of one async function would embed the code of both.
    // `cfg!` rather than `#[cfg]`: both branches are type-checked in every build, and the unused one is not linked.
    let run = if cfg!(feature = "shop") {
        CommandLine::parse().run().boxed_local()
    } else {
        ServiceCommandLine::parse().run().boxed_local()
    };
    run.await
}
