//! Orders in an SQLite file. Every commit is flushed to disk.

mod queries;
mod schema;

use super::codec::{MAX_MAIL_TRIES, lower_bound, mail_count, order_from, row_limit};
use super::data_migration::MIGRATED_TABLES;
use super::{Change, Claim, Command, OpenOrders, OrderFilter, OrderStore, search};
use crate::mail::{EmailRenderer, FailedMessage, Message, Notification};
use crate::order::{Effects, Order};
use async_trait::async_trait;
use chassis::data_migration::SqliteTables;
use chassis::health::{Check, CheckError, Connections};
use chassis::idempotency::{IdempotentRequest, JsonResponse, sqlite as responses};
use chassis::sqlite::{Database, Durability, Migration, Write, micros, parse};
use chassis::{Problem, StoreError, SystemContext};
use contracts::dispatch::MessageChannel;
use contracts::{OrderId, Sku};
use events::inbox::sqlite::SqliteInbox;
use events::outbox::sqlite::SqliteOutbox;
use events::{Event, Outbox};
use jiff::Timestamp;
use queries::{insert_message, message_from, read_order};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::path::Path;
use std::sync::Arc;

/// The store of orders in an SQLite file.
#[derive(Clone)]
pub struct SqliteOrders {
    database: Database,
    outbox: SqliteOutbox,
    renderer: EmailRenderer,
    system: SystemContext,
}

impl SqliteOrders {
    /// The migrations of the schema, in the order in which they run.
    pub const MIGRATIONS: &'static [Migration] = schema::MIGRATIONS;

    /// Opens the file, and creates it when it is missing.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub async fn open(path: &Path, renderer: EmailRenderer, system: SystemContext) -> Result<Self, StoreError> {
        let database = Database::open(path, Durability::PowerLoss, schema::MIGRATIONS).await?;
        Ok(Self { outbox: SqliteOutbox::new(database.clone()), database, renderer, system })
    }

    /// Returns the tables for a data migration.
    pub fn contents(&self) -> SqliteTables {
        SqliteTables::new(self.database.clone(), MIGRATED_TABLES)
    }

    /// Returns the inbox in the same file.
    pub fn inbox(&self) -> SqliteInbox {
        SqliteInbox::new(self.database.clone())
    }

    /// Saves an order that waited for the SKUs `before`, with its emails and events. `lease` is the new end of its claim,
    /// if a step is saved.
    async fn save(
        &self,
        transaction: &mut Write,
        order: &Order,
        before: &[Sku],
        effects: &Effects,
        lease: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mails = self.renderer.count(effects);
        let written: i64 = sqlx::query_scalar(
            "INSERT INTO orders (id, owner, status, due_at, document, letters) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (id) DO UPDATE SET status = ?3, due_at = ?4, document = ?5, letters = letters + ?6,
                 lease_until = coalesce(?7, lease_until), steps = steps + (?7 IS NOT NULL)
             RETURNING letters",
        )
        .bind(order.id().to_string())
        .bind(&order.record.owner)
        .bind(order.status().as_str())
        .bind(order.due_at().map(micros))
        .bind(serde_json::to_string(order)?)
        .bind(mail_count(mails))
        .bind(lease.map(micros))
        .fetch_one(&mut **transaction)
        .await?;
        // The count goes on from the emails before, so that each email of the order has its own Message-ID.
        let written_before = usize::try_from(written).unwrap_or(0).saturating_sub(mails);
        for mail in self.renderer.render(order, effects, written_before, now) {
            insert_message(transaction, &mail).await?;
        }
        queries::update_awaited_skus(transaction, order.id(), before, &order.awaited_skus).await?;
        if let Some(delivered) = &effects.delivered {
            let event = Event::new(&self.system, "dispatch", delivered)?;
            self.outbox.add(transaction, &event).await?;
        }
        Ok(())
    }

    async fn commit(&self, transaction: Write, effects: &Effects) -> Result<(), StoreError> {
        transaction.commit().await?;
        // After the commit: the relay must find the event when it wakes.
        if effects.delivered.is_some() {
            self.outbox.notify();
        }
        Ok(())
    }
}

#[async_trait]
impl OrderStore for SqliteOrders {
    async fn place(&self, event: &Event, order: &Order, effects: &Effects, now: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        let fresh = SqliteInbox::accept(&mut transaction, event).await?;
        // The event was received before, or another event has placed the order.
        if !fresh || read_order(&mut transaction, order.id()).await?.is_some() {
            return Ok(());
        }
        self.save(&mut transaction, order, &[], effects, None, now).await?;
        queries::insert_terms(&mut transaction, order).await?;
        self.commit(transaction, effects).await
    }

    async fn on_event(
        &self,
        event: &Event,
        id: OrderId,
        now: Timestamp,
        change: Change<'_>,
    ) -> Result<Option<Order>, StoreError> {
        let mut transaction = self.database.begin().await?;
        if !SqliteInbox::accept(&mut transaction, event).await? {
            return Ok(None);
        }
        let Claim { mut order, .. } = read_order(&mut transaction, id).await?.ok_or(StoreError::Conflict)?;
        let before = order.awaited_skus.clone();
        let effects = change(&mut order).map_err(|problem| StoreError::Fault(problem.to_string()))?;
        self.save(&mut transaction, &order, &before, &effects, None, now).await?;
        self.commit(transaction, &effects).await?;
        Ok(Some(order))
    }

    async fn change(
        &self,
        id: OrderId,
        now: Timestamp,
        change: Change<'_>,
    ) -> Result<Option<Result<Order, Problem>>, StoreError> {
        let mut transaction = self.database.begin().await?;
        let Some(Claim { mut order, .. }) = read_order(&mut transaction, id).await? else { return Ok(None) };
        let before = order.awaited_skus.clone();
        let effects = match change(&mut order) {
            Ok(effects) => effects,
            Err(problem) => return Ok(Some(Err(problem))),
        };
        self.save(&mut transaction, &order, &before, &effects, None, now).await?;
        self.commit(transaction, &effects).await?;
        Ok(Some(Ok(order)))
    }

    async fn command(
        &self,
        id: OrderId,
        key: &IdempotentRequest,
        now: Timestamp,
        command: Command<'_>,
    ) -> Result<Option<Result<JsonResponse, Problem>>, StoreError> {
        let mut transaction = self.database.begin().await?;
        let Some(Claim { mut order, .. }) = read_order(&mut transaction, id).await? else { return Ok(None) };
        // Read within the write transaction, so that two requests with one key cannot both be carried out.
        if let Some(stored) = responses::find(&mut transaction, &key.scope).await? {
            return Ok(Some(stored.replay(key)));
        }
        let before = order.awaited_skus.clone();
        let (effects, response) = match command(&mut order) {
            Ok(changed) => changed,
            Err(problem) => return Ok(Some(Err(problem))),
        };
        self.save(&mut transaction, &order, &before, &effects, None, now).await?;
        responses::keep(&mut transaction, key, &response, now).await?;
        self.commit(transaction, &effects).await?;
        Ok(Some(Ok(response)))
    }

    async fn purge_responses(&self, before: Timestamp) -> Result<u64, StoreError> {
        responses::purge(&self.database, before).await
    }

    async fn record_event(
        &self,
        event: &Event,
        notification: Option<&Notification>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        if !SqliteInbox::accept(&mut transaction, event).await? {
            return Ok(());
        }
        if let Some(notification) = notification {
            insert_message(&mut transaction, &self.renderer.render_notification(event.id, notification, now)).await?;
        }
        transaction.commit().await
    }

    async fn orders_awaiting(
        &self,
        sku: &Sku,
        after: Option<OrderId>,
        limit: usize,
    ) -> Result<Vec<OrderId>, StoreError> {
        let ids: Vec<String> = sqlx::query_scalar(
            "SELECT order_id FROM stock_waits WHERE sku = ? AND order_id > ? ORDER BY order_id LIMIT ?",
        )
        .bind(sku.as_str())
        .bind(lower_bound(after))
        .bind(row_limit(limit))
        .fetch_all(&mut *self.database.read().await?)
        .await?;
        ids.iter().map(|id| parse(id)).collect()
    }

    async fn claim(&self, now: Timestamp, until: Timestamp, limit: usize) -> Result<Vec<Claim>, StoreError> {
        // Read without the write lock first, because most of the time nothing is due.
        let due: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM orders WHERE due_at <= ?1 AND lease_until <= ?1 ORDER BY due_at LIMIT ?2",
        )
        .bind(micros(now))
        .bind(row_limit(limit))
        .fetch_all(&mut *self.database.read().await?)
        .await?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let rows = sqlx::query(
            // The conditions are repeated, because another worker may have claimed an order since it was read.
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
            let order = order_from(row.get("document"))?;
            Ok(Claim { order, fence: row.get("fence"), steps: row.get("steps"), until })
        };
        rows.iter().map(claimed).collect()
    }

    async fn save_step(
        &self,
        claim: &Claim,
        now: Timestamp,
        until: Timestamp,
        change: Change<'_>,
    ) -> Result<Claim, StoreError> {
        let mut transaction = self.database.begin().await?;
        let Claim { mut order, fence, steps, until: lease } =
            read_order(&mut transaction, claim.order.id()).await?.ok_or(StoreError::Conflict)?;
        // Another worker has claimed the order since, or has saved more than this step.
        if fence != claim.fence || !(claim.steps..=claim.steps + 1).contains(&steps) {
            return Err(StoreError::Conflict);
        }
        // The step was saved before, and only the response was lost.
        if steps > claim.steps {
            return Ok(Claim { order, fence, steps, until: lease });
        }
        let before = order.awaited_skus.clone();
        let effects = change(&mut order).map_err(|problem| StoreError::Fault(problem.to_string()))?;
        let until = if order.due_at().is_some_and(|due| due <= now) { until } else { now };
        self.save(&mut transaction, &order, &before, &effects, Some(until), now).await?;
        self.commit(transaction, &effects).await?;
        Ok(Claim { order, fence, steps: steps + 1, until })
    }

    async fn find(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        let row = sqlx::query("SELECT document FROM orders WHERE id = ?")
            .bind(id.to_string())
            .fetch_optional(&mut *self.database.read().await?)
            .await?;
        row.map(|row| order_from(row.get("document"))).transpose()
    }

    async fn find_all(&self, ids: &[OrderId]) -> Result<Vec<Order>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut query = search::find_statement::<sqlx::Sqlite>(ids);
        let rows = query.build().fetch_all(&mut *self.database.read().await?).await?;
        rows.iter().map(|row| order_from(row.get("document"))).collect()
    }

    async fn list(
        &self,
        filter: &OrderFilter,
        before: Option<OrderId>,
        limit: usize,
    ) -> Result<Vec<Order>, StoreError> {
        let mut query = search::list_statement::<sqlx::Sqlite>(filter, before, limit);
        let rows = query.build().fetch_all(&mut *self.database.read().await?).await?;
        rows.iter().map(|row| order_from(row.get("document"))).collect()
    }

    async fn claim_messages(
        &self,
        channel: MessageChannel,
        now: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Message>, StoreError> {
        // Read without the write lock first, because most of the time nothing is due.
        let due: Vec<String> =
            sqlx::query_scalar("SELECT id FROM mails WHERE channel = ? AND due_at <= ? ORDER BY due_at, id LIMIT ?")
                .bind(channel.as_str())
                .bind(micros(now))
                .bind(row_limit(limit))
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
        rows.iter().map(message_from).collect()
    }

    async fn message_sent(&self, id: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE mails SET due_at = NULL, reason = NULL WHERE id = ?")
            .bind(id)
            .execute(&mut *self.database.write().await?)
            .await?;
        Ok(())
    }

    async fn message_failed(&self, id: &str, reason: &str, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            // The delay is 10 s, doubled with each attempt, up to an hour.
            "UPDATE mails SET tries = tries + 1, reason = ?1,
                 due_at = CASE WHEN tries + 1 >= ?2 THEN NULL ELSE ?3 + min(3600, 10 << min(tries, 9)) * 1000000 END
             WHERE id = ?4",
        )
        .bind(reason)
        .bind(MAX_MAIL_TRIES)
        .bind(micros(now))
        .bind(id)
        .execute(&mut *self.database.write().await?)
        .await?;
        Ok(())
    }

    async fn open_orders(&self) -> Result<Vec<OpenOrders>, StoreError> {
        // Ids begin with the time of their creation, so the smallest one is the oldest.
        let rows = sqlx::query(
            "SELECT status, COUNT(*) AS number, MIN(id) AS oldest FROM orders
             WHERE status NOT IN ('delivered', 'cancelled') GROUP BY status",
        )
        .fetch_all(&mut *self.database.read().await?)
        .await?;
        let open = |row: &SqliteRow| {
            let count: i64 = row.get("number");
            let status = parse(row.get("status"))?;
            Ok(OpenOrders { status, count: u64::try_from(count).unwrap_or(0), oldest: parse(row.get("oldest"))? })
        };
        rows.iter().map(open).collect()
    }

    async fn failed_messages(&self, limit: usize) -> Result<Vec<FailedMessage>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM mails WHERE due_at IS NULL AND reason IS NOT NULL ORDER BY at DESC, id DESC LIMIT ?",
        )
        .bind(row_limit(limit))
        .fetch_all(&mut *self.database.read().await?)
        .await?;
        let failed =
            |row| Ok(FailedMessage { message: message_from(row)?, tries: row.get("tries"), reason: row.get("reason") });
        rows.iter().map(failed).collect()
    }

    async fn retry_message(&self, id: &str, now: Timestamp) -> Result<bool, StoreError> {
        let changed = sqlx::query(
            "UPDATE mails SET due_at = ?, tries = 0 WHERE id = ? AND due_at IS NULL AND reason IS NOT NULL",
        )
        .bind(micros(now))
        .bind(id)
        .execute(&mut *self.database.write().await?)
        .await?;
        Ok(changed.rows_affected() == 1)
    }

    async fn latest_emails(&self, limit: usize) -> Result<Vec<Message>, StoreError> {
        let rows = sqlx::query("SELECT * FROM mails WHERE channel = 'email' ORDER BY at DESC LIMIT ?")
            .bind(row_limit(limit))
            .fetch_all(&mut *self.database.read().await?)
            .await?;
        rows.iter().map(message_from).collect()
    }

    fn outbox(&self) -> Arc<dyn Outbox> {
        Arc::new(self.outbox.clone())
    }
}

#[async_trait]
impl Check for SqliteOrders {
    async fn check(&self) -> Result<(), CheckError> {
        self.database.check().await
    }

    fn connections(&self) -> Option<Connections> {
        self.database.connections()
    }
}
