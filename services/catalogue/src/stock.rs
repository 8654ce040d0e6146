//! Stock rules: how a stock level changes when units are reserved, committed, released, restocked or adjusted.
//!
//! Everything here is pure. Stores apply these rules inside a transaction, see [`crate::store::StockStore`].

use chassis::idempotency::JsonResponse;
use contracts::catalogue::{AdjustmentKind, Oversell, ReservationState, Shortage};
use contracts::events::{StockArrived, StockLow};
use contracts::{CartId, OrderId, Sku};
use jiff::Timestamp;
use std::collections::HashMap;

/// The low-stock threshold of SKUs without their own.
///
/// Stores index the SKUs that are low, so changing this number needs a migration that recomputes the index.
pub const DEFAULT_LOW_STOCK_THRESHOLD: i64 = 5;

/// The stock of one SKU, in units.
///
/// Reserved units that are not on hand are either `backordered` or `lost`; together they always equal
/// [`StockLevel::shortfall`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockLevel {
    /// Units in the warehouse: the sum of the SKU's history.
    pub on_hand: i64,
    /// Units reserved for orders.
    pub reserved: i64,
    /// The policy for selling more than is available.
    pub oversell: Oversell,
    /// Reserved units that were sold before they were in stock. They remain when the policy changes to deny.
    pub backordered: i64,
    /// Reserved units that a forced adjustment removed from stock.
    pub lost: i64,
    /// The low-stock threshold set for this SKU.
    pub low_at: Option<i64>,
}

impl StockLevel {
    /// Creates the level of a SKU that has no reservations yet.
    pub const fn new(on_hand: i64, oversell: Oversell) -> Self {
        Self { on_hand, reserved: 0, oversell, backordered: 0, lost: 0, low_at: None }
    }

    /// Returns the units on hand that are not reserved; negative when more is reserved than on hand.
    pub const fn available(&self) -> i64 {
        self.on_hand - self.reserved
    }

    /// Returns the reserved units that are not on hand; none of a SKU that is not counted.
    pub fn shortfall(&self) -> i64 {
        match self.oversell {
            Oversell::Deny | Oversell::Continue => (self.reserved - self.on_hand).max(0),
            Oversell::Untracked => 0,
        }
    }

    /// Returns true if a customer can buy at least one unit.
    pub const fn is_purchasable(&self) -> bool {
        self.oversell.is_allowed() || self.available() > 0
    }

    /// Returns the largest quantity a customer can buy, or `None` when it is unlimited.
    pub fn max_order_quantity(&self) -> Option<u32> {
        self.max_order_quantity_with(0)
    }

    /// Returns the largest quantity that a customer can buy for whom `held` units are reserved already.
    pub fn max_order_quantity_with(&self, held: i64) -> Option<u32> {
        match self.oversell {
            Oversell::Continue | Oversell::Untracked => None,
            // Negative after a forced adjustment, until the orders concerned are settled.
            Oversell::Deny => Some(u32::try_from(self.available().saturating_add(held).max(0)).unwrap_or(u32::MAX)),
        }
    }

    /// Returns the low-stock threshold in force.
    ///
    /// A SKU that allows overselling never runs out, so it has a threshold only if one was set. A SKU that is not counted
    /// has none.
    pub const fn threshold(&self) -> Option<i64> {
        match (self.low_at, self.oversell) {
            (_, Oversell::Untracked) => None,
            (None, Oversell::Deny) => Some(DEFAULT_LOW_STOCK_THRESHOLD),
            (own, _) => own,
        }
    }

    /// Returns true if the available units have fallen to the threshold.
    pub fn is_low(&self) -> bool {
        self.threshold().is_some_and(|threshold| self.available() <= threshold)
    }

    /// Reserves units, or returns `None` if too few are available and overselling is denied.
    pub fn reserve(self, quantity: i64) -> Option<Self> {
        if matches!(self.oversell, Oversell::Deny) && self.available() < quantity {
            return None;
        }
        Some(Self { reserved: self.reserved + quantity, ..self }.reconcile())
    }

    /// Takes reserved units out of stock, or returns `None` if too few are on hand. Units that are not counted leave the
    /// number on hand as it is.
    pub fn commit(self, quantity: i64) -> Option<Self> {
        if self.oversell == Oversell::Untracked {
            return Some(self.release(quantity));
        }
        // Compared with the units on hand, not the available ones: the reservation itself counts as reserved.
        if self.on_hand < quantity {
            return None;
        }
        Some(Self { on_hand: self.on_hand - quantity, reserved: self.reserved - quantity, ..self }.reconcile())
    }

    /// Returns why a commit of this SKU failed: backordered units will arrive, lost units will not.
    pub const fn unfulfilled(&self) -> CommitOutcome {
        // Incoming units cover lost units first, so while units are lost, waiting might never end.
        let backordered = matches!(self.oversell, Oversell::Continue) || self.backordered > 0;
        if backordered && self.lost == 0 { CommitOutcome::AwaitingStock } else { CommitOutcome::StockMissing }
    }

    /// Releases units that were reserved.
    #[must_use]
    pub fn release(self, quantity: i64) -> Self {
        Self { reserved: self.reserved - quantity, ..self }.reconcile()
    }

    /// Puts returned units back into stock, unless they are not counted.
    #[must_use]
    pub fn restock(self, quantity: i64) -> Self {
        if self.oversell == Oversell::Untracked {
            return self;
        }
        Self { on_hand: self.on_hand + quantity, ..self }.reconcile()
    }

    /// Adjusts the units on hand. An adjustment that removes reserved units must be forced.
    ///
    /// # Errors
    /// When the adjustment would leave a negative quantity, or would remove reserved units without `force`.
    pub fn adjust(self, change: i64, force: bool) -> Result<Self, AdjustmentRejection> {
        let on_hand =
            // Checked, since the sum of two valid numbers can overflow.
            self.on_hand.checked_add(change).filter(|left| *left >= 0).ok_or(AdjustmentRejection::NegativeStock)?;
        let after = Self { on_hand, ..self };
        // Only the growth of the shortfall counts: a delivery is accepted even if it does not cover all reservations.
        let newly_lost = (after.shortfall() - self.shortfall()).max(0);
        if matches!(self.oversell, Oversell::Deny) && newly_lost > 0 {
            return if force {
                Ok(Self { lost: self.lost + newly_lost, ..after })
            } else {
                Err(AdjustmentRejection::ReservedStock)
            };
        }
        Ok(after.reconcile())
    }

    /// Changes the overselling policy. Units that are backordered stay backordered; those reserved while they were not
    /// counted become backordered where they are not on hand.
    #[must_use]
    pub fn with_policy(self, oversell: Oversell) -> Self {
        let changed = Self { oversell, ..self };
        match self.oversell {
            Oversell::Untracked => Self { backordered: changed.shortfall(), lost: 0, ..changed },
            Oversell::Deny | Oversell::Continue => changed.reconcile(),
        }
    }

    /// Sets or removes the low-stock threshold of this SKU.
    #[must_use]
    pub const fn with_threshold(self, low_at: Option<i64>) -> Self {
        Self { low_at, ..self }
    }

    /// Recomputes `backordered` and `lost` after a change.
    ///
    /// Incoming units cover lost units first. For a SKU that denies overselling neither number grows here, so a
    /// shortfall beyond them is an inconsistency that audits report.
    fn reconcile(self) -> Self {
        let shortfall = self.shortfall();
        match self.oversell {
            // With overselling allowed, lost units can be reordered like any others.
            // Of an untracked SKU the shortfall is zero.
            Oversell::Continue | Oversell::Untracked => Self { backordered: shortfall, lost: 0, ..self },
            Oversell::Deny => {
                let backordered = self.backordered.min(shortfall);
                Self { backordered, lost: self.lost.min(shortfall - backordered), ..self }
            }
        }
    }
}

/// An event to publish about a change of stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StockEvent {
    /// Units arrived that an order may be waiting for.
    Arrived(StockArrived),
    /// The available units fell to the threshold.
    Low(StockLow),
}

/// Returns the events to publish when a level changes from `before` to `after`.
pub fn stock_events(sku: &Sku, before: &StockLevel, after: &StockLevel) -> Vec<StockEvent> {
    let mut events = Vec::new();
    // Orders only wait where more was reserved than was on hand. They need not wait for what is no longer counted.
    let may_proceed = after.on_hand > before.on_hand || after.oversell == Oversell::Untracked;
    if may_proceed && before.shortfall() > 0 {
        events.push(StockEvent::Arrived(StockArrived { sku: sku.clone(), on_hand: after.on_hand }));
    }
    // A changed policy or threshold sends no alert: the merchant who changes it sees the resulting level.
    // Only crossing the threshold sends an alert, so that there is one per shortage.
    let same_rules = before.threshold() == after.threshold();
    if let Some(threshold) = after.threshold()
        && (same_rules && after.is_low() && !before.is_low())
    {
        events.push(StockEvent::Low(StockLow { sku: sku.clone(), available: after.available().max(0), threshold }));
    }
    events
}

/// The demand for one SKU. Lines of a reservation are summed per SKU, see [`sum_demand`].
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Demand {
    /// The SKU, which occurs once per reservation.
    pub sku: Sku,
    /// The number of units, greater than zero.
    pub quantity: i64,
}

/// Sums the demand per SKU, sorted by SKU.
///
/// Stores lock rows in this order, so two reservations cannot deadlock.
pub fn sum_demand(lines: impl IntoIterator<Item = (Sku, i64)>) -> Vec<Demand> {
    let mut summed = std::collections::BTreeMap::<Sku, i64>::new();
    for (sku, quantity) in lines {
        let entry = summed.entry(sku).or_default();
        // Saturating is enough: no level has that many units, so the demand is rejected later.
        *entry = entry.saturating_add(quantity);
    }
    summed.into_iter().map(|(sku, quantity)| Demand { sku, quantity }).collect()
}

/// A request to reserve stock and one use of a promotion for an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// The order that needs the stock.
    pub order_id: OrderId,
    /// The number of this reservation attempt for the order.
    pub attempt: u32,
    /// The demand, summed by [`sum_demand`].
    pub demand: Vec<Demand>,
    /// The promotion code to count one use of, with its usage limit.
    pub promotion: Option<(String, Option<u32>)>,
    /// The cart that becomes the order.
    pub cart_id: Option<CartId>,
    /// The time after which an audit reports the reservation if it is still active.
    pub expected_by: Timestamp,
}

/// The units and uses of promotions that are reserved for one cart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CartHoldings {
    pub units: HashMap<Sku, i64>,
    /// The codes of promotions, one for each use.
    pub codes: Vec<String>,
}

impl CartHoldings {
    /// Adds an active reservation.
    pub fn add(&mut self, demand: Vec<Demand>, code: Option<String>) {
        for Demand { sku, quantity } in demand {
            *self.units.entry(sku).or_default() += quantity;
        }
        self.codes.extend(code);
    }

    /// Returns the number of units of a SKU.
    pub fn of(&self, sku: &Sku) -> i64 {
        self.units.get(sku).copied().unwrap_or(0)
    }
}

/// The outcome of reserving stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReserveOutcome {
    /// The stock is reserved, by this call or an earlier one; the state is the current one.
    Reserved(ReservationState),
    /// Too few units are available; nothing was changed.
    InsufficientStock(Vec<Shortage>),
    /// The promotion has reached its usage limit; nothing was changed.
    PromotionUsedUp,
    /// The reservation was released before and cannot be made again.
    Released,
}

/// The outcome of committing a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitOutcome {
    /// The units were taken out of stock, by this call or an earlier one.
    Done,
    /// Some units are backordered and have not arrived.
    AwaitingStock,
    /// Some units were removed from stock by a forced adjustment.
    StockMissing,
    /// The reservation was released, or never existed.
    NotReserved,
}

/// A manual correction of the units on hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    /// The SKU to adjust.
    pub sku: Sku,
    /// The number of units to add; negative to remove.
    pub change: i64,
    /// The category of the correction.
    pub kind: AdjustmentKind,
    /// A free-text explanation for the history.
    pub note: String,
    /// Allows the adjustment to remove reserved units.
    pub force: bool,
    /// The account that makes the adjustment.
    pub author: String,
    /// The time of the adjustment.
    pub at: Timestamp,
}

/// The reason an adjustment is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdjustmentRejection {
    /// The adjustment would remove reserved units and is not forced.
    ReservedStock,
    /// The adjustment would leave a negative quantity on hand.
    NegativeStock,
}

/// The outcome of an adjustment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdjustmentOutcome {
    /// The adjustment was made, by this call or an earlier one with the same key.
    Done,
    /// The adjustment was made for this request, now or earlier; contains the response to send.
    Responded(JsonResponse),
    /// The idempotency key belongs to another request; nothing was changed.
    KeyReused,
    /// The adjustment is not allowed at this level; nothing was changed.
    Rejected(AdjustmentRejection, StockLevel),
    /// No level exists for the SKU.
    UnknownSku,
}

/// A SKU with more units reserved than on hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortfall {
    pub sku: Sku,
    /// Units in the warehouse.
    pub on_hand: i64,
    /// Units reserved for orders.
    pub reserved: i64,
    /// The policy for selling more than is available.
    pub oversell: Oversell,
    /// The part of the shortfall that forced adjustments removed; the rest is backordered.
    pub lost: i64,
}

impl Shortfall {
    /// Describes the shortfall of a level.
    pub const fn of(sku: Sku, level: &StockLevel) -> Self {
        let StockLevel { on_hand, reserved, oversell, lost, .. } = *level;
        Self { sku, on_hand, reserved, oversell, lost }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DENY: Oversell = Oversell::Deny;
    const BACKORDER: Oversell = Oversell::Continue;
    const UNTRACKED: Oversell = Oversell::Untracked;

    fn events(before: StockLevel, after: StockLevel) -> Vec<StockEvent> {
        stock_events(&"A".parse().expect("a SKU"), &before, &after)
    }

    fn arrived(before: StockLevel, after: StockLevel) -> bool {
        events(before, after).iter().any(|one| matches!(one, StockEvent::Arrived(_)))
    }

    fn low(before: StockLevel, after: StockLevel) -> Option<(i64, i64)> {
        events(before, after).into_iter().find_map(|one| match one {
            StockEvent::Low(low) => Some((low.available, low.threshold)),
            StockEvent::Arrived(_) => None,
        })
    }

    #[test]
    fn the_last_unit_is_reserved_once() {
        let one = StockLevel::new(1, DENY).reserve(1).unwrap();
        assert_eq!(one.reserve(1), None);
    }

    #[test]
    fn a_backorder_waits_for_stock() {
        let backorder = StockLevel::new(0, BACKORDER).reserve(2).unwrap();
        assert_eq!((backorder.commit(2), backorder.unfulfilled()), (None, CommitOutcome::AwaitingStock));
        assert!(backorder.restock(2).commit(2).is_some());
    }

    #[test]
    fn an_adjustment_removes_reserved_units_only_when_forced() {
        let held = StockLevel::new(5, DENY).reserve(4).unwrap();
        assert_eq!(held.adjust(-2, false), Err(AdjustmentRejection::ReservedStock));
        assert!(held.adjust(-1, false).is_ok());
        let damaged = held.adjust(-2, true).unwrap();
        assert_eq!((damaged.on_hand, damaged.lost, damaged.unfulfilled()), (3, 1, CommitOutcome::StockMissing));
    }

    #[test]
    fn stock_never_becomes_negative_even_when_forced() {
        for policy in [DENY, BACKORDER] {
            assert_eq!(StockLevel::new(5, policy).adjust(-6, true), Err(AdjustmentRejection::NegativeStock));
            assert_eq!(StockLevel::new(5, policy).adjust(i64::MAX, true), Err(AdjustmentRejection::NegativeStock));
        }
    }

    #[test]
    fn a_delivery_is_accepted_before_it_covers_all_reservations() {
        let damaged = StockLevel::new(5, DENY).reserve(5).unwrap().adjust(-5, true).unwrap();
        let better = damaged.adjust(2, false).unwrap();
        assert_eq!((better.on_hand, better.lost), (2, 3));
        assert_eq!(better.adjust(-1, false), Err(AdjustmentRejection::ReservedStock));
    }

    #[test]
    fn backorders_still_wait_after_overselling_is_denied() {
        let ended = StockLevel::new(0, BACKORDER).reserve(3).unwrap().with_policy(DENY);
        assert_eq!((ended.backordered, ended.lost, ended.unfulfilled()), (3, 0, CommitOutcome::AwaitingStock));
        assert_eq!(ended.reserve(1), None);
    }

    #[test]
    fn what_is_not_counted_never_waits_and_never_runs_out() {
        let service = StockLevel::new(0, UNTRACKED);
        assert_eq!((service.is_purchasable(), service.max_order_quantity(), service.threshold()), (true, None, None));
        let sold = service.reserve(3).unwrap();
        assert_eq!((sold.shortfall(), sold.commit(3)), (0, Some(service)), "the number on hand stays");
        assert_eq!(service.restock(3), service);
    }

    #[test]
    fn what_was_sold_without_counting_is_backordered_once_it_is_counted() {
        let counted = StockLevel::new(1, UNTRACKED).reserve(3).unwrap().with_policy(DENY);
        assert_eq!((counted.backordered, counted.unfulfilled()), (2, CommitOutcome::AwaitingStock));
        let waiting = StockLevel::new(0, BACKORDER).reserve(2).unwrap();
        assert!(arrived(waiting, waiting.with_policy(UNTRACKED)), "nothing waits for what is not counted");
    }

    #[test]
    fn arrivals_are_published_only_while_orders_wait() {
        let waiting = StockLevel::new(1, BACKORDER).reserve(3).unwrap();
        assert!(arrived(waiting, waiting.adjust(1, false).unwrap()));
        assert!(arrived(waiting, waiting.restock(1)));
        assert!(!arrived(waiting, waiting.release(3)), "nothing arrived");
        let covered = waiting.adjust(2, false).unwrap();
        assert!(!arrived(covered, covered.adjust(5, false).unwrap()), "no order waits");
    }

    #[test]
    fn low_stock_is_published_each_time_it_falls_to_the_threshold() {
        let plenty = StockLevel::new(7, DENY);
        let at = plenty.reserve(2).unwrap();
        assert_eq!((low(plenty, at), low(at, at.reserve(1).unwrap())), (Some((5, 5)), None));
        assert_eq!(low(at, at.release(2)), None);
        assert_eq!(low(at.commit(2).unwrap(), at.restock(1).commit(1).unwrap()), None, "it was low before");
        assert_eq!(low(plenty, plenty.adjust(-7, false).unwrap()), Some((0, 5)));
    }

    #[test]
    fn a_backorderable_sku_is_low_only_with_its_own_threshold() {
        let backorder = StockLevel::new(7, BACKORDER);
        assert_eq!((backorder.threshold(), low(backorder, backorder.reserve(9).unwrap())), (None, None));
        let own = backorder.with_threshold(Some(2));
        assert_eq!(low(own, own.reserve(9).unwrap()), Some((0, 2)), "the published number is never negative");
    }

    #[test]
    fn a_changed_threshold_or_policy_publishes_nothing() {
        let level = StockLevel::new(7, DENY);
        assert!(level.with_threshold(Some(9)).is_low());
        assert_eq!(low(level, level.with_threshold(Some(9))), None);
        let backorder = StockLevel::new(3, BACKORDER);
        assert_eq!(low(backorder, backorder.with_policy(DENY)), None);
    }

    /// Applies one random step; `held` contains the quantities of active reservations.
    fn step(level: StockLevel, held: &mut Vec<i64>, kind: u8, quantity: i64) -> StockLevel {
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
            5 => level.adjust(quantity, false).expect("a delivery is accepted"),
            6 => level.restock(quantity),
            _ => level.with_policy([DENY, BACKORDER, UNTRACKED][usize::try_from(quantity).expect("positive") % 3]),
        }
    }

    proptest! {
        #[test]
        fn without_force_every_reservation_of_a_denying_sku_is_covered(steps in prop::collection::vec((0u8..4, 1i64..5), 0..200)) {
            let (mut level, mut held) = (StockLevel::new(20, DENY), Vec::new());
            for (kind, quantity) in steps {
                level = step(level, &mut held, kind, quantity);
                prop_assert!(0 <= level.reserved && level.reserved <= level.on_hand);
                prop_assert_eq!(level.reserved, held.iter().sum::<i64>());
                prop_assert!(held.iter().all(|quantity| level.commit(*quantity).is_some()), "every reservation can be committed");
            }
        }

        #[test]
        fn every_shortfall_is_backordered_or_lost(steps in prop::collection::vec((0u8..8, 1i64..5), 0..200)) {
            let (mut level, mut held) = (StockLevel::new(20, DENY), Vec::new());
            for (kind, quantity) in steps {
                let before = level;
                level = step(level, &mut held, kind, quantity);
                prop_assert!(level.on_hand >= 0);
                prop_assert_eq!(level.reserved, held.iter().sum::<i64>());
                prop_assert_eq!(level.shortfall(), level.backordered + level.lost);
                prop_assert!(level.backordered >= 0 && level.lost >= 0);
                // Only a forced adjustment loses units, and only a policy that allows it backorders them.
                prop_assert!(level.lost <= before.lost || kind == 4);
                let is_allowed = level.oversell == BACKORDER || before.oversell.is_allowed();
                prop_assert!(level.backordered <= before.backordered || is_allowed);
                // Incoming units cover lost units first.
                prop_assert!(level.backordered >= before.backordered || level.lost == 0);
            }
        }
    }
}
