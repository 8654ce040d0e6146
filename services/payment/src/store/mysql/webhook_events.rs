//! Notices of gateways in a MySQL database.

use crate::payment::WebhookEvent;
use crate::store::rows::bounded;
use crate::store::{KeptWebhookEvent, WebhookEventEnd};
use chassis::StoreError;
use chassis::mysql::{Database, micros, moment};
use jiff::Timestamp;
use sqlx::Row;
use sqlx::mysql::MySqlRow;

/// Keeps a notice, unless it is there.
pub async fn keep(database: &Database, gateway: &str, webhook_event: &WebhookEvent, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
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

fn kept(row: &MySqlRow) -> Result<KeptWebhookEvent, StoreError> {
    Ok(KeptWebhookEvent {
        gateway: row.get("gateway"),
        webhook_event: serde_json::from_str(row.get("body"))?,
        received_at: moment(row.get("received_at"))?,
        tries: row.get("tries"),
        reason: row.get("reason"),
    })
}

/// Notices to be taken in.
pub async fn due(database: &Database, now: Timestamp, limit: usize) -> Result<Vec<KeptWebhookEvent>, StoreError> {
    let rows = sqlx::query("SELECT * FROM notices WHERE due_at <= ? ORDER BY due_at LIMIT ?")
        .bind(micros(now))
        .bind(bounded(limit))
        .fetch_all(database.pool())
        .await?;
    rows.iter().map(kept).collect()
}

/// Keeps what became of a notice, or of one that was given up alone; whether it is there.
pub async fn end(
    database: &Database,
    gateway: &str,
    id: &str,
    end: &WebhookEventEnd,
    given_up: bool,
) -> Result<bool, StoreError> {
    let ended = sqlx::query(
        "UPDATE notices SET due_at = ?, reason = ?, given_up = ?, tries = tries + 1
         WHERE gateway = ? AND id = ? AND given_up >= ?",
    )
    .bind(end.due_at().map(micros))
    .bind(end.reason())
    .bind(end.is_given_up())
    .bind(gateway)
    .bind(id)
    .bind(given_up)
    .execute(database.pool())
    .await?;
    Ok(ended.rows_affected() > 0)
}

/// Notices that could not be taken in.
pub async fn given_up(database: &Database, limit: usize) -> Result<Vec<KeptWebhookEvent>, StoreError> {
    let rows = sqlx::query("SELECT * FROM notices WHERE given_up = 1 ORDER BY received_at DESC LIMIT ?")
        .bind(bounded(limit))
        .fetch_all(database.pool())
        .await?;
    rows.iter().map(kept).collect()
}

/// Forgets notices that were taken in.
pub async fn forget(database: &Database, before: Timestamp) -> Result<u64, StoreError> {
    let gone = sqlx::query("DELETE FROM notices WHERE received_at < ? AND due_at IS NULL AND given_up = 0")
        .bind(micros(before))
        .execute(database.pool())
        .await?;
    Ok(gone.rows_affected())
}
