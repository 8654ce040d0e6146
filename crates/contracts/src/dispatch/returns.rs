//! Returns of delivered orders.

use crate::{Money, Quantity, SingleLineText, Sku};
use chassis::{ProblemKind, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The order was not delivered, the return period is over, or more units are to be returned than can be.
pub const NOT_RETURNABLE: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "not-returnable", "Not returnable");
/// The return was received or rejected already.
pub const RETURN_DECIDED: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "return-decided", "Return already decided");

/// Units of one SKU in a return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnLine {
    /// The SKU that is returned.
    pub sku: Sku,
    /// The number of units to return.
    pub quantity: Quantity,
}

/// A request to return items of a delivered order.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "lines": [{ "sku": "MUG-BLUE-330", "quantity": 1 }],
    "reason": "The glaze has a crack"
}))]
pub struct ReturnRequest {
    /// The SKUs and quantities to return.
    pub lines: Vec<ReturnLine>,
    /// The reason for the return, 1 to 200 characters.
    pub reason: SingleLineText<200>,
}

/// A record that the items of a return were received.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "lines": [{ "sku": "MUG-BLUE-330", "quantity": 1 }],
    "restock": false,
    "refund_shipping": false
}))]
pub struct ReturnReceipt {
    /// The SKUs and quantities that are accepted and refunded, at most those of the return.
    pub lines: Vec<ReturnLine>,
    /// True to put the accepted units back into stock.
    // Staff have to decide each time if the units can be sold again, so there is no default.
    pub restock: bool,
    /// True to refund all of the shipping too, which requires that the whole order is returned. Default: false; a withdrawal from a
    /// whole order then refunds the least expensive delivery that was offered.
    #[serde(default)]
    pub refund_shipping: bool,
}

/// A rejection of a return.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "The mug was used" }))]
pub struct ReturnRejection {
    /// The reason for the rejection, which the customer is told, 1 to 200 characters.
    pub reason: SingleLineText<200>,
}

/// The status of a return.
///
/// - `requested`: requested by the customer, the items have not arrived
/// - `received`: the items were received, the refund is in progress
/// - `refunded`: refunded, and put back into stock if requested
/// - `rejected`: rejected by staff
/// - `attention`: received, but staff have to act before it can continue
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReturnStatus {
    /// Requested by the customer, the items have not arrived.
    Requested,
    /// The items were received, the refund is in progress.
    Received,
    /// Refunded, and put back into stock if requested.
    Refunded,
    /// The return was rejected by staff.
    Rejected,
    /// Received, but staff have to act before it can continue.
    Attention,
}

/// A return of items of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReturnView {
    /// The number of the return within the order, counted from 1.
    pub id: u32,
    /// The status of the return.
    pub status: ReturnStatus,
    /// The SKUs and quantities that the customer wants to return.
    pub lines: Vec<ReturnLine>,
    /// The SKUs and quantities that were accepted; empty until the items are received.
    pub accepted: Vec<ReturnLine>,
    /// The customer's reason for the return; empty for a withdrawal, which needs none.
    pub reason: String,
    /// True if the customer withdrew from the contract. The items may not have left yet.
    #[serde(default)]
    pub is_withdrawal: bool,
    /// The reason for the rejection; null unless rejected.
    pub rejection: Option<String>,
    /// The amount that is refunded; zero until the items are received.
    pub refund: Money,
    /// The time when the return was requested (UTC, RFC 3339).
    pub requested_at: Timestamp,
    /// The reason why the return needs attention. Only staff see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attention_reason: Option<String>,
}
