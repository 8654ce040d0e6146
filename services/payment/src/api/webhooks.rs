//! What gateways tell by themselves.

use crate::checkout::Checkout;
use crate::store::{KeptWebhookEvent, WebhookEventEnd};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use chassis::http::{Json, Path};
use chassis::{Problem, problem};
use contracts::dispatch::DiscardRequest;
use contracts::payment::WebhookEventView;

/// How many notices are listed at most.
const MOST: usize = 1000;

/// Tell what became of a payment, as a gateway
///
/// Verified by the gateway's signature, kept, and acted on after it is acknowledged.
#[utoipa::path(post, path = "/api/v1/webhooks/{gateway}", tag = "payment", operation_id = "webhook",
    params(("gateway" = String, Path)), request_body(content = Vec<u8>, content_type = "application/json"),
    responses((status = 200), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub async fn hear(
    State(checkout): State<Checkout>,
    Path(gateway): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    checkout.engine().hear(&gateway, &headers, &body).await?;
    Ok(StatusCode::OK)
}

fn shown(kept: KeptWebhookEvent) -> WebhookEventView {
    WebhookEventView {
        gateway: kept.gateway,
        id: kept.webhook_event.id,
        kind: kept.webhook_event.kind.name().to_owned(),
        transaction: kept.webhook_event.transaction,
        amount: kept.webhook_event.amount,
        tries: kept.tries,
        reason: kept.reason,
        received_at: kept.received_at,
    }
}

/// What gateways told and could not be taken in, the newest first
#[utoipa::path(get, path = "/api/v1/webhook-events", tag = "payment", operation_id = "gateway_notices",
    responses((status = 200, body = Vec<WebhookEventView>)))]
pub async fn webhook_events(State(checkout): State<Checkout>) -> Result<Json<Vec<WebhookEventView>>, Problem> {
    let given_up = checkout.engine().store.notices_given_up(MOST).await?;
    Ok(Json(given_up.into_iter().map(shown).collect()))
}

/// Keeps what a person decided about a notice that was given up.
async fn decide(checkout: &Checkout, gateway: &str, id: &str, end: WebhookEventEnd) -> Result<(), Problem> {
    let decided = checkout.engine().store.settle_webhook_event(gateway, id, &end).await?;
    decided.then_some(()).ok_or_else(|| problem::NOT_FOUND.detail("There is no such notice that was given up."))
}

/// Let a notice that was given up be tried again
#[utoipa::path(post, path = "/api/v1/webhook-events/{gateway}/{id}/replay", tag = "payment",
    operation_id = "replay_gateway_notice", params(("gateway" = String, Path), ("id" = String, Path)),
    responses((status = 202), (status = 404, body = Problem)))]
pub async fn replay(
    State(checkout): State<Checkout>,
    Path((gateway, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let at = checkout.engine().system.now();
    decide(&checkout, &gateway, &id, WebhookEventEnd::Later { at, reason: "it is tried again".to_owned() }).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Throw a notice away that was given up
#[utoipa::path(post, path = "/api/v1/webhook-events/{gateway}/{id}/discard", tag = "payment",
    operation_id = "discard_gateway_notice", params(("gateway" = String, Path), ("id" = String, Path)),
    request_body = DiscardRequest, responses((status = 204), (status = 404, body = Problem)))]
pub async fn discard(
    State(checkout): State<Checkout>,
    Path((gateway, id)): Path<(String, String)>,
    Json(discard): Json<DiscardRequest>,
) -> Result<StatusCode, Problem> {
    let reason = discard.reason.as_str().to_owned();
    decide(&checkout, &gateway, &id, WebhookEventEnd::Discarded { reason }).await?;
    Ok(StatusCode::NO_CONTENT)
}
