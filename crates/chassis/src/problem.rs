//! Errors as clients see them: RFC 9457 problem details with stable types.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::borrow::Cow;
use utoipa::ToSchema;

/// A kind of problem: its stable type and what goes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProblemKind {
    /// The last part of the type, as in `urn:shopstack:problem:out-of-stock`.
    pub slug: &'static str,
    /// The HTTP status.
    pub status: StatusCode,
    /// A short summary that does not vary.
    pub title: &'static str,
}

impl ProblemKind {
    /// Declares a kind of problem.
    pub const fn new(status: StatusCode, slug: &'static str, title: &'static str) -> Self {
        Self { slug, status, title }
    }

    /// A problem of this kind, with what happened and what to do.
    pub fn detail(self, detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(self, detail)
    }
}

/// What was wrong with one part of the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) into the body, or the name of a query parameter.
    pub pointer: String,
    /// What is wrong with it.
    pub detail: String,
}

/// An answer that says why a request was not carried out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, thiserror::Error)]
#[error("{title}: {detail}")]
pub struct Problem {
    /// Stable identifier, `urn:shopstack:problem:…`.
    #[serde(rename = "type")]
    pub kind: Cow<'static, str>,
    /// Short summary of the kind.
    pub title: Cow<'static, str>,
    /// HTTP status.
    pub status: u16,
    /// What happened this time and what to do.
    pub detail: Cow<'static, str>,
    /// The faulty parts of the input.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// What else this kind tells, such as what is left in stock.
    #[serde(flatten)]
    #[schema(additional_properties)]
    pub extra: Map<String, Value>,
}

const PREFIX: &str = "urn:shopstack:problem:";

impl Problem {
    /// A problem of `kind` with its detail.
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

    /// Adds an extension member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        self.extra.insert(name.to_owned(), value);
        self
    }

    /// Adds a faulty part of the input.
    #[must_use]
    pub fn field(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        self.errors.push(FieldError { pointer: pointer.into(), detail: detail.into() });
        self
    }

    /// Input that is well-formed but not acceptable, at one place.
    pub fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        INVALID.detail("Some of the input is not acceptable; see errors.").field(pointer, detail)
    }

    /// Something inside went wrong. The cause is logged, not told.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "internal error");
        INTERNAL.detail("Something went wrong on our side. Try again; if it lasts, tell us the request id.")
    }

    /// The last part of the type.
    pub fn slug(&self) -> &str {
        self.kind.strip_prefix(PREFIX).unwrap_or(&self.kind)
    }

    /// Whether this problem is of `kind`.
    pub fn is(&self, kind: ProblemKind) -> bool {
        self.slug() == kind.slug
    }

    /// The HTTP status.
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
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// The body or a parameter is not what the operation takes.
pub const INVALID: ProblemKind = ProblemKind::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-input", "Invalid input");
/// The body is not JSON.
pub const MALFORMED: ProblemKind = ProblemKind::new(StatusCode::BAD_REQUEST, "malformed-request", "Malformed request");
/// The body has another media type than the operation takes.
pub const MEDIA_TYPE: ProblemKind =
    ProblemKind::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Unsupported media type");
/// The body is larger than allowed.
pub const TOO_LARGE: ProblemKind = ProblemKind::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "Too large");
/// No such thing, or not for this caller to see.
pub const NOT_FOUND: ProblemKind = ProblemKind::new(StatusCode::NOT_FOUND, "not-found", "Not found");
/// The path exists, the method does not.
pub const METHOD: ProblemKind =
    ProblemKind::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed");
/// Nobody is signed in, or the token is no longer good.
pub const UNAUTHENTICATED: ProblemKind = ProblemKind::new(StatusCode::UNAUTHORIZED, "unauthenticated", "Sign in first");
/// The caller is known and may not do this.
pub const FORBIDDEN: ProblemKind = ProblemKind::new(StatusCode::FORBIDDEN, "forbidden", "Not allowed");
/// The object has changed since the caller read it.
pub const STALE: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "stale-version", "Changed in the meantime");
/// Too many concurrent writers touched the object; nothing was changed.
pub const CONFLICT: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "conflict", "Conflict");
/// Something needed is away for now.
pub const UNAVAILABLE: ProblemKind =
    ProblemKind::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Temporarily unavailable");
/// The time allowed for the request is over.
pub const DEADLINE: ProblemKind =
    ProblemKind::new(StatusCode::GATEWAY_TIMEOUT, "deadline-exceeded", "Not done in time");
/// Too many requests.
pub const TOO_MANY: ProblemKind = ProblemKind::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", "Slow down");
/// A fault of ours.
pub const INTERNAL: ProblemKind = ProblemKind::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error");
