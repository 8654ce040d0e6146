//! A sandbox under test, with a shop that receives its webhooks.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use chassis::transport::{Transport, TransportError};
use http_body_util::BodyExt;
use jiff::SignedDuration;
use sandbox::{LedgerPayment, Sandbox, Settings, Webhook, WebhookKey};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;
use tempfile::TempDir;
use testkit::{Answer, Caller, TestEnvironment};
use tower::ServiceExt;

pub const API: &str = "https://gateway.test";
pub const QUERIES: &str = "application/vnd.worldpay.payment-queries-v1.hal+json";

/// A webhook as the shop received it.
#[derive(Debug, Clone)]
pub struct Received {
    pub headers: HeaderMap,
    pub body: String,
}

impl Received {
    pub fn details(&self) -> Value {
        serde_json::from_str::<Value>(&self.body).expect("JSON")["eventDetails"].clone()
    }

    pub fn kind(&self) -> String {
        self.details()["type"].as_str().expect("a type").to_owned()
    }

    pub fn event_id(&self) -> String {
        serde_json::from_str::<Value>(&self.body).expect("JSON")["eventId"].as_str().expect("an id").to_owned()
    }

    pub fn signature(&self) -> &str {
        self.headers["event-signature"].to_str().expect("text")
    }
}

/// The shop's webhook endpoint. It records the webhooks and responds with the queued answers, or with status 200.
#[derive(Clone, Default)]
pub struct Shop {
    pub received: Arc<Mutex<Vec<Received>>>,
    pub answers: Arc<Mutex<VecDeque<Result<u16, &'static str>>>>,
}

impl Shop {
    fn transport(&self) -> Transport {
        let shop = self.clone();
        Transport::new(tower::service_fn(move |request: Request<Body>| {
            let shop = shop.clone();
            async move {
                assert_eq!(request.uri().path(), "/api/v1/webhooks/worldpay");
                let (parts, body) = request.into_parts();
                let body = body.collect().await.expect("a body").to_bytes();
                let body = String::from_utf8(body.to_vec()).expect("text");
                shop.received.lock().unwrap().push(Received { headers: parts.headers, body });
                let answer = shop.answers.lock().unwrap().pop_front().unwrap_or(Ok(200));
                let status = answer.map_err(|reason| TransportError::NoResponse(reason.to_owned()))?;
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::from_u16(status).expect("a status");
                Ok(response)
            }
        }))
    }

    pub fn answer(&self, answers: impl IntoIterator<Item = Result<u16, &'static str>>) {
        self.answers.lock().unwrap().extend(answers);
    }

    /// Returns the webhooks received since the last call.
    pub fn take(&self) -> Vec<Received> {
        std::mem::take(&mut self.received.lock().unwrap())
    }
}

/// The sandbox with its clock and the shop.
pub struct Gateway {
    pub env: TestEnvironment,
    pub folder: TempDir,
    pub sandbox: Sandbox,
    pub shop: Shop,
    /// A merchant that sends the required headers.
    pub merchant: Caller,
}

impl Gateway {
    pub async fn new() -> Self {
        Self::with(1, |_| {}).await
    }

    pub async fn seeded(seed: u64) -> Self {
        Self::with(seed, |_| {}).await
    }

    pub async fn with(seed: u64, adjust: impl FnOnce(&mut Settings)) -> Self {
        let (env, folder, shop) = (TestEnvironment::new(seed), TempDir::new().expect("a folder"), Shop::default());
        let key = |id: &str, secret: &[u8]| WebhookKey { id: id.to_owned(), secret: secret.to_vec() };
        let mut settings = Settings {
            api_url: API.to_owned(),
            browser_url: String::new(),
            credentials: None,
            index_delay: SignedDuration::from_secs(60),
            webhook: Some(Webhook {
                transport: shop.transport(),
                path: "/api/v1/webhooks/worldpay".to_owned(),
                keys: vec![key("old", b"first secret"), key("new", b"second secret")],
            }),
        };
        adjust(&mut settings);
        let path = folder.path().join("sandbox.db");
        let sandbox = Sandbox::open(&path, settings, env.system.clone()).await.expect("a sandbox");
        let merchant = Caller::new(sandbox.router())
            .with_header("wp-api-version", "2024-06-01")
            .with_header("content-type", "application/json");
        Self { env, folder, sandbox, shop, merchant }
    }

    pub fn router(&self) -> Router {
        self.sandbox.router()
    }

    /// Returns a caller without headers, such as a browser or developer.
    pub fn anybody(&self) -> Caller {
        Caller::new(self.router())
    }

    pub fn advance(&self, seconds: i64) {
        self.env.advance(SignedDuration::from_secs(seconds));
    }

    /// Requests a payment of 25.00 GBP with this name on the card.
    pub async fn pay(&self, reference: &str, name: &str) -> Answer {
        self.merchant.post("/api/payments", order(reference, name)).await
    }

    /// Requests a payment that must be authorised, and returns the response.
    pub async fn authorised(&self, reference: &str, name: &str) -> Value {
        let answer = self.pay(reference, name).await.expect(201).json();
        assert_eq!(answer["outcome"], "authorized");
        answer
    }

    /// Posts to the link of an action in an earlier response.
    pub async fn follow(&self, answer: &Value, action: &str, body: Option<Value>) -> Answer {
        let href = answer["_actions"][action]["href"].as_str().unwrap_or_else(|| panic!("no {action} in {answer}"));
        self.post(path_of(href), body).await
    }

    pub async fn post(&self, path: &str, body: Option<Value>) -> Answer {
        let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        self.merchant.send(Method::POST, path, Some(body)).await
    }

    /// Requests a payment query at this path.
    pub async fn query(&self, path: &str) -> Answer {
        self.merchant.clone().with_header("accept", QUERIES).get(path).await
    }

    /// Returns all payments of the ledger, at most 1000.
    pub async fn ledger_payments(&self) -> Vec<LedgerPayment> {
        self.sandbox.ledger().payments_after("", 1000).await.expect("the books")
    }

    /// Returns the only payment with this reference in the ledger.
    pub async fn ledger_payment(&self, reference: &str) -> LedgerPayment {
        let mut found: Vec<_> =
            self.ledger_payments().await.into_iter().filter(|one| one.reference == reference).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    /// Processes everything that is due, and returns the types of the webhooks that the shop received.
    pub async fn webhook_types(&self) -> Vec<String> {
        self.settle_down().await;
        self.shop.take().iter().map(Received::kind).collect()
    }

    /// Processes scheduled events and webhooks until none is due.
    pub async fn settle_down(&self) {
        let mut rounds = 0;
        while self.sandbox.run_once().await.expect("the books") > 0 {
            rounds += 1;
            assert!(rounds < 1000, "there is always something left to do");
        }
    }

    /// Sends a form as browsers do.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let encode =
            |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        let form: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let browser = self.anybody().with_header("content-type", "application/x-www-form-urlencoded");
        browser.send(Method::POST, path, Some(form.join("&").into_bytes())).await
    }

    /// Sends a request and returns the status of the response, or `None` if the response was lost.
    pub async fn try_post(&self, path: &str, body: &Value) -> Option<u16> {
        let request = Request::post(path)
            .header("wp-api-version", "2024-06-01")
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .expect("a request");
        let response = self.router().oneshot(request).await.expect("routers do not fail");
        let status = response.status().as_u16();
        response.into_body().collect().await.ok().map(|_| status)
    }
}

/// Starts a request and returns it in progress. The test fails if the response is available at once.
pub fn begun<'a>(request: impl Future<Output = Answer> + 'a) -> Pin<Box<dyn Future<Output = Answer> + 'a>> {
    let mut request = Box::pin(request);
    let first = request.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(first.is_pending(), "answered at once");
    request
}

/// Waits at most ten seconds for a condition that a background task fulfils.
pub async fn within_a_while(holds: impl AsyncFn() -> bool) {
    let capturable = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), capturable).await.expect("it came to hold");
}

/// Returns the path of a link to the gateway.
pub fn path_of(href: &str) -> &str {
    href.strip_prefix(API).unwrap_or_else(|| panic!("{href} is not at the gateway"))
}

/// Returns a payment request for 25.00 GBP with this name on the card.
pub fn order(reference: &str, name: &str) -> Value {
    json!({
        "transactionReference": reference,
        "merchant": { "entity": "default" },
        "channel": "ecom",
        "instruction": {
            "method": "card",
            "settlement": { "auto": false },
            "paymentInstrument": {
                "type": "plain",
                "cardHolderName": name,
                "cardNumber": "4444333322221111",
                "expiryDate": { "month": 5, "year": 2035 },
                "cvc": "123",
            },
            "narrative": { "line1": "ShopStack" },
            "value": { "currency": "GBP", "amount": 2500 },
        },
    })
}

/// Returns a payment request with 3-D Secure.
pub fn three_ds_order(reference: &str, name: &str) -> Value {
    let mut order = order(reference, name);
    order["instruction"]["threeDS"] = json!({
        "type": "integrated",
        "mode": "always",
        "deviceData": { "acceptHeader": "text/html", "userAgentHeader": "Mozilla/5.0", "browserLanguage": "en" },
        "challenge": { "returnUrl": "https://shop.test/return?payment=1" },
    });
    order
}
