//! Levels of stock with their history. A level counts its history's lines, so that each line has a number and two units
//! of work can never both add to the history of one SKU: they would both write its level.

use super::changes;
use super::document::{encode, micros, part, parts};
use super::work::{Update, Work};
use crate::stock::{Demand, Level};
use chassis::StoreError;
use contracts::Sku;
use contracts::catalogue::{Oversell, StockReason};
use jiff::Timestamp;
use mongodb::bson::{Document, doc};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The collection of levels.
pub const LEVELS: &str = "levels";
/// The collection of their changes.
pub const HISTORY: &str = "history";
/// The feed of SKUs that became buyable or ceased to be.
pub const FEED: &str = "stock_changes";

/// A level as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Kept {
    /// The SKU.
    #[serde(rename = "_id")]
    pub sku: Sku,
    /// What is in the warehouse.
    pub on_hand: i64,
    /// What of it is promised.
    pub reserved: i64,
    /// What happens when it is sold out.
    pub oversell: Oversell,
    /// How many lines its history has.
    pub lines: i64,
}

impl Kept {
    /// The level.
    pub const fn level(&self) -> Level {
        Level { on_hand: self.on_hand, reserved: self.reserved, oversell: self.oversell }
    }

    /// The level with its SKU.
    pub fn into_pair(self) -> (Sku, Level) {
        let level = self.level();
        (self.sku, level)
    }
}

/// A line of the history as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Line {
    /// The SKU.
    pub sku: Sku,
    /// Its place in the history of the SKU, from 1.
    pub number: i64,
    /// When, in microseconds.
    pub at: i64,
    /// How much more, or less.
    pub change: i64,
    /// Why.
    pub reason: StockReason,
    /// A word about it.
    pub note: String,
    /// Who did it.
    pub author: String,
    /// Under which key, if it is a correction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// What a change of levels is called in their history.
#[derive(Clone, Copy)]
pub struct Cause<'c> {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: StockReason,
    /// A word about it.
    pub note: &'c str,
    /// Who does it.
    pub author: &'c str,
    /// Under which key, if it is a correction.
    pub key: Option<&'c str>,
}

impl Cause<'_> {
    fn line(&self, sku: &Sku, number: i64, change: i64) -> Line {
        Line {
            sku: sku.clone(),
            number,
            at: micros(self.at),
            change,
            reason: self.reason,
            note: self.note.to_owned(),
            author: self.author.to_owned(),
            key: self.key.map(ToOwned::to_owned),
        }
    }
}

/// A level that changes.
pub struct Changed {
    /// As it was read.
    pub before: Kept,
    /// As it is to be.
    pub after: Level,
}

/// The levels of these SKUs.
pub async fn read<'s>(
    work: &mut Work,
    skus: impl IntoIterator<Item = &'s Sku>,
) -> Result<HashMap<Sku, Kept>, StoreError> {
    let kept: Vec<Kept> = work.all(LEVELS, doc! { "_id": { "$in": parts(skus)? } }).await?;
    Ok(kept.into_iter().map(|level| (level.sku.clone(), level)).collect())
}

/// What `change` makes of the level of every line; `None` when one refuses, or is unknown.
pub fn changed(
    levels: &HashMap<Sku, Kept>,
    demand: &[Demand],
    change: impl Fn(Level, i64) -> Option<Level>,
) -> Option<Vec<Changed>> {
    let one = |line: &Demand| {
        let before = levels.get(&line.sku)?;
        Some(Changed { before: before.clone(), after: change(before.level(), line.quantity)? })
    };
    demand.iter().map(one).collect()
}

/// Writes changed levels, what is on hand into their history, and notes those that became buyable or ceased to be.
pub async fn write(work: &mut Work, changed: &[Changed], cause: Option<Cause<'_>>) -> Result<(), StoreError> {
    let added = i64::from(cause.is_some());
    let updates = changed.iter().map(|Changed { before, after }| {
        // As it was read: were it not so, this unit of work would have been given up.
        let filter = encode(before)?;
        let set = doc! { "on_hand": after.on_hand, "reserved": after.reserved, "oversell": part(&after.oversell)? };
        Ok(Update { filter, change: doc! { "$set": set, "$inc": { "lines": added } }, make: false })
    });
    let written = work.update(LEVELS, updates.collect::<Result<_, StoreError>>()?).await?;
    if usize::try_from(written).ok() != Some(changed.len()) {
        return Err(StoreError::Interrupted("a level is not as it was read".to_owned()));
    }
    if let Some(cause) = cause {
        let line = |one: &Changed| {
            let change = one.after.on_hand - one.before.on_hand;
            encode(&cause.line(&one.before.sku, one.before.lines + 1, change))
        };
        work.insert(HISTORY, changed.iter().map(line).collect::<Result<_, _>>()?).await?;
    }
    let turned = |one: &&Changed| {
        one.before.level().buyable() != one.after.buyable() || one.before.oversell != one.after.oversell
    };
    let turned: Vec<&Sku> = changed.iter().filter(turned).map(|one| &one.before.sku).collect();
    if !turned.is_empty() {
        changes::note(work, FEED, &turned).await?;
    }
    Ok(())
}

/// Gives new SKUs a level, with its first count in the history.
pub async fn begin(
    work: &mut Work,
    new: impl Iterator<Item = (&Sku, &(i64, Oversell))>,
    cause: Cause<'_>,
) -> Result<(), StoreError> {
    let (mut levels, mut lines) = (Vec::<Document>::new(), Vec::<Document>::new());
    for (sku, (initial, oversell)) in new {
        let level = Kept { sku: sku.clone(), on_hand: *initial, reserved: 0, oversell: *oversell, lines: 1 };
        lines.push(encode(&cause.line(sku, 1, *initial))?);
        levels.push(encode(&level)?);
    }
    work.insert(LEVELS, levels).await?;
    work.insert(HISTORY, lines).await
}
