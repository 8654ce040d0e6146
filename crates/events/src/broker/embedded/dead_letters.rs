//! The messages of the embedded broker that no consumer could decode.

use super::EmbeddedBroker;
use crate::broker::dead_message::DeadMessage;
use crate::{DeadLetters, Failure};
use async_trait::async_trait;
use chassis::StoreError;
use contracts::EventId;
use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

fn failure(row: &SqliteRow) -> Failure {
    let (queue, body, reason): (&str, &str, &str) = (row.get("queue"), row.get("body"), row.get("reason"));
    let message = DeadMessage {
        body: body.as_bytes(),
        kind: "unknown",
        // The file does not have the time, and these messages are too rare for a column of their own.
        received_at: Timestamp::UNIX_EPOCH,
        reason: format!("{queue} cannot decode the message: {reason}"),
    };
    message.into_failure()
}

impl EmbeddedBroker {
    async fn undecodable(&self) -> Result<Vec<SqliteRow>, StoreError> {
        let rows = sqlx::query("SELECT id, queue, body, reason FROM undecodable ORDER BY id DESC")
            .fetch_all(&mut *self.database.read().await?)
            .await?;
        Ok(rows)
    }

    /// Deletes the messages with this id, and puts them back into their queues before if `replay` is true. Returns false
    /// if there are none.
    async fn settle(&self, id: EventId, replay: bool) -> Result<bool, StoreError> {
        let rows = self.undecodable().await?;
        let mut transaction = self.database.begin().await?;
        let mut queues = Vec::new();
        for row in rows.iter().filter(|row| failure(row).event.id == id) {
            let (key, queue): (i64, String) = (row.get("id"), row.get("queue"));
            let deleted =
                sqlx::query("DELETE FROM undecodable WHERE id = ?").bind(key).execute(&mut *transaction).await?;
            // Another command may have settled it since it was read.
            if deleted.rows_affected() == 0 {
                continue;
            }
            if replay {
                sqlx::query("INSERT INTO messages (queue, body) VALUES (?, ?)")
                    .bind(&queue)
                    .bind(row.get::<String, _>("body"))
                    .execute(&mut *transaction)
                    .await?;
            }
            queues.push(queue);
        }
        transaction.commit().await?;
        for queue in queues.iter().filter_map(|name| self.queues.get(name.as_str())) {
            queue.arrived.notify_waiters();
        }
        Ok(!queues.is_empty())
    }
}

#[async_trait]
impl DeadLetters for EmbeddedBroker {
    async fn dead_letters(&self, limit: usize) -> Result<Vec<Failure>, StoreError> {
        Ok(self.undecodable().await?.iter().take(limit).map(failure).collect())
    }

    async fn dead_letter(&self, id: EventId) -> Result<Option<Failure>, StoreError> {
        Ok(self.undecodable().await?.iter().map(failure).find(|failure| failure.event.id == id))
    }

    async fn replay(&self, id: EventId, _: Timestamp) -> Result<bool, StoreError> {
        self.settle(id, true).await
    }

    async fn discard(&self, id: EventId, reason: &str) -> Result<bool, StoreError> {
        let found = self.settle(id, false).await?;
        if found {
            tracing::info!(event_id = %id, reason, "a dead letter of the broker was discarded");
        }
        Ok(found)
    }
}
