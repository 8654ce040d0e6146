//! `shopstack emails`: emails that could not be sent.

use super::orders::OrderAdmin;
use super::{CommandError, StorageArgs};
use clap::Subcommand;
use comfy_table::{ContentArrangement, Table};
use std::process::ExitCode;

/// The maximum number of emails in the list.
const MAX_ROWS: usize = 500;

#[derive(Debug, Subcommand)]
pub(super) enum EmailsCommand {
    /// List emails that could not be sent, with the reasons
    Failed {
        #[command(flatten)]
        storage: StorageArgs,
    },
    /// Send a failed email again, by the running shop
    Retry {
        #[command(flatten)]
        storage: StorageArgs,
        /// The id of the email, as `failed` lists it
        id: String,
    },
}

pub(super) async fn run(command: &EmailsCommand) -> Result<ExitCode, CommandError> {
    match command {
        EmailsCommand::Failed { storage } => {
            let failed = OrderAdmin::open(storage).await?.orders.failed_mails(MAX_ROWS).await?;
            if failed.is_empty() {
                println!("No emails have failed.");
                return Ok(ExitCode::SUCCESS);
            }
            let mut table = Table::new();
            table.set_content_arrangement(ContentArrangement::Dynamic).set_header(["Id", "To", "Subject", "Reason"]);
            for one in &failed {
                table.add_row([&one.mail.id, &one.mail.to, &one.mail.subject, &one.reason]);
            }
            println!("{table}");
            if failed.len() == MAX_ROWS {
                println!("There may be more: only {MAX_ROWS} emails are listed at a time.");
            }
        }
        EmailsCommand::Retry { storage, id } => {
            let admin = OrderAdmin::open(storage).await?;
            if !admin.orders.retry_mail(id, admin.system.now()).await? {
                return Err(CommandError::UnknownEmail(id.clone()));
            }
            println!("The email will be sent again.");
        }
    }
    Ok(ExitCode::SUCCESS)
}
