//! What dispatch says: orders, their progress, and what staff need to help along.

mod returns;
mod staff;

pub use returns::*;
pub use staff::*;

use crate::cart::{CartLine, Totals};
use crate::{Address, Money, OrderId, ShipmentId, SingleLineText, Sku};
use chassis::{ProblemKind, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The order has left or is cancelled already.
pub const NOT_CANCELLABLE: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "not-cancellable", "Cannot be cancelled any more");
/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Paid, and being prepared.
    Received,
    /// Stock taken, money taken, parcel announced.
    Confirmed,
    /// Under way.
    Shipped,
    /// There.
    Delivered,
    /// Being undone.
    Cancelling,
    /// Undone: no stock held, no money kept.
    Cancelled,
    /// Waits for a person of the shop.
    Attention,
}

/// An order in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderSummary {
    /// Its id.
    pub id: OrderId,
    /// Its number.
    pub number: String,
    /// Where it stands.
    pub status: OrderStatus,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// What it cost.
    pub total: Money,
    /// How many pieces.
    pub item_count: u32,
}

/// What happened to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimelineKind {
    /// Paid and received.
    Placed,
    /// The goods were set aside.
    StockCommitted,
    /// Sold ahead; waits for goods to arrive.
    AwaitingStock,
    /// Money was taken.
    Captured,
    /// The carrier knows of the parcel.
    ShipmentCreated,
    /// All is ready.
    Confirmed,
    /// The parcel left.
    Shipped,
    /// The parcel is with the driver.
    OutForDelivery,
    /// The parcel is there.
    Delivered,
    /// Somebody wants it cancelled.
    CancellationRequested,
    /// The order could not be cancelled: its shipment had left already.
    CancellationFailed,
    /// It is cancelled.
    Cancelled,
    /// Money was given back.
    Refunded,
    /// A refund could not be made.
    RefundFailed,
    /// The order, a return or a refund needs attention from staff.
    #[serde(alias = "parked")]
    NeedsAttention,
    /// A person let it go on.
    Resumed,
    /// The customer wants to return something.
    ReturnRequested,
    /// What was returned has come in.
    ReturnReceived,
    /// The shop does not take something back.
    ReturnRejected,
    /// What stood of its money no longer does; for staff only.
    #[serde(alias = "concern")]
    PaymentIssue,
    /// A person has looked after that; for staff only.
    #[serde(alias = "concern_resolved")]
    PaymentIssueResolved,
}

impl TimelineKind {
    /// Whether customers do not see entries of this kind.
    pub const fn is_for_staff(self) -> bool {
        matches!(self, Self::PaymentIssue | Self::PaymentIssueResolved)
    }
}

/// What staff see of an entry besides what everybody does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StaffNote {
    /// Who did it, when it was a person: a session's subject.
    #[serde(default)]
    pub author: Option<String>,
    /// Why.
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

/// The part of an order that a timeline entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimelineSubject {
    /// The order's fulfilment as a whole.
    Order,
    /// One of its refunds.
    Refund,
    /// One of its returns.
    Return,
}

/// One entry of an order's timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimelineEntry {
    /// The position within the timeline, counted from 1.
    pub number: u32,
    /// The time of the event.
    pub at: Timestamp,
    /// The kind of event.
    pub kind: TimelineKind,
    /// The order's status after the event.
    pub status: OrderStatus,
    /// The details of the event.
    #[serde(default)]
    pub data: TimelineData,
    /// An English sentence made of kind and data, for programs that do not render their own.
    #[serde(default)]
    pub text: String,
    /// The author of a manual step and the reason; only staff see it.
    #[serde(default, alias = "remark", skip_serializing_if = "Option::is_none")]
    pub staff_note: Option<StaffNote>,
}

/// A parcel of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderShipment {
    /// Its id.
    pub id: ShipmentId,
    /// Its tracking number.
    pub number: String,
    /// Who carries it.
    pub carrier: String,
    /// Where it stands.
    pub status: crate::shipping::ShipmentStatus,
}

/// The money of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderPayment {
    /// Taken.
    pub captured: Money,
    /// Given back.
    pub refunded: Money,
    /// Taken back by the customer through their bank.
    pub charged_back: Money,
}

/// How an order travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderShipping {
    /// The way of shipping.
    pub label: String,
    /// The town.
    pub place: String,
    /// What it cost.
    pub price: Money,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderView {
    /// Its id.
    pub id: OrderId,
    /// Its number.
    pub number: String,
    /// Where it stands.
    pub status: OrderStatus,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// Where news goes.
    pub email: String,
    /// Where the goods go.
    pub address: Address,
    /// What was bought.
    pub lines: Vec<CartLine>,
    /// What it cost.
    pub totals: Totals,
    /// How it travels.
    pub shipping: OrderShipping,
    /// Its parcels.
    pub shipments: Vec<OrderShipment>,
    /// Its money.
    pub payment: OrderPayment,
    /// The receipt's number, once money was taken.
    pub receipt_number: Option<String>,
    /// Whether its customer can still cancel it.
    pub can_cancel: bool,
    /// What the customer returns, or has returned.
    pub returns: Vec<ReturnView>,
    /// Whether something of it can still be returned.
    pub can_return: bool,
    /// What happened, the latest last.
    pub timeline: Vec<TimelineEntry>,
    /// Why it, a return or a refund of it waits for a person; staff only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attention_reason: Option<String>,
    /// What of its money no longer stands as it did; staff only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payment_issues: Vec<PaymentIssueView>,
}

/// Asks for an order to be cancelled.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancellationRequest {
    /// Why, if one likes to say.
    #[serde(default)]
    pub reason: Option<SingleLineText<200>>,
}

/// A mail to a customer, as the demo's mailbox shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MailView {
    /// Message-ID.
    pub id: String,
    /// To whom.
    pub to: String,
    /// About what.
    pub subject: String,
    /// The text.
    pub body: String,
    /// When it was written.
    pub at: Timestamp,
}
