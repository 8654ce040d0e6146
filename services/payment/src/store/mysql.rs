//! Payments in a MySQL database.
//!
//! Locks are taken in one order: the payment, its request's record, ledger and outbox, and the row of a sequence last,
//! since all others wait for that one until the commit. Those who begin a payment take it first instead: they hold
//! nothing else before, and have to come one after the other anyway for their numbers to have no gaps.

mod books;
mod webhook_events;
mod schema;
mod writes;

use super::rows::{KeyRecord, bounded, lease_end, payment_of, state_name, tells};
use super::tables::MOVED;
use super::{Balance, Began, Change, KeptWebhookEvent, IdempotentRequest, WebhookEventEnd, PaymentStore, Recorded};
use crate::idempotency::KeyState;
use crate::payment::{Effects, WebhookEvent, Payment, State};
use async_trait::async_trait;
use chassis::health::Check;
use chassis::idempotency::IdempotencyScope;
use chassis::mysql::{ConnectionSettings, Database, Migration, Write, micros, parse};
use chassis::store::retry_transaction;
use chassis::data_migration::MysqlTables;
use chassis::{Problem, SystemContext, StoreError};
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

/// How many idempotency records are removed in one transaction.
const KEYS_AT_ONCE: u64 = 1000;

/// Payments in a MySQL database.
#[derive(Clone)]
pub struct MysqlPayments {
    database: Database,
    outbox: MysqlOutbox,
    system: SystemContext,
}

impl MysqlPayments {
    /// The steps of its schema, in order.
    pub const MIGRATIONS: &'static [Migration] = schema::MIGRATIONS;

    /// Opens payment's database.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn open(address: &ConnectionSettings, system: SystemContext) -> Result<Self, StoreError> {
        let database = Database::open(address, "payment", schema::MIGRATIONS).await?;
        Ok(Self { outbox: MysqlOutbox::new(database.clone()), database, system })
    }

    /// All that the store keeps, to be moved into another.
    pub fn contents(&self) -> MysqlTables {
        MysqlTables::new(self.database.clone(), MOVED)
    }

    async fn begin_once(&self, mut payment: Payment, key: &IdempotentRequest, now: Timestamp) -> Result<Began, StoreError> {
        let mut work = self.database.begin().await?;
        payment.order_number = writes::next(&mut work, "order").await?.to_string();
        // Nobody else begins a payment until this unit of work ends, so what is read now stays true. The number of one
        // that is not begun goes back with it.
        if let Some(existing) = of_cart(&mut *work, &payment).await? {
            work.rollback().await?;
            return Ok(Began::Existing(Box::new(existing)));
        }
        writes::insert(&mut work, &payment).await?;
        writes::keep_key(&mut *work, payment.id, key, now).await?;
        work.commit().await?;
        Ok(Began::New(Box::new(payment)))
    }

    /// Takes an interrupted request over, unless somebody else was faster.
    async fn take_over(&self, key: &IdempotencyScope, lease: i64, now: Timestamp) -> Result<bool, StoreError> {
        let taken = sqlx::query(
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
        Ok(taken.rows_affected() == 1)
    }

    async fn let_go_once(&self, key: &IdempotencyScope) -> Result<(), StoreError> {
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

    async fn keep(
        &self,
        work: &mut Write,
        payment: &mut Payment,
        effects: &Effects,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        writes::answer(work, effects).await?;
        books::post(work, &effects.postings, &payment.order_id.to_string(), now).await?;
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
        if effects.receipt {
            writes::receipt(work, payment, now).await?;
        }
        writes::update(work, payment).await
    }

    async fn tell<T: EventData>(&self, work: &mut Write, data: &T) -> Result<(), StoreError> {
        let event = Event::new(&self.system, "payment", data)?;
        self.outbox.add(work, &event).await
    }

    async fn forget_some_keys(&self, before: Timestamp) -> Result<u64, StoreError> {
        let gone =
            sqlx::query("DELETE FROM idempotency WHERE created_at < ? AND lease_until < ? ORDER BY created_at LIMIT ?")
                .bind(micros(before))
                .bind(micros(before))
                .bind(KEYS_AT_ONCE)
                .execute(self.database.pool())
                .await?;
        Ok(gone.rows_affected())
    }
}

/// The live or paid payment of the same cart.
async fn of_cart(connection: impl MySqlExecutor<'_>, payment: &Payment) -> Result<Option<Payment>, StoreError> {
    let row = sqlx::query("SELECT document FROM payments WHERE live_cart_id = ?")
        .bind(payment.cart.cart_id.to_string())
        .fetch_optional(connection)
        .await?;
    row.map(|row| payment_of(row.get("document"))).transpose()
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
        let taken = retry_transaction(|| self.take_over(&key.scope, lease, now)).await?;
        if taken { Ok(KeyState::Resumed(parse(row.get("payment_id"))?)) } else { Ok(KeyState::InFlight) }
    }

    async fn begin(&self, payment: Payment, key: &IdempotentRequest, now: Timestamp) -> Result<Began, StoreError> {
        // Most that find a payment in their cart need not wait for those who begin one.
        if let Some(existing) = of_cart(self.database.pool(), &payment).await? {
            return Ok(Began::Existing(Box::new(existing)));
        }
        retry_transaction(|| self.begin_once(payment.clone(), key, now)).await
    }

    async fn attach(&self, payment: PaymentId, key: &IdempotentRequest, now: Timestamp) -> Result<(), StoreError> {
        retry_transaction(|| writes::keep_key(self.database.pool(), payment, key, now)).await
    }

    async fn let_go(&self, key: &IdempotencyScope) -> Result<(), StoreError> {
        retry_transaction(|| self.let_go_once(key)).await
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
        row.map(|row| payment_of(row.get("document"))).transpose()
    }

    async fn of_order(&self, id: OrderId) -> Result<Option<Payment>, StoreError> {
        let row = sqlx::query("SELECT document FROM payments WHERE order_id = ?")
            .bind(id.to_string())
            .fetch_optional(self.database.pool())
            .await?;
        row.map(|row| payment_of(row.get("document"))).transpose()
    }

    async fn of_number(&self, number: &str) -> Result<Option<Payment>, StoreError> {
        let row = sqlx::query("SELECT document FROM payments WHERE order_number = ?")
            .bind(number)
            .fetch_optional(self.database.pool())
            .await?;
        row.map(|row| payment_of(row.get("document"))).transpose()
    }

    async fn in_state(&self, state: State, after: Option<PaymentId>, limit: usize) -> Result<Vec<Payment>, StoreError> {
        let rows = sqlx::query("SELECT document FROM payments WHERE state = ? AND id > ? ORDER BY id LIMIT ?")
            .bind(state_name(state))
            .bind(after.map(|id| id.to_string()).unwrap_or_default())
            .bind(bounded(limit))
            .fetch_all(self.database.pool())
            .await?;
        rows.iter().map(|row| payment_of(row.get("document"))).collect()
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<PaymentId>, StoreError> {
        let rows = sqlx::query("SELECT id FROM payments WHERE due_at <= ? ORDER BY due_at, id LIMIT ?")
            .bind(micros(now))
            .bind(bounded(limit))
            .fetch_all(self.database.pool())
            .await?;
        rows.iter().map(|row| parse(row.get("id"))).collect()
    }

    async fn after(&self, after: Option<PaymentId>, limit: usize) -> Result<Vec<Payment>, StoreError> {
        let rows = sqlx::query("SELECT document FROM payments WHERE id > ? ORDER BY id LIMIT ?")
            .bind(after.map(|id| id.to_string()).unwrap_or_default())
            .bind(bounded(limit))
            .fetch_all(self.database.pool())
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
            let gone = retry_transaction(|| self.forget_some_keys(before)).await?;
            all += gone;
            if gone < KEYS_AT_ONCE {
                return Ok(all);
            }
        }
    }
}

#[async_trait]
impl Check for MysqlPayments {
    async fn check(&self) -> Result<(), String> {
        self.database.check().await
    }
}
