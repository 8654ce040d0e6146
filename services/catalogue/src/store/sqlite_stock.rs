//! Stock in an SQLite file of its own, flushed with every commit.

use super::moved_stock::SqliteStockContents;
use super::{HeldReservation, NewSku, StockStore};
use crate::stock::{Adjusted, Committed, Demand, Level, Reservation, Reserved};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::health::Check;
use chassis::sqlite::{Database, Durability, Migration, Write, micros, moment, parse};
use contracts::catalogue::{Oversell, ReservationKey, ReservationState, Shortage, StockChange, StockReason};
use contracts::{OrderId, Sku};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::collections::HashMap;
use std::path::Path;

const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "levels, history, reservations, uses of promotions",
    sql: "CREATE TABLE levels (
              sku TEXT PRIMARY KEY,
              on_hand INTEGER NOT NULL,
              reserved INTEGER NOT NULL,
              oversell TEXT NOT NULL
          ) WITHOUT ROWID;
          CREATE TABLE history (
              id INTEGER PRIMARY KEY AUTOINCREMENT,
              sku TEXT NOT NULL,
              at INTEGER NOT NULL,
              change INTEGER NOT NULL,
              reason TEXT NOT NULL,
              note TEXT NOT NULL,
              author TEXT NOT NULL,
              key TEXT UNIQUE
          );
          CREATE INDEX history_by_sku ON history (sku, id);
          CREATE TABLE reservations (
              order_id TEXT NOT NULL,
              attempt INTEGER NOT NULL,
              state TEXT NOT NULL,
              demand TEXT NOT NULL,
              promotion TEXT,
              expected_by INTEGER,
              PRIMARY KEY (order_id, attempt)
          ) WITHOUT ROWID;
          CREATE INDEX reservations_held ON reservations (order_id, attempt) WHERE state = 'held';
          CREATE TABLE promotion_uses (code TEXT PRIMARY KEY, used INTEGER NOT NULL) WITHOUT ROWID;
          CREATE TABLE changes (sequence INTEGER PRIMARY KEY AUTOINCREMENT, sku TEXT NOT NULL);",
}];

/// Stock in an SQLite file.
#[derive(Clone)]
pub struct SqliteStock(Database);

impl SqliteStock {
    /// The steps of its schema, in order.
    pub const MIGRATIONS: &'static [Migration] = MIGRATIONS;

    /// Opens the file.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self(Database::open(path, Durability::PowerLoss, MIGRATIONS).await?))
    }

    /// All that the store keeps, to be moved into another.
    pub fn contents(&self) -> SqliteStockContents {
        SqliteStockContents::new(self.0.clone())
    }
}

/// The lower-case name of an enum's value, as JSON and the database have it.
fn name(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(ToOwned::to_owned)).unwrap_or_default()
}

fn named<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    Ok(serde_json::from_value(serde_json::Value::String(text.to_owned()))?)
}

fn level_of(row: &SqliteRow) -> Result<(Sku, Level), StoreError> {
    let level =
        Level { on_hand: row.get("on_hand"), reserved: row.get("reserved"), oversell: named(row.get("oversell"))? };
    Ok((parse(row.get("sku"))?, level))
}

async fn levels_in(work: &mut Write, demand: &[Demand]) -> Result<HashMap<Sku, Level>, StoreError> {
    let skus: Vec<&Sku> = demand.iter().map(|line| &line.sku).collect();
    let rows = sqlx::query("SELECT * FROM levels WHERE sku IN (SELECT value FROM json_each(?))")
        .bind(serde_json::to_string(&skus)?)
        .fetch_all(&mut **work)
        .await?;
    rows.iter().map(level_of).collect()
}

/// Writes changed levels, and notes the SKUs that became buyable or ceased to be.
async fn write_levels(
    work: &mut Write,
    before: &HashMap<Sku, Level>,
    after: &[(Sku, Level)],
) -> Result<(), StoreError> {
    let rows: Vec<(&Sku, i64, i64)> = after.iter().map(|(sku, level)| (sku, level.on_hand, level.reserved)).collect();
    sqlx::query(
        "UPDATE levels SET on_hand = changed.value ->> 1, reserved = changed.value ->> 2
         FROM json_each(?) AS changed WHERE levels.sku = changed.value ->> 0",
    )
    .bind(serde_json::to_string(&rows)?)
    .execute(&mut **work)
    .await?;
    let turned: Vec<&Sku> = after
        .iter()
        .filter(|(sku, level)| before.get(sku).is_none_or(|old| old.buyable() != level.buyable()))
        .map(|(sku, _)| sku)
        .collect();
    if !turned.is_empty() {
        note_changes(work, &turned).await?;
    }
    Ok(())
}

async fn note_changes(work: &mut Write, skus: &[&Sku]) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO changes (sku) SELECT value FROM json_each(?)")
        .bind(serde_json::to_string(skus)?)
        .execute(&mut **work)
        .await?;
    Ok(())
}

struct HistoryLine<'l> {
    at: Timestamp,
    reason: StockReason,
    note: &'l str,
    author: &'l str,
}

async fn write_history(work: &mut Write, changes: &[(&Sku, i64)], line: &HistoryLine<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO history (sku, at, change, reason, note, author)
         SELECT value ->> 0, ?, value ->> 1, ?, ?, ? FROM json_each(?)",
    )
    .bind(micros(line.at))
    .bind(name(line.reason))
    .bind(line.note)
    .bind(line.author)
    .bind(serde_json::to_string(changes)?)
    .execute(&mut **work)
    .await?;
    Ok(())
}

struct Kept {
    state: ReservationState,
    demand: Vec<Demand>,
    promotion: Option<String>,
}

async fn find(work: &mut Write, key: ReservationKey) -> Result<Option<Kept>, StoreError> {
    let row = sqlx::query("SELECT state, demand, promotion FROM reservations WHERE order_id = ? AND attempt = ?")
        .bind(key.order_id.to_string())
        .bind(key.attempt)
        .fetch_optional(&mut **work)
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

async fn set_state(work: &mut Write, key: ReservationKey, state: ReservationState) -> Result<(), StoreError> {
    sqlx::query("UPDATE reservations SET state = ? WHERE order_id = ? AND attempt = ?")
        .bind(name(state))
        .bind(key.order_id.to_string())
        .bind(key.attempt)
        .execute(&mut **work)
        .await?;
    Ok(())
}

/// Uses a promotion once more; false when its limit is reached.
async fn use_promotion(work: &mut Write, code: &str, limit: Option<u32>) -> Result<bool, StoreError> {
    let changed = sqlx::query(
        "INSERT INTO promotion_uses (code, used) SELECT ?1, 1 WHERE ?2 IS NULL OR ?2 > 0
         ON CONFLICT (code) DO UPDATE SET used = used + 1 WHERE ?2 IS NULL OR used < ?2",
    )
    .bind(code)
    .bind(limit)
    .execute(&mut **work)
    .await?
    .rows_affected();
    Ok(changed == 1)
}

impl SqliteStock {
    async fn hold(&self, work: &mut Write, reservation: &Reservation) -> Result<Reserved, StoreError> {
        let levels = levels_in(work, &reservation.demand).await?;
        let (mut after, mut short) = (Vec::new(), Vec::new());
        for Demand { sku, quantity } in &reservation.demand {
            match levels.get(sku).and_then(|level| level.reserve(*quantity)) {
                Some(level) => after.push((sku.clone(), level)),
                None => short.push(Shortage {
                    sku: sku.clone(),
                    requested: u32::try_from(*quantity).unwrap_or(u32::MAX),
                    available: levels.get(sku).and_then(Level::sellable).unwrap_or(0),
                }),
            }
        }
        if !short.is_empty() {
            return Ok(Reserved::Short(short));
        }
        if let Some((code, limit)) = &reservation.promotion
            && !use_promotion(work, code, *limit).await?
        {
            return Ok(Reserved::PromotionUsedUp);
        }
        write_levels(work, &levels, &after).await?;
        sqlx::query(
            "INSERT INTO reservations (order_id, attempt, state, demand, promotion, expected_by) VALUES (?, ?, 'held', ?, ?, ?)",
        )
        .bind(reservation.order_id.to_string())
        .bind(reservation.attempt)
        .bind(serde_json::to_string(&reservation.demand)?)
        .bind(reservation.promotion.as_ref().map(|(code, _)| code))
        .bind(micros(reservation.expected_by))
        .execute(&mut **work)
        .await?;
        Ok(Reserved::Held(ReservationState::Held))
    }

    /// Applies `change` to the level of every line and writes the outcome; false when one refuses.
    async fn change_all(
        work: &mut Write,
        demand: &[Demand],
        change: impl Fn(Level, i64) -> Option<Level>,
    ) -> Result<bool, StoreError> {
        let levels = levels_in(work, demand).await?;
        let after: Option<Vec<(Sku, Level)>> = demand
            .iter()
            .map(|line| Some((line.sku.clone(), change(*levels.get(&line.sku)?, line.quantity)?)))
            .collect();
        let Some(after) = after else { return Ok(false) };
        write_levels(work, &levels, &after).await?;
        Ok(true)
    }
}

#[async_trait]
impl StockStore for SqliteStock {
    async fn ensure(&self, skus: &[NewSku], author: &str, now: Timestamp) -> Result<(), StoreError> {
        let mut work = self.0.begin().await?;
        for new in skus {
            let made = sqlx::query(
                "INSERT INTO levels (sku, on_hand, reserved, oversell) VALUES (?, ?, 0, ?) ON CONFLICT (sku) DO NOTHING",
            )
            .bind(new.sku.as_str())
            .bind(new.initial)
            .bind(name(new.oversell))
            .execute(&mut *work)
            .await?
            .rows_affected();
            if made == 1 {
                let line = HistoryLine { at: now, reason: StockReason::Initial, note: "first count", author };
                write_history(&mut work, &[(&new.sku, new.initial)], &line).await?;
            } else {
                let turned = sqlx::query("UPDATE levels SET oversell = ?1 WHERE sku = ?2 AND oversell <> ?1")
                    .bind(name(new.oversell))
                    .bind(new.sku.as_str())
                    .execute(&mut *work)
                    .await?
                    .rows_affected();
                if turned == 1 {
                    note_changes(&mut work, &[&new.sku]).await?;
                }
            }
        }
        work.commit().await
    }

    async fn levels(&self, skus: &[Sku]) -> Result<HashMap<Sku, Level>, StoreError> {
        let rows = sqlx::query("SELECT * FROM levels WHERE sku IN (SELECT value FROM json_each(?))")
            .bind(serde_json::to_string(skus)?)
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        rows.iter().map(level_of).collect()
    }

    async fn history(&self, sku: &Sku, limit: usize) -> Result<Vec<StockChange>, StoreError> {
        let rows = sqlx::query("SELECT * FROM history WHERE sku = ? ORDER BY id DESC LIMIT ?")
            .bind(sku.as_str())
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        let change = |row: &SqliteRow| {
            Ok(StockChange {
                at: moment(row.get("at"))?,
                change: row.get("change"),
                reason: named(row.get("reason"))?,
                note: row.get("note"),
                author: row.get("author"),
            })
        };
        rows.iter().map(change).collect()
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
        let mut work = self.0.begin().await?;
        let demand = [Demand { sku: sku.clone(), quantity: change }];
        if levels_in(&mut work, &demand).await?.is_empty() {
            return Ok(Adjusted::Unknown);
        }
        let fresh = sqlx::query(
            "INSERT INTO history (sku, at, change, reason, note, author, key) VALUES (?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (key) DO NOTHING",
        )
        .bind(sku.as_str())
        .bind(micros(now))
        .bind(change)
        .bind(name(StockReason::Adjusted))
        .bind(note)
        .bind(author)
        .bind(key)
        .execute(&mut *work)
        .await?
        .rows_affected();
        if fresh == 0 {
            return Ok(Adjusted::Done);
        }
        if !Self::change_all(&mut work, &demand, Level::adjust).await? {
            return Ok(Adjusted::Refused);
        }
        work.commit().await?;
        Ok(Adjusted::Done)
    }

    async fn reserve(&self, reservation: &Reservation) -> Result<Reserved, StoreError> {
        let mut work = self.0.begin().await?;
        let key = ReservationKey { order_id: reservation.order_id, attempt: reservation.attempt };
        if let Some(kept) = find(&mut work, key).await? {
            return Ok(match kept.state {
                ReservationState::Held | ReservationState::Committed => Reserved::Held(kept.state),
                ReservationState::Released | ReservationState::Returned => Reserved::Released,
            });
        }
        let outcome = self.hold(&mut work, reservation).await?;
        if matches!(outcome, Reserved::Held(_)) {
            work.commit().await?;
        }
        Ok(outcome)
    }

    async fn commit(&self, key: ReservationKey, now: Timestamp) -> Result<Committed, StoreError> {
        let mut work = self.0.begin().await?;
        let kept = match find(&mut work, key).await? {
            Some(kept) if kept.state == ReservationState::Held => kept,
            Some(kept) if kept.state == ReservationState::Committed => return Ok(Committed::Done),
            _ => return Ok(Committed::NotHeld),
        };
        if !Self::change_all(&mut work, &kept.demand, Level::commit).await? {
            return Ok(Committed::AwaitingStock);
        }
        let changes: Vec<(&Sku, i64)> = kept.demand.iter().map(|line| (&line.sku, -line.quantity)).collect();
        let author = key.order_id.to_string();
        let line = HistoryLine { at: now, reason: StockReason::Committed, note: "order", author: &author };
        write_history(&mut work, &changes, &line).await?;
        set_state(&mut work, key, ReservationState::Committed).await?;
        work.commit().await?;
        Ok(Committed::Done)
    }

    async fn release(&self, key: ReservationKey, now: Timestamp) -> Result<ReservationState, StoreError> {
        let mut work = self.0.begin().await?;
        let Some(kept) = find(&mut work, key).await? else {
            sqlx::query("INSERT INTO reservations (order_id, attempt, state, demand) VALUES (?, ?, 'released', '[]')")
                .bind(key.order_id.to_string())
                .bind(key.attempt)
                .execute(&mut *work)
                .await?;
            work.commit().await?;
            return Ok(ReservationState::Released);
        };
        let state = match kept.state {
            ReservationState::Held => {
                Self::change_all(&mut work, &kept.demand, |level, quantity| Some(level.release(quantity))).await?;
                ReservationState::Released
            }
            ReservationState::Committed => {
                Self::change_all(&mut work, &kept.demand, |level, quantity| Some(level.put_back(quantity))).await?;
                let changes: Vec<(&Sku, i64)> = kept.demand.iter().map(|line| (&line.sku, line.quantity)).collect();
                let author = key.order_id.to_string();
                let line =
                    HistoryLine { at: now, reason: StockReason::Returned, note: "order cancelled", author: &author };
                write_history(&mut work, &changes, &line).await?;
                ReservationState::Returned
            }
            done => return Ok(done),
        };
        if let Some(code) = &kept.promotion {
            sqlx::query("UPDATE promotion_uses SET used = used - 1 WHERE code = ?")
                .bind(code)
                .execute(&mut *work)
                .await?;
        }
        set_state(&mut work, key, state).await?;
        work.commit().await?;
        Ok(state)
    }

    async fn promotion_uses(&self, codes: &[&str]) -> Result<HashMap<String, u32>, StoreError> {
        let rows = sqlx::query(
            "SELECT code, used FROM promotion_uses WHERE code IN (SELECT value FROM json_each(?)) AND used > 0",
        )
        .bind(serde_json::to_string(codes)?)
        .fetch_all(&mut *self.0.read().await?)
        .await?;
        Ok(rows.iter().map(|row| (row.get("code"), row.get("used"))).collect())
    }

    async fn changes_after(&self, sequence: i64, limit: usize) -> Result<(Vec<Sku>, i64), StoreError> {
        let rows = sqlx::query("SELECT sequence, sku FROM changes WHERE sequence > ? ORDER BY sequence LIMIT ?")
            .bind(sequence)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&mut *self.0.read().await?)
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
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut *self.0.read().await?)
        .await?;
        let held = |row: &SqliteRow| {
            let order_id: OrderId = parse(row.get("order_id"))?;
            let key = ReservationKey { order_id, attempt: row.get("attempt") };
            Ok(HeldReservation { key, expected_by: moment(row.get("expected_by"))? })
        };
        rows.iter().map(held).collect()
    }

    async fn violations(&self, limit: usize) -> Result<Vec<String>, StoreError> {
        // One statement, so that all three are judged at one moment.
        let rows = sqlx::query(
            "WITH counted AS (SELECT sku, sum(change) AS total FROM history GROUP BY sku),
                  promised AS (
                      SELECT line.value ->> 'sku' AS sku, sum(line.value ->> 'quantity') AS total
                      FROM reservations, json_each(reservations.demand) AS line WHERE state = 'held' GROUP BY 1)
             SELECT levels.sku, on_hand, reserved, oversell, coalesce(counted.total, 0) AS counted,
                    coalesce(promised.total, 0) AS promised
             FROM levels LEFT JOIN counted USING (sku) LEFT JOIN promised USING (sku)
             WHERE on_hand <> coalesce(counted.total, 0) OR reserved <> coalesce(promised.total, 0) OR reserved < 0
                OR (oversell = ? AND reserved > on_hand)
             LIMIT ?",
        )
        .bind(name(Oversell::Deny))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut *self.0.read().await?)
        .await?;
        let told = |row: &SqliteRow| {
            let number = |column: &str| row.get::<i64, _>(column);
            format!(
                "SKU {}: on hand {} (history {}), reserved {} (held {}), {}",
                row.get::<&str, _>("sku"),
                number("on_hand"),
                number("counted"),
                number("reserved"),
                number("promised"),
                row.get::<&str, _>("oversell"),
            )
        };
        Ok(rows.iter().map(told).collect())
    }
}

#[async_trait]
impl Check for SqliteStock {
    async fn check(&self) -> Result<(), String> {
        self.0.check().await
    }
}
