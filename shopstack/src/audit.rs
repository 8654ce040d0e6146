//! The audit: the shop's invariants, looked at over all its books.
//!
//! There is no moment common to all stores, so a finding counts only when it is still there on a second reading.

mod books;
mod gateway;
mod money;
mod orders;
mod repair;

pub use books::Books;
pub(crate) use books::nobody;
pub use gateway::GatewayBooks;
pub use repair::Repair;

use chassis::StoreError;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeSet;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// An invariant is broken.
    Violation,
    /// A person has to look.
    NeedsAttention,
    /// Under way, within its time.
    InProgress,
}

/// Something the audit found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Finding {
    /// How grave it is.
    pub class: Class,
    /// Which invariant of the design it is about, 1 to 5: of the sixth no books tell.
    pub invariant: u8,
    /// What it is about.
    pub subject: String,
    /// What was found.
    pub detail: String,
    /// What can be done about it without harm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repair: Option<Repair>,
}

/// What was looked at, and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How many payments were looked at.
    pub payments: usize,
    /// How many orders.
    pub orders: usize,
    /// What was found.
    pub findings: BTreeSet<Finding>,
}

impl Report {
    /// Whether no invariant is broken.
    pub fn is_clean(&self) -> bool {
        !self.findings.iter().any(|finding| finding.class == Class::Violation)
    }

    fn add(&mut self, class: Class, invariant: u8, subject: impl std::fmt::Display, detail: impl Into<String>) {
        let (subject, detail) = (subject.to_string(), detail.into());
        self.findings.insert(Finding { class, invariant, subject, detail, repair: None });
    }

    fn add_with(
        &mut self,
        class: Class,
        invariant: u8,
        subject: impl std::fmt::Display,
        detail: impl Into<String>,
        repair: Repair,
    ) {
        let (subject, detail) = (subject.to_string(), detail.into());
        self.findings.insert(Finding { class, invariant, subject, detail, repair: Some(repair) });
    }

    /// The findings that both readings have; of things under way only the later reading's.
    #[must_use]
    pub fn confirmed_by(mut self, second: Self) -> Self {
        let earlier = std::mem::take(&mut self.findings);
        let findings = second
            .findings
            .into_iter()
            .filter(|finding| finding.class != Class::Violation || earlier.contains(finding))
            .collect();
        Self { findings, payments: second.payments, orders: second.orders }
    }
}

/// Reads all books once.
///
/// # Errors
/// When a store does not answer.
pub async fn read(books: &Books, now: Timestamp) -> Result<Report, StoreError> {
    let mut report = Report::default();
    money::read(books, now, &mut report).await?;
    orders::read(books, now, &mut report).await?;
    Ok(report)
}
