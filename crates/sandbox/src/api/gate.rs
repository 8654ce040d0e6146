//! What stands before Worldpay's interface: faults, credentials, headers.

use crate::Sandbox;
use crate::faults::{chance, latency, lost, wait};
use crate::wire::WireError;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use subtle::ConstantTimeEq;

const VERSION: &str = "2024-06-01";

/// Lets go wrong what is to go wrong. What has begun goes on to its end when the caller hangs up.
pub(super) async fn misbehave(State(sandbox): State<Sandbox>, request: Request, next: Next) -> Response {
    let faults = sandbox.faults();
    let system = sandbox.0.system.clone();
    let pause = latency(&system, faults.latency_ms);
    if pause > SignedDuration::ZERO {
        wait(&system, pause).await;
    }
    let mut response = if chance(&system, faults.unavailable_percent) {
        let away = "The service is not available, as asked for";
        WireError::new(StatusCode::SERVICE_UNAVAILABLE, "serviceUnavailable", away).into_response()
    } else {
        let answer = sandbox.0.tasks.run(next.run(request)).await;
        let answer = answer.unwrap_or_else(|error| {
            tracing::error!(%error, "the sandbox's handler did not end");
            WireError::internal().into_response()
        });
        if chance(&system, faults.lost_percent) { lost(answer) } else { answer }
    };
    if let Ok(id) = HeaderValue::from_str(&system.id().to_string()) {
        response.headers_mut().insert(HeaderName::from_static("wp-correlationid"), id);
    }
    response
}

/// Lets merchants in.
pub(super) async fn admit(State(sandbox): State<Sandbox>, request: Request, next: Next) -> Response {
    if !has_credentials(&sandbox, request.headers()) {
        return WireError::denied().into_response();
    }
    let checked = if request.uri().path().starts_with("/api/payments") {
        check_version(request.method(), request.headers())
    } else {
        Ok(())
    };
    match checked {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

fn has_credentials(sandbox: &Sandbox, headers: &HeaderMap) -> bool {
    let Some((user, password)) = &sandbox.0.settings.credentials else { return true };
    let wanted = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
    let given = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
    wanted.as_bytes().ct_eq(given).into()
}

fn check_version(method: &Method, headers: &HeaderMap) -> Result<(), WireError> {
    const NAME: &str = "WP-Api-Version";
    match headers.get(NAME) {
        None => Err(WireError::header(StatusCode::NOT_ACCEPTABLE, "headerIsMissing", NAME)),
        Some(version) if version != VERSION => {
            Err(WireError::header(StatusCode::NOT_ACCEPTABLE, "headerHasInvalidValue", NAME))
        }
        Some(_) if method == Method::POST => sends(headers, "application/json"),
        Some(_) => Ok(()),
    }
}

fn names(headers: &HeaderMap, header: &HeaderName, media_type: &str) -> bool {
    headers
        .get_all(header)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|one| one.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(media_type))
}

/// Refuses a body of another media type.
pub(super) fn sends(headers: &HeaderMap, media_type: &str) -> Result<(), WireError> {
    if names(headers, &header::CONTENT_TYPE, media_type) {
        return Ok(());
    }
    Err(WireError::header(StatusCode::UNSUPPORTED_MEDIA_TYPE, "headerHasInvalidValue", "Content-Type"))
}

/// Refuses callers who do not say that they take this media type.
pub(super) fn accepts(headers: &HeaderMap, media_type: &str) -> Result<(), WireError> {
    if names(headers, &header::ACCEPT, media_type) {
        return Ok(());
    }
    let fault = if headers.contains_key(header::ACCEPT) { "headerHasInvalidValue" } else { "headerIsMissing" };
    Err(WireError::header(StatusCode::NOT_ACCEPTABLE, fault, "Accept"))
}
