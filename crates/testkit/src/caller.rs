//! A client that sends requests to a router without sockets.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tower::ServiceExt;

/// A client of a router that sends the same headers with each request.
#[derive(Clone)]
pub struct Caller {
    router: Router,
    headers: HeaderMap,
}

/// A response whose body has been read completely.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Caller {
    /// Creates a caller that sends no headers.
    pub fn new(router: Router) -> Self {
        Self { router, headers: HeaderMap::new() }
    }

    /// Adds a bearer token to every request.
    #[must_use]
    pub fn with_bearer(self, token: impl AsRef<str>) -> Self {
        self.with_header("authorization", format!("Bearer {}", token.as_ref()))
    }

    /// Adds a header to every request.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl AsRef<str>) -> Self {
        let value = HeaderValue::from_str(value.as_ref()).expect("a header value");
        self.headers.insert(HeaderName::from_static(name), value);
        self
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    /// Sends `POST path` with a JSON body.
    pub async fn post(&self, path: &str, body: impl Serialize) -> Answer {
        self.send(Method::POST, path, Some(json(body))).await
    }

    /// Sends `PUT path` with a JSON body.
    pub async fn put(&self, path: &str, body: impl Serialize) -> Answer {
        self.send(Method::PUT, path, Some(json(body))).await
    }

    /// Sends `PATCH path` with a JSON body.
    pub async fn patch(&self, path: &str, body: impl Serialize) -> Answer {
        self.send(Method::PATCH, path, Some(json(body))).await
    }

    /// Sends `POST path` with this JSON text, byte for byte.
    pub async fn send_text(&self, path: &str, body: &str) -> Answer {
        self.send(Method::POST, path, Some(body.as_bytes().to_vec())).await
    }

    /// Sends `POST path` with a URL-encoded form, as a browser does.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let pair = |(name, value): &(&str, &str)| format!("{name}={}", chassis::client::segment(value));
        let body = fields.iter().map(pair).collect::<Vec<_>>().join("&");
        let caller = self.clone().with_header("content-type", "application/x-www-form-urlencoded");
        caller.send(Method::POST, path, Some(body.into_bytes())).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// Sends a request. The content type of a body is JSON unless the caller's headers set another one.
    pub async fn send(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> Answer {
        let mut request = Request::builder().method(method).uri(path).body(Body::empty()).expect("a request");
        *request.headers_mut() = self.headers.clone();
        if let Some(body) = body {
            request.headers_mut().entry("content-type").or_insert(HeaderValue::from_static("application/json"));
            *request.body_mut() = Body::from(body);
        }
        let response = self.router.clone().oneshot(request).await.expect("routers do not fail");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }
}

fn json(body: impl Serialize) -> Vec<u8> {
    serde_json::to_vec(&body).expect("JSON")
}

impl Answer {
    /// Parses the body as JSON; an empty body becomes null.
    pub fn json(&self) -> Value {
        if self.bytes.is_empty() {
            return Value::Null;
        }
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    /// Parses the JSON body as a value of type `T`.
    pub fn read<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// Returns the body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Returns the response if it has this status; otherwise the test fails and shows the body.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }

    /// Returns the last part of the problem's type. The test fails if the response has another status.
    #[track_caller]
    pub fn problem(self, status: u16) -> String {
        let answer = self.expect(status);
        let kind = answer.json()["type"].as_str().unwrap_or_default().to_owned();
        kind.rsplit(':').next().unwrap_or_default().to_owned()
    }
}
