//! Adjustments and returns, each made once per key.

use super::transaction::{StockTransaction, entry_from_row};
use crate::stock::{Adjustment, AdjustmentOutcome, Demand};
use crate::store::codec::row_limit;
use crate::store::levels::{
    ChangeCause, Idempotency, KeyedRequest, LevelChange, RECENT_HISTORY, apply_demand, entry_key, replay,
};
use chassis::StoreError;
use chassis::idempotency::sqlite as responses;
use contracts::Sku;
use contracts::catalogue::StockChange;
use jiff::Timestamp;

/// Adjusts a level unless its idempotency key was used before.
pub async fn adjust(
    transaction: &mut StockTransaction,
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
            if let Some(stored) = responses::find(&mut transaction.write, &request.scope).await? {
                return Ok(replay(stored, request));
            }
        }
    }
    let sku = &adjustment.sku;
    let Some(before) = transaction.levels([sku]).await?.remove(sku) else { return Ok(AdjustmentOutcome::UnknownSku) };
    // A rejection stores no response: the client may correct the request and send it under the same key.
    let after = match before.level.adjust(adjustment.change, adjustment.force) {
        Ok(after) => after,
        Err(rejection) => return Ok(AdjustmentOutcome::Rejected(rejection, before.level)),
    };
    let cause = ChangeCause::adjustment(adjustment, idempotency);
    transaction.change_levels(&[LevelChange { before, after }], Some(cause)).await?;
    let Idempotency::Request(KeyedRequest { request, respond }) = idempotency else {
        return Ok(AdjustmentOutcome::Done);
    };
    let response = respond(after, recent_history(transaction, sku).await?)?;
    responses::keep(&mut transaction.write, request, &response, adjustment.at).await?;
    Ok(AdjustmentOutcome::Responded(response))
}

/// Puts returned units back into stock. Returns false if a SKU is unknown.
pub async fn restock(
    transaction: &mut StockTransaction,
    key: &str,
    returned: &[Demand],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let levels = transaction.levels(returned.iter().map(|line| &line.sku)).await?;
    // A return books all its SKUs at once, so a single used key means that it was booked.
    if is_used(transaction, key, returned.iter().map(|line| &line.sku)).await? {
        return Ok(true);
    }
    let changes = apply_demand(&levels, returned, |level, quantity| Some(level.restock(quantity)));
    let Ok(changes) = changes else { return Ok(false) };
    transaction.change_levels(&changes, Some(ChangeCause::returned(key, now))).await?;
    Ok(true)
}

/// Returns true if the key was used for any of these SKUs.
async fn is_used<'s>(
    transaction: &mut StockTransaction,
    key: &str,
    skus: impl IntoIterator<Item = &'s Sku>,
) -> Result<bool, StoreError> {
    let keys: Vec<String> = skus.into_iter().map(|sku| entry_key(key, sku)).collect();
    let entry = sqlx::query("SELECT 1 FROM history WHERE key IN (SELECT value FROM json_each(?)) LIMIT 1")
        .bind(serde_json::to_string(&keys)?)
        .fetch_optional(&mut *transaction.write)
        .await?;
    Ok(entry.is_some())
}

async fn recent_history(transaction: &mut StockTransaction, sku: &Sku) -> Result<Vec<StockChange>, StoreError> {
    let rows = sqlx::query("SELECT * FROM history WHERE sku = ? ORDER BY number DESC LIMIT ?")
        .bind(sku.as_str())
        .bind(row_limit(RECENT_HISTORY))
        .fetch_all(&mut *transaction.write)
        .await?;
    rows.iter().map(|row| entry_from_row(row)?.into_change()).collect()
}
