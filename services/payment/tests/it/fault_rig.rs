//! The engine and checkout without HTTP, over a store, clients and a gateway that can fail.

use crate::shop::{Carts, Files, clients, gateways, guest, links, session};
use async_trait::async_trait;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use bytes::Bytes;
use chassis::health::{Check, CheckError};
use chassis::idempotency::{IdempotencyScope, JsonResponse};
use chassis::transport::{Transport, TransportError};
use chassis::{Problem, StoreError};
use contracts::payment::{AttemptRequest, CheckoutRequest, PaymentChoice, PayoutReceived};
use contracts::{Language, OrderId, PaymentId};
use events::Outbox;
use http_body_util::BodyExt;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use payment::idempotency::KeyState;
use payment::operation::Browser;
use payment::payment::{Payment, State, WebhookEvent};
use payment::store::{
    Balance, BeginOutcome, Change, IdempotentRequest, PaymentStore, PayoutOutcome, SqlitePayments, StoredWebhookEvent,
    WebhookEventOutcome,
};
use payment::{Checkout, CustomerRequest, Engine};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use testkit::samples::{address, usd};
use testkit::{FakeStock, Faults, TestEnvironment};
use tower::ServiceExt;
use tower::util::BoxCloneSyncService;

/// A store whose calls can fail.
pub struct FaultyStore(pub SqlitePayments, pub Faults);

#[async_trait]
impl PaymentStore for FaultyStore {
    async fn look_up(&self, key: &IdempotentRequest, now: Timestamp) -> Result<KeyState, StoreError> {
        self.1.store(self.0.look_up(key, now)).await
    }
    async fn begin(
        &self,
        payment: Payment,
        key: &IdempotentRequest,
        now: Timestamp,
    ) -> Result<BeginOutcome, StoreError> {
        self.1.store(self.0.begin(payment, key, now)).await
    }
    async fn attach(&self, payment: PaymentId, key: &IdempotentRequest, now: Timestamp) -> Result<(), StoreError> {
        self.1.store(self.0.attach(payment, key, now)).await
    }
    async fn release_key(&self, key: &IdempotencyScope) -> Result<(), StoreError> {
        self.1.store(self.0.release_key(key)).await
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
    async fn find_by_order(&self, id: OrderId) -> Result<Option<Payment>, StoreError> {
        self.1.store(self.0.find_by_order(id)).await
    }
    async fn list_due(&self, now: Timestamp, limit: usize) -> Result<Vec<PaymentId>, StoreError> {
        self.1.store(self.0.list_due(now, limit)).await
    }
    async fn list_scheduled(&self, limit: usize) -> Result<Vec<Payment>, StoreError> {
        self.1.store(self.0.list_scheduled(limit)).await
    }
    async fn find_by_order_number(&self, number: &str) -> Result<Option<Payment>, StoreError> {
        self.1.store(self.0.find_by_order_number(number)).await
    }
    async fn list_in_state(
        &self,
        state: State,
        after: Option<PaymentId>,
        limit: usize,
    ) -> Result<Vec<Payment>, StoreError> {
        self.1.store(self.0.list_in_state(state, after, limit)).await
    }
    async fn list_after(&self, after: Option<PaymentId>, limit: usize) -> Result<Vec<Payment>, StoreError> {
        self.0.list_after(after, limit).await
    }
    async fn balances(&self) -> Result<Vec<Balance>, StoreError> {
        self.0.balances().await
    }
    async fn daily_balances(&self, from: Date, until: Date) -> Result<Vec<(Date, Balance)>, StoreError> {
        self.0.daily_balances(from, until).await
    }
    async fn record_payout(&self, payout: &PayoutReceived, now: Timestamp) -> Result<PayoutOutcome, StoreError> {
        self.1.store(self.0.record_payout(payout, now)).await
    }
    async fn store_webhook_event(
        &self,
        gateway: &str,
        webhook_event: &WebhookEvent,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.1.store(self.0.store_webhook_event(gateway, webhook_event, now)).await
    }
    async fn due_webhook_events(&self, now: Timestamp, limit: usize) -> Result<Vec<StoredWebhookEvent>, StoreError> {
        self.1.store(self.0.due_webhook_events(now, limit)).await
    }
    async fn finish_webhook_event(&self, gateway: &str, id: &str, end: &WebhookEventOutcome) -> Result<(), StoreError> {
        self.1.store(self.0.finish_webhook_event(gateway, id, end)).await
    }
    async fn resolve_webhook_event(
        &self,
        gateway: &str,
        id: &str,
        end: &WebhookEventOutcome,
    ) -> Result<bool, StoreError> {
        self.1.store(self.0.resolve_webhook_event(gateway, id, end)).await
    }
    async fn failed_webhook_events(&self, limit: usize) -> Result<Vec<StoredWebhookEvent>, StoreError> {
        self.0.failed_webhook_events(limit).await
    }
    async fn purge_webhook_events(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.1.store(self.0.purge_webhook_events(before)).await
    }
    fn outbox(&self) -> Arc<dyn Outbox> {
        self.0.outbox()
    }
    async fn purge_keys(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.1.store(self.0.purge_keys(before)).await
    }
}

#[async_trait]
impl Check for FaultyStore {
    async fn check(&self) -> Result<(), CheckError> {
        self.0.check().await
    }
}

/// A request that is delayed in transit.
type DelayedRequest = (Method, Uri, HeaderMap, Bytes);

/// A bad connection to the gateway: calls fail, and commands can be delayed in transit.
#[derive(Clone)]
pub struct BadConnection {
    inner: Transport,
    faults: Faults,
    delayed: Arc<Mutex<Option<Vec<DelayedRequest>>>>,
    cut: Arc<AtomicBool>,
}

impl BadConnection {
    /// Delays all commands from now on.
    pub fn delay(&self) {
        *self.delayed.lock().unwrap() = Some(Vec::new());
    }

    /// Cuts or restores the connection.
    pub fn cut(&self, cut: bool) {
        self.cut.store(cut, Ordering::SeqCst);
    }

    /// Stops delaying, and returns the delayed commands.
    pub fn take_delayed(&self) -> Vec<DelayedRequest> {
        self.delayed.lock().unwrap().take().unwrap_or_default()
    }

    /// Delivers commands that were delayed.
    pub async fn deliver(&self, commands: Vec<DelayedRequest>) {
        for (method, uri, headers, body) in commands {
            let mut request = Request::new(Body::from(body));
            (*request.method_mut(), *request.uri_mut(), *request.headers_mut()) = (method, uri, headers);
            self.inner.clone().oneshot(request).await.unwrap();
        }
    }

    /// Stops delaying, and delivers the delayed commands.
    pub async fn deliver_delayed(&self) {
        self.deliver(self.take_delayed()).await;
    }

    fn transport(&self) -> Transport {
        let connection = self.clone();
        BoxCloneSyncService::new(tower::service_fn(move |request: Request<Body>| {
            let connection = connection.clone();
            async move { connection.carry(request).await }
        }))
    }

    async fn carry(&self, request: Request<Body>) -> Result<Response, TransportError> {
        if self.cut.load(Ordering::SeqCst) {
            return Err(TransportError::NotSent("the connection is cut".into()));
        }
        let (parts, body) = request.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        if let Some(delayed) = self.delayed.lock().unwrap().as_mut().filter(|_| parts.method == Method::POST) {
            delayed.push((parts.method, parts.uri, parts.headers, bytes));
            return Err(TransportError::NoResponse("delayed".into()));
        }
        let request = Request::from_parts(parts, Body::from(bytes));
        self.faults.around(TransportError::NoResponse, self.inner.clone().oneshot(request)).await
    }
}

/// A choice to pay with this card session.
pub fn card(session: &str) -> PaymentChoice {
    PaymentChoice {
        method: "card".parse().unwrap(),
        session: Some(session.parse().unwrap()),
        token: None,
        gateway: None,
    }
}

/// An idempotency key of the first guest.
pub fn key(operation: &'static str, name: &str) -> IdempotencyScope {
    IdempotencyScope { owner: guest(1).subject.to_string(), operation, key: name.into() }
}

/// Checks out as the first guest.
pub async fn check_out(checkout: &Checkout, name: &str, request: &CheckoutRequest) -> Result<JsonResponse, Problem> {
    let body = serde_json::to_vec(request).unwrap();
    let asked = CustomerRequest { key: &key("checkout", name), bytes: &body, body: request, browser: Some(&browser()) };
    checkout.check_out(&guest(1), asked).await
}

/// Makes another attempt as the first guest.
pub async fn try_again(
    checkout: &Checkout,
    payment: PaymentId,
    name: &str,
    request: &AttemptRequest,
) -> Result<JsonResponse, Problem> {
    let asked = CustomerRequest { key: &key("attempt", name), bytes: b"{}", body: request, browser: Some(&browser()) };
    checkout.try_again(&guest(1), payment, asked).await
}

fn browser() -> Browser {
    Browser { accept: "text/html".into(), user_agent: "test".into() }
}

/// A payment engine with injected faults.
pub struct FaultRig {
    pub env: TestEnvironment,
    pub files: Files,
    pub stock: FakeStock,
    pub carts: Carts,
    pub connection: BadConnection,
    pub engine: Engine,
    pub checkout: Checkout,
}

impl FaultRig {
    /// Creates a rig with a cart for 25.00 and three units in stock.
    pub async fn new(faults: Faults) -> Self {
        let env = TestEnvironment::default();
        let files = Files::open(&env).await;
        Self::over(env, files, FakeStock::new(3), Carts::new(1, 2500), faults)
    }

    /// Reopens the same stores in a process with these faults.
    pub fn with_faults(self, faults: Faults) -> Self {
        Self::over(self.env, self.files, self.stock, self.carts, faults)
    }

    fn over(env: TestEnvironment, files: Files, stock: FakeStock, carts: Carts, faults: Faults) -> Self {
        let service_context = env.service_context("payment");
        let (cart, catalogue) =
            clients(&service_context, faults.transport(carts.transport()), faults.transport(stock.transport()));
        let connection = BadConnection {
            inner: files.connection(),
            faults: faults.clone(),
            delayed: Arc::default(),
            cut: Arc::default(),
        };
        let gateways = gateways(connection.transport());
        let store = Arc::new(FaultyStore(files.store.clone(), faults));
        let engine = Engine::new(store, gateways, catalogue, &env.service_context("payment"), "https://shop.test");
        let checkout = Checkout::new(engine.clone(), cart, links());
        Self { env, files, stock, carts, connection, engine, checkout }
    }

    /// A checkout request with a card of this holder.
    pub async fn request(&self, holder: &str) -> CheckoutRequest {
        let session = session(&self.files.sandbox, holder).await;
        let choice = card(&session);
        CheckoutRequest {
            email: "ada@example.com".parse().unwrap(),
            address: address(),
            payment: Some(choice),
            expected_total: usd(self.carts.0.lock().unwrap().totals.total.amount),
            language: Language::En,
        }
    }

    /// Checks out as the first guest.
    pub async fn check_out(&self, key: &str, request: &CheckoutRequest) -> Result<JsonResponse, Problem> {
        check_out(&self.checkout, key, request).await
    }

    /// Advances the clock and processes what is due.
    pub async fn later(&self, seconds: i64) {
        self.env.advance(SignedDuration::from_secs(seconds));
        let _ = self.engine.process_due().await;
    }

    /// The only payment in the store.
    pub async fn payment(&self) -> Payment {
        let mut all = self.files.payments().await;
        assert_eq!(all.len(), 1, "{all:#?}");
        all.remove(0)
    }
}
