//! Typed calls to another service.

use crate::auth::{SERVICE_TOKEN, ServiceIdentity};
use crate::problem::{self, Problem};
use crate::transport::{Transport, TransportError};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use telemetry::Metrics;
use telemetry::context::{self, Context, ErrorType};
use telemetry::metrics::{Counter, Histogram};
use telemetry::schema::attributes::HTTP_RESPONSE_STATUS_CODE;
use telemetry::schema::metrics::{CIRCUIT_BREAKER_REJECTIONS, HTTP_CLIENT_REQUEST_DURATION};
use telemetry::trace::spans;
use tokio::time::Instant;
use tower::Service;

const CALL_TIMEOUT: Duration = Duration::from_secs(10);
const MAX_RESPONSE_BYTES: usize = 8 << 20;
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A call to another service that failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallError {
    /// The service answered with a problem. The call had no effect, unless the kind of problem says otherwise.
    #[error(transparent)]
    Refused(Box<Problem>),
    /// The service did not answer, so it is unknown if the call took effect.
    #[error("no response from {callee}: {reason}")]
    NoResponse {
        /// The name of the called service.
        callee: &'static str,
        /// The reason, for logs.
        reason: String,
    },
}

impl CallError {
    /// Returns the problem if the service answered with one of this kind.
    pub fn refused_as(&self, kind: crate::ProblemKind) -> Option<&Problem> {
        match self {
            Self::Refused(problem) if problem.is(kind) => Some(problem),
            _ => None,
        }
    }

    /// Returns true if a retry may succeed: after no answer, or a fault of the service.
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
            // A 401 or 403 means that our own service token was refused: a fault of ours that the client cannot mend.
            CallError::Refused(problem) if problem.status < 500 && problem.status != 401 && problem.status != 403 => {
                *problem
            }
            CallError::Refused(problem) => {
                if problem.is(problem::UNAVAILABLE) {
                    tracing::warn!(error = %problem, "the called service is unavailable");
                } else {
                    tracing::error!(error = %problem, "the called service failed");
                }
                problem::UNAVAILABLE.detail("A service of the shop failed. Try again shortly.")
            }
            CallError::NoResponse { callee, reason } => {
                tracing::warn!(callee, error = reason, "the called service did not respond");
                problem::UNAVAILABLE.detail("The service is temporarily unavailable. Try again shortly.")
            }
        }
    }
}

impl ErrorType for CallError {
    fn error_type(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::NoResponse { .. } => "unavailable",
        }
    }
}

/// Times the calls that one service makes to others.
#[derive(Clone)]
pub struct CallMetrics {
    duration: Histogram<3>,
    circuit_open: Counter<1>,
}

impl CallMetrics {
    /// Creates the metrics of a service.
    pub fn new(metrics: &Metrics) -> Self {
        Self {
            duration: metrics.histogram(&HTTP_CLIENT_REQUEST_DURATION),
            circuit_open: metrics.counter(&CIRCUIT_BREAKER_REJECTIONS),
        }
    }

    /// The metrics of the calls to `callee`.
    pub(crate) fn of(&self, callee: &'static str) -> Self {
        Self { circuit_open: self.circuit_open.clone().starting_with([[callee]]), ..self.clone() }
    }
}

/// A client of one service that authenticates as another.
#[derive(Clone)]
pub struct ServiceClient {
    callee: &'static str,
    transport: Transport,
    identity: ServiceIdentity,
    metrics: Option<CallMetrics>,
    headers: HeaderMap,
}

impl ServiceClient {
    /// Creates a client of `callee`.
    pub fn new(callee: &'static str, transport: Transport, identity: ServiceIdentity) -> Self {
        Self { callee, transport, identity, metrics: None, headers: HeaderMap::new() }
    }

    /// Times the calls of this client.
    #[must_use]
    pub fn measured(self, metrics: CallMetrics) -> Self {
        Self { metrics: Some(metrics), ..self }
    }

    /// The name of the called service.
    pub fn callee(&self) -> &'static str {
        self.callee
    }

    /// Adds headers to all calls of this client, such as the session of the customer on whose behalf it calls.
    #[must_use]
    pub fn with_headers(self, headers: HeaderMap) -> Self {
        Self { headers, ..self }
    }

    /// Sends `GET path` and parses the response.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, CallError> {
        self.call(Method::GET, path, None::<&()>).await
    }

    /// Sends `DELETE path` and parses the response.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, CallError> {
        self.call(Method::DELETE, path, None::<&()>).await
    }

    /// Sends `PUT path` with a JSON body and parses the response.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, CallError> {
        self.call(Method::PUT, path, Some(body)).await
    }

    /// Sends `POST path` with a JSON body and parses the response.
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
        let context = context::current().map(|context| context.start(spans::call(&method, self.callee)));
        let request = self.request(method.clone(), path, body, context.as_ref())?;
        let started = Instant::now();
        let (status, result) = self.send(request, context.as_ref()).await;
        let Some(context) = context else { return result };
        if let Some(status) = status {
            context.record(HTTP_RESPONSE_STATUS_CODE.of(status.as_u16()));
        }
        match &result {
            // A refusal by the rules of the callee, such as too little stock, is no error of the call.
            Ok(_) => {}
            Err(CallError::Refused(problem)) if problem.status < 500 => {}
            Err(error) => context.fail(
                status.filter(StatusCode::is_server_error).as_ref().map_or(error.error_type(), StatusCode::as_str),
            ),
        }
        if let Some(metrics) = self.metrics.as_ref().filter(|_| !context.is_synthetic()) {
            let status = status.as_ref().map_or("", StatusCode::as_str);
            let labels = [method.as_str(), self.callee, status];
            metrics.duration.observe_in(&context, started.elapsed().as_secs_f64(), labels);
        }
        context.end();
        result
    }

    /// Sends the request, and returns the status with the result, as far as there was a response.
    async fn send<T: DeserializeOwned>(
        &self,
        request: Request,
        context: Option<&Context>,
    ) -> (Option<StatusCode>, Result<T, CallError>) {
        let left = context.and_then(Context::time_left);
        let timeout = left.map_or(CALL_TIMEOUT, |left| left.min(CALL_TIMEOUT));
        let mut status = None;
        // One time limit covers request and body, so that a slow body cannot exceed it.
        let exchange = async {
            let response = self.transport.clone().call(request).await.map_err(|error| self.transport_failed(&error))?;
            let (head, body) = response.into_parts();
            status = Some(head.status);
            let bytes = Limited::new(body, MAX_RESPONSE_BYTES)
                .collect()
                .await
                .map_err(|error| self.no_response(&error.to_string()))?
                .to_bytes();
            Ok((head.status, bytes))
        };
        let received =
            tokio::time::timeout(timeout, exchange).await.unwrap_or_else(|_| Err(self.no_response("timed out")));
        let result = received.and_then(|(status, bytes)| self.interpret(status, &bytes));
        (status, result)
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
        context: Option<&Context>,
    ) -> Result<Request, CallError> {
        // A request that cannot be built was never sent, so its outcome is known.
        let fault = |cause: &dyn std::fmt::Display| CallError::Refused(Box::new(Problem::internal(cause)));
        let body = match body {
            Some(body) => Body::from(serde_json::to_vec(body).map_err(|error| fault(&error))?),
            None => Body::empty(),
        };
        let mut request = Request::builder().method(method).uri(path).body(body).map_err(|error| fault(&error))?;
        let token = self.identity.token_for(self.callee).map_err(|problem| CallError::Refused(Box::new(problem)))?;
        let headers = request.headers_mut();
        headers.extend(self.headers.clone());
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(SERVICE_TOKEN, HeaderValue::from_str(&token).map_err(|error| fault(&error))?);
        if let Some(context) = context {
            context.write(headers);
        }
        Ok(request)
    }

    fn interpret<T: DeserializeOwned>(&self, status: StatusCode, bytes: &Bytes) -> Result<T, CallError> {
        if status.is_success() {
            // Operations without a result answer with an empty body, which deserialises as null.
            let bytes: &[u8] = if bytes.is_empty() { b"null" } else { bytes };
            // The call took effect and only its result is lost, so this must not look like a refusal.
            return serde_json::from_slice(bytes)
                .map_err(|error| self.no_response(&format!("the response cannot be parsed: {error}")));
        }
        match serde_json::from_slice::<Problem>(bytes) {
            Ok(problem) => Err(CallError::Refused(Box::new(problem))),
            // Services report errors as problems. Another body is a proxy's, which may have passed the request on.
            Err(_) => Err(self.no_response(&format!("status {status} without a problem document"))),
        }
    }

    fn transport_failed(&self, error: &TransportError) -> CallError {
        if let (TransportError::CircuitOpen(_), Some(metrics)) = (error, &self.metrics) {
            metrics.circuit_open.add_one([self.callee]);
        }
        self.no_response(&error.to_string())
    }

    fn no_response(&self, reason: &str) -> CallError {
        CallError::NoResponse { callee: self.callee, reason: reason.to_owned() }
    }
}

/// Encodes a value as one segment of a path: all but unreserved characters (RFC 3986) are percent-encoded.
pub fn segment(value: &str) -> String {
    utf8_percent_encode(value, SEGMENT).to_string()
}
