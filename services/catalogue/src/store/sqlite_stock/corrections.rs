//! Corrections and returns, each made once, some with an answer that is kept.

use super::work::{Work, line};
use crate::stock::{Adjusted, Adjustment, Demand};
use crate::store::levels::{AnswerOf, Cause, Changed, LINES_SHOWN, Once, again, changed, key_of};
use chassis::StoreError;
use chassis::idempotency::sqlite as answers;
use contracts::Sku;
use contracts::catalogue::StockChange;
use jiff::Timestamp;

/// Corrects a level, unless that was done.
pub async fn correct(work: &mut Work, adjustment: &Adjustment, once: Once<'_>) -> Result<Adjusted, StoreError> {
    match once {
        Once::Key(key) => {
            if is_used(work, key, [&adjustment.sku]).await? {
                return Ok(Adjusted::Done);
            }
        }
        Once::Request(AnswerOf { request, .. }) => {
            if let Some(kept) = answers::find(&mut work.write, &request.scope).await? {
                return Ok(again(kept, request));
            }
        }
    }
    let sku = &adjustment.sku;
    let Some(before) = work.levels([sku]).await?.remove(sku) else { return Ok(Adjusted::Unknown) };
    let after = match before.level.adjust(adjustment.change, adjustment.force) {
        Ok(after) => after,
        Err(refusal) => return Ok(Adjusted::Refused(refusal, before.level)),
    };
    work.change(&[Changed { before, after }], Some(Cause::correction(adjustment, once))).await?;
    let Once::Request(AnswerOf { request, answer }) = once else { return Ok(Adjusted::Done) };
    let answer = answer(after, latest(work, sku).await?)?;
    answers::keep(&mut work.write, request, &answer, adjustment.at).await?;
    Ok(Adjusted::Answered(answer))
}

/// Puts goods back; false when there is no such SKU.
pub async fn restock(work: &mut Work, key: &str, returned: &[Demand], now: Timestamp) -> Result<bool, StoreError> {
    let levels = work.levels(returned.iter().map(|line| &line.sku)).await?;
    if is_used(work, key, returned.iter().map(|line| &line.sku)).await? {
        return Ok(true);
    }
    let back = changed(&levels, returned, |level, quantity| Some(level.put_back(quantity)));
    let Ok(back) = back else { return Ok(false) };
    work.change(&back, Some(Cause::returned(key, now))).await?;
    Ok(true)
}

/// Whether something was done under this key to any of these SKUs.
async fn is_used<'s>(work: &mut Work, key: &str, skus: impl IntoIterator<Item = &'s Sku>) -> Result<bool, StoreError> {
    let keys: Vec<String> = skus.into_iter().map(|sku| key_of(key, sku)).collect();
    let line = sqlx::query("SELECT 1 FROM history WHERE key IN (SELECT value FROM json_each(?)) LIMIT 1")
        .bind(serde_json::to_string(&keys)?)
        .fetch_optional(&mut *work.write)
        .await?;
    Ok(line.is_some())
}

async fn latest(work: &mut Work, sku: &Sku) -> Result<Vec<StockChange>, StoreError> {
    let rows = sqlx::query("SELECT * FROM history WHERE sku = ? ORDER BY number DESC LIMIT ?")
        .bind(sku.as_str())
        .bind(i64::try_from(LINES_SHOWN).unwrap_or(i64::MAX))
        .fetch_all(&mut *work.write)
        .await?;
    rows.iter().map(|row| line(row)?.change()).collect()
}
