//! Creating payments, reading them, and acting on them.

use crate::Sandbox;
use crate::faults::{lose_response, wait};
use crate::payment::{Action, Payment, Rejection};
use crate::protocol::{PaymentRequest, WireError, device_data, partial_command};
use crate::script::{Outcome, Script};
use crate::store::{StoreCardOutcome, Token};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use jiff::SignedDuration;
use serde_json::{Value, json};

/// The response time of a slow bank.
const SLOW: SignedDuration = SignedDuration::from_secs(3);

/// Handles `POST /api/payments`. A repeated request makes a second payment, as Worldpay has no idempotency key.
pub(super) async fn pay(State(sandbox): State<Sandbox>, body: Bytes) -> Result<Response, WireError> {
    let request = PaymentRequest::read(&body)?;
    let card = sandbox.instrument(request.instrument.clone()).await?;
    let script = Script::select(card.holder.as_deref().unwrap_or_default(), request.amount.amount);
    // The error is returned before anything is stored, so it has no effect.
    if script.outcome == Outcome::Error {
        return Err(WireError::internal());
    }
    // The delay comes before the payment is stored, so a query during this time does not find it.
    if script.slow {
        wait(&sandbox.0.system, SLOW).await;
    }
    let token = match request.token_namespace.clone() {
        Some(namespace) => sandbox.store_card_of_payment(card.clone(), namespace).await?,
        None => None,
    };
    let mut payment = sandbox.begin(request, card);
    sandbox.insert(&mut payment).await?;
    let response = sandbox.outcome(&payment, token.as_ref());
    // The response is lost after the payment was stored, so only a query can find it.
    Ok(if script.response_lost { lose_response(response) } else { response })
}

impl Sandbox {
    /// Stores the card of a payment that requested a token; returns `None` when the namespace is full.
    async fn store_card_of_payment(
        &self,
        card: crate::card::Card,
        namespace: String,
    ) -> Result<Option<Token>, WireError> {
        Ok(match self.0.store.store_card(self.new_token(card, namespace)).await? {
            // A conflict does not fail a payment, unlike a request for a token: the stored details remain.
            StoreCardOutcome::Created(token)
            | StoreCardOutcome::Existing(token)
            | StoreCardOutcome::Conflict(token) => Some(token),
            StoreCardOutcome::NamespaceFull => None,
        })
    }
}

/// Handles `GET /api/payments/{link}`, which is 404 before an authorisation.
pub(super) async fn show(State(sandbox): State<Sandbox>, Path(link): Path<String>) -> Result<Json<Value>, WireError> {
    let id = sandbox.payment_id(&link)?;
    let payment = sandbox.0.store.payment(&id, sandbox.now()).await?.ok_or_else(WireError::not_found)?;
    let mut response = json!({ "lastEvent": payment.last_event.ok_or_else(WireError::not_found)? });
    sandbox.add_links(&payment, &mut response);
    Ok(Json(response))
}

/// Handles `POST /api/payments/{link}/{action}`.
pub(super) async fn act(
    State(sandbox): State<Sandbox>,
    Path((link, action)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, WireError> {
    let action = Action::from_path(&action).ok_or_else(WireError::not_found)?;
    let id = sandbox.payment_id(&link)?;
    match action {
        Action::SupplyDeviceData => {
            // The reference is only validated, since the page of the sandbox collects no device data.
            device_data(&body)?;
            let payment = sandbox.change_or_reject(&id, |payment, now| payment.supply_device_data(now)).await?;
            Ok(sandbox.outcome(&payment, None))
        }
        Action::CompleteChallenge => {
            let payment = sandbox.change_or_reject(&id, |payment, now| payment.complete_challenge(now)).await?;
            Ok(sandbox.outcome(&payment, None))
        }
        action => {
            let partial = matches!(action, Action::PartiallySettle | Action::PartiallyRefund);
            let partial_command = if partial { Some(partial_command(&body)?) } else { None };
            let payment = sandbox
                .change_or_reject(&id, |payment, now| payment.command(action, partial_command.as_ref(), now))
                .await?;
            let mut response = json!({ "outcome": action.outcome() });
            sandbox.add_links(&payment, &mut response);
            Ok((StatusCode::ACCEPTED, Json(response)).into_response())
        }
    }
}

impl Sandbox {
    async fn change_or_reject(
        &self,
        id: &str,
        rule: impl FnOnce(&mut Payment, jiff::Timestamp) -> Result<(), Rejection>,
    ) -> Result<Payment, WireError> {
        let outcome = self.change(id, rule).await?.ok_or_else(WireError::not_found)?;
        outcome.map_err(|rejection| match rejection {
            Rejection::NotAllowed => WireError::not_allowed(),
            Rejection::WrongCurrency(currency) => {
                WireError::value("$.value.currency", format!("Must be {currency}, the currency of the payment"))
            }
            Rejection::AmountTooHigh(max) => WireError::value("$.value.amount", format!("Must be at most {max}")),
        })
    }
}
