//! Webhooks in the books: what is to be sent, and what came of it.

use super::Store;
use chassis::StoreError;
use chassis::sqlite::{Write, micros, moment};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::Row;

/// A webhook to be sent, or a copy of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outgoing {
    pub event_id: String,
    pub kind: &'static str,
    /// The merchant's reference of the payment.
    pub reference: String,
    pub body: String,
    /// Its signature is to be wrong.
    pub badly_signed: bool,
    pub created_at: Timestamp,
    pub due_at: Timestamp,
}

/// A webhook whose time has come.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub sequence: i64,
    pub body: String,
    pub badly_signed: bool,
    pub created_at: Timestamp,
    /// How often it was sent already.
    pub tries: u32,
}

/// What came of sending a webhook.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub sequence: i64,
    pub at: Timestamp,
    /// The status that answered, or why there was none.
    pub answer: String,
    /// When it is to be sent again, if it is.
    pub again: Option<Timestamp>,
}

/// A webhook that was sent, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The event's id; copies have the same.
    pub event_id: String,
    /// The event's type, such as `authorized`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The merchant's reference of the payment.
    pub reference: String,
    /// Whether its signature was wrong on purpose.
    pub badly_signed: bool,
    /// When it was sent.
    pub at: Timestamp,
    /// The status that answered, or why there was none.
    pub answer: String,
}

pub(super) async fn insert(work: &mut Write, outgoing: &[Outgoing]) -> Result<(), StoreError> {
    for one in outgoing {
        sqlx::query(
            "INSERT INTO webhooks (event_id, type, reference, body, badly_signed, created_at, due_at)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&one.event_id)
        .bind(one.kind)
        .bind(&one.reference)
        .bind(&one.body)
        .bind(one.badly_signed)
        .bind(micros(one.created_at))
        .bind(micros(one.due_at))
        .execute(&mut **work)
        .await?;
    }
    Ok(())
}

impl Store {
    /// The webhooks to be sent by now.
    pub(crate) async fn waiting(&self, now: Timestamp, limit: usize) -> Result<Vec<Waiting>, StoreError> {
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
                Ok(Waiting {
                    sequence: row.get("sequence"),
                    body: row.get("body"),
                    badly_signed: row.get("badly_signed"),
                    created_at: moment(row.get("created_at"))?,
                    tries: row.get("tries"),
                })
            })
            .collect()
    }

    /// Notes what came of sending these.
    pub(crate) async fn sent(&self, sent: &[Sent]) -> Result<(), StoreError> {
        let mut work = self.database.begin().await?;
        for one in sent {
            sqlx::query("INSERT INTO deliveries (webhook, at, answer) VALUES (?, ?, ?)")
                .bind(one.sequence)
                .bind(micros(one.at))
                .bind(&one.answer)
                .execute(&mut *work)
                .await?;
            sqlx::query("UPDATE webhooks SET tries = tries + 1, due_at = ? WHERE sequence = ?")
                .bind(one.again.map(micros))
                .bind(one.sequence)
                .execute(&mut *work)
                .await?;
        }
        work.commit().await
    }

    /// What was sent, the latest first.
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
                    badly_signed: row.get("badly_signed"),
                    at: moment(row.get("at"))?,
                    answer: row.get("answer"),
                })
            })
            .collect()
    }
}
