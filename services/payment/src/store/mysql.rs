//! The payment store in a MySQL database.
//!
//! To avoid deadlocks, every transaction takes its locks in the same order: the payment, its request's record, ledger and
//! outbox, and the row of a sequence last, since all other writers wait for that one until the commit. `begin` locks the
//! sequence first instead: it holds no other lock by then, and order numbers without gaps need serial execution anyway.

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
use chassis::data_migration::MysqlTables;
use chassis::health::{Check, CheckError, Connections};
use chassis::idempotency::IdempotencyScope;
use chassis::mysql::{ConnectionSettings, Database, Migration, Write, micros, parse};
use chassis::store::retry_transaction;
use chassis::{Problem, StoreError, SystemContext};
use contracts::events::{EventData, PaymentChanged};
use contracts::payment::PayoutReceived;
use contracts::{OrderId, PaymentId};
use events::outbox::mysql::MysqlOutbox;
use events::{Event, Outbox};
use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::Row;
use sqlx::mysql::MySqlExecutor;
use std::sync::Arc;

/// The number of idempotency records deleted in one transaction. Small enough that locks are held briefly.
const PURGE_BATCH_SIZE: u64 = 1000;

/// The payment store in a MySQL database.
#[derive(Clone)]
pub struct MysqlPayments {
    database: Database,
    outbox: MysqlOutbox,
    system: SystemContext,
}

impl MysqlPayments {
    /// The schema migrations, in order.
    pub const MIGRATIONS: &'static [Migration] = schema::MIGRATIONS;

    /// Opens the service's database and migrates its schema.
    ///
    /// # Errors
    /// When the database cannot be opened or migrated.
    pub async fn open(connection: &ConnectionSettings, system: SystemContext) -> Result<Self, StoreError> {
        let database = Database::open(connection, "payment", schema::MIGRATIONS).await?;
        Ok(Self { outbox: MysqlOutbox::new(database.clone()), database, system })
    }

    /// The tables for a data migration to another database.
    pub fn contents(&self) -> MysqlTables {
        MysqlTables::new(self.database.clone(), TABLES)
    }

    async fn begin_once(
        &self,
        mut payment: Payment,
        key: &IdempotentRequest,
        now: Timestamp,
    ) -> Result<BeginOutcome, StoreError> {
        let mut work = self.database.begin().await?;
        payment.order_number = transactions::next_number(&mut work, "order").await?.to_string();
        // The sequence row is locked until the transaction ends, so no other payment can begin and this read stays valid.
        // A rollback returns the number.
        if let Some(existing) = find_by_cart(&mut *work, &payment).await? {
            work.rollback().await?;
            return Ok(BeginOutcome::Existing(Box::new(existing)));
        }
        transactions::insert_payment(&mut work, &payment).await?;
        transactions::insert_key(&mut *work, payment.id, key, now).await?;
        work.commit().await?;
        Ok(BeginOutcome::New(Box::new(payment)))
    }

    /// Takes over an interrupted request; returns false if another caller was faster.
    async fn take_over(&self, key: &IdempotencyScope, lease: i64, now: Timestamp) -> Result<bool, StoreError> {
        let updated = sqlx::query(
            "UPDATE idempotency SET lease_until = ?
             WHERE owner = ? AND operation = ? AND `key` = ? AND lease_until = ? AND status IS NULL",
        )
        .bind(lease_end(now))
        .bind(&key.owner)
        .bind(key.operation)
        .bind(&key.key)
        .bind(lease)
        .execute(self.database.pool())
        .await?;
        Ok(updated.rows_affected() == 1)
    }

    async fn release_key_once(&self, key: &IdempotencyScope) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE idempotency SET lease_until = 0
             WHERE owner = ? AND operation = ? AND `key` = ? AND status IS NULL",
        )
        .bind(&key.owner)
        .bind(key.operation)
        .bind(&key.key)
        .execute(self.database.pool())
        .await?;
        Ok(())
    }

    async fn change_once(
        &self,
        id: PaymentId,
        now: Timestamp,
        change: Change<'_>,
    ) -> Result<Option<Result<Payment, Problem>>, StoreError> {
        let mut work = self.database.begin().await?;
        let row = sqlx::query("SELECT document FROM payments WHERE id = ? FOR UPDATE")
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

    async fn write_change(
        &self,
        work: &mut Write,
        payment: &mut Payment,
        effects: &Effects,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        transactions::store_response(work, effects).await?;
        ledger::post(work, &effects.postings, &payment.order_id.to_string(), now).await?;
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
        if effects.receipt {
            transactions::issue_receipt(work, payment, now).await?;
        }
        transactions::update_payment(work, payment).await
    }

    async fn add_event<T: EventData>(&self, work: &mut Write, data: &T) -> Result<(), StoreError> {
        let event = Event::new(&self.system, "payment", data)?;
        self.outbox.add(work, &event).await
    }

    async fn purge_key_batch(&self, before: Timestamp) -> Result<u64, StoreError> {
        let deleted =
            // The lease is compared as well: a request that was taken over recently is still in use.
            sqlx::query("DELETE FROM idempotency WHERE created_at < ? AND lease_until < ? ORDER BY created_at LIMIT ?")
                .bind(micros(before))
                .bind(micros(before))
                .bind(PURGE_BATCH_SIZE)
                .execute(self.database.pool())
                .await?;
        Ok(deleted.rows_affected())
    }
}

/// Finds the live or paid payment of the same cart.
async fn find_by_cart(connection: impl MySqlExecutor<'_>, payment: &Payment) -> Result<Option<Payment>, StoreError> {
    let row = sqlx::query("SELECT document FROM payments WHERE live_cart_id = ?")
        .bind(payment.cart.cart_id.to_string())
        .fetch_optional(connection)
        .await?;
    row.map(|row| payment_from_document(row.get("document"))).transpose()
}

#[async_trait]
impl PaymentStore for MysqlPayments {
    async fn look_up(&self, key: &IdempotentRequest, now: Timestamp) -> Result<KeyState, StoreError> {
        let row = sqlx::query("SELECT * FROM idempotency WHERE owner = ? AND operation = ? AND `key` = ?")
            .bind(&key.scope.owner)
            .bind(key.scope.operation)
            .bind(&key.scope.key)
            .fetch_optional(self.database.pool())
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
        let taken_over = retry_transaction(|| self.take_over(&key.scope, lease, now)).await?;
        if taken_over { Ok(KeyState::Resumed(parse(row.get("payment_id"))?)) } else { Ok(KeyState::InFlight) }
    }

    async fn begin(
        &self,
        payment: Payment,
        key: &IdempotentRequest,
        now: Timestamp,
    ) -> Result<BeginOutcome, StoreError> {
        // Without a lock first: callers whose cart has a payment need not wait for the sequence.
        if let Some(existing) = find_by_cart(self.database.pool(), &payment).await? {
            return Ok(BeginOutcome::Existing(Box::new(existing)));
        }
        retry_transaction(|| self.begin_once(payment.clone(), key, now)).await
    }

    async fn attach(&self, payment: PaymentId, key: &IdempotentRequest, now: Timestamp) -> Result<(), StoreError> {
        retry_transaction(|| transactions::insert_key(self.database.pool(), payment, key, now)).await
    }

    async fn release_key(&self, key: &IdempotencyScope) -> Result<(), StoreError> {
        retry_transaction(|| self.release_key_once(key)).await
    }

    async fn change(
        &self,
        id: PaymentId,
        now: Timestamp,
        change: Change<'_>,
    ) -> Result<Option<Result<Payment, Problem>>, StoreError> {
        retry_transaction(|| self.change_once(id, now, change)).await
    }

    async fn find(&self, id: PaymentId) -> Result<Option<Payment>, StoreError> {
        let row = sqlx::query("SELECT document FROM payments WHERE id = ?")
            .bind(id.to_string())
            .fetch_optional(self.database.pool())
            .await?;
        row.map(|row| payment_from_document(row.get("document"))).transpose()
    }

    async fn find_by_order(&self, id: OrderId) -> Result<Option<Payment>, StoreError> {
        let row = sqlx::query("SELECT document FROM payments WHERE order_id = ?")
            .bind(id.to_string())
            .fetch_optional(self.database.pool())
            .await?;
        row.map(|row| payment_from_document(row.get("document"))).transpose()
    }

    async fn find_by_order_number(&self, number: &str) -> Result<Option<Payment>, StoreError> {
        let row = sqlx::query("SELECT document FROM payments WHERE order_number = ?")
            .bind(number)
            .fetch_optional(self.database.pool())
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
            .fetch_all(self.database.pool())
            .await?;
        rows.iter().map(|row| payment_from_document(row.get("document"))).collect()
    }

    async fn list_due(&self, now: Timestamp, limit: usize) -> Result<Vec<PaymentId>, StoreError> {
        let rows = sqlx::query("SELECT id FROM payments WHERE due_at <= ? ORDER BY due_at, id LIMIT ?")
            .bind(micros(now))
            .bind(row_limit(limit))
            .fetch_all(self.database.pool())
            .await?;
        rows.iter().map(|row| parse(row.get("id"))).collect()
    }

    async fn list_scheduled(&self, limit: usize) -> Result<Vec<Payment>, StoreError> {
        let rows = sqlx::query("SELECT document FROM payments WHERE due_at IS NOT NULL ORDER BY due_at LIMIT ?")
            .bind(row_limit(limit))
            .fetch_all(self.database.pool())
            .await?;
        rows.iter().map(|row| payment_from_document(row.get("document"))).collect()
    }

    async fn list_after(&self, after: Option<PaymentId>, limit: usize) -> Result<Vec<Payment>, StoreError> {
        let rows = sqlx::query("SELECT document FROM payments WHERE id > ? ORDER BY id LIMIT ?")
            .bind(after.map(|id| id.to_string()).unwrap_or_default())
            .bind(row_limit(limit))
            .fetch_all(self.database.pool())
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
            let deleted = retry_transaction(|| self.purge_key_batch(before)).await?;
            all += deleted;
            if deleted < PURGE_BATCH_SIZE {
                return Ok(all);
            }
        }
    }
}

#[async_trait]
impl Check for MysqlPayments {
    async fn check(&self) -> Result<(), CheckError> {
        self.database.check().await
    }

    fn connections(&self) -> Option<Connections> {
        self.database.connections()
    }
}
