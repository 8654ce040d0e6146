//! `shopstack`, the program.

use clap::Parser;
use futures::FutureExt;
use shopstack::commands::{CommandLine, ServiceCommandLine};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    // In boxes: the state of one async function would keep the code of both.
    let run = if cfg!(feature = "shop") {
        CommandLine::parse().run().boxed_local()
    } else {
        ServiceCommandLine::parse().run().boxed_local()
    };
    run.await
}
