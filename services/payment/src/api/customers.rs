//! What customers do: choose a way to pay, check out, pay again, come back from their bank.

use crate::attempt::Browser;
use crate::checkout::{Asked, Checkout};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::Redirect;
use chassis::Problem;
use chassis::auth::Principal;
use chassis::http::{Json, Path, Query};
use chassis::idempotency::{JsonResponse, IdempotencyScope, RawJson};
use contracts::payment::{
    AttemptRequest, CheckoutResponse, CheckoutRequest, ConfirmRequest, PaymentMethods, PaymentView,
};
use contracts::{Currency, PaymentId};
use serde::Deserialize;

const LONGEST_HEADER: usize = 400;

/// In which currency.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MethodParameters {
    /// Only what takes this currency; the shop's own when not said
    #[param(value_type = Option<String>)]
    currency: Option<Currency>,
}

/// The ways to pay
#[utoipa::path(get, path = "/api/v1/payment-methods", tag = "payment", operation_id = "payment_methods",
    params(MethodParameters), responses((status = 200, body = PaymentMethods)))]
pub async fn methods(
    State(checkout): State<Checkout>,
    Query(parameters): Query<MethodParameters>,
) -> Result<Json<PaymentMethods>, Problem> {
    checkout.methods(parameters.currency).await.map(|items| Json(PaymentMethods { items }))
}

/// What a bank may want to know of the browser. A program that says nothing of itself may be asked as well.
fn browser(headers: &HeaderMap) -> Browser {
    let text = |name: HeaderName, otherwise: &str| {
        let said = headers.get(name).and_then(|value| value.to_str().ok()).filter(|text| !text.is_empty());
        said.unwrap_or(otherwise).chars().take(LONGEST_HEADER).collect()
    };
    Browser { accept: text(header::ACCEPT, "*/*"), user_agent: text(header::USER_AGENT, "unknown") }
}

/// Turn the session's cart into an order and pay it
///
/// Send it again with the same key and body as often as needed: it happens once, and the answer is the same. 201 tells
/// the outcome, 202 that it is not known yet: ask for the payment until it is.
#[utoipa::path(post, path = "/api/v1/checkout", tag = "payment", operation_id = "check_out",
    params(("Idempotency-Key" = String, Header, description = "A new one for each purchase")), request_body = CheckoutRequest,
    responses((status = 201, body = CheckoutResponse), (status = 202, body = CheckoutResponse), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn check_out(
    State(checkout): State<Checkout>,
    principal: Principal,
    headers: HeaderMap,
    body: RawJson<CheckoutRequest>,
) -> Result<JsonResponse, Problem> {
    let key = IdempotencyScope::of(principal.subject.to_string(), "checkout", &headers)?;
    let browser = browser(&headers);
    let asked = Asked { key: &key, body: &body.bytes, request: &body.value, browser: Some(&browser) };
    checkout.check_out(&principal, asked).await
}

/// A payment
#[utoipa::path(get, path = "/api/v1/payments/{id}", tag = "payment", operation_id = "payment", params(("id" = PaymentId, Path)),
    responses((status = 200, body = PaymentView), (status = 404, body = Problem)))]
pub async fn payment(
    State(checkout): State<Checkout>,
    principal: Principal,
    Path(id): Path<PaymentId>,
) -> Result<Json<PaymentView>, Problem> {
    Ok(Json(checkout.of_owner(&principal, id).await?.view()))
}

/// Pay again after a refusal
#[utoipa::path(post, path = "/api/v1/payments/{id}/attempts", tag = "payment", operation_id = "try_payment_again",
    params(("id" = PaymentId, Path), ("Idempotency-Key" = String, Header, description = "A new one for each attempt")),
    request_body = AttemptRequest,
    responses((status = 201, body = CheckoutResponse), (status = 202, body = CheckoutResponse), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
pub async fn try_again(
    State(checkout): State<Checkout>,
    principal: Principal,
    headers: HeaderMap,
    Path(id): Path<PaymentId>,
    body: RawJson<AttemptRequest>,
) -> Result<JsonResponse, Problem> {
    let key = IdempotencyScope::of(principal.subject.to_string(), "attempt", &headers)?;
    let browser = browser(&headers);
    let asked = Asked { key: &key, body: &body.bytes, request: &body.value, browser: Some(&browser) };
    checkout.try_again(&principal, id, asked).await
}

/// Say that the customer is back from the bank, or what the bank wanted to know of the browser
///
/// Say it as often as needed: the answer shows how the payment stands then.
#[utoipa::path(post, path = "/api/v1/payments/{id}/confirm", tag = "payment", operation_id = "confirm_payment",
    params(("id" = PaymentId, Path)), request_body = ConfirmRequest,
    responses((status = 200, body = PaymentView), (status = 404, body = Problem)))]
pub async fn confirm(
    State(checkout): State<Checkout>,
    principal: Principal,
    Path(id): Path<PaymentId>,
    Json(request): Json<ConfirmRequest>,
) -> Result<Json<PaymentView>, Problem> {
    let device_data = request.device_data.as_ref().map(|reference| reference.as_str());
    Ok(Json(checkout.confirm(&principal, id, device_data).await?.view()))
}

/// Give up what is to be done at a bank or on the gateway's page, to pay another way
///
/// Ends an attempt that is `action_required`; another may follow. One that is paid all the same is given back.
#[utoipa::path(post, path = "/api/v1/payments/{id}/give-up", tag = "payment", operation_id = "give_payment_attempt_up",
    params(("id" = PaymentId, Path)), responses((status = 200, body = PaymentView), (status = 404, body = Problem)))]
pub async fn give_up(
    State(checkout): State<Checkout>,
    principal: Principal,
    Path(id): Path<PaymentId>,
) -> Result<Json<PaymentView>, Problem> {
    Ok(Json(checkout.give_up_challenge(&principal, id).await?.view()))
}

/// Where a bank's page sends the customer back to
///
/// Changes nothing: it leads to the shop's own page, which goes on with the payment.
#[utoipa::path(get, path = "/api/v1/payments/{id}/return", tag = "payment", operation_id = "return_from_bank",
    params(("id" = PaymentId, Path)), responses((status = 303, description = "The shop's page")))]
pub async fn come_back(Path(id): Path<PaymentId>) -> Redirect {
    Redirect::to(&format!("/checkout/return?payment={id}"))
}

/// Where a bank's page sends the customer back to, with a form
///
/// Changes nothing: banks post from their own pages, so nothing of the form is believed.
#[utoipa::path(post, path = "/api/v1/payments/{id}/return", tag = "payment", operation_id = "return_from_bank_by_form",
    params(("id" = PaymentId, Path)), responses((status = 303, description = "The shop's page")))]
pub async fn come_back_by_form(Path(id): Path<PaymentId>) -> Redirect {
    Redirect::to(&format!("/checkout/return?payment={id}"))
}
