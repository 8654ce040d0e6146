//! What Worldpay knows of a payment, asked by our reference (Payment Queries API, version 1).
//!
//! The list by reference names the payment; the payment by its own id has its events, and where the next commands go.

use super::answers::{links, refusal};
use super::requests::get;
use super::settings::Settings;
use crate::attempt::{OperationKind, Links, UNSAID};
use crate::gateway::{Command, Heard, Next, WireAnswer};
use crate::payment::Outcome;
use axum::http::StatusCode;
use chassis::client::segment;
use contracts::Money;
use contracts::payment::Refusal;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

/// How far the gateway's clock may be behind ours.
const SKEW: SignedDuration = SignedDuration::from_secs(2);

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

/// The first query about a command.
pub fn first(settings: &Settings, command: &Command) -> Next {
    let path = match &command.about.gateway_id {
        Some(id) if !id.is_empty() => format!("/paymentQueries/payments/{}", segment(id)),
        _ => format!("/paymentQueries/payments?transactionReference={}", segment(&command.about.reference)),
    };
    Next::Send(get(settings, &path))
}

/// What the answer to a query says.
pub fn read(settings: &Settings, command: &Command, answer: &WireAnswer) -> Next {
    match answer.status() {
        StatusCode::NOT_FOUND => return Next::NotFound(Links::new()),
        status if !status.is_success() => return Next::Unclear(format!("the query was answered {status}")),
        _ => {}
    }
    let Ok(body) = serde_json::from_slice::<Value>(answer.body()) else {
        return Next::Unclear("the answer to the query cannot be read".to_owned());
    };
    if body.get("events").is_some() {
        return match serde_json::from_value::<Detail>(body.clone()) {
            Ok(detail) if detail.transaction_reference == command.about.reference => in_detail(command, &body, &detail),
            _ => Next::Unclear("the answer to the query is about something else".to_owned()),
        };
    }
    let listed = body.pointer("/_embedded/payments").cloned().unwrap_or_else(|| Value::Array(Vec::new()));
    let Ok(listed) = serde_json::from_value::<Vec<Found>>(listed) else {
        return Next::Unclear("the answer to the query cannot be read".to_owned());
    };
    match listed.into_iter().find(|found| found.transaction_reference == command.about.reference) {
        Some(found) => Next::Send(get(settings, &format!("/paymentQueries/payments/{}", segment(&found.payment_id)))),
        None => Next::NotFound(Links::new()),
    }
}

fn in_detail(command: &Command, body: &Value, detail: &Detail) -> Next {
    let links = links(body);
    let Ok(currency) = detail.value.currency.parse::<contracts::Currency>() else {
        return Next::Unclear(format!("the payment is in {:?}, which is no currency", detail.value.currency));
    };
    let value = currency.minor(detail.value.amount);
    match command.kind {
        OperationKind::Authorise => authorised(detail, value, links),
        OperationKind::Capture => of_command(command, detail, "settlement", links),
        OperationKind::Refund => of_command(command, detail, "refund", links),
        OperationKind::Void => of_command(command, detail, "cancellation", links),
    }
}

fn authorised(detail: &Detail, amount: Money, links: Links) -> Next {
    let told = |name: &str| detail.events.iter().any(|event| event.event_name == name);
    // A sale is an authorisation that is settled by itself, as hosted pages make them.
    let taken = told("saleSucceeded");
    if taken || told("authorizationSucceeded") {
        let outcome = Outcome::Succeeded { gateway_id: detail.payment_id.clone(), amount, taken };
        return Next::Heard(Heard { outcome, links });
    }
    let refused = |refusal: Refusal| Next::heard(Outcome::Refused { refusal });
    if told("authorizationRefused") || told("saleRefused") {
        return refused(refusal(UNSAID));
    }
    let failed = ["authorizationFailed", "authorizationTimedOut", "saleFailed", "saleTimedOut"];
    if failed.into_iter().any(told) {
        let reason = "The bank did not answer. Nothing was charged.".to_owned();
        return refused(Refusal { code: "no-answer".into(), reason });
    }
    Next::Pending
}

/// What became of a command about a payment, by the events of its kind.
fn of_command(command: &Command, detail: &Detail, kind: &str, links: Links) -> Next {
    // One about all there is is known by its kind, unless it is an earlier one; one about a part only by its reference,
    // which not every answer has.
    let since = command.since.saturating_sub(SKEW).unwrap_or(command.since);
    let ours = |event: &&Event| match (&event.reference, command.whole) {
        (Some(reference), _) => *reference == command.reference,
        (None, whole) => whole && event.timestamp >= since,
    };
    let ended = |end: &str| {
        let name = format!("{kind}{end}");
        detail.events.iter().filter(ours).any(|event| event.event_name == name)
    };
    if ended("Failed") {
        let reason = "The gateway could not do it.".to_owned();
        return Next::heard(Outcome::Failed { refusal: Refusal { code: format!("{kind}-failed"), reason } });
    }
    if ended("RequestSubmitted") {
        let gateway_id = detail.payment_id.clone();
        return Next::Heard(Heard {
            outcome: Outcome::Succeeded { gateway_id, amount: command.amount, taken: false },
            links,
        });
    }
    if ended("Requested") {
        return Next::Pending;
    }
    Next::NotFound(links)
}
