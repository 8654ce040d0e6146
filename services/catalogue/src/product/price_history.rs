//! The earlier prices of a variant, and the prior price that a reduction is announced with.
//!
//! Directive 98/6/EC, article 6a, which Directive (EU) 2019/2161 added: an announcement of a price reduction indicates the
//! lowest price of at least the 30 days before the reduction.

use super::{Product, Variant};
use contracts::Sku;
use contracts::catalogue::ProductStatus;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

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

/// Gives the variants of a product's next version, which has this status, the earlier prices of their SKUs.
pub(super) fn continue_from(before: &Product, status: ProductStatus, variants: &mut [Variant], now: Timestamp) {
    let former: HashMap<&Sku, &Variant> = before.variants.iter().map(|variant| (&variant.sku, variant)).collect();
    // A price of a draft is a price that nobody was offered.
    let (was_for_sale, is_for_sale) = (before.status == ProductStatus::Active, status == ProductStatus::Active);
    for variant in variants {
        let Some(former) = former.get(&variant.sku) else { continue };
        variant.past_prices.clone_from(&former.past_prices);
        // A reduction that is announced without a change of the price begins as well.
        let reduction_begins = former.original_price().is_none() && variant.original_price().is_some();
        if was_for_sale && (former.price != variant.price || reduction_begins || !is_for_sale) {
            variant.add_past_price(PastPrice { price: former.price, until: now });
        }
    }
}

impl Variant {
    fn add_past_price(&mut self, past: PastPrice) {
        self.past_prices.push(past);
        if self.past_prices.len() > MAX_PAST_PRICES {
            // Joined instead of dropped, so that a lowest price of the period is never lost.
            let oldest = self.past_prices.remove(0);
            if let Some(next) = self.past_prices.first_mut() {
                next.price = next.price.min(oldest.price);
            }
        }
    }

    /// Returns the lowest price of the 30 days before the reduction; `None` if the variant is not reduced, or was never for
    /// sale before it.
    pub fn prior_price(&self) -> Option<i64> {
        self.original_price()?;
        let reduced_at = self.past_prices.last()?.until;
        let begin = reduced_at.saturating_sub(PERIOD).unwrap_or(Timestamp::MIN);
        self.past_prices.iter().filter(|past| past.until > begin).map(|past| past.price).min()
    }
}
