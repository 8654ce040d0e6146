//! Dead letters over HTTP: the events that a service's consumer or the broker gave up, for staff. Each consuming service
//! mounts [`dead_letters`] and includes [`RULES`] in its access table. The edge routes each queue to its service, and those
//! of the broker to dispatch.

use crate::inbox::{DeadLetters, Failure};
use axum::extract::State;
use axum::http::StatusCode;
use chassis::auth::{Access, Role, Rule};
use chassis::http::{Json, Path};
use chassis::{Problem, SystemContext, problem};
use contracts::EventId;
use contracts::dispatch::{DeadLetter, DeadLetterList, DiscardRequest};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const MAX_DEAD_LETTERS: usize = 200;
const STAFF: Access = Access::Staff(&[Role::Support, Role::Merchant, Role::Admin]);

/// The access rules of these operations, for staff only.
pub const RULES: &[Rule] = &[
    Rule::get("/api/v1/dead-letters/{queue}", STAFF),
    Rule::get("/api/v1/dead-letters/{queue}/{event_id}", STAFF),
    Rule::post("/api/v1/dead-letters/{queue}/{event_id}/replay", STAFF),
    Rule::post("/api/v1/dead-letters/{queue}/{event_id}/discard", STAFF),
];

#[derive(Clone)]
struct ApiState {
    lists: Arc<[(&'static str, Arc<dyn DeadLetters>)]>,
    system: SystemContext,
}

impl ApiState {
    fn of(&self, queue: &str) -> Result<&dyn DeadLetters, Problem> {
        // The edge routes unknown queues to dispatch, which has to reject them.
        let found = self.lists.iter().find(|(name, _)| *name == queue);
        found.map(|(_, list)| list.as_ref()).ok_or_else(|| {
            problem::NOT_FOUND
                .detail("Unknown queue. The queues are dispatch, cart and ratings; broker has what the broker gave up.")
        })
    }
}

/// The name under which the dead letters of the broker are listed, instead of a queue's.
pub const BROKER: &str = "broker";

/// Returns the operations on these dead letters, by the names of their queues.
pub fn dead_letters(lists: &[(&'static str, Arc<dyn DeadLetters>)], system: SystemContext) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(replay))
        .routes(routes!(discard))
        .with_state(ApiState { lists: lists.into(), system })
}

fn dead_letter_view(failure: Failure) -> DeadLetter {
    DeadLetter {
        event_id: failure.event.id,
        event_type: failure.event.kind,
        tries: failure.tries,
        reason: failure.reason,
        received_at: failure.received_at,
        data: failure.event.data,
    }
}

fn unknown() -> Problem {
    problem::NOT_FOUND.detail("Dead letter not found.")
}

/// List the dead letters of a queue, newest first
#[utoipa::path(get, path = "/api/v1/dead-letters/{queue}", tag = "events", operation_id = "list_dead_letters",
    params(("queue" = String, Path, description = "dispatch, cart, ratings or broker")),
    responses((status = 200, body = DeadLetterList), (status = 404, body = Problem)))]
async fn list(State(state): State<ApiState>, Path(queue): Path<String>) -> Result<Json<DeadLetterList>, Problem> {
    let failures = state.of(&queue)?.dead_letters(MAX_DEAD_LETTERS).await?;
    Ok(Json(DeadLetterList { items: failures.into_iter().map(dead_letter_view).collect() }))
}

/// Get a dead letter
#[utoipa::path(get, path = "/api/v1/dead-letters/{queue}/{event_id}", tag = "events", operation_id = "get_dead_letter",
    params(("queue" = String, Path, description = "dispatch, cart, ratings or broker"), ("event_id" = EventId, Path)),
    responses((status = 200, body = DeadLetter), (status = 404, body = Problem)))]
async fn show(
    State(state): State<ApiState>,
    Path((queue, id)): Path<(String, EventId)>,
) -> Result<Json<DeadLetter>, Problem> {
    let failure = state.of(&queue)?.dead_letter(id).await?;
    failure.map(|failure| Json(dead_letter_view(failure))).ok_or_else(unknown)
}

/// Replay a dead letter
#[utoipa::path(post, path = "/api/v1/dead-letters/{queue}/{event_id}/replay", tag = "events",
    operation_id = "replay_dead_letter",
    params(("queue" = String, Path, description = "dispatch, cart, ratings or broker"), ("event_id" = EventId, Path)),
    responses((status = 202), (status = 404, body = Problem)))]
async fn replay(
    State(state): State<ApiState>,
    Path((queue, id)): Path<(String, EventId)>,
) -> Result<StatusCode, Problem> {
    let replayed = state.of(&queue)?.replay(id, state.system.now()).await?;
    // The status is 202, because the inbox worker processes the event later.
    if replayed { Ok(StatusCode::ACCEPTED) } else { Err(unknown()) }
}

/// Discard a dead letter
#[utoipa::path(post, path = "/api/v1/dead-letters/{queue}/{event_id}/discard", tag = "events",
    operation_id = "discard_dead_letter",
    params(("queue" = String, Path, description = "dispatch, cart, ratings or broker"), ("event_id" = EventId, Path)),
    request_body = DiscardRequest, responses((status = 204), (status = 404, body = Problem)))]
async fn discard(
    State(state): State<ApiState>,
    Path((queue, id)): Path<(String, EventId)>,
    Json(discard): Json<DiscardRequest>,
) -> Result<StatusCode, Problem> {
    let discarded = state.of(&queue)?.discard(id, discard.reason.as_str()).await?;
    if discarded { Ok(StatusCode::NO_CONTENT) } else { Err(unknown()) }
}
