//! Levels of stock with their history. A level counts its history's lines, so that two units of work can never both add
//! to the history of one SKU: they would both write its level.

use super::changes;
use super::document::{encode, parts};
use super::work::{Update, Work};
use crate::stock::Level;
use crate::store::levels::{Cause, Changed, Kept};
use chassis::StoreError;
use contracts::Sku;
use contracts::catalogue::Oversell;
use mongodb::bson::{Document, doc};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The collection of levels.
pub const LEVELS: &str = "levels";
/// The collection of their changes.
pub const HISTORY: &str = "history";
/// The feed of SKUs that became buyable or ceased to be.
pub const FEED: &str = "stock_changes";

/// A level as a document.
#[derive(Debug, Serialize, Deserialize)]
pub struct LevelDocument {
    #[serde(rename = "_id")]
    sku: Sku,
    on_hand: i64,
    reserved: i64,
    oversell: Oversell,
    lines: i64,
    ahead: i64,
    missing: i64,
    low_at: Option<i64>,
    /// For those who list what is low.
    low: bool,
    /// For those who list what is short.
    short: bool,
}

impl LevelDocument {
    fn new(sku: &Sku, level: &Level, lines: i64) -> Self {
        let Level { on_hand, reserved, oversell, ahead, missing, low_at } = *level;
        let (low, short) = (level.is_low(), level.short() > 0);
        Self { sku: sku.clone(), on_hand, reserved, oversell, lines, ahead, missing, low_at, low, short }
    }

    /// The level.
    pub fn kept(self) -> Kept {
        let Self { sku, on_hand, reserved, oversell, lines, ahead, missing, low_at, .. } = self;
        Kept { sku, level: Level { on_hand, reserved, oversell, ahead, missing, low_at }, lines }
    }

    /// The level with its SKU.
    pub fn into_pair(self) -> (Sku, Level) {
        let Kept { sku, level, .. } = self.kept();
        (sku, level)
    }
}

/// The levels of these SKUs.
pub async fn read<'s>(
    work: &mut Work,
    skus: impl IntoIterator<Item = &'s Sku>,
) -> Result<HashMap<Sku, Kept>, StoreError> {
    let found: Vec<LevelDocument> = work.all(LEVELS, doc! { "_id": { "$in": parts(skus)? } }).await?;
    Ok(found.into_iter().map(LevelDocument::kept).map(|kept| (kept.sku.clone(), kept)).collect())
}

/// Writes changed levels, what is on hand into their history, and notes those that search indexes look at. What others
/// are told of it is kept until the end of the unit of work.
pub async fn write(work: &mut Work, changed: &[Changed], cause: Option<Cause<'_>>) -> Result<(), StoreError> {
    let added = i64::from(cause.is_some());
    let updates = changed.iter().map(|Changed { before: Kept { sku, level, lines }, after }| {
        // As it was read: were it not so, this unit of work would have been given up.
        let filter = doc! { "_id": sku.as_str(), "on_hand": level.on_hand, "reserved": level.reserved, "lines": lines };
        Ok(Update { filter, change: encode(&LevelDocument::new(sku, after, lines + added))?, make: false })
    });
    let written = work.update(LEVELS, updates.collect::<Result<_, StoreError>>()?).await?;
    if usize::try_from(written).ok() != Some(changed.len()) {
        return Err(StoreError::TransactionAborted("a level is not as it was read".to_owned()));
    }
    if let Some(cause) = cause {
        let lines = changed.iter().map(|one| encode(&one.line(&cause)));
        work.insert(HISTORY, lines.collect::<Result<_, _>>()?).await?;
    }
    let turned: Vec<&Sku> = changed.iter().filter(|one| one.has_turned()).map(|one| &one.before.sku).collect();
    if !turned.is_empty() {
        changes::note(work, FEED, &turned).await?;
    }
    work.news.extend(changed.iter().flat_map(Changed::news));
    Ok(())
}

/// Gives new SKUs a level, with its first count in the history.
pub async fn begin(work: &mut Work, new: &[Kept], cause: Cause<'_>) -> Result<(), StoreError> {
    let (mut levels, mut lines) = (Vec::<Document>::new(), Vec::<Document>::new());
    for kept in new {
        levels.push(encode(&LevelDocument::new(&kept.sku, &kept.level, kept.lines))?);
        lines.push(encode(&cause.first_line(kept))?);
    }
    work.insert(LEVELS, levels).await?;
    work.insert(HISTORY, lines).await
}
