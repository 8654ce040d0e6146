//! The merchant's program receives webhooks about orders.

use crate::shop::{Options, Shop, german_address};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use chassis::tasks::Tasks;
use chassis::transport::in_process;
use chassis::webhook;
use contracts::dispatch::{MessageChannel, OrderStatus, OrderWebhook, OrderWebhookType};
use contracts::payment::CommandState;
use dispatch::mail::{MerchantWebhook, WebhookSender};
use dispatch::store::OrderStore;
use dispatch::{DispatchMetrics, MessageWorker};
use jiff::SignedDuration;
use serde_json::json;
use std::sync::{Arc, Mutex};
use testkit::samples::SKU;

const URL: &str = "https://erp.example/hooks?shop=1";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The merchant's program: the requests that it received, and its response.
#[derive(Clone)]
struct Program {
    received: Arc<Mutex<Vec<(String, HeaderMap, Bytes)>>>,
    response: Arc<Mutex<StatusCode>>,
}

impl Program {
    fn new() -> Self {
        Self { received: Arc::default(), response: Arc::new(Mutex::new(StatusCode::NO_CONTENT)) }
    }

    fn router(&self) -> Router {
        Router::new().route("/hooks", post(receive)).with_state(self.clone())
    }

    fn respond_with(&self, status: StatusCode) {
        *self.response.lock().unwrap() = status;
    }

    fn received(&self) -> Vec<(String, HeaderMap, Bytes)> {
        self.received.lock().unwrap().clone()
    }
}

async fn receive(State(program): State<Program>, uri: axum::http::Uri, headers: HeaderMap, body: Bytes) -> StatusCode {
    program.received.lock().unwrap().push((uri.to_string(), headers, body));
    *program.response.lock().unwrap()
}

async fn shop(quantity: u32) -> Shop {
    let webhook = Some(URL.parse().unwrap());
    Shop::with_options(Options { quantity, webhook, address: german_address(), ..Options::default() }).await
}

fn worker(shop: &Shop, program: &Program) -> MessageWorker {
    let merchant = MerchantWebhook { url: URL.parse().unwrap(), secret: SECRET.parse().unwrap() };
    let system = shop.env.system.clone();
    let sender = WebhookSender::new(in_process(program.router(), Tasks::default()), merchant, system.clone());
    let metrics = DispatchMetrics::new(&shop.env.service_context("dispatch").metrics);
    MessageWorker::new(MessageChannel::Webhook, Arc::new(shop.files.clone()), Arc::new(sender), system, metrics)
}

/// Sends everything that is due, and returns the webhooks that the program has received since, sorted by their types: webhooks of
/// one time are sent in any order.
async fn webhooks(shop: &Shop) -> Vec<OrderWebhook> {
    let program = Program::new();
    let worker = worker(shop, &program);
    while worker.send_due().await.unwrap() > 0 {}
    let mut webhooks: Vec<OrderWebhook> = program.received().iter().map(|(_, _, body)| read(body)).collect();
    webhooks.sort_by_key(|webhook| webhook.kind.as_str());
    webhooks
}

#[tokio::test]
async fn an_order_and_its_cancellation_are_sent_signed() {
    let shop = shop(1).await;
    shop.place_and_work().await;
    shop.env.advance(SignedDuration::from_secs(1));
    shop.keyed(&shop.owner).post(&shop.path("/cancel"), json!({})).await.expect(202);
    shop.work().await;
    let program = Program::new();
    let worker = worker(&shop, &program);
    assert_eq!(worker.send_due().await.unwrap(), 2);
    assert_eq!(worker.send_due().await.unwrap(), 0, "each is sent once");
    let mut received = program.received();
    received.sort_by_key(|(_, _, body)| read(body).timestamp);
    let now = shop.env.system.now();
    let mut ids = Vec::new();
    for (uri, headers, body) in &received {
        assert_eq!((uri.as_str(), headers["content-type"].to_str().unwrap()), ("/hooks?shop=1", "application/json"));
        ids.push(webhook::verify(&[SECRET.parse().unwrap()], headers, body, now).unwrap().to_owned());
    }
    ids.dedup();
    assert_eq!(ids.len(), 2, "each has its own id");
    let kinds: Vec<_> = received.iter().map(|(_, _, body)| read(body).kind).collect();
    assert_eq!(kinds, [OrderWebhookType::OrderPlaced, OrderWebhookType::OrderCancelled]);
    let cancelled = read(&received[1].2);
    assert_eq!((cancelled.data.order_id, cancelled.data.order_number.as_str()), (shop.id, "10001"));
    assert_eq!(cancelled.data.status, OrderStatus::Cancelled);
    // The body has no personal data.
    let record = shop.view_order().await;
    let text = String::from_utf8_lossy(&received[0].2);
    assert!(!text.contains(record.email.as_str()) && !text.contains("Hamburg"), "{text}");
}

fn read(body: &Bytes) -> OrderWebhook {
    serde_json::from_slice(body).unwrap()
}

#[tokio::test]
async fn returns_and_withdrawals_name_their_return() {
    let shop = shop(3).await;
    shop.deliver().await;
    webhooks(&shop).await;
    let one = json!([{ "sku": SKU, "quantity": 1 }]);
    let request = json!({ "lines": one, "reason": "too small" });
    shop.keyed(&shop.owner).post(&shop.path("/returns"), request).await.expect(201);
    shop.keyed(&shop.owner).post(&shop.path("/withdrawals"), json!({ "lines": one })).await.expect(201);
    let sent: Vec<_> = webhooks(&shop).await.into_iter().map(|one| (one.kind, one.data.return_id)).collect();
    assert_eq!(sent, [(OrderWebhookType::OrderWithdrawn, Some(2)), (OrderWebhookType::ReturnRequested, Some(1))]);
}

#[tokio::test]
async fn a_withdrawal_that_cancels_the_order_names_no_return() {
    let shop = shop(1).await;
    shop.place_and_work().await;
    webhooks(&shop).await;
    shop.keyed(&shop.owner).post(&shop.path("/withdrawals"), json!({})).await.expect(201);
    shop.work().await;
    let sent: Vec<_> = webhooks(&shop).await.into_iter().map(|one| (one.kind, one.data.return_id)).collect();
    assert_eq!(sent, [(OrderWebhookType::OrderCancelled, None), (OrderWebhookType::OrderWithdrawn, None)]);
}

#[tokio::test]
async fn an_order_that_needs_attention_is_sent() {
    let shop = shop(1).await;
    shop.payment.with(|state| state.next = Some(CommandState::NeedsAttention { reason: "transfer it".into() }));
    shop.place_and_work().await;
    shop.work().await;
    let kinds: Vec<_> = webhooks(&shop).await.into_iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [OrderWebhookType::OrderNeedsAttention, OrderWebhookType::OrderPlaced]);
}

#[tokio::test]
async fn a_webhook_that_is_refused_is_sent_again_and_listed_when_it_is_given_up() {
    let shop = shop(1).await;
    shop.place_and_work().await;
    let program = Program::new();
    let worker = worker(&shop, &program);
    program.respond_with(StatusCode::INTERNAL_SERVER_ERROR);
    for _ in 0..30 {
        assert_eq!(worker.send_due().await.unwrap(), 1);
        assert_eq!(worker.send_due().await.unwrap(), 0, "not before a pause");
        shop.env.advance(SignedDuration::from_hours(1));
    }
    assert_eq!(worker.send_due().await.unwrap(), 0, "given up");
    let attempts = program.received();
    let ids: Vec<_> = attempts.iter().map(|(_, headers, _)| headers[webhook::ID].clone()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "the same id for each attempt");
    let failed = shop.staff().get("/api/v1/emails/failed").await.expect(200).json();
    let one = &failed["items"][0];
    assert_eq!((one["channel"].as_str(), one["to"].as_str()), (Some("webhook"), Some("https://erp.example")));
    assert_eq!(one["reason"], "the receiver responded with 500 Internal Server Error");
    let retry = format!("/api/v1/emails/failed/{}/retry", one["id"].as_str().unwrap());
    shop.staff().post(&retry, json!({})).await.expect(202);
    program.respond_with(StatusCode::OK);
    assert_eq!(worker.send_due().await.unwrap(), 1);
    assert!(shop.files.failed_messages(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn without_a_url_no_webhook_is_written() {
    let shop = Shop::open().await;
    shop.place_and_work().await;
    assert!(webhooks(&shop).await.is_empty());
}
