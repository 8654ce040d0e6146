//! A unit of work on levels: what they become, the lines of their history, the note for search indexes, and what others
//! are told of it.

use crate::stock::{Level, News};
use crate::store::levels::{Cause, Changed, Kept, Line};
use chassis::StoreError;
use chassis::sqlite::{Write, parse};
use contracts::Sku;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::collections::HashMap;

/// A unit of work. Dropped before its commit it changes nothing.
pub struct Work {
    /// The transaction.
    pub write: Write,
    /// What is told of it once it is done.
    pub news: Vec<News>,
}

/// The lower-case name of an enum's value, as JSON and the database have it.
pub fn name(value: impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(ToOwned::to_owned)).unwrap_or_default()
}

/// The value of an enum with this name.
pub fn named<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    Ok(serde_json::from_value(serde_json::Value::String(text.to_owned()))?)
}

/// A level out of its row.
pub fn kept(row: &SqliteRow) -> Result<Kept, StoreError> {
    let level = Level {
        on_hand: row.get("on_hand"),
        reserved: row.get("reserved"),
        oversell: named(row.get("oversell"))?,
        ahead: row.get("ahead"),
        missing: row.get("missing"),
        low_at: row.get("low_at"),
    };
    Ok(Kept { sku: parse(row.get("sku"))?, level, lines: row.get("lines") })
}

/// A line of the history out of its row.
pub fn line(row: &SqliteRow) -> Result<Line, StoreError> {
    Ok(Line {
        sku: parse(row.get("sku"))?,
        number: row.get("number"),
        at: row.get("at"),
        change: row.get("change"),
        on_hand: row.get("on_hand"),
        reason: named(row.get("reason"))?,
        kind: row.get::<Option<&str>, _>("kind").map(named).transpose()?,
        forced: row.get("forced"),
        note: row.get("note"),
        author: row.get("author"),
        key: row.get("key"),
    })
}

impl Work {
    /// The levels of these SKUs.
    pub async fn levels<'s>(
        &mut self,
        skus: impl IntoIterator<Item = &'s Sku>,
    ) -> Result<HashMap<Sku, Kept>, StoreError> {
        let skus: Vec<&Sku> = skus.into_iter().collect();
        let rows = sqlx::query("SELECT * FROM levels WHERE sku IN (SELECT value FROM json_each(?))")
            .bind(serde_json::to_string(&skus)?)
            .fetch_all(&mut *self.write)
            .await?;
        rows.iter().map(|row| kept(row).map(|kept| (kept.sku.clone(), kept))).collect()
    }

    /// Writes changed levels; with a cause, what is on hand goes into their history.
    pub async fn change(&mut self, changed: &[Changed], cause: Option<Cause<'_>>) -> Result<(), StoreError> {
        if changed.is_empty() {
            return Ok(());
        }
        let added = i64::from(cause.is_some());
        let rows: Vec<_> = changed
            .iter()
            .map(|Changed { before: Kept { sku, lines, .. }, after }| {
                let (low, short) = (i64::from(after.is_low()), i64::from(after.short() > 0));
                let counts = (after.on_hand, after.reserved, after.ahead, after.missing, lines + added);
                (sku, counts, name(after.oversell), (after.low_at, low, short))
            })
            .collect();
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
            self.add_lines(&changed.iter().map(|one| one.line(&cause)).collect::<Vec<_>>()).await?;
        }
        let turned: Vec<&Sku> = changed.iter().filter(|one| one.has_turned()).map(|one| &one.before.sku).collect();
        if !turned.is_empty() {
            sqlx::query("INSERT INTO changes (sku) SELECT value FROM json_each(?)")
                .bind(serde_json::to_string(&turned)?)
                .execute(&mut *self.write)
                .await?;
        }
        self.news.extend(changed.iter().flat_map(Changed::news));
        Ok(())
    }

    /// Gives new SKUs a level, with its first count in the history.
    pub async fn begin(&mut self, new: &[Kept], cause: Cause<'_>) -> Result<(), StoreError> {
        if new.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = new
            .iter()
            .map(|Kept { sku, level, lines }| {
                (sku, level.on_hand, name(level.oversell), lines, i64::from(level.is_low()))
            })
            .collect();
        sqlx::query(
            "INSERT INTO levels (sku, on_hand, reserved, oversell, lines, low)
             SELECT value ->> 0, value ->> 1, 0, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?)",
        )
        .bind(serde_json::to_string(&rows)?)
        .execute(&mut *self.write)
        .await?;
        self.add_lines(&new.iter().map(|level| cause.first_line(level)).collect::<Vec<_>>()).await
    }

    async fn add_lines(&mut self, lines: &[Line]) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO history (sku, number, at, change, on_hand, reason, kind, forced, note, author, key)
             SELECT value ->> 'sku', value ->> 'number', value ->> 'at', value ->> 'change', value ->> 'on_hand',
                    value ->> 'reason', value ->> 'kind', value ->> 'forced', value ->> 'note', value ->> 'author',
                    value ->> 'key'
             FROM json_each(?)",
        )
        .bind(serde_json::to_string(lines)?)
        .execute(&mut *self.write)
        .await?;
        Ok(())
    }
}
