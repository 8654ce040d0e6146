//! Stock in MongoDB: a reservation, the levels it changes, their history, the use of a promotion and the note of the
//! change are one unit of work. SKUs are read and written in their order.

use super::document::{bounded, decode, moment, parts};
use super::levels::{self, FEED, HISTORY, LEVELS, LevelDocument};
use super::moved::MongoContents;
use super::reservations::{self, KeptReservation, PROMOTION_USES, RESERVATIONS, Uses, id};
use super::turns::Turns;
use super::work::{ASKED, Work};
use super::{answers, audit, changes, corrections, stock_layout};
use crate::stock::{Adjusted, Adjustment, Committed, Demand, Level, Reservation, Reserved};
use crate::store::levels::{Cause, Changed, Line, Once, ensured, event_of};
use crate::store::{HeldReservation, NewSku, StockStore, Which};
use async_trait::async_trait;
use chassis::health::Check;
use chassis::mongo::{ConnectionSettings, Database};
use chassis::store::retry_transaction;
use chassis::{SystemContext, StoreError};
use contracts::Sku;
use contracts::catalogue::{ReservationKey, ReservationState, StockChange};
use events::Outbox;
use events::outbox::mongo::MongoOutbox;
use futures::TryStreamExt;
use jiff::Timestamp;
use mongodb::bson::{Document, doc};
use std::collections::HashMap;
use std::sync::Arc;

/// Stock in MongoDB, with the outbox in the same database.
#[derive(Clone)]
pub struct MongoStock {
    database: Database,
    outbox: MongoOutbox,
    system: SystemContext,
    turns: Turns,
}

impl MongoStock {
    /// Opens catalogue's database, and makes the collections that are missing.
    ///
    /// # Errors
    /// When the server is away, or is no replica set.
    pub async fn open(address: &ConnectionSettings) -> Result<Self, StoreError> {
        Self::over(Database::open(address, "catalogue").await?).await
    }

    /// Stock in a database that is open, and perhaps used for products too.
    ///
    /// # Errors
    /// When the server is away.
    pub async fn over(database: Database) -> Result<Self, StoreError> {
        stock_layout::open(&database).await?;
        let outbox = MongoOutbox::open(database.clone()).await?;
        Ok(Self { database, outbox, system: SystemContext::host(), turns: Turns::default() })
    }

    /// The same with another clock and generator for its events.
    #[must_use]
    pub fn with_sources(self, system: SystemContext) -> Self {
        Self { system, ..self }
    }

    /// All that the store keeps, to be moved from or into another.
    pub fn contents(&self) -> MongoContents {
        MongoContents::of_stock(self.database.clone())
    }

    /// Makes a unit of work last, with what is told of it.
    async fn finish(&self, mut work: Work) -> Result<(), StoreError> {
        let news = std::mem::take(&mut work.news);
        for one in &news {
            self.outbox.add(work.session(), &event_of(one, &self.system)?).await?;
        }
        work.commit().await?;
        if !news.is_empty() {
            self.outbox.notify();
        }
        Ok(())
    }

    /// What the end of a reservation writes: its SKUs and its promotion.
    async fn written_by(&self, key: ReservationKey) -> Result<Vec<String>, StoreError> {
        let reservations = self.database.collection::<Document>(RESERVATIONS);
        let Some(document) = reservations.find_one(doc! { "_id": id(key) }).await? else { return Ok(Vec::new()) };
        let KeptReservation { demand, promotion, .. } = decode(document)?;
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
            let mut work = Work::begin(&self.database).await?;
            let levels = levels::read(&mut work, skus.iter().map(|new| &new.sku)).await?;
            let (new, turned) = ensured(&levels, skus);
            levels::begin(&mut work, &new, Cause::first_count(author, now)).await?;
            levels::write(&mut work, &turned, None).await?;
            self.finish(work).await
        })
        .await
    }

    async fn levels(&self, skus: &[Sku]) -> Result<HashMap<Sku, Level>, StoreError> {
        let mut levels = HashMap::with_capacity(skus.len());
        for skus in skus.chunks(ASKED) {
            let filter = doc! { "_id": { "$in": parts(skus)? } };
            let mut found = self.database.collection::<Document>(LEVELS).find(filter).await?;
            while let Some(document) = found.try_next().await? {
                levels.extend([decode::<LevelDocument>(document)?.into_pair()]);
            }
        }
        Ok(levels)
    }

    async fn list(&self, which: Which, after: Option<&Sku>, limit: usize) -> Result<Vec<(Sku, Level)>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let mut filter = doc! { "_id": { "$gt": after.map(Sku::as_str).unwrap_or_default() } };
        match which {
            Which::All => {}
            Which::Low => drop(filter.insert("low", true)),
            Which::Short => drop(filter.insert("short", true)),
        }
        let levels = self.database.collection::<Document>(LEVELS);
        let found = levels.find(filter).sort(doc! { "_id": 1 }).limit(bounded(limit));
        let found: Vec<Document> = found.await?.try_collect().await?;
        found.into_iter().map(|document| Ok(decode::<LevelDocument>(document)?.into_pair())).collect()
    }

    async fn history(&self, sku: &Sku, before: Option<i64>, limit: usize) -> Result<Vec<StockChange>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let history = self.database.collection::<Document>(HISTORY);
        let earlier = doc! { "sku": sku.as_str(), "number": { "$lt": before.unwrap_or(i64::MAX) } };
        let found = history.find(earlier).sort(doc! { "number": -1 }).limit(bounded(limit));
        let found: Vec<Document> = found.await?.try_collect().await?;
        found.into_iter().map(|document| decode::<Line>(document)?.change()).collect()
    }

    async fn adjust(&self, adjustment: &Adjustment, once: Once<'_>) -> Result<Adjusted, StoreError> {
        let _turn = self.turns.of([adjustment.sku.as_str()]).await?;
        retry_transaction(|| async {
            let mut work = Work::begin(&self.database).await?;
            let adjusted = corrections::correct(&mut work, adjustment, once).await?;
            self.finish(work).await?;
            Ok(adjusted)
        })
        .await
    }

    async fn restock(&self, key: &str, returned: &[Demand], now: Timestamp) -> Result<bool, StoreError> {
        let _turn = self.turns.of(returned.iter().map(|line| line.sku.as_str())).await?;
        retry_transaction(|| async {
            let mut work = Work::begin(&self.database).await?;
            let known = corrections::restock(&mut work, key, returned, now).await?;
            self.finish(work).await?;
            Ok(known)
        })
        .await
    }

    async fn forget_answers(&self, before: Timestamp) -> Result<u64, StoreError> {
        answers::forget(&self.database, before).await
    }

    async fn set_threshold(&self, sku: &Sku, low_at: Option<i64>) -> Result<Option<Level>, StoreError> {
        let _turn = self.turns.of([sku.as_str()]).await?;
        retry_transaction(|| async {
            let mut work = Work::begin(&self.database).await?;
            let Some(before) = levels::read(&mut work, [sku]).await?.remove(sku) else { return Ok(None) };
            let after = before.level.with_threshold(low_at);
            levels::write(&mut work, &[Changed { before, after }], None).await?;
            self.finish(work).await?;
            Ok(Some(after))
        })
        .await
    }

    async fn reserve(&self, reservation: &Reservation) -> Result<Reserved, StoreError> {
        let code = reservation.promotion.as_ref().map(|(code, _)| code.as_str());
        let skus = reservation.demand.iter().map(|line| line.sku.as_str());
        let _turn = self.turns.of(skus.chain(code)).await?;
        retry_transaction(|| async {
            let mut work = Work::begin(&self.database).await?;
            let reserved = reservations::hold(&mut work, reservation).await?;
            self.finish(work).await?;
            Ok(reserved)
        })
        .await
    }

    async fn commit(&self, key: ReservationKey, now: Timestamp) -> Result<Committed, StoreError> {
        let names = self.written_by(key).await?;
        let _turn = self.turns.of(names.iter().map(String::as_str)).await?;
        retry_transaction(|| async {
            let mut work = Work::begin(&self.database).await?;
            let committed = reservations::take(&mut work, key, now).await?;
            self.finish(work).await?;
            Ok(committed)
        })
        .await
    }

    async fn release(&self, key: ReservationKey, now: Timestamp) -> Result<ReservationState, StoreError> {
        let names = self.written_by(key).await?;
        let _turn = self.turns.of(names.iter().map(String::as_str)).await?;
        retry_transaction(|| async {
            let mut work = Work::begin(&self.database).await?;
            let state = reservations::give_back(&mut work, key, now).await?;
            self.finish(work).await?;
            Ok(state)
        })
        .await
    }

    async fn promotion_uses(&self, codes: &[&str]) -> Result<HashMap<String, u32>, StoreError> {
        let filter = doc! { "_id": { "$in": codes }, "used": { "$gt": 0 } };
        let found: Vec<Document> =
            self.database.collection::<Document>(PROMOTION_USES).find(filter).await?.try_collect().await?;
        let uses = |document| {
            let Uses { code, used } = decode(document)?;
            Ok((code, u32::try_from(used).unwrap_or(u32::MAX)))
        };
        found.into_iter().map(uses).collect()
    }

    async fn changes_after(&self, sequence: i64, limit: usize) -> Result<(Vec<Sku>, i64), StoreError> {
        changes::after(&self.database, FEED, sequence, limit).await
    }

    async fn held(&self, after: Option<ReservationKey>, limit: usize) -> Result<Vec<HeldReservation>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let after = after.map(id).unwrap_or_default();
        let reservations = self.database.collection::<Document>(RESERVATIONS);
        let found = reservations.find(doc! { "state": "held", "_id": { "$gt": after } });
        let found: Vec<Document> = found.sort(doc! { "_id": 1 }).limit(bounded(limit)).await?.try_collect().await?;
        let held = |document| {
            let kept: KeptReservation = decode(document)?;
            let key = ReservationKey { order_id: kept.order_id, attempt: kept.attempt };
            Ok(HeldReservation { key, expected_by: moment(kept.expected_by.unwrap_or_default())? })
        };
        found.into_iter().map(held).collect()
    }

    async fn violations(&self, limit: usize) -> Result<Vec<String>, StoreError> {
        audit::violations(&self.database, limit).await
    }
}

#[async_trait]
impl Check for MongoStock {
    async fn check(&self) -> Result<(), String> {
        self.database.check().await
    }
}
