//! Refunds, workflows and dead letters, for staff.

use super::{OrderShipment, OrderStatus, ReturnLine};
use crate::events::PaymentIssueKind;
use crate::{Address, EventId, Money, MultilineText, OrderId, Quantity, SingleLineText, Sku};
use chassis::config::UnknownValue;
use chassis::{ProblemKind, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The refund exceeds the captured amount that was not refunded yet.
pub const REFUND_TOO_HIGH: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "refund-too-high", "Refund too high");
/// Neither the order nor a return or refund of it needs attention.
pub const ATTENTION_NOT_NEEDED: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "attention-not-needed", "Order does not need attention");

/// Everything was captured, or the order is being cancelled.
pub const NOT_CAPTURABLE: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "not-capturable", "Nothing to capture");

/// A request to refund money to the customer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "lines": [{ "sku": "MUG-BLUE-330", "quantity": 1 }],
    "reason": "Arrived broken"
}))]
pub struct RefundRequest {
    /// The amount to refund, greater than zero, in the order's currency. Default: null, the price of `lines`.
    #[serde(default)]
    pub amount: Option<Money>,
    /// The units whose price is refunded, with their share of discount and tax. They stay with the customer, and cannot be
    /// returned any more. Default: null, the refund is an amount.
    #[serde(default)]
    pub lines: Option<Vec<ReturnLine>>,
    /// The reason for the refund, which the customer is told, 1 to 200 characters.
    pub reason: SingleLineText<200>,
}

/// The open orders with one status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenOrderCount {
    /// The status, which is not a final one.
    pub status: OrderStatus,
    /// The number of orders with it.
    pub count: u64,
    /// The one of them that was placed first.
    pub oldest: OrderId,
}

/// The open orders by status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenOrderCounts {
    /// One entry for each status that open orders have, in the order of their life.
    pub items: Vec<OpenOrderCount>,
}

/// The fulfilment workflow of an order, for staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkflowSummary {
    /// The id of the order.
    pub order_id: OrderId,
    /// The number of the order, for display.
    pub order_number: String,
    /// The status of the order.
    pub status: OrderStatus,
    /// The current step of the workflow, such as `capture`.
    pub step: String,
    /// The number of attempts at the current step.
    pub tries: u32,
    /// The reason why it needs attention, or the latest error; null when there is none.
    pub reason: Option<String>,
    /// The time of the next attempt (UTC, RFC 3339); null when none is scheduled.
    pub due_at: Option<Timestamp>,
}

/// The decision about an order that needs attention.
///
/// - `done`: the pending step was carried out manually; the order continues with the next step
/// - `cancel`: the order is cancelled and completed steps are undone
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResolutionOutcome {
    /// The pending step was carried out manually; the order continues with the next step.
    Done,
    /// The order is cancelled and completed steps are undone.
    Cancel,
}

/// The resolution of an order that needs attention. Its payment issues are resolved as well.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "outcome": "done", "reason": "Refunded by bank transfer on 15 January" }))]
pub struct AttentionResolution {
    /// The decision about the order.
    pub outcome: ResolutionOutcome,
    /// The reason for the decision, shown to staff in the timeline, 1 to 200 characters.
    pub reason: SingleLineText<200>,
}

/// An issue with the payment of an order, which arose after the payment was settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentIssueView {
    /// The kind of the issue: `refund_failed`, `capture_failed`, `authorisation_expired`, `charged_back` or
    /// `discrepancy`.
    // Events are not part of the OpenAPI document, so their types have no schema.
    #[schema(value_type = String, example = "charged_back")]
    pub kind: PaymentIssueKind,
    /// A description of the issue in English.
    pub reason: String,
    /// The time when the issue was recorded (UTC, RFC 3339).
    pub raised_at: Timestamp,
    /// The time when staff resolved it (UTC, RFC 3339); null while it is open.
    pub resolved_at: Option<Timestamp>,
}

/// The order has as many notes as an order can have.
pub const TOO_MANY_NOTES: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "too-many-notes", "Too many notes");

/// A note of staff about an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "text": "The customer called: deliver after the 20th." }))]
pub struct NoteRequest {
    /// The text, 1 to 2,000 characters.
    pub text: MultilineText<2000>,
}

/// The items and the address of an order for those who pack it. It has no prices and no email address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PackingList {
    /// The unique id of the order.
    pub order_id: OrderId,
    /// The number of the order, for display.
    pub order_number: String,
    /// The status of the order. Only what is `confirmed` or `shipped` is to be packed.
    pub status: OrderStatus,
    /// The time when the order was placed (UTC, RFC 3339).
    pub placed_at: Timestamp,
    /// The address that the parcels go to.
    pub address: Address,
    /// The name of the shipping option, for display.
    pub shipping_option: String,
    /// The total weight in grams.
    pub weight_grams: u64,
    /// The items of the order.
    pub lines: Vec<PackingLine>,
    /// The units that the customer has withdrawn from and that have not come back. They are still among the items of the
    /// shipments: take those that have not left out of the parcel.
    pub withdrawn: Vec<ReturnLine>,
    /// The shipments with the items of each.
    pub shipments: Vec<OrderShipment>,
}

/// The packing lists of several orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PackingLists {
    /// The packing lists, in the order in which the orders were placed.
    pub items: Vec<PackingList>,
}

/// An item of a packing list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PackingLine {
    /// The SKU of the variant.
    pub sku: Sku,
    /// The title of its product.
    pub title: String,
    /// The value for each option of the product.
    pub option_values: Vec<String>,
    /// The number of units.
    pub quantity: Quantity,
    /// The weight of one unit in grams.
    pub weight_grams: u32,
}

/// The way on which a message is sent.
///
/// - `email`: an email to a customer or to the merchant
/// - `webhook`: a webhook to the merchant's program
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageChannel {
    /// An email to a customer or to the merchant.
    Email,
    /// A webhook to the merchant's program.
    Webhook,
}

impl MessageChannel {
    /// Returns the name in stores and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Webhook => "webhook",
        }
    }
}

impl std::str::FromStr for MessageChannel {
    type Err = UnknownValue;

    fn from_str(name: &str) -> Result<Self, UnknownValue> {
        match name {
            "email" => Ok(Self::Email),
            "webhook" => Ok(Self::Webhook),
            other => Err(UnknownValue::new(other, "email or webhook")),
        }
    }
}

/// An email or webhook that could not be sent, and was given up after the last attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FailedEmail {
    /// The id: of an email its Message-ID.
    pub id: String,
    /// The way on which it is sent.
    pub channel: MessageChannel,
    /// The address of the recipient, or the host of a webhook with its scheme.
    pub to: String,
    /// The subject of the email, or the type of the webhook.
    pub subject: String,
    /// The time when it was written (UTC, RFC 3339).
    pub written_at: Timestamp,
    /// The number of attempts to send it.
    pub tries: i64,
    /// The error of the last attempt.
    pub reason: String,
}

/// Emails and webhooks that could not be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FailedEmails {
    /// The newest messages, the newest first, at most 200.
    pub items: Vec<FailedEmail>,
}

/// The dead letters of a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetterList {
    /// The newest dead letters, the newest first.
    pub items: Vec<DeadLetter>,
}

/// A dead letter: an event that a consumer could not process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetter {
    /// The unique id of the event.
    pub event_id: EventId,
    /// The type of the event, such as `order.placed`.
    pub event_type: String,
    /// The number of attempts to process it.
    pub tries: u32,
    /// The error of the last attempt.
    pub reason: String,
    /// The time when the event was received (UTC, RFC 3339).
    pub received_at: Timestamp,
    /// The data of the event as JSON.
    // The data is not typed, because an event whose data does not match its type becomes a dead letter as well.
    pub data: serde_json::Value,
}

/// A request to discard a dead letter or webhook event for good.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "Test event of the staging system" }))]
pub struct DiscardRequest {
    /// The reason for discarding it, for the log, 1 to 200 characters.
    pub reason: SingleLineText<200>,
}
