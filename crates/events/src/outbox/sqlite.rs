//! The outbox in an SQLite file.

use super::Outbox;
use crate::Event;
use crate::event::first_id_of;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::sqlite::{Database, Write};
use contracts::EventId;
use jiff::Timestamp;
use sqlx::Row;
use std::sync::Arc;
use tokio::sync::Notify;

/// The table of events. Published rows are retained for a while, for diagnosis.
pub const SCHEMA: &str = "
    CREATE TABLE outbox (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        event_id TEXT NOT NULL UNIQUE,
        body TEXT NOT NULL,
        published INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX outbox_unpublished ON outbox (sequence) WHERE published = 0;";

/// The number of rows that one transaction deletes.
const PURGE_BATCH_SIZE: i64 = 1000;

/// The outbox of one service.
#[derive(Clone)]
pub struct SqliteOutbox {
    database: Database,
    added: Arc<Notify>,
}

impl SqliteOutbox {
    /// Creates the outbox in `database`, whose migrations must contain [`SCHEMA`].
    pub fn new(database: Database) -> Self {
        Self { database, added: Arc::default() }
    }

    /// Adds an event in the caller's transaction. Call [`Self::notify`] after the commit.
    ///
    /// # Errors
    /// When the statement fails, or the event cannot be serialised.
    pub async fn add(&self, work: &mut Write, event: &Event) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO outbox (event_id, body) VALUES (?, ?)")
            .bind(event.id.to_string())
            .bind(serde_json::to_string(event)?)
            .execute(&mut **work)
            .await?;
        Ok(())
    }

    /// Wakes the relay after a commit.
    pub fn notify(&self) {
        // Tokio stores the permit while the relay is not waiting, so no notification is missed.
        self.added.notify_one();
    }
}

#[async_trait]
impl Outbox for SqliteOutbox {
    async fn unpublished(&self, limit: usize) -> Result<Vec<Event>, StoreError> {
        // The flag is a literal, because SQLite does not use a partial index for a bound parameter.
        let rows = sqlx::query("SELECT body FROM outbox WHERE published = 0 ORDER BY sequence LIMIT ?")
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&mut *self.database.read().await?)
            .await?;
        rows.iter().map(|row| Ok(serde_json::from_str(row.get(0))?)).collect()
    }

    async fn pending(&self) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM outbox WHERE published = 0")
            .fetch_one(&mut *self.database.read().await?)
            .await?;
        Ok(count.unsigned_abs())
    }

    async fn mark_published(&self, ids: &[EventId]) -> Result<(), StoreError> {
        let ids = serde_json::to_string(ids)?;
        // One parameter holds all ids, so the statement stays prepared whatever their number.
        sqlx::query("UPDATE outbox SET published = 1 WHERE event_id IN (SELECT value FROM json_each(?))")
            .bind(ids)
            .execute(&mut *self.database.write().await?)
            .await?;
        Ok(())
    }

    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut all = 0;
        loop {
            // SQLite has no `DELETE ... LIMIT` unless it is compiled with an option for it.
            let gone = sqlx::query(
                "DELETE FROM outbox WHERE event_id IN (
                     SELECT event_id FROM outbox WHERE event_id < ? AND published = 1 ORDER BY event_id LIMIT ?)",
            )
            .bind(first_id_of(before))
            .bind(PURGE_BATCH_SIZE)
            .execute(&mut *self.database.write().await?)
            .await?
            .rows_affected();
            all += gone;
            if gone < PURGE_BATCH_SIZE.unsigned_abs() {
                return Ok(all);
            }
        }
    }

    async fn republish(&self, since: Timestamp) -> Result<u64, StoreError> {
        let marked = sqlx::query("UPDATE outbox SET published = 0 WHERE event_id >= ? AND published = 1")
            .bind(first_id_of(since))
            .execute(&mut *self.database.write().await?)
            .await?;
        Ok(marked.rows_affected())
    }

    async fn added(&self) {
        self.added.notified().await;
    }
}
