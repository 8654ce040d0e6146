//! The inbox in an SQLite file.

use super::{DeadLetters, Failure, Inbox, InboxCounts};
use crate::Event;
use crate::event::first_id_of;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::sqlite::{Database, Write, micros, moment};
use contracts::EventId;
use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// The table of events. `state` is `done`, `retrying`, `dead` or `discarded`. The body is null for an event that is
/// done.
pub const SCHEMA: &str = "
    CREATE TABLE inbox (
        event_id TEXT PRIMARY KEY,
        state TEXT NOT NULL,
        body TEXT,
        tries INTEGER NOT NULL DEFAULT 0,
        reason TEXT NOT NULL DEFAULT '',
        next_at INTEGER,
        received_at INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX inbox_due ON inbox (next_at) WHERE state = 'retrying';
    CREATE INDEX inbox_dead ON inbox (received_at) WHERE state = 'dead';";

/// The number of rows that one transaction deletes.
const PURGE_BATCH_SIZE: i64 = 1000;

/// The inbox of one service.
#[derive(Clone)]
pub struct SqliteInbox(Database);

impl SqliteInbox {
    /// Creates the inbox in `database`, whose migrations must contain [`SCHEMA`].
    pub fn new(database: Database) -> Self {
        Self(database)
    }

    /// Records an event as done, in the transaction of its effect. Returns false if it was done or discarded before;
    /// then the effect must not be repeated.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn accept(work: &mut Write, event: &Event) -> Result<bool, StoreError> {
        let changed = sqlx::query(
            "INSERT INTO inbox (event_id, state, received_at) VALUES (?, 'done', ?)
             ON CONFLICT (event_id) DO UPDATE SET state = 'done', body = NULL, next_at = NULL
             WHERE state IN ('retrying', 'dead')",
        )
        .bind(event.id.to_string())
        .bind(micros(event.time))
        .execute(&mut **work)
        .await?
        .rows_affected();
        Ok(changed == 1)
    }
}

fn failure(row: &SqliteRow) -> Result<Failure, StoreError> {
    Ok(Failure {
        event: serde_json::from_str(row.get("body"))?,
        tries: row.get("tries"),
        reason: row.get("reason"),
        received_at: moment(row.get("received_at"))?,
    })
}

#[async_trait]
impl Inbox for SqliteInbox {
    async fn fail(
        &self,
        event: &Event,
        reason: &str,
        counts: bool,
        next: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // The `WHERE` clause leaves an event unchanged that another delivery has processed or staff have discarded
        // meanwhile.
        sqlx::query(
            "INSERT INTO inbox (event_id, state, body, tries, reason, next_at, received_at) VALUES (?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (event_id) DO UPDATE SET state = excluded.state, body = excluded.body,
                 tries = tries + excluded.tries,
                 reason = excluded.reason, next_at = excluded.next_at
             WHERE state IN ('retrying', 'dead')",
        )
        .bind(event.id.to_string())
        .bind(if next.is_some() { "retrying" } else { "dead" })
        .bind(serde_json::to_string(event)?)
        .bind(i64::from(counts))
        .bind(reason)
        .bind(next.map(micros))
        .bind(micros(now))
        .execute(&mut *self.0.write().await?)
        .await?;
        Ok(())
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Failure>, StoreError> {
        let rows =
            sqlx::query("SELECT * FROM inbox WHERE state = 'retrying' AND next_at <= ? ORDER BY next_at LIMIT ?")
                .bind(micros(now))
                .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                .fetch_all(&mut *self.0.read().await?)
                .await?;
        rows.iter().map(failure).collect()
    }

    async fn counts(&self) -> Result<InboxCounts, StoreError> {
        let count = async |state: &str| -> Result<u64, StoreError> {
            let number: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM inbox WHERE state = ?")
                .bind(state)
                .fetch_one(&mut *self.0.read().await?)
                .await?;
            Ok(u64::try_from(number).unwrap_or(0))
        };
        Ok(InboxCounts { retrying: count("retrying").await?, dead: count("dead").await? })
    }

    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut all = 0;
        loop {
            // SQLite has no `DELETE ... LIMIT` unless it is compiled with an option for it.
            let gone = sqlx::query(
                "DELETE FROM inbox WHERE event_id IN (
                     SELECT event_id FROM inbox WHERE event_id < ? AND state IN ('done', 'discarded')
                     ORDER BY event_id LIMIT ?)",
            )
            .bind(first_id_of(before))
            .bind(PURGE_BATCH_SIZE)
            .execute(&mut *self.0.write().await?)
            .await?
            .rows_affected();
            all += gone;
            if gone < PURGE_BATCH_SIZE.unsigned_abs() {
                return Ok(all);
            }
        }
    }
}

#[async_trait]
impl DeadLetters for SqliteInbox {
    async fn dead_letters(&self, limit: usize) -> Result<Vec<Failure>, StoreError> {
        let rows = sqlx::query("SELECT * FROM inbox WHERE state = 'dead' ORDER BY received_at DESC LIMIT ?")
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        rows.iter().map(failure).collect()
    }

    async fn dead_letter(&self, id: EventId) -> Result<Option<Failure>, StoreError> {
        let row = sqlx::query("SELECT * FROM inbox WHERE event_id = ? AND state = 'dead'")
            .bind(id.to_string())
            .fetch_optional(&mut *self.0.read().await?)
            .await?;
        row.as_ref().map(failure).transpose()
    }

    async fn replay(&self, id: EventId, now: Timestamp) -> Result<bool, StoreError> {
        let changed = sqlx::query(
            "UPDATE inbox SET state = 'retrying', tries = 0, next_at = ? WHERE event_id = ? AND state = 'dead'",
        )
        .bind(micros(now))
        .bind(id.to_string())
        .execute(&mut *self.0.write().await?)
        .await?
        .rows_affected();
        Ok(changed == 1)
    }

    async fn discard(&self, id: EventId, reason: &str) -> Result<bool, StoreError> {
        let changed =
            sqlx::query("UPDATE inbox SET state = 'discarded', reason = ? WHERE event_id = ? AND state = 'dead'")
                .bind(reason)
                .bind(id.to_string())
                .execute(&mut *self.0.write().await?)
                .await?
                .rows_affected();
        Ok(changed == 1)
    }
}
