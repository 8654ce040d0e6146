//! Payments: asking for them, looking at them, and what is done with them.

use crate::Sandbox;
use crate::faults::{lost, wait};
use crate::payment::{Action, Impossible, Payment};
use crate::script::{Script, Verdict};
use crate::store::{KeptCard, Token};
use crate::wire::{PaymentRequest, WireError, device_data, part};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use jiff::SignedDuration;
use serde_json::{Value, json};

/// How long a slow bank takes.
const SLOW: SignedDuration = SignedDuration::from_secs(3);

/// `POST /api/payments`. Asked twice with the same reference, it makes two payments: Worldpay has no idempotency key.
pub(super) async fn pay(State(sandbox): State<Sandbox>, body: Bytes) -> Result<Response, WireError> {
    let request = PaymentRequest::read(&body)?;
    let card = sandbox.instrument(request.instrument.clone()).await?;
    let script = Script::of(card.holder.as_deref().unwrap_or_default(), request.amount.amount);
    if script.verdict == Verdict::Error {
        return Err(WireError::internal());
    }
    if script.slow {
        wait(&sandbox.0.system, SLOW).await;
    }
    let token = match request.keep_in.clone() {
        Some(namespace) => sandbox.keep_with_payment(card.clone(), namespace).await?,
        None => None,
    };
    let mut payment = sandbox.begin(request, card);
    sandbox.keep(&mut payment).await?;
    let answer = sandbox.outcome(&payment, token.as_ref());
    Ok(if script.lost { lost(answer) } else { answer })
}

impl Sandbox {
    /// The card that a payment was asked to keep; none, when there is no room for it.
    async fn keep_with_payment(&self, card: crate::card::Card, namespace: String) -> Result<Option<Token>, WireError> {
        Ok(match self.0.store.keep_card(self.new_token(card, namespace)).await? {
            KeptCard::New(token) | KeptCard::Same(token) | KeptCard::Different(token) => Some(token),
            KeptCard::TooMany => None,
        })
    }
}

/// `GET /api/payments/{link}`. There is nothing to see before an authorisation.
pub(super) async fn show(State(sandbox): State<Sandbox>, Path(link): Path<String>) -> Result<Json<Value>, WireError> {
    let id = sandbox.payment_id(&link)?;
    let payment = sandbox.0.store.payment(&id, sandbox.now()).await?.ok_or_else(WireError::not_found)?;
    let mut answer = json!({ "lastEvent": payment.last.ok_or_else(WireError::not_found)? });
    sandbox.link_up(&payment, &mut answer);
    Ok(Json(answer))
}

/// `POST /api/payments/{link}/{action}`.
pub(super) async fn act(
    State(sandbox): State<Sandbox>,
    Path((link, action)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, WireError> {
    let action = Action::at(&action).ok_or_else(WireError::not_found)?;
    let id = sandbox.payment_id(&link)?;
    match action {
        Action::SupplyDeviceData => {
            device_data(&body)?;
            let payment = sandbox.changed(&id, |payment, now| payment.supply_device_data(now)).await?;
            Ok(sandbox.outcome(&payment, None))
        }
        Action::CompleteChallenge => {
            let payment = sandbox.changed(&id, |payment, now| payment.complete_challenge(now)).await?;
            Ok(sandbox.outcome(&payment, None))
        }
        action => {
            let partial = matches!(action, Action::PartiallySettle | Action::PartiallyRefund);
            let part = if partial { Some(part(&body)?) } else { None };
            let payment = sandbox.changed(&id, |payment, now| payment.command(action, part.as_ref(), now)).await?;
            let mut answer = json!({ "outcome": action.outcome() });
            sandbox.link_up(&payment, &mut answer);
            Ok((StatusCode::ACCEPTED, Json(answer)).into_response())
        }
    }
}

impl Sandbox {
    async fn changed(
        &self,
        id: &str,
        rule: impl FnOnce(&mut Payment, jiff::Timestamp) -> Result<(), Impossible>,
    ) -> Result<Payment, WireError> {
        let outcome = self.change(id, rule).await?.ok_or_else(WireError::not_found)?;
        outcome.map_err(|impossible| match impossible {
            Impossible::NotPossible => WireError::not_possible(),
            Impossible::Currency(currency) => {
                WireError::value("$.value.currency", format!("Must be {currency}, as that of the payment"))
            }
            Impossible::TooMuch(most) => WireError::value("$.value.amount", format!("Must be at most {most}")),
        })
    }
}
