//! `shopstack audit`.

use super::{Audit, Place};
use crate::audit::{Books, Class, Repair, Report, read};
use crate::compose::Backends;
use crate::settings::SandboxElsewhere;
use chassis::SystemContext;
use chassis::config::Environment;
use chassis::transport::{Transport, remote};
use comfy_table::{ContentArrangement, Table};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

/// Between two readings: long enough for an event to arrive.
const BETWEEN: Duration = Duration::from_secs(2);
const SHOWN: usize = 50;

pub(super) async fn run(audit: &Audit) -> Result<ExitCode, String> {
    let system = SystemContext::host();
    let told = |error: chassis::StoreError| error.to_string();
    let mut environment = Environment::from_process();
    let elsewhere = SandboxElsewhere::read(&mut environment).map(|sandbox| remote(&sandbox.url, system.clone()));
    let elsewhere = elsewhere.transpose()?;
    let books = books(&audit.place, elsewhere, &mut environment, &system).await?;
    let mut report = read(&books, system.now()).await.map_err(told)?;
    if !report.is_clean() {
        tokio::time::sleep(BETWEEN).await;
        report = report.confirmed_by(read(&books, system.now()).await.map_err(told)?);
    }
    let text = if audit.json {
        serde_json::to_string_pretty(&report).map_err(|error| error.to_string())? + "\n"
    } else {
        table(&report)
    };
    // Whoever reads may have seen enough, as `head` does; the exit code tells all the same.
    let _ = std::io::stdout().write_all(text.as_bytes());
    if audit.repair {
        repair(&report, &books, &system).await.map_err(told)?;
    }
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The books of the shop at a place; the sandbox's are there too, unless it is `elsewhere`.
pub(super) async fn books(
    place: &Place,
    elsewhere: Option<Transport>,
    environment: &mut Environment,
    system: &SystemContext,
) -> Result<Books, String> {
    let folder = &place.data.data_dir;
    let opened = if place.backends {
        let backends = Backends::read(environment);
        environment.check()?;
        let backends = backends.ok_or("the environment names no backends")?;
        Books::of(&backends, folder, elsewhere, system).await
    } else {
        Books::open(folder, elsewhere, system).await
    };
    opened.map_err(|error| error.to_string())
}

/// Proposes what can be done about the findings, and does what the person at the terminal confirms.
async fn repair(report: &Report, books: &Books, system: &SystemContext) -> Result<(), chassis::StoreError> {
    let proposed: BTreeSet<Repair> = report.findings.iter().filter_map(|finding| finding.repair).collect();
    if proposed.is_empty() {
        println!("Nothing here can be repaired without a person's judgement.");
    }
    let (mut done, count) = (0, proposed.len());
    for proposal in proposed {
        print!("{proposal}? [y/N] ");
        let _ = std::io::stdout().flush();
        let mut answer = String::new();
        // Without an answer nothing is done.
        let read = std::io::stdin().read_line(&mut answer).unwrap_or(0);
        if read > 0 && matches!(answer.trim(), "y" | "Y" | "yes") {
            proposal.carry_out(books, system).await?;
            done += 1;
        }
    }
    if count > 0 {
        println!("\n{done} of {count} done. Run the audit again in a while to see what came of it.");
    }
    Ok(())
}

/// The report as a table.
fn table(report: &Report) -> String {
    let mut text = String::new();
    let count = |class: Class| report.findings.iter().filter(|finding| finding.class == class).count();
    let _ = writeln!(text, "{} payments and {} orders looked at.", report.payments, report.orders);
    let _ = writeln!(
        text,
        "{} violations, {} waiting for a person, {} in progress.",
        count(Class::Violation),
        count(Class::NeedsAttention),
        count(Class::InProgress)
    );
    if report.findings.is_empty() {
        return text;
    }
    let mut table = Table::new();
    table.set_content_arrangement(ContentArrangement::Dynamic).set_header(["", "Invariant", "Of", "Found"]);
    for finding in report.findings.iter().take(SHOWN) {
        let class = match finding.class {
            Class::Violation => "VIOLATION",
            Class::NeedsAttention => "waits for a person",
            Class::InProgress => "in progress",
        };
        table.add_row([class, &finding.invariant.to_string(), &finding.subject, &finding.detail]);
    }
    let _ = writeln!(text, "{table}");
    if report.findings.len() > SHOWN {
        let _ = writeln!(text, "and {} more; see --json", report.findings.len() - SHOWN);
    }
    text
}
