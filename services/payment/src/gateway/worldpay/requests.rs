//! Builds requests to Worldpay.

use super::settings::Settings;
use super::{CARD, HOSTED};
use crate::gateway::{Command, HttpRequest, Next};
use crate::operation::{Instrument, OperationKind};
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
/// The maximum length of a statement's narrative.
const NARRATIVE_LENGTH: usize = 24;

/// Builds the request for a command.
pub fn command(settings: &Settings, command: &Command) -> Next {
    match command.kind {
        OperationKind::Authorise if command.method == HOSTED => Next::Send(hosted_page(settings, command)),
        OperationKind::Authorise => match instrument(command) {
            Some(instrument) => Next::Send(authorise(settings, command, &instrument)),
            None => Next::outcome(Outcome::Refused {
                refusal: Refusal {
                    code: "no-card".into(),
                    reason: "No card was given: this payment method requires `session` or `token`.".into(),
                },
            }),
        },
        OperationKind::Capture if command.full => follow(settings, command, "settlePayment", None),
        OperationKind::Capture => follow(settings, command, "partiallySettlePayment", Some(&partial(command))),
        OperationKind::Refund if command.full => match follow(settings, command, "refundPayment", None) {
            // Before settlement the gateway may only offer a reversal, which has the same effect as a full refund.
            Next::QueryFirst => follow(settings, command, "reversePayment", None),
            refund => refund,
        },
        OperationKind::Refund => follow(settings, command, "partiallyRefundPayment", Some(&partial(command))),
        OperationKind::Void => follow(settings, command, "cancelPayment", None),
    }
}

/// Builds the request that continues an authorisation after the customer returned.
pub fn resume(settings: &Settings, command: &Command, device_data: Option<&str>) -> Next {
    let links = &command.about.links;
    match device_data {
        Some(reference) if links.contains_key("supply3dsDeviceData") => {
            follow(settings, command, "supply3dsDeviceData", Some(&json!({ "collectionReference": reference })))
        }
        None if links.contains_key("complete3dsChallenge") => follow(settings, command, "complete3dsChallenge", None),
        _ => Next::QueryFirst,
    }
}

/// Builds a request to the link that the gateway supplied for it.
fn follow(settings: &Settings, command: &Command, link: &str, body: Option<&Value>) -> Next {
    let Some(address) = command.about.links.get(link) else { return Next::QueryFirst };
    match path(settings, address) {
        Some(path) => Next::Send(post(settings, &path, JSON, body)),
        // The request carries credentials, which must not leave the gateway's own address.
        None => Next::NotSent("the gateway's link points to a foreign address".to_owned()),
    }
}

/// The path of an address at the gateway; `None` for foreign addresses.
pub fn path(settings: &Settings, address: &str) -> Option<String> {
    if address.starts_with('/') && !address.starts_with("//") {
        return Some(address.to_owned());
    }
    address.strip_prefix(&settings.url).filter(|path| path.starts_with('/')).map(str::to_owned)
}

fn partial(command: &Command) -> Value {
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
    // Keeps the characters allowed on statements, with a fallback in case none is left.
    let allowed = |c: &char| c.is_ascii_alphanumeric() || " ,./-".contains(*c);
    let line: String = settings.narrative.chars().filter(allowed).take(NARRATIVE_LENGTH).collect();
    json!({ "line1": if line.trim().is_empty() { "Shop".to_owned() } else { line } })
}

fn authorise(settings: &Settings, command: &Command, instrument: &Value) -> HttpRequest {
    let mut instruction = json!({
        "method": CARD,
        // Dispatch captures explicitly, once the stock is committed or the shipment has left.
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

fn hosted_page(settings: &Settings, command: &Command) -> HttpRequest {
    let url = &command.return_url;
    let body = json!({
        "transactionReference": command.reference,
        "merchant": { "entity": settings.entity },
        "narrative": narrative(settings),
        "value": value(command.amount),
        // One URL for every result, as the outcome is queried and never taken from the browser.
        "resultURLs": {
            "successURL": url, "pendingURL": url, "failureURL": url, "errorURL": url, "cancelURL": url, "expiryURL": url,
        },
    });
    post(settings, "/payment_pages", PAGES, Some(&body))
}

fn post(settings: &Settings, path: &str, media_type: &str, body: Option<&Value>) -> HttpRequest {
    let bytes = body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
    request(settings, Method::POST, path, media_type, bytes)
}

/// Builds a query request.
pub fn get(settings: &Settings, path: &str) -> HttpRequest {
    request(settings, Method::GET, path, QUERIES, Bytes::new())
}

fn request(settings: &Settings, method: Method, path: &str, media_type: &str, body: Bytes) -> HttpRequest {
    let mut request = HttpRequest::new(body);
    *request.method_mut() = method;
    // An invalid path becomes `/`, which the gateway answers with 404. Paths come from ids and from the gateway's links,
    // so this does not happen in practice.
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
