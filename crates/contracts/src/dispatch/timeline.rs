//! The timeline of an order. Entries store a kind with data; clients render them as text.

use super::OrderStatus;
use crate::{Money, Sku};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The kind of a timeline entry.
///
/// - `placed`: the order was placed
/// - `stock_committed`: the items were taken out of stock
/// - `awaiting_stock`: the order waits for backordered items
/// - `captured`: money was captured
/// - `shipment_created`: the shipping label was created
/// - `confirmed`: the order is ready for pickup by the carrier
/// - `shipped`: the carrier picked the shipment up
/// - `out_for_delivery`: the driver is on the way to the customer
/// - `delivered`: the customer received the shipment
/// - `cancellation_requested`: a cancellation was requested
/// - `cancellation_failed`: the cancellation came too late, the shipment had left already
/// - `cancelled`: the order was cancelled
/// - `refunded`: money was refunded
/// - `refund_failed`: a refund failed
/// - `needs_attention`: staff have to act on the order, a return or a refund
/// - `resumed`: staff resumed the order
/// - `return_requested`: the customer requested a return
/// - `withdrawn`: the customer withdrew from the contract
/// - `return_received`: the returned items were received
/// - `return_rejected`: the return was rejected
/// - `payment_issue`: the payment changed after it was settled; only staff see it
/// - `payment_issue_resolved`: staff resolved a payment issue; only staff see it
/// - `capture_requested`: staff requested the capture of everything that is left; only staff see it
/// - `note`: staff added a note; only staff see it
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimelineKind {
    /// The order was placed.
    Placed,
    /// The items were taken out of stock.
    StockCommitted,
    /// The order waits for backordered items.
    AwaitingStock,
    /// Money was captured from the customer.
    Captured,
    /// The shipping label was created.
    ShipmentCreated,
    /// The order is ready for pickup by the carrier.
    Confirmed,
    /// The carrier picked the shipment up.
    Shipped,
    /// The driver is on the way to the customer.
    OutForDelivery,
    /// The customer received the shipment.
    Delivered,
    /// A cancellation was requested.
    CancellationRequested,
    /// The cancellation came too late, the shipment had left already.
    CancellationFailed,
    /// The order was cancelled.
    Cancelled,
    /// Money was refunded to the customer.
    Refunded,
    /// A refund failed at the gateway.
    RefundFailed,
    /// Staff have to act on the order, a return or a refund.
    // The aliases of this type are the names in orders that earlier versions stored.
    #[serde(alias = "parked")]
    NeedsAttention,
    /// Staff resumed the order.
    Resumed,
    /// The customer requested a return.
    ReturnRequested,
    /// The customer withdrew from the contract.
    Withdrawn,
    /// The returned items were received.
    ReturnReceived,
    /// The return was rejected by staff.
    ReturnRejected,
    /// The payment changed after it was settled; only staff see it.
    #[serde(alias = "concern")]
    PaymentIssue,
    /// Staff resolved a payment issue; only staff see it.
    #[serde(alias = "concern_resolved")]
    PaymentIssueResolved,
    /// Staff requested the capture of everything that is left; only staff see it.
    CaptureRequested,
    /// Staff added a note; only staff see it.
    Note,
}

impl TimelineKind {
    /// Returns true if customers do not see entries of this kind.
    pub const fn is_for_staff(self) -> bool {
        matches!(self, Self::PaymentIssue | Self::PaymentIssueResolved | Self::CaptureRequested | Self::Note)
    }
}

/// The author and the reason of a manual step. Only staff see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StaffNote {
    /// The subject of the session that made the step; null for automatic steps.
    #[serde(default)]
    pub author: Option<String>,
    /// The reason for the step; null when none was given.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Details of a timeline entry. Which members are set depends on the kind; entries written by earlier versions may lack
/// all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimelineData {
    /// The amount charged or refunded, for `captured` and `refunded`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// The reason that staff gave to the customer, for `refunded` and `return_rejected`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The carrier's tracking number, for `shipment_created`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_number: Option<String>,
    /// The SKUs that the order waits for, for `awaiting_stock`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skus: Vec<Sku>,
    /// The part of the order that needs attention, for `needs_attention`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<TimelineSubject>,
}

/// The part of an order that a timeline entry is about: `order`, `refund` or `return`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimelineSubject {
    /// The fulfilment of the order as a whole.
    Order,
    /// One refund of the order.
    Refund,
    /// One return of the order.
    Return,
}

/// One entry of an order's timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimelineEntry {
    /// The position within the timeline, counted from 1.
    pub number: u32,
    /// The time of the event (UTC, RFC 3339).
    pub at: Timestamp,
    /// The kind of the event.
    pub kind: TimelineKind,
    /// The status of the order after the event.
    pub status: OrderStatus,
    /// The details of the event.
    #[serde(default)]
    pub data: TimelineData,
    /// An English sentence made of kind and data, for clients that do not render their own.
    #[serde(default)]
    pub text: String,
    /// The author and reason of a manual step; absent for automatic steps. Only staff see it.
    #[serde(default, alias = "remark", skip_serializing_if = "Option::is_none")]
    pub staff_note: Option<StaffNote>,
}
