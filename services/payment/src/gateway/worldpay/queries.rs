//! Queries about a payment by our reference (Payment Queries API, version 1).
//!
//! The list by reference contains the payment's id; the payment by its id has its events and the links for follow-up
//! commands.

use super::requests::{self, get};
use super::responses::{links, refusal};
use super::settings::Settings;
use crate::gateway::{Command, HttpResponse, Next, OperationResult};
use crate::operation::{Links, OperationKind, REASON_UNKNOWN};
use crate::payment::Outcome;
use axum::http::StatusCode;
use chassis::client::segment;
use contracts::Money;
use contracts::payment::Refusal;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

/// The tolerated lag of the gateway's clock.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(2);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    payment_id: String,
    transaction_reference: String,
}

#[derive(Deserialize)]
struct Amount {
    amount: i64,
    currency: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    event_name: String,
    timestamp: Timestamp,
    reference: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    payment_id: String,
    transaction_reference: String,
    value: Amount,
    #[serde(default)]
    events: Vec<Event>,
}

/// Builds the first query about a command.
pub fn first(settings: &Settings, command: &Command) -> Next {
    let path = match &command.about.gateway_id {
        // Ids and references come from outside, so they are encoded as path segments.
        Some(id) if !id.is_empty() => format!("/paymentQueries/payments/{}", segment(id)),
        _ => format!("/paymentQueries/payments?transactionReference={}", segment(&command.about.reference)),
    };
    Next::Send(get(settings, &path))
}

/// Parses the response to a query.
pub fn parse(settings: &Settings, command: &Command, response: &HttpResponse) -> Next {
    match response.status() {
        StatusCode::NOT_FOUND => return Next::NotFound(Links::new()),
        status if !status.is_success() => return Next::Ambiguous(format!("the query failed with status {status}")),
        _ => {}
    }
    let Ok(body) = serde_json::from_slice::<Value>(response.body()) else {
        return Next::Ambiguous("malformed response to the query".to_owned());
    };
    if body.get("events").is_some() {
        return match serde_json::from_value::<Detail>(body.clone()) {
            // The events of another payment must never settle this command.
            Ok(detail) if detail.transaction_reference == command.about.reference => {
                from_detail(settings, command, &body, &detail)
            }
            _ => Next::Ambiguous("the response to the query is about another payment".to_owned()),
        };
    }
    let listed = body.pointer("/_embedded/payments").cloned().unwrap_or_else(|| Value::Array(Vec::new()));
    let Ok(listed) = serde_json::from_value::<Vec<Found>>(listed) else {
        return Next::Ambiguous("malformed response to the query".to_owned());
    };
    match listed.into_iter().find(|found| found.transaction_reference == command.about.reference) {
        Some(found) => Next::Send(get(settings, &format!("/paymentQueries/payments/{}", segment(&found.payment_id)))),
        None => Next::NotFound(Links::new()),
    }
}

fn from_detail(settings: &Settings, command: &Command, body: &Value, detail: &Detail) -> Next {
    let links = links(body);
    let Ok(currency) = detail.value.currency.parse::<contracts::Currency>() else {
        return Next::Ambiguous(format!("unknown currency: {}", detail.value.currency));
    };
    let value = currency.minor(detail.value.amount);
    match command.kind {
        OperationKind::Authorise => authorisation(detail, value, links),
        OperationKind::Capture | OperationKind::Refund | OperationKind::Void => {
            follow_up(settings, command, detail, links)
        }
    }
}

/// Returns the prefixes of the events that report a follow-up command.
fn event_prefixes(command: &Command) -> &'static [&'static str] {
    match command.kind {
        OperationKind::Authorise => &[],
        OperationKind::Capture => &["settlement"],
        // A reversal, which takes no amount, can take the place of both.
        OperationKind::Refund if command.full => &["refund", "reversal"],
        OperationKind::Refund => &["refund"],
        OperationKind::Void => &["cancellation", "reversal"],
    }
}

fn authorisation(detail: &Detail, amount: Money, links: Links) -> Next {
    let has = |name: &str| detail.events.iter().any(|event| event.event_name == name);
    // Hosted pages create sales: authorisations that are captured automatically.
    let captured = has("saleSucceeded");
    if captured || has("authorizationSucceeded") {
        let outcome = Outcome::Succeeded { gateway_id: detail.payment_id.clone(), amount, captured };
        return Next::Outcome(OperationResult { outcome, links });
    }
    let refused = |refusal: Refusal| Next::outcome(Outcome::Refused { refusal });
    if has("authorizationRefused") || has("saleRefused") {
        return refused(refusal(REASON_UNKNOWN));
    }
    let failed = ["authorizationFailed", "authorizationTimedOut", "saleFailed", "saleTimedOut"];
    if failed.into_iter().any(has) {
        let reason = "Your bank did not respond. You have not been charged.".to_owned();
        return refused(Refusal { code: "no-answer".into(), reason });
    }
    Next::Pending
}

/// Derives the outcome of a follow-up command from the events of its kind.
fn follow_up(settings: &Settings, command: &Command, detail: &Detail, links: Links) -> Next {
    let prefixes = event_prefixes(command);
    let ending =
        |event: &Event| prefixes.iter().find_map(|prefix| event.event_name.strip_prefix(prefix)).map(str::to_owned);
    // A full command is identified by its kind, as long as the event is not older; a partial one only by its reference,
    // which not every event has.
    let since = command.since.saturating_sub(CLOCK_SKEW).unwrap_or(command.since);
    let ours = |event: &&Event| match (&event.reference, command.full) {
        (Some(reference), _) => *reference == command.reference,
        (None, full) => full && event.timestamp >= since,
    };
    let ended = |end: &str| detail.events.iter().filter(ours).any(|event| ending(event).is_some_and(|it| it == end));
    let succeeded = |links: Links| {
        let gateway_id = detail.payment_id.clone();
        let outcome = Outcome::Succeeded { gateway_id, amount: command.amount, captured: false };
        Next::Outcome(OperationResult { outcome, links })
    };
    // The failure follows the submission in the same list, so it is checked first.
    if ended("Failed") {
        let code = format!("{}-failed", prefixes.first().unwrap_or(&"operation"));
        let reason = "The gateway could not carry out the operation.".to_owned();
        return Next::outcome(Outcome::Failed { refusal: Refusal { code, reason } });
    }
    // The submission counts as success; a later failure arrives as a webhook event.
    if ended("RequestSubmitted") {
        return succeeded(links);
    }
    if ended("Requested") {
        return Next::Pending;
    }
    // A shop that was restored from a backup does not know of a full command from before, which the gateway carries out
    // once and then no longer offers.
    let last = detail.events.iter().filter(|event| event.reference.is_none()).filter_map(ending).next_back();
    let mut again = command.clone();
    again.about.links.clone_from(&links);
    let offered = !matches!(requests::command(settings, &again), Next::QueryFirst);
    if command.full && last.is_some_and(|ending| ending == "RequestSubmitted") && !offered {
        return succeeded(links);
    }
    Next::NotFound(links)
}
