//! Changes of stock levels and their history, independent of the database.
//!
//! A stored level counts the entries of its history. That count numbers each new entry, and it makes two transactions
//! that change the same SKU conflict with each other.

use super::NewSku;
use crate::stock::{Adjustment, AdjustmentOutcome, CommitOutcome, Demand, StockEvent, StockLevel, stock_events};
use chassis::idempotency::{self, IdempotentRequest, JsonResponse};
use chassis::{StoreError, SystemContext};
use contracts::Sku;
use contracts::catalogue::{AdjustmentKind, Oversell, Shortage, StockChange, StockReason};
use events::Event;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// The number of history entries in the response to an adjustment.
pub const RECENT_HISTORY: usize = 10;

/// A level as it is stored.
#[derive(Debug, Clone)]
pub struct StoredLevel {
    /// The SKU of the level.
    pub sku: Sku,
    pub level: StockLevel,
    /// The number of entries in its history; the column is called `lines`.
    pub entries: i64,
}

/// An entry of the stock history as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// The SKU that changed.
    pub sku: Sku,
    /// Its position in the history of the SKU, starting at 1.
    pub number: i64,
    /// The time of the change, in microseconds.
    pub at: i64,
    /// The number of units added; negative if removed.
    pub change: i64,
    /// The units on hand after the change.
    pub on_hand: i64,
    /// The operation that changed the level.
    pub reason: StockReason,
    /// The category of an adjustment; `None` for other changes.
    pub kind: Option<AdjustmentKind>,
    /// True if a forced adjustment removed reserved units.
    pub forced: bool,
    /// A free-text explanation of the change.
    pub note: String,
    /// The account or order that made the change.
    pub author: String,
    /// The permanent idempotency key of the change, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl HistoryEntry {
    /// Converts the entry into the form that staff see.
    pub fn into_change(self) -> Result<StockChange, StoreError> {
        let Self { number, at, change, on_hand, reason, kind, forced, note, author, .. } = self;
        let at = Timestamp::from_microsecond(at).map_err(|error| StoreError::Fault(error.to_string()))?;
        Ok(StockChange { number, at, change, on_hand, reason, kind, forced, note, author })
    }
}

/// The cause of a change, recorded in the history.
#[derive(Clone, Copy)]
pub struct ChangeCause<'c> {
    /// The time of the change.
    pub at: Timestamp,
    /// The operation that changes the level.
    pub reason: StockReason,
    /// The category of an adjustment; `None` for other changes.
    pub kind: Option<AdjustmentKind>,
    /// A free-text explanation of the change.
    pub note: &'c str,
    /// The account or order that makes the change.
    pub author: &'c str,
    /// The permanent idempotency key of the change, if it has one; see [`entry_key`].
    pub key: Option<&'c str>,
}

/// Builds the unique key of a history entry. One operation may change several SKUs under the same key.
pub fn entry_key(key: &str, sku: &Sku) -> String {
    format!("{sku}:{key}")
}

impl<'c> ChangeCause<'c> {
    /// The first count of new SKUs.
    pub const fn first_count(author: &'c str, at: Timestamp) -> Self {
        Self { at, reason: StockReason::Initial, kind: None, note: "first count", author, key: None }
    }

    /// A manual adjustment by staff.
    pub fn adjustment(adjustment: &'c Adjustment, idempotency: Idempotency<'c>) -> Self {
        Self {
            at: adjustment.at,
            reason: StockReason::Adjusted,
            kind: Some(adjustment.kind),
            note: &adjustment.note,
            author: &adjustment.author,
            key: if let Idempotency::Key(key) = idempotency { Some(key) } else { None },
        }
    }

    /// An order whose reservation is committed.
    pub const fn committed(order: &'c str, at: Timestamp) -> Self {
        Self { at, reason: StockReason::Committed, kind: None, note: "order", author: order, key: None }
    }

    /// A cancelled order whose committed units go back into stock.
    pub const fn cancelled(order: &'c str, at: Timestamp) -> Self {
        Self { at, reason: StockReason::Returned, kind: None, note: "order cancelled", author: order, key: None }
    }

    /// A return received from a customer; `step` is its permanent key.
    pub const fn returned(step: &'c str, at: Timestamp) -> Self {
        Self { at, reason: StockReason::Returned, kind: None, note: "returned", author: step, key: Some(step) }
    }

    /// Builds the first history entry of a new level.
    pub fn first_entry(&self, level: &StoredLevel) -> HistoryEntry {
        self.entry(&level.sku, 1, level.level.on_hand, &level.level, false)
    }

    fn entry(&self, sku: &Sku, number: i64, change: i64, after: &StockLevel, forced: bool) -> HistoryEntry {
        HistoryEntry {
            sku: sku.clone(),
            number,
            at: self.at.as_microsecond(),
            change,
            on_hand: after.on_hand,
            reason: self.reason,
            kind: self.kind,
            forced,
            note: self.note.to_owned(),
            author: self.author.to_owned(),
            key: self.key.map(|key| entry_key(key, sku)),
        }
    }
}

/// A change of one level.
#[derive(Debug, Clone)]
pub struct LevelChange {
    /// The level as read in this transaction.
    pub before: StoredLevel,
    /// The level to write.
    pub after: StockLevel,
}

impl LevelChange {
    /// Builds the history entry of this change.
    pub fn history_entry(&self, cause: &ChangeCause<'_>) -> HistoryEntry {
        let Self { before: StoredLevel { sku, level, entries }, after } = self;
        // Force is recorded only where it was needed, that is, where units were lost.
        cause.entry(sku, entries + 1, after.on_hand - level.on_hand, after, after.lost > level.lost)
    }

    /// Returns true if the search index must be updated: availability or overselling policy changed.
    pub fn affects_search(&self) -> bool {
        let before = &self.before.level;
        // Quantities are not indexed: most orders change only those, and must not update the index.
        before.is_purchasable() != self.after.is_purchasable() || before.oversell != self.after.oversell
    }

    /// Returns the events to publish about this change.
    pub fn events(&self) -> Vec<StockEvent> {
        stock_events(&self.before.sku, &self.before.level, &self.after)
    }
}

/// Applies `change` to the level of every demanded SKU: all of them, or none.
///
/// # Errors
/// The demand that `change` rejects, or whose SKU is unknown.
pub fn apply_demand<'d>(
    levels: &HashMap<Sku, StoredLevel>,
    demand: &'d [Demand],
    change: impl Fn(StockLevel, i64) -> Option<StockLevel>,
) -> Result<Vec<LevelChange>, Vec<&'d Demand>> {
    // All lines are tried, so that the customer learns about every shortage at once.
    let (mut changes, mut rejected) = (Vec::new(), Vec::new());
    for line in demand {
        let change = levels.get(&line.sku).and_then(|stored| Some((stored, change(stored.level, line.quantity)?)));
        match change {
            Some((before, after)) => changes.push(LevelChange { before: before.clone(), after }),
            None => rejected.push(line),
        }
    }
    if rejected.is_empty() { Ok(changes) } else { Err(rejected) }
}

/// Splits SKUs into new levels and policy changes. If a SKU occurs twice, the first count and the last policy apply.
pub fn ensure_levels(levels: &HashMap<Sku, StoredLevel>, skus: &[NewSku]) -> (Vec<StoredLevel>, Vec<LevelChange>) {
    // Sorted by SKU, the order in which every transaction writes levels.
    let mut requested = BTreeMap::<&Sku, (i64, Oversell)>::new();
    for new in skus {
        requested.entry(&new.sku).or_insert((new.initial, new.oversell)).1 = new.oversell;
    }
    let (mut created, mut changed) = (Vec::new(), Vec::new());
    for (sku, (initial, oversell)) in requested {
        match levels.get(sku) {
            None => {
                let level = StockLevel::new(initial, oversell);
                created.push(StoredLevel { sku: sku.clone(), level, entries: 1 });
            }
            Some(before) if before.level.oversell != oversell => {
                changed.push(LevelChange { after: before.level.with_policy(oversell), before: before.clone() });
            }
            Some(_) => {}
        }
    }
    (created, changed)
}

/// Reports the available quantity for each demand that cannot be reserved.
pub fn shortages(levels: &HashMap<Sku, StoredLevel>, rejected: &[&Demand]) -> Vec<Shortage> {
    let shortage = |line: &&Demand| Shortage {
        sku: line.sku.clone(),
        requested: u32::try_from(line.quantity).unwrap_or(u32::MAX),
        available: levels.get(&line.sku).and_then(|stored| stored.level.max_order_quantity()).unwrap_or(0),
    };
    rejected.iter().map(shortage).collect()
}

/// Returns why a reservation cannot be committed. It awaits stock only if every rejected line is backordered.
pub fn unfulfilled(levels: &HashMap<Sku, StoredLevel>, rejected: &[&Demand]) -> CommitOutcome {
    let awaits_stock = |line: &&Demand| {
        levels.get(&line.sku).is_some_and(|stored| stored.level.unfulfilled() == CommitOutcome::AwaitingStock)
    };
    if rejected.iter().all(awaits_stock) { CommitOutcome::AwaitingStock } else { CommitOutcome::StockMissing }
}

/// Wraps a stock event for the outbox.
pub fn to_event(event: &StockEvent, system: &SystemContext) -> Result<Event, StoreError> {
    Ok(match event {
        StockEvent::Arrived(arrived) => Event::new(system, "catalogue", arrived)?,
        StockEvent::Low(low) => Event::new(system, "catalogue", low)?,
    })
}

/// An adjustment request whose response is stored with the adjustment.
#[derive(Clone, Copy)]
pub struct KeyedRequest<'r> {
    /// The request, with its idempotency key and the digest of its body.
    pub request: &'r IdempotentRequest,
    /// Builds the response from the adjusted level and the latest entries of its history.
    pub respond: &'r (dyn Fn(StockLevel, Vec<StockChange>) -> Result<JsonResponse, StoreError> + Send + Sync),
}

/// Replays the stored response of a key, unless the key belongs to another request.
pub fn replay(stored: idempotency::StoredResponse, request: &IdempotentRequest) -> AdjustmentOutcome {
    stored.replay(request).map_or(AdjustmentOutcome::KeyReused, AdjustmentOutcome::Responded)
}

/// The way an adjustment is made idempotent.
#[derive(Clone, Copy)]
pub enum Idempotency<'o> {
    /// Permanently: the key is a unique part of the history.
    Key(&'o str),
    /// For the retention time of stored responses; the response is stored together with the adjustment.
    Request(KeyedRequest<'o>),
}
