//! The HTTP client of the synthetic buyer.

use chassis::{Problem, ProblemKind};
use contracts::Secret;
use reqwest::{Method, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// The time limit of a request; customers wait no longer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A request that a customer could not complete.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The HTTP client cannot be set up.
    #[error("cannot set up the HTTP client: {0}")]
    Client(#[source] reqwest::Error),
    /// The address of the shop is not a URL.
    #[error("\"{0}\" is not the URL of a shop; expected one such as https://shop.example.com")]
    Url(String),
    /// The shop did not respond, or not as documented.
    #[error("{method} {path}: {}", cause(.source))]
    Request { method: Method, path: String, source: reqwest::Error },
    /// The shop responded with an error.
    #[error("{method} {path}: {status} {}", .problem.as_ref().map_or("", |problem| &problem.detail))]
    Status { method: Method, path: String, status: StatusCode, problem: Option<Box<Problem>> },
    /// The shop responded with something that no customer should see.
    #[error("{0}")]
    Unexpected(String),
}

impl ProbeError {
    /// Returns true if the shop refused the request with this kind of problem.
    pub(super) fn is(&self, kind: ProblemKind) -> bool {
        matches!(self, Self::Status { problem: Some(problem), .. } if problem.is(kind))
    }

    pub(super) fn is_not_found(&self) -> bool {
        matches!(self, Self::Status { status: StatusCode::NOT_FOUND, .. })
    }
}

/// The innermost cause of an error: reqwest's own text repeats the URL.
fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// A client of one shop, which gets a session on the way.
pub(super) struct Client {
    http: reqwest::Client,
    base: Url,
    token: Option<Secret>,
}

impl Client {
    pub(super) fn new(url: &str) -> Result<Self, ProbeError> {
        let base =
            Url::parse(url).ok().filter(|base| base.has_host()).ok_or_else(|| ProbeError::Url(url.to_owned()))?;
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert(chassis::context::SYNTHETIC, reqwest::header::HeaderValue::from_static("1"));
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .default_headers(headers)
            .user_agent(concat!("shopstack-probe/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(ProbeError::Client)?;
        Ok(Self { http, base, token: None })
    }

    pub(super) fn authenticate(&mut self, token: Option<Secret>) {
        self.token = token;
    }

    pub(super) fn is_authenticated(&self) -> bool {
        self.token.is_some()
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ProbeError> {
        self.send(Method::GET, path, None::<&()>, None).await
    }

    pub(super) async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, ProbeError> {
        self.send(Method::DELETE, path, None::<&()>, None).await
    }

    pub(super) async fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ProbeError> {
        self.send(Method::PUT, path, Some(body), None).await
    }

    /// Posts to a path of the shop, or to an absolute URL of the gateway.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
        key: Option<&str>,
    ) -> Result<T, ProbeError> {
        self.send(Method::POST, path, Some(body), key).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
        key: Option<&str>,
    ) -> Result<T, ProbeError> {
        let failed = |source| ProbeError::Request { method: method.clone(), path: path.to_owned(), source };
        let url = self.base.join(path).map_err(|_| ProbeError::Url(path.to_owned()))?;
        let is_shop = url.origin() == self.base.origin();
        let mut request = self.http.request(method.clone(), url);
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        // The gateway must not see the session of the shop.
        if let Some(token) = self.token.as_ref().filter(|_| is_shop) {
            request = request.bearer_auth(token.expose());
        }
        let response = request.send().await.map_err(failed)?;
        let status = response.status();
        if !status.is_success() {
            let problem = response.json().await.ok().map(Box::new);
            return Err(ProbeError::Status { method, path: path.to_owned(), status, problem });
        }
        response.json().await.map_err(failed)
    }
}
