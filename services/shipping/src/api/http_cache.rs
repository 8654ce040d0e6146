//! Responses that HTTP caches may store.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chassis::Problem;
use serde::Serialize;

const CACHE_FOR_AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// Returns `value` as JSON that may be cached for one hour, or 304 when the caller already has it.
pub fn cached_for_an_hour(request: &HeaderMap, value: &impl Serialize) -> Result<Response, Problem> {
    let body = serde_json::to_vec(value).map_err(Problem::internal)?;
    // A digest of the body, so that all replicas send the same tag.
    let tag = format!("\"{}\"", &chassis::secret::sha256_hex(&body)[..32]);
    let known = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let is_unchanged = known.flat_map(|tags| tags.split(',')).map(str::trim).any(|known| matches_weakly(known, &tag));
    let tag = HeaderValue::from_str(&tag).map_err(Problem::internal)?;
    let headers = [(header::CACHE_CONTROL, CACHE_FOR_AN_HOUR), (header::ETAG, tag)];
    if is_unchanged {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let media_type = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    Ok((headers, media_type, body).into_response())
}

/// Compares weakly, RFC 9110 section 8.8.3.2: a proxy that compresses the body makes the tag weak.
fn matches_weakly(known: &str, tag: &str) -> bool {
    known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
}
