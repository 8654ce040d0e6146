//! A transaction on stock levels: the levels, their history, the change log and the events to publish.

use crate::stock::{StockEvent, StockLevel};
use crate::store::codec::{enum_name, parse_enum};
use crate::store::levels::{ChangeCause, HistoryEntry, LevelChange, StoredLevel};
use chassis::StoreError;
use chassis::sqlite::{Write, parse};
use contracts::Sku;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::collections::HashMap;

/// A transaction that is rolled back when dropped before its commit.
pub struct StockTransaction {
    /// The transaction of the database.
    pub write: Write,
    /// The events to publish with the commit.
    pub events: Vec<StockEvent>,
}

/// Reads a level from its row.
pub fn level_from_row(row: &SqliteRow) -> Result<StoredLevel, StoreError> {
    let level = StockLevel {
        on_hand: row.get("on_hand"),
        reserved: row.get("reserved"),
        oversell: parse_enum(row.get("oversell"))?,
        backordered: row.get("ahead"),
        lost: row.get("missing"),
        low_at: row.get("low_at"),
    };
    Ok(StoredLevel { sku: parse(row.get("sku"))?, level, entries: row.get("lines") })
}

/// Reads a history entry from its row.
pub fn entry_from_row(row: &SqliteRow) -> Result<HistoryEntry, StoreError> {
    Ok(HistoryEntry {
        sku: parse(row.get("sku"))?,
        number: row.get("number"),
        at: row.get("at"),
        change: row.get("change"),
        on_hand: row.get("on_hand"),
        reason: parse_enum(row.get("reason"))?,
        kind: row.get::<Option<&str>, _>("kind").map(parse_enum).transpose()?,
        forced: row.get("forced"),
        note: row.get("note"),
        author: row.get("author"),
        key: row.get("key"),
    })
}

impl StockTransaction {
    /// Reads the levels of these SKUs.
    pub async fn levels<'s>(
        &mut self,
        skus: impl IntoIterator<Item = &'s Sku>,
    ) -> Result<HashMap<Sku, StoredLevel>, StoreError> {
        let skus: Vec<&Sku> = skus.into_iter().collect();
        let rows = sqlx::query("SELECT * FROM levels WHERE sku IN (SELECT value FROM json_each(?))")
            .bind(serde_json::to_string(&skus)?)
            .fetch_all(&mut *self.write)
            .await?;
        rows.iter().map(|row| level_from_row(row).map(|stored| (stored.sku.clone(), stored))).collect()
    }

    /// Writes changed levels. With a cause, each change also becomes an entry of the history.
    pub async fn change_levels(
        &mut self,
        changes: &[LevelChange],
        cause: Option<ChangeCause<'_>>,
    ) -> Result<(), StoreError> {
        if changes.is_empty() {
            return Ok(());
        }
        let added = i64::from(cause.is_some());
        let row = |LevelChange { before: StoredLevel { sku, entries, .. }, after }: &LevelChange| {
            // Derived values are stored, because the partial indexes of the lists are defined on columns.
            let (is_low, is_short) = (i64::from(after.is_low()), i64::from(after.shortfall() > 0));
            let counts = (after.on_hand, after.reserved, after.backordered, after.lost, entries + added);
            Ok((sku.clone(), counts, enum_name(after.oversell)?, (after.low_at, is_low, is_short)))
        };
        let rows: Vec<_> = changes.iter().map(row).collect::<Result<_, StoreError>>()?;
        sqlx::query(
            "UPDATE levels SET on_hand = value ->> '$[1][0]', reserved = value ->> '$[1][1]', ahead = value ->> '$[1][2]',
                    missing = value ->> '$[1][3]', lines = value ->> '$[1][4]', oversell = value ->> 2,
                    low_at = value ->> '$[3][0]', low = value ->> '$[3][1]', short = value ->> '$[3][2]'
             FROM json_each(?) WHERE levels.sku = value ->> 0",
        )
        .bind(serde_json::to_string(&rows)?)
        .execute(&mut *self.write)
        .await?;
        if let Some(cause) = cause {
            self.add_entries(&changes.iter().map(|change| change.history_entry(&cause)).collect::<Vec<_>>()).await?;
        }
        // The search index only stores availability, so most orders do not append to its change log.
        let logged: Vec<&Sku> =
            changes.iter().filter(|change| change.affects_search()).map(|change| &change.before.sku).collect();
        if !logged.is_empty() {
            sqlx::query("INSERT INTO changes (sku) SELECT value FROM json_each(?)")
                .bind(serde_json::to_string(&logged)?)
                .execute(&mut *self.write)
                .await?;
        }
        // Events are only collected here: they are written to the outbox with the commit.
        self.events.extend(changes.iter().flat_map(LevelChange::events));
        Ok(())
    }

    /// Creates levels, each with the first entry of its history.
    pub async fn create_levels(&mut self, new: &[StoredLevel], cause: ChangeCause<'_>) -> Result<(), StoreError> {
        if new.is_empty() {
            return Ok(());
        }
        let row = |StoredLevel { sku, level, entries }: &StoredLevel| {
            Ok((sku.clone(), level.on_hand, enum_name(level.oversell)?, *entries, i64::from(level.is_low())))
        };
        let rows: Vec<_> = new.iter().map(row).collect::<Result<_, StoreError>>()?;
        sqlx::query(
            "INSERT INTO levels (sku, on_hand, reserved, oversell, lines, low)
             SELECT value ->> 0, value ->> 1, 0, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?)",
        )
        .bind(serde_json::to_string(&rows)?)
        .execute(&mut *self.write)
        .await?;
        self.add_entries(&new.iter().map(|level| cause.first_entry(level)).collect::<Vec<_>>()).await
    }

    async fn add_entries(&mut self, entries: &[HistoryEntry]) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO history (sku, number, at, change, on_hand, reason, kind, forced, note, author, key)
             SELECT value ->> 'sku', value ->> 'number', value ->> 'at', value ->> 'change', value ->> 'on_hand',
                    value ->> 'reason', value ->> 'kind', value ->> 'forced', value ->> 'note', value ->> 'author',
                    value ->> 'key'
             FROM json_each(?)",
        )
        .bind(serde_json::to_string(entries)?)
        .execute(&mut *self.write)
        .await?;
        Ok(())
    }
}
