//! The outbox in an SQLite file.

use super::Outbox;
use crate::Event;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::sqlite::{Database, Write};
use contracts::EventId;
use sqlx::Row;
use std::sync::Arc;
use tokio::sync::Notify;

/// The table. Published rows are kept for a week for those who look into what happened, then removed.
pub const SCHEMA: &str = "
    CREATE TABLE outbox (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        event_id TEXT NOT NULL UNIQUE,
        body TEXT NOT NULL,
        published INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX outbox_unpublished ON outbox (sequence) WHERE published = 0;";

/// The outbox of one service.
#[derive(Clone)]
pub struct SqliteOutbox {
    database: Database,
    added: Arc<Notify>,
}

impl SqliteOutbox {
    /// The outbox in `database`, whose migrations contain [`SCHEMA`].
    pub fn new(database: Database) -> Self {
        Self { database, added: Arc::default() }
    }

    /// Adds an event within the caller's unit of work. Call [`Self::notify`] once that is committed.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn add(&self, work: &mut Write, event: &Event) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO outbox (event_id, body) VALUES (?, ?)")
            .bind(event.id.to_string())
            .bind(serde_json::to_string(event)?)
            .execute(&mut **work)
            .await?;
        Ok(())
    }

    /// Wakes the relay.
    pub fn notify(&self) {
        self.added.notify_one();
    }
}

#[async_trait]
impl Outbox for SqliteOutbox {
    async fn unpublished(&self, limit: usize) -> Result<Vec<Event>, StoreError> {
        let rows = sqlx::query("SELECT body FROM outbox WHERE published = 0 ORDER BY sequence LIMIT ?")
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(self.database.read())
            .await?;
        rows.iter().map(|row| Ok(serde_json::from_str(row.get(0))?)).collect()
    }

    async fn mark_published(&self, ids: &[EventId]) -> Result<(), StoreError> {
        let mut work = self.database.begin().await?;
        sqlx::query("UPDATE outbox SET published = 1 WHERE event_id IN (SELECT value FROM json_each(?))")
            .bind(serde_json::to_string(ids)?)
            .execute(&mut *work)
            .await?;
        Ok(work.commit().await?)
    }

    async fn added(&self) {
        self.added.notified().await;
    }
}
