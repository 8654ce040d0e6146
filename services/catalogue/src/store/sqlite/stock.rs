//! Stock in an SQLite file of its own, flushed with every commit.

mod adjustments;
mod audit;
mod reservations;
mod transaction;

use super::schema;
use crate::stock::{
    Adjustment, AdjustmentOutcome, CartHoldings, CommitOutcome, Demand, Reservation, ReserveOutcome, StockLevel,
};
use crate::store::codec::{end_of_prefix, row_limit};
use crate::store::data_migration::stock as migration;
use crate::store::levels::{ChangeCause, Idempotency, LevelChange, ensure_levels, to_event};
use crate::store::{ActiveReservation, NewSku, StockFilter, StockSelection, StockStore};
use async_trait::async_trait;
use chassis::data_migration::SqliteTables;
use chassis::health::{Check, CheckError, Connections};
use chassis::sqlite::{Database, Durability, Migration, moment, parse};
use chassis::{StoreError, SystemContext};
use contracts::catalogue::{ReservationKey, ReservationState, StockChange};
use contracts::{CartId, OrderId, Sku};
use events::Outbox;
use events::outbox::sqlite::SqliteOutbox;
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use transaction::{StockTransaction, entry_from_row, level_from_row};

/// Stores stock in an SQLite file, with the outbox in the same file.
#[derive(Clone)]
pub struct SqliteStock {
    database: Database,
    outbox: SqliteOutbox,
    system: SystemContext,
}

impl SqliteStock {
    /// The migrations of the file, in order.
    pub const MIGRATIONS: &'static [Migration] = schema::STOCK;

    /// Opens the file and migrates its schema.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        // A reservation that payment relies on must survive a power failure.
        let database = Database::open(path, Durability::PowerLoss, Self::MIGRATIONS).await?;
        Ok(Self { outbox: SqliteOutbox::new(database.clone()), database, system: SystemContext::host() })
    }

    /// Replaces the clock and the id generator of events.
    #[must_use]
    pub fn with_system(self, system: SystemContext) -> Self {
        Self { system, ..self }
    }

    /// Returns the records of this store for a data migration.
    pub fn contents(&self) -> SqliteTables {
        migration::tables(self.database.clone())
    }

    async fn begin(&self) -> Result<StockTransaction, StoreError> {
        Ok(StockTransaction { write: self.database.begin().await?, events: Vec::new() })
    }

    /// Commits a transaction together with its events.
    async fn finish(&self, transaction: StockTransaction) -> Result<(), StoreError> {
        let StockTransaction { mut write, events } = transaction;
        for event in &events {
            self.outbox.add(&mut write, &to_event(event, &self.system)?).await?;
        }
        write.commit().await?;
        // The relay is woken after the commit: before it, it would not see the events.
        if !events.is_empty() {
            self.outbox.notify();
        }
        Ok(())
    }
}

#[async_trait]
impl StockStore for SqliteStock {
    fn outbox(&self) -> Arc<dyn Outbox> {
        Arc::new(self.outbox.clone())
    }

    async fn ensure(&self, skus: &[NewSku], author: &str, now: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        let levels = transaction.levels(skus.iter().map(|new| &new.sku)).await?;
        let (created, changed) = ensure_levels(&levels, skus);
        transaction.create_levels(&created, ChangeCause::first_count(author, now)).await?;
        transaction.change_levels(&changed, None).await?;
        self.finish(transaction).await
    }

    async fn levels(&self, skus: &[Sku]) -> Result<HashMap<Sku, StockLevel>, StoreError> {
        let rows = sqlx::query("SELECT * FROM levels WHERE sku IN (SELECT value FROM json_each(?))")
            .bind(serde_json::to_string(skus)?)
            .fetch_all(&mut *self.database.read().await?)
            .await?;
        rows.iter().map(|row| level_from_row(row).map(|stored| (stored.sku, stored.level))).collect()
    }

    async fn list(
        &self,
        selection: &StockSelection,
        after: Option<&Sku>,
        limit: usize,
    ) -> Result<Vec<(Sku, StockLevel)>, StoreError> {
        // The conditions match partial indexes, so each page reads only its rows.
        let mut query = QueryBuilder::<Sqlite>::new(match selection.filter {
            StockFilter::All => "SELECT * FROM levels WHERE sku > ",
            StockFilter::Low => "SELECT * FROM levels WHERE low = 1 AND sku > ",
            StockFilter::Shortfall => "SELECT * FROM levels WHERE short = 1 AND sku > ",
        });
        query.push_bind(after.map(Sku::as_str).unwrap_or_default());
        for (index, prefix) in selection.prefixes.iter().enumerate() {
            query.push(if index == 0 { " AND ((sku >= " } else { " OR (sku >= " }).push_bind(prefix);
            query.push(" AND sku < ").push_bind(end_of_prefix(prefix)).push(")");
        }
        query.push(if selection.prefixes.is_empty() { " ORDER BY sku LIMIT " } else { ") ORDER BY sku LIMIT " });
        query.push_bind(row_limit(limit));
        let rows = query.build().fetch_all(&mut *self.database.read().await?).await?;
        rows.iter().map(|row| level_from_row(row).map(|stored| (stored.sku, stored.level))).collect()
    }

    async fn history(&self, sku: &Sku, before: Option<i64>, limit: usize) -> Result<Vec<StockChange>, StoreError> {
        let rows = sqlx::query("SELECT * FROM history WHERE sku = ? AND number < ? ORDER BY number DESC LIMIT ?")
            .bind(sku.as_str())
            .bind(before.unwrap_or(i64::MAX))
            .bind(row_limit(limit))
            .fetch_all(&mut *self.database.read().await?)
            .await?;
        rows.iter().map(|row| entry_from_row(row)?.into_change()).collect()
    }

    async fn adjust(
        &self,
        adjustment: &Adjustment,
        idempotency: Idempotency<'_>,
    ) -> Result<AdjustmentOutcome, StoreError> {
        let mut transaction = self.begin().await?;
        let outcome = adjustments::adjust(&mut transaction, adjustment, idempotency).await?;
        self.finish(transaction).await?;
        Ok(outcome)
    }

    async fn restock(&self, key: &str, returned: &[Demand], now: Timestamp) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let known = adjustments::restock(&mut transaction, key, returned, now).await?;
        self.finish(transaction).await?;
        Ok(known)
    }

    async fn purge_responses(&self, before: Timestamp) -> Result<u64, StoreError> {
        chassis::idempotency::sqlite::purge(&self.database, before).await
    }

    async fn set_threshold(&self, sku: &Sku, low_at: Option<i64>) -> Result<Option<StockLevel>, StoreError> {
        let mut transaction = self.begin().await?;
        // Dropping the transaction rolls it back.
        let Some(before) = transaction.levels([sku]).await?.remove(sku) else { return Ok(None) };
        let after = before.level.with_threshold(low_at);
        transaction.change_levels(&[LevelChange { before, after }], None).await?;
        self.finish(transaction).await?;
        Ok(Some(after))
    }

    async fn reserve(&self, reservation: &Reservation) -> Result<ReserveOutcome, StoreError> {
        let mut transaction = self.begin().await?;
        let outcome = reservations::reserve(&mut transaction, reservation).await?;
        self.finish(transaction).await?;
        Ok(outcome)
    }

    async fn commit(&self, key: ReservationKey, now: Timestamp) -> Result<CommitOutcome, StoreError> {
        let mut transaction = self.begin().await?;
        let outcome = reservations::commit(&mut transaction, key, now).await?;
        self.finish(transaction).await?;
        Ok(outcome)
    }

    async fn release(&self, key: ReservationKey, now: Timestamp) -> Result<ReservationState, StoreError> {
        let mut transaction = self.begin().await?;
        let state = reservations::release(&mut transaction, key, now).await?;
        self.finish(transaction).await?;
        Ok(state)
    }

    async fn promotion_uses(&self, codes: &[&str]) -> Result<HashMap<String, u32>, StoreError> {
        // A count returns to 0 when all its reservations are released.
        let rows = sqlx::query(
            "SELECT code, used FROM promotion_uses WHERE code IN (SELECT value FROM json_each(?)) AND used > 0",
        )
        .bind(serde_json::to_string(codes)?)
        .fetch_all(&mut *self.database.read().await?)
        .await?;
        Ok(rows.iter().map(|row| (row.get("code"), row.get("used"))).collect())
    }

    async fn changes_after(&self, sequence: i64, limit: usize) -> Result<(Vec<Sku>, i64), StoreError> {
        let rows = sqlx::query("SELECT sequence, sku FROM changes WHERE sequence > ? ORDER BY sequence LIMIT ?")
            .bind(sequence)
            .bind(row_limit(limit))
            .fetch_all(&mut *self.database.read().await?)
            .await?;
        let reached = rows.last().map_or(sequence, |row| row.get(0));
        let skus = rows.iter().map(|row| parse(row.get(1))).collect::<Result<_, _>>()?;
        Ok((skus, reached))
    }

    async fn held_for_cart(&self, cart: CartId) -> Result<CartHoldings, StoreError> {
        let rows = sqlx::query("SELECT demand, promotion FROM reservations WHERE state = 'held' AND cart_id = ?")
            .bind(cart.to_string())
            .fetch_all(&mut *self.database.read().await?)
            .await?;
        let mut holdings = CartHoldings::default();
        for row in rows {
            holdings.add(serde_json::from_str(row.get("demand"))?, row.get("promotion"));
        }
        Ok(holdings)
    }

    async fn active_reservations(
        &self,
        after: Option<ReservationKey>,
        limit: usize,
    ) -> Result<Vec<ActiveReservation>, StoreError> {
        // The row value compares like the partial index of active reservations, so each page is one range of it.
        let rows = sqlx::query(
            "SELECT order_id, attempt, expected_by FROM reservations
             WHERE state = 'held' AND (order_id, attempt) > (?, ?) ORDER BY order_id, attempt LIMIT ?",
        )
        .bind(after.map(|key| key.order_id.to_string()).unwrap_or_default())
        .bind(after.map_or(0, |key| key.attempt))
        .bind(row_limit(limit))
        .fetch_all(&mut *self.database.read().await?)
        .await?;
        let reservation = |row: &SqliteRow| {
            let order_id: OrderId = parse(row.get("order_id"))?;
            let key = ReservationKey { order_id, attempt: row.get("attempt") };
            Ok(ActiveReservation { key, expected_by: moment(row.get("expected_by"))? })
        };
        rows.iter().map(reservation).collect()
    }

    async fn violations(&self, limit: usize) -> Result<Vec<String>, StoreError> {
        audit::violations(&self.database, limit).await
    }
}

#[async_trait]
impl Check for SqliteStock {
    async fn check(&self) -> Result<(), CheckError> {
        self.database.check().await
    }

    fn connections(&self) -> Option<Connections> {
        self.database.connections()
    }
}
