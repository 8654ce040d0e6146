//! What the people of the shop do.

use super::{Request, State};
use crate::order::{Order, Resume, Workflow};
use axum::extract;
use axum::http::HeaderMap;
use chassis::Problem;
use chassis::auth::Principal;
use chassis::http::{Json, Path, Query};
use chassis::idempotency::{JsonResponse, RawJson};
use chassis::page::{self, Page};
use contracts::OrderId;
use contracts::dispatch::{OrderStatus, OrderView, RefundRequest, AttentionResolution, WorkflowSummary};
use serde::Deserialize;

/// Give money back to a customer
///
/// Carried out by the order's workflow.
#[utoipa::path(post, path = "/api/v1/orders/{id}/refunds", tag = "dispatch", operation_id = "refund_order",
    params(("id" = OrderId, Path), ("Idempotency-Key" = String, Header, description = "A new one for each refund")),
    request_body = RefundRequest,
    responses((status = 202, body = OrderView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn refund(
    extract::State(state): extract::State<State>,
    principal: Principal,
    headers: HeaderMap,
    Path(id): Path<OrderId>,
    body: RawJson<RefundRequest>,
) -> Result<JsonResponse, Problem> {
    if body.value.amount.amount <= 0 {
        return Err(Problem::invalid("/amount/amount", "must be more than nothing"));
    }
    let request = Request {
        visitor: Some(&principal),
        order: id,
        operation: "refund",
        headers: &headers,
        about: "",
        body: &body.bytes,
    };
    state.orders.refund(id, &request.keyed(&state)?, &body.value).await
}

/// Which workflows.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WorkflowParameters {
    /// Only orders that stand here; `attention` for those that wait for a person
    status: Option<OrderStatus>,
    /// Where the page begins
    cursor: Option<String>,
    /// How many, at most 100
    limit: Option<u32>,
}

/// Workflows, the newest first
#[utoipa::path(get, path = "/api/v1/workflows", tag = "dispatch", operation_id = "workflows", params(WorkflowParameters),
    responses((status = 200, body = Page<WorkflowSummary>)))]
pub async fn workflows(
    extract::State(state): extract::State<State>,
    Query(parameters): Query<WorkflowParameters>,
) -> Result<Json<Page<WorkflowSummary>>, Problem> {
    let limit = page::limit(parameters.limit, 50, 100)?;
    let before: Option<OrderId> = parameters.cursor.as_deref().map(page::decode).transpose()?;
    let found = state.orders.store.list(None, parameters.status, before, limit + 1).await?;
    let page = Page::cut(found, limit, |order| order.id());
    Ok(Json(Page { items: page.items.iter().map(summary).collect(), next_cursor: page.next_cursor }))
}

fn summary(order: &Order) -> WorkflowSummary {
    let step = match &order.workflow {
        Workflow::Running { step } | Workflow::NeedsAttention { then: Resume::Forward(step), .. } => format!("{step:?}"),
        Workflow::Compensating { undo } | Workflow::NeedsAttention { then: Resume::Back(undo), .. } => format!("{undo:?}"),
        other => format!("{other:?}"),
    };
    WorkflowSummary {
        order_id: order.id(),
        order_number: order.record.order_number.clone(),
        status: order.status(),
        step,
        tries: order.tries,
        reason: order.attention().map(str::to_owned).or_else(|| order.last_failure.clone()),
        due_at: order.due_at(),
    }
}

/// Let what is parked be tried again
#[utoipa::path(post, path = "/api/v1/workflows/{order_id}/retry", tag = "dispatch", operation_id = "retry_workflow",
    params(("order_id" = OrderId, Path),
        ("Idempotency-Key" = String, Header, description = "A new one for each retry")),
    responses((status = 202, body = OrderView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn retry(
    extract::State(state): extract::State<State>,
    principal: Principal,
    headers: HeaderMap,
    Path(id): Path<OrderId>,
) -> Result<JsonResponse, Problem> {
    let request =
        Request { visitor: Some(&principal), order: id, operation: "retry", headers: &headers, about: "", body: b"" };
    state.orders.resume(id, &request.keyed(&state)?).await
}

/// Decide about what is parked, and about what is of concern
///
/// `done`: the step was done another way, and the order goes on behind it; money that was moved by hand is recorded in the
/// books. `cancel`: the order goes back.
#[utoipa::path(post, path = "/api/v1/workflows/{order_id}/resolve", tag = "dispatch", operation_id = "resolve_workflow",
    params(("order_id" = OrderId, Path),
        ("Idempotency-Key" = String, Header, description = "A new one for each decision")),
    request_body = AttentionResolution,
    responses((status = 202, body = OrderView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn resolve(
    extract::State(state): extract::State<State>,
    principal: Principal,
    headers: HeaderMap,
    Path(id): Path<OrderId>,
    body: RawJson<AttentionResolution>,
) -> Result<JsonResponse, Problem> {
    let request = Request {
        visitor: Some(&principal),
        order: id,
        operation: "resolve",
        headers: &headers,
        about: "",
        body: &body.bytes,
    };
    state.orders.resolve(id, &request.keyed(&state)?, &body.value).await
}
