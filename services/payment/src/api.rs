//! Payment over HTTP.

use crate::checkout::{Answer, Checkout};
use crate::idempotency::KeyScope;
use axum::body::Body;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use chassis::auth::Principal;
use chassis::http::{Json, Path};
use chassis::{Problem, problem};
use contracts::payment::{
    AttemptRequest, CheckoutAnswer, CheckoutRequest, CommandAnswer, CommandRequest, MoneyCommand, OrderRecord,
    PaymentMethods, PaymentView,
};
use contracts::{OrderId, PaymentId};
use serde::de::DeserializeOwned;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// All routes but the sandbox's.
pub fn routes(checkout: Checkout) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(methods))
        .routes(routes!(check_out))
        .routes(routes!(payment))
        .routes(routes!(try_again))
        .routes(routes!(confirm))
        .routes(routes!(order))
        .routes(routes!(command))
        .with_state(checkout)
}

/// A JSON body with the bytes it was read from, which idempotency compares.
struct RawJson<T> {
    bytes: Bytes,
    value: T,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for RawJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = Bytes::from_request(Request::new(body), state)
            .await
            .map_err(|_| problem::MALFORMED.detail("The body could not be read."))?;
        let again = Request::from_parts(parts, Body::from(bytes.clone()));
        let Json(value) = Json::from_request(again, state).await?;
        Ok(Self { bytes, value })
    }
}

fn idempotency_key(headers: &HeaderMap) -> Option<&str> {
    headers.get("idempotency-key").and_then(|value| value.to_str().ok())
}

fn respond(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let media_type = if answer.status < 400 { "application/json" } else { "application/problem+json" };
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The ways to pay
#[utoipa::path(get, path = "/api/v1/payment-methods", tag = "payment", operation_id = "payment_methods",
    responses((status = 200, body = PaymentMethods)))]
async fn methods(State(checkout): State<Checkout>) -> Json<PaymentMethods> {
    Json(PaymentMethods { items: checkout.engine().gateways.methods() })
}

/// Turn the session's cart into an order and pay it
///
/// Send it again with the same key and body as often as needed: it happens once, and the answer is the same. 201 tells
/// the outcome, 202 that it is not known yet: ask for the payment until it is.
#[utoipa::path(post, path = "/api/v1/checkout", tag = "payment", operation_id = "check_out",
    params(("Idempotency-Key" = String, Header, description = "A new one for each purchase")), request_body = CheckoutRequest,
    responses((status = 201, body = CheckoutAnswer), (status = 202, body = CheckoutAnswer), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
async fn check_out(
    State(checkout): State<Checkout>,
    principal: Principal,
    headers: HeaderMap,
    body: RawJson<CheckoutRequest>,
) -> Result<Response, Problem> {
    let key = KeyScope::of(principal.subject.to_string(), "checkout", idempotency_key(&headers))?;
    checkout.check_out(&principal, key, &body.bytes, &body.value).await.map(respond)
}

/// A payment
#[utoipa::path(get, path = "/api/v1/payments/{id}", tag = "payment", operation_id = "payment", params(("id" = PaymentId, Path)),
    responses((status = 200, body = PaymentView), (status = 404, body = Problem)))]
async fn payment(
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
    responses((status = 201, body = CheckoutAnswer), (status = 202, body = CheckoutAnswer), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn try_again(
    State(checkout): State<Checkout>,
    principal: Principal,
    headers: HeaderMap,
    Path(id): Path<PaymentId>,
    body: RawJson<AttemptRequest>,
) -> Result<Response, Problem> {
    let key = KeyScope::of(principal.subject.to_string(), "attempt", idempotency_key(&headers))?;
    checkout.try_again(&principal, id, key, &body.bytes, &body.value).await.map(respond)
}

/// Say that the customer is back from confirming
#[utoipa::path(post, path = "/api/v1/payments/{id}/confirm", tag = "payment", operation_id = "confirm_payment",
    params(("id" = PaymentId, Path)), responses((status = 200, body = PaymentView), (status = 404, body = Problem)))]
async fn confirm(
    State(checkout): State<Checkout>,
    principal: Principal,
    Path(id): Path<PaymentId>,
) -> Result<Json<PaymentView>, Problem> {
    Ok(Json(checkout.confirm(&principal, id).await?.view()))
}

/// An order as payment recorded it
#[utoipa::path(get, path = "/internal/orders/{id}", tag = "payment", operation_id = "order_record", params(("id" = OrderId, Path)),
    responses((status = 200, body = OrderRecord), (status = 404, body = Problem)))]
async fn order(State(checkout): State<Checkout>, Path(id): Path<OrderId>) -> Result<Json<OrderRecord>, Problem> {
    let payment = checkout.engine().store.of_order(id).await?;
    let record = payment.and_then(|payment| payment.record());
    record.map(Json).ok_or_else(|| problem::NOT_FOUND.detail("There is no such order."))
}

/// Command an order's money
#[utoipa::path(post, path = "/internal/orders/{id}/commands", tag = "payment", operation_id = "command_money",
    params(("id" = OrderId, Path)), request_body = CommandRequest,
    responses((status = 200, body = CommandAnswer), (status = 404, body = Problem)))]
async fn command(
    State(checkout): State<Checkout>,
    Path(id): Path<OrderId>,
    Json(request): Json<CommandRequest>,
) -> Result<Json<CommandAnswer>, Problem> {
    if let MoneyCommand::Refund { amount } = request.command
        && amount.amount < 0
    {
        return Err(Problem::invalid("/command/amount", "must not be negative"));
    }
    checkout.engine().command(id, &request).await.map(Json)
}
