//! Stock levels and adjustments, for staff.

use super::Oversell;
use crate::{SingleLineText, Sku};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The stock of one SKU in units, for staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StockLevel {
    /// The SKU that the level belongs to.
    pub sku: Sku,
    /// The units in the warehouse, including reserved units.
    pub on_hand: i64,
    /// The units reserved for orders that have not been shipped.
    pub reserved: i64,
    /// The units on hand that are not reserved, `on_hand - reserved`; negative when more is reserved than on hand.
    pub available: i64,
    /// The reserved units that are not on hand, at least 0: backordered, or removed by a forced adjustment.
    pub shortfall: i64,
    /// The policy for orders that exceed the available stock.
    pub oversell: Oversell,
    /// The low-stock threshold set for this SKU; null when it uses the shop's default.
    pub low_at: Option<i64>,
    /// The low-stock threshold in force; null for a SKU that allows overselling and has none set.
    pub threshold: Option<i64>,
    /// True if the available units are at or below the threshold.
    pub low: bool,
}

/// The stock of one SKU with its latest changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StockRecord {
    /// The current stock level of the SKU.
    #[serde(flatten)]
    pub level: StockLevel,
    /// The latest changes of the units on hand, the newest first.
    pub history: Vec<StockChange>,
}

/// The cause of a stock change.
///
/// - `initial`: the first stock of a new SKU
/// - `adjusted`: a manual adjustment by staff
/// - `committed`: units taken out of stock for an order
/// - `returned`: units put back after a cancellation or return
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StockReason {
    /// The first stock of a new SKU.
    Initial,
    /// A manual adjustment by staff.
    Adjusted,
    /// Units taken out of stock for an order.
    Committed,
    /// Units put back after a cancellation or return.
    Returned,
}

/// The reason for a manual stock adjustment.
///
/// - `received`: a delivery from a supplier
/// - `counted`: a correction after a stock count
/// - `damaged`: damaged units
/// - `lost`: lost or stolen units
/// - `returned`: units that a customer sent back
/// - `other`: another reason, explained in the note
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdjustmentKind {
    /// A delivery from a supplier.
    Received,
    /// A correction after a stock count.
    Counted,
    /// Units that were damaged.
    Damaged,
    /// Units that were lost or stolen.
    Lost,
    /// Units that a customer sent back.
    Returned,
    /// Another reason, explained in the note.
    #[default]
    Other,
}

/// A change of the units on hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StockChange {
    /// The position in the SKU's history, counted from 1.
    pub number: i64,
    /// The time of the change (UTC, RFC 3339).
    pub at: Timestamp,
    /// The number of units added; negative for units removed.
    pub change: i64,
    /// The units on hand after the change.
    pub on_hand: i64,
    /// The cause of the change.
    pub reason: StockReason,
    /// The reason for a manual adjustment; null for other changes.
    pub kind: Option<AdjustmentKind>,
    /// True if an adjustment removed units that were reserved for orders.
    pub forced: bool,
    /// The note that staff entered; may be empty.
    pub note: String,
    /// The originator of the change: an account, an order or a workflow step of an order.
    pub author: String,
}

/// A manual adjustment of the units on hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "change": -2, "kind": "damaged", "note": "Broken in the warehouse" }))]
pub struct StockAdjustment {
    /// The number of units to add; negative to remove units. At most 10 million either way.
    #[schema(minimum = -10_000_000, maximum = 10_000_000)]
    pub change: i64,
    /// The reason for the adjustment. Default: `other`.
    #[serde(default)]
    pub kind: AdjustmentKind,
    /// A note for the stock history, 1 to 200 characters.
    pub note: SingleLineText<200>,
    /// True to remove units even if they are reserved for orders, which then need attention. Default: false.
    #[serde(default)]
    pub force: bool,
}

/// The low-stock threshold of a SKU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "low_at": 10 }))]
pub struct StockThreshold {
    /// The number of available units at which the stock counts as low, 0 to 10 million; null for the shop's default.
    #[schema(required = true, minimum = 0, maximum = 10_000_000)]
    // Serde reads an absent `Option` as null. Here null selects the shop's default, so an absent member is an error.
    #[serde(deserialize_with = "Option::deserialize")]
    pub low_at: Option<i64>,
}
