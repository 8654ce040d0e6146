//! Errors as Worldpay writes them.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chassis::StoreError;
use serde::Serialize;
use serde_json::{Value, json};

/// What is wrong with one part of a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Finding {
    pub error_name: &'static str,
    pub message: String,
    pub json_path: String,
}

impl Finding {
    pub(crate) fn new(error_name: &'static str, json_path: &str, message: impl Into<String>) -> Self {
        Self { error_name, message: message.into(), json_path: json_path.to_owned() }
    }
}

/// An answer that says why a request was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WireError {
    status: StatusCode,
    body: Value,
}

impl WireError {
    pub(crate) fn new(status: StatusCode, name: &str, message: &str) -> Self {
        Self { status, body: json!({ "errorName": name, "message": message }) }
    }

    /// A body that is not what the operation takes.
    pub(crate) fn body(findings: &[Finding]) -> Self {
        let mut error = Self::new(
            StatusCode::BAD_REQUEST,
            "bodyDoesNotMatchSchema",
            "The json body provided does not match the expected schema",
        );
        error.body["validationErrors"] = json!(findings);
        error
    }

    /// A body with one fault.
    pub(crate) fn value(json_path: &str, message: impl Into<String>) -> Self {
        Self::body(&[Finding::new("fieldHasInvalidValue", json_path, message)])
    }

    pub(crate) fn not_json() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bodyIsNotJson", "The body within the request is not valid json")
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "endpointNotFound", "There is nothing at this address")
    }

    /// Something that cannot be done with this payment any more, or not yet.
    pub(crate) fn not_possible() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "operationNotAllowed",
            "This cannot be done with the payment as it stands; its _actions say what can",
        )
    }

    pub(crate) fn denied() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "accessDenied", "Access to the requested resource has been denied")
    }

    pub(crate) fn header(status: StatusCode, name: &str, header: &str) -> Self {
        let mut error = Self::new(status, name, "A mandatory header is missing or not as it should be");
        error.body["headerName"] = json!(header);
        error
    }

    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internalErrorOccurred", "Internal server error")
    }
}

impl From<StoreError> for WireError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the sandbox's books do not answer");
        Self::internal()
    }
}

impl IntoResponse for WireError {
    fn into_response(self) -> Response {
        (self.status, axum::Json(self.body)).into_response()
    }
}
