//! The outbox in an SQLite file.

use super::Outbox;
use crate::Event;
use crate::event::first_id_of;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::sqlite::{Database, Write};
use contracts::EventId;
use jiff::{SignedDuration, Timestamp};
use sqlx::Row;
use std::sync::Arc;
use tokio::sync::Notify;

/// The table. Published rows are kept for a week, for those who look into what happened, and removed when later ones are
/// published.
pub const SCHEMA: &str = "
    CREATE TABLE outbox (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        event_id TEXT NOT NULL UNIQUE,
        body TEXT NOT NULL,
        published INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX outbox_unpublished ON outbox (sequence) WHERE published = 0;";

/// How long published rows are kept.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How many are removed at once; more than are published at once, so that they do not pile up.
const REMOVED_AT_ONCE: i64 = 1000;

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

/// The smallest id that an event has a week before this one: the events themselves tell the time.
fn week_before(latest: &EventId) -> Option<String> {
    let (seconds, _) = latest.0.get_timestamp()?.to_unix();
    let at = Timestamp::from_second(i64::try_from(seconds).ok()?).ok()?;
    Some(first_id_of(at.saturating_sub(KEPT).ok()?))
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
        if let Some(before) = ids.iter().max().and_then(week_before) {
            sqlx::query(
                "DELETE FROM outbox WHERE event_id IN (
                     SELECT event_id FROM outbox WHERE event_id < ? AND published = 1 ORDER BY event_id LIMIT ?)",
            )
            .bind(before)
            .bind(REMOVED_AT_ONCE)
            .execute(&mut *work)
            .await?;
        }
        Ok(work.commit().await?)
    }

    async fn added(&self) {
        self.added.notified().await;
    }
}
