//! Promotion codes and tax rates.

use crate::{Country, Money, MultilineText, Rate, SingleLineText};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A promotion code with its conditions and use count, for staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Promotion {
    /// The code that customers enter, in upper case, at most 40 characters.
    pub code: String,
    /// The benefit that the promotion grants.
    pub benefit: Benefit,
    /// The description of the promotion, shown to customers.
    pub description: String,
    /// The smallest cart subtotal for which the code can be used; null for no minimum.
    pub min_subtotal: Option<Money>,
    /// The time from which the code can be used (UTC, RFC 3339); null for immediately.
    pub starts_at: Option<Timestamp>,
    /// The time from which the code can no longer be used (UTC, RFC 3339); null for no end.
    pub ends_at: Option<Timestamp>,
    /// The largest number of orders that can use the code; null for no limit.
    pub usage_limit: Option<u32>,
    /// The number of orders that use the code, including unpaid orders that have reserved a use.
    pub used: u32,
    /// True if the code can be used; false if staff have switched it off.
    pub active: bool,
}

/// The benefit that a promotion grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Benefit {
    /// A discount in percent of the cart's subtotal.
    Percent {
        /// The proportion of the subtotal that is discounted, in millionths: 100000 is 10 %.
        rate: Rate,
    },
    /// A discount of a fixed amount, at most the cart's subtotal.
    Fixed {
        /// The amount of the discount in the shop's currency, greater than zero.
        amount: Money,
    },
    /// Free shipping with every shipping option.
    FreeShipping,
}

/// A promotion to create or replace. The code is part of the path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "benefit": { "kind": "percent", "rate": 100_000 },
    "description": "10 % off your first order",
    "min_subtotal": { "amount": 5000, "currency": "EUR" },
    "starts_at": "2027-01-01T00:00:00Z",
    "ends_at": "2027-02-01T00:00:00Z",
    "usage_limit": 500,
    "active": true
}))]
pub struct PromotionDraft {
    /// The benefit that the promotion grants.
    pub benefit: Benefit,
    /// The description shown to customers, up to 200 characters. Default: empty.
    #[serde(default)]
    // A single line must not be empty, but a promotion needs no description.
    pub description: MultilineText<200>,
    /// The smallest cart subtotal, in the shop's currency; null, the default, for no minimum.
    #[serde(default)]
    pub min_subtotal: Option<Money>,
    /// The time from which the code can be used (RFC 3339); null, the default, for immediately.
    #[serde(default)]
    pub starts_at: Option<Timestamp>,
    /// The time from which the code can no longer be used (RFC 3339); null, the default, for no end.
    #[serde(default)]
    pub ends_at: Option<Timestamp>,
    /// The largest number of orders that can use the code; null, the default, for no limit.
    #[serde(default)]
    pub usage_limit: Option<u32>,
    /// True, the default, if the code can be used; false to switch it off.
    #[serde(default = "active")]
    pub active: bool,
}

const fn active() -> bool {
    true
}

/// The tax rate of one tax class in one country.
///
/// The rate of the class `standard` also applies to shipping and to classes without a rate in the country. Without it,
/// no tax is charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "country": "DE", "class": "standard", "rate": 190_000 }))]
pub struct TaxRate {
    /// The customer's country in which the rate applies (ISO 3166-1 alpha-2).
    pub country: Country,
    /// The tax class of the products it applies to, such as `standard`, 1 to 60 characters.
    pub class: SingleLineText<60>,
    /// The tax rate in millionths: 190000 is 19 %.
    pub rate: Rate,
}

/// All tax rates of the shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "items": [{ "country": "DE", "class": "standard", "rate": 190_000 },
    { "country": "DE", "class": "reduced", "rate": 70_000 }] }))]
pub struct TaxRates {
    /// The rates, at most 5000, one for each country and class.
    pub items: Vec<TaxRate>,
}
