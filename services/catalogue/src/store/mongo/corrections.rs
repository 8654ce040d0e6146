//! Corrections and returns, each made once, some with an answer that is kept.

use super::answers;
use super::document::bounded;
use super::levels::{self, HISTORY};
use super::work::Work;
use crate::stock::{Adjusted, Adjustment, Demand};
use crate::store::levels::{AnswerOf, Cause, Changed, LINES_SHOWN, Line, Once, again, changed, key_of};
use chassis::StoreError;
use contracts::Sku;
use contracts::catalogue::StockChange;
use jiff::Timestamp;
use mongodb::bson::doc;

/// Corrects a level, unless that was done.
pub async fn correct(work: &mut Work, adjustment: &Adjustment, once: Once<'_>) -> Result<Adjusted, StoreError> {
    match once {
        Once::Key(key) => {
            if is_used(work, key, [&adjustment.sku]).await? {
                return Ok(Adjusted::Done);
            }
        }
        Once::Request(AnswerOf { request, .. }) => {
            if let Some(kept) = answers::find(work, &request.scope).await? {
                return Ok(again(kept, request));
            }
        }
    }
    let sku = &adjustment.sku;
    let Some(before) = levels::read(work, [sku]).await?.remove(sku) else { return Ok(Adjusted::Unknown) };
    let after = match before.level.adjust(adjustment.change, adjustment.force) {
        Ok(after) => after,
        Err(refusal) => return Ok(Adjusted::Refused(refusal, before.level)),
    };
    let lines = before.lines + 1;
    levels::write(work, &[Changed { before, after }], Some(Cause::correction(adjustment, once))).await?;
    let Once::Request(AnswerOf { request, answer }) = once else { return Ok(Adjusted::Done) };
    let answer = answer(after, latest(work, sku, lines).await?)?;
    answers::keep(work, request, &answer, adjustment.at).await?;
    Ok(Adjusted::Answered(answer))
}

/// Puts goods back; false when there is no such SKU.
pub async fn restock(work: &mut Work, key: &str, returned: &[Demand], now: Timestamp) -> Result<bool, StoreError> {
    let levels = levels::read(work, returned.iter().map(|line| &line.sku)).await?;
    if is_used(work, key, returned.iter().map(|line| &line.sku)).await? {
        return Ok(true);
    }
    let back = changed(&levels, returned, |level, quantity| Some(level.put_back(quantity)));
    let Ok(back) = back else { return Ok(false) };
    levels::write(work, &back, Some(Cause::returned(key, now))).await?;
    Ok(true)
}

/// Whether something was done under this key to any of these SKUs.
async fn is_used<'s>(work: &mut Work, key: &str, skus: impl IntoIterator<Item = &'s Sku>) -> Result<bool, StoreError> {
    let keys: Vec<String> = skus.into_iter().map(|sku| key_of(key, sku)).collect();
    Ok(work.one::<Line>(HISTORY, doc! { "key": { "$in": keys } }).await?.is_some())
}

/// The latest of this many lines.
async fn latest(work: &mut Work, sku: &Sku, lines: i64) -> Result<Vec<StockChange>, StoreError> {
    let shown = doc! { "sku": sku.as_str(), "number": { "$gt": lines - bounded(LINES_SHOWN) } };
    let mut found: Vec<Line> = work.all(HISTORY, shown).await?;
    found.sort_by_key(|line| std::cmp::Reverse(line.number));
    found.into_iter().map(Line::change).collect()
}
