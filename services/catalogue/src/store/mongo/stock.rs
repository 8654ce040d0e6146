//! Stock in MongoDB: a reservation, the levels it changes, their history, the use of a promotion and the note of the
//! change are one unit of work. SKUs are read and written in their order.

use super::document::{bounded, decode, moment, parts};
use super::levels::{self, Cause, FEED, HISTORY, Kept, LEVELS, Line};
use super::moved::MongoContents;
use super::reservations::{self, KeptReservation, PROMOTION_USES, RESERVATIONS, Uses, id};
use super::schema::{Layout, prepare};
use super::turns::Turns;
use super::work::{ASKED, Work};
use super::{audit, changes};
use crate::stock::{Adjusted, Committed, Demand, Level, Reservation, Reserved};
use crate::store::{HeldReservation, NewSku, StockStore};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::health::Check;
use chassis::mongo::{Address, Database};
use chassis::store::retried;
use contracts::Sku;
use contracts::catalogue::{Oversell, ReservationKey, ReservationState, StockChange, StockReason};
use futures::TryStreamExt;
use jiff::Timestamp;
use mongodb::bson::{Document, doc};
use std::collections::{BTreeMap, HashMap};

fn layouts() -> [Layout; 5] {
    [
        Layout::new(LEVELS),
        Layout::new(HISTORY)
            .unique(doc! { "sku": 1, "number": 1 })
            .unique_partial(doc! { "key": 1 }, doc! { "key": { "$exists": true } }),
        Layout::new(RESERVATIONS).partial(doc! { "state": 1, "_id": 1 }, doc! { "state": "held" }),
        Layout::new(PROMOTION_USES),
        changes::layout(FEED),
    ]
}

/// Stock in MongoDB.
#[derive(Clone)]
pub struct MongoStock {
    database: Database,
    turns: Turns,
}

impl MongoStock {
    /// Opens catalogue's database, and makes the collections that are missing.
    ///
    /// # Errors
    /// When the server is away, or is no replica set.
    pub async fn open(address: &Address) -> Result<Self, StoreError> {
        Self::over(Database::open(address, "catalogue").await?).await
    }

    /// Stock in a database that is open, and perhaps used for products too.
    ///
    /// # Errors
    /// When the server is away.
    pub async fn over(database: Database) -> Result<Self, StoreError> {
        prepare(&database, &layouts(), &[FEED]).await?;
        Ok(Self { database, turns: Turns::default() })
    }

    /// All that the store keeps, to be moved from or into another.
    pub fn contents(&self) -> MongoContents {
        MongoContents::of_stock(self.database.clone())
    }

    /// What the end of a reservation writes: its SKUs and its promotion.
    async fn written_by(&self, key: ReservationKey) -> Result<Vec<String>, StoreError> {
        let reservations = self.database.collection::<Document>(RESERVATIONS);
        let Some(document) = reservations.find_one(doc! { "_id": id(key) }).await? else { return Ok(Vec::new()) };
        let KeptReservation { demand, promotion, .. } = decode(document)?;
        Ok(demand.into_iter().map(|line| line.sku.to_string()).chain(promotion).collect())
    }
}

async fn correct(work: &mut Work, demand: Demand, cause: Cause<'_>) -> Result<Adjusted, StoreError> {
    let levels = levels::read(work, [&demand.sku]).await?;
    if levels.is_empty() {
        return Ok(Adjusted::Unknown);
    }
    if work.one::<Line>(HISTORY, doc! { "key": cause.key }).await?.is_some() {
        return Ok(Adjusted::Done);
    }
    let Some(changed) = levels::changed(&levels, &[demand], Level::adjust) else { return Ok(Adjusted::Refused) };
    levels::write(work, &changed, Some(cause)).await?;
    Ok(Adjusted::Done)
}

async fn ensure(work: &mut Work, wanted: &BTreeMap<Sku, (i64, Oversell)>, cause: Cause<'_>) -> Result<(), StoreError> {
    let levels = levels::read(work, wanted.keys()).await?;
    let turned = wanted.iter().filter_map(|(sku, (_, oversell))| {
        let before = levels.get(sku).filter(|kept| kept.oversell != *oversell)?.clone();
        Some(levels::Changed { after: Level { oversell: *oversell, ..before.level() }, before })
    });
    let turned: Vec<_> = turned.collect();
    levels::begin(work, wanted.iter().filter(|(sku, _)| !levels.contains_key(sku)), cause).await?;
    levels::write(work, &turned, None).await
}

#[async_trait]
impl StockStore for MongoStock {
    async fn ensure(&self, skus: &[NewSku], author: &str, now: Timestamp) -> Result<(), StoreError> {
        // Of a SKU that comes twice the first count and the last policy are in force.
        let mut wanted = BTreeMap::<Sku, (i64, Oversell)>::new();
        for new in skus {
            wanted.entry(new.sku.clone()).or_insert((new.initial, new.oversell)).1 = new.oversell;
        }
        let cause = Cause { at: now, reason: StockReason::Initial, note: "first count", author, key: None };
        retried(|| async {
            let mut work = Work::begin(&self.database).await?;
            ensure(&mut work, &wanted, cause).await?;
            work.commit().await
        })
        .await
    }

    async fn levels(&self, skus: &[Sku]) -> Result<HashMap<Sku, Level>, StoreError> {
        let mut levels = HashMap::with_capacity(skus.len());
        for skus in skus.chunks(ASKED) {
            let filter = doc! { "_id": { "$in": parts(skus)? } };
            let mut found = self.database.collection::<Document>(LEVELS).find(filter).await?;
            while let Some(document) = found.try_next().await? {
                levels.extend([decode::<Kept>(document)?.into_pair()]);
            }
        }
        Ok(levels)
    }

    async fn history(&self, sku: &Sku, limit: usize) -> Result<Vec<StockChange>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let history = self.database.collection::<Document>(HISTORY);
        let found = history.find(doc! { "sku": sku.as_str() }).sort(doc! { "number": -1 }).limit(bounded(limit));
        let found: Vec<Document> = found.await?.try_collect().await?;
        let change = |document: Document| {
            let Line { at, change, reason, note, author, .. } = decode(document)?;
            Ok(StockChange { at: moment(at)?, change, reason, note, author })
        };
        found.into_iter().map(change).collect()
    }

    async fn adjust(
        &self,
        sku: &Sku,
        change: i64,
        note: &str,
        key: &str,
        author: &str,
        now: Timestamp,
    ) -> Result<Adjusted, StoreError> {
        let demand = Demand { sku: sku.clone(), quantity: change };
        let cause = Cause { at: now, reason: StockReason::Adjusted, note, author, key: Some(key) };
        let _turn = self.turns.of([sku.as_str()]).await?;
        retried(|| async {
            let mut work = Work::begin(&self.database).await?;
            let adjusted = correct(&mut work, demand.clone(), cause).await?;
            work.commit().await?;
            Ok(adjusted)
        })
        .await
    }

    async fn reserve(&self, reservation: &Reservation) -> Result<Reserved, StoreError> {
        let code = reservation.promotion.as_ref().map(|(code, _)| code.as_str());
        let skus = reservation.demand.iter().map(|line| line.sku.as_str());
        let _turn = self.turns.of(skus.chain(code)).await?;
        retried(|| async {
            let mut work = Work::begin(&self.database).await?;
            let reserved = reservations::hold(&mut work, reservation).await?;
            work.commit().await?;
            Ok(reserved)
        })
        .await
    }

    async fn commit(&self, key: ReservationKey, now: Timestamp) -> Result<Committed, StoreError> {
        let names = self.written_by(key).await?;
        let _turn = self.turns.of(names.iter().map(String::as_str)).await?;
        retried(|| async {
            let mut work = Work::begin(&self.database).await?;
            let committed = reservations::take(&mut work, key, now).await?;
            work.commit().await?;
            Ok(committed)
        })
        .await
    }

    async fn release(&self, key: ReservationKey, now: Timestamp) -> Result<ReservationState, StoreError> {
        let names = self.written_by(key).await?;
        let _turn = self.turns.of(names.iter().map(String::as_str)).await?;
        retried(|| async {
            let mut work = Work::begin(&self.database).await?;
            let state = reservations::give_back(&mut work, key, now).await?;
            work.commit().await?;
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
