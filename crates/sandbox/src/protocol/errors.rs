//! Errors in Worldpay's format.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chassis::StoreError;
use serde::Serialize;
use serde_json::{Value, json};

/// A validation error of a request body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ValidationError {
    pub error_name: &'static str,
    pub message: String,
    pub json_path: String,
}

impl ValidationError {
    pub(crate) fn new(error_name: &'static str, json_path: &str, message: impl Into<String>) -> Self {
        Self { error_name, message: message.into(), json_path: json_path.to_owned() }
    }
}

/// An error response in Worldpay's format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WireError {
    status: StatusCode,
    body: Value,
}

impl WireError {
    pub(crate) fn new(status: StatusCode, name: &str, message: &str) -> Self {
        Self { status, body: json!({ "errorName": name, "message": message }) }
    }

    /// Creates the error for an invalid request body.
    pub(crate) fn body(findings: &[ValidationError]) -> Self {
        let mut error = Self::new(
            StatusCode::BAD_REQUEST,
            "bodyDoesNotMatchSchema",
            "The json body provided does not match the expected schema",
        );
        error.body["validationErrors"] = json!(findings);
        error
    }

    /// Creates the error for one invalid value.
    pub(crate) fn value(json_path: &str, message: impl Into<String>) -> Self {
        Self::body(&[ValidationError::new("fieldHasInvalidValue", json_path, message)])
    }

    pub(crate) fn not_json() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bodyIsNotJson", "The body within the request is not valid json")
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "endpointNotFound", "No resource exists at this URL")
    }

    /// Creates the error for an action that the payment's state does not allow.
    pub(crate) fn not_allowed() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "operationNotAllowed",
            "The state of the payment does not allow this action; see its _actions",
        )
    }

    pub(crate) fn denied() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "accessDenied", "Access to the requested resource has been denied")
    }

    pub(crate) fn header(status: StatusCode, name: &str, header: &str) -> Self {
        let mut error = Self::new(status, name, "A mandatory header is missing or invalid");
        error.body["headerName"] = json!(header);
        error
    }

    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internalErrorOccurred", "Internal server error")
    }
}

impl From<StoreError> for WireError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the sandbox ledger is unavailable");
        Self::internal()
    }
}

impl IntoResponse for WireError {
    fn into_response(self) -> Response {
        (self.status, axum::Json(self.body)).into_response()
    }
}
