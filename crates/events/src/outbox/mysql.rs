//! The outbox in a MySQL database.

use super::Outbox;
use crate::Event;
use crate::event::first_id_of;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::mysql::{Database, Write};
use contracts::EventId;
use jiff::Timestamp;
use sqlx::{MySql, QueryBuilder, Row};
use std::iter;
use std::sync::Arc;
use tokio::sync::Notify;

/// The table of events. Published rows are retained for a while, for diagnosis.
// The collation is explicit, because MariaDB 11.8 otherwise uses another default than that of the database. Neither
// server has partial indexes, so the flag is the first column of the index.
pub const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS outbox (
        sequence BIGINT PRIMARY KEY AUTO_INCREMENT,
        event_id CHAR(36) NOT NULL,
        body LONGTEXT NOT NULL,
        published TINYINT NOT NULL DEFAULT 0,
        UNIQUE KEY outbox_event (event_id),
        KEY outbox_unpublished (published, sequence)
    ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;";

/// The number of rows that one transaction deletes.
const PURGE_BATCH_SIZE: u64 = 1000;

/// The outbox of one service.
#[derive(Clone)]
pub struct MysqlOutbox {
    database: Database,
    added: Arc<Notify>,
}

impl MysqlOutbox {
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

    /// Wakes the relay of this process. The relays of other processes find the event by polling.
    pub fn notify(&self) {
        self.added.notify_one();
    }
}

#[async_trait]
impl Outbox for MysqlOutbox {
    async fn unpublished(&self, limit: usize) -> Result<Vec<Event>, StoreError> {
        // Selected by the flag and never by "sequence greater than": a transaction with a lower number may commit
        // later.
        let rows = sqlx::query("SELECT body FROM outbox WHERE published = 0 ORDER BY sequence LIMIT ?")
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(self.database.pool())
            .await?;
        rows.iter().map(|row| Ok(serde_json::from_str(row.get(0))?)).collect()
    }

    async fn pending(&self) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM outbox WHERE published = 0")
            .fetch_one(self.database.pool())
            .await?;
        Ok(count.unsigned_abs())
    }

    async fn mark_published(&self, ids: &[EventId]) -> Result<(), StoreError> {
        let Some(last) = ids.last() else { return Ok(()) };
        // The last id is repeated until their number is a power of two. That limits the number of different statements,
        // which each connection caches as prepared statements.
        let padded = ids.iter().chain(iter::repeat(last)).take(ids.len().next_power_of_two());
        let mut update = QueryBuilder::<MySql>::new("UPDATE outbox SET published = 1 WHERE event_id IN (");
        let mut list = update.separated(", ");
        for id in padded {
            list.push_bind(id.to_string());
        }
        update.push(")");
        update.build().execute(self.database.pool()).await?;
        Ok(())
    }

    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut all = 0;
        loop {
            let gone = sqlx::query("DELETE FROM outbox WHERE event_id < ? AND published = 1 ORDER BY event_id LIMIT ?")
                .bind(first_id_of(before))
                .bind(PURGE_BATCH_SIZE)
                .execute(self.database.pool())
                .await?
                .rows_affected();
            all += gone;
            if gone < PURGE_BATCH_SIZE {
                return Ok(all);
            }
        }
    }

    async fn republish(&self, since: Timestamp) -> Result<u64, StoreError> {
        let marked = sqlx::query("UPDATE outbox SET published = 0 WHERE event_id >= ? AND published = 1")
            .bind(first_id_of(since))
            .execute(self.database.pool())
            .await?;
        Ok(marked.rows_affected())
    }

    async fn added(&self) {
        self.added.notified().await;
    }
}
