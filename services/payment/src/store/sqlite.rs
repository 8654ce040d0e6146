//! The payment store in an SQLite file, flushed with every commit.

mod ledger;
mod schema;
mod transactions;
mod webhook_events;

use super::codec::{KeyRecord, has_events, lease_end, payment_from_document, row_limit};
use super::data_migration::TABLES;
use super::{
    Balance, BeginOutcome, Change, IdempotentRequest, PaymentStore, PayoutOutcome, StoredWebhookEvent,
    WebhookEventOutcome,
};
use crate::idempotency::KeyState;
use crate::payment::{Effects, Payment, State, WebhookEvent};
use async_trait::async_trait;
use chassis::data_migration::SqliteTables;
use chassis::health::{Check, CheckError, Connections};
use chassis::idempotency::IdempotencyScope;
use chassis::sqlite::{Database, Durability, Migration, Write, micros, parse};
use chassis::{Problem, StoreError, SystemContext};
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

/// The number of idempotency records deleted in one transaction. Small enough that checkouts hardly wait for the writer.
const PURGE_BATCH_SIZE: i64 = 1000;

/// The payment store in an SQLite file.
#[derive(Clone)]
pub struct SqlitePayments {
    database: Database,
    outbox: SqliteOutbox,
    system: SystemContext,
}

impl SqlitePayments {
    /// The schema migrations, in order.
    pub const MIGRATIONS: &'static [Migration] = schema::MIGRATIONS;

    /// Opens the file and migrates its schema.
    ///
    /// # Errors
    /// When the file cannot be opened or migrated.
    pub async fn open(path: &Path, system: SystemContext) -> Result<Self, StoreError> {
        // Flushes every commit, since an acknowledged payment must survive a power failure.
        let database = Database::open(path, Durability::PowerLoss, schema::MIGRATIONS).await?;
        Ok(Self { outbox: SqliteOutbox::new(database.clone()), database, system })
    }

    /// The tables for a data migration to another database.
    pub fn contents(&self) -> SqliteTables {
        SqliteTables::new(self.database.clone(), TABLES)
    }

    async fn write_change(
        &self,
        work: &mut Write,
        payment: &mut Payment,
        effects: &Effects,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if effects.receipt {
            transactions::issue_receipt(work, payment, now).await?;
        }
        // After the receipt, whose number is part of the document.
        transactions::upsert_payment(work, payment).await?;
        if let Some(placed) = &effects.placed {
            self.add_event(work, placed).await?;
        }
        if let Some(awaited) = &effects.transfer_awaited {
            self.add_event(work, awaited).await?;
        }
        for settled in &effects.settled {
            self.add_event(work, settled).await?;
        }
        for change in &effects.issues {
            self.add_event(work, &PaymentChanged { order_id: payment.order_id, change: *change }).await?;
        }
        for posting in &effects.postings {
            ledger::post(work, posting, &payment.order_id.to_string(), now).await?;
        }
        transactions::store_response(work, effects).await
    }

    async fn add_event<T: EventData>(&self, work: &mut Write, data: &T) -> Result<(), StoreError> {
        let event = Event::new(&self.system, "payment", data)?;
        self.outbox.add(work, &event).await
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
        // The lease in the condition makes sure that only one of several callers takes the request over.
        let updated = sqlx::query(
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
        if updated == 1 { Ok(KeyState::Resumed(parse(row.get("payment_id"))?)) } else { Ok(KeyState::InFlight) }
    }

    async fn begin(
        &self,
        mut payment: Payment,
        key: &IdempotentRequest,
        now: Timestamp,
    ) -> Result<BeginOutcome, StoreError> {
        let mut work = self.database.begin().await?;
        // The write lock is held from here on, so that this check and the insert below are atomic.
        let existing = sqlx::query("SELECT document FROM payments WHERE live_cart_id = ?")
            .bind(payment.cart.cart_id.to_string())
            .fetch_optional(&mut *work)
            .await?;
        if let Some(row) = existing {
            return Ok(BeginOutcome::Existing(Box::new(payment_from_document(row.get("document"))?)));
        }
        payment.order_number = transactions::next_number(&mut work, "order").await?.to_string();
        transactions::upsert_payment(&mut work, &payment).await?;
        transactions::insert_key(&mut work, payment.id, key, now).await?;
        work.commit().await?;
        Ok(BeginOutcome::New(Box::new(payment)))
    }

    async fn attach(&self, payment: PaymentId, key: &IdempotentRequest, now: Timestamp) -> Result<(), StoreError> {
        transactions::insert_key(&mut self.database.write().await?, payment, key, now).await
    }

    async fn release_key(&self, key: &IdempotencyScope) -> Result<(), StoreError> {
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
        let mut payment = payment_from_document(row.get("document"))?;
        let effects = match change(&mut payment) {
            Ok(effects) => effects,
            // Dropping the transaction rolls it back.
            Err(problem) => return Ok(Some(Err(problem))),
        };
        self.write_change(&mut work, &mut payment, &effects, now).await?;
        work.commit().await?;
        // After the commit, as the relay cannot see the events before.
        if has_events(&effects) {
            self.outbox.notify();
        }
        Ok(Some(Ok(payment)))
    }

    async fn find(&self, id: PaymentId) -> Result<Option<Payment>, StoreError> {
        let row = sqlx::query("SELECT document FROM payments WHERE id = ?")
            .bind(id.to_string())
            .fetch_optional(&mut *self.database.read().await?)
            .await?;
        row.map(|row| payment_from_document(row.get("document"))).transpose()
    }

    async fn find_by_order(&self, id: OrderId) -> Result<Option<Payment>, StoreError> {
        let row = sqlx::query("SELECT document FROM payments WHERE order_id = ?")
            .bind(id.to_string())
            .fetch_optional(&mut *self.database.read().await?)
            .await?;
        row.map(|row| payment_from_document(row.get("document"))).transpose()
    }

    async fn find_by_order_number(&self, number: &str) -> Result<Option<Payment>, StoreError> {
        let row = sqlx::query("SELECT document FROM payments WHERE json_extract(document, '$.order_number') = ?")
            .bind(number)
            .fetch_optional(&mut *self.database.read().await?)
            .await?;
        row.map(|row| payment_from_document(row.get("document"))).transpose()
    }

    async fn list_in_state(
        &self,
        state: State,
        after: Option<PaymentId>,
        limit: usize,
    ) -> Result<Vec<Payment>, StoreError> {
        let rows = sqlx::query("SELECT document FROM payments WHERE state = ? AND id > ? ORDER BY id LIMIT ?")
            .bind(state.as_str())
            // An empty string sorts before every id.
            .bind(after.map(|id| id.to_string()).unwrap_or_default())
            .bind(row_limit(limit))
            .fetch_all(&mut *self.database.read().await?)
            .await?;
        rows.iter().map(|row| payment_from_document(row.get("document"))).collect()
    }

    async fn list_due(&self, now: Timestamp, limit: usize) -> Result<Vec<PaymentId>, StoreError> {
        let rows = sqlx::query("SELECT id FROM payments WHERE due_at <= ? ORDER BY due_at LIMIT ?")
            .bind(micros(now))
            .bind(row_limit(limit))
            .fetch_all(&mut *self.database.read().await?)
            .await?;
        rows.iter().map(|row| parse(row.get("id"))).collect()
    }

    async fn list_scheduled(&self, limit: usize) -> Result<Vec<Payment>, StoreError> {
        let rows = sqlx::query("SELECT document FROM payments WHERE due_at IS NOT NULL ORDER BY due_at LIMIT ?")
            .bind(row_limit(limit))
            .fetch_all(&mut *self.database.read().await?)
            .await?;
        rows.iter().map(|row| payment_from_document(row.get("document"))).collect()
    }

    async fn list_after(&self, after: Option<PaymentId>, limit: usize) -> Result<Vec<Payment>, StoreError> {
        let rows = sqlx::query("SELECT document FROM payments WHERE id > ? ORDER BY id LIMIT ?")
            .bind(after.map(|id| id.to_string()).unwrap_or_default())
            .bind(row_limit(limit))
            .fetch_all(&mut *self.database.read().await?)
            .await?;
        rows.iter().map(|row| payment_from_document(row.get("document"))).collect()
    }

    async fn balances(&self) -> Result<Vec<Balance>, StoreError> {
        ledger::balances(&self.database).await
    }

    async fn daily_balances(&self, from: Date, until: Date) -> Result<Vec<(Date, Balance)>, StoreError> {
        ledger::daily_balances(&self.database, from, until).await
    }

    async fn record_payout(&self, payout: &PayoutReceived, now: Timestamp) -> Result<PayoutOutcome, StoreError> {
        ledger::record_payout(&self.database, payout, now).await
    }

    async fn store_webhook_event(
        &self,
        gateway: &str,
        webhook_event: &WebhookEvent,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        webhook_events::insert(&self.database, gateway, webhook_event, now).await
    }

    async fn due_webhook_events(&self, now: Timestamp, limit: usize) -> Result<Vec<StoredWebhookEvent>, StoreError> {
        webhook_events::due(&self.database, now, limit).await
    }

    async fn finish_webhook_event(
        &self,
        gateway: &str,
        id: &str,
        outcome: &WebhookEventOutcome,
    ) -> Result<(), StoreError> {
        webhook_events::store_outcome(&self.database, gateway, id, outcome, false).await.map(|_| ())
    }

    async fn resolve_webhook_event(
        &self,
        gateway: &str,
        id: &str,
        outcome: &WebhookEventOutcome,
    ) -> Result<bool, StoreError> {
        webhook_events::store_outcome(&self.database, gateway, id, outcome, true).await
    }

    async fn failed_webhook_events(&self, limit: usize) -> Result<Vec<StoredWebhookEvent>, StoreError> {
        webhook_events::failed(&self.database, limit).await
    }

    async fn purge_webhook_events(&self, before: Timestamp) -> Result<u64, StoreError> {
        webhook_events::purge(&self.database, before).await
    }

    fn outbox(&self) -> Arc<dyn Outbox> {
        Arc::new(self.outbox.clone())
    }

    async fn purge_keys(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut all = 0;
        loop {
            let deleted = sqlx::query(
                // The lease is compared as well: a request that was taken over recently is still in use.
                "DELETE FROM idempotency WHERE (owner, operation, key) IN (
                     SELECT owner, operation, key FROM idempotency
                     WHERE created_at < ?1 AND lease_until < ?1 ORDER BY created_at LIMIT ?2)",
            )
            .bind(micros(before))
            .bind(PURGE_BATCH_SIZE)
            .execute(&mut *self.database.write().await?)
            .await?
            .rows_affected();
            all += deleted;
            if deleted < PURGE_BATCH_SIZE.unsigned_abs() {
                return Ok(all);
            }
        }
    }
}

#[async_trait]
impl Check for SqlitePayments {
    async fn check(&self) -> Result<(), CheckError> {
        self.database.check().await
    }

    fn connections(&self) -> Option<Connections> {
        self.database.connections()
    }
}
