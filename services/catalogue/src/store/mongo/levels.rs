//! Stock levels and their history within a transaction.
//!
//! A level counts the entries of its history, so every change of a SKU writes its level document. Two transactions can
//! therefore never both append to the history of one SKU.

use super::change_log;
use super::codec::{encode, to_bson_list};
use super::schema::{HISTORY, LEVELS, STOCK_CHANGES};
use super::transaction::{Transaction, Update};
use crate::stock::StockLevel;
use crate::store::levels::{ChangeCause, LevelChange, StoredLevel};
use chassis::StoreError;
use contracts::Sku;
use contracts::catalogue::Oversell;
use mongodb::bson::{Document, doc};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A level as a document. The names of its fields are those of the first version.
#[derive(Debug, Serialize, Deserialize)]
pub struct LevelDocument {
    #[serde(rename = "_id")]
    sku: Sku,
    on_hand: i64,
    reserved: i64,
    oversell: Oversell,
    #[serde(rename = "lines")]
    entries: i64,
    #[serde(rename = "ahead")]
    backordered: i64,
    #[serde(rename = "missing")]
    lost: i64,
    low_at: Option<i64>,
    /// Derived, for the index of low levels.
    low: bool,
    /// Derived, for the index of levels with a shortfall.
    #[serde(rename = "short")]
    shortfall: bool,
}

impl LevelDocument {
    fn new(sku: &Sku, level: &StockLevel, entries: i64) -> Self {
        let StockLevel { on_hand, reserved, oversell, backordered, lost, low_at } = *level;
        let (low, shortfall) = (level.is_low(), level.shortfall() > 0);
        Self { sku: sku.clone(), on_hand, reserved, oversell, entries, backordered, lost, low_at, low, shortfall }
    }

    /// Converts the document into a level.
    pub fn into_level(self) -> StoredLevel {
        let Self { sku, on_hand, reserved, oversell, entries, backordered, lost, low_at, .. } = self;
        StoredLevel { sku, level: StockLevel { on_hand, reserved, oversell, backordered, lost, low_at }, entries }
    }

    /// Converts the document into a SKU and its level.
    pub fn into_pair(self) -> (Sku, StockLevel) {
        let StoredLevel { sku, level, .. } = self.into_level();
        (sku, level)
    }
}

/// Reads the levels of these SKUs.
pub async fn read<'s>(
    transaction: &mut Transaction,
    skus: impl IntoIterator<Item = &'s Sku>,
) -> Result<HashMap<Sku, StoredLevel>, StoreError> {
    let found: Vec<LevelDocument> = transaction.all(LEVELS, doc! { "_id": { "$in": to_bson_list(skus)? } }).await?;
    Ok(found.into_iter().map(LevelDocument::into_level).map(|stored| (stored.sku.clone(), stored)).collect())
}

/// Writes changed levels. With a cause, each change also becomes an entry of the history.
pub async fn change(
    transaction: &mut Transaction,
    changes: &[LevelChange],
    cause: Option<ChangeCause<'_>>,
) -> Result<(), StoreError> {
    let added = i64::from(cause.is_some());
    let updates = changes.iter().map(|LevelChange { before: StoredLevel { sku, level, entries }, after }| {
        // The filter repeats the values that were read. A mismatch is impossible within a snapshot; it would mean that
        // the decision was made on other data.
        let filter =
            doc! { "_id": sku.as_str(), "on_hand": level.on_hand, "reserved": level.reserved, "lines": entries };
        Ok(Update { filter, change: encode(&LevelDocument::new(sku, after, entries + added))?, upsert: false })
    });
    let written = transaction.update(LEVELS, updates.collect::<Result<_, StoreError>>()?).await?;
    if usize::try_from(written).ok() != Some(changes.len()) {
        return Err(StoreError::TransactionAborted("a level changed after it was read".to_owned()));
    }
    if let Some(cause) = cause {
        let entries = changes.iter().map(|change| encode(&change.history_entry(&cause)));
        transaction.insert(HISTORY, entries.collect::<Result<_, _>>()?).await?;
    }
    // The search index only stores availability, so most orders do not append to its change log.
    let logged: Vec<&Sku> =
        changes.iter().filter(|change| change.affects_search()).map(|change| &change.before.sku).collect();
    if !logged.is_empty() {
        change_log::append(transaction, STOCK_CHANGES, &logged).await?;
    }
    // Events are only collected here: they are written to the outbox with the commit.
    transaction.events.extend(changes.iter().flat_map(LevelChange::events));
    Ok(())
}

/// Creates levels, each with the first entry of its history.
pub async fn create(
    transaction: &mut Transaction,
    new: &[StoredLevel],
    cause: ChangeCause<'_>,
) -> Result<(), StoreError> {
    let (mut levels, mut entries) = (Vec::<Document>::new(), Vec::<Document>::new());
    for stored in new {
        levels.push(encode(&LevelDocument::new(&stored.sku, &stored.level, stored.entries))?);
        entries.push(encode(&cause.first_entry(stored))?);
    }
    transaction.insert(LEVELS, levels).await?;
    transaction.insert(HISTORY, entries).await
}
