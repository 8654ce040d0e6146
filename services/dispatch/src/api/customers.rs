//! The operations of customers on their orders.

use super::ApiState;
use crate::messages;
use crate::store::{OrderFilter, search_words};
use crate::views::summary;
use axum::extract::State;
use axum::http::HeaderMap;
use chassis::auth::{OptionalPrincipal, Principal};
use chassis::http::{Json, Path, Query};
use chassis::idempotency::{JsonResponse, RawJson};
use chassis::page::{self, Page};
use chassis::{Problem, StatusCode, problem};
use contracts::OrderId;
use contracts::dispatch::{CancellationRequest, OrderLinkRequest, OrderStatus, OrderSummary, OrderView};
use jiff::Timestamp;
use serde::Deserialize;

/// The longest search in characters.
const MAX_QUERY_LENGTH: usize = 200;

/// The filter and position of a list of orders.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OrderParameters {
    /// List the orders of all customers, for staff
    #[serde(default)]
    all: bool,
    /// List only orders with this status
    status: Option<OrderStatus>,
    /// List only orders found by these words: the beginning of the number, the email address or a name
    #[param(max_length = 200)]
    q: Option<String>,
    /// List only orders that were placed at this time or later (RFC 3339, to the second)
    placed_from: Option<Timestamp>,
    /// List only orders that were placed before this time (RFC 3339, to the second)
    placed_before: Option<Timestamp>,
    /// List only orders with a return or withdrawal whose items the shop has neither received nor declined
    #[serde(default)]
    awaits_return: bool,
    /// The `next_cursor` of the previous page
    cursor: Option<String>,
    /// The size of the page: 20 by default, at most 100
    limit: Option<u32>,
}

/// List orders, the newest first
///
/// Customers see their own orders. Staff see those of all customers with `all`, each with its customer.
#[utoipa::path(get, path = "/api/v1/orders", tag = "dispatch", operation_id = "list_orders", params(OrderParameters),
    responses(
        (status = 200, body = Page<OrderSummary>),
        (status = 403, description = "`forbidden`: `all` is for staff", body = Problem),
    ))]
pub async fn list_orders(
    State(state): State<ApiState>,
    principal: Principal,
    Query(parameters): Query<OrderParameters>,
) -> Result<Json<Page<OrderSummary>>, Problem> {
    if parameters.all && !principal.is_staff() {
        return Err(problem::FORBIDDEN.detail(messages::current().staff_only_list()));
    }
    let limit = page::limit(parameters.limit, 20, 100)?;
    let before: Option<OrderId> = parameters.cursor.as_deref().map(page::decode).transpose()?;
    let owner = (!parameters.all).then(|| principal.subject.to_string());
    let q = parameters.q.unwrap_or_default();
    if q.chars().count() > MAX_QUERY_LENGTH {
        return Err(Problem::invalid("q", messages::current().query_too_long(MAX_QUERY_LENGTH)));
    }
    let search = search_words(&q);
    let OrderParameters { status, placed_from, placed_before, awaits_return, .. } = parameters;
    let terms = Vec::new();
    let filter = OrderFilter { owner, status, search, terms, placed_from, placed_before, awaits_return };
    // One more than the page holds tells if another page follows.
    let found = state.orders.store.list(&filter, before, limit + 1).await?;
    let page = Page::cut(found, limit, |order| order.id());
    let items = page.items.iter().map(|order| summary(order, parameters.all)).collect();
    Ok(Json(Page { items, next_cursor: page.next_cursor }))
}

/// Email the link of an order to its customer
///
/// The response is the same if no order has this number and email address. An order's link is sent once in five minutes.
#[utoipa::path(post, path = "/api/v1/orders/links", tag = "dispatch", operation_id = "send_order_link",
    request_body = OrderLinkRequest,
    responses(
        (status = 202, description = "If there is such an order, its link is on its way"),
        (status = 422, description = "`invalid-input`", body = Problem),
    ))]
pub async fn send_order_link(
    State(state): State<ApiState>,
    Json(request): Json<OrderLinkRequest>,
) -> Result<StatusCode, Problem> {
    state.orders.send_link(request.number.as_str(), request.email.as_str()).await?;
    Ok(StatusCode::ACCEPTED)
}

/// The token of an order's link.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LinkParameters {
    /// The token from the order's emails or from checkout, for callers without the session
    pub token: Option<String>,
}

/// Get an order
#[utoipa::path(get, path = "/api/v1/orders/{id}", tag = "dispatch", operation_id = "get_order",
    params(("id" = OrderId, Path), LinkParameters),
    responses(
        (status = 200, body = OrderView),
        (status = 401, description = "`unauthenticated`: neither a session nor the order's link", body = Problem),
        (status = 404, description = "`not-found`", body = Problem),
    ))]
pub async fn get_order(
    State(state): State<ApiState>,
    OptionalPrincipal(caller): OptionalPrincipal,
    Path(id): Path<OrderId>,
    Query(link): Query<LinkParameters>,
) -> Result<Json<OrderView>, Problem> {
    let order = state.orders.find_visible(caller.as_ref(), link.token.as_deref(), id).await?;
    Ok(Json(state.orders.viewer(caller.as_ref()).view(order)))
}

/// Cancel an order that has not been shipped
///
/// The cancellation is carried out in the background: the order is cancelled once its status is `cancelled`.
#[utoipa::path(post, path = "/api/v1/orders/{id}/cancel", tag = "dispatch", operation_id = "cancel_order",
    params(("id" = OrderId, Path), LinkParameters,
        ("Idempotency-Key" = String, Header, description = "A new key for each cancellation")),
    request_body(content = CancellationRequest, example = json!({ "reason": "ordered by mistake" })),
    responses(
        (status = 202, body = OrderView),
        (status = 401, description = "`unauthenticated`: neither a session nor the order's link", body = Problem),
        (status = 404, description = "`not-found`", body = Problem),
        (status = 409, description = "`not-cancellable`", body = Problem),
        (status = 422, description = "`invalid-input`, `idempotency-key-reused`", body = Problem),
    ))]
pub async fn cancel_order(
    State(state): State<ApiState>,
    caller: OptionalPrincipal,
    headers: HeaderMap,
    Path(id): Path<OrderId>,
    Query(link): Query<LinkParameters>,
    body: Result<RawJson<CancellationRequest>, Problem>,
) -> Result<JsonResponse, Problem> {
    let command = ("cancel", "");
    let (requester, request) = state.customer_command(&caller, &link, &headers, id, command, body).await?;
    let reason = request.reason.as_ref().map_or(messages::current().cancelled_by_customer(), |it| it.as_str());
    state.orders.cancel(id, &requester, reason).await
}
