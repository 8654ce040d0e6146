//! The engine and checkout without HTTP, over stores, clients and a gateway that can fail.

use crate::shop::{Carts, Files, clients, gateways, guest, links, session};
use async_trait::async_trait;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use bytes::Bytes;
use chassis::health::Check;
use chassis::idempotency::{JsonResponse, IdempotencyScope};
use chassis::transport::{Transport, TransportError};
use chassis::{Problem, StoreError};
use contracts::payment::{AttemptRequest, CheckoutRequest, PaymentChoice, PayoutReceived};
use contracts::{OrderId, PaymentId};
use events::Outbox;
use http_body_util::BodyExt;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use payment::attempt::Browser;
use payment::idempotency::KeyState;
use payment::payment::{WebhookEvent, Payment, State};
use payment::store::{Balance, Began, Change, KeptWebhookEvent, IdempotentRequest, WebhookEventEnd, PaymentStore, Recorded, SqlitePayments};
use payment::{Asked, Checkout, Engine};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use testkit::samples::{address, usd};
use testkit::{Faults, TestEnvironment, Stock};
use tower::ServiceExt;
use tower::util::BoxCloneSyncService;

/// Payments whose calls go wrong.
pub struct FaultyStore(pub SqlitePayments, pub Faults);

#[async_trait]
impl PaymentStore for FaultyStore {
    async fn look_up(&self, key: &IdempotentRequest, now: Timestamp) -> Result<KeyState, StoreError> {
        self.1.store(self.0.look_up(key, now)).await
    }
    async fn begin(&self, payment: Payment, key: &IdempotentRequest, now: Timestamp) -> Result<Began, StoreError> {
        self.1.store(self.0.begin(payment, key, now)).await
    }
    async fn attach(&self, payment: PaymentId, key: &IdempotentRequest, now: Timestamp) -> Result<(), StoreError> {
        self.1.store(self.0.attach(payment, key, now)).await
    }
    async fn let_go(&self, key: &IdempotencyScope) -> Result<(), StoreError> {
        self.1.store(self.0.let_go(key)).await
    }
    async fn change(
        &self,
        id: PaymentId,
        now: Timestamp,
        change: Change<'_>,
    ) -> Result<Option<Result<Payment, Problem>>, StoreError> {
        self.1.store(self.0.change(id, now, change)).await
    }
    async fn find(&self, id: PaymentId) -> Result<Option<Payment>, StoreError> {
        self.1.store(self.0.find(id)).await
    }
    async fn of_order(&self, id: OrderId) -> Result<Option<Payment>, StoreError> {
        self.1.store(self.0.of_order(id)).await
    }
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<PaymentId>, StoreError> {
        self.1.store(self.0.due(now, limit)).await
    }
    async fn of_number(&self, number: &str) -> Result<Option<Payment>, StoreError> {
        self.1.store(self.0.of_number(number)).await
    }
    async fn in_state(&self, state: State, after: Option<PaymentId>, limit: usize) -> Result<Vec<Payment>, StoreError> {
        self.1.store(self.0.in_state(state, after, limit)).await
    }
    async fn after(&self, after: Option<PaymentId>, limit: usize) -> Result<Vec<Payment>, StoreError> {
        self.0.after(after, limit).await
    }
    async fn balances(&self) -> Result<Vec<Balance>, StoreError> {
        self.0.balances().await
    }
    async fn days(&self, from: Date, until: Date) -> Result<Vec<(Date, Balance)>, StoreError> {
        self.0.days(from, until).await
    }
    async fn record_payout(&self, payout: &PayoutReceived, now: Timestamp) -> Result<Recorded, StoreError> {
        self.1.store(self.0.record_payout(payout, now)).await
    }
    async fn store_webhook_event(&self, gateway: &str, webhook_event: &WebhookEvent, now: Timestamp) -> Result<(), StoreError> {
        self.1.store(self.0.store_webhook_event(gateway, webhook_event, now)).await
    }
    async fn notices_due(&self, now: Timestamp, limit: usize) -> Result<Vec<KeptWebhookEvent>, StoreError> {
        self.1.store(self.0.notices_due(now, limit)).await
    }
    async fn end_notice(&self, gateway: &str, id: &str, end: &WebhookEventEnd) -> Result<(), StoreError> {
        self.1.store(self.0.end_notice(gateway, id, end)).await
    }
    async fn settle_webhook_event(&self, gateway: &str, id: &str, end: &WebhookEventEnd) -> Result<bool, StoreError> {
        self.1.store(self.0.settle_webhook_event(gateway, id, end)).await
    }
    async fn notices_given_up(&self, limit: usize) -> Result<Vec<KeptWebhookEvent>, StoreError> {
        self.0.notices_given_up(limit).await
    }
    async fn forget_notices(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.1.store(self.0.forget_notices(before)).await
    }
    fn outbox(&self) -> Arc<dyn Outbox> {
        self.0.outbox()
    }
    async fn forget_keys(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.1.store(self.0.forget_keys(before)).await
    }
}

#[async_trait]
impl Check for FaultyStore {
    async fn check(&self) -> Result<(), String> {
        self.0.check().await
    }
}

/// A request that is held up on its way.
type HeldUp = (Method, Uri, HeaderMap, Bytes);

/// A bad line to the gateway: calls go wrong, and commands can be held up on their way.
#[derive(Clone)]
pub struct BadLine {
    inner: Transport,
    faults: Faults,
    held_up: Arc<Mutex<Option<Vec<HeldUp>>>>,
    cut: Arc<AtomicBool>,
}

impl BadLine {
    /// Commands are held up from now on.
    pub fn hold_up(&self) {
        *self.held_up.lock().unwrap() = Some(Vec::new());
    }

    /// Whether nothing gets on its way from now on.
    pub fn cut(&self, cut: bool) {
        self.cut.store(cut, Ordering::SeqCst);
    }

    /// What was held up; the line is free again.
    pub fn take_held_up(&self) -> Vec<HeldUp> {
        self.held_up.lock().unwrap().take().unwrap_or_default()
    }

    /// What was held up arrives.
    pub async fn deliver(&self, commands: Vec<HeldUp>) {
        for (method, uri, headers, body) in commands {
            let mut request = Request::new(Body::from(body));
            (*request.method_mut(), *request.uri_mut(), *request.headers_mut()) = (method, uri, headers);
            self.inner.clone().oneshot(request).await.unwrap();
        }
    }

    /// The line is free again, and what was held up arrives.
    pub async fn let_through(&self) {
        self.deliver(self.take_held_up()).await;
    }

    fn transport(&self) -> Transport {
        let line = self.clone();
        BoxCloneSyncService::new(tower::service_fn(move |request: Request<Body>| {
            let line = line.clone();
            async move { line.carry(request).await }
        }))
    }

    async fn carry(&self, request: Request<Body>) -> Result<Response, TransportError> {
        if self.cut.load(Ordering::SeqCst) {
            return Err(TransportError::NotSent("the line is cut".into()));
        }
        let (parts, body) = request.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        if let Some(held_up) = self.held_up.lock().unwrap().as_mut().filter(|_| parts.method == Method::POST) {
            held_up.push((parts.method, parts.uri, parts.headers, bytes));
            return Err(TransportError::NoResponse("held up".into()));
        }
        let request = Request::from_parts(parts, Body::from(bytes));
        self.faults.around(TransportError::NoResponse, self.inner.clone().oneshot(request)).await
    }
}

/// Paying with the card of this session.
pub fn card(session: &str) -> PaymentChoice {
    PaymentChoice {
        method: "card".parse().unwrap(),
        session: Some(session.parse().unwrap()),
        token: None,
        gateway: None,
    }
}

/// The key of this name, of the first guest's.
pub fn key(operation: &'static str, name: &str) -> IdempotencyScope {
    IdempotencyScope { owner: guest(1).subject.to_string(), operation, key: name.into() }
}

/// The first guest checks out.
pub async fn check_out(checkout: &Checkout, name: &str, request: &CheckoutRequest) -> Result<JsonResponse, Problem> {
    let body = serde_json::to_vec(request).unwrap();
    let asked = Asked { key: &key("checkout", name), body: &body, request, browser: Some(&browser()) };
    checkout.check_out(&guest(1), asked).await
}

/// The first guest tries another card.
pub async fn try_again(
    checkout: &Checkout,
    payment: PaymentId,
    name: &str,
    request: &AttemptRequest,
) -> Result<JsonResponse, Problem> {
    let asked = Asked { key: &key("attempt", name), body: b"{}", request, browser: Some(&browser()) };
    checkout.try_again(&guest(1), payment, asked).await
}

fn browser() -> Browser {
    Browser { accept: "text/html".into(), user_agent: "test".into() }
}

/// The bench.
pub struct Bench {
    pub env: TestEnvironment,
    pub files: Files,
    pub stock: Stock,
    pub carts: Carts,
    pub line: BadLine,
    pub engine: Engine,
    pub checkout: Checkout,
}

impl Bench {
    /// A cart for 25.00, three pieces in stock.
    pub async fn new(faults: Faults) -> Self {
        let env = TestEnvironment::default();
        let files = Files::open(&env).await;
        Self::over(env, files, Stock::new(3), Carts::new(1, 2500), faults)
    }

    /// The same files, seen by a process in which calls go wrong.
    pub fn with_faults(self, faults: Faults) -> Self {
        Self::over(self.env, self.files, self.stock, self.carts, faults)
    }

    fn over(env: TestEnvironment, files: Files, stock: Stock, carts: Carts, faults: Faults) -> Self {
        let service_context = env.service_context("payment");
        let (cart, catalogue) =
            clients(&service_context, faults.transport(carts.transport()), faults.transport(stock.transport()));
        let line =
            BadLine { inner: files.line(), faults: faults.clone(), held_up: Arc::default(), cut: Arc::default() };
        let gateways = gateways(line.transport());
        let store = Arc::new(FaultyStore(files.store.clone(), faults));
        let engine = Engine::new(store, gateways, catalogue, env.system.clone(), "https://shop.test");
        let checkout = Checkout::new(engine.clone(), cart, links());
        Self { env, files, stock, carts, line, engine, checkout }
    }

    /// What the customer sends, with a card of this name.
    pub async fn request(&self, holder: &str) -> CheckoutRequest {
        let session = session(&self.files.sandbox, holder).await;
        let choice = card(&session);
        CheckoutRequest {
            email: "ada@example.com".parse().unwrap(),
            address: address(),
            payment: Some(choice),
            expected_total: usd(self.carts.0.lock().unwrap().totals.total.amount),
        }
    }

    /// Checks out; the status and the body, or the problem.
    pub async fn check_out(&self, key: &str, request: &CheckoutRequest) -> Result<JsonResponse, Problem> {
        check_out(&self.checkout, key, request).await
    }

    /// Lets time pass and looks after what is due then.
    pub async fn later(&self, seconds: i64) {
        self.env.advance(SignedDuration::from_secs(seconds));
        let _ = self.engine.look_after().await;
    }

    /// The only payment.
    pub async fn payment(&self) -> Payment {
        let mut all = self.files.payments().await;
        assert_eq!(all.len(), 1, "{all:#?}");
        all.remove(0)
    }
}
