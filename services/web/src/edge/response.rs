//! What every answer carries, whoever gave it.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use chassis::SystemContext;
use chassis::context::{Context, REQUEST_ID};
use std::time::Duration;

const POLICY: &str = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; \
                      base-uri 'none'; form-action 'self' https:; frame-src 'self' https:; frame-ancestors 'none'";

/// What keeps browsers from doing what a shop never asks them to.
static GUARDS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=(), payment=()"),
];

/// Gives the request an id that goes with it and with its answer, and the answer its headers.
pub(super) async fn carry(State(system): State<SystemContext>, mut request: Request, next: Next) -> Response {
    let id = Context::from_headers(request.headers(), &system, Duration::ZERO).request_id;
    let id = HeaderValue::from_str(&id).ok();
    // One that is not acceptable is replaced for everybody behind, too.
    request.headers_mut().remove(REQUEST_ID);
    if let Some(id) = &id {
        request.headers_mut().insert(REQUEST_ID, id.clone());
    }
    let mut response = next.run(request).await;
    let status = response.status();
    let headers = response.headers_mut();
    if let Some(id) = id {
        headers.insert(REQUEST_ID, id);
    }
    guard(headers);
    say_when_to_return(status, headers);
    response
}

fn guard(headers: &mut HeaderMap) {
    for (name, value) in &GUARDS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // A policy that a service sets for a page of its own stands.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
}

fn say_when_to_return(status: StatusCode, headers: &mut HeaderMap) {
    let seconds = match status {
        StatusCode::SERVICE_UNAVAILABLE => "2",
        StatusCode::TOO_MANY_REQUESTS => "1",
        _ => return,
    };
    headers.entry(header::RETRY_AFTER).or_insert(HeaderValue::from_static(seconds));
}
