//! `shopstack secrets` and `shopstack assets`: the files that a service deployment is set up with.

use super::{CommandError, count};
use crate::secrets::SecretFolder;
use chassis::SystemContext;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct SecretsArgs {
    /// The directory to write
    folder: PathBuf,
    /// Keep the keys of the shop in this data directory, so that sessions and links in emails stay valid after a migration
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// Also copy the secrets of each service to a directory of its own in this one
    #[arg(long, value_name = "DIR")]
    per_service: Option<PathBuf>,
    /// Print Kubernetes secrets for the Helm charts, with passwords for the users of all backends, for `kubectl apply -f -`
    #[arg(long)]
    kubernetes: bool,
    /// With --kubernetes: the hosts of MongoDB
    #[arg(long, value_name = "HOSTS", default_value = MONGODB_HOSTS)]
    mongodb: String,
}

/// The replicas of the chart mongodb.
const MONGODB_HOSTS: &str = "mongodb-0.mongodb:27017,mongodb-1.mongodb:27017,mongodb-2.mongodb:27017";

#[derive(Debug, Args)]
pub(super) struct AssetsArgs {
    /// The directory to write
    folder: PathBuf,
}

pub(super) fn create_secrets(args: &SecretsArgs) -> Result<ExitCode, CommandError> {
    let secrets = SecretFolder::at(&args.folder);
    // Before the missing ones are created: an existing key of another shop is refused, never replaced.
    if let Some(shop) = &args.from {
        secrets.adopt(shop)?;
    }
    let system = SystemContext::host();
    secrets.create_missing(&system)?;
    if let Some(target) = &args.per_service {
        secrets.copy_per_service(target)?;
    }
    if args.kubernetes {
        println!("{}", secrets.kubernetes(&args.mongodb, &system)?);
        return Ok(ExitCode::SUCCESS);
    }
    println!("The secrets are in {}. Give each service only the files it needs.", args.folder.display());
    Ok(ExitCode::SUCCESS)
}

pub(super) fn write_assets(args: &AssetsArgs) -> Result<ExitCode, CommandError> {
    let failed = CommandError::file(&args.folder);
    std::fs::create_dir_all(&args.folder).map_err(&failed)?;
    let written = web::write_assets(&args.folder).map_err(&failed)?;
    if written == 0 {
        println!("No files were written: this program was built without the storefront.");
    } else {
        println!("{} written to {}.", count(written as u64, "file"), args.folder.display());
    }
    Ok(ExitCode::SUCCESS)
}
