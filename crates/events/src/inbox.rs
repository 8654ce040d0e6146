//! The inbox: the events that a consumer has processed, is retrying, or has given up.

pub mod mysql;
pub mod redis;
pub mod sqlite;

use crate::Event;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::data_migration::{Column, Table};
use contracts::EventId;
use jiff::Timestamp;

/// The inbox table for data migrations.
pub const TABLE: Table = Table {
    name: "inbox",
    only: None,
    from: None,
    key: &["event_id"],
    columns: &[
        ("event_id", Column::Text),
        ("state", Column::Text),
        ("body", Column::Text),
        ("tries", Column::Integer),
        ("reason", Column::Text),
        ("next_at", Column::Integer),
        ("received_at", Column::Integer),
    ],
};

/// An event whose processing failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The event that failed.
    pub event: Event,
    /// The number of attempts so far.
    pub tries: u32,
    /// The reason of the last failure.
    pub reason: String,
    /// The time at which the event was received.
    pub received_at: Timestamp,
}

/// The part of a consumer's store that tracks events.
#[async_trait]
pub trait Inbox: Send + Sync + 'static {
    /// Stores a failed event for a retry at `next`; without a next time it is given up. `counts` says if the attempt
    /// counts towards the limit.
    async fn fail(
        &self,
        event: &Event,
        reason: &str,
        counts: bool,
        next: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Returns the failed events that are due for a retry.
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Failure>, StoreError>;

    /// Returns the events that were given up, newest first.
    async fn dead_letters(&self, limit: usize) -> Result<Vec<Failure>, StoreError>;

    /// Returns one event that was given up.
    async fn dead_letter(&self, id: EventId) -> Result<Option<Failure>, StoreError>;

    /// Schedules a dead letter for a retry. Returns false if there is none with this id.
    async fn replay(&self, id: EventId, now: Timestamp) -> Result<bool, StoreError>;

    /// Discards a dead letter. Returns false if there is none with this id.
    async fn discard(&self, id: EventId, reason: &str) -> Result<bool, StoreError>;

    /// Deletes the records of events from before `before` that were processed or discarded, and returns their number. If one
    /// is delivered after that, it takes effect again, so `before` must be older than anything a broker retains.
    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError>;
}
