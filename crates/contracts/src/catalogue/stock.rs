//! Stock, as the people of the shop see and correct it.

use super::Oversell;
use crate::{SingleLineText, Sku};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The stock of a SKU, for staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StockLevel {
    /// The SKU.
    pub sku: Sku,
    /// What is in the warehouse.
    pub on_hand: i64,
    /// What of it is promised to orders.
    pub reserved: i64,
    /// What can still be promised without selling ahead: `on_hand - reserved`.
    pub available: i64,
    /// How much more is promised than is there: sold ahead, or taken away by a forced correction.
    pub shortfall: i64,
    /// What happens when it is sold out.
    pub oversell: Oversell,
    /// The threshold set for this SKU; null when it has none of its own.
    pub low_at: Option<i64>,
    /// The threshold in force: its own, or the shop's. Null for a SKU that is sold ahead and has none of its own.
    pub threshold: Option<i64>,
    /// Whether what is available has fallen to the threshold.
    pub low: bool,
}

/// The stock of a SKU with its latest changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StockRecord {
    /// The level.
    #[serde(flatten)]
    pub level: StockLevel,
    /// The latest changes, the newest first.
    pub history: Vec<StockChange>,
}

/// What changed stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StockReason {
    /// The first count of a new SKU.
    Initial,
    /// A person corrected it.
    Adjusted,
    /// It left with an order.
    Committed,
    /// It came back from an order that was cancelled, or from a customer.
    Returned,
}

/// Why a person corrects stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdjustmentKind {
    /// Goods came from a supplier.
    Received,
    /// It was counted, and is not what the books say.
    Counted,
    /// Goods are damaged.
    Damaged,
    /// Goods are lost or stolen.
    Lost,
    /// A customer sent goods back.
    Returned,
    /// Something else; the note says what.
    #[default]
    Other,
}

/// One change of what is on hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StockChange {
    /// Its place in the history of the SKU, from 1.
    pub number: i64,
    /// When.
    pub at: Timestamp,
    /// How much more, or less.
    pub change: i64,
    /// What is on hand after it: the sum of all changes so far.
    pub on_hand: i64,
    /// What changed it.
    pub reason: StockReason,
    /// Why, when a person corrected it.
    pub kind: Option<AdjustmentKind>,
    /// Whether it took away goods that were promised to orders.
    pub forced: bool,
    /// A word about it.
    pub note: String,
    /// Who did it: an account, an order, or a step of one.
    pub author: String,
}

/// Corrects the stock of a SKU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StockAdjustment {
    /// How much more, or less.
    #[schema(minimum = -10_000_000, maximum = 10_000_000)]
    pub change: i64,
    /// Why.
    #[serde(default)]
    pub kind: AdjustmentKind,
    /// A word about it, for the history.
    pub note: SingleLineText<200>,
    /// Even if less is left than is promised to orders, which then cannot all be kept.
    #[serde(default)]
    pub force: bool,
}

/// Sets at which level a SKU counts as low.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StockThreshold {
    /// The level; null for the shop's own.
    #[schema(required = true, minimum = 0, maximum = 10_000_000)]
    #[serde(deserialize_with = "Option::deserialize")]
    pub low_at: Option<i64>,
}
