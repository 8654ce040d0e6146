//! Copies a shop from the files of one process to the backends of a service deployment, and verifies the copy.
//!
//! Each kind of records is copied page by page. The position is stored beside the source, so that an interrupted migration
//! resumes. Afterwards both sides are read again and compared by count and checksum.

mod progress;

pub use progress::Progress;

use chassis::StoreError;
use chassis::data_migration::{Exporter, Importer, PAGE, Summary, summarise};
use events::broker::EmbeddedBroker;
use events::{Broker, BrokerError};
use std::io;
use std::path::PathBuf;

/// A data migration that did not finish. It can be started again, and resumes.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// A store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A broker cannot be read or written.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// The progress file cannot be read or written.
    #[error("{}: {source}", .path.display())]
    ProgressFile { path: PathBuf, source: io::Error },
    /// The progress file is not what a migration wrote.
    #[error("{}: {source}. Delete the file to start the migration from the beginning.", .path.display())]
    ProgressFormat { path: PathBuf, source: serde_json::Error },
    /// The target holds data that this migration did not write.
    #[error(
        "The backends already hold {0}. Choose empty ones with DB_PREFIX, MONGO_PREFIX, REDIS_PREFIX and AMQP_PREFIX."
    )]
    TargetNotEmpty(String),
    /// The copy differs from the source.
    #[error(
        "{service}: the copied {kind} differ from the source: {} records with checksum {:032x} instead of {} with {:032x}.",
        .copy.records, .copy.checksum, .source_summary.records, .source_summary.checksum
    )]
    Differs {
        service: &'static str,
        /// The kind of records.
        kind: &'static str,
        /// Count and checksum of the source.
        source_summary: Summary,
        /// Count and checksum of the copy.
        copy: Summary,
    },
    /// The audit of the source or of the copy found violations.
    #[error("The audit found violations. See them with `shopstack audit` and correct them first.")]
    Violations,
    /// The audits before and after the migration counted differently.
    #[error("The audit of the copy found {payments} payments and {orders} orders. The source has others.")]
    AuditDiffers {
        /// The payments in the copy.
        payments: usize,
        /// The orders in the copy.
        orders: usize,
    },
}

/// A store to copy, with its target.
pub struct MigrationSource {
    /// The service, or one of its stores.
    pub service: &'static str,
    /// A kind of records that exists only in a target that is in use.
    pub marker_kind: &'static str,
    /// The store to copy.
    pub from: Box<dyn Exporter>,
    /// The store to copy to.
    pub to: Box<dyn Importer>,
}

impl MigrationSource {
    /// A store with its target.
    pub fn new(
        service: &'static str,
        marker_kind: &'static str,
        from: impl Exporter + 'static,
        to: impl Importer + 'static,
    ) -> Self {
        Self { service, marker_kind, from: Box::new(from), to: Box::new(to) }
    }
}

/// Receives the progress of a migration.
pub trait ProgressReporter: Send {
    /// A phase (`copying`, `comparing`) of a kind of records begins.
    fn begin(&mut self, phase: &'static str, service: &'static str, kind: &'static str);
    /// So many more records were processed.
    fn add_records(&mut self, count: u64);
}

/// Refuses a target that already holds data.
///
/// # Errors
/// [`MigrationError::TargetNotEmpty`] if it does.
pub async fn require_empty(sources: &[MigrationSource]) -> Result<(), MigrationError> {
    for source in sources {
        if !source.to.page(source.marker_kind, None, 1).await?.records.is_empty() {
            return Err(MigrationError::TargetNotEmpty(source.marker_kind.to_owned()));
        }
    }
    Ok(())
}

/// Copies everything that was not copied before.
///
/// # Errors
/// [`MigrationError`] if a store or the progress file fails.
pub async fn copy(
    sources: &[MigrationSource],
    progress: &mut Progress,
    reporter: &mut dyn ProgressReporter,
) -> Result<(), MigrationError> {
    for source in sources {
        for kind in source.from.kinds() {
            if progress.is_done(source.service, kind) {
                continue;
            }
            reporter.begin("copying", source.service, kind);
            loop {
                let page = source.from.page(kind, progress.position(source.service, kind), PAGE).await?;
                if !page.records.is_empty() {
                    source.to.receive(kind, &page.records).await?;
                }
                reporter.add_records(page.records.len() as u64);
                let at_end = page.next.is_none();
                // Stored after the records: a page that is copied twice overwrites itself, a skipped one would be lost.
                progress.advance(source.service, kind, page.next)?;
                if at_end {
                    break;
                }
            }
        }
    }
    Ok(())
}

/// Reads both sides, compares them, and returns the number of records.
///
/// # Errors
/// [`MigrationError::Differs`] if they differ.
pub async fn compare(sources: &[MigrationSource], reporter: &mut dyn ProgressReporter) -> Result<u64, MigrationError> {
    let mut records = 0;
    for MigrationSource { service, from, to, .. } in sources {
        for kind in from.kinds() {
            reporter.begin("comparing", service, kind);
            // Both sides are read again, because sums taken while copying would not show what the target has stored.
            let source_summary = summarise(from.as_ref(), kind, |count| reporter.add_records(count)).await?;
            let copy = summarise(to.as_ref(), kind, |count| reporter.add_records(count)).await?;
            if source_summary != copy {
                return Err(MigrationError::Differs { service, kind, source_summary, copy });
            }
            records += source_summary.records;
        }
    }
    Ok(records)
}

/// Publishes the events that no consumer has acknowledged yet, and returns their number. A consumer ignores an event that
/// it has processed before, since its inbox was copied too.
///
/// # Errors
/// [`MigrationError::Broker`] if a broker fails.
pub async fn forward_events(from: &EmbeddedBroker, to: &dyn Broker) -> Result<usize, MigrationError> {
    // Events are not part of the copied records: RabbitMQ stores messages itself.
    let events = from.unacknowledged().await?;
    for page in events.chunks(PAGE) {
        to.publish(page).await?;
    }
    Ok(events.len())
}
