//! The operations on returns.

use super::ApiState;
use super::customers::LinkParameters;
use axum::extract::State;
use axum::http::HeaderMap;
use chassis::Problem;
use chassis::auth::{OptionalPrincipal, Principal};
use chassis::http::{Path, Query};
use chassis::idempotency::{JsonResponse, RawJson};
use contracts::OrderId;
use contracts::dispatch::{OrderView, ReturnReceipt, ReturnRejection, ReturnRequest};

/// Request the return of delivered items
#[utoipa::path(post, path = "/api/v1/orders/{id}/returns", tag = "dispatch", operation_id = "request_return",
    params(("id" = OrderId, Path), LinkParameters,
        ("Idempotency-Key" = String, Header, description = "A new key for each return")),
    request_body(content = ReturnRequest,
        example = json!({ "lines": [{ "sku": "MUG-BLUE", "quantity": 1 }], "reason": "too small" })),
    responses(
        (status = 201, body = OrderView),
        (status = 401, description = "`unauthenticated`: neither a session nor the order's link", body = Problem),
        (status = 404, description = "`not-found`", body = Problem),
        (status = 409, description = "`not-returnable`", body = Problem),
        (status = 422, description = "`invalid-input`, `idempotency-key-reused`", body = Problem),
    ))]
pub async fn request_return(
    State(state): State<ApiState>,
    caller: OptionalPrincipal,
    headers: HeaderMap,
    Path(id): Path<OrderId>,
    Query(link): Query<LinkParameters>,
    body: Result<RawJson<ReturnRequest>, Problem>,
) -> Result<JsonResponse, Problem> {
    let command = ("return", "returns");
    let (requester, request) = state.customer_command(&caller, &link, &headers, id, command, body).await?;
    state.orders.request_return(id, &requester, &request).await
}

/// Record that a return has arrived
///
/// The accepted items are refunded, and put back into stock if they can be sold again, in the background.
#[utoipa::path(post, path = "/api/v1/orders/{id}/returns/{return_id}/receive", tag = "dispatch",
    operation_id = "receive_return",
    params(("id" = OrderId, Path), ("return_id" = u32, Path),
        ("Idempotency-Key" = String, Header, description = "A new key for each receipt")),
    request_body(content = ReturnReceipt,
        example = json!({ "lines": [{ "sku": "MUG-BLUE", "quantity": 1 }], "restock": true })),
    responses(
        (status = 202, body = OrderView),
        (status = 404, description = "`not-found`", body = Problem),
        (status = 409, description = "`return-decided`, `not-returnable`", body = Problem),
        (status = 422, description = "`invalid-input`, `idempotency-key-reused`", body = Problem),
    ))]
pub async fn receive_return(
    State(state): State<ApiState>,
    principal: Principal,
    headers: HeaderMap,
    Path((id, number)): Path<(OrderId, u32)>,
    body: RawJson<ReturnReceipt>,
) -> Result<JsonResponse, Problem> {
    let object = format!("returns/{number}");
    let requester = state.requester(Some(&principal), &headers, id, ("receive_return", &object), &body.bytes)?;
    state.orders.receive_return(id, number, &requester, &body.value).await
}

/// Decline a return
#[utoipa::path(post, path = "/api/v1/orders/{id}/returns/{return_id}/reject", tag = "dispatch",
    operation_id = "reject_return",
    params(("id" = OrderId, Path), ("return_id" = u32, Path),
        ("Idempotency-Key" = String, Header, description = "A new key for each rejection")),
    request_body(content = ReturnRejection, example = json!({ "reason": "the item was used" })),
    responses(
        (status = 200, body = OrderView),
        (status = 404, description = "`not-found`", body = Problem),
        (status = 409, description = "`return-decided`", body = Problem),
        (status = 422, description = "`invalid-input`, `idempotency-key-reused`", body = Problem),
    ))]
pub async fn reject_return(
    State(state): State<ApiState>,
    principal: Principal,
    headers: HeaderMap,
    Path((id, number)): Path<(OrderId, u32)>,
    body: RawJson<ReturnRejection>,
) -> Result<JsonResponse, Problem> {
    let object = format!("returns/{number}");
    let requester = state.requester(Some(&principal), &headers, id, ("reject_return", &object), &body.bytes)?;
    state.orders.reject_return(id, number, &requester, &body.value).await
}
