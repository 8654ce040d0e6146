//! The webhooks that the merchant's program receives.

use super::OrderStatus;
use crate::OrderId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A webhook about an order. It has no personal data: the program reads the order with an API key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "type": "return.requested", "timestamp": "2026-01-15T12:00:00Z",
    "data": { "order_id": "0198c0f2-a7b3-702a-8f31-c7a9d5e4b610", "order_number": "10001", "status": "delivered", "return_id": 1 }
}))]
pub struct OrderWebhook {
    /// The type of the event.
    #[serde(rename = "type")]
    pub kind: OrderWebhookType,
    /// The time of the event (UTC, RFC 3339).
    pub timestamp: Timestamp,
    /// The order that it is about.
    pub data: OrderWebhookData,
}

impl OrderWebhook {
    /// Returns the body of the webhook.
    pub fn to_json(&self) -> String {
        serde_json::json!(self).to_string()
    }
}

/// The order that a webhook is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderWebhookData {
    /// The id of the order.
    pub order_id: OrderId,
    /// The number of the order, which customers see.
    pub order_number: String,
    /// The status of the order at the time of the event.
    pub status: OrderStatus,
    /// The number of the return within the order; absent where the event is not about a return.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_id: Option<u32>,
}

/// The type of an event about an order.
///
/// - `order.placed`: a customer placed the order
/// - `order.cancelled`: the order was cancelled
/// - `order.withdrawn`: the customer withdrew from the contract
/// - `order.needs_attention`: the order does not go on until staff decide
/// - `return.requested`: the customer requested a return
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum OrderWebhookType {
    /// A customer placed the order.
    #[serde(rename = "order.placed")]
    OrderPlaced,
    /// The order was cancelled.
    #[serde(rename = "order.cancelled")]
    OrderCancelled,
    /// The customer withdrew from the contract.
    #[serde(rename = "order.withdrawn")]
    OrderWithdrawn,
    /// The order does not go on until staff decide.
    #[serde(rename = "order.needs_attention")]
    OrderNeedsAttention,
    /// The customer requested a return.
    #[serde(rename = "return.requested")]
    ReturnRequested,
}

impl OrderWebhookType {
    /// Returns the name in the body of the webhook.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OrderPlaced => "order.placed",
            Self::OrderCancelled => "order.cancelled",
            Self::OrderWithdrawn => "order.withdrawn",
            Self::OrderNeedsAttention => "order.needs_attention",
            Self::ReturnRequested => "return.requested",
        }
    }
}
