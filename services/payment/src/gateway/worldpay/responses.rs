//! Parses Worldpay's responses to commands.

use crate::gateway::{Command, HttpResponse, Next, OperationResult};
use crate::operation::{Challenge, Links, OperationKind, REASON_UNKNOWN, kind_name};
use crate::payment::Outcome;
use axum::http::StatusCode;
use contracts::payment::{PaymentAction, Refusal};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The time a customer has for a challenge.
const CHALLENGE_TIMEOUT: SignedDuration = SignedDuration::from_mins(15);
/// The time a customer has on the gateway's own page.
const HOSTED_PAGE_TIMEOUT: SignedDuration = SignedDuration::from_mins(60);
/// The query interval while the customer acts, in seconds.
const POLL_SECONDS: i64 = 15;

#[derive(Deserialize)]
struct Link {
    href: String,
}

/// A request to collect device data for the bank.
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

/// A response with an outcome.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CommandResult {
    outcome: Option<String>,
    payment_id: Option<String>,
    refusal_code: Option<String>,
    device_data_collection: Option<Collection>,
    challenge: Option<BankPage>,
    /// The URL of a hosted payment page.
    url: Option<String>,
}

/// Reads the links for follow-up commands from a response, by Worldpay's names for them.
pub fn links(answer: &Value) -> Links {
    let named = |key: &str| -> BTreeMap<String, Value> {
        answer.get(key).and_then(|links| serde_json::from_value(links.clone()).ok()).unwrap_or_default()
    };
    let address = |(name, link): (String, Value)| Some((name, serde_json::from_value::<Link>(link).ok()?.href));
    named("_actions").into_iter().filter_map(address).collect()
}

/// Parses the response to a command.
pub fn parse(command: &Command, response: &HttpResponse) -> Next {
    let status = response.status();
    let body: Option<Value> = serde_json::from_slice(response.body()).ok();
    let Some(body) = body.filter(|_| status.is_success()) else { return from_http_error(command, response) };
    match serde_json::from_value::<CommandResult>(body.clone()) {
        Ok(result) => by_outcome(command, &body, result),
        Err(error) => Next::Ambiguous(format!("malformed response: {error}")),
    }
}

fn by_outcome(command: &Command, body: &Value, result: CommandResult) -> Next {
    let known = |outcome: Outcome| Next::Outcome(OperationResult { outcome, links: links(body) });
    // Responses to follow-up commands may omit the id; it is that of the authorisation.
    let gateway_id = result.payment_id.or_else(|| command.about.gateway_id.clone()).unwrap_or_default();
    let done = Outcome::Succeeded { gateway_id, amount: command.amount, captured: false };
    let wants = |action: PaymentAction, timeout: SignedDuration| {
        let until = command.at.saturating_add(timeout).unwrap_or(Timestamp::MAX);
        known(Outcome::Challenged { challenge: Challenge { action, until, poll_seconds: Some(POLL_SECONDS) } })
    };
    let refuse = |code: &str| Next::outcome(Outcome::Refused { refusal: refusal(code) });
    match (result.outcome.as_deref(), command.kind) {
        (Some("authorized"), OperationKind::Authorise) => known(done),
        (Some("sentForSettlement"), OperationKind::Capture)
        | (Some("sentForCancellation"), OperationKind::Void)
        | (Some("sentForRefund" | "sentForPartialRefund"), OperationKind::Refund) => known(done),
        // Before settlement a reversal takes the place of a void or a full refund.
        (Some("sentForReversal"), OperationKind::Void | OperationKind::Refund) => known(done),
        (Some("refused"), _) => refuse(result.refusal_code.as_deref().unwrap_or(REASON_UNKNOWN)),
        (Some("fraudHighRisk"), _) => refuse("fraud"),
        (Some("3dsUnavailable" | "3dsAuthenticationFailed"), _) => refuse("challenge-denied"),
        (Some("3dsDeviceDataRequired"), _) => match result.device_data_collection {
            Some(Collection { jwt, url, bin }) => wants(PaymentAction::DeviceData { url, jwt, bin }, CHALLENGE_TIMEOUT),
            None => Next::Ambiguous("device data is required, but the response has no URL for it".to_owned()),
        },
        (Some("3dsChallenged"), _) => match result.challenge {
            Some(BankPage { url, jwt }) => wants(PaymentAction::Challenge { url, jwt }, CHALLENGE_TIMEOUT),
            None => Next::Ambiguous("a challenge is required, but the response has no URL for it".to_owned()),
        },
        (None, OperationKind::Authorise) if result.url.is_some() => {
            wants(PaymentAction::Redirect { url: result.url.unwrap_or_default() }, HOSTED_PAGE_TIMEOUT)
        }
        (outcome, kind) => {
            let outcome = outcome.unwrap_or("none");
            Next::Ambiguous(format!("unexpected outcome {outcome} for {}", kind_name(kind)))
        }
    }
}

/// Classifies a response without an outcome by its status.
fn from_http_error(command: &Command, response: &HttpResponse) -> Next {
    let error: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    let name = error.get("errorName").and_then(Value::as_str).unwrap_or_default();
    let summary = format!("{} {name}", response.status());
    match response.status() {
        // Credentials, rate limits, stale links: the gateway has not processed the command.
        StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN
        | StatusCode::NOT_FOUND
        | StatusCode::TOO_MANY_REQUESTS
        | StatusCode::NOT_ACCEPTABLE
        | StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            tracing::error!(reason = summary, reference = command.reference, "the gateway did not accept the command");
            Next::NotSent(summary)
        }
        // A timeout (408) is excluded, since the gateway may have carried the command out.
        status if status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT => {
            let details = error.get("validationErrors").or_else(|| error.get("message"));
            tracing::error!(
                reason = summary,
                error = ?details,
                reference = command.reference,
                "the gateway rejected a command as invalid"
            );
            let reason = if command.kind == OperationKind::Authorise {
                "The payment was not accepted. Enter your details again or use another payment method."
            } else {
                "The gateway no longer allows this operation for the payment."
            };
            let code = if name.is_empty() { "not-possible".to_owned() } else { name.to_owned() };
            Next::outcome(Outcome::Refused { refusal: Refusal { code, reason: reason.to_owned() } })
        }
        _ => Next::Ambiguous(summary),
    }
}

/// Maps a refusal code (ISO 8583, as reported by Worldpay) to a message for customers.
pub fn refusal(code: &str) -> Refusal {
    let reason = match code {
        "33" => "The card has expired.",
        "4" | "41" | "43" => "Your bank no longer accepts this card. Use another card.",
        "51" => "The card has insufficient funds or has reached its limit.",
        "13" => "The bank refused the amount.",
        "15" | "56" => "The card number is invalid. Check it or use another card.",
        "38" | "55" | "75" => "The security code is wrong.",
        "57" | "62" | "76" => "This card cannot be used for this payment. Use another card.",
        "17" => "The payment was cancelled.",
        "fraud" | "34" | "63" => "The payment was refused. Use another payment method or contact us.",
        "challenge-denied" => "The payment was not confirmed with your bank.",
        _ => "The bank refused the payment.",
    };
    Refusal { code: code.to_owned(), reason: reason.to_owned() }
}
