//! The audit: checks the invariants of a shop over all its stores.
//!
//! No moment is common to all stores, so a violation counts only if it is still found by a second reading.

mod gateway;
mod money;
mod orders;
mod repair;

pub use repair::Repair;

use crate::stores::AuditStores;
use chassis::StoreError;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;

/// Nobody processes a payment or order that is due for longer than this.
const OVERDUE: SignedDuration = SignedDuration::from_mins(10);

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// An invariant is broken.
    Violation,
    /// Staff has to decide something.
    NeedsAttention,
    /// Work is under way, and within its deadline.
    InProgress,
}

/// The invariants of a shop. I6, that acknowledged writes are durable, cannot be checked in the stores: only a client
/// knows what was acknowledged to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Invariant {
    /// Stock on hand is the sum of its history, and reservations do not exceed it unless overselling is allowed.
    #[serde(rename = "I1")]
    Stock,
    /// Every authorisation or capture belongs to exactly one order, or is voided or refunded.
    #[serde(rename = "I2")]
    Payment,
    /// Every order reaches a final state or needs attention, and every reservation has a live owner.
    #[serde(rename = "I3")]
    Order,
    /// Every event is published, and takes effect once.
    #[serde(rename = "I4")]
    Event,
    /// The amounts of an order agree with its payment, and the ledger balances.
    #[serde(rename = "I5")]
    Ledger,
}

impl Invariant {
    /// The invariant's number, as the design and the documentation use it.
    pub const fn number(self) -> &'static str {
        match self {
            Self::Stock => "I1",
            Self::Payment => "I2",
            Self::Order => "I3",
            Self::Event => "I4",
            Self::Ledger => "I5",
        }
    }

    /// The invariant in a few words.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Stock => "stock equals its history; nothing is oversold",
            Self::Payment => "every authorisation belongs to one order",
            Self::Order => "every order is final, in progress or needs attention",
            Self::Event => "every event is published and takes effect once",
            Self::Ledger => "order amounts, payments and ledger agree",
        }
    }
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.number(), self.meaning())
    }
}

/// A finding of the audit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Finding {
    pub class: Class,
    /// The invariant it concerns.
    pub invariant: Invariant,
    /// The order, SKU, event or service it concerns.
    pub subject: String,
    /// The finding in words.
    pub detail: String,
    /// An action that can be taken without harm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repair: Option<Repair>,
}

/// The result of an audit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The number of payments checked.
    pub payments: usize,
    /// The number of orders checked.
    pub orders: usize,
    pub findings: BTreeSet<Finding>,
}

impl Report {
    /// Returns true if no invariant is broken.
    pub fn is_clean(&self) -> bool {
        !self.findings.iter().any(|finding| finding.class == Class::Violation)
    }

    fn add(&mut self, class: Class, invariant: Invariant, subject: impl fmt::Display, detail: impl Into<String>) {
        let (subject, detail) = (subject.to_string(), detail.into());
        self.findings.insert(Finding { class, invariant, subject, detail, repair: None });
    }

    fn add_repairable(
        &mut self,
        class: Class,
        invariant: Invariant,
        subject: impl fmt::Display,
        detail: impl Into<String>,
        repair: Repair,
    ) {
        let (subject, detail) = (subject.to_string(), detail.into());
        self.findings.insert(Finding { class, invariant, subject, detail, repair: Some(repair) });
    }

    /// Combines two readings: the violations that both found, and the later reading's other findings.
    #[must_use]
    pub fn confirmed_by(self, second: Self) -> Self {
        // Findings in progress or that need attention are taken from the second reading alone: they change by design.
        let findings = second
            .findings
            .into_iter()
            .filter(|finding| finding.class != Class::Violation || self.findings.contains(finding))
            .collect();
        Self { findings, payments: second.payments, orders: second.orders }
    }
}

/// The circumstances of a reading.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances {
    pub now: Timestamp,
    /// True if services process these stores. Nothing is overdue in a shop that is stopped: its next start does the work.
    pub running: bool,
}

impl Circumstances {
    /// Returns true if something that was due then should have been processed by now.
    fn is_overdue(self, due: Timestamp) -> bool {
        self.running && due.saturating_add(OVERDUE).unwrap_or(due) < self.now
    }
}

/// Reads all stores once.
///
/// # Errors
/// [`StoreError`] if a store cannot be read.
pub async fn read(stores: &AuditStores, circumstances: Circumstances) -> Result<Report, StoreError> {
    let mut report = Report::default();
    // Payments before orders: an order placed meanwhile is then missing here, not its payment, and is "in progress".
    money::read(stores, circumstances, &mut report).await?;
    orders::read(stores, circumstances, &mut report).await?;
    Ok(report)
}
