//! Somebody who visits the shop: a browser that keeps cookies, or a program with a token.

use super::unique;
use reqwest::header::{AUTHORIZATION, COOKIE, HeaderMap, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

/// Longer than the shop allows itself.
const PATIENCE: Duration = Duration::from_secs(120);

/// A visitor.
pub struct Visitor {
    client: Client,
    base_url: String,
    token: Option<String>,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub bytes: Vec<u8>,
}

impl Visitor {
    /// Somebody without a session.
    pub fn new(base_url: &str) -> Self {
        let client = Client::builder().redirect(Policy::none()).timeout(PATIENCE).no_proxy().build().unwrap();
        Self { client, base_url: base_url.to_owned(), token: None, cookies: Mutex::default() }
    }

    /// The same with this token.
    #[must_use]
    pub fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// The same as a new guest with a token.
    pub async fn into_guest(self) -> Self {
        let session = self.post("/api/v1/auth/guest", json!({"session": "token"})).await.expect(201);
        self.with_token(session["access_token"].as_str().unwrap())
    }

    /// The same as a new account with a token.
    pub async fn into_customer(self, name: &str) -> Self {
        let wanted = json!({
            "email": format!("{name}@example.com"), "password": "quiet-harbour-lantern-7", "name": name, "session": "token"
        });
        let session = self.post("/api/v1/auth/register", wanted).await.expect(201);
        self.with_token(session["access_token"].as_str().unwrap())
    }

    /// The same, logged in with a token.
    pub async fn logged_in(self, email: &str, password: &str) -> Self {
        let login = json!({"email": email, "password": password, "session": "token"});
        let session = self.post("/api/v1/auth/login", login).await.expect(200);
        self.with_token(session["access_token"].as_str().unwrap())
    }

    /// The token.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    /// A request with the visitor's session.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self.client.request(method, format!("{}{path}", self.base_url));
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

    /// The answer to a request, or why there is none.
    pub async fn try_send(&self, request: RequestBuilder) -> Result<Answer, reqwest::Error> {
        let response = request.send().await?;
        for cookie in response.headers().get_all(SET_COOKIE) {
            self.keep(cookie.to_str().unwrap());
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { status, headers, bytes: response.bytes().await?.to_vec() })
    }

    fn keep(&self, cookie: &str) {
        let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
        let mut cookies = self.cookies.lock().unwrap();
        if value.is_empty() {
            cookies.remove(name);
        } else {
            cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// The answer to a request.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        self.try_send(request).await.expect("an answer")
    }

    /// `GET path`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// `POST path` with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    /// Submits a form.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(self.request(Method::POST, path).form(fields)).await
    }

    /// `POST path` with a JSON body and an idempotency key.
    pub async fn post_with_key(&self, path: &str, key: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).header("idempotency-key", key).json(body)).await
    }

    /// `PUT path` with a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    /// `PATCH path` with a JSON body.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(&body)).await
    }

    /// `DELETE path`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// A card in the sandbox's hosted fields, by the name on it.
    pub async fn card(&self, holder: &str) -> String {
        let card = json!({
            "card_holder_name": holder, "card_number": "4444 3333 2222 1111", "expiry_month": 5, "expiry_year": 2031,
            "cvc": "123"
        });
        let session = self.post("/api/v1/sandbox/sessions", card).await.expect(201);
        session["session"].as_str().unwrap().to_owned()
    }

    /// A new key for a purchase.
    pub fn key() -> String {
        unique("key")
    }
}

impl Answer {
    /// The body as JSON; null when empty.
    pub fn json(&self) -> Value {
        if self.bytes.is_empty() {
            return Value::Null;
        }
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("{}: not JSON: {}", self.status, self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// A header.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body, when the answer has this status; otherwise the test fails and shows the body.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        self.json()
    }

    /// The last part of the problem's type, when the answer has this status.
    #[track_caller]
    pub fn problem(&self, status: u16) -> String {
        self.expect(status);
        self.slug()
    }

    /// The last part of the problem's type; empty when it is none.
    pub fn slug(&self) -> String {
        let body: Value = serde_json::from_slice(&self.bytes).unwrap_or_default();
        body["type"].as_str().unwrap_or_default().rsplit(':').next().unwrap_or_default().to_owned()
    }
}
