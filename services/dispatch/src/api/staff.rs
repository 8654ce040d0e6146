//! What the people of the shop do.

use super::State;
use crate::order::{Order, Workflow};
use crate::orders::view;
use axum::extract;
use axum::http::StatusCode;
use chassis::http::{Json, Path, Query};
use chassis::page::{self, Page};
use chassis::{Problem, problem};
use contracts::dispatch::{DeadLetter, Discard, OrderStatus, OrderView, RefundRequest, WorkflowSummary};
use contracts::{EventId, OrderId};
use serde::Deserialize;

const MOST_DEAD_LETTERS: usize = 200;

/// Give money back to a customer
///
/// Carried out by the order's workflow; the key makes it happen once.
#[utoipa::path(post, path = "/api/v1/orders/{id}/refunds", tag = "dispatch", operation_id = "refund_order",
    params(("id" = OrderId, Path)), request_body = RefundRequest,
    responses((status = 202, body = OrderView), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn refund(
    extract::State(state): extract::State<State>,
    Path(id): Path<OrderId>,
    Json(request): Json<RefundRequest>,
) -> Result<(StatusCode, Json<OrderView>), Problem> {
    if request.amount.amount <= 0 {
        return Err(Problem::invalid("/amount/amount", "must be more than nothing"));
    }
    let order = state.orders.refund(id, &request).await?;
    Ok((StatusCode::ACCEPTED, Json(view(order, true))))
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
    let (step, reason) = match &order.workflow {
        Workflow::Running { step } => (format!("{step:?}"), order.last_failure.clone()),
        Workflow::Compensating { undo } => (format!("{undo:?}"), order.last_failure.clone()),
        Workflow::Parked { reason, undo } => (format!("{undo:?}"), Some(reason.clone())),
        other => (format!("{other:?}"), order.last_failure.clone()),
    };
    WorkflowSummary {
        order_id: order.id(),
        order_number: order.record.order_number.clone(),
        status: order.status(),
        step,
        tries: order.tries,
        reason,
        due_at: order.due_at(),
    }
}

/// Let a parked workflow go on
#[utoipa::path(post, path = "/api/v1/workflows/{order_id}/retry", tag = "dispatch", operation_id = "retry_workflow",
    params(("order_id" = OrderId, Path)),
    responses((status = 202, body = OrderView), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn retry(
    extract::State(state): extract::State<State>,
    Path(id): Path<OrderId>,
) -> Result<(StatusCode, Json<OrderView>), Problem> {
    let order = state.orders.resume(id).await?;
    Ok((StatusCode::ACCEPTED, Json(view(order, true))))
}

/// Events that dispatch gave up
#[utoipa::path(get, path = "/api/v1/dead-letters", tag = "dispatch", operation_id = "dead_letters",
    responses((status = 200, body = Vec<DeadLetter>)))]
pub async fn dead_letters(extract::State(state): extract::State<State>) -> Result<Json<Vec<DeadLetter>>, Problem> {
    let letters = state.inbox.dead_letters(MOST_DEAD_LETTERS).await?;
    let told = letters.into_iter().map(|letter| DeadLetter {
        event_id: letter.event.id,
        event_type: letter.event.kind,
        tries: letter.tries,
        reason: letter.reason,
        received_at: letter.received_at,
        data: letter.event.data,
    });
    Ok(Json(told.collect()))
}

/// Let an event that was given up be tried again
#[utoipa::path(post, path = "/api/v1/dead-letters/{event_id}/replay", tag = "dispatch", operation_id = "replay_dead_letter",
    params(("event_id" = EventId, Path)), responses((status = 202), (status = 404, body = Problem)))]
pub async fn replay(
    extract::State(state): extract::State<State>,
    Path(id): Path<EventId>,
) -> Result<StatusCode, Problem> {
    if state.inbox.replay(id, state.sources.now()).await? { Ok(StatusCode::ACCEPTED) } else { Err(unknown()) }
}

/// Throw an event away that was given up
#[utoipa::path(post, path = "/api/v1/dead-letters/{event_id}/discard", tag = "dispatch", operation_id = "discard_dead_letter",
    params(("event_id" = EventId, Path)), request_body = Discard, responses((status = 204), (status = 404, body = Problem)))]
pub async fn discard(
    extract::State(state): extract::State<State>,
    Path(id): Path<EventId>,
    Json(discard): Json<Discard>,
) -> Result<StatusCode, Problem> {
    if state.inbox.discard(id, discard.reason.as_str()).await? { Ok(StatusCode::NO_CONTENT) } else { Err(unknown()) }
}

fn unknown() -> Problem {
    problem::NOT_FOUND.detail("There is no such dead letter.")
}
