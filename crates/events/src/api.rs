//! Dead letters over HTTP: what a service's consumer gave up, for the people of the shop. Each service that consumes
//! mounts [`dead_letters`] and has [`RULES`] in its access table; the table of routes leads each queue to its service.

use crate::inbox::{Failure, Inbox};
use axum::extract::State;
use axum::http::StatusCode;
use chassis::auth::{Access, Role, Rule};
use chassis::http::{Json, Path};
use chassis::{Problem, SystemContext, problem};
use contracts::EventId;
use contracts::dispatch::{DeadLetter, DiscardRequest};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const MOST: usize = 200;
const STAFF: Access = Access::Staff(&[Role::Support, Role::Merchant, Role::Admin]);

/// Who may call the operations.
pub const RULES: &[Rule] = &[
    Rule::get("/api/v1/dead-letters/{queue}", STAFF),
    Rule::get("/api/v1/dead-letters/{queue}/{event_id}", STAFF),
    Rule::post("/api/v1/dead-letters/{queue}/{event_id}/replay", STAFF),
    Rule::post("/api/v1/dead-letters/{queue}/{event_id}/discard", STAFF),
];

#[derive(Clone)]
struct Letters {
    queue: &'static str,
    inbox: Arc<dyn Inbox>,
    system: SystemContext,
}

impl Letters {
    fn of(&self, queue: &str) -> Result<&dyn Inbox, Problem> {
        if queue != self.queue {
            return Err(problem::NOT_FOUND.detail("There is no such queue; there are dispatch, cart and ratings."));
        }
        Ok(self.inbox.as_ref())
    }
}

/// The operations on what the consumer of `queue` gave up.
pub fn dead_letters(queue: &'static str, inbox: Arc<dyn Inbox>, system: SystemContext) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(replay))
        .routes(routes!(discard))
        .with_state(Letters { queue, inbox, system })
}

fn told(failure: Failure) -> DeadLetter {
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
    problem::NOT_FOUND.detail("There is no such dead letter.")
}

/// Events that a consumer gave up, the newest first
#[utoipa::path(get, path = "/api/v1/dead-letters/{queue}", tag = "events", operation_id = "dead_letters",
    params(("queue" = String, Path, description = "dispatch, cart or ratings")),
    responses((status = 200, body = Vec<DeadLetter>), (status = 404, body = Problem)))]
async fn list(State(letters): State<Letters>, Path(queue): Path<String>) -> Result<Json<Vec<DeadLetter>>, Problem> {
    let failures = letters.of(&queue)?.dead_letters(MOST).await?;
    Ok(Json(failures.into_iter().map(told).collect()))
}

/// An event that a consumer gave up
#[utoipa::path(get, path = "/api/v1/dead-letters/{queue}/{event_id}", tag = "events", operation_id = "dead_letter",
    params(("queue" = String, Path, description = "dispatch, cart or ratings"), ("event_id" = EventId, Path)),
    responses((status = 200, body = DeadLetter), (status = 404, body = Problem)))]
async fn show(
    State(letters): State<Letters>,
    Path((queue, id)): Path<(String, EventId)>,
) -> Result<Json<DeadLetter>, Problem> {
    let failure = letters.of(&queue)?.dead_letter(id).await?;
    failure.map(|failure| Json(told(failure))).ok_or_else(unknown)
}

/// Let an event that was given up be tried again
#[utoipa::path(post, path = "/api/v1/dead-letters/{queue}/{event_id}/replay", tag = "events",
    operation_id = "replay_dead_letter",
    params(("queue" = String, Path, description = "dispatch, cart or ratings"), ("event_id" = EventId, Path)),
    responses((status = 202), (status = 404, body = Problem)))]
async fn replay(
    State(letters): State<Letters>,
    Path((queue, id)): Path<(String, EventId)>,
) -> Result<StatusCode, Problem> {
    let replayed = letters.of(&queue)?.replay(id, letters.system.now()).await?;
    if replayed { Ok(StatusCode::ACCEPTED) } else { Err(unknown()) }
}

/// Throw an event away that was given up
#[utoipa::path(post, path = "/api/v1/dead-letters/{queue}/{event_id}/discard", tag = "events",
    operation_id = "discard_dead_letter",
    params(("queue" = String, Path, description = "dispatch, cart or ratings"), ("event_id" = EventId, Path)),
    request_body = DiscardRequest, responses((status = 204), (status = 404, body = Problem)))]
async fn discard(
    State(letters): State<Letters>,
    Path((queue, id)): Path<(String, EventId)>,
    Json(discard): Json<DiscardRequest>,
) -> Result<StatusCode, Problem> {
    let discarded = letters.of(&queue)?.discard(id, discard.reason.as_str()).await?;
    if discarded { Ok(StatusCode::NO_CONTENT) } else { Err(unknown()) }
}
