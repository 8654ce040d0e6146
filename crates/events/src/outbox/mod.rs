//! The outbox: events that wait, in the producer's own database, to be published.

pub mod sqlite;

use crate::Event;
use async_trait::async_trait;
use chassis::StoreError;
use contracts::EventId;

/// What the relay asks of a producer's store.
#[async_trait]
pub trait Outbox: Send + Sync + 'static {
    /// The oldest events that are not published, whatever their order of commit.
    async fn unpublished(&self, limit: usize) -> Result<Vec<Event>, StoreError>;

    /// Marks events as published.
    async fn mark_published(&self, ids: &[EventId]) -> Result<(), StoreError>;

    /// Resolves when something may have been added.
    async fn added(&self);
}
