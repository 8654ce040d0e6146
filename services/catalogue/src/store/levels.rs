//! How levels and their history are kept, whichever database holds them. A level counts the lines of its history, so
//! that each line has a number, and tells what is on hand after it.

use super::NewSku;
use crate::stock::{Adjusted, Adjustment, Committed, Demand, Level, News, news};
use chassis::idempotency::{self, JsonResponse, IdempotentRequest};
use chassis::{SystemContext, StoreError};
use contracts::Sku;
use contracts::catalogue::{AdjustmentKind, Oversell, Shortage, StockChange, StockReason};
use events::Event;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// How many lines of the history an answer shows.
pub const LINES_SHOWN: usize = 10;

/// A level as it is kept.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The SKU.
    pub sku: Sku,
    /// The level.
    pub level: Level,
    /// How many lines its history has.
    pub lines: i64,
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
    /// What is on hand after it.
    pub on_hand: i64,
    /// What changed it.
    pub reason: StockReason,
    /// Why, if it is a correction.
    pub kind: Option<AdjustmentKind>,
    /// Whether it took away what was promised.
    pub forced: bool,
    /// A word about it.
    pub note: String,
    /// Who did it.
    pub author: String,
    /// The key under which it is done once for ever, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl Line {
    /// The line as the people of the shop see it.
    pub fn change(self) -> Result<StockChange, StoreError> {
        let Self { number, at, change, on_hand, reason, kind, forced, note, author, .. } = self;
        let at = Timestamp::from_microsecond(at).map_err(|error| StoreError::Fault(error.to_string()))?;
        Ok(StockChange { number, at, change, on_hand, reason, kind, forced, note, author })
    }
}

/// What a change of levels is called in their history.
#[derive(Clone, Copy)]
pub struct Cause<'c> {
    /// When.
    pub at: Timestamp,
    /// What changes them.
    pub reason: StockReason,
    /// Why, if it is a correction.
    pub kind: Option<AdjustmentKind>,
    /// A word about it.
    pub note: &'c str,
    /// Who does it.
    pub author: &'c str,
    /// The key under which it is done once for ever, if it has one; see [`key_of`].
    pub key: Option<&'c str>,
}

/// The key of a line: what is done under one key may change several SKUs.
pub fn key_of(key: &str, sku: &Sku) -> String {
    format!("{sku}:{key}")
}

impl<'c> Cause<'c> {
    /// The first count of new SKUs.
    pub const fn first_count(author: &'c str, at: Timestamp) -> Self {
        Self { at, reason: StockReason::Initial, kind: None, note: "first count", author, key: None }
    }

    /// A correction.
    pub fn correction(adjustment: &'c Adjustment, once: Once<'c>) -> Self {
        Self {
            at: adjustment.at,
            reason: StockReason::Adjusted,
            kind: Some(adjustment.kind),
            note: &adjustment.note,
            author: &adjustment.author,
            key: if let Once::Key(key) = once { Some(key) } else { None },
        }
    }

    /// An order that takes its goods.
    pub const fn taken(order: &'c str, at: Timestamp) -> Self {
        Self { at, reason: StockReason::Committed, kind: None, note: "order", author: order, key: None }
    }

    /// An order that gives them back.
    pub const fn put_back(order: &'c str, at: Timestamp) -> Self {
        Self { at, reason: StockReason::Returned, kind: None, note: "order cancelled", author: order, key: None }
    }

    /// A return that brings them back.
    pub const fn returned(step: &'c str, at: Timestamp) -> Self {
        Self { at, reason: StockReason::Returned, kind: None, note: "returned", author: step, key: Some(step) }
    }

    /// The line that is the first of a new level.
    pub fn first_line(&self, level: &Kept) -> Line {
        self.line(&level.sku, 1, level.level.on_hand, &level.level, false)
    }

    fn line(&self, sku: &Sku, number: i64, change: i64, after: &Level, forced: bool) -> Line {
        Line {
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
            key: self.key.map(|key| key_of(key, sku)),
        }
    }
}

/// A level that changes.
#[derive(Debug, Clone)]
pub struct Changed {
    /// As it was read.
    pub before: Kept,
    /// As it is to be.
    pub after: Level,
}

impl Changed {
    /// Its line in the history.
    pub fn line(&self, cause: &Cause<'_>) -> Line {
        let Self { before: Kept { sku, level, lines }, after } = self;
        cause.line(sku, lines + 1, after.on_hand - level.on_hand, after, after.missing > level.missing)
    }

    /// Whether it became buyable, ceased to be, or has another policy: what a search index looks at.
    pub fn has_turned(&self) -> bool {
        let before = &self.before.level;
        before.buyable() != self.after.buyable() || before.oversell != self.after.oversell
    }

    /// What others are told of it.
    pub fn news(&self) -> Vec<News> {
        news(&self.before.sku, &self.before.level, &self.after)
    }
}

/// What `change` makes of the level of every line.
///
/// # Errors
/// The lines whose level refuses, or is unknown.
pub fn changed<'d>(
    levels: &HashMap<Sku, Kept>,
    demand: &'d [Demand],
    change: impl Fn(Level, i64) -> Option<Level>,
) -> Result<Vec<Changed>, Vec<&'d Demand>> {
    let (mut changed, mut refusing) = (Vec::new(), Vec::new());
    for line in demand {
        let after = levels.get(&line.sku).and_then(|kept| Some((kept, change(kept.level, line.quantity)?)));
        match after {
            Some((before, after)) => changed.push(Changed { before: before.clone(), after }),
            None => refusing.push(line),
        }
    }
    if refusing.is_empty() { Ok(changed) } else { Err(refusing) }
}

/// The new levels among those that must be there, and the changes of those whose policy is another. Of a SKU that comes
/// twice the first count and the last policy are in force.
pub fn ensured(levels: &HashMap<Sku, Kept>, skus: &[NewSku]) -> (Vec<Kept>, Vec<Changed>) {
    let mut wanted = BTreeMap::<&Sku, (i64, Oversell)>::new();
    for new in skus {
        wanted.entry(&new.sku).or_insert((new.initial, new.oversell)).1 = new.oversell;
    }
    let (mut new, mut turned) = (Vec::new(), Vec::new());
    for (sku, (initial, oversell)) in wanted {
        match levels.get(sku) {
            None => new.push(Kept { sku: sku.clone(), level: Level::new(initial, oversell), lines: 1 }),
            Some(before) if before.level.oversell != oversell => {
                turned.push(Changed { after: before.level.under(oversell), before: before.clone() });
            }
            Some(_) => {}
        }
    }
    (new, turned)
}

/// What is left of what cannot be reserved.
pub fn shortages(levels: &HashMap<Sku, Kept>, refusing: &[&Demand]) -> Vec<Shortage> {
    let shortage = |line: &&Demand| Shortage {
        sku: line.sku.clone(),
        requested: u32::try_from(line.quantity).unwrap_or(u32::MAX),
        available: levels.get(&line.sku).and_then(|kept| kept.level.sellable()).unwrap_or(0),
    };
    refusing.iter().map(shortage).collect()
}

/// What a reservation comes to whose goods are not all there: it waits only if all that is lacking will come.
pub fn unkept(levels: &HashMap<Sku, Kept>, refusing: &[&Demand]) -> Committed {
    let waits =
        |line: &&Demand| levels.get(&line.sku).is_some_and(|kept| kept.level.unkept() == Committed::AwaitingStock);
    if refusing.iter().all(waits) { Committed::AwaitingStock } else { Committed::StockMissing }
}

/// The event that tells others.
pub fn event_of(news: &News, system: &SystemContext) -> Result<Event, StoreError> {
    Ok(match news {
        News::Arrived(arrived) => Event::new(system, "catalogue", arrived)?,
        News::Low(low) => Event::new(system, "catalogue", low)?,
    })
}

/// What is answered to a request when its correction is made.
#[derive(Clone, Copy)]
pub struct AnswerOf<'r> {
    /// The request.
    pub request: &'r IdempotentRequest,
    /// The answer, made of the level after the correction and the latest lines of its history.
    pub answer: &'r (dyn Fn(Level, Vec<StockChange>) -> Result<JsonResponse, StoreError> + Send + Sync),
}

/// What a request comes to whose key has an answer.
pub fn again(kept: idempotency::StoredResponse, request: &IdempotentRequest) -> Adjusted {
    kept.replay(request).map_or(Adjusted::KeyReused, Adjusted::Answered)
}

/// How a correction is made once only.
#[derive(Clone, Copy)]
pub enum Once<'o> {
    /// For ever, under this key, which stands in the history.
    Key(&'o str),
    /// For as long as answers are kept; this one is kept together with the correction.
    Request(AnswerOf<'o>),
}
