//! Errors in the form of Robot Shop: a status and a plain text, misspellings included, on which its clients may depend.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chassis::client::CallError;
use std::borrow::Cow;

/// An error response of Robot Shop's API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub status: StatusCode,
    pub text: Cow<'static, str>,
}

impl Failure {
    pub fn bad_request(text: impl Into<Cow<'static, str>>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, text: text.into() }
    }

    pub fn not_found(text: impl Into<Cow<'static, str>>) -> Self {
        Self { status: StatusCode::NOT_FOUND, text: text.into() }
    }

    pub fn unavailable() -> Self {
        let text = "The service is temporarily unavailable. Try again shortly.".into();
        Self { status: StatusCode::SERVICE_UNAVAILABLE, text }
    }
}

/// A failed call that has no text of its own in Robot Shop. Its services answer most of these with 500.
impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(problem) if problem.status < 500 => {
                Self { status: problem.status_code(), text: problem.detail.clone() }
            }
            error => {
                tracing::warn!(%error, "a call for Robot Shop's API failed");
                Self::unavailable()
            }
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.status, self.text.into_owned()).into_response()
    }
}
