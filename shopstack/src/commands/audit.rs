//! The command `shopstack audit`.

use super::{CommandError, StorageArgs, count};
use crate::audit::{Circumstances, Class, Repair, Report, read};
use crate::settings::RemoteSandbox;
use crate::stores::AuditStores;
use chassis::SystemContext;
use chassis::config::Environment;
use chassis::transport::remote;
use clap::Args;
use comfy_table::{ContentArrangement, Table};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

/// The time between the two readings: long enough for an event to arrive.
const CONFIRMATION_DELAY: Duration = Duration::from_secs(2);
/// The number of findings in the table.
const MAX_ROWS: usize = 50;

#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    #[command(flatten)]
    storage: StorageArgs,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Propose safe repairs, and carry out those that you confirm
    #[arg(long, conflicts_with = "json")]
    repair: bool,
}

pub(super) async fn run(args: &AuditArgs) -> Result<ExitCode, CommandError> {
    let system = SystemContext::host();
    let mut environment = Environment::from_process();
    let gateway = RemoteSandbox::read(&mut environment).map(|sandbox| remote(&sandbox.url, system.clone()));
    let target = args.storage.target(&mut environment)?;
    let stores = target.audit(gateway.transpose()?, &system).await?;
    let running = target.may_be_running();
    let mut report = read(&stores, Circumstances { now: system.now(), running }).await?;
    // A clean first reading needs no confirmation.
    if !report.is_clean() {
        tokio::time::sleep(CONFIRMATION_DELAY).await;
        report = report.confirmed_by(read(&stores, Circumstances { now: system.now(), running }).await?);
    }
    let text = if args.json { serde_json::to_string_pretty(&report)? + "\n" } else { table(&report) };
    // Fails if the reader closed the pipe, as `head` does; the exit code has the result all the same.
    let _ = std::io::stdout().write_all(text.as_bytes());
    if args.repair {
        repair(&report, &stores, &system).await?;
    }
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Proposes the repairs of all findings, and carries out those that are confirmed at the terminal.
async fn repair(report: &Report, stores: &AuditStores, system: &SystemContext) -> Result<(), CommandError> {
    // A set, because several findings may have the same repair.
    let proposed: BTreeSet<Repair> = report.findings.iter().filter_map(|finding| finding.repair).collect();
    if proposed.is_empty() {
        println!("There is nothing to repair automatically.");
        return Ok(());
    }
    let (mut done, total) = (0, proposed.len());
    for proposal in proposed {
        print!("{proposal}? [y/N] ");
        let _ = std::io::stdout().flush();
        let mut answer = String::new();
        // An unreadable input counts as "no": nothing is changed without confirmation.
        let read = std::io::stdin().read_line(&mut answer).unwrap_or(0);
        if read > 0 && matches!(answer.trim(), "y" | "Y" | "yes") {
            proposal.carry_out(stores, system).await?;
            done += 1;
        }
    }
    println!("\n{done} of {} done. Run the audit again in a minute to see the result.", count(total as u64, "repair"));
    Ok(())
}

/// Renders the report as a table below a summary.
fn table(report: &Report) -> String {
    let mut text = summary(report);
    if report.findings.is_empty() {
        return text;
    }
    let mut table = Table::new();
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["Class", "Invariant", "Subject", "Finding"]);
    // Findings are ordered by class, so that violations come first and are the last to be cut off.
    for finding in report.findings.iter().take(MAX_ROWS) {
        let class = match finding.class {
            Class::Violation => "VIOLATION",
            Class::NeedsAttention => "needs attention",
            Class::InProgress => "in progress",
        };
        table.add_row([class, &finding.invariant.to_string(), &finding.subject, &finding.detail]);
    }
    let _ = writeln!(text, "{table}");
    if report.findings.len() > MAX_ROWS {
        let _ = writeln!(text, "{} more are in the report of --json.", report.findings.len() - MAX_ROWS);
    }
    text
}

fn summary(report: &Report) -> String {
    let of = |class: Class| report.findings.iter().filter(|finding| finding.class == class).count();
    let (attention, in_progress) = (of(Class::NeedsAttention), of(Class::InProgress));
    format!(
        "{} and {} checked; {}, {attention} {} attention, {in_progress} in progress.\n",
        count(report.payments as u64, "payment"),
        count(report.orders as u64, "order"),
        count(of(Class::Violation) as u64, "violation"),
        if attention == 1 { "needs" } else { "need" },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Finding, Invariant};

    #[test]
    fn the_table_states_number_and_meaning_of_the_invariant() {
        let finding = Finding {
            class: Class::NeedsAttention,
            invariant: Invariant::Payment,
            subject: "10021".to_owned(),
            detail: "the refund failed".to_owned(),
            repair: None,
        };
        let report = Report { payments: 1, orders: 2, findings: [finding].into() };
        let text = table(&report);
        assert!(text.starts_with("1 payment and 2 orders checked; 0 violations, 1 needs attention, 0 in progress.\n"));
        assert!(text.contains("I2: every authorisation"), "{text}");
        let json = serde_json::to_value(&report).expect("JSON");
        assert_eq!(json["findings"][0]["invariant"], "I2");
        assert_eq!(json["findings"][0]["class"], "needs_attention");
    }
}
