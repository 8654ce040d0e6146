//! Orders in a MySQL database.

mod queries;
mod schema;
mod transactions;

use super::codec::{MAX_MAIL_TRIES, lower_bound, order_from, row_limit};
use super::data_migration::MIGRATED_TABLES;
use super::{Change, Claim, Command, OpenOrders, OrderFilter, OrderStore, search};
use crate::mail::{EmailRenderer, FailedMessage, Message, Notification};
use crate::order::{Effects, Order};
use async_trait::async_trait;
use chassis::data_migration::MysqlTables;
use chassis::health::{Check, CheckError, Connections};
use chassis::idempotency::{IdempotentRequest, JsonResponse, mysql as responses};
use chassis::mysql::{ConnectionSettings, Database, Migration, micros, parse};
use chassis::store::retry_transaction;
use chassis::{Problem, StoreError, SystemContext};
use contracts::dispatch::MessageChannel;
use contracts::{OrderId, Sku};
use events::inbox::mysql::MysqlInbox;
use events::outbox::mysql::MysqlOutbox;
use events::{Event, Outbox};
use jiff::Timestamp;
use sqlx::Row;
use sqlx::mysql::MySqlRow;
use std::sync::Arc;

/// The store of orders in a MySQL database.
#[derive(Clone)]
pub struct MysqlOrders {
    database: Database,
    outbox: MysqlOutbox,
    renderer: EmailRenderer,
    system: SystemContext,
}

impl MysqlOrders {
    /// The migrations of the schema, in the order in which they run.
    pub const MIGRATIONS: &'static [Migration] = schema::MIGRATIONS;

    /// Opens the database, and brings its schema up to date.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn open(
        connection: &ConnectionSettings,
        renderer: EmailRenderer,
        system: SystemContext,
    ) -> Result<Self, StoreError> {
        let database = Database::open(connection, "dispatch", schema::MIGRATIONS).await?;
        Ok(Self { outbox: MysqlOutbox::new(database.clone()), database, renderer, system })
    }

    /// Returns the tables for a data migration.
    pub fn contents(&self) -> MysqlTables {
        MysqlTables::new(self.database.clone(), MIGRATED_TABLES)
    }

    /// Returns the inbox in the same database.
    pub fn inbox(&self) -> MysqlInbox {
        MysqlInbox::new(self.database.clone())
    }
}

#[async_trait]
impl OrderStore for MysqlOrders {
    async fn place(&self, event: &Event, order: &Order, effects: &Effects, now: Timestamp) -> Result<(), StoreError> {
        retry_transaction(|| self.place_once(event, order, effects, now)).await
    }

    async fn on_event(
        &self,
        event: &Event,
        id: OrderId,
        now: Timestamp,
        change: Change<'_>,
    ) -> Result<Option<Order>, StoreError> {
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

    async fn purge_responses(&self, before: Timestamp) -> Result<u64, StoreError> {
        responses::purge(&self.database, before).await
    }

    async fn record_event(
        &self,
        event: &Event,
        notification: Option<&Notification>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        retry_transaction(|| self.record_event_once(event, notification, now)).await
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
        .fetch_all(self.database.pool())
        .await?;
        ids.iter().map(|id| parse(id)).collect()
    }

    async fn claim(&self, now: Timestamp, until: Timestamp, limit: usize) -> Result<Vec<Claim>, StoreError> {
        // Read without locks first, because most of the time nothing is due.
        let due = sqlx::query("SELECT 1 FROM orders WHERE claimable_at <= ? LIMIT 1")
            .bind(micros(now))
            .fetch_optional(self.database.pool())
            .await?;
        if due.is_none() {
            return Ok(Vec::new());
        }
        retry_transaction(|| self.claim_once(now, until, limit)).await
    }

    async fn save_step(
        &self,
        claim: &Claim,
        now: Timestamp,
        until: Timestamp,
        change: Change<'_>,
    ) -> Result<Claim, StoreError> {
        retry_transaction(|| self.save_step_once(claim, now, until, change)).await
    }

    async fn find(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        let row = sqlx::query("SELECT document FROM orders WHERE id = ?")
            .bind(id.to_string())
            .fetch_optional(self.database.pool())
            .await?;
        row.map(|row| order_from(row.get("document"))).transpose()
    }

    async fn find_all(&self, ids: &[OrderId]) -> Result<Vec<Order>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut query = search::find_statement::<sqlx::MySql>(ids);
        let rows = query.build().fetch_all(self.database.pool()).await?;
        rows.iter().map(|row| order_from(row.get("document"))).collect()
    }

    async fn list(
        &self,
        filter: &OrderFilter,
        before: Option<OrderId>,
        limit: usize,
    ) -> Result<Vec<Order>, StoreError> {
        let mut query = search::list_statement::<sqlx::MySql>(filter, before, limit);
        let rows = query.build().fetch_all(self.database.pool()).await?;
        rows.iter().map(|row| order_from(row.get("document"))).collect()
    }

    async fn claim_messages(
        &self,
        channel: MessageChannel,
        now: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Message>, StoreError> {
        // Read without locks first, because most of the time nothing is due.
        let due = sqlx::query("SELECT 1 FROM mails WHERE channel = ? AND due_at <= ? LIMIT 1")
            .bind(channel.as_str())
            .bind(micros(now))
            .fetch_optional(self.database.pool())
            .await?;
        if due.is_none() {
            return Ok(Vec::new());
        }
        retry_transaction(|| self.claim_messages_once(channel, now, until, limit)).await
    }

    async fn message_sent(&self, id: &str) -> Result<(), StoreError> {
        retry_transaction(|| self.message_sent_once(id)).await
    }

    async fn message_failed(&self, id: &str, reason: &str, now: Timestamp) -> Result<(), StoreError> {
        retry_transaction(|| self.message_failed_once(id, reason, now)).await
    }

    async fn open_orders(&self) -> Result<Vec<OpenOrders>, StoreError> {
        // Ids begin with the time of their creation, so the smallest one is the oldest.
        let rows = sqlx::query(
            "SELECT status, COUNT(*) AS number, MIN(id) AS oldest FROM orders
             WHERE status NOT IN ('delivered', 'cancelled') GROUP BY status",
        )
        .fetch_all(self.database.pool())
        .await?;
        let open = |row: &MySqlRow| {
            let count: i64 = row.get("number");
            let status = parse(row.get("status"))?;
            Ok(OpenOrders { status, count: u64::try_from(count).unwrap_or(0), oldest: parse(row.get("oldest"))? })
        };
        rows.iter().map(open).collect()
    }

    async fn failed_messages(&self, limit: usize) -> Result<Vec<FailedMessage>, StoreError> {
        // All of them have as many attempts as are made, by which the index finds them.
        let rows = sqlx::query(
            "SELECT * FROM mails WHERE tries >= ? AND due_at IS NULL AND reason IS NOT NULL
             ORDER BY at DESC, id DESC LIMIT ?",
        )
        .bind(MAX_MAIL_TRIES)
        .bind(row_limit(limit))
        .fetch_all(self.database.pool())
        .await?;
        let failed = |row: &MySqlRow| {
            Ok(FailedMessage {
                message: queries::message_from(row)?,
                tries: row.get("tries"),
                reason: row.get("reason"),
            })
        };
        rows.iter().map(failed).collect()
    }

    async fn retry_message(&self, id: &str, now: Timestamp) -> Result<bool, StoreError> {
        retry_transaction(|| self.retry_message_once(id, now)).await
    }

    async fn latest_emails(&self, limit: usize) -> Result<Vec<Message>, StoreError> {
        let rows = sqlx::query("SELECT * FROM mails WHERE channel = 'email' ORDER BY at DESC, id DESC LIMIT ?")
            .bind(row_limit(limit))
            .fetch_all(self.database.pool())
            .await?;
        rows.iter().map(queries::message_from).collect()
    }

    fn outbox(&self) -> Arc<dyn Outbox> {
        Arc::new(self.outbox.clone())
    }
}

#[async_trait]
impl Check for MysqlOrders {
    async fn check(&self) -> Result<(), CheckError> {
        self.database.check().await
    }

    fn connections(&self) -> Option<Connections> {
        self.database.connections()
    }
}
