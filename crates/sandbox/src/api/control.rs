//! Controls for tests and developers. The shop never forwards them.

use crate::faults::Faults;
use crate::ledger::LedgerPayment;
use crate::payment::{CommandKind, Impossible};
use crate::store::Delivery;
use crate::{Ledger, Sandbox};
use axum::extract::State;
use chassis::http::{Json, Path, Query};
use chassis::{Problem, page, problem};
use contracts::Money;
use serde::{Deserialize, Serialize};

/// `GET /sandbox/faults`.
pub(super) async fn faults(State(sandbox): State<Sandbox>) -> Json<Faults> {
    Json(sandbox.faults())
}

/// `PUT /sandbox/faults`: replaces them all.
pub(super) async fn set_faults(
    State(sandbox): State<Sandbox>,
    Json(faults): Json<Faults>,
) -> Result<Json<Faults>, Problem> {
    if let Some((place, mistake)) = faults.mistake() {
        return Err(Problem::invalid(place, mistake));
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
pub(super) struct Happens {
    #[serde(rename = "type")]
    kind: EventType,
    amount: Option<Money>,
}

/// `POST /sandbox/payments/{reference}/events`: has something happen to the newest payment of this reference.
pub(super) async fn happen(
    State(sandbox): State<Sandbox>,
    Path(reference): Path<String>,
    Json(happens): Json<Happens>,
) -> Result<Json<LedgerPayment>, Problem> {
    let unknown = || problem::NOT_FOUND.detail("There is no payment of this reference.");
    let newest = sandbox.0.store.of_reference(&reference).await?.pop().ok_or_else(unknown)?;
    if happens.amount.is_some_and(|amount| amount.currency != newest.amount.currency) {
        return Err(Problem::invalid("/amount/currency", "is not that of the payment"));
    }
    let amount = happens.amount.map(|amount| amount.amount);
    let outcome = sandbox
        .change(&newest.id, |payment, now| match happens.kind {
            EventType::ChargedBack => payment.charge_back(amount),
            EventType::RefundFailed => payment.fail_newest(CommandKind::Refund, amount, now),
            EventType::SettlementFailed => payment.fail_newest(CommandKind::Settle, amount, now),
            EventType::Expired => payment.expire(),
        })
        .await?
        .ok_or_else(unknown)?;
    match outcome {
        Ok(payment) => Ok(Json(payment.into())),
        Err(Impossible::TooMuch(most)) => Err(Problem::invalid("/amount/amount", format!("is at most {most}"))),
        Err(_) => Err(problem::CONFLICT.detail("This cannot happen to the payment as it stands.")),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AskedLedger {
    #[serde(default)]
    after: String,
    limit: Option<u32>,
}

/// A page of the books.
#[derive(Debug, Serialize)]
pub(super) struct LedgerPage {
    items: Vec<LedgerPayment>,
    /// Pass it as `after` to get the next page; null on the last one.
    next: Option<String>,
}

/// `GET /sandbox/ledger`.
pub(super) async fn ledger(
    State(sandbox): State<Sandbox>,
    Query(asked): Query<AskedLedger>,
) -> Result<Json<LedgerPage>, Problem> {
    let limit = page::limit(asked.limit, 100, 1000)?;
    let ledger: Ledger = sandbox.ledger();
    let items = ledger.payments_after(&asked.after, limit).await?;
    let next = if items.len() < limit { None } else { items.last().map(|last| last.reference.clone()) };
    Ok(Json(LedgerPage { items, next }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AskedWebhooks {
    limit: Option<u32>,
}

/// `GET /sandbox/webhooks`: what was sent, the latest first.
pub(super) async fn webhooks(
    State(sandbox): State<Sandbox>,
    Query(asked): Query<AskedWebhooks>,
) -> Result<Json<Vec<Delivery>>, Problem> {
    let limit = page::limit(asked.limit, 100, 1000)?;
    Ok(Json(sandbox.0.store.deliveries(limit).await?))
}
