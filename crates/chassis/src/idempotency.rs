//! Idempotency keys: the same request, sent again, gets the same answer byte for byte, and does nothing twice.
//!
//! A request is known by who sends it, what for, and the key the client chose; the digest of its raw body tells whether
//! it is the same one. What was refused before anything was begun is not kept, so that it can be put right under the
//! same key.

pub mod mysql;
pub mod sqlite;

use crate::http::Json;
use crate::problem::{self, Problem, ProblemKind};
use crate::secret;
use crate::data_migration::{Column, Table};
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The idempotency key was used before, with another body.
pub const KEY_REUSED: ProblemKind =
    ProblemKind::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused", "Idempotency key reused");
/// A request with this idempotency key is being worked on.
pub const IN_FLIGHT: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "request-in-flight", "Still being worked on");
/// How long an answer is kept for its key, at least.
pub const RETENTION: SignedDuration = SignedDuration::from_hours(24);

/// The answers, as they move with a shop whose service keeps them as [`sqlite`] and [`mysql`] do.
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

/// How many answers are forgotten in one transaction.
const PURGE_BATCH_SIZE: u32 = 1000;
const HEADER: &str = "idempotency-key";
const MAX_KEY_LENGTH: usize = 128;

/// Which request: who sent it, for what, under which key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyScope {
    /// The session's subject.
    pub owner: String,
    /// The operation.
    pub operation: &'static str,
    /// The key the client chose.
    pub key: String,
}

impl IdempotencyScope {
    /// The scope of a request with the header `Idempotency-Key`.
    ///
    /// # Errors
    /// 422 when the header is missing, too long or not printable.
    pub fn of(owner: String, operation: &'static str, headers: &HeaderMap) -> Result<Self, Problem> {
        let key = headers.get(HEADER).and_then(|value| value.to_str().ok()).map(str::trim);
        let fits =
            |key: &&str| !key.is_empty() && key.len() <= MAX_KEY_LENGTH && key.bytes().all(|byte| byte.is_ascii_graphic());
        let key = key.filter(fits).ok_or_else(|| {
            let told = "is needed: 1 to 128 printable characters, a new one for each request, the same for a retry";
            Problem::invalid("Idempotency-Key", told)
        })?;
        Ok(Self { owner, operation, key: key.to_owned() })
    }

    /// Its name among the requests about one thing.
    pub fn name(&self) -> String {
        format!("{}:{}", self.operation, self.key)
    }
}

/// A request with its key and the digest of its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotentRequest {
    /// Which request.
    pub scope: IdempotencyScope,
    /// SHA-256 of what was asked: the raw body, and whatever of the path belongs to it.
    pub body_digest: String,
}

impl IdempotentRequest {
    /// The use of a key for this body; `about` is what the path names, so that the same key and body for something else
    /// is another request.
    pub fn new(scope: IdempotencyScope, about: &[u8], body: &[u8]) -> Self {
        Self { scope, body_digest: secret::sha256_hex(&[about, body].concat()) }
    }
}

/// An answer with its status, ready to be sent, and to be sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonResponse {
    /// The status.
    pub status: u16,
    /// The body: JSON, a problem from 400 on.
    pub body: Vec<u8>,
}

impl JsonResponse {
    /// The answer of this status with `value` as its body.
    ///
    /// # Errors
    /// When the value cannot be written as JSON, which is a fault of ours.
    pub fn json(status: StatusCode, value: &impl Serialize) -> Result<Self, Problem> {
        let body = serde_json::to_vec(value).map_err(Problem::internal)?;
        Ok(Self { status: status.as_u16(), body })
    }
}

/// An answer that was given under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResponse {
    /// The digest of the body it answered.
    pub body_digest: String,
    /// The answer.
    pub answer: JsonResponse,
}

impl StoredResponse {
    /// The same answer again, when this is the same request.
    ///
    /// # Errors
    /// [`KEY_REUSED`] when it is another one.
    pub fn replay(self, key: &IdempotentRequest) -> Result<JsonResponse, Problem> {
        if self.body_digest == key.body_digest {
            return Ok(self.answer);
        }
        Err(KEY_REUSED.detail("This key was used for another request. Take a new one for each."))
    }
}

impl IntoResponse for JsonResponse {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let media_type = if self.status < 400 { "application/json" } else { "application/problem+json" };
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

/// A JSON body with the bytes it was read from.
pub struct RawJson<T> {
    /// The bytes.
    pub bytes: Bytes,
    /// What they say.
    pub value: T,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for RawJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = Bytes::from_request(Request::new(body), state)
            .await
            .map_err(|_| problem::MALFORMED.detail("The body could not be read."))?;
        let replay = Request::from_parts(parts, Body::from(bytes.clone()));
        let Json(value) = Json::from_request(replay, state).await?;
        Ok(Self { bytes, value })
    }
}
