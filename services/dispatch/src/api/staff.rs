//! The operations of staff on orders and their workflows.

use super::ApiState;
use crate::messages;
use crate::store::{OpenOrders, OrderFilter};
use crate::views::{packing_list, workflow_summary};
use axum::extract::State;
use axum::http::HeaderMap;
use chassis::auth::Principal;
use chassis::http::{Json, Path, Query};
use chassis::idempotency::{JsonResponse, RawJson};
use chassis::page::{self, Page};
use chassis::{Problem, problem};
use contracts::OrderId;
use contracts::dispatch::{
    AttentionResolution, NoteRequest, OpenOrderCount, OpenOrderCounts, OrderStatus, OrderView, PackingList,
    PackingLists, RefundRequest, WorkflowSummary,
};
use serde::Deserialize;

/// The most packing lists of one request.
const MAX_PACKING_LISTS: usize = 50;

/// Refund a customer
///
/// Refunds an amount, or the price of some lines. The refund is made in the background. The reason is shown to the customer.
#[utoipa::path(post, path = "/api/v1/orders/{id}/refunds", tag = "dispatch", operation_id = "refund_order",
    params(("id" = OrderId, Path),
        ("Idempotency-Key" = String, Header, description = "A new key for each refund")),
    request_body(content = RefundRequest,
        example = json!({ "amount": { "amount": 500, "currency": "USD" }, "reason": "damaged in transit" })),
    responses(
        (status = 202, body = OrderView),
        (status = 404, description = "`not-found`", body = Problem),
        (status = 409, description = "`refund-too-high`, `not-returnable`", body = Problem),
        (status = 422, description = "`invalid-input`, `idempotency-key-reused`", body = Problem),
    ))]
pub async fn refund_order(
    State(state): State<ApiState>,
    principal: Principal,
    headers: HeaderMap,
    Path(id): Path<OrderId>,
    body: RawJson<RefundRequest>,
) -> Result<JsonResponse, Problem> {
    if body.value.amount.is_some_and(|amount| amount.amount <= 0) {
        return Err(Problem::invalid("/amount/amount", messages::current().amount_not_positive()));
    }
    let requester = state.requester(Some(&principal), &headers, id, ("refund", ""), &body.bytes)?;
    state.orders.refund(id, &requester, &body.value).await
}

/// Capture the rest of a payment
///
/// Captures everything that is left without waiting for shipments to leave, such as before an authorisation expires. The capture
/// is made in the background, once the shipment is announced. A refused capture needs attention.
#[utoipa::path(post, path = "/api/v1/orders/{id}/capture", tag = "dispatch", operation_id = "capture_order",
    params(("id" = OrderId, Path),
        ("Idempotency-Key" = String, Header, description = "A new key for each capture")),
    responses(
        (status = 202, body = OrderView),
        (status = 404, description = "`not-found`", body = Problem),
        (status = 409, description = "`not-capturable`", body = Problem),
        (status = 422, description = "`invalid-input`, `idempotency-key-reused`", body = Problem),
    ))]
pub async fn capture_order(
    State(state): State<ApiState>,
    principal: Principal,
    headers: HeaderMap,
    Path(id): Path<OrderId>,
) -> Result<JsonResponse, Problem> {
    let requester = state.requester(Some(&principal), &headers, id, ("capture", ""), b"")?;
    state.orders.capture(id, &requester).await
}

/// Add a note to an order
///
/// It appears in the timeline, for staff alone.
#[utoipa::path(post, path = "/api/v1/orders/{id}/notes", tag = "dispatch", operation_id = "add_order_note",
    params(("id" = OrderId, Path),
        ("Idempotency-Key" = String, Header, description = "A new key for each note")),
    request_body = NoteRequest,
    responses(
        (status = 201, body = OrderView),
        (status = 404, description = "`not-found`", body = Problem),
        (status = 409, description = "`too-many-notes`", body = Problem),
        (status = 422, description = "`invalid-input`, `idempotency-key-reused`", body = Problem),
    ))]
pub async fn add_order_note(
    State(state): State<ApiState>,
    principal: Principal,
    headers: HeaderMap,
    Path(id): Path<OrderId>,
    body: RawJson<NoteRequest>,
) -> Result<JsonResponse, Problem> {
    let requester = state.requester(Some(&principal), &headers, id, ("note", ""), &body.bytes)?;
    let text = body.value.text.as_str().trim();
    if text.is_empty() {
        return Err(Problem::invalid("/text", messages::current().note_without_text()));
    }
    state.orders.add_note(id, &requester, text).await
}

/// Read the packing list of an order
///
/// It has the items, the delivery address and the shipments, and neither prices nor the email address.
#[utoipa::path(get, path = "/api/v1/orders/{id}/packing-list", tag = "dispatch", operation_id = "get_packing_list",
    params(("id" = OrderId, Path)),
    responses((status = 200, body = PackingList), (status = 404, description = "`not-found`", body = Problem)))]
pub async fn get_packing_list(
    State(state): State<ApiState>,
    Path(id): Path<OrderId>,
) -> Result<Json<PackingList>, Problem> {
    let missing = || problem::NOT_FOUND.detail(messages::current().no_such_order());
    let order = state.orders.store.find(id).await?.ok_or_else(missing)?;
    Ok(Json(packing_list(order)))
}

/// The orders whose packing lists are read.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PackingListParameters {
    /// The ids of the orders, separated by commas: 1 to 50
    orders: String,
}

/// Read the packing lists of several orders
///
/// Orders that do not exist are left out. The lists are in the order in which the orders were placed.
#[utoipa::path(get, path = "/api/v1/packing-lists", tag = "dispatch", operation_id = "list_packing_lists",
    params(PackingListParameters),
    responses((status = 200, body = PackingLists), (status = 422, description = "`invalid-input`", body = Problem)))]
pub async fn list_packing_lists(
    State(state): State<ApiState>,
    Query(parameters): Query<PackingListParameters>,
) -> Result<Json<PackingLists>, Problem> {
    let invalid = || Problem::invalid("orders", messages::current().order_ids_invalid(MAX_PACKING_LISTS));
    let ids: Result<Vec<OrderId>, _> = parameters.orders.split(',').map(|id| id.trim().parse()).collect();
    let ids = ids.map_err(|_| invalid())?;
    if ids.len() > MAX_PACKING_LISTS {
        return Err(invalid());
    }
    let orders = state.orders.store.find_all(&ids).await?;
    Ok(Json(PackingLists { items: orders.into_iter().map(packing_list).collect() }))
}

/// Count the open orders by status
///
/// Delivered and cancelled orders are not counted.
#[utoipa::path(get, path = "/api/v1/orders/open", tag = "dispatch", operation_id = "count_open_orders",
    responses((status = 200, body = OpenOrderCounts)))]
pub async fn count_open_orders(State(state): State<ApiState>) -> Result<Json<OpenOrderCounts>, Problem> {
    let mut open = state.orders.store.open_orders().await?;
    open.sort_by_key(|one| OrderStatus::ALL.iter().position(|status| *status == one.status));
    let count = |one: OpenOrders| OpenOrderCount { status: one.status, count: one.count, oldest: one.oldest };
    Ok(Json(OpenOrderCounts { items: open.into_iter().map(count).collect() }))
}

/// The filter and position of a list of workflows.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WorkflowParameters {
    /// List only orders with this status; `attention` lists those that need attention
    status: Option<OrderStatus>,
    /// The `next_cursor` of the previous page
    cursor: Option<String>,
    /// The size of the page: 50 by default, at most 100
    limit: Option<u32>,
}

/// List the workflows of orders, the newest first
#[utoipa::path(get, path = "/api/v1/workflows", tag = "dispatch", operation_id = "list_workflows",
    params(WorkflowParameters), responses((status = 200, body = Page<WorkflowSummary>)))]
pub async fn list_workflows(
    State(state): State<ApiState>,
    Query(parameters): Query<WorkflowParameters>,
) -> Result<Json<Page<WorkflowSummary>>, Problem> {
    let limit = page::limit(parameters.limit, 50, 100)?;
    let before: Option<OrderId> = parameters.cursor.as_deref().map(page::decode).transpose()?;
    // One more than the page holds tells if another page follows.
    let filter = OrderFilter { status: parameters.status, ..OrderFilter::default() };
    let found = state.orders.store.list(&filter, before, limit + 1).await?;
    let page = Page::cut(found, limit, |order| order.id());
    Ok(Json(Page { items: page.items.iter().map(workflow_summary).collect(), next_cursor: page.next_cursor }))
}

/// Retry everything about an order that needs attention
#[utoipa::path(post, path = "/api/v1/workflows/{order_id}/retry", tag = "dispatch", operation_id = "retry_workflow",
    params(("order_id" = OrderId, Path),
        ("Idempotency-Key" = String, Header, description = "A new key for each retry")),
    responses(
        (status = 202, body = OrderView),
        (status = 404, description = "`not-found`", body = Problem),
        (status = 409, description = "`attention-not-needed`", body = Problem),
        (status = 422, description = "`invalid-input`, `idempotency-key-reused`", body = Problem),
    ))]
pub async fn retry_workflow(
    State(state): State<ApiState>,
    principal: Principal,
    headers: HeaderMap,
    Path(id): Path<OrderId>,
) -> Result<JsonResponse, Problem> {
    let requester = state.requester(Some(&principal), &headers, id, ("retry", ""), b"")?;
    state.orders.resume(id, &requester).await
}

/// Resolve an order that needs attention and its payment issues
///
/// `done`: the current step was completed manually, and the order continues behind it. Payment records a manual capture or
/// refund in the ledger. `cancel`: the order is cancelled. Either outcome resolves all open payment issues.
#[utoipa::path(post, path = "/api/v1/workflows/{order_id}/resolve", tag = "dispatch", operation_id = "resolve_workflow",
    params(("order_id" = OrderId, Path),
        ("Idempotency-Key" = String, Header, description = "A new key for each decision")),
    request_body(content = AttentionResolution, example = json!({ "outcome": "done", "reason": "refunded in cash" })),
    responses(
        (status = 202, body = OrderView),
        (status = 404, description = "`not-found`", body = Problem),
        (status = 409, description = "`attention-not-needed`, `not-cancellable`", body = Problem),
        (status = 422, description = "`invalid-input`, `idempotency-key-reused`", body = Problem),
    ))]
pub async fn resolve_workflow(
    State(state): State<ApiState>,
    principal: Principal,
    headers: HeaderMap,
    Path(id): Path<OrderId>,
    body: RawJson<AttentionResolution>,
) -> Result<JsonResponse, Problem> {
    let requester = state.requester(Some(&principal), &headers, id, ("resolve", ""), &body.bytes)?;
    state.orders.resolve(id, &requester, &body.value).await
}
