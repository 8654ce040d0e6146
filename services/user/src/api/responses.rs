//! Responses with the headers that belong to them.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chassis::http::Json;
use chassis::problem::{self, Problem};
use jiff::SignedDuration;
use serde::Serialize;

/// A problem with additional headers.
pub struct ErrorResponse {
    problem: Box<Problem>,
    retry_after: Option<i64>,
    cookies: Vec<HeaderValue>,
}

impl ErrorResponse {
    /// Creates a 429 response; the client may try again after `wait`.
    pub fn too_many_attempts(wait: SignedDuration) -> Self {
        // Rounded up: a client that waits for the whole seconds given must not be rejected again.
        let seconds = if wait.subsec_nanos() > 0 { wait.as_secs() + 1 } else { wait.as_secs() };
        let minutes = (seconds + 59) / 60;
        let unit = if minutes == 1 { "minute" } else { "minutes" };
        let detail = format!("Too many failed attempts. Try again in {minutes} {unit}.");
        let problem = Box::new(problem::TOO_MANY.detail(detail).with("retry_after_seconds", seconds));
        Self { problem, retry_after: Some(seconds), cookies: Vec::new() }
    }

    /// Adds cookies to set.
    pub fn with_cookies(self, cookies: Vec<HeaderValue>) -> Self {
        Self { cookies, ..self }
    }
}

impl From<Problem> for ErrorResponse {
    fn from(problem: Problem) -> Self {
        Self { problem: Box::new(problem), retry_after: None, cookies: Vec::new() }
    }
}

impl IntoResponse for ErrorResponse {
    fn into_response(self) -> Response {
        let mut response = self.problem.into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        with_cookies(response, self.cookies)
    }
}

/// Creates a response with personal data, which no cache may store.
pub fn private_json(status: StatusCode, body: impl Serialize) -> Response {
    no_store((status, Json(body)).into_response())
}

/// Creates a response without a body.
pub fn no_content() -> Response {
    no_store(StatusCode::NO_CONTENT.into_response())
}

/// Adds cookies to set to a response.
pub fn with_cookies(mut response: Response, cookies: Vec<HeaderValue>) -> Response {
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
