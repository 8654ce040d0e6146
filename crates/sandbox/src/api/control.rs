//! The control API for tests and developers. The shop never forwards requests to it.

use crate::faults::Faults;
use crate::ledger::LedgerPayment;
use crate::payment::{CommandKind, Rejection};
use crate::store::Delivery;
use crate::{Ledger, Sandbox};
use axum::extract::State;
use chassis::http::{Json, Path, Query};
use chassis::{Problem, page, problem};
use contracts::Money;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Handles `GET /sandbox/faults`.
pub(super) async fn faults(State(sandbox): State<Sandbox>) -> Json<Faults> {
    Json(sandbox.faults())
}

/// Handles `PUT /sandbox/faults`, which replaces all faults.
pub(super) async fn set_faults(
    State(sandbox): State<Sandbox>,
    Json(faults): Json<Faults>,
) -> Result<Json<Faults>, Problem> {
    if let Some((pointer, message)) = faults.validation_error() {
        return Err(Problem::invalid(pointer, message));
    }
    sandbox.set_faults(faults);
    Ok(Json(faults))
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum EventType {
    ChargedBack,
    RefundFailed,
    SettlementFailed,
    Expired,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventRequest {
    #[serde(rename = "type")]
    kind: EventType,
    amount: Option<Money>,
}

/// Handles `POST /sandbox/payments/{reference}/events`: triggers an event for the newest payment with this reference.
pub(super) async fn trigger_event(
    State(sandbox): State<Sandbox>,
    Path(reference): Path<String>,
    Json(request): Json<EventRequest>,
) -> Result<Json<LedgerPayment>, Problem> {
    let unknown = || problem::NOT_FOUND.detail("No payment has this reference.");
    let newest = sandbox.0.store.find_by_reference(&reference).await?.pop().ok_or_else(unknown)?;
    if request.amount.is_some_and(|amount| amount.currency != newest.amount.currency) {
        return Err(Problem::invalid("/amount/currency", "must be the currency of the payment"));
    }
    let amount = request.amount.map(|amount| amount.amount);
    let outcome = sandbox
        .change(&newest.id, |payment, now| match request.kind {
            EventType::ChargedBack => payment.charge_back(amount),
            EventType::RefundFailed => payment.fail_newest(CommandKind::Refund, amount, now),
            EventType::SettlementFailed => payment.fail_newest(CommandKind::Settle, amount, now),
            EventType::Expired => payment.expire(),
        })
        .await?
        .ok_or_else(unknown)?;
    match outcome {
        Ok(payment) => Ok(Json(payment.into())),
        Err(Rejection::AmountTooHigh(max)) => Err(Problem::invalid("/amount/amount", format!("must be at most {max}"))),
        Err(_) => Err(problem::CONFLICT.detail("The state of the payment does not allow this event.")),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LedgerParameters {
    // The empty text sorts before every reference, so the first page needs no parameter.
    #[serde(default)]
    after: String,
    limit: Option<u32>,
}

/// A page of the ledger.
#[derive(Debug, Serialize)]
pub(super) struct LedgerPage {
    items: Vec<LedgerPayment>,
    /// The value of `after` for the next page; null on the last page.
    next: Option<String>,
}

/// Handles `GET /sandbox/ledger`.
pub(super) async fn ledger(
    State(sandbox): State<Sandbox>,
    Query(parameters): Query<LedgerParameters>,
) -> Result<Json<LedgerPage>, Problem> {
    let limit = page::limit(parameters.limit, 100, 1000)?;
    let ledger: Ledger = sandbox.ledger();
    let items = ledger.payments_after(&parameters.after, limit).await?;
    // Payments with one reference stay together, so a full page may have more than `limit` items but never fewer.
    let next = if items.len() < limit { None } else { items.last().map(|last| last.reference.clone()) };
    Ok(Json(LedgerPage { items, next }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookParameters {
    limit: Option<u32>,
}

/// Handles `GET /sandbox/webhooks`: lists delivery attempts, the latest first.
pub(super) async fn webhooks(
    State(sandbox): State<Sandbox>,
    Query(parameters): Query<WebhookParameters>,
) -> Result<Json<Vec<Delivery>>, Problem> {
    let limit = page::limit(parameters.limit, 100, 1000)?;
    Ok(Json(sandbox.0.store.deliveries(limit).await?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResendRequest {
    since: Timestamp,
}

/// The webhooks that are sent again.
#[derive(Debug, Serialize)]
pub(super) struct Resent {
    resent: u64,
}

/// Handles `POST /sandbox/webhooks/resend`: sends the webhooks again that were created since a time, as gateways do on
/// request for a shop that was restored from a backup.
pub(super) async fn resend_webhooks(
    State(sandbox): State<Sandbox>,
    Json(request): Json<ResendRequest>,
) -> Result<Json<Resent>, Problem> {
    Ok(Json(Resent { resent: sandbox.0.store.resend(request.since, sandbox.now()).await? }))
}
