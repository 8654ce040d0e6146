//! What Worldpay answers to commands.

use crate::attempt::{OperationKind, Challenge, Links, UNSAID};
use crate::gateway::{Command, Heard, Next, WireAnswer};
use crate::payment::Outcome;
use axum::http::StatusCode;
use contracts::payment::{PaymentAction, Refusal};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// How long a customer has for a challenge.
const CHALLENGE: SignedDuration = SignedDuration::from_mins(15);
/// How long a customer has on the gateway's own page.
const HOSTED: SignedDuration = SignedDuration::from_mins(60);
/// How often the gateway is asked meanwhile, in seconds.
const ASKED_EVERY: i64 = 15;

#[derive(Deserialize)]
struct Link {
    href: String,
}

/// A collection for the bank about the customer's browser.
#[derive(Deserialize)]
struct Collection {
    jwt: String,
    url: String,
    bin: Option<String>,
}

#[derive(Deserialize)]
struct BankPage {
    url: String,
    jwt: String,
}

/// An answer with an outcome.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answered {
    outcome: Option<String>,
    payment_id: Option<String>,
    refusal_code: Option<String>,
    device_data_collection: Option<Collection>,
    challenge: Option<BankPage>,
    /// Of a hosted page.
    url: Option<String>,
}

/// The addresses for next commands in an answer, by Worldpay's names for them.
pub fn links(answer: &Value) -> Links {
    let named = |key: &str| -> BTreeMap<String, Value> {
        answer.get(key).and_then(|links| serde_json::from_value(links.clone()).ok()).unwrap_or_default()
    };
    let address = |(name, link): (String, Value)| Some((name, serde_json::from_value::<Link>(link).ok()?.href));
    named("_actions").into_iter().filter_map(address).collect()
}

/// What the answer to a command says.
pub fn read(command: &Command, answer: &WireAnswer) -> Next {
    let status = answer.status();
    let body: Option<Value> = serde_json::from_slice(answer.body()).ok();
    let Some(body) = body.filter(|_| status.is_success()) else { return refused_by_http(command, answer) };
    match serde_json::from_value::<Answered>(body.clone()) {
        Ok(answered) => by_outcome(command, &body, answered),
        Err(error) => Next::Unclear(format!("its answer cannot be read: {error}")),
    }
}

fn by_outcome(command: &Command, body: &Value, answered: Answered) -> Next {
    let heard = |outcome: Outcome| Next::Heard(Heard { outcome, links: links(body) });
    let gateway_id = answered.payment_id.or_else(|| command.about.gateway_id.clone()).unwrap_or_default();
    let done = Outcome::Succeeded { gateway_id, amount: command.amount, taken: false };
    let wants = |action: PaymentAction, patience: SignedDuration| {
        let until = command.at.saturating_add(patience).unwrap_or(Timestamp::MAX);
        heard(Outcome::Challenged { challenge: Challenge { action, until, asked_every: Some(ASKED_EVERY) } })
    };
    let refuse = |code: &str| Next::heard(Outcome::Refused { refusal: refusal(code) });
    match (answered.outcome.as_deref(), command.kind) {
        (Some("authorized"), OperationKind::Authorise) => heard(done),
        (Some("sentForSettlement"), OperationKind::Capture)
        | (Some("sentForCancellation"), OperationKind::Void)
        | (Some("sentForRefund" | "sentForPartialRefund"), OperationKind::Refund) => heard(done),
        (Some("sentForReversal"), OperationKind::Void | OperationKind::Refund) => heard(done),
        (Some("refused"), _) => refuse(answered.refusal_code.as_deref().unwrap_or(UNSAID)),
        (Some("fraudHighRisk"), _) => refuse("fraud"),
        (Some("3dsUnavailable" | "3dsAuthenticationFailed"), _) => refuse("challenge-denied"),
        (Some("3dsDeviceDataRequired"), _) => match answered.device_data_collection {
            Some(Collection { jwt, url, bin }) => wants(PaymentAction::DeviceData { url, jwt, bin }, CHALLENGE),
            None => Next::Unclear("it wants to know the browser, and does not say where".to_owned()),
        },
        (Some("3dsChallenged"), _) => match answered.challenge {
            Some(BankPage { url, jwt }) => wants(PaymentAction::Challenge { url, jwt }, CHALLENGE),
            None => Next::Unclear("the bank wants to ask, and it does not say where".to_owned()),
        },
        (None, OperationKind::Authorise) if answered.url.is_some() => {
            wants(PaymentAction::Redirect { url: answered.url.unwrap_or_default() }, HOSTED)
        }
        (outcome, kind) => Next::Unclear(format!("it answers {outcome:?} to {kind:?}")),
    }
}

/// What an answer without an outcome says.
fn refused_by_http(command: &Command, answer: &WireAnswer) -> Next {
    let error: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let name = error.get("errorName").and_then(Value::as_str).unwrap_or_default();
    let told = format!("{} {name}", answer.status());
    match answer.status() {
        // Who we are, how often we ask, a link that is out of date: nothing of the command was looked at.
        StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN
        | StatusCode::NOT_FOUND
        | StatusCode::TOO_MANY_REQUESTS
        | StatusCode::NOT_ACCEPTABLE
        | StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            tracing::error!(told, reference = command.reference, "the gateway does not take the command");
            Next::NotSent(told)
        }
        status if status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT => {
            let details = error.get("validationErrors").or_else(|| error.get("message"));
            tracing::error!(told, ?details, reference = command.reference, "the gateway refuses the form of a command");
            let reason = if command.kind == OperationKind::Authorise {
                "The payment could not be accepted. Enter the details again, or pay another way."
            } else {
                "The gateway cannot do this with this payment any more."
            };
            let code = if name.is_empty() { "not-possible".to_owned() } else { name.to_owned() };
            Next::heard(Outcome::Refused { refusal: Refusal { code, reason: reason.to_owned() } })
        }
        _ => Next::Unclear(told),
    }
}

/// A refusal code, for people. Codes are those of ISO 8583 as Worldpay tells them.
pub fn refusal(code: &str) -> Refusal {
    let reason = match code {
        "33" => "The card has expired.",
        "4" | "41" | "43" => "The bank does not accept this card any more. Use another one.",
        "51" => "The card's limit is reached.",
        "13" => "The bank refused the amount.",
        "15" | "56" => "The card number is not known to its bank. Check it, or use another card.",
        "38" | "55" | "75" => "The security code is wrong.",
        "57" | "62" | "76" => "The card cannot be used for this payment. Use another one.",
        "17" => "The payment was cancelled.",
        "fraud" | "34" | "63" => "The payment was refused. Use another way to pay, or ask us.",
        "challenge-denied" => "The payment was not confirmed with the bank.",
        _ => "The bank refused the payment.",
    };
    Refusal { code: code.to_owned(), reason: reason.to_owned() }
}
