//! Reservations and uses of promotions within a transaction.

use super::codec::{encode, to_bson};
use super::levels;
use super::schema::{PROMOTION_USES, RESERVATIONS};
use super::transaction::{Transaction, Update};
use crate::stock::{CommitOutcome, Demand, Reservation, ReserveOutcome, StockLevel};
use crate::store::levels::{ChangeCause, apply_demand, shortages, unfulfilled};
use chassis::StoreError;
use chassis::mongo::micros;
use contracts::catalogue::{ReservationKey, ReservationState};
use contracts::{CartId, OrderId};
use jiff::Timestamp;
use mongodb::bson::doc;
use serde::{Deserialize, Serialize};

/// A reservation as a document; a tombstone has no demand.
#[derive(Debug, Serialize, Deserialize)]
pub struct ReservationDocument {
    #[serde(rename = "_id")]
    id: String,
    /// The order that needs the stock.
    pub order_id: OrderId,
    /// The number of this reservation attempt for the order.
    pub attempt: u32,
    state: ReservationState,
    /// The reserved units per SKU.
    pub demand: Vec<Demand>,
    /// The code of the promotion whose use is counted.
    pub promotion: Option<String>,
    /// The time by which it should be committed or released, in microseconds.
    pub expected_by: Option<i64>,
    /// The cart that becomes the order; unknown for reservations of earlier versions.
    #[serde(default)]
    cart_id: Option<CartId>,
}

/// The number of uses of a promotion, active reservations included.
#[derive(Serialize, Deserialize)]
pub struct PromotionUses {
    /// The code of the promotion.
    #[serde(rename = "_id")]
    pub code: String,
    /// The number of uses.
    pub used: i64,
}

/// Formats the id of a reservation, so that ids sort like keys.
pub fn reservation_id(key: ReservationKey) -> String {
    format!("{}/{:010}", key.order_id, key.attempt)
}

async fn find(transaction: &mut Transaction, key: ReservationKey) -> Result<Option<ReservationDocument>, StoreError> {
    transaction.one(RESERVATIONS, doc! { "_id": reservation_id(key) }).await
}

async fn set_state(
    transaction: &mut Transaction,
    stored: &ReservationDocument,
    state: ReservationState,
) -> Result<(), StoreError> {
    // Writing the document guards the decision, which was made from the state read before.
    let filter = doc! { "_id": &stored.id, "state": to_bson(&stored.state)? };
    let change = doc! { "$set": { "state": to_bson(&state)? } };
    match transaction.update(RESERVATIONS, vec![Update { filter, change, upsert: false }]).await? {
        1 => Ok(()),
        _ => Err(StoreError::TransactionAborted("a reservation changed after it was read".to_owned())),
    }
}

/// Returns true if the promotion can be used once more. The caller then writes its count, which guards this read.
async fn has_uses_left(transaction: &mut Transaction, code: &str, limit: Option<u32>) -> Result<bool, StoreError> {
    let Some(limit) = limit else { return Ok(true) };
    let uses: Option<PromotionUses> = transaction.one(PROMOTION_USES, doc! { "_id": code }).await?;
    Ok(uses.map_or(0, |uses| uses.used) < i64::from(limit))
}

async fn add_uses(transaction: &mut Transaction, code: &str, uses: i64) -> Result<(), StoreError> {
    let change = doc! { "$inc": { "used": uses } };
    transaction.update(PROMOTION_USES, vec![Update { filter: doc! { "_id": code }, change, upsert: true }]).await?;
    Ok(())
}

/// Reserves the whole demand or nothing.
pub async fn reserve(transaction: &mut Transaction, reservation: &Reservation) -> Result<ReserveOutcome, StoreError> {
    let key = ReservationKey { order_id: reservation.order_id, attempt: reservation.attempt };
    if let Some(stored) = find(transaction, key).await? {
        return Ok(match stored.state {
            ReservationState::Held | ReservationState::Committed => ReserveOutcome::Reserved(stored.state),
            ReservationState::Released | ReservationState::Returned => ReserveOutcome::Released,
        });
    }
    let levels = levels::read(transaction, reservation.demand.iter().map(|line| &line.sku)).await?;
    let changes = match apply_demand(&levels, &reservation.demand, StockLevel::reserve) {
        Ok(changes) => changes,
        Err(rejected) => return Ok(ReserveOutcome::InsufficientStock(shortages(&levels, &rejected))),
    };
    if let Some((code, limit)) = &reservation.promotion {
        if !has_uses_left(transaction, code, *limit).await? {
            return Ok(ReserveOutcome::PromotionUsedUp);
        }
        add_uses(transaction, code, 1).await?;
    }
    let document = ReservationDocument {
        id: reservation_id(key),
        order_id: key.order_id,
        attempt: key.attempt,
        state: ReservationState::Held,
        demand: reservation.demand.clone(),
        promotion: reservation.promotion.as_ref().map(|(code, _)| code.clone()),
        expected_by: Some(micros(reservation.expected_by)),
        cart_id: reservation.cart_id,
    };
    // The key is the id: of two concurrent attempts one is aborted, and its retry finds this reservation.
    transaction.insert(RESERVATIONS, vec![encode(&document)?]).await?;
    // Without a cause: a reservation moves no units, so the history has no entry for it.
    levels::change(transaction, &changes, None).await?;
    Ok(ReserveOutcome::Reserved(ReservationState::Held))
}

/// Takes the reserved units out of stock.
pub async fn commit(
    transaction: &mut Transaction,
    key: ReservationKey,
    now: Timestamp,
) -> Result<CommitOutcome, StoreError> {
    let stored = match find(transaction, key).await? {
        Some(stored) if stored.state == ReservationState::Held => stored,
        Some(stored) if stored.state == ReservationState::Committed => return Ok(CommitOutcome::Done),
        _ => return Ok(CommitOutcome::NotReserved),
    };
    let levels = levels::read(transaction, stored.demand.iter().map(|line| &line.sku)).await?;
    let changes = match apply_demand(&levels, &stored.demand, StockLevel::commit) {
        Ok(changes) => changes,
        Err(rejected) => return Ok(unfulfilled(&levels, &rejected)),
    };
    set_state(transaction, &stored, ReservationState::Committed).await?;
    let order = key.order_id.to_string();
    levels::change(transaction, &changes, Some(ChangeCause::committed(&order, now))).await?;
    Ok(CommitOutcome::Done)
}

/// Releases a reservation, or puts its committed units back into stock.
pub async fn release(
    transaction: &mut Transaction,
    key: ReservationKey,
    now: Timestamp,
) -> Result<ReservationState, StoreError> {
    let Some(stored) = find(transaction, key).await? else {
        // A tombstone: a reserve request that was delayed and arrives later must not reserve anything.
        let tombstone = ReservationDocument {
            id: reservation_id(key),
            order_id: key.order_id,
            attempt: key.attempt,
            state: ReservationState::Released,
            demand: Vec::new(),
            promotion: None,
            cart_id: None,
            expected_by: None,
        };
        transaction.insert(RESERVATIONS, vec![encode(&tombstone)?]).await?;
        return Ok(ReservationState::Released);
    };
    let order = key.order_id.to_string();
    let levels = levels::read(transaction, stored.demand.iter().map(|line| &line.sku)).await?;
    let (state, changes, cause) = match stored.state {
        ReservationState::Held => {
            let released = apply_demand(&levels, &stored.demand, |level, quantity| Some(level.release(quantity)));
            (ReservationState::Released, released, None)
        }
        ReservationState::Committed => {
            let returned = apply_demand(&levels, &stored.demand, |level, quantity| Some(level.restock(quantity)));
            (ReservationState::Returned, returned, Some(ChangeCause::cancelled(&order, now)))
        }
        ended => return Ok(ended),
    };
    set_state(transaction, &stored, state).await?;
    // Any end without a sale frees the use of the promotion.
    if let Some(code) = &stored.promotion {
        add_uses(transaction, code, -1).await?;
    }
    // Levels are never deleted, so no demand is rejected.
    levels::change(transaction, &changes.unwrap_or_default(), cause).await?;
    Ok(state)
}
