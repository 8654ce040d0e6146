//! Answers with the headers that go with them.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chassis::http::Json;
use chassis::problem::{self, Problem};
use jiff::SignedDuration;
use serde::Serialize;

/// A refusal that brings more than its problem.
pub struct Refusal {
    problem: Box<Problem>,
    retry_after: Option<i64>,
    cookies: Vec<HeaderValue>,
}

impl Refusal {
    /// Too many failures; the next try is welcome after `wait`.
    pub fn too_many(wait: SignedDuration) -> Self {
        let seconds = if wait.subsec_nanos() > 0 { wait.as_secs() + 1 } else { wait.as_secs() };
        let minutes = (seconds + 59) / 60;
        let detail = format!("Too many failed attempts. Wait {minutes} minutes and try again.");
        let problem = Box::new(problem::TOO_MANY.detail(detail).with("retry_after_seconds", seconds));
        Self { problem, retry_after: Some(seconds), cookies: Vec::new() }
    }

    /// The same, with these cookies set.
    pub fn with_cookies(self, cookies: Vec<HeaderValue>) -> Self {
        Self { cookies, ..self }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self { problem: Box::new(problem), retry_after: None, cookies: Vec::new() }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.problem.into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        with_cookies(response, self.cookies)
    }
}

/// An answer about one person: no cache keeps it.
pub fn private(status: StatusCode, body: impl Serialize) -> Response {
    unkept((status, Json(body)).into_response())
}

/// An answer without a body.
pub fn nothing() -> Response {
    unkept(StatusCode::NO_CONTENT.into_response())
}

/// The answer with these cookies set.
pub fn with_cookies(mut response: Response, cookies: Vec<HeaderValue>) -> Response {
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn unkept(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
