//! Reservations and uses of promotions.

use super::document::{encode, micros, part};
use super::levels;
use super::work::{Update, Work};
use crate::stock::{Committed, Demand, Level, Reservation, Reserved};
use crate::store::levels::{Cause, changed, shortages, unkept};
use chassis::StoreError;
use contracts::OrderId;
use contracts::catalogue::{ReservationKey, ReservationState};
use jiff::Timestamp;
use mongodb::bson::doc;
use serde::{Deserialize, Serialize};

/// The collection of reservations.
pub const RESERVATIONS: &str = "reservations";
/// The collection of uses of promotions.
pub const PROMOTION_USES: &str = "promotion_uses";

/// A reservation as it is kept; a tombstone has no demand.
#[derive(Debug, Serialize, Deserialize)]
pub struct KeptReservation {
    #[serde(rename = "_id")]
    id: String,
    /// The order.
    pub order_id: OrderId,
    /// Which try of this order.
    pub attempt: u32,
    state: ReservationState,
    /// What it needs.
    pub demand: Vec<Demand>,
    /// The promotion it uses.
    pub promotion: Option<String>,
    /// When somebody should look at it, in microseconds.
    pub expected_by: Option<i64>,
}

/// How often a promotion is used or held.
#[derive(Serialize, Deserialize)]
pub struct Uses {
    #[serde(rename = "_id")]
    /// Its code.
    pub code: String,
    /// How often.
    pub used: i64,
}

/// The text of a key, in the order of keys.
pub fn id(key: ReservationKey) -> String {
    format!("{}/{:010}", key.order_id, key.attempt)
}

async fn find(work: &mut Work, key: ReservationKey) -> Result<Option<KeptReservation>, StoreError> {
    work.one(RESERVATIONS, doc! { "_id": id(key) }).await
}

async fn set_state(work: &mut Work, kept: &KeptReservation, state: ReservationState) -> Result<(), StoreError> {
    let filter = doc! { "_id": &kept.id, "state": part(&kept.state)? };
    let change = doc! { "$set": { "state": part(&state)? } };
    match work.update(RESERVATIONS, vec![Update { filter, change, make: false }]).await? {
        1 => Ok(()),
        _ => Err(StoreError::TransactionAborted("a reservation is not as it was read".to_owned())),
    }
}

/// Whether a promotion can be used once more. Its count is written if it is, so the answer holds.
async fn is_left(work: &mut Work, code: &str, limit: Option<u32>) -> Result<bool, StoreError> {
    let Some(limit) = limit else { return Ok(true) };
    let uses: Option<Uses> = work.one(PROMOTION_USES, doc! { "_id": code }).await?;
    Ok(uses.map_or(0, |uses| uses.used) < i64::from(limit))
}

async fn count_use(work: &mut Work, code: &str, uses: i64) -> Result<(), StoreError> {
    let change = doc! { "$inc": { "used": uses } };
    work.update(PROMOTION_USES, vec![Update { filter: doc! { "_id": code }, change, make: true }]).await?;
    Ok(())
}

/// Reserves all of it or nothing.
pub async fn hold(work: &mut Work, reservation: &Reservation) -> Result<Reserved, StoreError> {
    let key = ReservationKey { order_id: reservation.order_id, attempt: reservation.attempt };
    if let Some(kept) = find(work, key).await? {
        return Ok(match kept.state {
            ReservationState::Held | ReservationState::Committed => Reserved::Held(kept.state),
            ReservationState::Released | ReservationState::Returned => Reserved::Released,
        });
    }
    let levels = levels::read(work, reservation.demand.iter().map(|line| &line.sku)).await?;
    let held = match changed(&levels, &reservation.demand, Level::reserve) {
        Ok(held) => held,
        Err(refusing) => return Ok(Reserved::Short(shortages(&levels, &refusing))),
    };
    if let Some((code, limit)) = &reservation.promotion {
        if !is_left(work, code, *limit).await? {
            return Ok(Reserved::PromotionUsedUp);
        }
        count_use(work, code, 1).await?;
    }
    let kept = KeptReservation {
        id: id(key),
        order_id: key.order_id,
        attempt: key.attempt,
        state: ReservationState::Held,
        demand: reservation.demand.clone(),
        promotion: reservation.promotion.as_ref().map(|(code, _)| code.clone()),
        expected_by: Some(micros(reservation.expected_by)),
    };
    work.insert(RESERVATIONS, vec![encode(&kept)?]).await?;
    levels::write(work, &held, None).await?;
    Ok(Reserved::Held(ReservationState::Held))
}

/// Takes a reservation out of stock.
pub async fn take(work: &mut Work, key: ReservationKey, now: Timestamp) -> Result<Committed, StoreError> {
    let kept = match find(work, key).await? {
        Some(kept) if kept.state == ReservationState::Held => kept,
        Some(kept) if kept.state == ReservationState::Committed => return Ok(Committed::Done),
        _ => return Ok(Committed::NotHeld),
    };
    let levels = levels::read(work, kept.demand.iter().map(|line| &line.sku)).await?;
    let taken = match changed(&levels, &kept.demand, Level::commit) {
        Ok(taken) => taken,
        Err(refusing) => return Ok(unkept(&levels, &refusing)),
    };
    set_state(work, &kept, ReservationState::Committed).await?;
    levels::write(work, &taken, Some(Cause::taken(&key.order_id.to_string(), now))).await?;
    Ok(Committed::Done)
}

/// Gives a reservation back, or puts back what was taken.
pub async fn give_back(work: &mut Work, key: ReservationKey, now: Timestamp) -> Result<ReservationState, StoreError> {
    let Some(kept) = find(work, key).await? else {
        let tombstone = KeptReservation {
            id: id(key),
            order_id: key.order_id,
            attempt: key.attempt,
            state: ReservationState::Released,
            demand: Vec::new(),
            promotion: None,
            expected_by: None,
        };
        work.insert(RESERVATIONS, vec![encode(&tombstone)?]).await?;
        return Ok(ReservationState::Released);
    };
    let order = key.order_id.to_string();
    let levels = levels::read(work, kept.demand.iter().map(|line| &line.sku)).await?;
    let (state, after, cause) = match kept.state {
        ReservationState::Held => {
            let freed = changed(&levels, &kept.demand, |level, quantity| Some(level.release(quantity)));
            (ReservationState::Released, freed, None)
        }
        ReservationState::Committed => {
            let returned = changed(&levels, &kept.demand, |level, quantity| Some(level.put_back(quantity)));
            (ReservationState::Returned, returned, Some(Cause::put_back(&order, now)))
        }
        done => return Ok(done),
    };
    set_state(work, &kept, state).await?;
    if let Some(code) = &kept.promotion {
        count_use(work, code, -1).await?;
    }
    // No level is ever removed, so none of them refuses.
    levels::write(work, &after.unwrap_or_default(), cause).await?;
    Ok(state)
}
