//! An HTTP client: a browser that stores cookies, or a program with a token.

use super::unique;
use reqwest::header::{AUTHORIZATION, COOKIE, HeaderMap, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

/// Longer than the shop's own request timeout.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A client with its session.
pub struct Client {
    http: reqwest::Client,
    base_url: String,
    token: Option<String>,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// A response, read to its end.
#[derive(Debug, Clone)]
pub struct Response {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Client {
    /// A client without a session.
    pub fn new(base_url: &str) -> Self {
        let http = reqwest::Client::builder().redirect(Policy::none()).timeout(TIMEOUT).no_proxy().build().unwrap();
        Self { http, base_url: base_url.to_owned(), token: None, cookies: Mutex::default() }
    }

    /// Sets the token of the session.
    #[must_use]
    pub fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// Starts a guest session with a token.
    pub async fn into_guest(self) -> Self {
        let session = self.post("/api/v1/auth/guest", json!({"session": "token"})).await.expect(201);
        self.with_token(session["access_token"].as_str().unwrap())
    }

    /// Registers an account and keeps its token.
    pub async fn into_customer(self, name: &str) -> Self {
        let wanted = json!({
            "email": format!("{name}@example.com"), "password": "quiet-harbour-lantern-7", "name": name, "session": "token"
        });
        let session = self.post("/api/v1/auth/register", wanted).await.expect(201);
        self.with_token(session["access_token"].as_str().unwrap())
    }

    /// Logs in to an account and keeps its token.
    pub async fn logged_in(self, email: &str, password: &str) -> Self {
        let login = json!({"email": email, "password": password, "session": "token"});
        let session = self.post("/api/v1/auth/login", login).await.expect(200);
        self.with_token(session["access_token"].as_str().unwrap())
    }

    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    /// Builds a request with the client's session.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self.http.request(method, format!("{}{path}", self.base_url));
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let cookies = self.cookies.lock().unwrap();
        if !cookies.is_empty() {
            let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(COOKIE, pairs.join("; "));
        }
        request
    }

    /// Sends a request; fails if there is no response.
    pub async fn try_send(&self, request: RequestBuilder) -> Result<Response, reqwest::Error> {
        let response = request.send().await?;
        for cookie in response.headers().get_all(SET_COOKIE) {
            self.store_cookie(cookie.to_str().unwrap());
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Response { status, headers, bytes: response.bytes().await?.to_vec() })
    }

    fn store_cookie(&self, cookie: &str) {
        let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
        let mut cookies = self.cookies.lock().unwrap();
        if value.is_empty() {
            cookies.remove(name);
        } else {
            cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Sends a request that must have a response.
    pub async fn send(&self, request: RequestBuilder) -> Response {
        self.try_send(request).await.expect("an answer")
    }

    pub async fn get(&self, path: &str) -> Response {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends `POST path` with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Response {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        self.send(self.request(Method::POST, path).form(fields)).await
    }

    /// Sends `POST path` with a JSON body and an idempotency key.
    pub async fn post_with_key(&self, path: &str, key: &str, body: &Value) -> Response {
        self.send(self.request(Method::POST, path).header("idempotency-key", key).json(body)).await
    }

    /// Sends `PUT path` with a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> Response {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    /// Sends `PATCH path` with a JSON body.
    pub async fn patch(&self, path: &str, body: Value) -> Response {
        self.send(self.request(Method::PATCH, path).json(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Response {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Creates a card session at the sandbox. The name on the card chooses its behaviour.
    pub async fn card(&self, holder: &str) -> String {
        let card = json!({
            "card_holder_name": holder, "card_number": "4444 3333 2222 1111", "expiry_month": 5, "expiry_year": 2031,
            "cvc": "123"
        });
        let session = self.post("/api/v1/sandbox/sessions", card).await.expect(201);
        session["session"].as_str().unwrap().to_owned()
    }

    /// A new idempotency key.
    pub fn key() -> String {
        unique("key")
    }
}

impl Response {
    /// The body as JSON; null when empty.
    pub fn json(&self) -> Value {
        if self.bytes.is_empty() {
            return Value::Null;
        }
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("{}: not JSON: {}", self.status, self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Checks the status and returns the body.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        self.json()
    }

    /// Checks the status and returns the last part of the problem's type.
    #[track_caller]
    pub fn problem(&self, status: u16) -> String {
        self.expect(status);
        self.slug()
    }

    /// The last part of the problem's type; empty if the body is no problem.
    pub fn slug(&self) -> String {
        let body: Value = serde_json::from_slice(&self.bytes).unwrap_or_default();
        body["type"].as_str().unwrap_or_default().rsplit(':').next().unwrap_or_default().to_owned()
    }
}
