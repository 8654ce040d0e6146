//! Idempotency keys: a repeated request gets the stored response, byte for byte, and has no second effect.
//!
//! A request is identified by its sender, its operation and the key that the client chose. The digest of its raw body
//! distinguishes a repetition from a different request. A request that was refused before it had any effect is not
//! stored, so that it can be corrected under the same key.

pub mod mysql;
pub mod sqlite;

use crate::data_migration::{Column, Table};
use crate::http::Json;
use crate::problem::{self, Problem, ProblemKind};
use crate::secret;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The idempotency key was used before with another body.
pub const KEY_REUSED: ProblemKind =
    ProblemKind::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused", "Idempotency key reused");
/// A request with this idempotency key is in progress.
pub const IN_FLIGHT: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "request-in-flight", "Request in flight");
/// The time for which a response is retained, at least.
pub const RETENTION: SignedDuration = SignedDuration::from_hours(24);

/// The table of stored responses for data migrations, as [`sqlite`] and [`mysql`] define it.
pub const TABLE: Table = Table {
    name: "answers",
    only: None,
    from: None,
    key: &["owner", "operation", "request_key"],
    columns: &[
        ("owner", Column::Text),
        ("operation", Column::Text),
        ("request_key", Column::Text),
        ("body_digest", Column::Text),
        ("status", Column::Integer),
        ("body", Column::Bytes),
        ("created_at", Column::Integer),
    ],
};

/// The number of expired responses that one transaction deletes.
const PURGE_BATCH_SIZE: u32 = 1000;
const HEADER: &str = "idempotency-key";
// The column `request_key` in MySQL has this width.
const MAX_KEY_LENGTH: usize = 128;

/// The identity of a request: its sender, operation and key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyScope {
    /// The subject of the sender's session.
    pub owner: String,
    /// The name of the operation.
    pub operation: &'static str,
    /// The key that the client chose.
    pub key: String,
}

impl IdempotencyScope {
    /// Reads the scope of a request from its `Idempotency-Key` header.
    ///
    /// # Errors
    /// 422 when the header is missing, too long or not printable.
    pub fn of(owner: String, operation: &'static str, headers: &HeaderMap) -> Result<Self, Problem> {
        let key = headers.get(HEADER).and_then(|value| value.to_str().ok()).map(str::trim);
        let fits = |key: &&str| {
            !key.is_empty() && key.len() <= MAX_KEY_LENGTH && key.bytes().all(|byte| byte.is_ascii_graphic())
        };
        // The key becomes part of log lines and primary keys, so it is restricted to printable ASCII.
        let key = key.filter(fits).ok_or_else(|| {
            let message =
                "is required: 1 to 128 printable characters, a new one for each request, the same one for a retry";
            Problem::invalid("Idempotency-Key", message)
        })?;
        Ok(Self { owner, operation, key: key.to_owned() })
    }

    /// Returns `operation:key`, which identifies the request among those about one object.
    pub fn name(&self) -> String {
        format!("{}:{}", self.operation, self.key)
    }
}

/// A request with its identity and the digest of its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotentRequest {
    /// The identity of the request.
    pub scope: IdempotencyScope,
    /// The SHA-256 of the raw body and of the identifying part of the path.
    pub body_digest: String,
}

impl IdempotentRequest {
    /// Creates the request. `about` is the object that the path identifies, so that the same key and body for another
    /// object count as a different request.
    pub fn new(scope: IdempotencyScope, about: &[u8], body: &[u8]) -> Self {
        Self { scope, body_digest: secret::sha256_hex(&[about, body].concat()) }
    }
}

/// A response with its status and body, ready to be sent and stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonResponse {
    /// The HTTP status code.
    pub status: u16,
    /// The JSON body; a problem from status 400 on.
    pub body: Vec<u8>,
}

impl JsonResponse {
    /// Creates the response with `value` as its body.
    ///
    /// # Errors
    /// When the value cannot be serialised, which is a bug.
    pub fn json(status: StatusCode, value: &impl Serialize) -> Result<Self, Problem> {
        let body = serde_json::to_vec(value).map_err(Problem::internal)?;
        Ok(Self { status: status.as_u16(), body })
    }
}

/// A response that is stored under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResponse {
    /// The digest of the request's body.
    pub body_digest: String,
    /// The response to the first request.
    pub answer: JsonResponse,
}

impl StoredResponse {
    /// Returns the stored response to a repeated request.
    ///
    /// # Errors
    /// [`KEY_REUSED`] when the request has another body.
    pub fn replay(self, key: &IdempotentRequest) -> Result<JsonResponse, Problem> {
        if self.body_digest == key.body_digest {
            return Ok(self.answer);
        }
        Err(KEY_REUSED.detail("This key was used for another request. Use a new key for each request."))
    }
}

impl IntoResponse for JsonResponse {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let media_type = if self.status < 400 { "application/json" } else { "application/problem+json" };
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        // A replayed response must come from the store, never from an intermediate cache.
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

/// A parsed JSON body with its raw bytes.
pub struct RawJson<T> {
    /// The raw bytes of the body.
    pub bytes: Bytes,
    /// The parsed value of the body.
    pub value: T,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for RawJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = Bytes::from_request(Request::new(body), state)
            .await
            .map_err(|_| problem::MALFORMED.detail("The body could not be read."))?;
        // A clone of Bytes shares its buffer, so that a large body is held in memory once.
        let copy = Request::from_parts(parts, Body::from(bytes.clone()));
        let Json(value) = Json::from_request(copy, state).await?;
        Ok(Self { bytes, value })
    }
}
