//! Middleware of Worldpay's routes: injected faults, credentials and required headers.

use crate::Sandbox;
use crate::faults::{chance, latency, lose_response, wait};
use crate::protocol::WireError;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use subtle::ConstantTimeEq;

const VERSION: &str = "2024-06-01";

/// Injects the configured faults, and completes requests even if the client disconnects.
pub(super) async fn inject_faults(State(sandbox): State<Sandbox>, request: Request, next: Next) -> Response {
    let faults = sandbox.faults();
    let system = sandbox.0.system.clone();
    let delay = latency(&system, faults.latency_ms);
    if delay > SignedDuration::ZERO {
        wait(&system, delay).await;
    }
    let mut response = if chance(&system, faults.unavailable_percent) {
        let message = "The service is unavailable, by an injected fault";
        WireError::new(StatusCode::SERVICE_UNAVAILABLE, "serviceUnavailable", message).into_response()
    } else {
        // As a tracked task, the request is completed even if the client disconnects, like at a real gateway.
        let response = sandbox.0.tasks.run(next.run(request)).await;
        let response = response.unwrap_or_else(|error| {
            tracing::error!(%error, "a sandbox request handler failed");
            WireError::internal().into_response()
        });
        if chance(&system, faults.lost_percent) { lose_response(response) } else { response }
    };
    // Worldpay identifies each response by this header, for support requests.
    if let Ok(id) = HeaderValue::from_str(&system.id().to_string()) {
        response.headers_mut().insert(HeaderName::from_static("wp-correlationid"), id);
    }
    response
}

/// Checks the merchant's credentials and the API version.
pub(super) async fn authenticate(State(sandbox): State<Sandbox>, request: Request, next: Next) -> Response {
    if !has_credentials(&sandbox, request.headers()) {
        return WireError::denied().into_response();
    }
    // The other APIs of Worldpay state their version in the media type instead of this header.
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
    // In constant time, so that response times do not reveal the password.
    wanted.as_bytes().ct_eq(given).into()
}

fn check_version(method: &Method, headers: &HeaderMap) -> Result<(), WireError> {
    const NAME: &str = "WP-Api-Version";
    match headers.get(NAME) {
        None => Err(WireError::header(StatusCode::NOT_ACCEPTABLE, "headerIsMissing", NAME)),
        Some(version) if version != VERSION => {
            Err(WireError::header(StatusCode::NOT_ACCEPTABLE, "headerHasInvalidValue", NAME))
        }
        Some(_) if method == Method::POST => require_content_type(headers, "application/json"),
        Some(_) => Ok(()),
    }
}

fn has_media_type(headers: &HeaderMap, header: &HeaderName, media_type: &str) -> bool {
    // RFC 9110 allows a list in one header line or in several, and a parameter does not change the media type.
    headers
        .get_all(header)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|one| one.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(media_type))
}

/// Rejects a request body with another media type.
pub(super) fn require_content_type(headers: &HeaderMap, media_type: &str) -> Result<(), WireError> {
    if has_media_type(headers, &header::CONTENT_TYPE, media_type) {
        return Ok(());
    }
    Err(WireError::header(StatusCode::UNSUPPORTED_MEDIA_TYPE, "headerHasInvalidValue", "Content-Type"))
}

/// Rejects requests whose `Accept` header does not list the media type.
pub(super) fn require_accept(headers: &HeaderMap, media_type: &str) -> Result<(), WireError> {
    if has_media_type(headers, &header::ACCEPT, media_type) {
        return Ok(());
    }
    let error_name = if headers.contains_key(header::ACCEPT) { "headerHasInvalidValue" } else { "headerIsMissing" };
    Err(WireError::header(StatusCode::NOT_ACCEPTABLE, error_name, "Accept"))
}
