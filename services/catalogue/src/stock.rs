//! Stock: what is on hand, what of it is promised, and the rules that keep the two apart.

use chassis::idempotency::JsonResponse;
use contracts::catalogue::{AdjustmentKind, Oversell, ReservationState, Shortage};
use contracts::events::{StockArrived, StockLow};
use contracts::{OrderId, Sku};
use jiff::Timestamp;

/// The threshold of SKUs that have none of their own. Stores mark what is low, so another number takes a migration that
/// marks anew.
pub const LOW_AT: i64 = 5;

/// The stock of one SKU.
///
/// What is promised and not there is `ahead` or `missing`; together they are always what [`Level::short`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// What is in the warehouse. Equals the sum of its history.
    pub on_hand: i64,
    /// What of it is promised to orders.
    pub reserved: i64,
    /// What happens when it is sold out.
    pub oversell: Oversell,
    /// What was promised ahead of goods. It may outlast the policy that allowed it.
    pub ahead: i64,
    /// What was promised and then taken away by forced corrections.
    pub missing: i64,
    /// Its own threshold.
    pub low_at: Option<i64>,
}

impl Level {
    /// The level of a SKU that is counted for the first time.
    pub const fn new(on_hand: i64, oversell: Oversell) -> Self {
        Self { on_hand, reserved: 0, oversell, ahead: 0, missing: 0, low_at: None }
    }

    /// What can still be promised, without selling ahead.
    pub const fn available(&self) -> i64 {
        self.on_hand - self.reserved
    }

    /// How much more is promised than is there.
    pub fn short(&self) -> i64 {
        (self.reserved - self.on_hand).max(0)
    }

    /// Whether somebody can buy at least one.
    pub const fn buyable(&self) -> bool {
        matches!(self.oversell, Oversell::Continue) || self.available() > 0
    }

    /// How many can be bought; `None` when as many as one likes.
    pub fn sellable(&self) -> Option<u32> {
        match self.oversell {
            Oversell::Continue => None,
            Oversell::Deny => Some(u32::try_from(self.available().max(0)).unwrap_or(u32::MAX)),
        }
    }

    /// The threshold in force. What is sold ahead never runs out, so it has one only if somebody has set it.
    pub const fn threshold(&self) -> Option<i64> {
        match (self.low_at, self.oversell) {
            (None, Oversell::Deny) => Some(LOW_AT),
            (own, _) => own,
        }
    }

    /// Whether little is left.
    pub fn is_low(&self) -> bool {
        self.threshold().is_some_and(|threshold| self.available() <= threshold)
    }

    /// The level with `quantity` more promised, if that much is there or may be sold ahead.
    pub fn reserve(self, quantity: i64) -> Option<Self> {
        if matches!(self.oversell, Oversell::Deny) && self.available() < quantity {
            return None;
        }
        Some(Self { reserved: self.reserved + quantity, ..self }.explained())
    }

    /// The level after a promise was kept, if the goods are there.
    pub fn commit(self, quantity: i64) -> Option<Self> {
        if self.on_hand < quantity {
            return None;
        }
        Some(Self { on_hand: self.on_hand - quantity, reserved: self.reserved - quantity, ..self }.explained())
    }

    /// What a promise comes to whose goods are not there: those that were sold ahead will come, those that somebody took
    /// away will not.
    pub const fn unkept(&self) -> Committed {
        let sold_ahead = matches!(self.oversell, Oversell::Continue) || self.ahead > 0;
        if sold_ahead && self.missing == 0 { Committed::AwaitingStock } else { Committed::StockMissing }
    }

    /// The level after a promise was taken back.
    #[must_use]
    pub fn release(self, quantity: i64) -> Self {
        Self { reserved: self.reserved - quantity, ..self }.explained()
    }

    /// The level after goods came back.
    #[must_use]
    pub fn put_back(self, quantity: i64) -> Self {
        Self { on_hand: self.on_hand + quantity, ..self }.explained()
    }

    /// The level after a correction. One that takes away what is promised must be forced, and none goes below nothing.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn adjust(self, change: i64, force: bool) -> Result<Self, Refusal> {
        let on_hand = self.on_hand.checked_add(change).filter(|left| *left >= 0).ok_or(Refusal::BelowNothing)?;
        let after = Self { on_hand, ..self };
        // What comes in is always welcome, even where it does not cover all promises yet.
        let taken = (after.short() - self.short()).max(0);
        if matches!(self.oversell, Oversell::Deny) && taken > 0 {
            return if force { Ok(Self { missing: self.missing + taken, ..after }) } else { Err(Refusal::Promised) };
        }
        Ok(after.explained())
    }

    /// The level under another policy: what was sold ahead stays so.
    #[must_use]
    pub fn under(self, oversell: Oversell) -> Self {
        Self { oversell, ..self }.explained()
    }

    /// The level with another threshold.
    #[must_use]
    pub const fn with_threshold(self, low_at: Option<i64>) -> Self {
        Self { low_at, ..self }
    }

    /// With `ahead` and `missing` as they are after a change. Goods that come in replace what is missing first. Of a SKU
    /// that denies overselling neither grows here: what is short beyond them is a fault that audits find.
    fn explained(self) -> Self {
        let short = self.short();
        match self.oversell {
            Oversell::Continue => Self { ahead: short, missing: 0, ..self },
            Oversell::Deny => {
                let ahead = self.ahead.min(short);
                Self { ahead, missing: self.missing.min(short - ahead), ..self }
            }
        }
    }
}

/// What others are told of a change of stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Goods came in that somebody may wait for.
    Arrived(StockArrived),
    /// Little is left.
    Low(StockLow),
}

/// What a change of a level tells. Somebody can only wait where more was promised than there was.
pub fn news(sku: &Sku, before: &Level, after: &Level) -> Vec<News> {
    let mut news = Vec::new();
    if after.on_hand > before.on_hand && before.short() > 0 {
        news.push(News::Arrived(StockArrived { sku: sku.clone(), on_hand: after.on_hand }));
    }
    // A policy or a threshold that changes tells nothing: whoever changes it sees what it comes to.
    let same_rules = before.threshold() == after.threshold();
    if let Some(threshold) = after.threshold()
        && (same_rules && after.is_low() && !before.is_low())
    {
        news.push(News::Low(StockLow { sku: sku.clone(), available: after.available().max(0), threshold }));
    }
    news
}

/// One line of a reservation: demand is summed per SKU and the SKUs are in order, so that two reservations can never
/// wait for each other.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Demand {
    /// The SKU.
    pub sku: Sku,
    /// How many.
    pub quantity: i64,
}

/// Sums the demand per SKU, in the order of SKUs.
pub fn demand(lines: impl IntoIterator<Item = (Sku, i64)>) -> Vec<Demand> {
    let mut summed = std::collections::BTreeMap::<Sku, i64>::new();
    for (sku, quantity) in lines {
        let entry = summed.entry(sku).or_default();
        *entry = entry.saturating_add(quantity);
    }
    summed.into_iter().map(|(sku, quantity)| Demand { sku, quantity }).collect()
}

/// A reservation to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// The order.
    pub order_id: OrderId,
    /// Which try of this order.
    pub attempt: u32,
    /// What it needs, see [`demand`].
    pub demand: Vec<Demand>,
    /// The promotion code it uses up one use of, with the limit of uses in force.
    pub promotion: Option<(String, Option<u32>)>,
    /// When somebody should look at it, if it is still held.
    pub expected_by: Timestamp,
}

/// What became of a reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reserved {
    /// It is held, or was held or taken before.
    Held(ReservationState),
    /// Too little is left; nothing was changed.
    Short(Vec<Shortage>),
    /// The promotion is used up; nothing was changed.
    PromotionUsedUp,
    /// It was released before and cannot be made any more.
    Released,
}

/// What became of taking a reservation out of stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// It is taken, now or before.
    Done,
    /// Some of it was sold ahead and has not arrived.
    AwaitingStock,
    /// Some of it was there, and somebody has taken it away.
    StockMissing,
    /// It was released before, or never made.
    NotHeld,
}

/// A correction to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    /// Of which SKU.
    pub sku: Sku,
    /// How much more, or less.
    pub change: i64,
    /// Why.
    pub kind: AdjustmentKind,
    /// A word about it.
    pub note: String,
    /// Even if that takes away what is promised.
    pub force: bool,
    /// Who makes it.
    pub author: String,
    /// When.
    pub at: Timestamp,
}

/// Why a correction is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It would take away what is promised to orders, and is not forced.
    Promised,
    /// It would leave less than nothing.
    BelowNothing,
}

/// What became of a correction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Adjusted {
    /// It is made, now or before under the same key.
    Done,
    /// It is made, now or before for the same request, and this is the answer.
    Answered(JsonResponse),
    /// Its key belongs to another request; nothing was changed.
    KeyReused,
    /// It is refused by this level; nothing was changed.
    Refused(Refusal, Level),
    /// There is no such SKU.
    Unknown,
}

/// More of a SKU is promised than is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortfall {
    /// The SKU.
    pub sku: Sku,
    /// What is in the warehouse.
    pub on_hand: i64,
    /// What is promised to orders.
    pub reserved: i64,
    /// What happens when it is sold out.
    pub oversell: Oversell,
    /// How much of what is lacking was taken away by forced corrections; the rest was sold ahead.
    pub missing: i64,
}

impl Shortfall {
    /// What a level lacks.
    pub const fn of(sku: Sku, level: &Level) -> Self {
        let Level { on_hand, reserved, oversell, missing, .. } = *level;
        Self { sku, on_hand, reserved, oversell, missing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DENY: Oversell = Oversell::Deny;
    const AHEAD: Oversell = Oversell::Continue;

    fn told(before: Level, after: Level) -> Vec<News> {
        news(&"A".parse().expect("a SKU"), &before, &after)
    }

    fn arrived(before: Level, after: Level) -> bool {
        told(before, after).iter().any(|one| matches!(one, News::Arrived(_)))
    }

    fn low(before: Level, after: Level) -> Option<(i64, i64)> {
        told(before, after).into_iter().find_map(|one| match one {
            News::Low(low) => Some((low.available, low.threshold)),
            News::Arrived(_) => None,
        })
    }

    #[test]
    fn the_last_unit_is_promised_once() {
        let one = Level::new(1, DENY).reserve(1).unwrap();
        assert_eq!(one.reserve(1), None);
    }

    #[test]
    fn what_is_sold_ahead_waits_for_goods() {
        let ahead = Level::new(0, AHEAD).reserve(2).unwrap();
        assert_eq!((ahead.commit(2), ahead.unkept()), (None, Committed::AwaitingStock));
        assert!(ahead.put_back(2).commit(2).is_some());
    }

    #[test]
    fn a_correction_breaks_a_promise_only_by_force() {
        let held = Level::new(5, DENY).reserve(4).unwrap();
        assert_eq!(held.adjust(-2, false), Err(Refusal::Promised));
        assert!(held.adjust(-1, false).is_ok());
        let hurt = held.adjust(-2, true).unwrap();
        assert_eq!((hurt.on_hand, hurt.missing, hurt.unkept()), (3, 1, Committed::StockMissing));
    }

    #[test]
    fn nothing_goes_below_nothing_even_by_force() {
        for policy in [DENY, AHEAD] {
            assert_eq!(Level::new(5, policy).adjust(-6, true), Err(Refusal::BelowNothing));
            assert_eq!(Level::new(5, policy).adjust(i64::MAX, true), Err(Refusal::BelowNothing));
        }
    }

    #[test]
    fn what_comes_in_is_welcome_before_it_covers_all_promises() {
        let hurt = Level::new(5, DENY).reserve(5).unwrap().adjust(-5, true).unwrap();
        let better = hurt.adjust(2, false).unwrap();
        assert_eq!((better.on_hand, better.missing), (2, 3));
        assert_eq!(better.adjust(-1, false), Err(Refusal::Promised));
    }

    #[test]
    fn orders_of_what_is_no_longer_sold_ahead_still_wait() {
        let ended = Level::new(0, AHEAD).reserve(3).unwrap().under(DENY);
        assert_eq!((ended.ahead, ended.missing, ended.unkept()), (3, 0, Committed::AwaitingStock));
        assert_eq!(ended.reserve(1), None);
    }

    #[test]
    fn goods_are_told_of_where_somebody_may_wait_for_them() {
        let waiting = Level::new(1, AHEAD).reserve(3).unwrap();
        assert!(arrived(waiting, waiting.adjust(1, false).unwrap()));
        assert!(arrived(waiting, waiting.put_back(1)));
        assert!(!arrived(waiting, waiting.release(3)), "nothing came in");
        let covered = waiting.adjust(2, false).unwrap();
        assert!(!arrived(covered, covered.adjust(5, false).unwrap()), "nobody waits");
    }

    #[test]
    fn little_is_told_of_each_time_it_falls_to_the_threshold() {
        let plenty = Level::new(7, DENY);
        let at = plenty.reserve(2).unwrap();
        assert_eq!((low(plenty, at), low(at, at.reserve(1).unwrap())), (Some((5, 5)), None));
        assert_eq!(low(at, at.release(2)), None);
        assert_eq!(low(at.commit(2).unwrap(), at.put_back(1).commit(1).unwrap()), None, "still what it was");
        assert_eq!(low(plenty, plenty.adjust(-7, false).unwrap()), Some((0, 5)));
    }

    #[test]
    fn what_is_sold_ahead_is_low_only_where_somebody_says_when() {
        let ahead = Level::new(7, AHEAD);
        assert_eq!((ahead.threshold(), low(ahead, ahead.reserve(9).unwrap())), (None, None));
        let own = ahead.with_threshold(Some(2));
        assert_eq!(low(own, own.reserve(9).unwrap()), Some((0, 2)), "never less than nothing");
    }

    #[test]
    fn a_threshold_or_a_policy_that_changes_tells_nothing() {
        let level = Level::new(7, DENY);
        assert!(level.with_threshold(Some(9)).is_low());
        assert_eq!(low(level, level.with_threshold(Some(9))), None);
        let ahead = Level::new(3, AHEAD);
        assert_eq!(low(ahead, ahead.under(DENY)), None);
    }

    /// One step, the orders that hold something, and what was taken away by force.
    fn step(level: Level, held: &mut Vec<i64>, kind: u8, quantity: i64) -> Level {
        match kind {
            0 => level.reserve(quantity).inspect(|_| held.push(quantity)).unwrap_or(level),
            1 => match held.last().and_then(|quantity| level.commit(*quantity)) {
                Some(next) => {
                    held.pop();
                    next
                }
                None => level,
            },
            2 => held.pop().map_or(level, |quantity| level.release(quantity)),
            3 => level.adjust(-quantity, false).unwrap_or(level),
            4 => level.adjust(-quantity, true).unwrap_or(level),
            5 => level.adjust(quantity, false).expect("what comes in is welcome"),
            6 => level.put_back(quantity),
            _ => level.under(if quantity % 2 == 0 { DENY } else { AHEAD }),
        }
    }

    proptest! {
        #[test]
        fn unforced_a_denying_sku_keeps_its_promises(steps in prop::collection::vec((0u8..4, 1i64..5), 0..200)) {
            let (mut level, mut held) = (Level::new(20, DENY), Vec::new());
            for (kind, quantity) in steps {
                level = step(level, &mut held, kind, quantity);
                prop_assert!(0 <= level.reserved && level.reserved <= level.on_hand);
                prop_assert_eq!(level.reserved, held.iter().sum::<i64>());
                prop_assert!(held.iter().all(|quantity| level.commit(*quantity).is_some()), "what is held can be taken");
            }
        }

        #[test]
        fn whatever_is_short_is_explained(steps in prop::collection::vec((0u8..8, 1i64..5), 0..200)) {
            let (mut level, mut held) = (Level::new(20, DENY), Vec::new());
            for (kind, quantity) in steps {
                let before = level;
                level = step(level, &mut held, kind, quantity);
                prop_assert!(level.on_hand >= 0);
                prop_assert_eq!(level.reserved, held.iter().sum::<i64>());
                prop_assert_eq!(level.short(), level.ahead + level.missing);
                prop_assert!(level.ahead >= 0 && level.missing >= 0);
                // Only force makes goods go missing, and only a policy that allows it sells ahead.
                prop_assert!(level.missing <= before.missing || kind == 4);
                prop_assert!(level.ahead <= before.ahead || level.oversell == AHEAD || before.oversell == AHEAD);
                // What comes in replaces what was taken away first.
                prop_assert!(level.ahead >= before.ahead || level.missing == 0);
            }
        }
    }
}
