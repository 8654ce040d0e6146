//! The way to a service in another process: a pooled HTTP client behind a circuit breaker.

use super::{Breaker, Transport, TransportError};
use crate::system::SystemContext;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use http_body_util::BodyExt;
use std::time::Duration;
use tokio::time::Instant;
use tower::util::BoxCloneSyncService;

const CONNECTING: Duration = Duration::from_secs(2);
/// Connections to one callee that are kept open while nobody uses them.
const IDLE_CONNECTIONS: usize = 16;
/// Shorter than a server closes an idle connection, so that a call rarely meets one just closed.
const IDLE: Duration = Duration::from_secs(20);
/// How long to wait before a read is tried a second time, at most; in milliseconds.
const PAUSE: u16 = 80;

/// The way to the service at `base_url`, such as `http://catalogue:8080`.
///
/// What only reads is tried a second time, after a short random pause, when there was no answer; what changes something
/// never is, since whether it took effect is unknown.
///
/// # Errors
/// When the address cannot be used.
pub fn remote(base_url: &str, system: SystemContext) -> Result<Transport, RemoteError> {
    let base: reqwest::Url =
        base_url.parse().map_err(|error| RemoteError::Url { url: base_url.to_owned(), source: Box::new(error) })?;
    let client = reqwest::Client::builder()
        .connect_timeout(CONNECTING)
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .pool_idle_timeout(IDLE)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .map_err(RemoteError::Client)?;
    let way =
        Remote { client, base: base.as_str().trim_end_matches('/').to_owned(), breaker: Breaker::default(), system };
    Ok(BoxCloneSyncService::new(tower::service_fn(move |request| {
        let way = way.clone();
        async move { way.call(request).await }
    })))
}

/// A remote transport that could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// The base URL does not parse.
    #[error("\"{url}\" is not a URL: {source}")]
    Url {
        /// The text that was given.
        url: String,
        /// The parser's reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The HTTP client could not be built, for example because TLS is not available.
    #[error("cannot set up the HTTP client: {0}")]
    Client(#[source] reqwest::Error),
}

#[derive(Clone)]
struct Remote {
    client: reqwest::Client,
    base: String,
    breaker: Breaker,
    system: SystemContext,
}

impl Remote {
    async fn call(&self, request: Request<Body>) -> Result<Response, TransportError> {
        let (mut parts, body) = request.into_parts();
        let body = body.collect().await.map_err(|error| TransportError::NotSent(error.to_string()))?.to_bytes();
        for hop in [HOST, CONNECTION, TRANSFER_ENCODING, CONTENT_LENGTH] {
            parts.headers.remove(hop);
        }
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let url = format!("{}{path}", self.base);
        let first = self.once(&parts.method, &url, &parts.headers, &body).await;
        let reads = matches!(parts.method, Method::GET | Method::HEAD);
        match first {
            Err(_) if reads => {
                let jitter = u16::from_be_bytes(self.system.bytes()) % PAUSE;
                tokio::time::sleep(Duration::from_millis(u64::from(jitter))).await;
                self.once(&parts.method, &url, &parts.headers, &body).await
            }
            other => other,
        }
    }

    async fn once(
        &self,
        method: &Method,
        url: &str,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Response, TransportError> {
        let Some(call) = self.breaker.admit(Instant::now()) else {
            return Err(TransportError::NotSent(format!(
                "{} did not answer several times and is left alone a moment",
                self.base
            )));
        };
        let request = self.client.request(method.clone(), url).headers(headers.clone()).body(body.clone());
        let answer = request.send().await;
        // A service that says so is as good as away, and is not run over either.
        let is_there = answer.as_ref().is_ok_and(|answer| answer.status() != StatusCode::BAD_GATEWAY);
        call.settle(is_there, Instant::now());
        let answer = answer.map_err(|error| match error.is_connect() {
            true => TransportError::NotSent(reasons(&error)),
            false => TransportError::NoResponse(reasons(&error)),
        })?;
        let response = axum::http::Response::from(answer);
        let (mut parts, body) = response.into_parts();
        parts.headers.remove(CONNECTION);
        Ok(Response::from_parts(parts, Body::new(body)))
    }
}

/// An error with its causes: the library's own words leave them out.
fn reasons(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(reason) = cause {
        text = format!("{text}: {reason}");
        cause = reason.source();
    }
    text
}
