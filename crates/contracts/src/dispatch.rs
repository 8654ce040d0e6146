//! The dispatch API: orders, their timeline and returns for customers; refunds and workflows for staff.

mod returns;
mod staff;
mod timeline;
mod webhooks;
mod withdrawals;

pub use returns::*;
pub use staff::*;
pub use timeline::*;
pub use webhooks::*;
pub use withdrawals::*;

use crate::cart::{CartLine, Totals};
use crate::{Address, Money, OrderId, ShipmentId, SingleLineText};
use chassis::config::UnknownValue;
use chassis::{ProblemKind, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The order is not paid, or the shop has not entered its seller.
pub const INVOICE_UNAVAILABLE: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "invoice-unavailable", "Invoice unavailable");
/// The order has left the warehouse, or is cancelled already.
pub const NOT_CANCELLABLE: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "not-cancellable", "Order cannot be cancelled");

/// The status of an order.
///
/// - `received`: placed, in preparation
/// - `confirmed`: ready for pickup by the carrier
/// - `shipped`: picked up by the carrier
/// - `delivered`: received by the customer
/// - `cancelling`: the cancellation is in progress
/// - `cancelled`: cancelled; no stock is reserved, and no money is kept
/// - `attention`: staff have to act before the order, a return or a refund can continue
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// The order is placed and in preparation.
    Received,
    /// The order is ready for pickup by the carrier.
    Confirmed,
    /// The carrier has picked the order up.
    Shipped,
    /// The customer has received the order.
    Delivered,
    /// The cancellation is in progress.
    Cancelling,
    /// The order is cancelled; no stock is reserved, and no money is kept.
    Cancelled,
    /// Staff have to act before the order, a return or a refund can continue.
    Attention,
}

impl OrderStatus {
    /// All statuses, in the order in which an order passes them.
    pub const ALL: &[Self] = &[
        Self::Received,
        Self::Confirmed,
        Self::Shipped,
        Self::Delivered,
        Self::Cancelling,
        Self::Cancelled,
        Self::Attention,
    ];

    /// The name of the status in JSON, in columns and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Confirmed => "confirmed",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelling => "cancelling",
            Self::Cancelled => "cancelled",
            Self::Attention => "attention",
        }
    }
}

impl std::str::FromStr for OrderStatus {
    type Err = UnknownValue;

    fn from_str(name: &str) -> Result<Self, UnknownValue> {
        let known = Self::ALL.iter().find(|status| status.as_str() == name);
        known.copied().ok_or_else(|| UnknownValue::new(name, "the status of an order"))
    }
}

/// An order as an entry of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderSummary {
    /// The unique id of the order.
    pub id: OrderId,
    /// The number of the order, for display.
    pub number: String,
    /// The status of the order.
    pub status: OrderStatus,
    /// The time when the order was placed (UTC, RFC 3339).
    pub placed_at: Timestamp,
    /// The total amount of the order.
    pub total: Money,
    /// The total number of units ordered.
    pub item_count: u32,
    /// The customer, in lists for staff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<OrderCustomer>,
}

/// The customer of an order as an entry of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderCustomer {
    /// The name in the delivery address.
    pub name: String,
    /// The email address that the order was placed with.
    pub email: String,
}

/// A shipment of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderShipment {
    /// The unique id of the shipment.
    pub id: ShipmentId,
    /// The shop's tracking number.
    pub number: String,
    /// The name of the carrier.
    pub carrier: String,
    /// The status of the shipment.
    pub status: crate::shipping::ShipmentStatus,
    /// The items; empty for a shipment of an earlier version, which has all items of its order.
    #[serde(default)]
    pub lines: Vec<crate::shipping::ShipmentLine>,
    /// The tracking at the carrier of a shipment that a person has sent; null for other shipments.
    #[serde(default)]
    pub tracking: Option<crate::shipping::CarrierTracking>,
    /// The number of changes since the shipment was created.
    #[serde(default)]
    pub version: u64,
}

/// The payment totals of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderPayment {
    /// The amount captured so far.
    pub captured: Money,
    /// The amount refunded so far.
    pub refunded: Money,
    /// The amount charged back by the customer's bank.
    pub charged_back: Money,
}

/// The shipping option of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderShipping {
    /// The name of the shipping option, for display.
    pub label: String,
    /// The name of the destination place.
    pub place: String,
    /// The delivery time that the customer was told at checkout, in days.
    pub estimated_days: crate::shipping::DeliveryDays,
    /// The amount paid for shipping.
    pub price: Money,
}

/// An order with all its details.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderView {
    /// The unique id of the order.
    pub id: OrderId,
    /// The number of the order, for display.
    pub number: String,
    /// The status of the order.
    pub status: OrderStatus,
    /// The time when the order was placed (UTC, RFC 3339).
    pub placed_at: Timestamp,
    /// The email address for order updates.
    pub email: String,
    /// The delivery address of the order.
    pub address: Address,
    /// The lines of the order with their prices.
    pub lines: Vec<CartLine>,
    /// The totals of the order.
    pub totals: Totals,
    /// The shipping option of the order.
    pub shipping: OrderShipping,
    /// The shipments of the order.
    pub shipments: Vec<OrderShipment>,
    /// The payment totals of the order.
    pub payment: OrderPayment,
    /// The number of the receipt; null until money is captured.
    pub receipt_number: Option<String>,
    /// True if the order has an invoice: once money is captured, in a shop that has entered its seller.
    #[serde(default)]
    pub has_invoice: bool,
    /// True if the customer can still cancel the order.
    pub can_cancel: bool,
    /// The returns of the order, the oldest first.
    pub returns: Vec<ReturnView>,
    /// True if at least one unit can still be returned.
    pub can_return: bool,
    /// The customer's right of withdrawal; null where the law gives none, and once it has ended.
    #[serde(default)]
    pub withdrawal: Option<WithdrawalRight>,
    /// The events of the order, the oldest first.
    pub timeline: Vec<TimelineEntry>,
    /// The reason why the order, a return or a refund needs attention. Only staff see it.
    // Customers and staff receive one type; a customer's response leaves these two members out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attention_reason: Option<String>,
    /// True if staff can request the capture of what is left. Always false for customers.
    #[serde(default)]
    pub can_capture: bool,
    /// The issues with the order's payment. Only staff see them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payment_issues: Vec<PaymentIssueView>,
}

/// A request to email the link of an order again, for customers without an account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "number": "10001", "email": "greta.holm@example.com" }))]
pub struct OrderLinkRequest {
    /// The number of the order.
    pub number: SingleLineText<40>,
    /// The email address that the order was placed with, regardless of case.
    // A malformed address is no `Email`, but gets the response of an unknown one.
    pub email: SingleLineText<254>,
}

/// A request to cancel an order.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "Ordered the wrong size" }))]
pub struct CancellationRequest {
    /// The reason for the cancellation, up to 200 characters. Default: null.
    #[serde(default)]
    pub reason: Option<SingleLineText<200>>,
}
