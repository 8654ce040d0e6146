//! The withdrawal function of the customer.

use super::ApiState;
use super::customers::LinkParameters;
use axum::extract::State;
use axum::http::HeaderMap;
use chassis::Problem;
use chassis::auth::OptionalPrincipal;
use chassis::http::{Path, Query};
use chassis::idempotency::{JsonResponse, RawJson};
use contracts::OrderId;
use contracts::dispatch::{OrderView, WithdrawalRequest};

/// Withdraw from the contract
///
/// Consumers of the European Economic Area and the United Kingdom can withdraw without a reason, from the order until 14 days
/// after the delivery. An order that has not left is cancelled; otherwise a return is created. A receipt is sent by email at
/// once.
#[utoipa::path(post, path = "/api/v1/orders/{id}/withdrawals", tag = "dispatch", operation_id = "withdraw_from_order",
    params(("id" = OrderId, Path), LinkParameters,
        ("Idempotency-Key" = String, Header, description = "A new key for each withdrawal")),
    request_body = WithdrawalRequest,
    responses(
        (status = 201, body = OrderView),
        (status = 401, description = "`unauthenticated`: neither a session nor the order's link", body = Problem),
        (status = 404, description = "`not-found`", body = Problem),
        (status = 409, description = "`not-withdrawable`, `not-returnable`", body = Problem),
        (status = 422, description = "`invalid-input`, `idempotency-key-reused`", body = Problem),
    ))]
pub async fn withdraw_from_order(
    State(state): State<ApiState>,
    caller: OptionalPrincipal,
    headers: HeaderMap,
    Path(id): Path<OrderId>,
    Query(link): Query<LinkParameters>,
    body: Result<RawJson<WithdrawalRequest>, Problem>,
) -> Result<JsonResponse, Problem> {
    let command = ("withdraw", "withdrawals");
    let (requester, request) = state.customer_command(&caller, &link, &headers, id, command, body).await?;
    state.orders.withdraw(id, &requester, &request).await
}
