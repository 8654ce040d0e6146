//! Stored webhooks and their delivery attempts.

use super::Store;
use chassis::StoreError;
use chassis::sqlite::{Write, micros, moment};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::Row;

/// A webhook to send, or a copy of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewWebhook {
    pub event_id: String,
    pub kind: &'static str,
    /// The merchant's reference of the payment.
    pub reference: String,
    pub body: String,
    /// Set for a copy with an invalid signature.
    pub invalid_signature: bool,
    pub created_at: Timestamp,
    pub due_at: Timestamp,
}

/// A webhook that is due.
#[derive(Debug, Clone)]
pub(crate) struct PendingWebhook {
    pub sequence: i64,
    pub body: String,
    pub invalid_signature: bool,
    pub created_at: Timestamp,
    /// The number of earlier attempts.
    pub tries: u32,
}

/// An attempt to deliver a webhook.
#[derive(Debug, Clone)]
pub(crate) struct DeliveryAttempt {
    pub sequence: i64,
    pub at: Timestamp,
    /// The response status, or the reason why there was none.
    pub response: String,
    /// The time of the next attempt, if there will be one.
    pub retry_at: Option<Timestamp>,
}

/// A delivery attempt of a webhook, for the control API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The id of the event, which copies share.
    pub event_id: String,
    /// The type of the event, such as `authorized`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The merchant's reference of the payment.
    pub reference: String,
    /// True if the signature was invalid on purpose.
    pub invalid_signature: bool,
    /// The time of the attempt.
    pub at: Timestamp,
    /// The response status, or the reason why there was none.
    pub response: String,
}

pub(super) async fn insert(work: &mut Write, webhooks: &[NewWebhook]) -> Result<(), StoreError> {
    for one in webhooks {
        // The columns have the names of the first schema, since existing migrations are never edited.
        sqlx::query(
            "INSERT INTO webhooks (event_id, type, reference, body, badly_signed, created_at, due_at)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&one.event_id)
        .bind(one.kind)
        .bind(&one.reference)
        .bind(&one.body)
        .bind(one.invalid_signature)
        .bind(micros(one.created_at))
        .bind(micros(one.due_at))
        .execute(&mut **work)
        .await?;
    }
    Ok(())
}

impl Store {
    /// Returns the webhooks that are due.
    pub(crate) async fn pending(&self, now: Timestamp, limit: usize) -> Result<Vec<PendingWebhook>, StoreError> {
        let rows = sqlx::query(
            "SELECT sequence, body, badly_signed, created_at, tries FROM webhooks
             WHERE due_at <= ? ORDER BY due_at, sequence LIMIT ?",
        )
        .bind(micros(now))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut *self.database.read().await?)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(PendingWebhook {
                    sequence: row.get("sequence"),
                    body: row.get("body"),
                    invalid_signature: row.get("badly_signed"),
                    created_at: moment(row.get("created_at"))?,
                    tries: row.get("tries"),
                })
            })
            .collect()
    }

    /// Records delivery attempts and schedules retries.
    pub(crate) async fn record_attempts(&self, attempts: &[DeliveryAttempt]) -> Result<(), StoreError> {
        let mut work = self.database.begin().await?;
        for one in attempts {
            sqlx::query("INSERT INTO deliveries (webhook, at, answer) VALUES (?, ?, ?)")
                .bind(one.sequence)
                .bind(micros(one.at))
                .bind(&one.response)
                .execute(&mut *work)
                .await?;
            sqlx::query("UPDATE webhooks SET tries = tries + 1, due_at = ? WHERE sequence = ?")
                .bind(one.retry_at.map(micros))
                .bind(one.sequence)
                .execute(&mut *work)
                .await?;
        }
        work.commit().await
    }

    /// Makes the webhooks due that were created since a time, and returns their number. Copies with an invalid signature
    /// are left out.
    pub(crate) async fn resend(&self, since: Timestamp, now: Timestamp) -> Result<u64, StoreError> {
        let due = sqlx::query("UPDATE webhooks SET tries = 0, due_at = ? WHERE created_at >= ? AND badly_signed = 0")
            .bind(micros(now))
            .bind(micros(since))
            .execute(&mut *self.database.write().await?)
            .await?;
        Ok(due.rows_affected())
    }

    /// Returns delivery attempts, the latest first.
    pub(crate) async fn deliveries(&self, limit: usize) -> Result<Vec<Delivery>, StoreError> {
        let rows = sqlx::query(
            "SELECT event_id, type, reference, badly_signed, at, answer
             FROM deliveries JOIN webhooks ON webhooks.sequence = deliveries.webhook
             ORDER BY deliveries.sequence DESC LIMIT ?",
        )
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut *self.database.read().await?)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Delivery {
                    event_id: row.get("event_id"),
                    kind: row.get("type"),
                    reference: row.get("reference"),
                    invalid_signature: row.get("badly_signed"),
                    at: moment(row.get("at"))?,
                    response: row.get("answer"),
                })
            })
            .collect()
    }
}
