//! Extractors whose rejections are problems that point to the invalid part.

use crate::problem::{self, Problem};
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A JSON body of a request or response.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !media_type.is_some_and(is_json) {
            return Err(problem::MEDIA_TYPE.detail("Send the body as application/json."));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                problem::TOO_LARGE.detail("The body exceeds the size limit of this operation.")
            } else {
                problem::MALFORMED.detail("The body could not be read.")
            }
        })?;
        parse_json(&bytes).map(Self)
    }
}

fn is_json(media_type: &str) -> bool {
    // JSON has no parameters (RFC 8259, section 11). Clients send a charset all the same.
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json") || essence.to_ascii_lowercase().ends_with("+json")
}

/// Parses a JSON body that was read before, as one with a signature is.
///
/// # Errors
/// `malformed` for invalid JSON, `invalid-input` with the place that does not match the type.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| rejection(bytes, error))?;
    // serde_json stops after the first value, so that a second one would be ignored silently.
    reader.end().map_err(|_| problem::MALFORMED.detail("There is trailing data after the JSON body."))?;
    Ok(value)
}

/// Reports the place where valid JSON does not match the expected type, or that the JSON is invalid.
fn rejection(bytes: &[u8], error: serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let pointer = pointer(error.path());
    let inner = error.into_inner();
    // serde reports a value of the wrong type for an enum as a syntax error, so the text is parsed once more to
    // distinguish the cases.
    if serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok() {
        let form = "The body does not have the expected form; see errors.";
        problem::INVALID.detail(form).field(pointer, message(&inner))
    } else {
        problem::MALFORMED.detail(format!("The body is not valid JSON: {}.", message(&inner)))
    }
}

/// Returns the cause, shortened, without serde's " at line 1 column 2": the pointer is more precise.
fn message(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let cause = text.rsplit_once(" at line ").map_or(text.as_str(), |(cause, _)| cause);
    let cause = match cause.rsplit_once("expected ") {
        Some((found, expected)) => integer_range(expected).map(|range| format!("{found}expected {range}")),
        // The errors of numbers in a query, which name no type.
        None if cause.starts_with("invalid digit") => Some("expected a whole number".to_owned()),
        None if cause.starts_with("number too ") => Some("the number is out of range".to_owned()),
        None => None,
    }
    .unwrap_or_else(|| cause.to_owned());
    // serde quotes unknown names from the body, and these may be as long as the body.
    cause.chars().take(200).collect()
}

/// Returns the numbers that fit an integer type of Rust, which serde names by its Rust name.
fn integer_range(rust_name: &str) -> Option<String> {
    let range = |lowest: i128, highest: i128| format!("a whole number from {lowest} to {highest}");
    let range = match rust_name {
        "u8" => range(0, u8::MAX.into()),
        "u16" => range(0, u16::MAX.into()),
        "u32" => range(0, u32::MAX.into()),
        "u64" | "usize" => range(0, u64::MAX.into()),
        "i8" => range(i8::MIN.into(), i8::MAX.into()),
        "i16" => range(i16::MIN.into(), i16::MAX.into()),
        "i32" => range(i32::MIN.into(), i32::MAX.into()),
        "i64" | "isize" => range(i64::MIN.into(), i64::MAX.into()),
        _ => return None,
    };
    Some(range)
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter().fold(String::new(), |mut pointer, part| {
        let text = match part {
            Segment::Seq { index } => index.to_string(),
            // The tilde is escaped first (RFC 6901), else the one of an escaped slash would be escaped again.
            Segment::Map { key } => key.replace('~', "~0").replace('/', "~1"),
            Segment::Enum { variant } => variant.clone(),
            Segment::Unknown => return pointer,
        };
        pointer.push('/');
        pointer.push_str(&text);
        pointer
    })
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The query parameters; a repeated one becomes a list.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let text = parts.uri.query().unwrap_or_default();
        let reader = serde_html_form::Deserializer::from_bytes(text.as_bytes());
        serde_path_to_error::deserialize(reader).map(Self).map_err(|error| {
            let pointer = pointer(error.path());
            Problem::invalid(pointer, message(&error.into_inner()))
        })
    }
}

/// The parameters in the path.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        axum::extract::Path::<T>::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Path(value)| Self(value))
            // A parameter that does not parse names no object, as an unknown id does.
            .map_err(|_| problem::NOT_FOUND.detail("Not found."))
    }
}
