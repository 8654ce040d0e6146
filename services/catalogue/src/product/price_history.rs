//! The earlier prices of a variant, and the prior price that a reduction is announced with.
//!
//! Directive 98/6/EC, article 6a, which Directive (EU) 2019/2161 added: an announcement of a price reduction indicates the
//! lowest price of at least the 30 days before the reduction.

use super::Variant;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The number of earlier prices that are stored.
const MAX_PAST_PRICES: usize = 100;
/// The length of the period before a reduction.
const PERIOD: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A price that a variant had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastPrice {
    /// The price in minor units of the shop's currency.
    pub price: i64,
    /// The time until which the variant was sold for it.
    pub until: Timestamp,
}

impl Variant {
    /// Takes over the earlier prices of the version before this one, and adds its price if it applies no longer.
    pub(super) fn continue_history(&mut self, before: &Self, now: Timestamp) {
        self.past_prices.clone_from(&before.past_prices);
        // A reduction that is announced without a change of the price begins as well.
        let reduction_begins = before.original_price().is_none() && self.original_price().is_some();
        if before.price == self.price && !reduction_begins {
            return;
        }
        self.past_prices.push(PastPrice { price: before.price, until: now });
        if self.past_prices.len() > MAX_PAST_PRICES {
            // Joined instead of dropped, so that a lowest price of the period is never lost.
            let oldest = self.past_prices.remove(0);
            if let Some(next) = self.past_prices.first_mut() {
                next.price = next.price.min(oldest.price);
            }
        }
    }

    /// Returns the lowest price of the 30 days before the reduction; `None` if the variant is not reduced, or was never sold
    /// for another price.
    pub fn prior_price(&self) -> Option<i64> {
        self.original_price()?;
        let reduced_at = self.past_prices.last()?.until;
        let begin = reduced_at.saturating_sub(PERIOD).unwrap_or(Timestamp::MIN);
        self.past_prices.iter().filter(|past| past.until > begin).map(|past| past.price).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::catalogue::Oversell;
    use proptest::prelude::*;

    fn day(day: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * day)
    }

    fn variant(price: i64, compare_at_price: Option<i64>) -> Variant {
        Variant {
            sku: "MUG".parse().unwrap(),
            option_values: Vec::new(),
            price,
            compare_at_price,
            weight_grams: 1,
            oversell: Oversell::Deny,
            barcode: None,
            image: None,
            cost: None,
            is_digital: false,
            unit_measure: None,
            past_prices: Vec::new(),
        }
    }

    /// Returns the variant after changes, each with its day, price and the price before the reduction.
    fn after(changes: &[(i64, i64, Option<i64>)]) -> Variant {
        let mut current = variant(2000, None);
        for (at, price, compare_at) in changes {
            let mut next = variant(*price, *compare_at);
            next.continue_history(&current, day(*at));
            current = next;
        }
        current
    }

    #[test]
    fn the_prior_price_is_the_lowest_of_the_thirty_days_before_the_reduction() {
        assert_eq!(after(&[(50, 1500, Some(2000))]).prior_price(), Some(2000));
        // Raised shortly before the reduction.
        assert_eq!(after(&[(40, 2500, None), (50, 1500, Some(2500))]).prior_price(), Some(2000));
        assert_eq!(after(&[(10, 2500, None), (50, 1500, Some(2500))]).prior_price(), Some(2500));
        // Cheaper for a day within the period, and before it.
        let sale = [(30, 1800, None), (31, 2000, None), (50, 1500, Some(2000))];
        assert_eq!(after(&sale).prior_price(), Some(1800));
        let earlier = [(5, 1800, None), (6, 2000, None), (50, 1500, Some(2000))];
        assert_eq!(after(&earlier).prior_price(), Some(2000));
    }

    #[test]
    fn a_reduction_that_is_none_shows_the_same_prior_price() {
        assert_eq!(after(&[(50, 2000, Some(2500))]).prior_price(), Some(2000));
    }

    #[test]
    fn other_changes_keep_the_history() {
        let changed = after(&[(50, 1500, Some(2000)), (55, 1500, Some(2000)), (56, 1500, Some(2100))]);
        assert_eq!((changed.prior_price(), changed.past_prices.len()), (Some(2000), 1));
        assert_eq!(after(&[(50, 1500, None)]).prior_price(), None, "not announced as a reduction");
        assert_eq!(variant(1500, Some(2000)).prior_price(), None, "never sold for another price");
    }

    proptest! {
        #[test]
        fn many_changes_stay_bounded_and_keep_the_lowest_price(prices in prop::collection::vec(1i64..5000, 1..400)) {
            // All within the period.
            let changes: Vec<_> = prices.iter().map(|price| (0, *price, None)).collect();
            let mut reduced = variant(1, Some(9000));
            let current = after(&changes);
            reduced.continue_history(&current, day(1));
            prop_assert!(reduced.past_prices.len() <= MAX_PAST_PRICES);
            let lowest = prices.iter().copied().min().unwrap_or(2000).min(2000);
            prop_assert_eq!(reduced.prior_price(), Some(lowest));
        }
    }
}
