//! Payments in an SQLite file, flushed with every commit.

mod books;
mod webhook_events;
mod schema;

use super::rows::{KeyRecord, bounded, lease_end, live_cart, payment_of, receipt_name, state_name, tells};
use super::tables::MOVED;
use super::{Balance, Began, Change, KeptWebhookEvent, IdempotentRequest, WebhookEventEnd, PaymentStore, Recorded};
use crate::idempotency::KeyState;
use crate::payment::{Effects, WebhookEvent, Payment, State};
use async_trait::async_trait;
use chassis::health::Check;
use chassis::idempotency::IdempotencyScope;
use chassis::sqlite::{Database, Durability, Migration, Write, micros, parse};
use chassis::data_migration::SqliteTables;
use chassis::{Problem, SystemContext, StoreError};
use contracts::events::{EventData, PaymentChanged};
use contracts::payment::PayoutReceived;
use contracts::{OrderId, PaymentId};
use events::outbox::sqlite::SqliteOutbox;
use events::{Event, Outbox};
use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::Row;
use std::path::Path;
use std::sync::Arc;

/// How many idempotency records are removed in one transaction.
const KEYS_AT_ONCE: i64 = 1000;

/// Payments in an SQLite file.
#[derive(Clone)]
pub struct SqlitePayments {
    database: Database,
    outbox: SqliteOutbox,
    system: SystemContext,
}

impl SqlitePayments {
    /// The steps of its schema, in order.
    pub const MIGRATIONS: &'static [Migration] = schema::MIGRATIONS;

    /// Opens the file.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn open(path: &Path, system: SystemContext) -> Result<Self, StoreError> {
        let database = Database::open(path, Durability::PowerLoss, schema::MIGRATIONS).await?;
        Ok(Self { outbox: SqliteOutbox::new(database.clone()), database, system })
    }

    /// All that the store keeps, to be moved into another.
    pub fn contents(&self) -> SqliteTables {
        SqliteTables::new(self.database.clone(), MOVED)
    }

    async fn keep(
        &self,
        work: &mut Write,
        payment: &mut Payment,
        effects: &Effects,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if effects.receipt {
            let number = next(work, "receipt").await?;
            sqlx::query("INSERT INTO receipts (number, order_id, issued_at) VALUES (?, ?, ?)")
                .bind(number)
                .bind(payment.order_id.to_string())
                .bind(micros(now))
                .execute(&mut **work)
                .await?;
            payment.receipt_number = Some(receipt_name(number));
        }
        write(work, payment).await?;
        if let Some(placed) = &effects.placed {
            self.tell(work, placed).await?;
        }
        if let Some(awaited) = &effects.awaited {
            self.tell(work, awaited).await?;
        }
        for settled in &effects.settled {
            self.tell(work, settled).await?;
        }
        for change in &effects.changed {
            self.tell(work, &PaymentChanged { order_id: payment.order_id, change: *change }).await?;
        }
        for posting in &effects.postings {
            books::post(work, posting, &payment.order_id.to_string(), now).await?;
        }
        answer(work, effects).await
    }

    async fn tell<T: EventData>(&self, work: &mut Write, data: &T) -> Result<(), StoreError> {
        let event = Event::new(&self.system, "payment", data)?;
        self.outbox.add(work, &event).await
    }
}

async fn next(work: &mut Write, sequence: &'static str) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("UPDATE sequences SET value = value + 1 WHERE name = ? RETURNING value")
        .bind(sequence)
        .fetch_one(&mut **work)
        .await?)
}

async fn write(work: &mut Write, payment: &Payment) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO payments (id, order_id, live_cart_id, state, due_at, document) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (id) DO UPDATE SET live_cart_id = ?3, state = ?4, due_at = ?5, document = ?6",
    )
    .bind(payment.id.to_string())
    .bind(payment.order_id.to_string())
    .bind(live_cart(payment))
    .bind(state_name(payment.state))
    .bind(payment.due_at().map(micros))
    .bind(serde_json::to_string(payment)?)
    .execute(&mut **work)
    .await?;
    Ok(())
}

async fn answer(work: &mut Write, effects: &Effects) -> Result<(), StoreError> {
    let Some(answer) = &effects.answer else { return Ok(()) };
    sqlx::query(
        "UPDATE idempotency SET status = ?, body = ? WHERE owner = ? AND operation = ? AND key = ? AND status IS NULL",
    )
    .bind(answer.status)
    .bind(&answer.body)
    .bind(&answer.key.owner)
    .bind(answer.key.operation)
    .bind(&answer.key.key)
    .execute(&mut **work)
    .await?;
    Ok(())
}

async fn keep_key(work: &mut Write, payment: PaymentId, key: &IdempotentRequest, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO idempotency (owner, operation, key, body_digest, payment_id, lease_until, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&key.scope.owner)
    .bind(key.scope.operation)
    .bind(&key.scope.key)
    .bind(&key.body_digest)
    .bind(payment.to_string())
    .bind(lease_end(now))
    .bind(micros(now))
    .execute(&mut **work)
    .await?;
    Ok(())
}

/// A key that another request has just taken is a lost race, which the caller answers as in flight.
fn raced(error: StoreError) -> StoreError {
    match error {
        StoreError::Fault(cause) if cause.contains("UNIQUE constraint failed: idempotency") => StoreError::Conflict,
        other => other,
    }
}

#[async_trait]
impl PaymentStore for SqlitePayments {
    async fn look_up(&self, key: &IdempotentRequest, now: Timestamp) -> Result<KeyState, StoreError> {
        let row = sqlx::query("SELECT * FROM idempotency WHERE owner = ? AND operation = ? AND key = ?")
            .bind(&key.scope.owner)
            .bind(key.scope.operation)
            .bind(&key.scope.key)
            .fetch_optional(&mut *self.database.read().await?)
            .await?;
        let Some(row) = row else { return Ok(KeyState::Fresh) };
        let lease: i64 = row.get("lease_until");
        let record = KeyRecord {
            body_digest: row.get("body_digest"),
            status: row.get("status"),
            body: row.get("body"),
            lease_until: lease,
        };
        if let Some(state) = record.state(key, now) {
            return Ok(state);
        }
        let taken = sqlx::query(
            "UPDATE idempotency SET lease_until = ? WHERE owner = ? AND operation = ? AND key = ? AND lease_until = ?
             AND status IS NULL",
        )
        .bind(lease_end(now))
        .bind(&key.scope.owner)
        .bind(key.scope.operation)
        .bind(&key.scope.key)
        .bind(lease)
        .execute(&mut *self.database.write().await?)
        .await?
        .rows_affected();
        if taken == 1 { Ok(KeyState::Resumed(parse(row.get("payment_id"))?)) } else { Ok(KeyState::InFlight) }
    }

    async fn begin(&self, mut payment: Payment, key: &IdempotentRequest, now: Timestamp) -> Result<Began, StoreError> {
        let mut work = self.database.begin().await?;
        let existing = sqlx::query("SELECT document FROM payments WHERE live_cart_id = ?")
            .bind(payment.cart.cart_id.to_string())
            .fetch_optional(&mut *work)
            .await?;
        if let Some(row) = existing {
            return Ok(Began::Existing(Box::new(payment_of(row.get("document"))?)));
        }
        payment.order_number = next(&mut work, "order").await?.to_string();
        write(&mut work, &payment).await?;
        keep_key(&mut work, payment.id, key, now).await.map_err(raced)?;
        work.commit().await?;
        Ok(Began::New(Box::new(payment)))
    }

    async fn attach(&self, payment: PaymentId, key: &IdempotentRequest, now: Timestamp) -> Result<(), StoreError> {
        keep_key(&mut self.database.write().await?, payment, key, now).await.map_err(raced)
    }

    async fn let_go(&self, key: &IdempotencyScope) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE idempotency SET lease_until = 0 WHERE owner = ? AND operation = ? AND key = ? AND status IS NULL",
        )
        .bind(&key.owner)
        .bind(key.operation)
        .bind(&key.key)
        .execute(&mut *self.database.write().await?)
        .await?;
        Ok(())
    }

    async fn change(
        &self,
        id: PaymentId,
        now: Timestamp,
        change: Change<'_>,
    ) -> Result<Option<Result<Payment, Problem>>, StoreError> {
        let mut work = self.database.begin().await?;
        let row = sqlx::query("SELECT document FROM payments WHERE id = ?")
            .bind(id.to_string())
            .fetch_optional(&mut *work)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let mut payment = payment_of(row.get("document"))?;
        let effects = match change(&mut payment) {
            Ok(effects) => effects,
            Err(problem) => return Ok(Some(Err(problem))),
        };
        self.keep(&mut work, &mut payment, &effects, now).await?;
        work.commit().await?;
        if tells(&effects) {
            self.outbox.notify();
        }
        Ok(Some(Ok(payment)))
    }

    async fn find(&self, id: PaymentId) -> Result<Option<Payment>, StoreError> {
        let row = sqlx::query("SELECT document FROM payments WHERE id = ?")
            .bind(id.to_string())
            .fetch_optional(&mut *self.database.read().await?)
            .await?;
        row.map(|row| payment_of(row.get("document"))).transpose()
    }

    async fn of_order(&self, id: OrderId) -> Result<Option<Payment>, StoreError> {
        let row = sqlx::query("SELECT document FROM payments WHERE order_id = ?")
            .bind(id.to_string())
            .fetch_optional(&mut *self.database.read().await?)
            .await?;
        row.map(|row| payment_of(row.get("document"))).transpose()
    }

    async fn of_number(&self, number: &str) -> Result<Option<Payment>, StoreError> {
        let row = sqlx::query("SELECT document FROM payments WHERE json_extract(document, '$.order_number') = ?")
            .bind(number)
            .fetch_optional(&mut *self.database.read().await?)
            .await?;
        row.map(|row| payment_of(row.get("document"))).transpose()
    }

    async fn in_state(&self, state: State, after: Option<PaymentId>, limit: usize) -> Result<Vec<Payment>, StoreError> {
        let rows = sqlx::query("SELECT document FROM payments WHERE state = ? AND id > ? ORDER BY id LIMIT ?")
            .bind(state_name(state))
            .bind(after.map(|id| id.to_string()).unwrap_or_default())
            .bind(bounded(limit))
            .fetch_all(&mut *self.database.read().await?)
            .await?;
        rows.iter().map(|row| payment_of(row.get("document"))).collect()
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<PaymentId>, StoreError> {
        let rows = sqlx::query("SELECT id FROM payments WHERE due_at <= ? ORDER BY due_at LIMIT ?")
            .bind(micros(now))
            .bind(bounded(limit))
            .fetch_all(&mut *self.database.read().await?)
            .await?;
        rows.iter().map(|row| parse(row.get("id"))).collect()
    }

    async fn after(&self, after: Option<PaymentId>, limit: usize) -> Result<Vec<Payment>, StoreError> {
        let rows = sqlx::query("SELECT document FROM payments WHERE id > ? ORDER BY id LIMIT ?")
            .bind(after.map(|id| id.to_string()).unwrap_or_default())
            .bind(bounded(limit))
            .fetch_all(&mut *self.database.read().await?)
            .await?;
        rows.iter().map(|row| payment_of(row.get("document"))).collect()
    }

    async fn balances(&self) -> Result<Vec<Balance>, StoreError> {
        books::balances(&self.database).await
    }

    async fn days(&self, from: Date, until: Date) -> Result<Vec<(Date, Balance)>, StoreError> {
        books::days(&self.database, from, until).await
    }

    async fn record_payout(&self, payout: &PayoutReceived, now: Timestamp) -> Result<Recorded, StoreError> {
        books::record_payout(&self.database, payout, now).await
    }

    async fn store_webhook_event(&self, gateway: &str, webhook_event: &WebhookEvent, now: Timestamp) -> Result<(), StoreError> {
        webhook_events::keep(&self.database, gateway, webhook_event, now).await
    }

    async fn notices_due(&self, now: Timestamp, limit: usize) -> Result<Vec<KeptWebhookEvent>, StoreError> {
        webhook_events::due(&self.database, now, limit).await
    }

    async fn end_notice(&self, gateway: &str, id: &str, end: &WebhookEventEnd) -> Result<(), StoreError> {
        webhook_events::end(&self.database, gateway, id, end, false).await.map(|_| ())
    }

    async fn settle_webhook_event(&self, gateway: &str, id: &str, end: &WebhookEventEnd) -> Result<bool, StoreError> {
        webhook_events::end(&self.database, gateway, id, end, true).await
    }

    async fn notices_given_up(&self, limit: usize) -> Result<Vec<KeptWebhookEvent>, StoreError> {
        webhook_events::given_up(&self.database, limit).await
    }

    async fn forget_notices(&self, before: Timestamp) -> Result<u64, StoreError> {
        webhook_events::forget(&self.database, before).await
    }

    fn outbox(&self) -> Arc<dyn Outbox> {
        Arc::new(self.outbox.clone())
    }

    async fn forget_keys(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut all = 0;
        loop {
            let gone = sqlx::query(
                "DELETE FROM idempotency WHERE (owner, operation, key) IN (
                     SELECT owner, operation, key FROM idempotency
                     WHERE created_at < ?1 AND lease_until < ?1 ORDER BY created_at LIMIT ?2)",
            )
            .bind(micros(before))
            .bind(KEYS_AT_ONCE)
            .execute(&mut *self.database.write().await?)
            .await?
            .rows_affected();
            all += gone;
            if gone < KEYS_AT_ONCE.unsigned_abs() {
                return Ok(all);
            }
        }
    }
}

#[async_trait]
impl Check for SqlitePayments {
    async fn check(&self) -> Result<(), String> {
        self.database.check().await
    }
}
