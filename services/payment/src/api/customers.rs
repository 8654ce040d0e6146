//! Operations for customers: choose a payment method, check out, pay again, return from the bank.

use crate::checkout::{Checkout, CustomerRequest};
use crate::operation::Browser;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::Redirect;
use chassis::Problem;
use chassis::auth::Principal;
use chassis::http::{Json, Path, Query};
use chassis::idempotency::{IdempotencyScope, JsonResponse, RawJson};
use contracts::payment::{
    AttemptRequest, CheckoutRequest, CheckoutResponse, ConfirmRequest, PaymentMethods, PaymentView,
};
use contracts::{Currency, PaymentId};
use serde::Deserialize;

/// The maximum length of a browser header that is passed on to banks.
const MAX_HEADER_LENGTH: usize = 400;

/// The query parameters of `list_payment_methods`.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MethodParameters {
    /// Only methods that accept this currency; the shop's own by default
    #[param(value_type = Option<String>)]
    currency: Option<Currency>,
}

/// List the available payment methods
#[utoipa::path(get, path = "/api/v1/payment-methods", tag = "payment", operation_id = "list_payment_methods",
    params(MethodParameters),
    responses((status = 200, body = PaymentMethods), (status = 422, body = Problem), (status = 503, body = Problem)))]
pub async fn list_payment_methods(
    State(checkout): State<Checkout>,
    Query(parameters): Query<MethodParameters>,
) -> Result<Json<PaymentMethods>, Problem> {
    checkout.methods(parameters.currency).await.map(|items| Json(PaymentMethods { items }))
}

/// The browser details for 3-D Secure. Clients that send no headers still get values, since banks require them.
fn browser(headers: &HeaderMap) -> Browser {
    let text = |name: HeaderName, default: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok()).filter(|text| !text.is_empty());
        value.unwrap_or(default).chars().take(MAX_HEADER_LENGTH).collect()
    };
    Browser { accept: text(header::ACCEPT, "*/*"), user_agent: text(header::USER_AGENT, "unknown") }
}

/// Check out the session's cart
///
/// Creates an order from the cart and pays it. The request is idempotent: repeated with the same key and body, it has no
/// further effect and returns the stored response. Status 201 has the outcome; with 202 it is not known yet, and the
/// payment is polled until it is.
#[utoipa::path(post, path = "/api/v1/checkout", tag = "payment", operation_id = "check_out",
    params(("Idempotency-Key" = String, Header, description = "A new key for each purchase")), request_body = CheckoutRequest,
    responses((status = 201, body = CheckoutResponse), (status = 202, body = CheckoutResponse),
        (status = 409, description = "The total has changed, an item is out of stock, or the cart is being paid for", body = Problem),
        (status = 422, body = Problem), (status = 503, body = Problem)))]
pub async fn check_out(
    State(checkout): State<Checkout>,
    principal: Principal,
    headers: HeaderMap,
    body: RawJson<CheckoutRequest>,
) -> Result<JsonResponse, Problem> {
    let key = IdempotencyScope::of(principal.subject.to_string(), "checkout", &headers)?;
    let browser = browser(&headers);
    // The digest is computed over the bytes as received, independent of how they are parsed.
    let request = CustomerRequest { key: &key, bytes: &body.bytes, body: &body.value, browser: Some(&browser) };
    let response = checkout.check_out(&principal, request).await;
    let status = match &response {
        Ok(response) => response.status,
        Err(problem) => problem.status,
    };
    checkout.engine().metrics.checked_out(status);
    response
}

/// Get a payment of the session
#[utoipa::path(get, path = "/api/v1/payments/{id}", tag = "payment", operation_id = "get_payment", params(("id" = PaymentId, Path)),
    responses((status = 200, body = PaymentView), (status = 404, body = Problem)))]
pub async fn get_payment(
    State(checkout): State<Checkout>,
    principal: Principal,
    Path(id): Path<PaymentId>,
) -> Result<Json<PaymentView>, Problem> {
    Ok(Json(checkout.find_owned(&principal, id).await?.view()))
}

/// Pay again after a refusal
#[utoipa::path(post, path = "/api/v1/payments/{id}/attempts", tag = "payment", operation_id = "create_payment_attempt",
    params(("id" = PaymentId, Path), ("Idempotency-Key" = String, Header, description = "A new key for each attempt")),
    request_body = AttemptRequest,
    responses((status = 201, body = CheckoutResponse), (status = 202, body = CheckoutResponse), (status = 404, body = Problem),
        (status = 409, description = "The payment was not refused, or has expired", body = Problem),
        (status = 422, body = Problem)))]
pub async fn create_payment_attempt(
    State(checkout): State<Checkout>,
    principal: Principal,
    headers: HeaderMap,
    Path(id): Path<PaymentId>,
    body: RawJson<AttemptRequest>,
) -> Result<JsonResponse, Problem> {
    let key = IdempotencyScope::of(principal.subject.to_string(), "attempt", &headers)?;
    let browser = browser(&headers);
    let request = CustomerRequest { key: &key, bytes: &body.bytes, body: &body.value, browser: Some(&browser) };
    checkout.try_again(&principal, id, request).await
}

/// Confirm a payment after the customer returned from the bank
///
/// Also accepts the device data that the bank asked for. May be repeated at any time; the response has the current state.
#[utoipa::path(post, path = "/api/v1/payments/{id}/confirm", tag = "payment", operation_id = "confirm_payment",
    params(("id" = PaymentId, Path)), request_body = ConfirmRequest,
    responses((status = 200, body = PaymentView), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn confirm_payment(
    State(checkout): State<Checkout>,
    principal: Principal,
    Path(id): Path<PaymentId>,
    Json(request): Json<ConfirmRequest>,
) -> Result<Json<PaymentView>, Problem> {
    let device_data = request.device_data.as_ref().map(|reference| reference.as_str());
    Ok(Json(checkout.confirm(&principal, id, device_data).await?.view()))
}

/// Abandon a challenge or redirect to pay another way
///
/// Ends an attempt in state `action_required`, so that another one can follow. If it is completed all the same, the money
/// is refunded.
#[utoipa::path(post, path = "/api/v1/payments/{id}/abandon", tag = "payment", operation_id = "abandon_payment_challenge",
    params(("id" = PaymentId, Path)), responses((status = 200, body = PaymentView), (status = 404, body = Problem)))]
pub async fn abandon_payment_challenge(
    State(checkout): State<Checkout>,
    principal: Principal,
    Path(id): Path<PaymentId>,
) -> Result<Json<PaymentView>, Problem> {
    Ok(Json(checkout.abandon_challenge(&principal, id).await?.view()))
}

/// Return from a bank's page
///
/// Banks redirect the customer here. Changes nothing and redirects to the shop's page, which continues the payment.
#[utoipa::path(get, path = "/api/v1/payments/{id}/return", tag = "payment", operation_id = "return_from_bank",
    params(("id" = PaymentId, Path)), responses((status = 303, description = "Redirect to the shop's page")))]
pub async fn return_from_bank(Path(id): Path<PaymentId>) -> Redirect {
    // Status 303, so that browsers fetch the page with GET even after a form was posted.
    Redirect::to(&format!("/checkout/return?payment={id}"))
}

/// Return from a bank's page with a form
///
/// Banks post a form from their own pages here. Its content is not trusted, so it changes nothing.
#[utoipa::path(post, path = "/api/v1/payments/{id}/return", tag = "payment", operation_id = "return_from_bank_by_form",
    params(("id" = PaymentId, Path)), responses((status = 303, description = "Redirect to the shop's page")))]
pub async fn return_from_bank_by_form(Path(id): Path<PaymentId>) -> Redirect {
    Redirect::to(&format!("/checkout/return?payment={id}"))
}
