//! Stock in an SQLite file of its own, flushed with every commit.

mod audit;
mod corrections;
mod reservations;
mod schema;
mod work;

use super::levels::{Cause, Changed, Once, ensured, event_of};
use super::{HeldReservation, NewSku, StockStore, Which, moved_stock};
use crate::stock::{Adjusted, Adjustment, Committed, Demand, Level, Reservation, Reserved};
use async_trait::async_trait;
use chassis::health::Check;
use chassis::sqlite::{Database, Durability, Migration, moment, parse};
use chassis::data_migration::SqliteTables;
use chassis::{SystemContext, StoreError};
use contracts::catalogue::{ReservationKey, ReservationState, StockChange};
use contracts::{OrderId, Sku};
use events::Outbox;
use events::outbox::sqlite::SqliteOutbox;
use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use work::{Work, kept, line};

/// Stock in an SQLite file, with the outbox in the same file.
#[derive(Clone)]
pub struct SqliteStock {
    database: Database,
    outbox: SqliteOutbox,
    system: SystemContext,
}

impl SqliteStock {
    /// The steps of its schema, in order.
    pub const MIGRATIONS: &'static [Migration] = schema::MIGRATIONS;

    /// Opens the file.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let database = Database::open(path, Durability::PowerLoss, Self::MIGRATIONS).await?;
        Ok(Self { outbox: SqliteOutbox::new(database.clone()), database, system: SystemContext::host() })
    }

    /// The same with another clock and generator for its events.
    #[must_use]
    pub fn with_sources(self, system: SystemContext) -> Self {
        Self { system, ..self }
    }

    /// All that the store keeps, to be moved into another.
    pub fn contents(&self) -> SqliteTables {
        moved_stock::contents(self.database.clone())
    }

    async fn begin(&self) -> Result<Work, StoreError> {
        Ok(Work { write: self.database.begin().await?, news: Vec::new() })
    }

    /// Makes a unit of work last, with what is told of it.
    async fn finish(&self, work: Work) -> Result<(), StoreError> {
        let Work { mut write, news } = work;
        for one in &news {
            self.outbox.add(&mut write, &event_of(one, &self.system)?).await?;
        }
        write.commit().await?;
        if !news.is_empty() {
            self.outbox.notify();
        }
        Ok(())
    }
}

fn bounded(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

#[async_trait]
impl StockStore for SqliteStock {
    fn outbox(&self) -> Arc<dyn Outbox> {
        Arc::new(self.outbox.clone())
    }

    async fn ensure(&self, skus: &[NewSku], author: &str, now: Timestamp) -> Result<(), StoreError> {
        let mut work = self.begin().await?;
        let levels = work.levels(skus.iter().map(|new| &new.sku)).await?;
        let (new, turned) = ensured(&levels, skus);
        work.begin(&new, Cause::first_count(author, now)).await?;
        work.change(&turned, None).await?;
        self.finish(work).await
    }

    async fn levels(&self, skus: &[Sku]) -> Result<HashMap<Sku, Level>, StoreError> {
        let rows = sqlx::query("SELECT * FROM levels WHERE sku IN (SELECT value FROM json_each(?))")
            .bind(serde_json::to_string(skus)?)
            .fetch_all(&mut *self.database.read().await?)
            .await?;
        rows.iter().map(|row| kept(row).map(|kept| (kept.sku, kept.level))).collect()
    }

    async fn list(&self, which: Which, after: Option<&Sku>, limit: usize) -> Result<Vec<(Sku, Level)>, StoreError> {
        let statement = match which {
            Which::All => "SELECT * FROM levels WHERE sku > ? ORDER BY sku LIMIT ?",
            Which::Low => "SELECT * FROM levels WHERE low = 1 AND sku > ? ORDER BY sku LIMIT ?",
            Which::Short => "SELECT * FROM levels WHERE short = 1 AND sku > ? ORDER BY sku LIMIT ?",
        };
        let rows = sqlx::query(statement)
            .bind(after.map(Sku::as_str).unwrap_or_default())
            .bind(bounded(limit))
            .fetch_all(&mut *self.database.read().await?)
            .await?;
        rows.iter().map(|row| kept(row).map(|kept| (kept.sku, kept.level))).collect()
    }

    async fn history(&self, sku: &Sku, before: Option<i64>, limit: usize) -> Result<Vec<StockChange>, StoreError> {
        let rows = sqlx::query("SELECT * FROM history WHERE sku = ? AND number < ? ORDER BY number DESC LIMIT ?")
            .bind(sku.as_str())
            .bind(before.unwrap_or(i64::MAX))
            .bind(bounded(limit))
            .fetch_all(&mut *self.database.read().await?)
            .await?;
        rows.iter().map(|row| line(row)?.change()).collect()
    }

    async fn adjust(&self, adjustment: &Adjustment, once: Once<'_>) -> Result<Adjusted, StoreError> {
        let mut work = self.begin().await?;
        let adjusted = corrections::correct(&mut work, adjustment, once).await?;
        self.finish(work).await?;
        Ok(adjusted)
    }

    async fn restock(&self, key: &str, returned: &[Demand], now: Timestamp) -> Result<bool, StoreError> {
        let mut work = self.begin().await?;
        let known = corrections::restock(&mut work, key, returned, now).await?;
        self.finish(work).await?;
        Ok(known)
    }

    async fn forget_answers(&self, before: Timestamp) -> Result<u64, StoreError> {
        chassis::idempotency::sqlite::forget(&self.database, before).await
    }

    async fn set_threshold(&self, sku: &Sku, low_at: Option<i64>) -> Result<Option<Level>, StoreError> {
        let mut work = self.begin().await?;
        let Some(before) = work.levels([sku]).await?.remove(sku) else { return Ok(None) };
        let after = before.level.with_threshold(low_at);
        work.change(&[Changed { before, after }], None).await?;
        self.finish(work).await?;
        Ok(Some(after))
    }

    async fn reserve(&self, reservation: &Reservation) -> Result<Reserved, StoreError> {
        let mut work = self.begin().await?;
        let reserved = reservations::hold(&mut work, reservation).await?;
        self.finish(work).await?;
        Ok(reserved)
    }

    async fn commit(&self, key: ReservationKey, now: Timestamp) -> Result<Committed, StoreError> {
        let mut work = self.begin().await?;
        let committed = reservations::take(&mut work, key, now).await?;
        self.finish(work).await?;
        Ok(committed)
    }

    async fn release(&self, key: ReservationKey, now: Timestamp) -> Result<ReservationState, StoreError> {
        let mut work = self.begin().await?;
        let state = reservations::give_back(&mut work, key, now).await?;
        self.finish(work).await?;
        Ok(state)
    }

    async fn promotion_uses(&self, codes: &[&str]) -> Result<HashMap<String, u32>, StoreError> {
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
            .bind(bounded(limit))
            .fetch_all(&mut *self.database.read().await?)
            .await?;
        let reached = rows.last().map_or(sequence, |row| row.get(0));
        let skus = rows.iter().map(|row| parse(row.get(1))).collect::<Result<_, _>>()?;
        Ok((skus, reached))
    }

    async fn held(&self, after: Option<ReservationKey>, limit: usize) -> Result<Vec<HeldReservation>, StoreError> {
        let rows = sqlx::query(
            "SELECT order_id, attempt, expected_by FROM reservations
             WHERE state = 'held' AND (order_id, attempt) > (?, ?) ORDER BY order_id, attempt LIMIT ?",
        )
        .bind(after.map(|key| key.order_id.to_string()).unwrap_or_default())
        .bind(after.map_or(0, |key| key.attempt))
        .bind(bounded(limit))
        .fetch_all(&mut *self.database.read().await?)
        .await?;
        let held = |row: &SqliteRow| {
            let order_id: OrderId = parse(row.get("order_id"))?;
            let key = ReservationKey { order_id, attempt: row.get("attempt") };
            Ok(HeldReservation { key, expected_by: moment(row.get("expected_by"))? })
        };
        rows.iter().map(held).collect()
    }

    async fn violations(&self, limit: usize) -> Result<Vec<String>, StoreError> {
        audit::violations(&self.database, limit).await
    }
}

#[async_trait]
impl Check for SqliteStock {
    async fn check(&self) -> Result<(), String> {
        self.database.check().await
    }
}
