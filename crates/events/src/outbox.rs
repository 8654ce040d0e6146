//! The outbox: events that wait, in the producer's own database, to be published.

pub mod mongo;
pub mod mysql;
pub mod sqlite;

use crate::Event;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::data_migration::{Column, Table};
use contracts::EventId;
use jiff::Timestamp;

/// The outbox, as it moves with a shop.
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
    /// The oldest events that are not published, whatever their order of commit.
    async fn unpublished(&self, limit: usize) -> Result<Vec<Event>, StoreError>;

    /// Returns the number of unpublished events.
    async fn pending(&self) -> Result<u64, StoreError>;

    /// Marks events as published.
    async fn mark_published(&self, ids: &[EventId]) -> Result<(), StoreError>;

    /// Forgets published events that were told before `before`; says how many.
    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError>;

    /// Resolves when something may have been added.
    async fn added(&self);
}
