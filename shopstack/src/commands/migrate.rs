//! `shopstack migrate` and `shopstack migrate-data`.

use super::{CommandError, count, require};
use crate::audit::{Circumstances, Report, read};
use crate::data_dir_lock::DataDirLock;
use crate::data_migration::{self, MigrationError, Progress, ProgressReporter};
use crate::sandbox_endpoint::LEDGER_FILE;
use crate::settings::{Options, Settings};
use crate::stores::{AuditStores, Backends, DataDir, StorageTarget, initial_shop, migration_sources};
use chassis::SystemContext;
use chassis::config::Environment;
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

const BAR: &str = "{spinner} {msg:40} {human_pos} records  {per_sec}  {elapsed_precise}";
/// The services with a schema that this program can update: all, unless it was built for a single service. Carts are in
/// Redis, which has no schema.
const MIGRATED_SERVICES: &[&str] = &[
    #[cfg(feature = "payment")]
    "payment",
    #[cfg(feature = "dispatch")]
    "dispatch",
    #[cfg(feature = "shipping")]
    "shipping",
    #[cfg(feature = "ratings")]
    "ratings",
    #[cfg(feature = "user")]
    "user",
    #[cfg(feature = "catalogue")]
    "catalogue",
];

#[derive(Debug, Args)]
pub(super) struct MigrateArgs {
    /// The services whose schemas to update; all schemas and queues if none is named
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(MIGRATED_SERVICES))]
    services: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct MigrateDataArgs {
    /// The data directory to copy; its data stays, its schemas are brought up to date
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The target: `env` stands for the backends that the environment names
    #[arg(long, value_enum, default_value_t = Destination::Env)]
    to: Destination,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Destination {
    /// The backends that the environment names
    Env,
}

/// Updates the schemas of the named services, or every schema, and declares the queues.
pub(super) async fn migrate_schemas(args: &MigrateArgs) -> Result<ExitCode, CommandError> {
    let mut environment = Environment::from_process();
    let backends = Backends::read(&mut environment);
    let options = Options { takes_payments: false, ..Options::default() };
    let settings = Settings::read(options, &mut environment)?;
    let (backends, system) = (require(backends)?, SystemContext::host());
    let named = |service: &&&str| args.services.is_empty() || args.services.iter().any(|name| name == **service);
    for service in MIGRATED_SERVICES.iter().filter(named) {
        backends.migrate(service, &initial_shop(&settings), &system).await?;
        println!("{service:<10} up to date");
    }
    if args.services.is_empty() {
        backends.declare_queues().await?;
        println!("{:<10} declared", "queues");
    }
    Ok(ExitCode::SUCCESS)
}

/// Copies the shop in a data directory to the backends.
pub(super) async fn migrate_data(args: &MigrateDataArgs) -> Result<ExitCode, CommandError> {
    let Destination::Env = args.to;
    let mut environment = Environment::from_process();
    let (backends, target) = (Backends::read(&mut environment), StorageTarget::backends(&args.from, &mut environment));
    environment.check()?;
    let (backends, target) = (require(backends)?, require(target)?);
    let (system, folder) = (SystemContext::host(), &args.from);
    let data_dir = DataDir::new(folder);
    data_dir.require_shop()?;
    // A running shop would go on writing to the files while they are copied.
    let _lock = DataDirLock::acquire(folder)?;
    let source = StorageTarget::data_dir(folder);
    // Violations are corrected before a migration, where their cause is; afterwards the copy can be held to the same report.
    let before = clean_report(&source.audit(None, &system).await?, &system).await?;
    println!("Before: {}, no violations.", report_counts(&before));

    let sources = migration_sources(&data_dir, &backends, &system).await?;
    // The connection settings identify the target, including its prefixes.
    let mut progress = Progress::open(folder, &format!("{backends:?}"))?;
    if progress.is_begun() {
        println!("Resuming a migration that was interrupted.");
    } else {
        // Checked only at the beginning: an interrupted migration has written to the target itself.
        data_migration::require_empty(&sources).await?;
    }
    let mut reporter = Terminal::new()?;
    data_migration::copy(&sources, &mut progress, &mut reporter).await?;
    let records = data_migration::compare(&sources, &mut reporter).await?;
    let events = data_migration::forward_events(&data_dir.broker().await?, &backends.broker()).await?;
    reporter.0.finish_and_clear();
    println!(
        "{} copied and verified; {} forwarded.",
        count(records, "record"),
        count(events as u64, "undelivered event")
    );

    let after = clean_report(&target.audit(None, &system).await?, &system).await?;
    if (after.payments, after.orders) != (before.payments, before.orders) {
        return Err(MigrationError::AuditDiffers { payments: after.payments, orders: after.orders }.into());
    }
    println!("After: {}, no violations.", report_counts(&after));
    progress.finish()?;
    println!(
        "\nThe migration is complete. Do not start a shop in {} again. To keep sessions and links in emails valid, create\n\
         the secrets with: shopstack secrets FOLDER --from {}",
        folder.display(),
        folder.display()
    );
    if folder.join(LEDGER_FILE).exists() {
        println!("The sandbox's ledger remains a file: copy {LEDGER_FILE} to the data directory of payment.");
    }
    Ok(ExitCode::SUCCESS)
}

fn report_counts(report: &Report) -> String {
    format!("{}, {}", count(report.payments as u64, "payment"), count(report.orders as u64, "order"))
}

/// Audits these stores, and refuses violations.
async fn clean_report(stores: &AuditStores, system: &SystemContext) -> Result<Report, CommandError> {
    // Both sides are stopped, the source by its lock.
    let report = read(stores, Circumstances { now: system.now(), running: false }).await?;
    if report.is_clean() { Ok(report) } else { Err(MigrationError::Violations.into()) }
}

/// Shows the progress of a migration at the terminal.
struct Terminal(ProgressBar);

impl Terminal {
    fn new() -> Result<Self, CommandError> {
        let bar = ProgressBar::new_spinner();
        bar.set_style(ProgressStyle::with_template(BAR)?);
        // A timer moves the display while a slow page is read.
        bar.enable_steady_tick(Duration::from_millis(100));
        Ok(Self(bar))
    }
}

impl ProgressReporter for Terminal {
    fn begin(&mut self, phase: &'static str, service: &'static str, kind: &'static str) {
        self.0.set_message(format!("{phase} {service}: {}", kind.replace('_', " ")));
    }

    fn add_records(&mut self, count: u64) {
        self.0.inc(count);
    }
}
