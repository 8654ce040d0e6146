//! The entry point of the program.

use clap::Parser;
use futures::FutureExt;
use shopstack::commands::{CommandLine, ServiceCommandLine};
use std::process::ExitCode;

/// The exit code of a program that SIGPIPE ends, in shells.
const BROKEN_PIPE: i32 = 141;

/// Ends the program quietly when nobody reads its output any more, as in `shopstack openapi | head`: `println!` panics then.
fn end_on_broken_pipe() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let message = panic.payload().downcast_ref::<String>().map_or("", String::as_str);
        if message.starts_with("failed printing to stdout") && message.contains("Broken pipe") {
            std::process::exit(BROKEN_PIPE);
        }
        report(panic);
    }));
}

#[tokio::main]
async fn main() -> ExitCode {
    end_on_broken_pipe();
    // Boxed, since the state machine of one async function would embed the code of both.
    // `cfg!` rather than `#[cfg]`: both branches are type-checked in every build, and the unused one is not linked.
    let run = if cfg!(feature = "shop") {
        CommandLine::parse().run().boxed_local()
    } else {
        ServiceCommandLine::parse().run().boxed_local()
    };
    run.await
}
