//! Stock: what is on hand, what of it is promised, and the rules that keep the two apart.

use contracts::catalogue::{Oversell, ReservationState, Shortage};
use contracts::{OrderId, Sku};
use jiff::Timestamp;

/// The stock of one SKU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// What is in the warehouse. Equals the sum of its history.
    pub on_hand: i64,
    /// What of it is promised to orders.
    pub reserved: i64,
    /// What happens when it is sold out.
    pub oversell: Oversell,
}

impl Level {
    /// What can still be promised, without selling ahead.
    pub const fn available(&self) -> i64 {
        self.on_hand - self.reserved
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

    /// The level with `quantity` more promised, if that much is there or may be sold ahead.
    pub const fn reserve(self, quantity: i64) -> Option<Self> {
        if matches!(self.oversell, Oversell::Deny) && self.available() < quantity {
            return None;
        }
        Some(Self { reserved: self.reserved + quantity, ..self })
    }

    /// The level after a promise was kept, if the goods are there.
    pub const fn commit(self, quantity: i64) -> Option<Self> {
        if self.on_hand < quantity {
            return None;
        }
        Some(Self { on_hand: self.on_hand - quantity, reserved: self.reserved - quantity, ..self })
    }

    /// The level after a promise was taken back.
    #[must_use]
    pub const fn release(self, quantity: i64) -> Self {
        Self { reserved: self.reserved - quantity, ..self }
    }

    /// The level after goods came back.
    #[must_use]
    pub const fn put_back(self, quantity: i64) -> Self {
        Self { on_hand: self.on_hand + quantity, ..self }
    }

    /// The level after a correction, unless that would break promises or go below nothing.
    pub const fn adjust(self, change: i64) -> Option<Self> {
        let Some(on_hand) = self.on_hand.checked_add(change) else { return None };
        if on_hand < 0 || (matches!(self.oversell, Oversell::Deny) && on_hand < self.reserved) {
            return None;
        }
        Some(Self { on_hand, ..self })
    }
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
    /// It was released before, or never made.
    NotHeld,
}

/// What became of a correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adjusted {
    /// It is made, now or before under the same key.
    Done,
    /// It would break promises made to orders, or go below nothing.
    Refused,
    /// There is no such SKU.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn level(on_hand: i64, oversell: Oversell) -> Level {
        Level { on_hand, reserved: 0, oversell }
    }

    #[test]
    fn the_last_unit_is_promised_once() {
        let one = level(1, Oversell::Deny).reserve(1).unwrap();
        assert_eq!(one.reserve(1), None);
    }

    #[test]
    fn what_is_sold_ahead_waits_for_goods() {
        let ahead = level(0, Oversell::Continue).reserve(2).unwrap();
        assert_eq!(ahead.commit(2), None);
        assert!(ahead.put_back(2).commit(2).is_some());
    }

    #[test]
    fn a_correction_never_breaks_a_promise() {
        let held = level(5, Oversell::Deny).reserve(4).unwrap();
        assert_eq!(held.adjust(-2), None);
        assert!(held.adjust(-1).is_some());
    }

    proptest! {
        #[test]
        fn whatever_happens_a_denying_sku_keeps_its_promises(steps in prop::collection::vec((0u8..4, 1i64..5), 0..200)) {
            let mut level = level(20, Oversell::Deny);
            let (mut held, mut taken) = (Vec::new(), 0);
            for (kind, quantity) in steps {
                match kind {
                    0 => if let Some(next) = level.reserve(quantity) { level = next; held.push(quantity); },
                    1 => if let Some(quantity) = held.pop() {
                        level = level.commit(quantity).expect("what is held can be taken");
                        taken += quantity;
                    },
                    2 => if let Some(quantity) = held.pop() { level = level.release(quantity); },
                    _ => if let Some(next) = level.adjust(-quantity) { level = next; taken += quantity; },
                }
                prop_assert!(0 <= level.reserved && level.reserved <= level.on_hand);
                prop_assert_eq!(level.on_hand, 20 - taken);
                prop_assert_eq!(level.reserved, held.iter().sum::<i64>());
            }
        }
    }
}
