//! The refund value of returned units.

use super::{Order, Return, ReturnState};
use crate::messages;
use chassis::Problem;
use contracts::Sku;
use contracts::dispatch::{NOT_RETURNABLE, ReturnLine};
use std::collections::BTreeMap;

/// Some of the units of a SKU, in the order of the lines of the cart.
pub(super) struct LineUnits<'o> {
    pub sku: &'o Sku,
    /// The number of units before them.
    pub skipped: u32,
    pub count: u32,
}

impl Order {
    /// Returns the amount that the customer paid for the units, in minor units. Units of earlier returns count first.
    ///
    /// The total of a line, which includes its share of the discount and its tax, is divided among its units by the
    /// largest remainder, so that the refund values of all units add up to it.
    pub(super) fn refund_value(&self, lines: &[ReturnLine]) -> i64 {
        lines.iter().map(|line| self.line_refund_value(line)).sum()
    }

    fn line_refund_value(&self, returned: &ReturnLine) -> i64 {
        let skipped = self.settled_units(&returned.sku, None);
        self.value_of_units(&LineUnits { sku: &returned.sku, skipped, count: returned.quantity.get() })
    }

    /// Returns the amount that the customer paid for units of a SKU, in minor units.
    pub(super) fn value_of_units(&self, units: &LineUnits<'_>) -> i64 {
        let (mut to_skip, mut remaining, mut value) = (units.skipped, units.count, 0);
        // One SKU may stand in several lines with different totals.
        for line in self.record.cart.lines.iter().filter(|line| line.sku == *units.sku) {
            let (bought, skipped) = (line.quantity.get(), to_skip.min(line.quantity.get()));
            let counted = remaining.min(bought - skipped);
            let total = line.total.amount;
            value += first_units(total, bought, skipped + counted) - first_units(total, bought, skipped);
            to_skip -= skipped;
            remaining -= counted;
        }
        value
    }

    /// Returns the number of units of each SKU that the customer bought.
    pub(super) fn units_bought(&self) -> BTreeMap<&Sku, u32> {
        let mut bought: BTreeMap<&Sku, u32> = BTreeMap::new();
        for line in &self.record.cart.lines {
            *bought.entry(&line.sku).or_default() += line.quantity.get();
        }
        bought
    }

    /// Returns the number of units that were refunded or are about to be, except those of one return. A requested return
    /// may still be rejected or accepted in part, so its units do not count.
    pub(super) fn settled_units(&self, sku: &Sku, except: Option<u32>) -> u32 {
        let decided = |one: &&Return| Some(one.id) != except && one.state != ReturnState::Requested;
        let returned: u32 = self.returns.iter().filter(decided).map(|one| one.units(sku)).sum();
        returned + self.refunded_units(sku)
    }

    /// Returns the number of units that are refunded without being returned.
    pub(super) fn refunded_units(&self, sku: &Sku) -> u32 {
        let counted = self.refunds.iter().filter(|refund| refund.open || refund.was_paid());
        let lines = counted.flat_map(|refund| &refund.lines).filter(|line| line.sku == *sku);
        lines.map(|line| line.quantity.get()).sum()
    }

    /// Returns the part of the shipping price, in minor units, that a withdrawal refunds: who has chosen another delivery than the
    /// least expensive one bears the difference, Directive 2011/83/EU, article 13 (2).
    pub(super) fn standard_shipping(&self) -> i64 {
        let shipping = &self.record.cart.shipping;
        shipping.standard_total.map_or(shipping.total.amount, |standard| standard.amount.min(shipping.total.amount))
    }

    /// Returns the shipping price, in minor units, if the accepted units complete the return of the whole order.
    pub(super) fn shipping_refund(&self, id: u32, accepted: &[ReturnLine]) -> Result<i64, Problem> {
        let returned = |sku: &Sku| -> u32 {
            let now = accepted.iter().filter(|line| line.sku == *sku).map(|line| line.quantity.get());
            self.settled_units(sku, Some(id)) + now.sum::<u32>()
        };
        if self.units_bought().iter().any(|(sku, bought)| returned(sku) < *bought) {
            return Err(NOT_RETURNABLE.detail(messages::current().shipping_not_refundable()));
        }
        Ok(self.record.cart.shipping.total.amount)
    }
}

/// Returns the value of the first `count` of `units` equal units that cost `total` together. Each is worth its share
/// rounded down, and the remainder goes to the first units, one minor unit each.
fn first_units(total: i64, units: u32, count: u32) -> i64 {
    let (units, count) = (i64::from(units).max(1), i64::from(count));
    total / units * count + count.min(total % units)
}
