//! What payment says: checkout to the world, orders and money commands to dispatch.

use crate::cart::CartSnapshot;
use crate::{Address, Email, Line, Money, OrderId, PaymentId};
use chassis::client::{CallError, ServiceClient};
use chassis::secret::SecretKey;
use chassis::{ProblemKind, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The cart costs something else than the customer was shown; `expected` and `actual` tell both.
pub const TOTAL_CHANGED: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "total-changed", "The total has changed");
/// The idempotency key was used before, with another body.
pub const KEY_REUSED: ProblemKind =
    ProblemKind::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused", "Idempotency key reused");
/// A request with this idempotency key is being worked on.
pub const IN_FLIGHT: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "request-in-flight", "Still being worked on");
/// The checkout was given up before it was paid; nothing was charged. Start again with a new idempotency key.
pub const CHECKOUT_CLOSED: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "checkout-closed", "Checkout given up");
/// The cart is being paid for already.
pub const CART_IN_CHECKOUT: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "cart-in-checkout", "This cart is being paid for");
/// The payment method is not offered.
pub const UNKNOWN_METHOD: ProblemKind =
    ProblemKind::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown-payment-method", "No such payment method");
/// The payment is in a state in which this cannot be done.
pub const NOT_POSSIBLE_NOW: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "not-possible-now", "Not possible now");

/// A way to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentMethod {
    /// Its name in requests.
    pub method: String,
    /// Its name for people.
    pub label: String,
    /// The gateway behind it.
    pub gateway: String,
    /// Where the browser sends card data to, for a session; card data never comes to ShopStack.
    pub session_url: Option<String>,
}

/// The ways to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentMethods {
    /// The preferred first.
    pub items: Vec<PaymentMethod>,
}

/// How the customer pays: a method, and the gateway's session that stands for the card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentChoice {
    /// The method.
    pub method: Line<40>,
    /// The gateway's session.
    #[serde(default)]
    pub session: Option<Line<400>>,
}

/// Turns the session's cart into an order and pays it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckoutRequest {
    /// Where news of the order goes.
    pub email: Email,
    /// Where the goods go.
    pub address: Address,
    /// How it is paid. Not needed when the total is zero.
    #[serde(default)]
    pub payment: Option<PaymentChoice>,
    /// What the customer was shown.
    pub expected_total: Money,
}

/// Pays an order whose earlier attempt was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttemptRequest {
    /// How it is paid.
    pub payment: PaymentChoice,
}

/// Where a payment stands, for the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// The outcome is not known yet; ask again.
    Processing,
    /// The customer has to do something, see `action`.
    ActionRequired,
    /// The gateway refused; another card may work.
    Refused,
    /// Paid; the order stands.
    Authorised,
    /// Given up; nothing is charged.
    Closed,
    /// Paid and cancelled again.
    Voided,
}

/// What the customer has to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum PaymentAction {
    /// Go there, and come back.
    Redirect {
        /// Where.
        url: String,
    },
}

/// Why the gateway refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Refusal {
    /// The gateway's code.
    pub code: String,
    /// For people.
    pub reason: String,
}

/// A payment, for its customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentView {
    /// Its id.
    pub id: PaymentId,
    /// The order it pays.
    pub order_id: OrderId,
    /// The order's number.
    pub order_number: String,
    /// Where it stands.
    pub status: PaymentStatus,
    /// What the customer has to do.
    pub action: Option<PaymentAction>,
    /// Why the last attempt was refused, or the payment closed.
    pub refusal: Option<Refusal>,
    /// What is to be paid.
    pub amount: Money,
    /// What was taken.
    pub captured: Money,
    /// What was given back.
    pub refunded: Money,
    /// Until when it can be paid.
    pub expires_at: Timestamp,
}

/// What a checkout, or another attempt, comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckoutAnswer {
    /// The order.
    pub order_id: OrderId,
    /// Its number.
    pub order_number: String,
    /// Opens the order without a session: `GET /api/v1/orders/{id}?token=…`.
    pub order_token: String,
    /// Its payment.
    pub payment: PaymentView,
}

/// What was captured and refunded for an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentSums {
    /// Held on the customer's card.
    pub authorised: Money,
    /// Taken.
    pub captured: Money,
    /// Given back.
    pub refunded: Money,
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
    pub sums: PaymentSums,
    /// The receipt's number, once money was taken.
    pub receipt_number: Option<String>,
    /// When it was placed.
    pub placed_at: Timestamp,
}

/// A command about an order's money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MoneyCommand {
    /// Take what is authorised, if it was not taken yet.
    Capture,
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
}

/// How a command stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CommandAnswer {
    /// The state.
    #[serde(flatten)]
    pub state: CommandState,
    /// The sums after it.
    pub sums: PaymentSums,
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

    /// Commands about an order's money.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn command(&self, order: OrderId, request: &CommandRequest) -> Result<CommandAnswer, CallError> {
        self.0.post(&format!("/internal/orders/{order}/commands"), request).await
    }
}
