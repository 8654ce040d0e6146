//! Compresses the responses that nginx would compress, for the clients that it would compress them for.

use axum::Router;
use axum::extract::Request;
use axum::http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use tower_http::compression::predicate::{Predicate, SizeAbove};
use tower_http::compression::{CompressionLayer, CompressionLevel};

/// The size that is worth compressing, in bytes: `gzip_min_length` of nginx.
const MIN_SIZE: u64 = 1024;
const TYPES: &[&str] = &[
    "text/html",
    "application/json",
    "application/problem+json",
    "text/css",
    "text/javascript",
    "application/javascript",
    "image/svg+xml",
    "application/xml",
    "text/plain",
];

/// The client's `Accept-Encoding`, restored for the services: web has files that were compressed when they were built.
#[derive(Clone)]
struct AcceptedEncodings(Option<HeaderValue>);

/// Marks a response that a service has compressed itself.
#[derive(Clone, Copy)]
struct Precompressed;

/// Adds compression to `router`.
pub(super) fn layered(router: Router) -> Router {
    let compressible = SizeAbove::new(MIN_SIZE).and(is_text);
    router
        .layer(from_fn(restore_accepted))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(compressible))
        .layer(from_fn(limit_accepted))
}

fn is_text(status: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    // nginx compresses responses with these statuses only.
    matches!(status, StatusCode::OK | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND) && TYPES.contains(&essence)
}

/// Offers gzip to the compression layer for the clients of nginx's rules, and weakens the `ETag` of what it compresses:
/// the bytes differ from the original.
async fn limit_accepted(mut request: Request, next: Next) -> Response {
    let accepted = request.headers_mut().remove(header::ACCEPT_ENCODING);
    // nginx sends neither HTTP/1.0 clients nor HEAD requests a compressed response.
    let eligible = request.version() > Version::HTTP_10 && *request.method() != Method::HEAD;
    if eligible && accepted.as_ref().is_some_and(accepts_gzip) {
        request.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    }
    request.extensions_mut().insert(AcceptedEncodings(accepted));
    let mut response = next.run(request).await;
    let compressed_here = response.headers().contains_key(header::CONTENT_ENCODING)
        && response.extensions_mut().remove::<Precompressed>().is_none();
    if compressed_here {
        weaken(response.headers_mut());
    }
    response
}

/// Restores the client's own header for the services behind the compression layer.
async fn restore_accepted(mut request: Request, next: Next) -> Response {
    request.headers_mut().remove(header::ACCEPT_ENCODING);
    if let Some(AcceptedEncodings(Some(accepted))) = request.extensions_mut().remove() {
        request.headers_mut().insert(header::ACCEPT_ENCODING, accepted);
    }
    let mut response = next.run(request).await;
    if response.headers().contains_key(header::CONTENT_ENCODING) {
        response.extensions_mut().insert(Precompressed);
    }
    response
}

fn accepts_gzip(accepted: &HeaderValue) -> bool {
    let accepted = accepted.to_str().unwrap_or_default();
    accepted.split(',').any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let refused = |weight: &str| {
            weight.strip_prefix("q=0").is_some_and(|rest| rest.bytes().all(|digit| b".0".contains(&digit)))
        };
        named && !parts.next().is_some_and(refused)
    })
}

fn weaken(headers: &mut HeaderMap) {
    let strong = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok()).filter(|tag| tag.starts_with('"'));
    if let Some(weak) = strong.and_then(|tag| HeaderValue::from_str(&format!("W/{tag}")).ok()) {
        headers.insert(header::ETAG, weak);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_needs_an_explicit_offer() {
        let accepts = |value: &'static str| accepts_gzip(&HeaderValue::from_static(value));
        assert!(["gzip", "br, GZIP", "gzip;q=0.5, identity", "deflate,gzip ; q=1"].into_iter().all(accepts));
        assert!(!["", "br", "*", "x-gzip", "gzip;q=0", "gzip; q=0.00", "identity"].into_iter().any(accepts));
    }
}
