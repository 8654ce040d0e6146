//! The headers of every response, whichever service it comes from.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use chassis::context::{self, REQUEST_ID};

const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; \
                      base-uri 'none'; form-action 'self' https:; frame-src 'self' https:; frame-ancestors 'none'";

/// Headers that restrict browsers to what the storefront needs.
static SECURITY_HEADERS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=(), payment=()"),
];

/// Sets the request id and trace on the request, and the id and other headers on the response.
pub(super) async fn finish(mut request: Request, next: Next) -> Response {
    let id = HeaderValue::from_str(&context::admit(request.headers_mut())).ok();
    let mut response = next.run(request).await;
    let status = response.status();
    let headers = response.headers_mut();
    if let Some(id) = id {
        headers.insert(REQUEST_ID, id);
    }
    set_security_headers(headers);
    set_retry_after(status, headers);
    response
}

fn set_security_headers(headers: &mut HeaderMap) {
    for (name, value) in &SECURITY_HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // A service may set a policy for a page of its own, as the sandbox bank does.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(CONTENT_SECURITY_POLICY));
}

fn set_retry_after(status: StatusCode, headers: &mut HeaderMap) {
    let seconds = match status {
        StatusCode::SERVICE_UNAVAILABLE => "2",
        StatusCode::TOO_MANY_REQUESTS => "1",
        _ => return,
    };
    headers.entry(header::RETRY_AFTER).or_insert(HeaderValue::from_static(seconds));
}
