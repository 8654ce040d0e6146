//! Errors of the API: RFC 9457 problem details with stable types.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::borrow::Cow;
use utoipa::ToSchema;

/// A kind of problem: its stable type, status and title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProblemKind {
    /// The last part of the type, such as `out-of-stock` in `urn:shopstack:problem:out-of-stock`.
    pub slug: &'static str,
    /// The HTTP status code.
    pub status: StatusCode,
    /// The short summary, which never varies.
    pub title: &'static str,
}

impl ProblemKind {
    /// Declares a kind of problem.
    pub const fn new(status: StatusCode, slug: &'static str, title: &'static str) -> Self {
        Self { slug, status, title }
    }

    /// Creates a problem of this kind. The detail states what happened and what to do.
    pub fn detail(self, detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(self, detail)
    }
}

/// An invalid part of the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// A JSON pointer (RFC 6901) into the body, or the name of a parameter.
    pub pointer: String,
    /// The reason why the value is invalid.
    pub detail: String,
}

/// The reason why a request was not carried out (RFC 9457).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, thiserror::Error)]
#[error("{title}: {detail}")]
pub struct Problem {
    /// The stable identifier of the kind, `urn:shopstack:problem:…`.
    #[serde(rename = "type")]
    pub kind: Cow<'static, str>,
    /// A short summary of the kind, which never varies.
    pub title: Cow<'static, str>,
    /// The HTTP status code.
    pub status: u16,
    /// A description of this occurrence and of what to do.
    pub detail: Cow<'static, str>,
    /// The invalid parts of the input.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Further members of this kind, such as the available stock.
    #[serde(flatten)]
    #[schema(additional_properties)]
    pub extra: Map<String, Value>,
}

const PREFIX: &str = "urn:shopstack:problem:";

impl Problem {
    /// Creates a problem of `kind`.
    pub fn new(kind: ProblemKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind: Cow::Owned(format!("{PREFIX}{}", kind.slug)),
            title: Cow::Borrowed(kind.title),
            status: kind.status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            extra: Map::new(),
        }
    }

    /// Adds an extension member to the problem.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        self.extra.insert(name.to_owned(), value);
        self
    }

    /// Adds an invalid part of the input.
    #[must_use]
    pub fn field(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        self.errors.push(FieldError { pointer: pointer.into(), detail: detail.into() });
        self
    }

    /// Creates an invalid-input problem with one invalid part.
    pub fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        INVALID.detail("Some of the input is invalid; see errors.").field(pointer, detail)
    }

    /// Creates an internal problem. The cause is logged and not disclosed.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(error = %cause, "internal error");
        INTERNAL.detail("An unexpected error occurred. Try again; if it persists, contact us with the request id.")
    }

    /// Returns the last part of the type.
    pub fn slug(&self) -> &str {
        self.kind.strip_prefix(PREFIX).unwrap_or(&self.kind)
    }

    /// Returns true if this problem is of `kind`.
    pub fn is(&self, kind: ProblemKind) -> bool {
        self.slug() == kind.slug
    }

    /// Returns the HTTP status code.
    pub fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        let status = self.status_code();
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        // An error describes one request, and must not be served to another.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            // A circuit breaker half-opens within two seconds at most.
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        if status == StatusCode::UNAUTHORIZED {
            // RFC 9110 requires the header with every 401.
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// The body or a parameter is invalid.
pub const INVALID: ProblemKind = ProblemKind::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-input", "Invalid input");
/// The body is not valid JSON.
pub const MALFORMED: ProblemKind = ProblemKind::new(StatusCode::BAD_REQUEST, "malformed-request", "Malformed request");
/// The body has a media type that the operation does not accept.
pub const MEDIA_TYPE: ProblemKind =
    ProblemKind::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Unsupported media type");
/// The body is larger than allowed.
pub const TOO_LARGE: ProblemKind = ProblemKind::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "Too large");
/// The object does not exist, or the caller may not see it.
pub const NOT_FOUND: ProblemKind = ProblemKind::new(StatusCode::NOT_FOUND, "not-found", "Not found");
/// The path exists and does not accept this method.
pub const METHOD: ProblemKind =
    ProblemKind::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed");
/// The session is missing, invalid or expired.
pub const UNAUTHENTICATED: ProblemKind =
    ProblemKind::new(StatusCode::UNAUTHORIZED, "unauthenticated", "Authentication required");
/// The caller is authenticated and not permitted to do this.
pub const FORBIDDEN: ProblemKind = ProblemKind::new(StatusCode::FORBIDDEN, "forbidden", "Forbidden");
/// The object has changed since the caller read it.
pub const STALE: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "stale-version", "Stale version");
/// Too many concurrent writers touched the object; nothing was changed.
pub const CONFLICT: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "conflict", "Conflict");
/// A dependency is temporarily unavailable.
pub const UNAVAILABLE: ProblemKind =
    ProblemKind::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Temporarily unavailable");
/// The request exceeded its time limit.
pub const DEADLINE: ProblemKind =
    ProblemKind::new(StatusCode::GATEWAY_TIMEOUT, "deadline-exceeded", "Deadline exceeded");
/// The client exceeded its rate limit.
pub const TOO_MANY: ProblemKind =
    ProblemKind::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", "Too many requests");
/// An unexpected error of the server.
pub const INTERNAL: ProblemKind =
    ProblemKind::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal server error");
impl telemetry::context::ErrorType for Problem {
    fn error_type(&self) -> &'static str {
        match self.status {
            503 => "unavailable",
            504 => "timeout",
            500.. => "fault",
            _ => "refused",
        }
    }
}
