//! `shopstack migrate` and `shopstack migrate-data`.

use super::{Destination, MigrateData};
use crate::audit::{Books, Report, nobody, read};
use crate::compose::{Backends, catalogue_beside};
use crate::moving::{self, Progress, Watch};
use crate::occupation::Occupation;
use crate::settings::{Options, Settings};
use chassis::config::Environment;
use chassis::{SystemContext, StoreError};
use contracts::events::TOPOLOGY;
use events::broker::{EmbeddedBroker, RabbitBroker};
use indicatif::{ProgressBar, ProgressStyle};
use payment::store::MysqlPayments;
use std::process::ExitCode;
use std::time::Duration;

const BAR: &str = "{spinner} {msg:40} {human_pos} records  {per_sec}  {elapsed_precise}";

/// Brings every schema in the backends up to date, and declares the queues, each with a line that says so.
pub(super) async fn schemas() -> Result<ExitCode, String> {
    let mut environment = Environment::from_process();
    let (settings, backends) =
        (Settings::read(Options::default(), &mut environment)?, Backends::read(&mut environment));
    environment.check()?;
    let backends = backends.ok_or("the environment names no backends")?;
    let system = SystemContext::host();
    let done = |service: &str, opened: Result<(), StoreError>| {
        opened.map_err(|error| format!("{service}: {error}"))?;
        println!("{service:<10} up to date");
        Ok::<(), String>(())
    };
    let mysql = &backends.mysql;
    done("payment", MysqlPayments::open(mysql, system.clone()).await.map(drop))?;
    done("dispatch", dispatch::Stores::mysql(mysql, nobody(), system.clone()).await.map(drop))?;
    done("shipping", shipping::Stores::mysql(mysql).await.map(drop))?;
    done("ratings", ratings::Stores::mysql(mysql).await.map(drop))?;
    done("user", user::MongoStore::open(&backends.mongo).await.map(drop))?;
    catalogue_beside(&settings, &backends, &system).await?;
    done("catalogue", Ok(()))?;
    RabbitBroker::open(backends.rabbitmq, TOPOLOGY).await.map_err(|error| error.to_string())?;
    println!("{:<10} declared", "queues");
    Ok(ExitCode::SUCCESS)
}

/// Copies the shop in a data directory into the backends.
pub(super) async fn data(asked: &MigrateData) -> Result<ExitCode, String> {
    let Destination::Env = asked.to;
    let mut environment = Environment::from_process();
    let backends = Backends::read(&mut environment);
    environment.check()?;
    let backends = backends.ok_or("the environment names no backends")?;
    let (system, folder) = (SystemContext::host(), &asked.from);
    if !folder.join("payment.db").exists() {
        return Err(format!("there is no shop in {}", folder.display()));
    }
    let _occupation = Occupation::of(folder)?;
    let told = |error: StoreError| error.to_string();
    let before = audited(&Books::open(folder, None, &system).await.map_err(told)?, &system).await?;
    println!("Before: {} payments, {} orders, no violations.", before.payments, before.orders);

    let parts = moving::parts(folder, &backends, &system).await.map_err(told)?;
    let mut progress = Progress::open(folder, &format!("{backends:?}"))?;
    if progress.is_begun() {
        println!("An earlier run was cut off; going on where it was.");
    } else {
        moving::require_empty(&parts).await.map_err(|error| error.to_string())?;
    }
    let mut shown = Shown::new()?;
    moving::copy(&parts, &mut progress, &mut shown).await.map_err(|error| error.to_string())?;
    let records = moving::compare(&parts, &mut shown).await.map_err(|error| error.to_string())?;
    let here = EmbeddedBroker::open(&folder.join("broker.db"), TOPOLOGY).await.map_err(told)?;
    let there = RabbitBroker::unconnected(backends.rabbitmq.clone(), TOPOLOGY);
    let events = moving::forward(&here, &there).await.map_err(|error| error.to_string())?;
    shown.0.finish_and_clear();
    println!("{records} records copied, compared and found the same; {events} events on their way passed on.");

    let after = audited(&Books::of(&backends, folder, None, &system).await.map_err(told)?, &system).await?;
    if (after.payments, after.orders) != (before.payments, before.orders) {
        return Err(format!("the audit found {} payments and {} orders there", after.payments, after.orders));
    }
    println!("After: {} payments, {} orders, no violations.", after.payments, after.orders);
    progress.finish()?;
    println!(
        "\nThe shop has moved. Do not open {} again. So that customers stay logged in and links in letters go on working,\n\
         make the secrets with: shopstack secrets FOLDER --from {}",
        folder.display(),
        folder.display()
    );
    if folder.join("sandbox-gateway.db").exists() {
        println!("The sandbox's own books stay a file: copy sandbox-gateway.db into payment's data directory.");
    }
    Ok(ExitCode::SUCCESS)
}

/// The audit of these books, which must be clean: what is wrong is mended before it moves.
async fn audited(books: &Books, system: &SystemContext) -> Result<Report, String> {
    let report = read(books, system.now()).await.map_err(|error| error.to_string())?;
    if report.is_clean() {
        return Ok(report);
    }
    Err("the audit finds violations; see `shopstack audit`, and mend them first".to_owned())
}

struct Shown(ProgressBar);

impl Shown {
    fn new() -> Result<Self, String> {
        let bar = ProgressBar::new_spinner();
        bar.set_style(ProgressStyle::with_template(BAR).map_err(|error| error.to_string())?);
        bar.enable_steady_tick(Duration::from_millis(100));
        Ok(Self(bar))
    }
}

impl Watch for Shown {
    fn begins(&mut self, doing: &'static str, service: &'static str, kind: &'static str) {
        self.0.set_message(format!("{doing} {service}'s {}", kind.replace('_', " ")));
    }

    fn records(&mut self, count: u64) {
        self.0.inc(count);
    }
}
