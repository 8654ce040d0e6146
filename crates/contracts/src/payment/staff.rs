//! Payments for staff: operations at gateways, webhook events, balances and payouts.

use super::{PaymentView, Refusal};
use crate::{Money, SingleLineText};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The kind of an operation at a payment gateway.
///
/// - `authorise`: reserve the money on the customer's account
/// - `capture`: collect authorised money
/// - `refund`: pay captured money back
/// - `void`: cancel an authorisation before it is captured
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    /// Reserve the money on the customer's account.
    Authorise,
    /// Collect money that was authorised.
    Capture,
    /// Pay captured money back.
    Refund,
    /// Cancel an authorisation before it is captured.
    Void,
}

/// The state of an operation at a payment gateway.
///
/// - `unknown`: sent or about to be sent, the outcome is not known yet
/// - `challenged`: waiting for the customer, such as for a 3-D Secure challenge
/// - `succeeded`: completed at the gateway
/// - `refused`: refused by the gateway
/// - `failed`: completed, but reversed later, such as a failed refund or an expired authorisation
/// - `abandoned`: an authorisation that the gateway does not know, or whose challenge timed out; it is voided if it
///   succeeds later
/// - `needs_attention`: the outcome cannot be determined automatically, and a retry could move money twice
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OperationState {
    /// Sent or about to be sent, the outcome is not known yet.
    Unknown,
    /// Waiting for the customer, such as for a 3-D Secure challenge.
    Challenged,
    /// Completed successfully at the gateway.
    Succeeded,
    /// Refused by the gateway.
    Refused,
    /// Completed, but reversed later, such as a failed refund or an expired authorisation.
    Failed,
    /// An authorisation that the gateway does not know after several queries past its index delay, or whose challenge
    /// timed out. It is voided if it succeeds later.
    Abandoned,
    /// The outcome cannot be determined automatically, and a retry could move money twice.
    // Payments that earlier versions stored contain the alias.
    #[serde(alias = "parked")]
    NeedsAttention,
}

impl OperationState {
    /// Returns true if no further change is expected without staff.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Unknown | Self::Challenged)
    }
}

/// An operation at a payment gateway, for staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentOperationView {
    /// The position among the payment's operations, counted from 1.
    pub number: u32,
    /// The kind of the operation.
    pub kind: OperationKind,
    /// The state of the operation.
    pub state: OperationState,
    /// The amount of the operation.
    pub amount: Money,
    /// The name of the gateway; `manual` for money that staff moved outside all gateways.
    pub gateway: String,
    /// The shop's reference for the operation at the gateway.
    pub reference: String,
    /// The gateway's own id of the operation; null until the gateway reports one.
    pub gateway_id: Option<String>,
    /// The reason why it was refused or failed, or the task for staff; null otherwise.
    pub refusal: Option<Refusal>,
    /// The time when the operation was started (UTC, RFC 3339).
    pub started_at: Timestamp,
}

/// A payment with all its operations, for staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentDetails {
    /// The payment as shown to the customer.
    pub payment: PaymentView,
    /// All operations at gateways, the oldest first.
    pub operations: Vec<PaymentOperationView>,
    /// Descriptions of gateway reports that contradict the ledger, for staff to investigate.
    pub discrepancies: Vec<String>,
}

/// The outcome of an operation as determined by staff: `done` or `not_done`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OperationOutcome {
    /// The operation was carried out, by the gateway or manually.
    Done,
    /// The operation was not carried out and will not be.
    NotDone,
}

/// The resolution of an operation that needs attention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "outcome": "done", "reason": "The refund is listed in the gateway's dashboard" }))]
pub struct OperationResolution {
    /// The outcome of the operation.
    pub outcome: OperationOutcome,
    /// The evidence for the outcome, 1 to 200 characters.
    pub reason: SingleLineText<200>,
}

/// A bank transfer that has arrived for an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "amount": { "amount": 4270, "currency": "EUR" },
    "note": "Statement 2027-14, entry 3"
}))]
pub struct TransferReceived {
    /// The amount that arrived.
    pub amount: Money,
    /// The bank's reference for the transfer or another note, 1 to 200 characters.
    pub note: SingleLineText<200>,
}

/// A webhook event of a gateway that could not be processed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookEventView {
    /// The name of the gateway that sent it.
    pub gateway: String,
    /// The gateway's id of the event.
    pub id: String,
    /// The gateway's type of the event.
    pub kind: String,
    /// The shop's reference of the operation that it concerns.
    pub transaction: String,
    /// The amount in the event; null when it has none.
    pub amount: Option<Money>,
    /// The number of attempts to process it.
    pub tries: u32,
    /// The reason why it could not be processed; null when not known.
    pub reason: Option<String>,
    /// The time when it was received (UTC, RFC 3339).
    pub received_at: Timestamp,
}

/// Webhook events that could not be processed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookEvents {
    /// The newest events, the newest first.
    pub items: Vec<WebhookEventView>,
}

/// The balance at a gateway in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GatewayBalance {
    /// The name of the gateway.
    pub gateway: String,
    /// The total amount captured.
    pub captured: Money,
    /// The total amount refunded.
    pub refunded: Money,
    /// The total amount charged back by customers' banks.
    pub charged_back: Money,
    /// The total amount of recorded payouts.
    pub paid_out: Money,
    /// The amount that the gateway owes the shop: captured less refunds, chargebacks and payouts.
    pub owed: Money,
}

/// The balances at all gateways.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GatewayBalances {
    /// One balance for each gateway and currency.
    pub items: Vec<GatewayBalance>,
}

/// The payout report of a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PayoutDays {
    /// One entry for each gateway, currency and day with transactions.
    pub items: Vec<PayoutDay>,
}

/// The transactions of one gateway on one day, in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PayoutDay {
    /// The day in UTC (RFC 3339 full-date).
    pub day: Date,
    /// The name of the gateway.
    pub gateway: String,
    /// The amount captured on this day.
    pub captured: Money,
    /// The amount refunded on this day.
    pub refunded: Money,
    /// The amount charged back on this day.
    pub charged_back: Money,
    /// The payouts recorded on this day.
    pub paid_out: Money,
    /// The amount to be paid out for this day: captured less refunds and chargebacks.
    pub net: Money,
}

/// A payout of a gateway that has arrived in the shop's bank account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "gateway": "worldpay",
    "amount": { "amount": 128_450, "currency": "EUR" },
    "reference": "PO-2027-01-15"
}))]
pub struct PayoutReceived {
    /// The name of the gateway, up to 40 characters.
    pub gateway: SingleLineText<40>,
    /// The amount of the payout, not zero. A negative amount corrects a payout recorded by mistake.
    pub amount: Money,
    /// The gateway's reference of the payout, 1 to 100 characters; each is recorded once per gateway.
    pub reference: SingleLineText<100>,
}
