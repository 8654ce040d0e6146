//! Stock as simple as can be: histories and orders, from which everything else is counted anew each time.

use catalogue::stock::{Committed, LOW_AT, Level, Refusal};
use contracts::Sku;
use contracts::catalogue::{Oversell, ReservationState, StockReason};
use std::collections::{BTreeMap, HashMap, HashSet};

/// How many SKUs there may be.
pub const SKUS: usize = 3;

/// Why a unit that is promised is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lack {
    SoldAhead,
    TakenAway,
}

#[derive(Debug, Clone)]
struct Item {
    oversell: Oversell,
    low_at: Option<i64>,
    history: Vec<(i64, StockReason)>,
    /// One for each unit that is promised and not there.
    lacks: Vec<Lack>,
}

#[derive(Debug, Clone)]
struct Order {
    state: ReservationState,
    lines: BTreeMap<usize, i64>,
    promotion: bool,
}

/// What became of an attempt to reserve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    Held(ReservationState),
    /// SKU, requested, available.
    Short(Vec<(usize, u32, u32)>),
    PromotionUsedUp,
    Released,
}

/// What became of a correction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Corrected {
    Done,
    /// With what was on hand after it.
    Answered(i64),
    KeyReused,
    /// With what is on hand and reserved.
    Refused(Refusal, i64, i64),
    Unknown,
}

/// The model.
#[derive(Debug, Clone, Default)]
pub struct Model {
    items: BTreeMap<usize, Item>,
    orders: BTreeMap<usize, Order>,
    keys: HashSet<(usize, u8)>,
    restocks: HashSet<(usize, u8)>,
    requests: HashMap<u8, ((usize, i64, bool), i64)>,
    /// What was told in words, of SKUs by number.
    news: Vec<(usize, String)>,
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

    fn threshold(&self, sku: usize) -> Option<i64> {
        let item = &self.items[&sku];
        item.low_at.or(if item.oversell == Oversell::Deny { Some(LOW_AT) } else { None })
    }

    fn is_low(&self, sku: usize) -> bool {
        self.threshold(sku).is_some_and(|threshold| self.available(sku) <= threshold)
    }

    /// Changes something of these SKUs, and notes what is told of it.
    fn change(&mut self, skus: &[usize], cause: Lack, change: impl FnOnce(&mut Self)) {
        let before: Vec<_> =
            skus.iter().map(|sku| (self.on_hand(*sku), self.available(*sku), self.is_low(*sku))).collect();
        change(self);
        for (sku, (on_hand, available, was_low)) in skus.iter().copied().zip(before) {
            if self.on_hand(sku) > on_hand && available < 0 {
                self.news.push((sku, format!("arrived, {} on hand", self.on_hand(sku))));
            }
            if self.is_low(sku) && !was_low {
                let threshold = self.threshold(sku).unwrap();
                self.news.push((sku, format!("low, {} of {threshold}", self.available(sku).max(0))));
            }
            self.explain(sku, cause);
        }
    }

    /// Units that are lacking now have this cause; those that came in replace what was taken away first.
    fn explain(&mut self, sku: usize, cause: Lack) {
        let short = usize::try_from(-self.available(sku)).unwrap_or(0);
        let item = self.items.get_mut(&sku).unwrap();
        while item.lacks.len() < short {
            item.lacks.push(cause);
        }
        while item.lacks.len() > short {
            let taken = item.lacks.iter().position(|lack| *lack == Lack::TakenAway);
            item.lacks.remove(taken.unwrap_or(0));
        }
        if item.oversell == Oversell::Continue {
            item.lacks.fill(Lack::SoldAhead);
        }
    }

    fn add(&mut self, sku: usize, change: i64, reason: StockReason) {
        self.items.get_mut(&sku).unwrap().history.push((change, reason));
    }

    pub fn ensure(&mut self, sku: usize, count: i64, oversell: Oversell) {
        let new = Item { oversell, low_at: None, history: vec![(count, StockReason::Initial)], lacks: Vec::new() };
        self.items.entry(sku).or_insert(new).oversell = oversell;
        self.explain(sku, Lack::SoldAhead);
    }

    pub fn reserve(&mut self, order: usize, lines: &[(usize, i64)], promotion: bool, uses: u32) -> Attempt {
        match self.orders.get(&order).map(|order| order.state) {
            Some(state @ (ReservationState::Held | ReservationState::Committed)) => return Attempt::Held(state),
            Some(_) => return Attempt::Released,
            None => {}
        }
        let lines = summed(lines);
        let left = |sku: &usize| match self.items.get(sku) {
            None => Some(0),
            Some(item) if item.oversell == Oversell::Continue => None,
            Some(_) => Some(self.available(*sku).max(0)),
        };
        let short = lines.iter().filter_map(|(sku, quantity)| {
            let left = left(sku).filter(|left| left < quantity)?;
            Some((*sku, u32::try_from(*quantity).unwrap(), u32::try_from(left).unwrap()))
        });
        let short: Vec<_> = short.collect();
        if !short.is_empty() {
            return Attempt::Short(short);
        }
        if promotion && self.uses() >= uses {
            return Attempt::PromotionUsedUp;
        }
        let skus: Vec<usize> = lines.keys().copied().collect();
        self.change(&skus, Lack::SoldAhead, |model| {
            model.orders.insert(order, Order { state: ReservationState::Held, lines, promotion });
        });
        Attempt::Held(ReservationState::Held)
    }

    pub fn commit(&mut self, order: usize) -> Committed {
        let Some(Order { state, lines, .. }) = self.orders.get(&order).cloned() else { return Committed::NotHeld };
        match state {
            ReservationState::Held => {}
            ReservationState::Committed => return Committed::Done,
            _ => return Committed::NotHeld,
        }
        let lacking: Vec<usize> =
            lines.iter().filter(|(sku, quantity)| self.on_hand(**sku) < **quantity).map(|(sku, _)| *sku).collect();
        if lacking.iter().any(|sku| self.items[sku].lacks.contains(&Lack::TakenAway)) {
            return Committed::StockMissing;
        }
        if !lacking.is_empty() {
            return Committed::AwaitingStock;
        }
        let skus: Vec<usize> = lines.keys().copied().collect();
        self.change(&skus, Lack::SoldAhead, |model| {
            model.orders.get_mut(&order).unwrap().state = ReservationState::Committed;
            for (sku, quantity) in lines {
                model.add(sku, -quantity, StockReason::Committed);
            }
        });
        Committed::Done
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
        self.change(&skus, Lack::SoldAhead, |model| {
            model.orders.get_mut(&order).unwrap().state = after;
            if after == ReservationState::Returned {
                for (sku, quantity) in lines {
                    model.add(sku, quantity, StockReason::Returned);
                }
            }
        });
        after
    }

    fn correct(&mut self, sku: usize, change: i64, force: bool) -> Corrected {
        if !self.items.contains_key(&sku) {
            return Corrected::Unknown;
        }
        let (on_hand, reserved) = (self.on_hand(sku), self.reserved(sku));
        if on_hand + change < 0 {
            return Corrected::Refused(Refusal::BelowNothing, on_hand, reserved);
        }
        let denies = self.items[&sku].oversell == Oversell::Deny;
        if denies && change < 0 && on_hand + change < reserved && !force {
            return Corrected::Refused(Refusal::Promised, on_hand, reserved);
        }
        self.change(&[sku], Lack::TakenAway, |model| model.add(sku, change, StockReason::Adjusted));
        Corrected::Done
    }

    pub fn adjust(&mut self, sku: usize, change: i64, force: bool, key: u8) -> Corrected {
        if self.keys.contains(&(sku, key)) {
            return Corrected::Done;
        }
        let corrected = self.correct(sku, change, force);
        if corrected == Corrected::Done {
            self.keys.insert((sku, key));
        }
        corrected
    }

    pub fn request(&mut self, sku: usize, change: i64, force: bool, key: u8) -> Corrected {
        match self.requests.get(&key) {
            Some((asked, on_hand)) if *asked == (sku, change, force) => return Corrected::Answered(*on_hand),
            Some(_) => return Corrected::KeyReused,
            None => {}
        }
        let corrected = self.correct(sku, change, force);
        if corrected != Corrected::Done {
            return corrected;
        }
        self.requests.insert(key, ((sku, change, force), self.on_hand(sku)));
        Corrected::Answered(self.on_hand(sku))
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
        self.change(&skus, Lack::SoldAhead, |model| {
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

    /// What was told since the last time, in the order of words.
    pub fn news(&mut self, names: &[Sku]) -> Vec<String> {
        let mut news: Vec<String> = self.news.drain(..).map(|(sku, words)| format!("{} {words}", names[sku])).collect();
        news.sort();
        news
    }

    pub fn level(&self, sku: usize) -> Option<Level> {
        let item = self.items.get(&sku)?;
        let lacking = |cause| i64::try_from(item.lacks.iter().filter(|lack| **lack == cause).count()).unwrap();
        Some(Level {
            on_hand: self.on_hand(sku),
            reserved: self.reserved(sku),
            oversell: item.oversell,
            ahead: lacking(Lack::SoldAhead),
            missing: lacking(Lack::TakenAway),
            low_at: item.low_at,
        })
    }

    /// Number, change, sum so far and reason of each line, the oldest first.
    pub fn history(&self, sku: usize) -> Vec<(i64, i64, i64, StockReason)> {
        let Some(item) = self.items.get(&sku) else { return Vec::new() };
        let mut sum = 0;
        let line = |(number, (change, reason)): (i64, &(i64, StockReason))| {
            sum += change;
            (number, *change, sum, *reason)
        };
        (1..).zip(&item.history).map(line).collect()
    }

    pub fn low(&self) -> Vec<usize> {
        self.items.keys().copied().filter(|sku| self.is_low(*sku)).collect()
    }

    pub fn short(&self) -> Vec<usize> {
        self.items.keys().copied().filter(|sku| self.available(*sku) < 0).collect()
    }

    pub fn held(&self) -> Vec<usize> {
        let held = self.orders.iter().filter(|(_, order)| order.state == ReservationState::Held);
        held.map(|(order, _)| *order).collect()
    }

    pub fn uses(&self) -> u32 {
        let counts = |order: &&Order| matches!(order.state, ReservationState::Held | ReservationState::Committed);
        u32::try_from(self.orders.values().filter(|order| order.promotion).filter(counts).count()).unwrap()
    }
}
