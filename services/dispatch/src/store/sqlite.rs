//! Orders in an SQLite file, flushed with every commit.

mod schema;
mod writes;

use super::rows::{MAIL_TRIES, above, below, bounded, id_of, order_of, status_name};
use super::tables::MOVED;
use super::{Change, Claim, Command, OrderStore};
use crate::mail::{Mail, Notice, Writer};
use crate::order::{Effects, Order};
use async_trait::async_trait;
use chassis::health::Check;
use chassis::idempotency::{JsonResponse, IdempotentRequest, sqlite as answers};
use chassis::sqlite::{Database, Durability, Migration, Write, micros};
use chassis::data_migration::SqliteTables;
use chassis::{Problem, SystemContext, StoreError};
use contracts::dispatch::OrderStatus;
use contracts::{OrderId, Sku};
use events::inbox::sqlite::SqliteInbox;
use events::outbox::sqlite::SqliteOutbox;
use events::{Event, Outbox};
use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::path::Path;
use std::sync::Arc;
use writes::{mail_of, post, read};

/// Orders in an SQLite file.
#[derive(Clone)]
pub struct SqliteOrders {
    database: Database,
    outbox: SqliteOutbox,
    writer: Writer,
    system: SystemContext,
}

impl SqliteOrders {
    /// The steps of its schema, in order.
    pub const MIGRATIONS: &'static [Migration] = schema::MIGRATIONS;

    /// Opens the file; letters are written by `writer`.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn open(path: &Path, writer: Writer, system: SystemContext) -> Result<Self, StoreError> {
        let database = Database::open(path, Durability::PowerLoss, schema::MIGRATIONS).await?;
        Ok(Self { outbox: SqliteOutbox::new(database.clone()), database, writer, system })
    }

    /// All that the store keeps, to be moved into another.
    pub fn contents(&self) -> SqliteTables {
        SqliteTables::new(self.database.clone(), MOVED)
    }

    /// The inbox in the same file.
    pub fn inbox(&self) -> SqliteInbox {
        SqliteInbox::new(self.database.clone())
    }

    /// Keeps the order, which waited for some SKUs `before`, and what follows from its change. `lease` is until when
    /// somebody works on it, if this was a step.
    async fn keep(
        &self,
        work: &mut Write,
        order: &Order,
        before: &[Sku],
        effects: &Effects,
        lease: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let letters: i64 = sqlx::query_scalar(
            "INSERT INTO orders (id, owner, status, due_at, document, letters) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (id) DO UPDATE SET status = ?3, due_at = ?4, document = ?5, letters = letters + ?6,
                 lease_until = coalesce(?7, lease_until), steps = steps + (?7 IS NOT NULL)
             RETURNING letters",
        )
        .bind(order.id().to_string())
        .bind(&order.record.owner)
        .bind(status_name(order.status()))
        .bind(order.due_at().map(micros))
        .bind(serde_json::to_string(order)?)
        .bind(i64::try_from(effects.letters.len()).unwrap_or(i64::MAX))
        .bind(lease.map(micros))
        .fetch_one(&mut **work)
        .await?;
        let first = usize::try_from(letters).unwrap_or(0).saturating_sub(effects.letters.len());
        for (place, letter) in effects.letters.iter().enumerate() {
            let mail = self.writer.write(order, letter, first + place + 1, now);
            post(work, &mail).await?;
        }
        writes::keep_waits(work, order.id(), before, &order.waits_for).await?;
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
}

#[async_trait]
impl OrderStore for SqliteOrders {
    async fn place(&self, event: &Event, order: &Order, effects: &Effects, now: Timestamp) -> Result<(), StoreError> {
        let mut work = self.database.begin().await?;
        let fresh = SqliteInbox::accept(&mut work, event).await?;
        if !fresh || read(&mut work, order.id()).await?.is_some() {
            return Ok(());
        }
        self.keep(&mut work, order, &[], effects, None, now).await?;
        self.commit(work, effects).await
    }

    async fn on_event(&self, event: &Event, id: OrderId, now: Timestamp, change: Change<'_>) -> Result<(), StoreError> {
        let mut work = self.database.begin().await?;
        if !SqliteInbox::accept(&mut work, event).await? {
            return Ok(());
        }
        let Claim { mut order, .. } = read(&mut work, id).await?.ok_or(StoreError::Conflict)?;
        let before = order.waits_for.clone();
        let effects = match change(&mut order) {
            Ok(effects) => effects,
            Err(problem) => return Err(StoreError::Fault(problem.to_string())),
        };
        self.keep(&mut work, &order, &before, &effects, None, now).await?;
        self.commit(work, &effects).await
    }

    async fn change(
        &self,
        id: OrderId,
        now: Timestamp,
        change: Change<'_>,
    ) -> Result<Option<Result<Order, Problem>>, StoreError> {
        let mut work = self.database.begin().await?;
        let Some(Claim { mut order, .. }) = read(&mut work, id).await? else { return Ok(None) };
        let before = order.waits_for.clone();
        let effects = match change(&mut order) {
            Ok(effects) => effects,
            Err(problem) => return Ok(Some(Err(problem))),
        };
        self.keep(&mut work, &order, &before, &effects, None, now).await?;
        self.commit(work, &effects).await?;
        Ok(Some(Ok(order)))
    }

    async fn command(
        &self,
        id: OrderId,
        key: &IdempotentRequest,
        now: Timestamp,
        command: Command<'_>,
    ) -> Result<Option<Result<JsonResponse, Problem>>, StoreError> {
        let mut work = self.database.begin().await?;
        let Some(Claim { mut order, .. }) = read(&mut work, id).await? else { return Ok(None) };
        if let Some(kept) = answers::find(&mut work, &key.scope).await? {
            return Ok(Some(kept.replay(key)));
        }
        let before = order.waits_for.clone();
        let (effects, answer) = match command(&mut order) {
            Ok(done) => done,
            Err(problem) => return Ok(Some(Err(problem))),
        };
        self.keep(&mut work, &order, &before, &effects, None, now).await?;
        answers::keep(&mut work, key, &answer, now).await?;
        self.commit(work, &effects).await?;
        Ok(Some(Ok(answer)))
    }

    async fn forget_answers(&self, before: Timestamp) -> Result<u64, StoreError> {
        answers::forget(&self.database, before).await
    }

    async fn heard(&self, event: &Event, notice: Option<&Notice>, now: Timestamp) -> Result<(), StoreError> {
        let mut work = self.database.begin().await?;
        if !SqliteInbox::accept(&mut work, event).await? {
            return Ok(());
        }
        if let Some(notice) = notice {
            post(&mut work, &self.writer.notify(event.id, notice, now)).await?;
        }
        work.commit().await
    }

    async fn waiting_for(&self, sku: &Sku, after: Option<OrderId>, limit: usize) -> Result<Vec<OrderId>, StoreError> {
        let ids: Vec<String> = sqlx::query_scalar(
            "SELECT order_id FROM stock_waits WHERE sku = ? AND order_id > ? ORDER BY order_id LIMIT ?",
        )
        .bind(sku.as_str())
        .bind(above(after))
        .bind(bounded(limit))
        .fetch_all(&mut *self.database.read().await?)
        .await?;
        ids.iter().map(|id| id_of(id)).collect()
    }

    async fn claim(&self, now: Timestamp, until: Timestamp, limit: usize) -> Result<Vec<Claim>, StoreError> {
        // Looked for without the writer's lock first: most of the time there is nothing.
        let due: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM orders WHERE due_at <= ?1 AND lease_until <= ?1 ORDER BY due_at LIMIT ?2",
        )
        .bind(micros(now))
        .bind(bounded(limit))
        .fetch_all(&mut *self.database.read().await?)
        .await?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let rows = sqlx::query(
            "UPDATE orders SET fence = fence + 1, lease_until = ?1
             WHERE id IN (SELECT value FROM json_each(?2)) AND due_at <= ?3 AND lease_until <= ?3
             RETURNING document, fence, steps",
        )
        .bind(micros(until))
        .bind(serde_json::to_string(&due)?)
        .bind(micros(now))
        .fetch_all(&mut *self.database.write().await?)
        .await?;
        let claimed = |row: &SqliteRow| {
            let order = order_of(row.get("document"))?;
            Ok(Claim { order, fence: row.get("fence"), steps: row.get("steps"), until })
        };
        rows.iter().map(claimed).collect()
    }

    async fn advance(
        &self,
        claim: &Claim,
        now: Timestamp,
        until: Timestamp,
        change: Change<'_>,
    ) -> Result<Claim, StoreError> {
        let mut work = self.database.begin().await?;
        let Claim { mut order, fence, steps, until: lease } =
            read(&mut work, claim.order.id()).await?.ok_or(StoreError::Conflict)?;
        if fence != claim.fence || !(claim.steps..=claim.steps + 1).contains(&steps) {
            return Err(StoreError::Conflict);
        }
        if steps > claim.steps {
            return Ok(Claim { order, fence, steps, until: lease });
        }
        let before = order.waits_for.clone();
        let effects = change(&mut order).map_err(|problem| StoreError::Fault(problem.to_string()))?;
        let until = if order.due_at().is_some_and(|due| due <= now) { until } else { now };
        self.keep(&mut work, &order, &before, &effects, Some(until), now).await?;
        self.commit(work, &effects).await?;
        Ok(Claim { order, fence, steps: steps + 1, until })
    }

    async fn find(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        let row = sqlx::query("SELECT document FROM orders WHERE id = ?")
            .bind(id.to_string())
            .fetch_optional(&mut *self.database.read().await?)
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
        // Ids grow with time, so the newest come first; each of the four has an index of its own.
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
        let rows = query.bind(below(before)).bind(bounded(limit)).fetch_all(&mut *self.database.read().await?).await?;
        rows.iter().map(|row| order_of(row.get("document"))).collect()
    }

    async fn claim_mails(&self, now: Timestamp, until: Timestamp, limit: usize) -> Result<Vec<Mail>, StoreError> {
        // Looked for without the writer's lock first: most of the time there is nothing.
        let due: Vec<String> = sqlx::query_scalar("SELECT id FROM mails WHERE due_at <= ? ORDER BY due_at, id LIMIT ?")
            .bind(micros(now))
            .bind(bounded(limit))
            .fetch_all(&mut *self.database.read().await?)
            .await?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let rows = sqlx::query(
            "UPDATE mails SET due_at = ?1 WHERE id IN (SELECT value FROM json_each(?2)) AND due_at <= ?3 RETURNING *",
        )
        .bind(micros(until))
        .bind(serde_json::to_string(&due)?)
        .bind(micros(now))
        .fetch_all(&mut *self.database.write().await?)
        .await?;
        rows.iter().map(mail_of).collect()
    }

    async fn mail_sent(&self, id: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE mails SET due_at = NULL, reason = NULL WHERE id = ?")
            .bind(id)
            .execute(&mut *self.database.write().await?)
            .await?;
        Ok(())
    }

    async fn mail_failed(&self, id: &str, reason: &str, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE mails SET tries = tries + 1, reason = ?1,
                 due_at = CASE WHEN tries + 1 >= ?2 THEN NULL ELSE ?3 + min(3600, 10 << min(tries, 9)) * 1000000 END
             WHERE id = ?4",
        )
        .bind(reason)
        .bind(MAIL_TRIES)
        .bind(micros(now))
        .bind(id)
        .execute(&mut *self.database.write().await?)
        .await?;
        Ok(())
    }

    async fn mails(&self, limit: usize) -> Result<Vec<Mail>, StoreError> {
        let rows = sqlx::query("SELECT * FROM mails ORDER BY at DESC LIMIT ?")
            .bind(bounded(limit))
            .fetch_all(&mut *self.database.read().await?)
            .await?;
        rows.iter().map(mail_of).collect()
    }

    fn outbox(&self) -> Arc<dyn Outbox> {
        Arc::new(self.outbox.clone())
    }
}

#[async_trait]
impl Check for SqliteOrders {
    async fn check(&self) -> Result<(), String> {
        self.database.check().await
    }
}
