//! `shopstack emails`: emails, and webhooks to the merchant, that could not be sent.

use super::orders::OrderAdmin;
use super::{CommandError, StorageArgs};
use clap::Subcommand;
use comfy_table::{ContentArrangement, Table};
use std::process::ExitCode;

/// The maximum number of emails in the list.
const MAX_ROWS: usize = 500;

#[derive(Debug, Subcommand)]
pub(super) enum EmailsCommand {
    /// List emails and webhooks that could not be sent, with the reasons
    Failed {
        #[command(flatten)]
        storage: StorageArgs,
    },
    /// Send a failed email or webhook again, by the running shop
    Retry {
        #[command(flatten)]
        storage: StorageArgs,
        /// The id of the email or webhook, as `failed` lists it
        id: String,
    },
}

pub(super) async fn run(command: &EmailsCommand) -> Result<ExitCode, CommandError> {
    match command {
        EmailsCommand::Failed { storage } => {
            let failed = OrderAdmin::open(storage).await?.orders.failed_messages(MAX_ROWS).await?;
            if failed.is_empty() {
                println!("No emails or webhooks have failed.");
                return Ok(ExitCode::SUCCESS);
            }
            let mut table = Table::new();
            table.set_content_arrangement(ContentArrangement::Dynamic).set_header(["Id", "To", "Subject", "Reason"]);
            for one in &failed {
                table.add_row([&one.message.id, &one.message.to, &one.message.subject, &one.reason]);
            }
            println!("{table}");
            if failed.len() == MAX_ROWS {
                println!("There may be more: only {MAX_ROWS} messages are listed at a time.");
            }
        }
        EmailsCommand::Retry { storage, id } => {
            let admin = OrderAdmin::open(storage).await?;
            if !admin.orders.retry_message(id, admin.system.now()).await? {
                return Err(CommandError::UnknownEmail(id.clone()));
            }
            println!("The message will be sent again.");
        }
    }
    Ok(ExitCode::SUCCESS)
}
