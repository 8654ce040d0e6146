//! What customers do with their orders.

use super::{Request, State};
use crate::orders::summary;
use axum::extract;
use axum::http::HeaderMap;
use chassis::auth::{Principal, Visitor};
use chassis::http::{Json, Path, Query};
use chassis::idempotency::{JsonResponse, RawJson};
use chassis::page::{self, Page};
use chassis::{Problem, problem};
use contracts::OrderId;
use contracts::dispatch::{CancellationRequest, OrderStatus, OrderSummary, OrderView};
use serde::Deserialize;

/// Which orders.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OrderParameters {
    /// Everybody's, for staff
    #[serde(default)]
    all: bool,
    /// Only those that stand here
    status: Option<OrderStatus>,
    /// Where the page begins
    cursor: Option<String>,
    /// How many, at most 100
    limit: Option<u32>,
}

/// The caller's orders, the newest first
#[utoipa::path(get, path = "/api/v1/orders", tag = "dispatch", operation_id = "orders", params(OrderParameters),
    responses((status = 200, body = Page<OrderSummary>), (status = 403, body = Problem)))]
pub async fn orders(
    extract::State(state): extract::State<State>,
    principal: Principal,
    Query(parameters): Query<OrderParameters>,
) -> Result<Json<Page<OrderSummary>>, Problem> {
    if parameters.all && !principal.is_staff() {
        return Err(problem::FORBIDDEN.detail("Only staff see everybody's orders."));
    }
    let limit = page::limit(parameters.limit, 20, 100)?;
    let before: Option<OrderId> = parameters.cursor.as_deref().map(page::decode).transpose()?;
    let owner = principal.subject.to_string();
    let owner = (!parameters.all).then_some(owner.as_str());
    let found = state.orders.store.list(owner, parameters.status, before, limit + 1).await?;
    let page = Page::cut(found, limit, |order| order.id());
    Ok(Json(Page { items: page.items.iter().map(summary).collect(), next_cursor: page.next_cursor }))
}

/// The token of a mail's link.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LinkParameters {
    /// The token from the order's mail or from checkout, for those without the session
    pub token: Option<String>,
}

/// An order
#[utoipa::path(get, path = "/api/v1/orders/{id}", tag = "dispatch", operation_id = "order",
    params(("id" = OrderId, Path), LinkParameters),
    responses((status = 200, body = OrderView), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn order(
    extract::State(state): extract::State<State>,
    Visitor(visitor): Visitor,
    Path(id): Path<OrderId>,
    Query(link): Query<LinkParameters>,
) -> Result<Json<OrderView>, Problem> {
    let order = state.orders.visible(visitor.as_ref(), link.token.as_deref(), id).await?;
    Ok(Json(state.orders.viewer(visitor.as_ref()).view(order)))
}

/// Cancel an order that has not left
///
/// The answer shows the order as it is then; it is cancelled when its status says so.
#[utoipa::path(post, path = "/api/v1/orders/{id}/cancel", tag = "dispatch", operation_id = "cancel_order",
    params(("id" = OrderId, Path), LinkParameters,
        ("Idempotency-Key" = String, Header, description = "A new one for each cancellation")),
    request_body = CancellationRequest,
    responses((status = 202, body = OrderView), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn cancel(
    extract::State(state): extract::State<State>,
    Visitor(visitor): Visitor,
    headers: HeaderMap,
    Path(id): Path<OrderId>,
    Query(link): Query<LinkParameters>,
    body: Result<RawJson<CancellationRequest>, Problem>,
) -> Result<JsonResponse, Problem> {
    // Whose order it is comes before what is asked of it.
    state.orders.visible(visitor.as_ref(), link.token.as_deref(), id).await?;
    let body = body?;
    let request = Request {
        visitor: visitor.as_ref(),
        order: id,
        operation: "cancel",
        headers: &headers,
        about: "",
        body: &body.bytes,
    };
    let reason = body.value.reason.as_ref().map_or("the customer cancelled", |reason| reason.as_str());
    state.orders.cancel(id, &request.keyed(&state)?, reason).await
}
