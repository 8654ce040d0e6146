//! Payment's internal operations for the other services: order records and money commands.

use super::{PaymentStatus, Transfer};
use crate::cart::CartSnapshot;
use crate::{Address, Email, Language, Money, OrderId, PaymentId};
use chassis::client::{CallError, ServiceClient};
use chassis::secret::SecretKey;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The totals of all payment operations of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentTotals {
    /// The total amount authorised.
    pub authorised: Money,
    /// The total amount captured.
    pub captured: Money,
    /// The total amount refunded.
    pub refunded: Money,
    /// The total amount charged back by the customer's bank.
    pub charged_back: Money,
}

/// The time at which the money for an order is captured.
///
/// - `now`: as soon as the stock is committed
/// - `shipped`: after the shipment has left the warehouse
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaptureTiming {
    /// As soon as the stock is committed.
    #[default]
    Now,
    /// After the shipment has left the warehouse.
    Shipped,
}

/// A placed order as recorded by payment, with everything that dispatch needs to fulfil it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderRecord {
    /// The unique id of the order.
    pub order_id: OrderId,
    /// The number of the order, for display.
    pub order_number: String,
    /// The id of its payment.
    pub payment_id: PaymentId,
    /// The owner: the subject of the session that placed the order.
    pub owner: String,
    /// The reservation attempt that holds the order's stock.
    pub reservation_attempt: u32,
    /// The email address for order confirmation and delivery updates.
    pub email: Email,
    /// The delivery address of the order.
    pub address: Address,
    /// The cart with the prices of the order.
    pub cart: CartSnapshot,
    /// The status of the payment.
    pub status: PaymentStatus,
    /// The totals of all payment operations.
    // Dispatch stores this record with its orders, and earlier versions stored the alias.
    #[serde(alias = "sums")]
    pub totals: PaymentTotals,
    /// The time at which the money is captured. Default: `now`.
    #[serde(default)]
    pub capture: CaptureTiming,
    /// The number of the receipt; null until money is captured.
    pub receipt_number: Option<String>,
    /// The language of emails about the order.
    #[serde(default)]
    pub language: Language,
    /// The time when the order was placed (UTC, RFC 3339).
    pub placed_at: Timestamp,
}

/// An order that will be placed when the customer's bank transfer arrives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AwaitedTransfer {
    /// The number of the order, for display.
    pub order_number: String,
    /// The email address for payment instructions and updates.
    pub email: Email,
    /// The delivery address of the order.
    pub address: Address,
    /// The cart with the prices of the order.
    pub cart: CartSnapshot,
    /// The bank details for the transfer.
    pub transfer: Transfer,
    /// The language of emails about the order.
    #[serde(default)]
    pub language: Language,
}

/// A command that moves the money of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MoneyCommand {
    /// Capture authorised money that was not captured yet.
    Capture {
        /// The amount to capture; null, the default, for the full remaining amount.
        #[serde(default)]
        amount: Option<Money>,
    },
    /// Refund a part of the captured money.
    Refund {
        /// The amount to refund, greater than zero.
        amount: Money,
    },
    /// Undo the whole payment: void the authorisation, or refund everything that was captured.
    Undo,
}

/// A request to carry out a money command, once per workflow step.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CommandRequest {
    /// The idempotency key: the caller's workflow step. A repeated request has no further effect.
    pub step_key: String,
    /// The command to carry out.
    pub command: MoneyCommand,
    /// The name of the staff member who carried out the command manually, and the reason. It is then recorded without
    /// a request to any gateway. Absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(alias = "by_hand")]
    pub manual_note: Option<String>,
}

/// The state of a money command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CommandState {
    /// The command was carried out.
    Done,
    /// The command was sent or is about to be sent. An event `payment.command_settled` reports the outcome.
    Pending,
    /// The command was refused and had no effect.
    Refused {
        /// The reason for the refusal.
        reason: String,
    },
    /// The outcome is unknown, or staff have to carry out the command. The event `payment.command_settled` follows when
    /// staff have resolved it. Until then, repeat the request with the same step key, so that it is not done twice.
    NeedsAttention {
        /// The question to clarify, or the task for staff.
        reason: String,
    },
}

/// The state of a money command after a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CommandResponse {
    /// The state of the command.
    #[serde(flatten)]
    pub state: CommandState,
    /// The totals of all payment operations of the order.
    pub totals: PaymentTotals,
    /// The amount that this step has moved so far. A manual refund may move less than requested, since no more than
    /// the remaining captured amount can be refunded.
    pub moved: Money,
    /// The number of the receipt; null until money is captured.
    #[serde(default)]
    pub receipt_number: Option<String>,
}

/// Signs and verifies the tokens that give access to an order without a session, as used in emails and checkout
/// responses.
#[derive(Debug, Clone)]
pub struct OrderLinks(SecretKey);

impl OrderLinks {
    /// Creates links that are signed with `key`.
    pub const fn new(key: SecretKey) -> Self {
        Self(key)
    }

    /// Returns the access token of an order.
    pub fn token(&self, order: OrderId) -> String {
        self.0.sign(&["order", &order.to_string()])
    }

    /// Returns true if `token` gives access to the order.
    pub fn opens(&self, order: OrderId, token: &str) -> bool {
        self.0.verify(&["order", &order.to_string()], token)
    }
}

/// A client for the payment service.
#[derive(Clone)]
pub struct PaymentClient(pub ServiceClient);

impl PaymentClient {
    /// Returns the record of a placed order.
    ///
    /// # Errors
    /// 404 when the order does not exist or is not placed, or [`CallError`].
    pub async fn order(&self, id: OrderId) -> Result<OrderRecord, CallError> {
        self.0.get(&format!("/internal/orders/{id}")).await
    }

    /// Returns the bank transfer that an order is waiting for.
    ///
    /// # Errors
    /// 404 when the order is not waiting for a transfer, or [`CallError`].
    pub async fn awaited_transfer(&self, id: OrderId) -> Result<AwaitedTransfer, CallError> {
        self.0.get(&format!("/internal/orders/{id}/transfer")).await
    }

    /// Carries out a money command for an order, once per step key.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn command(&self, order: OrderId, request: &CommandRequest) -> Result<CommandResponse, CallError> {
        self.0.post(&format!("/internal/orders/{order}/commands"), request).await
    }
}
