//! The outbox: the events in the producer's own database that are to be published.

pub mod mongo;
pub mod mysql;
pub mod sqlite;

use crate::Event;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::data_migration::{Column, Table};
use contracts::EventId;
use jiff::Timestamp;

/// The outbox table for data migrations.
pub const TABLE: Table = Table {
    name: "outbox",
    only: None,
    from: None,
    key: &["sequence"],
    columns: &[
        ("sequence", Column::Integer),
        ("event_id", Column::Text),
        ("body", Column::Text),
        ("published", Column::Integer),
    ],
};

/// The part of a producer's store that the relay uses.
#[async_trait]
pub trait Outbox: Send + Sync + 'static {
    /// Returns the oldest unpublished events, at most `limit`. An event that is committed late is returned even if
    /// younger ones have been published.
    async fn unpublished(&self, limit: usize) -> Result<Vec<Event>, StoreError>;

    /// Returns the number of unpublished events.
    async fn pending(&self) -> Result<u64, StoreError>;

    /// Marks events as published.
    async fn mark_published(&self, ids: &[EventId]) -> Result<(), StoreError>;

    /// Deletes the published events from before `before`, and returns their number.
    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError>;

    /// Marks the events from `since` on as unpublished, so that the relay publishes them again, and returns their number.
    ///
    /// A consumer that was restored from an older backup than the producer has missed them; others recognise them by
    /// their ids, and nothing happens twice.
    async fn republish(&self, since: Timestamp) -> Result<u64, StoreError>;

    /// Completes when events may have been added.
    async fn added(&self);
}
