//! The transport to a service in another process: a pooled HTTP client behind a circuit breaker.

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

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// The number of idle connections to one callee that stay open.
const IDLE_CONNECTIONS: usize = 16;
/// The time for which an idle connection stays open. It is shorter than the server's, so that a call rarely uses a
/// connection that the server has just closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);
/// The beginning of the paths of operations that only services call. Each of them can be repeated: it reads or computes, it
/// makes a quote that nobody uses until its response arrives, or it is identified by the order or step that it belongs to.
const INTERNAL: &str = "/internal/";
/// The maximum delay before a call is retried, in milliseconds.
const MAX_RETRY_PAUSE_MS: u16 = 80;

/// Creates the transport to the service at `base_url`, such as `http://catalogue:8080`.
///
/// A call whose connection failed is retried once after a short random delay, if it can be repeated: a replica that ends closes
/// connections that its callers are about to use. Other writes are never retried, since their effect is unknown. A read is
/// retried after a timeout as well.
///
/// # Errors
/// When the URL cannot be used.
pub fn remote(base_url: &str, system: SystemContext) -> Result<Transport, RemoteError> {
    let base: reqwest::Url =
        base_url.parse().map_err(|error| RemoteError::Url { url: base_url.to_owned(), source: Box::new(error) })?;
    let client = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .pool_idle_timeout(IDLE_TIMEOUT)
        // Services do not redirect each other, and a followed redirect could leave the cluster with our token.
        .redirect(reqwest::redirect::Policy::none())
        // HTTP_PROXY is meant for traffic to the internet, not between services.
        .no_proxy()
        .build()
        .map_err(RemoteError::Client)?;
    let remote =
        Remote { client, base: base.as_str().trim_end_matches('/').to_owned(), breaker: Breaker::default(), system };
    Ok(BoxCloneSyncService::new(tower::service_fn(move |request| {
        let remote = remote.clone();
        async move { remote.call(request).await }
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
        /// The error of the URL parser.
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

/// An attempt without a response.
struct Failure {
    error: TransportError,
    /// True if the connection failed or was closed, which happens while a replica is replaced.
    is_connection: bool,
}

impl Remote {
    async fn call(&self, request: Request<Body>) -> Result<Response, TransportError> {
        let (mut parts, body) = request.into_parts();
        let body = body.collect().await.map_err(|error| TransportError::NotSent(error.to_string()))?.to_bytes();
        // Hop-by-hop headers belong to the caller's connection; the client sets its own.
        for hop in [HOST, CONNECTION, TRANSFER_ENCODING, CONTENT_LENGTH] {
            parts.headers.remove(hop);
        }
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let url = format!("{}{path}", self.base);
        let first = self.send_once(&parts.method, &url, &parts.headers, &body).await;
        let reads = matches!(parts.method, Method::GET | Method::HEAD);
        match first {
            Err(failure) if reads || path.starts_with(INTERNAL) && failure.is_connection => {
                let jitter = u16::from_be_bytes(self.system.bytes()) % MAX_RETRY_PAUSE_MS;
                tokio::time::sleep(Duration::from_millis(u64::from(jitter))).await;
                self.send_once(&parts.method, &url, &parts.headers, &body).await.map_err(|failure| failure.error)
            }
            other => other.map_err(|failure| failure.error),
        }
    }

    async fn send_once(
        &self,
        method: &Method,
        url: &str,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Response, Failure> {
        let Some(call) = self.breaker.admit(Instant::now()) else {
            return Err(Failure { error: TransportError::CircuitOpen(self.base.clone()), is_connection: false });
        };
        let request = self.client.request(method.clone(), url).headers(headers.clone()).body(body.clone());
        let answer = request.send().await;
        // Status 502 comes from a proxy in front of a service that is down, so it counts as no response.
        let is_there = answer.as_ref().is_ok_and(|answer| answer.status() != StatusCode::BAD_GATEWAY);
        call.settle(is_there, Instant::now());
        let answer = answer.map_err(|error| Failure {
            is_connection: !error.is_timeout(),
            error: match error.is_connect() {
                true => TransportError::NotSent(error_chain(&error)),
                false => TransportError::NoResponse(error_chain(&error)),
            },
        })?;
        let response = axum::http::Response::from(answer);
        let (mut parts, body) = response.into_parts();
        // The response may be forwarded over another connection.
        parts.headers.remove(CONNECTION);
        Ok(Response::from_parts(parts, Body::new(body)))
    }
}

/// Joins an error with its causes, which reqwest's own text leaves out.
fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(reason) = cause {
        text = format!("{text}: {reason}");
        cause = reason.source();
    }
    text
}
