//! Orders in a MySQL database.
//!
//! Locks are taken in one order: the event in the inbox, the order, its letters, what it waits for, the outbox, the answer. Workers wait for nobody
//! when they claim.

mod schema;
mod writes;

use super::rows::{MAIL_TRIES, above, below, bounded, id_of, order_of, status_name};
use super::tables::MOVED;
use super::{Change, Claim, Command, OrderStore};
use crate::mail::{Mail, Notice, Writer};
use crate::order::{Effects, Order};
use async_trait::async_trait;
use chassis::health::Check;
use chassis::idempotency::{JsonResponse, IdempotentRequest, mysql as answers};
use chassis::mysql::{ConnectionSettings, Database, Migration, Write, micros};
use chassis::store::{is_duplicate, retry_transaction};
use chassis::data_migration::MysqlTables;
use chassis::{Problem, SystemContext, StoreError};
use contracts::dispatch::OrderStatus;
use contracts::{OrderId, Sku};
use events::inbox::mysql::MysqlInbox;
use events::outbox::mysql::MysqlOutbox;
use events::{Event, Outbox};
use jiff::Timestamp;
use sqlx::Row;
use std::sync::Arc;
use writes::Locked;

/// Orders in a MySQL database.
#[derive(Clone)]
pub struct MysqlOrders {
    database: Database,
    outbox: MysqlOutbox,
    writer: Writer,
    system: SystemContext,
}

impl MysqlOrders {
    /// The steps of its schema, in order.
    pub const MIGRATIONS: &'static [Migration] = schema::MIGRATIONS;

    /// Opens dispatch's database; letters are written by `writer`.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn open(address: &ConnectionSettings, writer: Writer, system: SystemContext) -> Result<Self, StoreError> {
        let database = Database::open(address, "dispatch", schema::MIGRATIONS).await?;
        Ok(Self { outbox: MysqlOutbox::new(database.clone()), database, writer, system })
    }

    /// All that the store keeps, to be moved into another.
    pub fn contents(&self) -> MysqlTables {
        MysqlTables::new(self.database.clone(), MOVED)
    }

    /// The inbox in the same database.
    pub fn inbox(&self) -> MysqlInbox {
        MysqlInbox::new(self.database.clone())
    }

    async fn place_once(
        &self,
        event: &Event,
        order: &Order,
        effects: &Effects,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut work = self.database.begin().await?;
        let fresh = MysqlInbox::accept(&mut work, event).await?;
        if !fresh || writes::lock(&mut work, order.id()).await?.is_some() {
            return Ok(());
        }
        match writes::insert(&mut work, order, count(effects)).await {
            // Another event has just begun it.
            Err(error) if is_duplicate(&error) => return Ok(()),
            inserted => inserted?,
        }
        self.follow(&mut work, order, effects, 0, now).await?;
        self.commit(work, effects).await
    }

    async fn on_event_once(
        &self,
        event: &Event,
        id: OrderId,
        now: Timestamp,
        change: Change<'_>,
    ) -> Result<(), StoreError> {
        let mut work = self.database.begin().await?;
        if !MysqlInbox::accept(&mut work, event).await? {
            return Ok(());
        }
        let mut locked = writes::lock(&mut work, id).await?.ok_or(StoreError::Conflict)?;
        let effects = change(&mut locked.order).map_err(|problem| StoreError::Fault(problem.to_string()))?;
        self.keep(&mut work, &locked, &effects, None, now).await?;
        self.commit(work, &effects).await
    }

    async fn change_once(
        &self,
        id: OrderId,
        now: Timestamp,
        change: Change<'_>,
    ) -> Result<Option<Result<Order, Problem>>, StoreError> {
        let mut work = self.database.begin().await?;
        let Some(mut locked) = writes::lock(&mut work, id).await? else { return Ok(None) };
        let effects = match change(&mut locked.order) {
            Ok(effects) => effects,
            Err(problem) => return Ok(Some(Err(problem))),
        };
        self.keep(&mut work, &locked, &effects, None, now).await?;
        self.commit(work, &effects).await?;
        Ok(Some(Ok(locked.order)))
    }

    async fn command_once(
        &self,
        id: OrderId,
        key: &IdempotentRequest,
        now: Timestamp,
        command: Command<'_>,
    ) -> Result<Option<Result<JsonResponse, Problem>>, StoreError> {
        let mut work = self.database.begin().await?;
        let Some(mut locked) = writes::lock(&mut work, id).await? else { return Ok(None) };
        if let Some(kept) = answers::find(&mut work, &key.scope).await? {
            return Ok(Some(kept.replay(key)));
        }
        let (effects, answer) = match command(&mut locked.order) {
            Ok(done) => done,
            Err(problem) => return Ok(Some(Err(problem))),
        };
        self.keep(&mut work, &locked, &effects, None, now).await?;
        answers::keep(&mut work, key, &answer, now).await?;
        self.commit(work, &effects).await?;
        Ok(Some(Ok(answer)))
    }

    async fn heard_once(&self, event: &Event, notice: Option<&Notice>, now: Timestamp) -> Result<(), StoreError> {
        let mut work = self.database.begin().await?;
        if !MysqlInbox::accept(&mut work, event).await? {
            return Ok(());
        }
        if let Some(notice) = notice {
            writes::post(&mut work, &[self.writer.notify(event.id, notice, now)]).await?;
        }
        Ok(work.commit().await?)
    }

    async fn claim_once(&self, now: Timestamp, until: Timestamp, limit: usize) -> Result<Vec<Claim>, StoreError> {
        let mut work = self.database.begin().await?;
        let claims = writes::claim(&mut work, now, until, limit).await?;
        work.commit().await?;
        Ok(claims)
    }

    async fn advance_once(
        &self,
        claim: &Claim,
        now: Timestamp,
        until: Timestamp,
        change: Change<'_>,
    ) -> Result<Claim, StoreError> {
        let mut work = self.database.begin().await?;
        let mut locked = writes::lock(&mut work, claim.order.id()).await?.ok_or(StoreError::Conflict)?;
        let Locked { fence, steps, until: lease, .. } = locked;
        if fence != claim.fence || !(claim.steps..=claim.steps + 1).contains(&steps) {
            return Err(StoreError::Conflict);
        }
        if steps > claim.steps {
            return Ok(Claim { order: locked.order, fence, steps, until: lease });
        }
        let effects = change(&mut locked.order).map_err(|problem| StoreError::Fault(problem.to_string()))?;
        let until = if locked.order.due_at().is_some_and(|due| due <= now) { until } else { now };
        self.keep(&mut work, &locked, &effects, Some(until), now).await?;
        self.commit(work, &effects).await?;
        Ok(Claim { order: locked.order, fence, steps: steps + 1, until })
    }

    /// Keeps an order that was changed, and what follows from that.
    async fn keep(
        &self,
        work: &mut Write,
        locked: &Locked,
        effects: &Effects,
        lease: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        writes::update(work, &locked.order, locked.letters + count(effects), lease).await?;
        writes::keep_waits(work, locked.order.id(), &locked.waited, &locked.order.waits_for).await?;
        self.follow(work, &locked.order, effects, locked.letters, now).await
    }

    /// Keeps what follows from a change to an order about which `before` letters were written.
    async fn follow(
        &self,
        work: &mut Write,
        order: &Order,
        effects: &Effects,
        before: i64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let before = usize::try_from(before).unwrap_or(0);
        let letters = effects.letters.iter().enumerate();
        let mails: Vec<Mail> =
            letters.map(|(place, letter)| self.writer.write(order, letter, before + place + 1, now)).collect();
        writes::post(work, &mails).await?;
        if let Some(delivered) = &effects.delivered {
            let event = Event::new(&self.system, "dispatch", delivered)?;
            self.outbox.add(work, &event).await?;
        }
        Ok(())
    }

    async fn commit(&self, work: Write, effects: &Effects) -> Result<(), StoreError> {
        work.commit().await?;
        if effects.delivered.is_some() {
            self.outbox.notify();
        }
        Ok(())
    }

    async fn claim_mails_once(&self, now: Timestamp, until: Timestamp, limit: usize) -> Result<Vec<Mail>, StoreError> {
        let mut work = self.database.begin().await?;
        let mails = writes::claim_mails(&mut work, now, until, limit).await?;
        work.commit().await?;
        Ok(mails)
    }

    async fn mail_failed_once(&self, id: &str, reason: &str, now: Timestamp) -> Result<(), StoreError> {
        // Assignments take effect from left to right, so the tries, which the moment is made of, are counted after it.
        sqlx::query(
            "UPDATE mails SET
                 due_at = CASE WHEN tries + 1 >= ? THEN NULL
                               ELSE ? + CAST(least(3600, 10 << least(tries, 9)) AS SIGNED) * 1000000 END,
                 tries = tries + 1, reason = ?
             WHERE id = ?",
        )
        .bind(MAIL_TRIES)
        .bind(micros(now))
        .bind(reason)
        .bind(id)
        .execute(self.database.pool())
        .await?;
        Ok(())
    }

    async fn mail_sent_once(&self, id: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE mails SET due_at = NULL, reason = NULL WHERE id = ?")
            .bind(id)
            .execute(self.database.pool())
            .await?;
        Ok(())
    }
}

fn count(effects: &Effects) -> i64 {
    i64::try_from(effects.letters.len()).unwrap_or(i64::MAX)
}

#[async_trait]
impl OrderStore for MysqlOrders {
    async fn place(&self, event: &Event, order: &Order, effects: &Effects, now: Timestamp) -> Result<(), StoreError> {
        retry_transaction(|| self.place_once(event, order, effects, now)).await
    }

    async fn on_event(&self, event: &Event, id: OrderId, now: Timestamp, change: Change<'_>) -> Result<(), StoreError> {
        retry_transaction(|| self.on_event_once(event, id, now, change)).await
    }

    async fn change(
        &self,
        id: OrderId,
        now: Timestamp,
        change: Change<'_>,
    ) -> Result<Option<Result<Order, Problem>>, StoreError> {
        retry_transaction(|| self.change_once(id, now, change)).await
    }

    async fn command(
        &self,
        id: OrderId,
        key: &IdempotentRequest,
        now: Timestamp,
        command: Command<'_>,
    ) -> Result<Option<Result<JsonResponse, Problem>>, StoreError> {
        retry_transaction(|| self.command_once(id, key, now, command)).await
    }

    async fn forget_answers(&self, before: Timestamp) -> Result<u64, StoreError> {
        answers::forget(&self.database, before).await
    }

    async fn heard(&self, event: &Event, notice: Option<&Notice>, now: Timestamp) -> Result<(), StoreError> {
        retry_transaction(|| self.heard_once(event, notice, now)).await
    }

    async fn waiting_for(&self, sku: &Sku, after: Option<OrderId>, limit: usize) -> Result<Vec<OrderId>, StoreError> {
        let ids: Vec<String> = sqlx::query_scalar(
            "SELECT order_id FROM stock_waits WHERE sku = ? AND order_id > ? ORDER BY order_id LIMIT ?",
        )
        .bind(sku.as_str())
        .bind(above(after))
        .bind(bounded(limit))
        .fetch_all(self.database.pool())
        .await?;
        ids.iter().map(|id| id_of(id)).collect()
    }

    async fn claim(&self, now: Timestamp, until: Timestamp, limit: usize) -> Result<Vec<Claim>, StoreError> {
        // Looked for without a lock first: most of the time there is nothing.
        let due = sqlx::query("SELECT 1 FROM orders WHERE due_at <= ? AND lease_until <= ? LIMIT 1")
            .bind(micros(now))
            .bind(micros(now))
            .fetch_optional(self.database.pool())
            .await?;
        if due.is_none() {
            return Ok(Vec::new());
        }
        retry_transaction(|| self.claim_once(now, until, limit)).await
    }

    async fn advance(
        &self,
        claim: &Claim,
        now: Timestamp,
        until: Timestamp,
        change: Change<'_>,
    ) -> Result<Claim, StoreError> {
        retry_transaction(|| self.advance_once(claim, now, until, change)).await
    }

    async fn find(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        let row = sqlx::query("SELECT document FROM orders WHERE id = ?")
            .bind(id.to_string())
            .fetch_optional(self.database.pool())
            .await?;
        row.map(|row| order_of(row.get("document"))).transpose()
    }

    async fn list(
        &self,
        owner: Option<&str>,
        status: Option<OrderStatus>,
        before: Option<OrderId>,
        limit: usize,
    ) -> Result<Vec<Order>, StoreError> {
        // Ids grow with time, so the newest come first.
        let status = status.map(status_name);
        let query = match (owner, &status) {
            (Some(owner), Some(status)) => sqlx::query(
                "SELECT document FROM orders WHERE owner = ? AND status = ? AND id < ? ORDER BY id DESC LIMIT ?",
            )
            .bind(owner)
            .bind(status),
            (Some(owner), None) => {
                sqlx::query("SELECT document FROM orders WHERE owner = ? AND id < ? ORDER BY id DESC LIMIT ?")
                    .bind(owner)
            }
            (None, Some(status)) => {
                sqlx::query("SELECT document FROM orders WHERE status = ? AND id < ? ORDER BY id DESC LIMIT ?")
                    .bind(status)
            }
            (None, None) => sqlx::query("SELECT document FROM orders WHERE id < ? ORDER BY id DESC LIMIT ?"),
        };
        let rows = query.bind(below(before)).bind(bounded(limit)).fetch_all(self.database.pool()).await?;
        rows.iter().map(|row| order_of(row.get("document"))).collect()
    }

    async fn claim_mails(&self, now: Timestamp, until: Timestamp, limit: usize) -> Result<Vec<Mail>, StoreError> {
        // Looked for without a lock first: most of the time there is nothing.
        let due = sqlx::query("SELECT 1 FROM mails WHERE due_at <= ? LIMIT 1")
            .bind(micros(now))
            .fetch_optional(self.database.pool())
            .await?;
        if due.is_none() {
            return Ok(Vec::new());
        }
        retry_transaction(|| self.claim_mails_once(now, until, limit)).await
    }

    async fn mail_sent(&self, id: &str) -> Result<(), StoreError> {
        retry_transaction(|| self.mail_sent_once(id)).await
    }

    async fn mail_failed(&self, id: &str, reason: &str, now: Timestamp) -> Result<(), StoreError> {
        retry_transaction(|| self.mail_failed_once(id, reason, now)).await
    }

    async fn mails(&self, limit: usize) -> Result<Vec<Mail>, StoreError> {
        let rows = sqlx::query("SELECT * FROM mails ORDER BY at DESC, id DESC LIMIT ?")
            .bind(bounded(limit))
            .fetch_all(self.database.pool())
            .await?;
        rows.iter().map(writes::mail_of).collect()
    }

    fn outbox(&self) -> Arc<dyn Outbox> {
        Arc::new(self.outbox.clone())
    }
}

#[async_trait]
impl Check for MysqlOrders {
    async fn check(&self) -> Result<(), String> {
        self.database.check().await
    }
}
