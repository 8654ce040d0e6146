//! What payment says to the other services: orders as it recorded them, and commands about their money.

use super::{PaymentStatus, Transfer};
use crate::cart::CartSnapshot;
use crate::{Address, Email, Money, OrderId, PaymentId};
use chassis::client::{CallError, ServiceClient};
use chassis::secret::SecretKey;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What was captured and refunded for an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentTotals {
    /// Held on the customer's card.
    pub authorised: Money,
    /// Taken.
    pub captured: Money,
    /// Given back.
    pub refunded: Money,
    /// Taken back by customers through their banks.
    pub charged_back: Money,
}

/// When the money for an order is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaptureTiming {
    /// As soon as the goods are set aside.
    #[default]
    Now,
    /// When the parcel has left.
    Shipped,
}

/// An order as payment recorded it: everything dispatch needs to carry it out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderRecord {
    /// The order.
    pub order_id: OrderId,
    /// Its number.
    pub order_number: String,
    /// Its payment.
    pub payment_id: PaymentId,
    /// Whose it is, as in a session's subject.
    pub owner: String,
    /// Which reservation holds its stock.
    pub reservation_attempt: u32,
    /// Where news goes.
    pub email: Email,
    /// Where the goods go.
    pub address: Address,
    /// What was bought.
    pub cart: CartSnapshot,
    /// The state of the payment.
    pub status: PaymentStatus,
    /// The sums.
    #[serde(alias = "sums")]
    pub totals: PaymentTotals,
    /// When the money is taken.
    #[serde(default)]
    pub capture: CaptureTiming,
    /// The receipt's number, once money was taken.
    pub receipt_number: Option<String>,
    /// When it was placed.
    pub placed_at: Timestamp,
}

/// An order that is placed when its customer has transferred the money, which is still awaited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AwaitedTransfer {
    /// The order's number.
    pub order_number: String,
    /// Where news goes.
    pub email: Email,
    /// Where the goods go.
    pub address: Address,
    /// What is bought.
    pub cart: CartSnapshot,
    /// How it is to be transferred.
    pub transfer: Transfer,
}

/// A command about an order's money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MoneyCommand {
    /// Take what is authorised and was not taken yet.
    Capture {
        /// How much of it; all of it when not said.
        #[serde(default)]
        amount: Option<Money>,
    },
    /// Give back this much of what was taken.
    Refund {
        /// How much.
        amount: Money,
    },
    /// Undo the payment whatever its state: cancel the authorisation, or give back all that was taken.
    Undo,
}

/// Asks for a command, keyed by the caller's step: asked again, it is not done again.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CommandRequest {
    /// The caller's step.
    pub step_key: String,
    /// What to do.
    pub command: MoneyCommand,
    /// A person has done it another way, and says who they are and why: it is recorded, and asked of no gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(alias = "by_hand")]
    pub manual_note: Option<String>,
}

/// How a command stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CommandState {
    /// Done.
    Done,
    /// Sent, or about to be; the outcome comes as an event `payment.command_settled`.
    Pending,
    /// It cannot be done, for the reason given.
    Refused {
        /// Why.
        reason: String,
    },
    /// It may have been done, or a person has to do it: whoever says how it ended has the event sent. Until then it is
    /// asked for under the same key, so that it is not done twice.
    NeedsAttention {
        /// What is to be found out, or to be done.
        reason: String,
    },
}

/// How a command stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CommandResponse {
    /// The state.
    #[serde(flatten)]
    pub state: CommandState,
    /// The sums after it.
    pub totals: PaymentTotals,
    /// How much this step has moved so far. By hand it may be less than was asked for: no more can be given back than is
    /// left.
    pub moved: Money,
    /// The receipt's number, once money was taken.
    #[serde(default)]
    pub receipt_number: Option<String>,
}

/// Signs and checks the tokens that open an order without a session, as mails and checkout answers carry them.
#[derive(Debug, Clone)]
pub struct OrderLinks(SecretKey);

impl OrderLinks {
    /// Links signed with `key`.
    pub const fn new(key: SecretKey) -> Self {
        Self(key)
    }

    /// The token of an order.
    pub fn token(&self, order: OrderId) -> String {
        self.0.sign(&["order", &order.to_string()])
    }

    /// Whether `token` opens the order.
    pub fn opens(&self, order: OrderId, token: &str) -> bool {
        self.0.verify(&["order", &order.to_string()], token)
    }
}

/// Calls payment.
#[derive(Clone)]
pub struct PaymentClient(pub ServiceClient);

impl PaymentClient {
    /// The order as payment recorded it.
    ///
    /// # Errors
    /// 404, or [`CallError`].
    pub async fn order(&self, id: OrderId) -> Result<OrderRecord, CallError> {
        self.0.get(&format!("/internal/orders/{id}")).await
    }

    /// The transfer awaited for an order.
    ///
    /// # Errors
    /// 404 when none is, or no longer; or [`CallError`].
    pub async fn awaited_transfer(&self, id: OrderId) -> Result<AwaitedTransfer, CallError> {
        self.0.get(&format!("/internal/orders/{id}/transfer")).await
    }

    /// Commands about an order's money.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn command(&self, order: OrderId, request: &CommandRequest) -> Result<CommandResponse, CallError> {
        self.0.post(&format!("/internal/orders/{order}/commands"), request).await
    }
}
