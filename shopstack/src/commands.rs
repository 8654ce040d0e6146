//! The commands of the executable.

mod admin;
mod audit;
mod dead_letters;
mod doctor;
mod emails;
mod error;
mod files;
mod healthcheck;
mod idle;
mod images;
mod import_export;
mod migrate;
mod openapi;
mod orders;
mod payments;
mod probe;
mod republish;
mod sandbox;
mod serve;
mod serving;
mod shipments;
mod up;

pub use error::CommandError;

use crate::stores::StorageTarget;
use chassis::config::{ConfigError, Environment};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// An e-commerce backend in one program: catalogue, checkout, payment, shipping and orders
#[derive(Debug, Parser)]
#[command(name = "shopstack", version, about, long_about = None)]
pub struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

/// The command line of a program that was built for one service.
#[derive(Debug, Parser)]
#[command(name = "shopstack", version, about = "One service of a ShopStack shop", long_about = None)]
pub struct ServiceCommandLine {
    #[command(subcommand)]
    command: ServiceCommand,
}

#[derive(Debug, Subcommand)]
enum ServiceCommand {
    /// Run the service on the backends that the environment names
    Serve(serve::ServeArgs),
    /// Update the schema of the service in its backend; the service also does so when it starts
    Migrate(migrate::MigrateArgs),
    /// Check the health of the running service; exits with 1 if it is unhealthy (for containers)
    Healthcheck(healthcheck::HealthcheckArgs),
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the whole shop in this process: eight services, the storefront and embedded stores
    Up(up::UpArgs),
    /// Run one or several services on the MongoDB, Redis, MySQL and RabbitMQ that the environment names
    Serve(serve::ServeArgs),
    /// Create the secrets of a shop that runs in several processes; existing files are kept
    Secrets(files::SecretsArgs),
    /// Write the storefront's files, plain and compressed, for nginx to serve
    Assets(files::AssetsArgs),
    /// Fill an empty shop on the backends that the environment names with demo data
    Demo(serve::DemoArgs),
    /// Import products from a Shopify CSV or NDJSON file; a running shop shows them within a second
    Import(import_export::ImportArgs),
    /// Export all products as Shopify CSV or NDJSON
    Export(import_export::ExportArgs),
    /// List what is to be packed and shipped, and record what was
    #[command(subcommand)]
    Shipments(shipments::ShipmentsCommand),
    /// List images of products that could not be fetched, or fetch them again
    #[command(subcommand)]
    Images(images::ImagesCommand),
    /// Check that stock, payments, orders and ledger agree; exits with 1 if an invariant is broken
    Audit(audit::AuditArgs),
    /// Check configuration, secrets and backends, and say how to correct them; exits with 1 on errors
    Doctor(doctor::DoctorArgs),
    /// Update the database schemas in the backends that the environment names; services also do so when they start
    Migrate(migrate::MigrateArgs),
    /// Copy the shop in a data directory to the backends that the environment names; the shop must be stopped
    MigrateData(migrate::MigrateDataArgs),
    /// Manage accounts and their roles
    #[command(subcommand)]
    Admin(admin::AdminCommand),
    /// Manage orders that need attention
    #[command(subcommand)]
    Orders(orders::OrdersCommand),
    /// Manage payments: awaited bank transfers, and operations that need attention
    #[command(subcommand)]
    Payments(payments::PaymentsCommand),
    /// List emails that could not be sent, or send them again
    #[command(subcommand)]
    Emails(emails::EmailsCommand),
    /// Manage failed events
    #[command(subcommand)]
    DeadLetters(dead_letters::DeadLettersCommand),
    /// Publish events again, after stores were restored from backups of different times; nothing happens twice
    Republish(republish::RepublishArgs),
    /// Buy something as a customer does, to watch a shop: once, or again and again with metrics; exits with 1 if it fails
    Probe(probe::ProbeArgs),
    /// Run a payment gateway for development that moves no money and speaks Worldpay's protocol
    Sandbox(sandbox::SandboxArgs),
    /// Print the OpenAPI 3.1 document of the public API
    Openapi,
    /// Print all environment variables, in the format of .env.example
    Variables,
    /// Print the telemetry that a shop sends: spans, metrics and log fields
    Telemetry,
    /// Check the health of a running shop; exits with 1 if it is unhealthy (for containers)
    Healthcheck(healthcheck::HealthcheckArgs),
    /// Do nothing until it is stopped, for a container in which other commands are run
    Idle(idle::IdleArgs),
}

/// The option for the data directory.
#[derive(Debug, Args)]
struct DataDirArgs {
    /// The directory with the shop's data
    #[arg(long, value_name = "DIR", env = "SHOPSTACK_DATA_DIR", default_value = "shopstack-data")]
    data_dir: PathBuf,
}

/// The options that select a shop.
#[derive(Debug, Args)]
struct StorageArgs {
    #[command(flatten)]
    data: DataDirArgs,
    /// Use the shop on the backends that the environment names, instead of the one in the data directory
    #[arg(long)]
    backends: bool,
}

impl StorageArgs {
    /// Reads the selected shop. Returns `None` if some backend is not configured; `environment` then has the problems.
    fn read(&self, environment: &mut Environment) -> Option<StorageTarget> {
        if self.backends {
            StorageTarget::backends(&self.data.data_dir, environment)
        } else {
            Some(StorageTarget::data_dir(&self.data.data_dir))
        }
    }

    /// The selected shop, for commands that need no other settings.
    fn target(&self, environment: &mut Environment) -> Result<StorageTarget, ConfigError> {
        let target = self.read(environment);
        environment.check()?;
        require(target)
    }
}

/// Unwraps what was read from an environment whose problems, if any, were reported before.
fn require<T>(read: Option<T>) -> Result<T, ConfigError> {
    read.ok_or_else(|| ConfigError::new("The environment does not name all services and backends."))
}

impl CommandLine {
    /// Runs the command and returns its exit code.
    pub async fn run(self) -> ExitCode {
        let result = match self.command {
            Command::Up(args) => up::run(&args).await,
            Command::Serve(args) => serve::run(&args).await,
            Command::Secrets(args) => files::create_secrets(&args),
            Command::Assets(args) => files::write_assets(&args),
            Command::Demo(args) => serve::fill_with_demo_data(&args).await,
            Command::Import(args) => import_export::import(&args).await,
            Command::Export(args) => import_export::export(&args).await,
            Command::Images(command) => images::run(&command).await,
            Command::Shipments(command) => shipments::run(&command).await,
            Command::Audit(args) => audit::run(&args).await,
            Command::Doctor(args) => doctor::run(&args).await,
            Command::Migrate(args) => migrate::migrate_schemas(&args).await,
            Command::MigrateData(args) => migrate::migrate_data(&args).await,
            Command::Admin(command) => admin::run(&command).await,
            Command::Orders(command) => orders::run(&command).await,
            Command::Payments(command) => payments::run(&command).await,
            Command::Emails(command) => emails::run(&command).await,
            Command::DeadLetters(command) => dead_letters::run(&command).await,
            Command::Republish(args) => republish::run(&args).await,
            Command::Probe(args) => probe::run(&args).await,
            Command::Sandbox(args) => sandbox::run(&args).await,
            Command::Openapi => openapi::run().await,
            Command::Telemetry => {
                print!("{}", chassis::telemetry::schema::markdown());
                Ok(ExitCode::SUCCESS)
            }
            Command::Variables => {
                print!("{}", crate::env_example::render());
                Ok(ExitCode::SUCCESS)
            }
            Command::Healthcheck(args) => healthcheck::run(&args).await,
            Command::Idle(args) => idle::run(&args).await,
        };
        exit_code(result)
    }
}

impl ServiceCommandLine {
    /// Runs the command and returns its exit code.
    pub async fn run(self) -> ExitCode {
        exit_code(match self.command {
            ServiceCommand::Serve(args) => serve::run(&args).await,
            ServiceCommand::Migrate(args) => migrate::migrate_schemas(&args).await,
            ServiceCommand::Healthcheck(args) => healthcheck::run(&args).await,
        })
    }
}

/// Prints an error and returns 2 for it, which differs from 1, "the check failed".
fn exit_code(result: Result<ExitCode, CommandError>) -> ExitCode {
    result.unwrap_or_else(|error| {
        eprintln!("shopstack: {error}");
        ExitCode::from(2)
    })
}

/// A number with a noun in the right form: `1 product`, `3 products`.
fn count(number: impl Into<u64>, noun: &str) -> String {
    let number = number.into();
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{number} {stem}ies"),
        _ => format!("{number} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
        ServiceCommandLine::command().debug_assert();
    }

    #[test]
    fn nouns_follow_their_numbers() {
        assert_eq!(count(0_u64, "error"), "0 errors");
        assert_eq!(count(1_u64, "product"), "1 product");
        assert_eq!(count(2_u64, "entry"), "2 entries");
    }
}
