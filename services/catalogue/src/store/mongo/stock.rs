//! Stock in MongoDB. A reservation, its levels, their history, the promotion and the events are one transaction.

use super::codec::{decode, to_bson_list};
use super::data_migration::MongoRecords;
use super::keyed_locks::KeyedLocks;
use super::levels::{self, LevelDocument};
use super::queries::{find_by_id, find_page};
use super::reservations::{self, PromotionUses, ReservationDocument, reservation_id};
use super::schema::{HISTORY, LEVELS, PROMOTION_USES, RESERVATIONS, STOCK_CHANGES};
use super::transaction::{MAX_FILTER_VALUES, Transaction};
use super::{adjustments, audit, change_log, stock_upgrade, stored_responses};
use crate::stock::{
    Adjustment, AdjustmentOutcome, CartHoldings, CommitOutcome, Demand, Reservation, ReserveOutcome, StockLevel,
};
use crate::store::codec::end_of_prefix;
use crate::store::levels::{ChangeCause, HistoryEntry, Idempotency, LevelChange, ensure_levels, to_event};
use crate::store::{ActiveReservation, NewSku, StockFilter, StockSelection, StockStore};
use async_trait::async_trait;
use chassis::health::{Check, CheckError, Connections};
use chassis::mongo::{ConnectionSettings, Database, moment};
use chassis::store::retry_transaction;
use chassis::{StoreError, SystemContext};
use contracts::catalogue::{ReservationKey, ReservationState, StockChange};
use contracts::{CartId, Sku};
use events::Outbox;
use events::outbox::mongo::MongoOutbox;
use futures::TryStreamExt;
use jiff::Timestamp;
use mongodb::bson::{Document, doc};
use std::collections::HashMap;
use std::sync::Arc;

/// Stores stock in MongoDB, with the outbox in the same database.
#[derive(Clone)]
pub struct MongoStock {
    database: Database,
    outbox: MongoOutbox,
    system: SystemContext,
    locks: KeyedLocks,
}

impl MongoStock {
    /// Opens the database of catalogue, creates missing collections and upgrades documents of earlier versions.
    ///
    /// # Errors
    /// When the server is unavailable, or is not a replica set.
    pub async fn open(address: &ConnectionSettings) -> Result<Self, StoreError> {
        Self::over(Database::open(address, "catalogue").await?).await
    }

    /// Creates the store over an open database, which may also be used for products.
    ///
    /// # Errors
    /// When the server is unavailable.
    pub async fn over(database: Database) -> Result<Self, StoreError> {
        stock_upgrade::open(&database).await?;
        let outbox = MongoOutbox::open(database.clone()).await?;
        Ok(Self { database, outbox, system: SystemContext::host(), locks: KeyedLocks::default() })
    }

    /// Replaces the clock and the id generator of events.
    #[must_use]
    pub fn with_system(self, system: SystemContext) -> Self {
        Self { system, ..self }
    }

    /// Returns the records of this store for a data migration.
    pub fn contents(&self) -> MongoRecords {
        MongoRecords::of_stock(self.database.clone())
    }

    /// Commits a transaction together with its events.
    async fn finish(&self, mut transaction: Transaction) -> Result<(), StoreError> {
        let events = std::mem::take(&mut transaction.events);
        for event in &events {
            self.outbox.add(transaction.session(), &to_event(event, &self.system)?).await?;
        }
        transaction.commit().await?;
        // The relay is woken after the commit: before it, it would not see the events.
        if !events.is_empty() {
            self.outbox.notify();
        }
        Ok(())
    }

    /// Returns the SKUs and the promotion code that committing or releasing a reservation will write.
    async fn lock_names(&self, key: ReservationKey) -> Result<Vec<String>, StoreError> {
        // Read outside the transaction: if the reservation changes meanwhile, only the fairness of locks suffers.
        let stored = find_by_id(&self.database, RESERVATIONS, &reservation_id(key)).await?;
        let Some(ReservationDocument { demand, promotion, .. }) = stored else { return Ok(Vec::new()) };
        Ok(demand.into_iter().map(|line| line.sku.to_string()).chain(promotion).collect())
    }
}

#[async_trait]
impl StockStore for MongoStock {
    fn outbox(&self) -> Arc<dyn Outbox> {
        Arc::new(self.outbox.clone())
    }

    async fn ensure(&self, skus: &[NewSku], author: &str, now: Timestamp) -> Result<(), StoreError> {
        retry_transaction(|| async {
            let mut transaction = Transaction::begin(&self.database).await?;
            let levels = levels::read(&mut transaction, skus.iter().map(|new| &new.sku)).await?;
            let (created, changed) = ensure_levels(&levels, skus);
            levels::create(&mut transaction, &created, ChangeCause::first_count(author, now)).await?;
            levels::change(&mut transaction, &changed, None).await?;
            self.finish(transaction).await
        })
        .await
    }

    async fn levels(&self, skus: &[Sku]) -> Result<HashMap<Sku, StockLevel>, StoreError> {
        let mut levels = HashMap::with_capacity(skus.len());
        // The filter of one command is limited in size.
        for skus in skus.chunks(MAX_FILTER_VALUES) {
            let filter = doc! { "_id": { "$in": to_bson_list(skus)? } };
            let mut found = self.database.collection::<Document>(LEVELS).find(filter).await?;
            while let Some(document) = found.try_next().await? {
                levels.extend([decode::<LevelDocument>(document)?.into_pair()]);
            }
        }
        Ok(levels)
    }

    async fn list(
        &self,
        selection: &StockSelection,
        after: Option<&Sku>,
        limit: usize,
    ) -> Result<Vec<(Sku, StockLevel)>, StoreError> {
        let mut query = doc! { "_id": { "$gt": after.map(Sku::as_str).unwrap_or_default() } };
        match selection.filter {
            StockFilter::All => {}
            StockFilter::Low => drop(query.insert("low", true)),
            StockFilter::Shortfall => drop(query.insert("short", true)),
        }
        if !selection.prefixes.is_empty() {
            let range = |prefix: &String| doc! { "_id": { "$gte": prefix, "$lt": end_of_prefix(prefix) } };
            query.insert("$or", selection.prefixes.iter().map(range).collect::<Vec<_>>());
        }
        let found: Vec<LevelDocument> = find_page(&self.database, LEVELS, query, doc! { "_id": 1 }, limit).await?;
        Ok(found.into_iter().map(LevelDocument::into_pair).collect())
    }

    async fn history(&self, sku: &Sku, before: Option<i64>, limit: usize) -> Result<Vec<StockChange>, StoreError> {
        let earlier = doc! { "sku": sku.as_str(), "number": { "$lt": before.unwrap_or(i64::MAX) } };
        let found: Vec<HistoryEntry> =
            find_page(&self.database, HISTORY, earlier, doc! { "number": -1 }, limit).await?;
        found.into_iter().map(HistoryEntry::into_change).collect()
    }

    async fn adjust(
        &self,
        adjustment: &Adjustment,
        idempotency: Idempotency<'_>,
    ) -> Result<AdjustmentOutcome, StoreError> {
        // Held across all retries, so that a waiting writer does not overtake this one.
        let _guard = self.locks.lock([adjustment.sku.as_str()]).await?;
        retry_transaction(|| async {
            let mut transaction = Transaction::begin(&self.database).await?;
            let outcome = adjustments::adjust(&mut transaction, adjustment, idempotency).await?;
            self.finish(transaction).await?;
            Ok(outcome)
        })
        .await
    }

    async fn restock(&self, key: &str, returned: &[Demand], now: Timestamp) -> Result<bool, StoreError> {
        let _guard = self.locks.lock(returned.iter().map(|line| line.sku.as_str())).await?;
        retry_transaction(|| async {
            let mut transaction = Transaction::begin(&self.database).await?;
            let known = adjustments::restock(&mut transaction, key, returned, now).await?;
            self.finish(transaction).await?;
            Ok(known)
        })
        .await
    }

    async fn purge_responses(&self, before: Timestamp) -> Result<u64, StoreError> {
        stored_responses::purge(&self.database, before).await
    }

    async fn set_threshold(&self, sku: &Sku, low_at: Option<i64>) -> Result<Option<StockLevel>, StoreError> {
        let _guard = self.locks.lock([sku.as_str()]).await?;
        retry_transaction(|| async {
            let mut transaction = Transaction::begin(&self.database).await?;
            let Some(before) = levels::read(&mut transaction, [sku]).await?.remove(sku) else { return Ok(None) };
            let after = before.level.with_threshold(low_at);
            levels::change(&mut transaction, &[LevelChange { before, after }], None).await?;
            self.finish(transaction).await?;
            Ok(Some(after))
        })
        .await
    }

    async fn reserve(&self, reservation: &Reservation) -> Result<ReserveOutcome, StoreError> {
        let code = reservation.promotion.as_ref().map(|(code, _)| code.as_str());
        let skus = reservation.demand.iter().map(|line| line.sku.as_str());
        let _guard = self.locks.lock(skus.chain(code)).await?;
        retry_transaction(|| async {
            let mut transaction = Transaction::begin(&self.database).await?;
            let outcome = reservations::reserve(&mut transaction, reservation).await?;
            self.finish(transaction).await?;
            Ok(outcome)
        })
        .await
    }

    async fn commit(&self, key: ReservationKey, now: Timestamp) -> Result<CommitOutcome, StoreError> {
        let names = self.lock_names(key).await?;
        let _guard = self.locks.lock(names.iter().map(String::as_str)).await?;
        retry_transaction(|| async {
            let mut transaction = Transaction::begin(&self.database).await?;
            let outcome = reservations::commit(&mut transaction, key, now).await?;
            self.finish(transaction).await?;
            Ok(outcome)
        })
        .await
    }

    async fn release(&self, key: ReservationKey, now: Timestamp) -> Result<ReservationState, StoreError> {
        let names = self.lock_names(key).await?;
        let _guard = self.locks.lock(names.iter().map(String::as_str)).await?;
        retry_transaction(|| async {
            let mut transaction = Transaction::begin(&self.database).await?;
            let state = reservations::release(&mut transaction, key, now).await?;
            self.finish(transaction).await?;
            Ok(state)
        })
        .await
    }

    async fn promotion_uses(&self, codes: &[&str]) -> Result<HashMap<String, u32>, StoreError> {
        // A count returns to 0 when all its reservations are released.
        let filter = doc! { "_id": { "$in": codes }, "used": { "$gt": 0 } };
        let found: Vec<Document> =
            self.database.collection::<Document>(PROMOTION_USES).find(filter).await?.try_collect().await?;
        let uses = |document| {
            let PromotionUses { code, used } = decode(document)?;
            Ok((code, u32::try_from(used).unwrap_or(u32::MAX)))
        };
        found.into_iter().map(uses).collect()
    }

    async fn changes_after(&self, sequence: i64, limit: usize) -> Result<(Vec<Sku>, i64), StoreError> {
        change_log::read_after(&self.database, STOCK_CHANGES, sequence, limit).await
    }

    async fn held_for_cart(&self, cart: CartId) -> Result<CartHoldings, StoreError> {
        let filter = doc! { "state": "held", "cart_id": cart.to_string() };
        let mut found = self.database.collection::<Document>(RESERVATIONS).find(filter).await?;
        let mut holdings = CartHoldings::default();
        while let Some(document) = found.try_next().await? {
            let ReservationDocument { demand, promotion, .. } = decode(document)?;
            holdings.add(demand, promotion);
        }
        Ok(holdings)
    }

    async fn active_reservations(
        &self,
        after: Option<ReservationKey>,
        limit: usize,
    ) -> Result<Vec<ActiveReservation>, StoreError> {
        let filter = doc! { "state": "held", "_id": { "$gt": after.map(reservation_id).unwrap_or_default() } };
        let found: Vec<ReservationDocument> =
            find_page(&self.database, RESERVATIONS, filter, doc! { "_id": 1 }, limit).await?;
        let reservation = |stored: ReservationDocument| {
            let key = ReservationKey { order_id: stored.order_id, attempt: stored.attempt };
            Ok(ActiveReservation { key, expected_by: moment(stored.expected_by.unwrap_or_default())? })
        };
        found.into_iter().map(reservation).collect()
    }

    async fn violations(&self, limit: usize) -> Result<Vec<String>, StoreError> {
        audit::violations(&self.database, limit).await
    }
}

#[async_trait]
impl Check for MongoStock {
    async fn check(&self) -> Result<(), CheckError> {
        self.database.check().await
    }

    fn connections(&self) -> Option<Connections> {
        self.database.connections()
    }
}
