//! Payment of Robot Shop, whose clients send no card. The sandbox's approving card pays where the shop takes payments of the
//! sandbox. Elsewhere nothing is ordered, so that no order is unpaid.

use super::failure::Failure;
use super::session::Visitor;
use super::{RobotShop, Shop, decimal};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use chassis::client::CallError;
use contracts::cart::{CartShipping, CartView};
use contracts::payment::{
    CheckoutRequest, CheckoutResponse, MethodEntry, PaymentChoice, PaymentMethods, PaymentStatus,
};
use contracts::{Address, Destination, Email, InvalidEmail, Language, OrderId, SingleLineText, TextError};
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

/// The gateway that moves no money.
const SANDBOX: &str = "sandbox";
/// The path at which payment exchanges card details for a session of the sandbox.
const CARD_SESSIONS: &str = "/api/v1/sandbox/sessions";
const INVALID_CART: &str = "cart not valid";
const NO_PAYMENT: &str =
    "payment error: clients of Robot Shop send no card, and this shop takes no payments of the sandbox";
const GUEST_NAME: &str = "Robot Shop guest";
const GUEST_EMAIL: &str = "guest@robot-shop.invalid";
/// Robot Shop's clients choose a town and no street.
const NO_STREET: &str = "No street, ordered by Robot Shop's API";

/// The cart that a client believes to pay. Only its total counts, which must be that of the shop's cart.
#[derive(Deserialize)]
struct PaidCart<'b> {
    #[serde(borrow)]
    total: &'b RawValue,
}

/// An order that was placed and paid.
#[derive(Debug, Serialize)]
pub struct PlacedOrder {
    orderid: OrderId,
}

/// A session of the sandbox that stands for a card.
#[derive(Deserialize)]
struct CardSession {
    session: SingleLineText<400>,
}

/// Returns the state of payment.
pub async fn health(State(shop): State<Shop>) -> Result<&'static str, Failure> {
    shop.clients.payment.get::<PaymentMethods>("/api/v1/payment-methods").await?;
    Ok("OK")
}

/// Checks out the shop's cart with this id, at the shop's prices, and pays for it.
pub async fn pay(
    State(shop): State<Shop>,
    Path(id): Path<String>,
    request: HeaderMap,
    body: Bytes,
) -> Result<Json<PlacedOrder>, Failure> {
    let invalid = || Failure::bad_request(INVALID_CART);
    let visitor = shop.visitor(&id, &request).await?.ok_or_else(invalid)?;
    // Also for an id whose token is not valid: it has no cart.
    let cart: CartView = shop.cart(&visitor.headers).get("/api/v1/cart").await.map_err(rejected)?;
    let shipping = cart.shipping.as_ref().filter(|_| !cart.lines.is_empty()).ok_or_else(invalid)?;
    let sent: PaidCart = serde_json::from_slice(&body).map_err(|_| invalid())?;
    let total = cart.totals.total;
    if total.is_zero() || decimal::parse(sent.total.get(), cart.currency.exponent()) != Some(total.amount) {
        return Err(invalid());
    }
    let checkout = CheckoutRequest {
        email: shop.email(&visitor).map_err(|_| invalid())?,
        address: address(&visitor, shipping).map_err(|_| invalid())?,
        payment: Some(shop.sandbox_card().await?),
        expected_total: total,
        language: Language::En,
    };
    let response = shop.check_out(visitor, &checkout).await?;
    match response.payment.status {
        PaymentStatus::Authorised => Ok(Json(PlacedOrder { orderid: response.order_id })),
        PaymentStatus::Processing => Err(Failure {
            status: StatusCode::SERVICE_UNAVAILABLE,
            text: "payment error: the outcome is not known yet, and the order is placed once it is paid".into(),
        }),
        _ => Err(Failure { status: StatusCode::PAYMENT_REQUIRED, text: "payment error".into() }),
    }
}

impl RobotShop {
    async fn check_out(&self, visitor: Visitor, checkout: &CheckoutRequest) -> Result<CheckoutResponse, Failure> {
        let mut headers = visitor.headers;
        // A new key each time: payment itself refuses or repeats a second checkout of the same cart.
        let key = HeaderValue::try_from(self.system.id().to_string());
        headers.extend(key.ok().map(|key| (HeaderName::from_static("idempotency-key"), key)));
        let client = self.clients.payment.clone().with_headers(headers);
        client.post("/api/v1/checkout", checkout).await.map_err(rejected)
    }

    /// Creates a card of the sandbox that is approved.
    ///
    /// # Errors
    /// 402 if the shop takes no cards of the sandbox.
    async fn sandbox_card(&self) -> Result<PaymentChoice, Failure> {
        let methods: PaymentMethods = self.clients.payment.get("/api/v1/payment-methods").await?;
        let is_sandbox_card =
            |entry: &MethodEntry, gateway: &str| gateway == SANDBOX && matches!(entry, MethodEntry::CardForm { .. });
        let method = methods.items.into_iter().find(|method| is_sandbox_card(&method.entry, &method.gateway));
        let refused = || Failure { status: StatusCode::PAYMENT_REQUIRED, text: NO_PAYMENT.into() };
        let method = method.and_then(|method| method.method.parse().ok()).ok_or_else(refused)?;
        let card = json!({
            "card_holder_name": GUEST_NAME, "card_number": "4444333322221111", "expiry_month": 12,
            "expiry_year": 2099, "cvc": "123",
        });
        let CardSession { session } = self.clients.payment.post(CARD_SESSIONS, &card).await?;
        Ok(PaymentChoice { method, session: Some(session), token: None, gateway: SANDBOX.parse().ok() })
    }

    /// Returns the email address of an order: the configured one, or else the reserved one of the customer.
    fn email(&self, visitor: &Visitor) -> Result<Email, InvalidEmail> {
        match (&self.settings.email, &visitor.account) {
            (Some(email), _) => Ok(email.clone()),
            (None, Some(session)) => Ok(session.account.email.clone()),
            (None, None) => GUEST_EMAIL.parse(),
        }
    }
}

/// Returns the delivery address of an order: the town that the client chose, no street, and an example of a postal code where
/// addresses need one.
fn address(visitor: &Visitor, shipping: &CartShipping) -> Result<Address, TextError> {
    let Destination { country, region, city, postal_code } = Destination::example(&shipping.place);
    let name = visitor.account.as_ref().map_or(GUEST_NAME, |session| session.account.name.as_str());
    let (name, line1) = (name.parse()?, NO_STREET.parse()?);
    Ok(Address { name, line1, line2: None, city, region, postal_code, country, phone: None })
}

/// Gives the refusals of a checkout the text of Robot Shop: the cart has changed, expired or become unavailable.
fn rejected(error: CallError) -> Failure {
    match error {
        CallError::Refused(problem) if problem.status < 500 && problem.status != 429 => {
            tracing::info!(error = %problem, "a checkout by Robot Shop's API was refused");
            Failure::bad_request(INVALID_CART)
        }
        error => error.into(),
    }
}
