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

/// The numbers of events in an inbox that were not processed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InboxCounts {
    /// The events that will be tried again.
    pub retrying: u64,
    /// The events that were given up.
    pub dead: u64,
}

/// The events that a consumer or the broker has given up on, until staff replay or discard them.
#[async_trait]
pub trait DeadLetters: Send + Sync + 'static {
    /// Returns at most `limit` dead letters, the newest first.
    async fn dead_letters(&self, limit: usize) -> Result<Vec<Failure>, StoreError>;

    /// Returns the dead letter with this id.
    async fn dead_letter(&self, id: EventId) -> Result<Option<Failure>, StoreError>;

    /// Schedules a dead letter for a retry at `now`, with its full number of attempts. Returns false if there is none
    /// with this id.
    async fn replay(&self, id: EventId, now: Timestamp) -> Result<bool, StoreError>;

    /// Discards a dead letter. Returns false if there is none with this id.
    async fn discard(&self, id: EventId, reason: &str) -> Result<bool, StoreError>;
}

/// The part of a consumer's store that tracks events.
#[async_trait]
pub trait Inbox: DeadLetters {
    /// Stores a failed event for a retry at `next`; without a next time it becomes a dead letter. `counts` is true if
    /// the attempt counts towards the limit. An event that was processed or discarded meanwhile stays as it is.
    async fn fail(
        &self,
        event: &Event,
        reason: &str,
        counts: bool,
        next: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Returns at most `limit` failed events that are due for a retry, the longest due first.
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Failure>, StoreError>;

    /// Counts the events that were not processed.
    async fn counts(&self) -> Result<InboxCounts, StoreError>;

    /// Deletes the records of events from before `before` that were processed or discarded, and returns their number.
    /// An event that is delivered after that takes effect again, so `before` must be earlier than the oldest event that
    /// the broker still holds.
    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError>;
}
