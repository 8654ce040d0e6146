//! `shopstack audit`.

use super::Audit;
use crate::audit::{Books, Class, Report, read};
use chassis::Sources;
use comfy_table::{ContentArrangement, Table};
use std::process::ExitCode;
use std::time::Duration;

/// Between two readings: long enough for an event to arrive.
const BETWEEN: Duration = Duration::from_secs(2);
const SHOWN: usize = 50;

pub(super) async fn run(audit: &Audit) -> Result<ExitCode, String> {
    let sources = Sources::system();
    let told = |error: chassis::StoreError| error.to_string();
    let books = Books::open(&audit.data.data_dir, &sources).await.map_err(told)?;
    let mut report = read(&books, sources.now()).await.map_err(told)?;
    if !report.is_clean() {
        tokio::time::sleep(BETWEEN).await;
        report = report.confirmed_by(read(&books, sources.now()).await.map_err(told)?);
    }
    if audit.json {
        println!("{}", serde_json::to_string_pretty(&report).map_err(|error| error.to_string())?);
    } else {
        print(&report);
    }
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(report: &Report) {
    let count = |class: Class| report.findings.iter().filter(|finding| finding.class == class).count();
    println!("{} payments and {} orders looked at.", report.payments, report.orders);
    println!(
        "{} violations, {} waiting for a person, {} in progress.",
        count(Class::Violation),
        count(Class::Parked),
        count(Class::InProgress)
    );
    if report.findings.is_empty() {
        return;
    }
    let mut table = Table::new();
    table.set_content_arrangement(ContentArrangement::Dynamic).set_header(["", "Invariant", "Of", "Found"]);
    for finding in report.findings.iter().take(SHOWN) {
        let class = match finding.class {
            Class::Violation => "VIOLATION",
            Class::Parked => "waits for a person",
            Class::InProgress => "in progress",
        };
        table.add_row([class, &finding.invariant.to_string(), &finding.subject, &finding.detail]);
    }
    println!("{table}");
    if report.findings.len() > SHOWN {
        println!("and {} more; see --json", report.findings.len() - SHOWN);
    }
}
