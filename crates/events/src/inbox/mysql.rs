//! The inbox in a MySQL database.

use super::{DeadLetters, Failure, Inbox, InboxCounts};
use crate::Event;
use crate::event::first_id_of;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::mysql::{Database, Write, micros, moment};
use contracts::EventId;
use jiff::Timestamp;
use sqlx::Row;
use sqlx::mysql::MySqlRow;

/// The table of events. `state` is `done`, `retrying`, `dead` or `discarded`. The body is null for an event that is
/// done.
// The collation is explicit, because MariaDB 11.8 otherwise uses another default than that of the database. MySQL does
// not support literal defaults for TEXT columns, so every insertion sets the reason.
pub const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS inbox (
        event_id CHAR(36) PRIMARY KEY,
        state VARCHAR(10) NOT NULL,
        body LONGTEXT,
        tries BIGINT NOT NULL DEFAULT 0,
        reason TEXT NOT NULL,
        next_at BIGINT,
        received_at BIGINT NOT NULL,
        KEY inbox_due (state, next_at),
        KEY inbox_received (state, received_at)
    ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;";

/// The number of rows that one transaction deletes.
const PURGE_BATCH_SIZE: u64 = 1000;
/// The maximum length of a stored reason, in characters. A TEXT column holds 65,535 bytes.
const MAX_REASON_LENGTH: usize = 4000;

/// The inbox of one service.
#[derive(Clone)]
pub struct MysqlInbox(Database);

impl MysqlInbox {
    /// Creates the inbox in `database`, whose migrations must contain [`SCHEMA`].
    pub fn new(database: Database) -> Self {
        Self(database)
    }

    /// Records an event as done, in the transaction of its effect. Returns false if it was done or discarded before;
    /// then the effect must not be repeated. If two transactions process the same event, the second one waits here for
    /// the first.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn accept(work: &mut Write, event: &Event) -> Result<bool, StoreError> {
        // A plain INSERT that fails on a duplicate key takes a shared lock on the row, and two transactions that hold
        // it deadlock as soon as both update the row. ON DUPLICATE KEY UPDATE takes an exclusive lock. Since `tries`
        // always changes, the number of affected rows distinguishes the cases: 1 for an insertion, 2 for an update.
        let noted = sqlx::query(
            "INSERT INTO inbox (event_id, state, reason, received_at) VALUES (?, 'done', '', ?)
             ON DUPLICATE KEY UPDATE tries = tries + 1",
        )
        .bind(event.id.to_string())
        .bind(micros(event.time))
        .execute(&mut **work)
        .await?;
        if noted.rows_affected() == 1 {
            return Ok(true);
        }
        // The row exists already: the event may be processed only if it failed before and was not processed since.
        let failed_before = sqlx::query(
            "UPDATE inbox SET state = 'done', body = NULL, next_at = NULL
             WHERE event_id = ? AND state IN ('retrying', 'dead')",
        )
        .bind(event.id.to_string())
        .execute(&mut **work)
        .await?;
        Ok(failed_before.rows_affected() == 1)
    }
}

fn failure(row: &MySqlRow) -> Result<Failure, StoreError> {
    let tries: i64 = row.get("tries");
    Ok(Failure {
        event: serde_json::from_str(row.get("body"))?,
        tries: u32::try_from(tries).unwrap_or(u32::MAX),
        reason: row.get("reason"),
        received_at: moment(row.get("received_at"))?,
    })
}

#[async_trait]
impl Inbox for MysqlInbox {
    async fn fail(
        &self,
        event: &Event,
        reason: &str,
        counts: bool,
        next: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // MySQL deprecates `VALUES()`, but MariaDB does not have the row alias that replaces it. MySQL evaluates the
        // assignments from left to right. All conditions read the state, so it is assigned last.
        sqlx::query(
            "INSERT INTO inbox (event_id, state, body, tries, reason, next_at, received_at) VALUES (?, ?, ?, ?, ?, ?, ?)
             ON DUPLICATE KEY UPDATE
                 body = IF(state IN ('retrying', 'dead'), VALUES(body), body),
                 tries = IF(state IN ('retrying', 'dead'), tries + VALUES(tries), tries),
                 reason = IF(state IN ('retrying', 'dead'), VALUES(reason), reason),
                 next_at = IF(state IN ('retrying', 'dead'), VALUES(next_at), next_at),
                 state = IF(state IN ('retrying', 'dead'), VALUES(state), state)",
        )
        .bind(event.id.to_string())
        .bind(if next.is_some() { "retrying" } else { "dead" })
        .bind(serde_json::to_string(event)?)
        .bind(i64::from(counts))
        // In strict mode MySQL rejects a value that is too long, and the failure would not be stored at all.
        .bind(reason.chars().take(MAX_REASON_LENGTH).collect::<String>())
        .bind(next.map(micros))
        .bind(micros(now))
        .execute(self.0.pool())
        .await?;
        Ok(())
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Failure>, StoreError> {
        let rows =
            sqlx::query("SELECT * FROM inbox WHERE state = 'retrying' AND next_at <= ? ORDER BY next_at LIMIT ?")
                .bind(micros(now))
                .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                .fetch_all(self.0.pool())
                .await?;
        rows.iter().map(failure).collect()
    }

    async fn counts(&self) -> Result<InboxCounts, StoreError> {
        let count = async |state: &str| -> Result<u64, StoreError> {
            let number: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM inbox WHERE state = ?")
                .bind(state)
                .fetch_one(self.0.pool())
                .await?;
            Ok(u64::try_from(number).unwrap_or(0))
        };
        Ok(InboxCounts { retrying: count("retrying").await?, dead: count("dead").await? })
    }

    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut all = 0;
        loop {
            let gone = sqlx::query(
                // Event ids are UUIDv7, so the primary key is ordered by time and needs no further index.
                "DELETE FROM inbox WHERE event_id < ? AND state IN ('done', 'discarded') ORDER BY event_id LIMIT ?",
            )
            .bind(first_id_of(before))
            .bind(PURGE_BATCH_SIZE)
            .execute(self.0.pool())
            .await?
            .rows_affected();
            all += gone;
            if gone < PURGE_BATCH_SIZE {
                return Ok(all);
            }
        }
    }
}

#[async_trait]
impl DeadLetters for MysqlInbox {
    async fn dead_letters(&self, limit: usize) -> Result<Vec<Failure>, StoreError> {
        let rows = sqlx::query("SELECT * FROM inbox WHERE state = 'dead' ORDER BY received_at DESC LIMIT ?")
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(self.0.pool())
            .await?;
        rows.iter().map(failure).collect()
    }

    async fn dead_letter(&self, id: EventId) -> Result<Option<Failure>, StoreError> {
        let row = sqlx::query("SELECT * FROM inbox WHERE event_id = ? AND state = 'dead'")
            .bind(id.to_string())
            .fetch_optional(self.0.pool())
            .await?;
        row.as_ref().map(failure).transpose()
    }

    async fn replay(&self, id: EventId, now: Timestamp) -> Result<bool, StoreError> {
        let changed = sqlx::query(
            "UPDATE inbox SET state = 'retrying', tries = 0, next_at = ? WHERE event_id = ? AND state = 'dead'",
        )
        .bind(micros(now))
        .bind(id.to_string())
        .execute(self.0.pool())
        .await?;
        Ok(changed.rows_affected() == 1)
    }

    async fn discard(&self, id: EventId, reason: &str) -> Result<bool, StoreError> {
        let changed =
            sqlx::query("UPDATE inbox SET state = 'discarded', reason = ? WHERE event_id = ? AND state = 'dead'")
                .bind(reason.chars().take(MAX_REASON_LENGTH).collect::<String>())
                .bind(id.to_string())
                .execute(self.0.pool())
                .await?;
        Ok(changed.rows_affected() == 1)
    }
}
