//! Webhook events in a MySQL database.

use crate::payment::WebhookEvent;
use crate::store::codec::row_limit;
use crate::store::{StoredWebhookEvent, WebhookEventOutcome};
use chassis::StoreError;
use chassis::mysql::{Database, micros, moment};
use jiff::Timestamp;
use sqlx::Row;
use sqlx::mysql::MySqlRow;

/// Inserts an event, unless it was delivered before.
pub async fn insert(
    database: &Database,
    gateway: &str,
    webhook_event: &WebhookEvent,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        // A repeated delivery keeps the state and time of the first one.
        "INSERT INTO notices (gateway, id, body, received_at, due_at) VALUES (?, ?, ?, ?, ?)
         ON DUPLICATE KEY UPDATE received_at = notices.received_at",
    )
    .bind(gateway)
    .bind(&webhook_event.id)
    .bind(serde_json::to_string(webhook_event)?)
    .bind(micros(now))
    .bind(micros(now))
    .execute(database.pool())
    .await?;
    Ok(())
}

fn stored(row: &MySqlRow) -> Result<StoredWebhookEvent, StoreError> {
    Ok(StoredWebhookEvent {
        gateway: row.get("gateway"),
        webhook_event: serde_json::from_str(row.get("body"))?,
        received_at: moment(row.get("received_at"))?,
        tries: row.get("tries"),
        reason: row.get("reason"),
    })
}

/// Lists events that are due for processing.
pub async fn due(database: &Database, now: Timestamp, limit: usize) -> Result<Vec<StoredWebhookEvent>, StoreError> {
    let rows = sqlx::query("SELECT * FROM notices WHERE due_at <= ? ORDER BY due_at LIMIT ?")
        .bind(micros(now))
        .bind(row_limit(limit))
        .fetch_all(database.pool())
        .await?;
    rows.iter().map(stored).collect()
}

/// Stores an outcome; with `failed_only`, only for a failed event. Returns false if no event matches.
pub async fn store_outcome(
    database: &Database,
    gateway: &str,
    id: &str,
    outcome: &WebhookEventOutcome,
    failed_only: bool,
) -> Result<bool, StoreError> {
    // `given_up >= false` matches every event, `given_up >= true` only failed ones.
    let updated = sqlx::query(
        "UPDATE notices SET due_at = ?, reason = ?, given_up = ?, tries = tries + 1
         WHERE gateway = ? AND id = ? AND given_up >= ?",
    )
    .bind(outcome.due_at().map(micros))
    .bind(outcome.reason())
    .bind(outcome.is_failed())
    .bind(gateway)
    .bind(id)
    .bind(failed_only)
    .execute(database.pool())
    .await?;
    Ok(updated.rows_affected() > 0)
}

/// Lists failed events, the newest first.
pub async fn failed(database: &Database, limit: usize) -> Result<Vec<StoredWebhookEvent>, StoreError> {
    let rows = sqlx::query("SELECT * FROM notices WHERE given_up = 1 ORDER BY received_at DESC LIMIT ?")
        .bind(row_limit(limit))
        .fetch_all(database.pool())
        .await?;
    rows.iter().map(stored).collect()
}

/// Deletes events that need no more processing.
pub async fn purge(database: &Database, before: Timestamp) -> Result<u64, StoreError> {
    // Failed events are kept until staff have decided about them.
    let deleted = sqlx::query("DELETE FROM notices WHERE received_at < ? AND due_at IS NULL AND given_up = 0")
        .bind(micros(before))
        .execute(database.pool())
        .await?;
    Ok(deleted.rows_affected())
}
