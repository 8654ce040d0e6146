//! Requests to Worldpay.

use super::settings::Settings;
use super::{CARD, HOSTED};
use crate::attempt::{OperationKind, Instrument};
use crate::gateway::{Command, Next, WireRequest};
use crate::payment::Outcome;
use axum::http::{Method, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use contracts::Money;
use contracts::payment::Refusal;
use serde_json::{Value, json};

const VERSION: &str = "2024-06-01";
const JSON: &str = "application/json";
const PAGES: &str = "application/vnd.worldpay.payment_pages-v1.hal+json";
const QUERIES: &str = "application/vnd.worldpay.payment-queries-v1.hal+json";
/// What a statement has room for.
const NARRATIVE_LENGTH: usize = 24;

/// How a command is sent.
pub fn command(settings: &Settings, command: &Command) -> Next {
    match command.kind {
        OperationKind::Authorise if command.method == HOSTED => Next::Send(hosted_page(settings, command)),
        OperationKind::Authorise => match instrument(command) {
            Some(instrument) => Next::Send(authorise(settings, command, &instrument)),
            None => Next::heard(Outcome::Refused {
                refusal: Refusal {
                    code: "no-card".into(),
                    reason: "No card was given: `session` or `token` is needed for this way to pay.".into(),
                },
            }),
        },
        OperationKind::Capture if command.whole => follow(settings, command, "settlePayment", None),
        OperationKind::Capture => follow(settings, command, "partiallySettlePayment", Some(&part(command))),
        OperationKind::Refund if command.whole => match follow(settings, command, "refundPayment", None) {
            // What was taken and is not settled yet may be offered to be reversed alone, which comes to the same.
            Next::Ask => follow(settings, command, "reversePayment", None),
            refund => refund,
        },
        OperationKind::Refund => follow(settings, command, "partiallyRefundPayment", Some(&part(command))),
        OperationKind::Void => follow(settings, command, "cancelPayment", None),
    }
}

/// How an authorisation goes on when the customer is back.
pub fn resume(settings: &Settings, command: &Command, device_data: Option<&str>) -> Next {
    let links = &command.about.links;
    match device_data {
        Some(reference) if links.contains_key("supply3dsDeviceData") => {
            follow(settings, command, "supply3dsDeviceData", Some(&json!({ "collectionReference": reference })))
        }
        None if links.contains_key("complete3dsChallenge") => follow(settings, command, "complete3dsChallenge", None),
        _ => Next::Ask,
    }
}

/// A request to the address where the gateway wants it.
fn follow(settings: &Settings, command: &Command, link: &str, body: Option<&Value>) -> Next {
    let Some(address) = command.about.links.get(link) else { return Next::Ask };
    match path(settings, address) {
        Some(path) => Next::Send(post(settings, &path, JSON, body)),
        // Credentials go to nobody but the gateway.
        None => Next::NotSent("it wants the command at an address that is not its own".to_owned()),
    }
}

/// The path of an address at the gateway; none when it is elsewhere.
pub fn path(settings: &Settings, address: &str) -> Option<String> {
    if address.starts_with('/') && !address.starts_with("//") {
        return Some(address.to_owned());
    }
    address.strip_prefix(&settings.url).filter(|path| path.starts_with('/')).map(str::to_owned)
}

fn part(command: &Command) -> Value {
    json!({ "reference": command.reference, "value": value(command.amount) })
}

fn value(money: Money) -> Value {
    json!({ "currency": money.currency.code(), "amount": money.amount })
}

fn instrument(command: &Command) -> Option<Value> {
    match command.instrument.as_ref()? {
        Instrument::Session(href) => {
            Some(json!({ "type": "checkout", "sessionHref": href, "cardHolderName": command.payer }))
        }
        Instrument::Token(href) => Some(json!({ "type": "token", "href": href })),
    }
}

fn narrative(settings: &Settings) -> Value {
    let allowed = |c: &char| c.is_ascii_alphanumeric() || " ,./-".contains(*c);
    let line: String = settings.narrative.chars().filter(allowed).take(NARRATIVE_LENGTH).collect();
    json!({ "line1": if line.trim().is_empty() { "Shop".to_owned() } else { line } })
}

fn authorise(settings: &Settings, command: &Command, instrument: &Value) -> WireRequest {
    let mut instruction = json!({
        "method": CARD,
        "settlement": { "auto": false },
        "paymentInstrument": instrument,
        "narrative": narrative(settings),
        "value": value(command.amount),
    });
    if let (true, Some(browser)) = (settings.three_ds, &command.browser) {
        instruction["threeDS"] = json!({
            "type": "integrated",
            "mode": "always",
            "deviceData": { "acceptHeader": browser.accept, "userAgentHeader": browser.user_agent },
            "challenge": { "returnUrl": command.return_url },
        });
    }
    let body = json!({
        "transactionReference": command.reference,
        "orderReference": command.order_number,
        "merchant": { "entity": settings.entity },
        "channel": "ecom",
        "instruction": instruction,
    });
    post(settings, "/api/payments", JSON, Some(&body))
}

fn hosted_page(settings: &Settings, command: &Command) -> WireRequest {
    let url = &command.return_url;
    let body = json!({
        "transactionReference": command.reference,
        "merchant": { "entity": settings.entity },
        "narrative": narrative(settings),
        "value": value(command.amount),
        "resultURLs": {
            "successURL": url, "pendingURL": url, "failureURL": url, "errorURL": url, "cancelURL": url, "expiryURL": url,
        },
    });
    post(settings, "/payment_pages", PAGES, Some(&body))
}

fn post(settings: &Settings, path: &str, media_type: &str, body: Option<&Value>) -> WireRequest {
    let bytes = body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
    request(settings, Method::POST, path, media_type, bytes)
}

/// A query of payments.
pub fn get(settings: &Settings, path: &str) -> WireRequest {
    request(settings, Method::GET, path, QUERIES, Bytes::new())
}

fn request(settings: &Settings, method: Method, path: &str, media_type: &str, body: Bytes) -> WireRequest {
    let mut request = WireRequest::new(body);
    *request.method_mut() = method;
    // What is built here from ids, and what the gateway gave as a link, is a path; should it not be one, the gateway
    // answers that it knows no such address.
    *request.uri_mut() = path.parse().unwrap_or_default();
    let headers = request.headers_mut();
    let mut set = |name, text: &str| {
        if let Ok(value) = header::HeaderValue::from_str(text) {
            headers.insert(name, value);
        }
    };
    set(header::ACCEPT, media_type);
    set(header::CONTENT_TYPE, media_type);
    set(header::HeaderName::from_static("wp-api-version"), VERSION);
    if let Some((user, password)) = &settings.credentials {
        set(header::AUTHORIZATION, &format!("Basic {}", STANDARD.encode(format!("{user}:{}", password.expose()))));
    }
    request
}
