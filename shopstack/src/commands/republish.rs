//! The command `shopstack republish`, for a shop whose stores were restored from a backup.

use super::{CommandError, StorageArgs, count};
use chassis::SystemContext;
use chassis::config::Environment;
use clap::Args;
use jiff::Timestamp;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct RepublishArgs {
    #[command(flatten)]
    storage: StorageArgs,
    /// The time of the oldest event, such as 2026-11-29T14:00:00Z: take one before the oldest copy of any store
    #[arg(long, value_name = "TIME")]
    since: Timestamp,
}

pub(super) async fn run(args: &RepublishArgs) -> Result<ExitCode, CommandError> {
    let system = SystemContext::host();
    let target = args.storage.target(&mut Environment::from_process())?;
    // The audit opens the outboxes of all services; the gateway plays no part here.
    let stores = target.audit(None, &system).await?;
    for (service, outbox) in &stores.outboxes {
        let marked = outbox.republish(args.since).await?;
        println!("{service}: {} will be published again", count(marked, "event"));
    }
    Ok(ExitCode::SUCCESS)
}
