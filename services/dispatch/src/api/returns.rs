//! Returns: what customers ask for, and what the people of the shop decide.

use super::customers::LinkParameters;
use super::{Request, State};
use axum::extract;
use axum::http::HeaderMap;
use chassis::Problem;
use chassis::auth::{Principal, Visitor};
use chassis::http::{Path, Query};
use chassis::idempotency::{JsonResponse, RawJson};
use contracts::OrderId;
use contracts::dispatch::{OrderView, ReturnReceipt, ReturnRejection, ReturnRequest};

/// Ask to return some of a delivered order
#[utoipa::path(post, path = "/api/v1/orders/{id}/returns", tag = "dispatch", operation_id = "request_return",
    params(("id" = OrderId, Path), LinkParameters,
        ("Idempotency-Key" = String, Header, description = "A new one for each return")),
    request_body = ReturnRequest,
    responses((status = 201, body = OrderView), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn request(
    extract::State(state): extract::State<State>,
    Visitor(visitor): Visitor,
    headers: HeaderMap,
    Path(id): Path<OrderId>,
    Query(link): Query<LinkParameters>,
    body: Result<RawJson<ReturnRequest>, Problem>,
) -> Result<JsonResponse, Problem> {
    // Whose order it is comes before what is asked of it.
    state.orders.visible(visitor.as_ref(), link.token.as_deref(), id).await?;
    let body = body?;
    let request = Request {
        visitor: visitor.as_ref(),
        order: id,
        operation: "return",
        headers: &headers,
        about: "returns",
        body: &body.bytes,
    };
    state.orders.request_return(id, &request.keyed(&state)?, &body.value).await
}

/// Take in what was returned
///
/// What the shop takes back is paid back, and put into stock if it can be sold again, by the order's workflow.
#[utoipa::path(post, path = "/api/v1/orders/{id}/returns/{return_id}/receive", tag = "dispatch",
    operation_id = "receive_return",
    params(("id" = OrderId, Path), ("return_id" = u32, Path),
        ("Idempotency-Key" = String, Header, description = "A new one for each receipt")),
    request_body = ReturnReceipt,
    responses((status = 202, body = OrderView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn receive(
    extract::State(state): extract::State<State>,
    principal: Principal,
    headers: HeaderMap,
    Path((id, number)): Path<(OrderId, u32)>,
    body: RawJson<ReturnReceipt>,
) -> Result<JsonResponse, Problem> {
    let about = format!("returns/{number}");
    let request = Request {
        visitor: Some(&principal),
        order: id,
        operation: "receive_return",
        headers: &headers,
        about: &about,
        body: &body.bytes,
    };
    state.orders.receive_return(id, number, &request.keyed(&state)?, &body.value).await
}

/// Do not take back what was returned
#[utoipa::path(post, path = "/api/v1/orders/{id}/returns/{return_id}/reject", tag = "dispatch",
    operation_id = "reject_return",
    params(("id" = OrderId, Path), ("return_id" = u32, Path),
        ("Idempotency-Key" = String, Header, description = "A new one for each rejection")),
    request_body = ReturnRejection,
    responses((status = 200, body = OrderView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn reject(
    extract::State(state): extract::State<State>,
    principal: Principal,
    headers: HeaderMap,
    Path((id, number)): Path<(OrderId, u32)>,
    body: RawJson<ReturnRejection>,
) -> Result<JsonResponse, Problem> {
    let about = format!("returns/{number}");
    let request = Request {
        visitor: Some(&principal),
        order: id,
        operation: "reject_return",
        headers: &headers,
        about: &about,
        body: &body.bytes,
    };
    state.orders.reject_return(id, number, &request.keyed(&state)?, &body.value).await
}
