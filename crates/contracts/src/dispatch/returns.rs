//! What customers send back after it was delivered.

use crate::{SingleLineText, Money, Quantity, Sku};
use chassis::{ProblemKind, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The order was not delivered, the time for returns is over, or more is to be returned than there is.
pub const NOT_RETURNABLE: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "not-returnable", "Cannot be returned");
/// The return has been received or rejected already.
pub const RETURN_DECIDED: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "return-decided", "The return is decided already");

/// Some pieces of what was bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnLine {
    /// The SKU.
    pub sku: Sku,
    /// How many.
    pub quantity: Quantity,
}

/// Asks to return something.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnRequest {
    /// What.
    pub lines: Vec<ReturnLine>,
    /// Why.
    pub reason: SingleLineText<200>,
}

/// Says that what was returned has come in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnReceipt {
    /// What of it the shop takes back.
    pub lines: Vec<ReturnLine>,
    /// Whether it can be sold again.
    pub restock: bool,
    /// Whether shipping is given back as well, which needs that everything was returned.
    #[serde(default)]
    pub refund_shipping: bool,
}

/// Says that the shop does not take it back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnRejection {
    /// Why; the customer is told.
    pub reason: SingleLineText<200>,
}

/// Where a return stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReturnStatus {
    /// The customer wants to return it.
    Requested,
    /// It has come in; the money is on its way.
    Received,
    /// The money is given back, and what can be sold again is in stock.
    Refunded,
    /// The shop does not take it back.
    Rejected,
    /// It has come in, and waits for a person of the shop.
    Attention,
}

/// A return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReturnView {
    /// Its number within the order, from 1.
    pub id: u32,
    /// Where it stands.
    pub status: ReturnStatus,
    /// What the customer wants to return.
    pub lines: Vec<ReturnLine>,
    /// What of it the shop takes back, once it has come in.
    pub accepted: Vec<ReturnLine>,
    /// Why it is returned.
    pub reason: String,
    /// Why it was rejected.
    pub rejection: Option<String>,
    /// What is given back for it; nothing before it has come in.
    pub refund: Money,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// Why it waits for a person; staff only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attention_reason: Option<String>,
}
