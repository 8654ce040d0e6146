//! Typed calls to another service.

use crate::auth::{SERVICE_TOKEN, ServiceIdentity};
use crate::context;
use crate::problem::{self, Problem};
use crate::transport::Transport;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tower::Service;

const PATIENCE: Duration = Duration::from_secs(10);
const LARGEST_ANSWER: usize = 8 << 20;
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Why a call did not bring the expected answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallError {
    /// The other service answered with a problem: the call had no effect, unless its kind says otherwise.
    #[error(transparent)]
    Refused(Box<Problem>),
    /// No answer: whether the call took effect is unknown.
    #[error("no answer from {callee}: {reason}")]
    NoResponse {
        /// The service called.
        callee: &'static str,
        /// Why.
        reason: String,
    },
}

impl CallError {
    /// The problem, when the other service refused with one of this kind.
    pub fn refused_as(&self, kind: crate::ProblemKind) -> Option<&Problem> {
        match self {
            Self::Refused(problem) if problem.is(kind) => Some(problem),
            _ => None,
        }
    }

    /// Whether a later try may work: no answer, or a fault of the other side.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Refused(problem) => problem.status >= 500 || problem.status == 429,
            Self::NoResponse { .. } => true,
        }
    }
}

impl From<CallError> for Problem {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(problem) if problem.status < 500 && problem.status != 401 && problem.status != 403 => {
                *problem
            }
            CallError::Refused(problem) => {
                if problem.is(problem::UNAVAILABLE) {
                    tracing::warn!(%problem, "another service cannot work");
                } else {
                    tracing::error!(%problem, "another service failed");
                }
                problem::UNAVAILABLE.detail("A part of the shop does not answer as it should. Try again shortly.")
            }
            CallError::NoResponse { callee, reason } => {
                tracing::warn!(callee, reason, "no answer from another service");
                problem::UNAVAILABLE.detail("A part of the shop is away for the moment. Try again shortly.")
            }
        }
    }
}

/// Calls one other service, as one service.
#[derive(Clone)]
pub struct ServiceClient {
    callee: &'static str,
    transport: Transport,
    identity: ServiceIdentity,
}

impl ServiceClient {
    /// A client of `callee`.
    pub fn new(callee: &'static str, transport: Transport, identity: ServiceIdentity) -> Self {
        Self { callee, transport, identity }
    }

    /// The service called.
    pub fn callee(&self) -> &'static str {
        self.callee
    }

    /// `GET path`.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, CallError> {
        self.call(Method::GET, path, None::<&()>).await
    }

    /// `POST path` with a JSON body.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, CallError> {
        self.call(Method::POST, path, Some(body)).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, CallError> {
        let request = self.request(method, path, body)?;
        let patience =
            context::current().and_then(|context| context.time_left()).map_or(PATIENCE, |left| left.min(PATIENCE));
        let exchange = async {
            let response =
                self.transport.clone().call(request).await.map_err(|error| self.no_answer(&error.to_string()))?;
            let status = response.status();
            let bytes = Limited::new(response.into_body(), LARGEST_ANSWER)
                .collect()
                .await
                .map_err(|error| self.no_answer(&error.to_string()))?
                .to_bytes();
            self.interpret(status, &bytes)
        };
        tokio::time::timeout(patience, exchange).await.unwrap_or_else(|_| Err(self.no_answer("too slow")))
    }

    fn request(&self, method: Method, path: &str, body: Option<&impl Serialize>) -> Result<Request, CallError> {
        let fault = |cause: &dyn std::fmt::Display| CallError::Refused(Box::new(Problem::internal(cause)));
        let body = match body {
            Some(body) => Body::from(serde_json::to_vec(body).map_err(|error| fault(&error))?),
            None => Body::empty(),
        };
        let mut request = Request::builder().method(method).uri(path).body(body).map_err(|error| fault(&error))?;
        let token = self.identity.token_for(self.callee).map_err(|problem| CallError::Refused(Box::new(problem)))?;
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(SERVICE_TOKEN, HeaderValue::from_str(&token).map_err(|error| fault(&error))?);
        if let Some(context) = context::current() {
            context.write(headers);
        }
        Ok(request)
    }

    fn interpret<T: DeserializeOwned>(&self, status: axum::http::StatusCode, bytes: &Bytes) -> Result<T, CallError> {
        if status.is_success() {
            let bytes: &[u8] = if bytes.is_empty() { b"null" } else { bytes };
            return serde_json::from_slice(bytes)
                .map_err(|error| self.no_answer(&format!("an answer that cannot be read: {error}")));
        }
        match serde_json::from_slice::<Problem>(bytes) {
            Ok(problem) => Err(CallError::Refused(Box::new(problem))),
            Err(_) => Err(self.no_answer(&format!("status {status} without a problem document"))),
        }
    }

    fn no_answer(&self, reason: &str) -> CallError {
        CallError::NoResponse { callee: self.callee, reason: reason.to_owned() }
    }
}

/// A value as one segment of a path: everything but unreserved characters is percent-encoded.
pub fn segment(value: &str) -> String {
    utf8_percent_encode(value, SEGMENT).to_string()
}
