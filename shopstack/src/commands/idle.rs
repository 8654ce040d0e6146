//! `shopstack idle`, for containers in which commands are run: the image has no shell that could wait.

use super::CommandError;
use super::serving::stop_requested;
use clap::Args;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Debug, Args)]
pub(super) struct IdleArgs {
    /// The time after which it ends by itself, in seconds, so that a forgotten container does not stay
    #[arg(long, value_name = "SECONDS", default_value_t = 43_200)]
    timeout: u64,
}

pub(super) async fn run(args: &IdleArgs) -> Result<ExitCode, CommandError> {
    // Both endings are expected.
    let _ = tokio::time::timeout(Duration::from_secs(args.timeout), stop_requested()).await;
    Ok(ExitCode::SUCCESS)
}
