//! What payment says: checkout to the world, its books to the people of the shop, orders and commands to dispatch.

mod internal;
mod staff;

pub use chassis::idempotency::{IN_FLIGHT, KEY_REUSED};
pub use internal::*;
pub use staff::*;

use crate::{Address, Email, SingleLineText, Money, OrderId, PaymentId};
use chassis::{ProblemKind, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The cart costs something else than the customer was shown; `expected` and `actual` tell both.
pub const TOTAL_CHANGED: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "total-changed", "The total has changed");
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
    /// What the customer's page does before it pays.
    pub entry: MethodEntry,
}

/// What a customer's page does before it pays. Card data never comes to ShopStack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum MethodEntry {
    /// It sends card data there, as JSON, and pays with the session it gets.
    CardForm {
        /// Where.
        url: String,
    },
    /// Worldpay's own script takes card data in fields of its own, and gives the session to pay with.
    WorldpayFields {
        /// The script.
        script: String,
        /// Who the merchant is to it.
        checkout_id: String,
    },
    /// Nothing: the customer is sent to a page of the gateway.
    Redirect,
    /// Nothing: the customer is told where to transfer the money to.
    Transfer,
}

/// The ways to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentMethods {
    /// The preferred first.
    pub items: Vec<PaymentMethod>,
}

/// How the customer pays: a method, and the gateway's session or token that stands for the card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentChoice {
    /// The method.
    pub method: SingleLineText<40>,
    /// The gateway's session.
    #[serde(default)]
    pub session: Option<SingleLineText<400>>,
    /// The gateway's token of a card it keeps.
    #[serde(default)]
    pub token: Option<SingleLineText<400>>,
    /// The gateway, where several offer the method; the preferred one when not said.
    #[serde(default)]
    pub gateway: Option<SingleLineText<40>>,
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
    /// Have the browser describe itself to the bank: post `JWT` and `Bin` to `url` from a hidden frame, wait for its
    /// message with the reference, and confirm with that.
    DeviceData {
        /// Where.
        url: String,
        /// What to post as `JWT`.
        jwt: String,
        /// What to post as `Bin`.
        bin: Option<String>,
    },
    /// Go to the bank's page: post `JWT` to `url`. The customer comes back to the shop.
    Challenge {
        /// Where.
        url: String,
        /// What to post as `JWT`.
        jwt: String,
    },
    /// Transfer the money.
    Transfer(Transfer),
}

/// How to transfer the money for an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Transfer {
    /// To whom.
    pub holder: String,
    /// To which account (ISO 13616).
    pub iban: String,
    /// At which bank (ISO 9362).
    pub bic: Option<String>,
    /// What to write on it, so that it is recognised.
    pub reference: String,
    /// Until when.
    pub until: Timestamp,
}

/// What the customer brings back from the gateway or the bank.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmRequest {
    /// The reference from the frame of [`PaymentAction::DeviceData`].
    #[serde(default)]
    pub device_data: Option<SingleLineText<200>>,
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
    /// What was taken back through the bank.
    pub charged_back: Money,
    /// Until when it can be paid.
    pub expires_at: Timestamp,
}

/// What a checkout, or another attempt, comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckoutResponse {
    /// The order.
    pub order_id: OrderId,
    /// Its number.
    pub order_number: String,
    /// Opens the order without a session: `GET /api/v1/orders/{id}?token=…`.
    pub order_token: String,
    /// Its payment.
    pub payment: PaymentView,
}
