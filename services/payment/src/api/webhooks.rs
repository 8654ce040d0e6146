//! Webhooks of gateways, and their events that could not be processed.

use crate::checkout::Checkout;
use crate::store::{StoredWebhookEvent, WebhookEventOutcome};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use chassis::http::{Json, Path};
use chassis::{Problem, problem};
use contracts::dispatch::DiscardRequest;
use contracts::payment::{WebhookEventView, WebhookEvents};

/// The maximum number of listed events.
const MAX_LISTED: usize = 1000;

/// Receive a gateway webhook
///
/// The event is verified by the gateway's signature and stored; it is processed after the acknowledgement. The gateway
/// defines the format of the body; the example is an event of Worldpay.
#[utoipa::path(post, path = "/api/v1/webhooks/{gateway}", tag = "payment", operation_id = "receive_webhook",
    params(("gateway" = String, Path)),
    request_body(content = Object, example = json!({
        "eventId": "7f8a8a3c-0d5e-4c1e-9f53-0f7a6a2f3b11", "eventTimestamp": "2026-01-15T12:00:00.000",
        "eventDetails": { "classification": "payment", "type": "authorized",
            "transactionReference": "0198c0f2a7b3702a8f31c7a9d5e4b610-1",
            "amount": { "value": 2598, "currencyCode": "EUR" } } })),
    responses((status = 200), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub async fn receive_webhook(
    State(checkout): State<Checkout>,
    Path(gateway): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    // Passes the raw body on, since the signature covers its exact bytes.
    checkout.engine().receive_webhook(&gateway, &headers, &body).await?;
    Ok(StatusCode::OK)
}

fn view(stored: StoredWebhookEvent) -> WebhookEventView {
    WebhookEventView {
        gateway: stored.gateway,
        id: stored.webhook_event.id,
        kind: stored.webhook_event.kind.as_str().to_owned(),
        transaction: stored.webhook_event.transaction,
        amount: stored.webhook_event.amount,
        tries: stored.tries,
        reason: stored.reason,
        received_at: stored.received_at,
    }
}

/// List failed webhook events
///
/// The newest come first.
#[utoipa::path(get, path = "/api/v1/webhook-events", tag = "payment", operation_id = "list_webhook_events",
    responses((status = 200, body = WebhookEvents)))]
pub async fn list_webhook_events(State(checkout): State<Checkout>) -> Result<Json<WebhookEvents>, Problem> {
    let failed = checkout.engine().store.failed_webhook_events(MAX_LISTED).await?;
    Ok(Json(WebhookEvents { items: failed.into_iter().map(view).collect() }))
}

/// Stores the decision of staff about a failed event.
async fn decide(checkout: &Checkout, gateway: &str, id: &str, outcome: WebhookEventOutcome) -> Result<(), Problem> {
    // A conditional update: of two concurrent decisions only the first one takes effect.
    let decided = checkout.engine().store.resolve_webhook_event(gateway, id, &outcome).await?;
    decided.then_some(()).ok_or_else(|| problem::NOT_FOUND.detail("There is no failed webhook event with this id."))
}

/// Retry a failed webhook event
#[utoipa::path(post, path = "/api/v1/webhook-events/{gateway}/{id}/replay", tag = "payment",
    operation_id = "replay_webhook_event", params(("gateway" = String, Path), ("id" = String, Path)),
    responses((status = 202), (status = 404, body = Problem)))]
pub async fn replay_webhook_event(
    State(checkout): State<Checkout>,
    Path((gateway, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let at = checkout.engine().system.now();
    decide(&checkout, &gateway, &id, WebhookEventOutcome::Retry { at, reason: "retry requested".to_owned() }).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Discard a failed webhook event
#[utoipa::path(post, path = "/api/v1/webhook-events/{gateway}/{id}/discard", tag = "payment",
    operation_id = "discard_webhook_event", params(("gateway" = String, Path), ("id" = String, Path)),
    request_body = DiscardRequest, responses((status = 204), (status = 404, body = Problem)))]
pub async fn discard_webhook_event(
    State(checkout): State<Checkout>,
    Path((gateway, id)): Path<(String, String)>,
    Json(discard): Json<DiscardRequest>,
) -> Result<StatusCode, Problem> {
    let reason = discard.reason.as_str().to_owned();
    decide(&checkout, &gateway, &id, WebhookEventOutcome::Discarded { reason }).await?;
    Ok(StatusCode::NO_CONTENT)
}
