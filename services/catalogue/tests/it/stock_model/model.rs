//! A naive model of stock: histories and orders, from which everything else is recomputed on each use.

use catalogue::stock::{AdjustmentRejection, CommitOutcome, DEFAULT_LOW_STOCK_THRESHOLD, StockLevel};
use contracts::Sku;
use contracts::catalogue::{Oversell, ReservationState, StockReason};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The number of SKUs in a run.
pub const SKUS: usize = 3;

/// The reason that a reserved unit is not on hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shortage {
    Backordered,
    Lost,
}

#[derive(Debug, Clone)]
struct Item {
    oversell: Oversell,
    low_at: Option<i64>,
    history: Vec<(i64, StockReason)>,
    /// One reason for each reserved unit that is not on hand.
    shortages: Vec<Shortage>,
}

#[derive(Debug, Clone)]
struct Order {
    state: ReservationState,
    lines: BTreeMap<usize, i64>,
    promotion: bool,
}

/// The outcome of a reservation attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    Reserved(ReservationState),
    /// The SKU, requested and available quantity of each shortage.
    InsufficientStock(Vec<(usize, u32, u32)>),
    PromotionUsedUp,
    Released,
}

/// The outcome of an adjustment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Adjusted {
    Done,
    /// Contains the units on hand after it.
    Responded(i64),
    KeyReused,
    /// Contains the units on hand and reserved.
    Rejected(AdjustmentRejection, i64, i64),
    UnknownSku,
}

/// The state of the model.
#[derive(Debug, Clone, Default)]
pub struct Model {
    items: BTreeMap<usize, Item>,
    orders: BTreeMap<usize, Order>,
    keys: HashSet<(usize, u8)>,
    restocks: HashSet<(usize, u8)>,
    requests: HashMap<u8, ((usize, i64, bool), i64)>,
    /// The published events in words, with the number of their SKU.
    events: Vec<(usize, String)>,
}

fn summed(lines: &[(usize, i64)]) -> BTreeMap<usize, i64> {
    let mut sums = BTreeMap::new();
    for (sku, quantity) in lines {
        *sums.entry(*sku).or_insert(0) += quantity;
    }
    sums
}

impl Model {
    fn on_hand(&self, sku: usize) -> i64 {
        self.items[&sku].history.iter().map(|(change, _)| change).sum()
    }

    fn reserved(&self, sku: usize) -> i64 {
        let held = self.orders.values().filter(|order| order.state == ReservationState::Held);
        held.filter_map(|order| order.lines.get(&sku)).sum()
    }

    fn available(&self, sku: usize) -> i64 {
        self.on_hand(sku) - self.reserved(sku)
    }

    fn is_counted(&self, sku: usize) -> bool {
        self.items[&sku].oversell != Oversell::Untracked
    }

    fn shortfall_of(&self, sku: usize) -> usize {
        if self.is_counted(sku) { usize::try_from(-self.available(sku)).unwrap_or(0) } else { 0 }
    }

    fn threshold(&self, sku: usize) -> Option<i64> {
        let item = &self.items[&sku];
        match item.oversell {
            Oversell::Deny => Some(item.low_at.unwrap_or(DEFAULT_LOW_STOCK_THRESHOLD)),
            Oversell::Continue => item.low_at,
            Oversell::Untracked => None,
        }
    }

    fn is_low(&self, sku: usize) -> bool {
        self.threshold(sku).is_some_and(|threshold| self.available(sku) <= threshold)
    }

    /// Applies a change of these SKUs and records the events it publishes.
    fn change(&mut self, skus: &[usize], cause: Shortage, change: impl FnOnce(&mut Self)) {
        let before: Vec<_> =
            skus.iter().map(|sku| (self.on_hand(*sku), self.shortfall_of(*sku), self.is_low(*sku))).collect();
        change(self);
        for (sku, (on_hand, shortfall, was_low)) in skus.iter().copied().zip(before) {
            if self.on_hand(sku) > on_hand && shortfall > 0 {
                self.events.push((sku, format!("arrived, {} on hand", self.on_hand(sku))));
            }
            if self.is_low(sku) && !was_low {
                let threshold = self.threshold(sku).unwrap();
                self.events.push((sku, format!("low, {} of {threshold}", self.available(sku).max(0))));
            }
            self.reconcile(sku, cause);
        }
    }

    /// Gives new shortages this cause; incoming units cover lost units first.
    fn reconcile(&mut self, sku: usize, cause: Shortage) {
        let shortfall = self.shortfall_of(sku);
        let item = self.items.get_mut(&sku).unwrap();
        while item.shortages.len() < shortfall {
            item.shortages.push(cause);
        }
        while item.shortages.len() > shortfall {
            let lost = item.shortages.iter().position(|shortage| *shortage == Shortage::Lost);
            item.shortages.remove(lost.unwrap_or(0));
        }
        if item.oversell == Oversell::Continue {
            item.shortages.fill(Shortage::Backordered);
        }
    }

    fn add(&mut self, sku: usize, change: i64, reason: StockReason) {
        // Only staff change the number of what is not counted.
        let change = if self.is_counted(sku) || reason == StockReason::Adjusted { change } else { 0 };
        self.items.get_mut(&sku).unwrap().history.push((change, reason));
    }

    pub fn ensure(&mut self, sku: usize, count: i64, oversell: Oversell) {
        let new = Item { oversell, low_at: None, history: vec![(count, StockReason::Initial)], shortages: Vec::new() };
        let shortfall = if self.items.contains_key(&sku) { self.shortfall_of(sku) } else { 0 };
        self.items.entry(sku).or_insert(new).oversell = oversell;
        if shortfall > 0 && !self.is_counted(sku) {
            self.events.push((sku, format!("arrived, {} on hand", self.on_hand(sku))));
        }
        self.reconcile(sku, Shortage::Backordered);
    }

    pub fn reserve(&mut self, order: usize, lines: &[(usize, i64)], promotion: bool, uses: u32) -> Attempt {
        match self.orders.get(&order).map(|order| order.state) {
            Some(state @ (ReservationState::Held | ReservationState::Committed)) => return Attempt::Reserved(state),
            Some(_) => return Attempt::Released,
            None => {}
        }
        let lines = summed(lines);
        let left = |sku: &usize| match self.items.get(sku) {
            None => Some(0),
            Some(item) if item.oversell.is_allowed() => None,
            Some(_) => Some(self.available(*sku).max(0)),
        };
        let shortages = lines.iter().filter_map(|(sku, quantity)| {
            let left = left(sku).filter(|left| left < quantity)?;
            Some((*sku, u32::try_from(*quantity).unwrap(), u32::try_from(left).unwrap()))
        });
        let shortages: Vec<_> = shortages.collect();
        if !shortages.is_empty() {
            return Attempt::InsufficientStock(shortages);
        }
        if promotion && self.uses() >= uses {
            return Attempt::PromotionUsedUp;
        }
        let skus: Vec<usize> = lines.keys().copied().collect();
        self.change(&skus, Shortage::Backordered, |model| {
            model.orders.insert(order, Order { state: ReservationState::Held, lines, promotion });
        });
        Attempt::Reserved(ReservationState::Held)
    }

    pub fn commit(&mut self, order: usize) -> CommitOutcome {
        let Some(Order { state, lines, .. }) = self.orders.get(&order).cloned() else {
            return CommitOutcome::NotReserved;
        };
        match state {
            ReservationState::Held => {}
            ReservationState::Committed => return CommitOutcome::Done,
            _ => return CommitOutcome::NotReserved,
        }
        let lacks = |sku: usize, quantity: i64| self.is_counted(sku) && self.on_hand(sku) < quantity;
        let lacking: Vec<usize> =
            lines.iter().filter(|(sku, quantity)| lacks(**sku, **quantity)).map(|(sku, _)| *sku).collect();
        if lacking.iter().any(|sku| self.items[sku].shortages.contains(&Shortage::Lost)) {
            return CommitOutcome::StockMissing;
        }
        if !lacking.is_empty() {
            return CommitOutcome::AwaitingStock;
        }
        let skus: Vec<usize> = lines.keys().copied().collect();
        self.change(&skus, Shortage::Backordered, |model| {
            model.orders.get_mut(&order).unwrap().state = ReservationState::Committed;
            for (sku, quantity) in lines {
                model.add(sku, -quantity, StockReason::Committed);
            }
        });
        CommitOutcome::Done
    }

    pub fn release(&mut self, order: usize) -> ReservationState {
        let unknown = Order { state: ReservationState::Released, lines: BTreeMap::new(), promotion: false };
        let Order { state, lines, .. } = self.orders.entry(order).or_insert(unknown).clone();
        let skus: Vec<usize> = lines.keys().copied().collect();
        let after = match state {
            ReservationState::Held => ReservationState::Released,
            ReservationState::Committed => ReservationState::Returned,
            done => return done,
        };
        self.change(&skus, Shortage::Backordered, |model| {
            model.orders.get_mut(&order).unwrap().state = after;
            if after == ReservationState::Returned {
                for (sku, quantity) in lines {
                    model.add(sku, quantity, StockReason::Returned);
                }
            }
        });
        after
    }

    fn apply_adjustment(&mut self, sku: usize, change: i64, force: bool) -> Adjusted {
        if !self.items.contains_key(&sku) {
            return Adjusted::UnknownSku;
        }
        let (on_hand, reserved) = (self.on_hand(sku), self.reserved(sku));
        if on_hand + change < 0 {
            return Adjusted::Rejected(AdjustmentRejection::NegativeStock, on_hand, reserved);
        }
        let denies = self.items[&sku].oversell == Oversell::Deny;
        if denies && change < 0 && on_hand + change < reserved && !force {
            return Adjusted::Rejected(AdjustmentRejection::ReservedStock, on_hand, reserved);
        }
        self.change(&[sku], Shortage::Lost, |model| model.add(sku, change, StockReason::Adjusted));
        Adjusted::Done
    }

    pub fn adjust(&mut self, sku: usize, change: i64, force: bool, key: u8) -> Adjusted {
        if self.keys.contains(&(sku, key)) {
            return Adjusted::Done;
        }
        let outcome = self.apply_adjustment(sku, change, force);
        if outcome == Adjusted::Done {
            self.keys.insert((sku, key));
        }
        outcome
    }

    pub fn request(&mut self, sku: usize, change: i64, force: bool, key: u8) -> Adjusted {
        match self.requests.get(&key) {
            Some((asked, on_hand)) if *asked == (sku, change, force) => return Adjusted::Responded(*on_hand),
            Some(_) => return Adjusted::KeyReused,
            None => {}
        }
        let outcome = self.apply_adjustment(sku, change, force);
        if outcome != Adjusted::Done {
            return outcome;
        }
        self.requests.insert(key, ((sku, change, force), self.on_hand(sku)));
        Adjusted::Responded(self.on_hand(sku))
    }

    pub fn restock(&mut self, lines: &[(usize, i64)], key: u8) -> bool {
        let lines = summed(lines);
        let skus: Vec<usize> = lines.keys().copied().collect();
        if skus.iter().any(|sku| self.restocks.contains(&(*sku, key))) {
            return true;
        }
        if skus.iter().any(|sku| !self.items.contains_key(sku)) {
            return false;
        }
        self.restocks.extend(skus.iter().map(|sku| (*sku, key)));
        self.change(&skus, Shortage::Backordered, |model| {
            for (sku, quantity) in lines {
                model.add(sku, quantity, StockReason::Returned);
            }
        });
        true
    }

    pub fn set_threshold(&mut self, sku: usize, low_at: Option<i64>) -> Option<Option<i64>> {
        self.items.get_mut(&sku)?.low_at = low_at;
        Some(low_at)
    }

    /// Takes the events since the last call, sorted.
    pub fn take_events(&mut self, names: &[Sku]) -> Vec<String> {
        let mut events: Vec<String> =
            self.events.drain(..).map(|(sku, words)| format!("{} {words}", names[sku])).collect();
        events.sort();
        events
    }

    pub fn level(&self, sku: usize) -> Option<StockLevel> {
        let item = self.items.get(&sku)?;
        let count =
            |cause| i64::try_from(item.shortages.iter().filter(|shortage| **shortage == cause).count()).unwrap();
        Some(StockLevel {
            on_hand: self.on_hand(sku),
            reserved: self.reserved(sku),
            oversell: item.oversell,
            backordered: count(Shortage::Backordered),
            lost: count(Shortage::Lost),
            low_at: item.low_at,
        })
    }

    /// Returns number, change, running total and reason of each entry, oldest first.
    pub fn history(&self, sku: usize) -> Vec<(i64, i64, i64, StockReason)> {
        let Some(item) = self.items.get(&sku) else { return Vec::new() };
        let mut sum = 0;
        let entry = |(number, (change, reason)): (i64, &(i64, StockReason))| {
            sum += change;
            (number, *change, sum, *reason)
        };
        (1..).zip(&item.history).map(entry).collect()
    }

    pub fn low(&self) -> Vec<usize> {
        self.items.keys().copied().filter(|sku| self.is_low(*sku)).collect()
    }

    pub fn shortfall(&self) -> Vec<usize> {
        self.items.keys().copied().filter(|sku| self.shortfall_of(*sku) > 0).collect()
    }

    pub fn active(&self) -> Vec<usize> {
        let held = self.orders.iter().filter(|(_, order)| order.state == ReservationState::Held);
        held.map(|(order, _)| *order).collect()
    }

    pub fn uses(&self) -> u32 {
        let counts = |order: &&Order| matches!(order.state, ReservationState::Held | ReservationState::Committed);
        u32::try_from(self.orders.values().filter(|order| order.promotion).filter(counts).count()).unwrap()
    }
}
