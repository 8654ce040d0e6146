//! The payment API: checkout for customers, the ledger for staff, orders and money commands for dispatch.

mod internal;
mod staff;

pub use chassis::idempotency::{IN_FLIGHT, KEY_REUSED};
pub use internal::*;
pub use staff::*;

use crate::{Address, Email, Language, Money, OrderId, PaymentId, SingleLineText};
use chassis::{ProblemKind, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The total of the cart differs from the total shown to the customer; the members `expected` and `actual` give both.
pub const TOTAL_CHANGED: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "total-changed", "Total changed");
/// The checkout was closed before it was paid, and nothing was charged. Start again with a new idempotency key.
pub const CHECKOUT_CLOSED: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "checkout-closed", "Checkout closed");
/// Another checkout of this cart is in progress.
pub const CART_IN_CHECKOUT: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "cart-in-checkout", "Cart is being checked out");
/// The shop does not offer this payment method.
pub const UNKNOWN_METHOD: ProblemKind =
    ProblemKind::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown-payment-method", "Unknown payment method");
/// The state of the payment does not allow this operation.
pub const NOT_POSSIBLE_NOW: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "not-possible-now", "Not possible in this state");

/// A payment method that the shop offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentMethod {
    /// The name of the method in requests, such as `card`.
    #[schema(example = "card")]
    pub method: String,
    /// The name of the method for display.
    pub label: String,
    /// The name of the gateway that processes the payment.
    pub gateway: String,
    /// The steps that the client takes before checkout.
    pub entry: MethodEntry,
}

/// The steps that a client takes before checkout. Card data is sent to the gateway only, never to the shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum MethodEntry {
    /// Post the card data as JSON to a URL of the gateway, and check out with the session from the response.
    CardForm {
        /// The URL that accepts the card data.
        url: String,
    },
    /// Load Worldpay's script, which collects the card data in its own fields, and check out with its session.
    WorldpayFields {
        /// The URL of Worldpay's script.
        script: String,
        /// The merchant's checkout id at Worldpay.
        checkout_id: String,
    },
    /// Nothing before checkout; the checkout response redirects the customer to a page of the gateway.
    Redirect,
    /// Nothing before checkout; the checkout response has the bank details for the transfer.
    Transfer,
}

/// The payment methods that the shop offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentMethods {
    /// The payment methods in order of preference.
    pub items: Vec<PaymentMethod>,
}

/// The payment method for a checkout, with a gateway session or token in place of card data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentChoice {
    /// The name of the payment method, up to 40 characters.
    pub method: SingleLineText<40>,
    /// The gateway session that holds the card data, up to 400 characters; null when not needed.
    #[serde(default)]
    pub session: Option<SingleLineText<400>>,
    /// The gateway's token of a stored card, up to 400 characters. Not allowed together with `session`.
    #[serde(default)]
    pub token: Option<SingleLineText<400>>,
    /// The name of the gateway; null, the default, for the preferred gateway of the method.
    #[serde(default)]
    pub gateway: Option<SingleLineText<40>>,
}

/// A request to place an order for the session's cart and pay for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "email": "greta.holm@example.com",
    "address": {
        "name": "Greta Holm",
        "line1": "Lindenweg 7",
        "city": "Hamburg",
        "postal_code": "20095",
        "country": "DE"
    },
    "payment": {
        "method": "card",
        "session": "https://try.access.worldpay.com/sessions/eyJrIjoxLCJkIjoiYjJ"
    },
    "expected_total": { "amount": 4270, "currency": "EUR" }
}))]
pub struct CheckoutRequest {
    /// The email address for order confirmation and delivery updates.
    #[serde(deserialize_with = "crate::email::new")]
    pub email: Email,
    /// The delivery address of the order.
    pub address: Address,
    /// The payment method; null, the default, when the total is zero.
    #[serde(default)]
    pub payment: Option<PaymentChoice>,
    /// The total that the customer was shown. The checkout is refused when the actual total differs.
    pub expected_total: Money,
    /// The language of emails about the order. Default: `en`.
    #[serde(default)]
    pub language: Language,
}

/// A request to pay for an order after an earlier attempt was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "payment": {
        "method": "card",
        "session": "https://try.access.worldpay.com/sessions/eyJrIjoxLCJkIjoiYjJ"
    }
}))]
pub struct AttemptRequest {
    /// The payment method for this attempt.
    pub payment: PaymentChoice,
}

/// The status of a payment, as shown to the customer.
///
/// - `processing`: the outcome is not known yet; request the payment again later
/// - `action_required`: the customer has to act, see `action`
/// - `refused`: the attempt was refused; another one can be made
/// - `authorised`: paid, the order is placed
/// - `closed`: closed without payment; nothing was charged
/// - `voided`: the payment was cancelled after the order had been placed
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// The outcome is not known yet; request the payment again later.
    Processing,
    /// The customer has to act, see `action`.
    ActionRequired,
    /// The attempt was refused; another one can be made.
    Refused,
    /// Paid, the order is placed.
    Authorised,
    /// Closed without payment; nothing was charged.
    Closed,
    /// The payment was cancelled after the order had been placed.
    Voided,
}

/// An action that the customer has to take before the payment can continue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum PaymentAction {
    /// Redirect the customer to a page of the gateway, which sends them back to the shop.
    Redirect {
        /// The URL to redirect to.
        url: String,
    },
    /// Collect device data for 3-D Secure: post `JWT` and `Bin` to `url` from a hidden frame, wait for its message with
    /// the reference, and confirm the payment with that reference.
    DeviceData {
        /// The URL to post to.
        url: String,
        /// The value of the form field `JWT`.
        jwt: String,
        /// The value of the form field `Bin`; null to leave the field out.
        bin: Option<String>,
    },
    /// Open the 3-D Secure challenge of the customer's bank: post `JWT` to `url`. The bank sends the customer back to
    /// the shop.
    Challenge {
        /// The URL to post to.
        url: String,
        /// The value of the form field `JWT`.
        jwt: String,
    },
    /// Show the bank details to the customer, who transfers the money.
    Transfer(Transfer),
}

/// The bank details for paying an order by bank transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Transfer {
    /// The name of the account holder.
    pub holder: String,
    /// The account number of the recipient as an IBAN (ISO 13616).
    pub iban: String,
    /// The bank identifier code (ISO 9362); null when not needed.
    pub bic: Option<String>,
    /// The payment reference, by which the shop recognises the transfer.
    pub reference: String,
    /// The time by which the money has to arrive (UTC, RFC 3339).
    pub until: Timestamp,
}

/// A request to continue a payment after the customer's action.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "device_data": "0_4c1f7a2e-6f0d-4f7b-9d52-1b0a6c7e33d8" }))]
pub struct ConfirmRequest {
    /// The reference from the hidden frame of the `device_data` action, up to 200 characters. Default: null.
    #[serde(default)]
    pub device_data: Option<SingleLineText<200>>,
}

/// The reason why a gateway refused an operation, or why a payment was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Refusal {
    /// The reason as a code, usually the gateway's own.
    pub code: String,
    /// The reason in English, for display.
    pub reason: String,
}

/// The payment for an order, as shown to the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentView {
    /// The unique id of the payment.
    pub id: PaymentId,
    /// The id of the order that it pays for.
    pub order_id: OrderId,
    /// The number of the order, for display.
    pub order_number: String,
    /// The status of the payment.
    pub status: PaymentStatus,
    /// The action that the customer has to take; null when there is none.
    pub action: Option<PaymentAction>,
    /// The reason why the last attempt was refused or the payment was closed; null otherwise.
    pub refusal: Option<Refusal>,
    /// The amount to pay.
    pub amount: Money,
    /// The amount captured so far.
    pub captured: Money,
    /// The amount refunded so far.
    pub refunded: Money,
    /// The amount charged back by the customer's bank.
    pub charged_back: Money,
    /// The time by which the payment has to be completed (UTC, RFC 3339).
    pub expires_at: Timestamp,
}

/// The result of a checkout or of another payment attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckoutResponse {
    /// The unique id of the order.
    pub order_id: OrderId,
    /// The number of the order, for display.
    pub order_number: String,
    /// A token that gives access to the order without a session: `GET /api/v1/orders/{id}?token=…`.
    pub order_token: String,
    /// The payment for the order.
    pub payment: PaymentView,
}
