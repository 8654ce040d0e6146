//! Adjustments and returns, each made once per key.

use super::levels;
use super::schema::HISTORY;
use super::stored_responses;
use super::transaction::Transaction;
use crate::stock::{Adjustment, AdjustmentOutcome, Demand};
use crate::store::codec::row_limit;
use crate::store::levels::{
    ChangeCause, HistoryEntry, Idempotency, KeyedRequest, LevelChange, RECENT_HISTORY, apply_demand, entry_key, replay,
};
use chassis::StoreError;
use contracts::Sku;
use contracts::catalogue::StockChange;
use jiff::Timestamp;
use mongodb::bson::doc;

/// Adjusts a level unless its idempotency key was used before.
pub async fn adjust(
    transaction: &mut Transaction,
    adjustment: &Adjustment,
    idempotency: Idempotency<'_>,
) -> Result<AdjustmentOutcome, StoreError> {
    match idempotency {
        Idempotency::Key(key) => {
            if is_used(transaction, key, [&adjustment.sku]).await? {
                return Ok(AdjustmentOutcome::Done);
            }
        }
        Idempotency::Request(KeyedRequest { request, .. }) => {
            if let Some(stored) = stored_responses::find(transaction, &request.scope).await? {
                return Ok(replay(stored, request));
            }
        }
    }
    let sku = &adjustment.sku;
    let Some(before) = levels::read(transaction, [sku]).await?.remove(sku) else {
        return Ok(AdjustmentOutcome::UnknownSku);
    };
    // A rejection stores no response: the client may correct the request and send it under the same key.
    let after = match before.level.adjust(adjustment.change, adjustment.force) {
        Ok(after) => after,
        Err(rejection) => return Ok(AdjustmentOutcome::Rejected(rejection, before.level)),
    };
    let entries = before.entries + 1;
    let cause = ChangeCause::adjustment(adjustment, idempotency);
    levels::change(transaction, &[LevelChange { before, after }], Some(cause)).await?;
    let Idempotency::Request(KeyedRequest { request, respond }) = idempotency else {
        return Ok(AdjustmentOutcome::Done);
    };
    let response = respond(after, recent_history(transaction, sku, entries).await?)?;
    stored_responses::store(transaction, request, &response, adjustment.at).await?;
    Ok(AdjustmentOutcome::Responded(response))
}

/// Puts returned units back into stock. Returns false if a SKU is unknown.
pub async fn restock(
    transaction: &mut Transaction,
    key: &str,
    returned: &[Demand],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let levels = levels::read(transaction, returned.iter().map(|line| &line.sku)).await?;
    // A return books all its SKUs at once, so a single used key means that it was booked.
    if is_used(transaction, key, returned.iter().map(|line| &line.sku)).await? {
        return Ok(true);
    }
    let changes = apply_demand(&levels, returned, |level, quantity| Some(level.restock(quantity)));
    let Ok(changes) = changes else { return Ok(false) };
    levels::change(transaction, &changes, Some(ChangeCause::returned(key, now))).await?;
    Ok(true)
}

/// Returns true if the key was used for any of these SKUs.
async fn is_used<'s>(
    transaction: &mut Transaction,
    key: &str,
    skus: impl IntoIterator<Item = &'s Sku>,
) -> Result<bool, StoreError> {
    let keys: Vec<String> = skus.into_iter().map(|sku| entry_key(key, sku)).collect();
    Ok(transaction.one::<HistoryEntry>(HISTORY, doc! { "key": { "$in": keys } }).await?.is_some())
}

/// Returns the latest entries of a history with this number of entries.
async fn recent_history(
    transaction: &mut Transaction,
    sku: &Sku,
    entries: i64,
) -> Result<Vec<StockChange>, StoreError> {
    let filter = doc! { "sku": sku.as_str(), "number": { "$gt": entries - row_limit(RECENT_HISTORY) } };
    let mut found: Vec<HistoryEntry> = transaction.all(HISTORY, filter).await?;
    found.sort_by_key(|entry| std::cmp::Reverse(entry.number));
    found.into_iter().map(HistoryEntry::into_change).collect()
}
