//! What the people of the shop see of money: attempts, what gateways owe, what they paid out.

use super::{PaymentView, Refusal};
use crate::{SingleLineText, Money};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a gateway was asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    /// Hold the money.
    Authorise,
    /// Take what is held.
    Capture,
    /// Give back what was taken.
    Refund,
    /// Let go of what is held.
    Void,
}

/// Where a command to a gateway stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OperationState {
    /// Sent, or about to be: the outcome is unknown.
    Unknown,
    /// The customer has to do something: confirm it with their bank (3-D Secure), or pay on another page.
    Challenged,
    /// Done.
    Succeeded,
    /// The gateway said no.
    Refused,
    /// It was done, and came to nothing afterwards: a refund that bounced, an authorisation that ran out.
    Failed,
    /// An authorisation the gateway does not know of, asked several times after its index delay, or whose challenge was
    /// not met in time. Should it turn up all the same, it is undone.
    Abandoned,
    /// Its outcome cannot be found out by asking, and repeating it could move money twice: a person has to look.
    #[serde(alias = "parked")]
    NeedsAttention,
}

impl OperationState {
    /// Whether nothing more is expected.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Unknown | Self::Challenged)
    }
}

/// A command to a gateway, for the people of the shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentOperationView {
    /// Its place among the payment's attempts, from 1.
    pub number: u32,
    /// What was asked for.
    pub kind: OperationKind,
    /// Where it stands.
    pub state: OperationState,
    /// How much.
    pub amount: Money,
    /// The gateway.
    pub gateway: String,
    /// Our reference, by which the gateway knows it.
    pub reference: String,
    /// The gateway's own id for it.
    pub gateway_id: Option<String>,
    /// Why it was refused, or came to nothing.
    pub refusal: Option<Refusal>,
    /// When it was begun.
    pub started_at: Timestamp,
}

/// A payment with everything about it, for the people of the shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentDetails {
    /// What its customer sees.
    pub payment: PaymentView,
    /// All commands to gateways.
    pub operations: Vec<PaymentOperationView>,
    /// What contradicts what was final, for a person to look at.
    pub discrepancies: Vec<String>,
}

/// How a person found a command to have ended whose outcome could not be found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OperationOutcome {
    /// The gateway, or the person, has done it.
    Done,
    /// It was not done, and will not be.
    NotDone,
}

/// What a person found out about a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OperationResolution {
    /// How it ended.
    pub outcome: OperationOutcome,
    /// How that is known.
    pub reason: SingleLineText<200>,
}

/// Money that has arrived for an order by bank transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferReceived {
    /// How much.
    pub amount: Money,
    /// The bank's name for the transfer, or a word about it.
    pub note: SingleLineText<200>,
}

/// What a gateway told by itself, and could not be taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookEventView {
    /// Whose it is.
    pub gateway: String,
    /// The gateway's name for it.
    pub id: String,
    /// What it tells of.
    pub kind: String,
    /// The reference of the payment it is about.
    pub transaction: String,
    /// How much it tells of.
    pub amount: Option<Money>,
    /// How often it was tried.
    pub tries: u32,
    /// Why it could not be taken in.
    pub reason: Option<String>,
    /// When it came.
    pub received_at: Timestamp,
}

/// What a gateway holds for the shop, in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GatewayBalance {
    /// The gateway.
    pub gateway: String,
    /// What it took.
    pub captured: Money,
    /// What it gave back.
    pub refunded: Money,
    /// What banks took back.
    pub charged_back: Money,
    /// What it paid out, as recorded.
    pub paid_out: Money,
    /// What it owes: taken, less all the others.
    pub owed: Money,
}

/// What moved at a gateway on one day (UTC), in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PayoutDay {
    /// The day.
    pub day: Date,
    /// The gateway.
    pub gateway: String,
    /// What it took.
    pub captured: Money,
    /// What it gave back.
    pub refunded: Money,
    /// What banks took back.
    pub charged_back: Money,
    /// What it paid out, as recorded.
    pub paid_out: Money,
    /// What it is to pay out for this day.
    pub net: Money,
}

/// A payout of a gateway that has arrived at the merchant's bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayoutReceived {
    /// The gateway.
    pub gateway: SingleLineText<40>,
    /// How much.
    pub amount: Money,
    /// The gateway's name for the payout: recorded once per gateway.
    pub reference: SingleLineText<100>,
}
