//! Releases ShopStack: decides which services have changed, builds, scans and signs their images, and writes their versions
//! into the branch of an environment, which Argo CD follows.

mod affected;
mod cli;
mod environment;
mod git;
mod images;
mod login;
mod process;
mod promote;
mod publish;
mod report;
mod rollback;
mod slack;
mod values;
mod version;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match cli.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
