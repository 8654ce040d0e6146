//! The inbox: which events have taken effect here, which are to be tried again, and which were given up.

pub mod mysql;
pub mod sqlite;

use crate::Event;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::data_migration::{Column, Table};
use contracts::EventId;
use jiff::Timestamp;

/// The inbox, as it moves with a shop.
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

/// An event whose effect failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The event.
    pub event: Event,
    /// How often it was tried.
    pub tries: u32,
    /// What went wrong last.
    pub reason: String,
    /// When it came in.
    pub received_at: Timestamp,
}

/// What a consumer asks of its own store, besides the effects themselves.
#[async_trait]
pub trait Inbox: Send + Sync + 'static {
    /// Keeps a failed event to be tried again at `next`; without a next time it is given up. Whether the try `counts`
    /// is the caller's to say.
    async fn fail(
        &self,
        event: &Event,
        reason: &str,
        counts: bool,
        next: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Failed events whose time has come.
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Failure>, StoreError>;

    /// Events given up, the newest first.
    async fn dead_letters(&self, limit: usize) -> Result<Vec<Failure>, StoreError>;

    /// An event given up.
    async fn dead_letter(&self, id: EventId) -> Result<Option<Failure>, StoreError>;

    /// Lets an event that was given up be tried again; says whether there was one.
    async fn replay(&self, id: EventId, now: Timestamp) -> Result<bool, StoreError>;

    /// Throws an event away that was given up; says whether there was one.
    async fn discard(&self, id: EventId, reason: &str) -> Result<bool, StoreError>;

    /// Forgets events that were told before `before` and took effect or were thrown away; says how many. Should one come
    /// again after that, it takes effect again, so `before` lies further back than a broker keeps anything.
    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError>;
}
