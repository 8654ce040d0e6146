//! Reservations and uses of promotions.

use super::transaction::StockTransaction;
use crate::stock::{CommitOutcome, Demand, Reservation, ReserveOutcome, StockLevel};
use crate::store::codec::{enum_name, parse_enum};
use crate::store::levels::{ChangeCause, apply_demand, shortages, unfulfilled};
use chassis::StoreError;
use chassis::sqlite::micros;
use contracts::catalogue::{ReservationKey, ReservationState};
use jiff::Timestamp;
use sqlx::Row;

struct StoredReservation {
    state: ReservationState,
    demand: Vec<Demand>,
    promotion: Option<String>,
}

async fn find(
    transaction: &mut StockTransaction,
    key: ReservationKey,
) -> Result<Option<StoredReservation>, StoreError> {
    let row = sqlx::query("SELECT state, demand, promotion FROM reservations WHERE order_id = ? AND attempt = ?")
        .bind(key.order_id.to_string())
        .bind(key.attempt)
        .fetch_optional(&mut *transaction.write)
        .await?;
    row.map(|row| {
        Ok(StoredReservation {
            state: parse_enum(row.get("state"))?,
            demand: serde_json::from_str(row.get("demand"))?,
            promotion: row.get("promotion"),
        })
    })
    .transpose()
}

async fn set_state(
    transaction: &mut StockTransaction,
    key: ReservationKey,
    state: ReservationState,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE reservations SET state = ? WHERE order_id = ? AND attempt = ?")
        .bind(enum_name(state)?)
        .bind(key.order_id.to_string())
        .bind(key.attempt)
        .execute(&mut *transaction.write)
        .await?;
    Ok(())
}

/// Counts one use of a promotion. Returns false if its limit is reached.
async fn use_promotion(transaction: &mut StockTransaction, code: &str, limit: Option<u32>) -> Result<bool, StoreError> {
    let changed = sqlx::query(
        "INSERT INTO promotion_uses (code, used) SELECT ?1, 1 WHERE ?2 IS NULL OR ?2 > 0
         ON CONFLICT (code) DO UPDATE SET used = used + 1 WHERE ?2 IS NULL OR used < ?2",
    )
    .bind(code)
    .bind(limit)
    .execute(&mut *transaction.write)
    .await?
    .rows_affected();
    Ok(changed == 1)
}

/// Reserves the whole demand or nothing.
pub async fn reserve(
    transaction: &mut StockTransaction,
    reservation: &Reservation,
) -> Result<ReserveOutcome, StoreError> {
    let key = ReservationKey { order_id: reservation.order_id, attempt: reservation.attempt };
    if let Some(stored) = find(transaction, key).await? {
        return Ok(match stored.state {
            ReservationState::Held | ReservationState::Committed => ReserveOutcome::Reserved(stored.state),
            ReservationState::Released | ReservationState::Returned => ReserveOutcome::Released,
        });
    }
    let levels = transaction.levels(reservation.demand.iter().map(|line| &line.sku)).await?;
    let changes = match apply_demand(&levels, &reservation.demand, StockLevel::reserve) {
        Ok(changes) => changes,
        Err(rejected) => return Ok(ReserveOutcome::InsufficientStock(shortages(&levels, &rejected))),
    };
    if let Some((code, limit)) = &reservation.promotion {
        let is_counted = use_promotion(transaction, code, *limit).await?;
        if !is_counted {
            return Ok(ReserveOutcome::PromotionUsedUp);
        }
    }
    // Without a cause: a reservation moves no units, so the history has no entry for it.
    transaction.change_levels(&changes, None).await?;
    sqlx::query(
        "INSERT INTO reservations (order_id, attempt, state, demand, promotion, expected_by, cart_id)
         VALUES (?, ?, 'held', ?, ?, ?, ?)",
    )
    .bind(reservation.order_id.to_string())
    .bind(reservation.attempt)
    .bind(serde_json::to_string(&reservation.demand)?)
    .bind(reservation.promotion.as_ref().map(|(code, _)| code))
    .bind(micros(reservation.expected_by))
    .bind(reservation.cart_id.map(|cart| cart.to_string()))
    .execute(&mut *transaction.write)
    .await?;
    Ok(ReserveOutcome::Reserved(ReservationState::Held))
}

/// Takes the reserved units out of stock.
pub async fn commit(
    transaction: &mut StockTransaction,
    key: ReservationKey,
    now: Timestamp,
) -> Result<CommitOutcome, StoreError> {
    let stored = match find(transaction, key).await? {
        Some(stored) if stored.state == ReservationState::Held => stored,
        Some(stored) if stored.state == ReservationState::Committed => return Ok(CommitOutcome::Done),
        _ => return Ok(CommitOutcome::NotReserved),
    };
    let levels = transaction.levels(stored.demand.iter().map(|line| &line.sku)).await?;
    let changes = match apply_demand(&levels, &stored.demand, StockLevel::commit) {
        Ok(changes) => changes,
        Err(rejected) => return Ok(unfulfilled(&levels, &rejected)),
    };
    let order = key.order_id.to_string();
    transaction.change_levels(&changes, Some(ChangeCause::committed(&order, now))).await?;
    set_state(transaction, key, ReservationState::Committed).await?;
    Ok(CommitOutcome::Done)
}

/// Releases a reservation, or puts its committed units back into stock.
pub async fn release(
    transaction: &mut StockTransaction,
    key: ReservationKey,
    now: Timestamp,
) -> Result<ReservationState, StoreError> {
    let Some(stored) = find(transaction, key).await? else {
        // A tombstone: a reserve request that was delayed and arrives later must not reserve anything.
        sqlx::query("INSERT INTO reservations (order_id, attempt, state, demand) VALUES (?, ?, 'released', '[]')")
            .bind(key.order_id.to_string())
            .bind(key.attempt)
            .execute(&mut *transaction.write)
            .await?;
        return Ok(ReservationState::Released);
    };
    let levels = transaction.levels(stored.demand.iter().map(|line| &line.sku)).await?;
    let order = key.order_id.to_string();
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
    // Levels are never deleted, so no demand is rejected.
    transaction.change_levels(&changes.unwrap_or_default(), cause).await?;
    // Any end without a sale frees the use of the promotion.
    if let Some(code) = &stored.promotion {
        sqlx::query("UPDATE promotion_uses SET used = used - 1 WHERE code = ?")
            .bind(code)
            .execute(&mut *transaction.write)
            .await?;
    }
    set_state(transaction, key, state).await?;
    Ok(state)
}
