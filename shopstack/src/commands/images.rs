//! `shopstack images`: images of products that could not be fetched from other servers.

use super::{CommandError, StorageArgs, count, import_export};
use chassis::SystemContext;
use clap::Subcommand;
use comfy_table::{ContentArrangement, Table};
use std::process::ExitCode;

/// The maximum number of images in the list.
const MAX_ROWS: usize = 500;

#[derive(Debug, Subcommand)]
pub(super) enum ImagesCommand {
    /// List images that could not be fetched, with the reasons
    Failed {
        #[command(flatten)]
        storage: StorageArgs,
    },
    /// Fetch failed images again, in the running shop
    Retry {
        #[command(flatten)]
        storage: StorageArgs,
    },
}

pub(super) async fn run(command: &ImagesCommand) -> Result<ExitCode, CommandError> {
    match command {
        ImagesCommand::Failed { storage } => {
            let failed =
                import_export::open(storage, None, false).await?.products.failed_images(None, MAX_ROWS).await?;
            if failed.is_empty() {
                println!("No images have failed.");
                return Ok(ExitCode::SUCCESS);
            }
            let mut table = Table::new();
            table.set_content_arrangement(ContentArrangement::Dynamic).set_header(["Product", "URL", "Reason"]);
            for image in &failed {
                table.add_row([&image.handle, &image.url, &image.reason]);
            }
            println!("{table}");
            if failed.len() == MAX_ROWS {
                println!("There may be more: only {MAX_ROWS} images are listed at a time.");
            }
        }
        ImagesCommand::Retry { storage } => {
            let catalogue = import_export::open(storage, None, false).await?;
            let retried = catalogue.products.retry_images(SystemContext::host().now()).await?;
            println!("{} will be fetched again.", count(retried, "image"));
        }
    }
    Ok(ExitCode::SUCCESS)
}
