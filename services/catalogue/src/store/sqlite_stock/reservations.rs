//! Reservations and uses of promotions.

use super::work::{Work, name, named};
use crate::stock::{Committed, Demand, Level, Reservation, Reserved};
use crate::store::levels::{Cause, changed, shortages, unkept};
use chassis::StoreError;
use chassis::sqlite::micros;
use contracts::catalogue::{ReservationKey, ReservationState};
use jiff::Timestamp;
use sqlx::Row;

struct Kept {
    state: ReservationState,
    demand: Vec<Demand>,
    promotion: Option<String>,
}

async fn find(work: &mut Work, key: ReservationKey) -> Result<Option<Kept>, StoreError> {
    let row = sqlx::query("SELECT state, demand, promotion FROM reservations WHERE order_id = ? AND attempt = ?")
        .bind(key.order_id.to_string())
        .bind(key.attempt)
        .fetch_optional(&mut *work.write)
        .await?;
    row.map(|row| {
        Ok(Kept {
            state: named(row.get("state"))?,
            demand: serde_json::from_str(row.get("demand"))?,
            promotion: row.get("promotion"),
        })
    })
    .transpose()
}

async fn set_state(work: &mut Work, key: ReservationKey, state: ReservationState) -> Result<(), StoreError> {
    sqlx::query("UPDATE reservations SET state = ? WHERE order_id = ? AND attempt = ?")
        .bind(name(state))
        .bind(key.order_id.to_string())
        .bind(key.attempt)
        .execute(&mut *work.write)
        .await?;
    Ok(())
}

/// Uses a promotion once more; false when its limit is reached.
async fn use_promotion(work: &mut Work, code: &str, limit: Option<u32>) -> Result<bool, StoreError> {
    let changed = sqlx::query(
        "INSERT INTO promotion_uses (code, used) SELECT ?1, 1 WHERE ?2 IS NULL OR ?2 > 0
         ON CONFLICT (code) DO UPDATE SET used = used + 1 WHERE ?2 IS NULL OR used < ?2",
    )
    .bind(code)
    .bind(limit)
    .execute(&mut *work.write)
    .await?
    .rows_affected();
    Ok(changed == 1)
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
    let levels = work.levels(reservation.demand.iter().map(|line| &line.sku)).await?;
    let held = match changed(&levels, &reservation.demand, Level::reserve) {
        Ok(held) => held,
        Err(refusing) => return Ok(Reserved::Short(shortages(&levels, &refusing))),
    };
    if let Some((code, limit)) = &reservation.promotion
        && !use_promotion(work, code, *limit).await?
    {
        return Ok(Reserved::PromotionUsedUp);
    }
    work.change(&held, None).await?;
    sqlx::query(
        "INSERT INTO reservations (order_id, attempt, state, demand, promotion, expected_by) VALUES (?, ?, 'held', ?, ?, ?)",
    )
    .bind(reservation.order_id.to_string())
    .bind(reservation.attempt)
    .bind(serde_json::to_string(&reservation.demand)?)
    .bind(reservation.promotion.as_ref().map(|(code, _)| code))
    .bind(micros(reservation.expected_by))
    .execute(&mut *work.write)
    .await?;
    Ok(Reserved::Held(ReservationState::Held))
}

/// Takes a reservation out of stock.
pub async fn take(work: &mut Work, key: ReservationKey, now: Timestamp) -> Result<Committed, StoreError> {
    let kept = match find(work, key).await? {
        Some(kept) if kept.state == ReservationState::Held => kept,
        Some(kept) if kept.state == ReservationState::Committed => return Ok(Committed::Done),
        _ => return Ok(Committed::NotHeld),
    };
    let levels = work.levels(kept.demand.iter().map(|line| &line.sku)).await?;
    let taken = match changed(&levels, &kept.demand, Level::commit) {
        Ok(taken) => taken,
        Err(refusing) => return Ok(unkept(&levels, &refusing)),
    };
    work.change(&taken, Some(Cause::taken(&key.order_id.to_string(), now))).await?;
    set_state(work, key, ReservationState::Committed).await?;
    Ok(Committed::Done)
}

/// Gives a reservation back, or puts back what was taken.
pub async fn give_back(work: &mut Work, key: ReservationKey, now: Timestamp) -> Result<ReservationState, StoreError> {
    let Some(kept) = find(work, key).await? else {
        sqlx::query("INSERT INTO reservations (order_id, attempt, state, demand) VALUES (?, ?, 'released', '[]')")
            .bind(key.order_id.to_string())
            .bind(key.attempt)
            .execute(&mut *work.write)
            .await?;
        return Ok(ReservationState::Released);
    };
    let levels = work.levels(kept.demand.iter().map(|line| &line.sku)).await?;
    let order = key.order_id.to_string();
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
    // No level is ever removed, so none of them refuses.
    work.change(&after.unwrap_or_default(), cause).await?;
    if let Some(code) = &kept.promotion {
        sqlx::query("UPDATE promotion_uses SET used = used - 1 WHERE code = ?")
            .bind(code)
            .execute(&mut *work.write)
            .await?;
    }
    set_state(work, key, state).await?;
    Ok(state)
}
