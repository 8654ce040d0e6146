//! Answers that caches may keep.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chassis::Problem;
use serde::Serialize;

const AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// The value as JSON, good for an hour; 304 when the caller has it already.
pub fn for_an_hour(request: &HeaderMap, value: &impl Serialize) -> Result<Response, Problem> {
    let body = serde_json::to_vec(value).map_err(Problem::internal)?;
    let tag = format!("\"{}\"", &chassis::secret::sha256_hex(&body)[..32]);
    let known = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let fresh = known.flat_map(|tags| tags.split(',')).map(str::trim).any(|known| is_of(known, &tag));
    let tag = HeaderValue::from_str(&tag).map_err(Problem::internal)?;
    let headers = [(header::CACHE_CONTROL, AN_HOUR), (header::ETAG, tag)];
    if fresh {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let media_type = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    Ok((headers, media_type, body).into_response())
}

/// Weak comparison, RFC 9110 section 8.8.3.2.
fn is_of(known: &str, tag: &str) -> bool {
    known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
}
