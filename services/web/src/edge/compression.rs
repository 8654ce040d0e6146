//! Which answers are compressed: those that nginx compresses, for clients that nginx does it for.

use axum::Router;
use axum::extract::Request;
use axum::http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use tower_http::compression::predicate::{Predicate, SizeAbove};
use tower_http::compression::{CompressionLayer, CompressionLevel};

const SMALLEST: u64 = 1024;
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

/// What the client said of encodings, for the services: one of them has its files compressed already.
#[derive(Clone)]
struct Said(Option<HeaderValue>);

/// The service has compressed the answer itself.
#[derive(Clone, Copy)]
struct Already;

/// `router`, with its answers compressed where that is worth it.
pub(super) fn around(router: Router) -> Router {
    let worth_it = SizeAbove::new(SMALLEST).and(is_text);
    router
        .layer(from_fn(within))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(worth_it))
        .layer(from_fn(before))
}

fn is_text(status: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    matches!(status, StatusCode::OK | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND) && TYPES.contains(&essence)
}

/// Tells the compression in its own terms what the client takes, and that another form is not the same to the byte.
async fn before(mut request: Request, next: Next) -> Response {
    let said = request.headers_mut().remove(header::ACCEPT_ENCODING);
    let modern = request.version() > Version::HTTP_10 && *request.method() != Method::HEAD;
    if modern && said.as_ref().is_some_and(takes_gzip) {
        request.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    }
    request.extensions_mut().insert(Said(said));
    let mut response = next.run(request).await;
    let compressed_here = response.headers().contains_key(header::CONTENT_ENCODING)
        && response.extensions_mut().remove::<Already>().is_none();
    if compressed_here {
        weaken(response.headers_mut());
    }
    response
}

async fn within(mut request: Request, next: Next) -> Response {
    request.headers_mut().remove(header::ACCEPT_ENCODING);
    if let Some(Said(Some(said))) = request.extensions_mut().remove() {
        request.headers_mut().insert(header::ACCEPT_ENCODING, said);
    }
    let mut response = next.run(request).await;
    if response.headers().contains_key(header::CONTENT_ENCODING) {
        response.extensions_mut().insert(Already);
    }
    response
}

fn takes_gzip(said: &HeaderValue) -> bool {
    let said = said.to_str().unwrap_or_default();
    said.split(',').any(|one| {
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
    fn gzip_is_for_those_who_take_it() {
        let takes = |said: &'static str| takes_gzip(&HeaderValue::from_static(said));
        assert!(["gzip", "br, GZIP", "gzip;q=0.5, identity", "deflate,gzip ; q=1"].into_iter().all(takes));
        assert!(!["", "br", "*", "x-gzip", "gzip;q=0", "gzip; q=0.00", "identity"].into_iter().any(takes));
    }
}
