//! A dispatch service with one paid order and fakes of the services that it calls. Tests run its workers step by step.

use crate::fake_payment::FakePaymentService;
use crate::fake_shipping::FakeShippingService;
use async_trait::async_trait;
use chassis::auth::Role;
use chassis::health::{Check, CheckError};
use chassis::idempotency::{IdempotencyScope, IdempotentRequest, JsonResponse};
use chassis::secret::SecretKey;
use chassis::transport::Transport;
use chassis::{Problem, Service, StoreError};
use contracts::catalogue::{CatalogueClient, ReservationState};
use contracts::dispatch::{MessageChannel, OrderStatus, OrderView};
use contracts::events::{
    CommandSettled, EventData, OrderPlaced, PaymentChanged, PaymentIssueKind, ShipmentMoved, ShipmentsChanged,
    StockArrived, StockLow, TOPOLOGY, TransferAwaited,
};
use contracts::payment::{CaptureTiming, OrderLinks, PaymentClient};
use contracts::shipping::{ShipmentStatus, ShippingClient};
use contracts::{Address, HttpUrl, OrderId, ShipmentId, Sku};
use dispatch::mail::{EmailRenderer, FailedMessage, FolderSender, Message, Notification, ShopContent};
use dispatch::order::{Effects, Order};
use dispatch::store::{Change, Claim, Command, OpenOrders, OrderFilter, OrderStore, SqliteOrders};
use dispatch::{
    Dependencies, DispatchMetrics, FulfilmentWorker, OrderNotifier, OrderService, Requester, Settings, Viewer,
};
use events::broker::EmbeddedBroker;
use events::{Consumer, Event, HandleError, Handler, Inbox, Outbox};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use testkit::{Caller, FakeStock, Faults, TestEnvironment, samples};
use uuid::Uuid;

pub const TOTAL: i64 = 2500;
/// The number of units in stock at the beginning.
pub const ON_HAND: u32 = 10;

/// A store whose calls fail as the test says.
struct FaultyStore(SqliteOrders, Faults);

#[async_trait]
impl OrderStore for FaultyStore {
    async fn place(&self, event: &Event, order: &Order, effects: &Effects, now: Timestamp) -> Result<(), StoreError> {
        self.1.store(self.0.place(event, order, effects, now)).await
    }
    async fn on_event(
        &self,
        event: &Event,
        id: OrderId,
        now: Timestamp,
        change: Change<'_>,
    ) -> Result<Option<Order>, StoreError> {
        self.1.store(self.0.on_event(event, id, now, change)).await
    }
    async fn change(
        &self,
        id: OrderId,
        now: Timestamp,
        change: Change<'_>,
    ) -> Result<Option<Result<Order, Problem>>, StoreError> {
        self.1.store(self.0.change(id, now, change)).await
    }
    async fn command(
        &self,
        id: OrderId,
        key: &IdempotentRequest,
        now: Timestamp,
        command: Command<'_>,
    ) -> Result<Option<Result<JsonResponse, Problem>>, StoreError> {
        self.1.store(self.0.command(id, key, now, command)).await
    }
    async fn purge_responses(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.0.purge_responses(before).await
    }
    async fn record_event(
        &self,
        event: &Event,
        notification: Option<&Notification>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.1.store(self.0.record_event(event, notification, now)).await
    }
    async fn orders_awaiting(
        &self,
        sku: &Sku,
        after: Option<OrderId>,
        limit: usize,
    ) -> Result<Vec<OrderId>, StoreError> {
        self.1.store(self.0.orders_awaiting(sku, after, limit)).await
    }
    async fn claim(&self, now: Timestamp, until: Timestamp, limit: usize) -> Result<Vec<Claim>, StoreError> {
        self.1.store(self.0.claim(now, until, limit)).await
    }
    async fn save_step(
        &self,
        claim: &Claim,
        now: Timestamp,
        until: Timestamp,
        change: Change<'_>,
    ) -> Result<Claim, StoreError> {
        self.1.store(self.0.save_step(claim, now, until, change)).await
    }
    async fn find(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        self.0.find(id).await
    }
    async fn find_all(&self, ids: &[OrderId]) -> Result<Vec<Order>, StoreError> {
        self.0.find_all(ids).await
    }
    async fn list(
        &self,
        filter: &OrderFilter,
        before: Option<OrderId>,
        limit: usize,
    ) -> Result<Vec<Order>, StoreError> {
        self.0.list(filter, before, limit).await
    }
    async fn claim_messages(
        &self,
        channel: MessageChannel,
        now: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Message>, StoreError> {
        self.0.claim_messages(channel, now, until, limit).await
    }
    async fn message_sent(&self, id: &str) -> Result<(), StoreError> {
        self.0.message_sent(id).await
    }
    async fn message_failed(&self, id: &str, reason: &str, now: Timestamp) -> Result<(), StoreError> {
        self.0.message_failed(id, reason, now).await
    }
    async fn open_orders(&self) -> Result<Vec<OpenOrders>, StoreError> {
        self.0.open_orders().await
    }
    async fn failed_messages(&self, limit: usize) -> Result<Vec<FailedMessage>, StoreError> {
        self.0.failed_messages(limit).await
    }
    async fn retry_message(&self, id: &str, now: Timestamp) -> Result<bool, StoreError> {
        self.0.retry_message(id, now).await
    }
    async fn latest_emails(&self, limit: usize) -> Result<Vec<Message>, StoreError> {
        self.0.latest_emails(limit).await
    }
    fn outbox(&self) -> Arc<dyn Outbox> {
        self.0.outbox()
    }
}

#[async_trait]
impl Check for FaultyStore {
    async fn check(&self) -> Result<(), CheckError> {
        self.0.check().await
    }
}

/// The merchant's email address.
const MERCHANT: &str = "merchant@shop.test";

/// Returns the renderer of a shop whose merchant has given no address.
pub fn renderer() -> EmailRenderer {
    EmailRenderer {
        shop: "Test".into(),
        base_url: "http://shop.test".into(),
        links: links(),
        merchant: None,
        webhook: None,
    }
}

fn renderer_with_merchant() -> EmailRenderer {
    EmailRenderer { merchant: Some(MERCHANT.parse().unwrap()), ..renderer() }
}

pub fn links() -> OrderLinks {
    OrderLinks::new(SecretKey::new([7; 32]))
}

pub struct Shop {
    pub env: Arc<TestEnvironment>,
    pub service: Service,
    pub files: SqliteOrders,
    pub stock: FakeStock,
    pub payment: FakePaymentService,
    pub shipping: FakeShippingService,
    pub orders: OrderService,
    pub worker: FulfilmentWorker,
    pub consumer: Consumer,
    pub inbox: Arc<dyn Inbox>,
    pub id: OrderId,
    pub owner: Caller,
    /// The worker of another replica, whose calls do not fail.
    pub replica: FulfilmentWorker,
    _folder: TempDir,
}

/// The order and the settings of a test shop.
pub struct Options {
    pub quantity: u32,
    pub capture: CaptureTiming,
    pub settings: Settings,
    /// The delivery address, whose country decides on the right of withdrawal.
    pub address: Address,
    /// The URL of the merchant's program.
    pub webhook: Option<HttpUrl>,
    /// The name and the legal texts of the shop.
    pub content: ShopContent,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            quantity: 1,
            capture: CaptureTiming::Now,
            settings: Settings::default(),
            address: samples::address(),
            webhook: None,
            content: "Test".into(),
        }
    }
}

/// Returns an address in a country with a right of withdrawal.
pub fn german_address() -> Address {
    Address {
        city: "Hamburg".parse().ok(),
        region: None,
        postal_code: "20095".parse().ok(),
        country: "DE".parse().unwrap(),
        ..samples::address()
    }
}

impl Shop {
    pub async fn open() -> Self {
        Self::with(Faults::none()).await
    }

    /// Opens a shop whose calls fail as `faults` says.
    pub async fn with(faults: Faults) -> Self {
        Self::with_faults_and_options(faults, Options::default()).await
    }

    /// Opens a shop with another order or other settings.
    pub async fn with_options(options: Options) -> Self {
        Self::with_faults_and_options(Faults::none(), options).await
    }

    /// Opens a shop with both.
    pub async fn with_faults_and_options(faults: Faults, options: Options) -> Self {
        let Options { quantity, capture, settings, address, webhook, content } = options;
        let env = Arc::new(TestEnvironment::default());
        let folder = tempfile::tempdir().unwrap();
        let files = SqliteOrders::open(
            &folder.path().join("dispatch.db"),
            EmailRenderer { webhook, shop: content.clone(), ..renderer_with_merchant() },
            env.system.clone(),
        )
        .await
        .unwrap();
        let broker = Arc::new(EmbeddedBroker::open(&folder.path().join("broker.db"), TOPOLOGY).await.unwrap());
        let (id, guest) = (OrderId(env.system.id()), env.system.id());
        let mut record = samples::order(id, &format!("guest:{guest}"), TOTAL, env.system.now());
        record.cart = samples::cart(record.cart.cart_id, 1, quantity, TOTAL);
        record.capture = capture;
        record.address = address;
        let (stock, payment, shipping) =
            (FakeStock::new(ON_HAND), FakePaymentService::new(record), FakeShippingService::default());
        stock.with(|state| state.reservations.insert((id, 1), (quantity, ReservationState::Held)));
        let clients = |faults: &Faults| {
            let service_context = env.service_context("dispatch");
            let client = |name, transport: Transport| service_context.client(name, faults.transport(transport));
            (
                CatalogueClient(client("catalogue", stock.transport())),
                PaymentClient(client("payment", payment.transport())),
                ShippingClient(client("shipping", shipping.transport())),
            )
        };
        let (catalogue, payment_client, shipping_client) = clients(&faults);
        let store: Arc<dyn OrderStore> = Arc::new(FaultyStore(files.clone(), faults));
        let inbox: Arc<dyn Inbox> = Arc::new(files.inbox());
        let (system, notifier) = (env.system.clone(), OrderNotifier::default());
        let orders = OrderService::new(
            Arc::clone(&store),
            payment_client.clone(),
            shipping_client.clone(),
            links(),
            system.clone(),
            notifier.clone(),
            settings.clone(),
        );
        let service_context = env.service_context("dispatch");
        let metrics = DispatchMetrics::new(&service_context.metrics);
        let worker = FulfilmentWorker::new(
            store,
            catalogue,
            payment_client,
            shipping_client,
            &service_context,
            metrics.clone(),
            notifier,
        );
        let consumer = Consumer::new("dispatch", Arc::clone(&inbox), Arc::new(orders.clone()), &service_context);
        // The API works on the same files, and its calls do not fail.
        let (catalogue, payment_client, shipping_client) = clients(&Faults::none());
        let replica = FulfilmentWorker::new(
            Arc::new(files.clone()),
            catalogue.clone(),
            payment_client.clone(),
            shipping_client.clone(),
            &service_context,
            metrics,
            OrderNotifier::default(),
        );
        let dependencies = Dependencies {
            store: Arc::new(files.clone()),
            inbox: Arc::clone(&inbox),
            broker,
            catalogue,
            payment: payment_client,
            shipping: shipping_client,
            webhooks: None,
            mailer: Arc::new(FolderSender::new(&folder.path().join("mail"), "Test <shop@shop.test>")),
            content,
            links: links(),
            mailbox: false,
            settings,
        };
        let service = dispatch::start(env.service_context("dispatch"), dependencies).unwrap();
        // Stops the workers: tests run them step by step.
        service.tasks.shut_down(Duration::from_secs(30)).await;
        let owner = env.anonymous(&service.router).with_bearer(env.guest_token(guest));
        Self {
            env,
            service,
            files,
            stock,
            payment,
            shipping,
            orders,
            worker,
            consumer,
            inbox,
            id,
            owner,
            replica,
            _folder: folder,
        }
    }

    fn event<T: EventData>(&self, data: &T) -> Event {
        Event::new(&self.env.system, "test", data).unwrap()
    }

    /// Returns the event that places the order.
    pub fn placed_event(&self) -> Event {
        let record = self.payment.with(|state| state.record.clone());
        self.event(&OrderPlaced {
            order_id: self.id,
            order_number: record.order_number,
            payment_id: record.payment_id,
            owner: record.owner,
            cart_id: record.cart.cart_id,
            cart_version: 1,
            lines: Vec::new(),
            total: samples::usd(TOTAL),
            placed_at: record.placed_at,
        })
    }

    /// Sets the status of the shipment at the carrier, and returns the event about it.
    pub fn shipment_event(&self, status: ShipmentStatus) -> Event {
        self.shipping.move_to(status);
        let at = self.env.system.now();
        self.event(&ShipmentMoved { order_id: self.id, shipment_id: self.shipping.id(), status, at })
    }

    /// Returns the event that reports a change of the items of shipments.
    pub fn shipments_event(&self) -> Event {
        self.event(&ShipmentsChanged { order_id: self.id })
    }

    /// Returns the event about a shipment with this id.
    pub fn event_of_shipment(&self, shipment_id: ShipmentId, status: ShipmentStatus) -> Event {
        self.event(&ShipmentMoved { order_id: self.id, shipment_id, status, at: self.env.system.now() })
    }

    /// Returns the event that reports the outcome of a payment command.
    pub fn settled_event(&self, step: &str) -> Event {
        self.event(&CommandSettled { order_id: self.id, step_key: format!("{}:{step}", self.id) })
    }

    /// Returns the event that reports a payment issue.
    pub fn payment_changed_event(&self, change: PaymentIssueKind) -> Event {
        self.event(&PaymentChanged { order_id: self.id, change })
    }

    /// Returns the event that reports new stock.
    pub fn arrived_event(&self, sku: &str) -> Event {
        self.event(&StockArrived { sku: sku.parse().unwrap(), on_hand: 5 })
    }

    /// Returns the event that asks the customer for a bank transfer.
    pub fn transfer_awaited(&self) -> Event {
        self.event(&TransferAwaited { order_id: self.id, cart_id: None, lines: Vec::new() })
    }

    /// Returns the event of a low-stock alert.
    pub fn low_stock_event(&self) -> Event {
        self.event(&StockLow { sku: samples::SKU.parse().unwrap(), available: 2, threshold: 3 })
    }

    /// Places the order and delivers its shipment.
    pub async fn deliver(&self) {
        self.place_and_work().await;
        for status in [ShipmentStatus::InTransit, ShipmentStatus::Delivered] {
            self.receive(&self.shipment_event(status)).await;
            self.work().await;
        }
    }

    /// Returns the caller with a new idempotency key.
    pub fn keyed(&self, caller: &Caller) -> Caller {
        caller.clone().with_header("idempotency-key", self.env.system.id().to_string())
    }

    /// Returns a member of staff with a new idempotency key.
    pub fn staff(&self) -> Caller {
        self.keyed(&self.support())
    }

    /// Returns staff who call the service without HTTP, under this idempotency key.
    pub fn requester(&self, key: &str) -> Requester {
        let scope = IdempotencyScope { owner: "account:staff".into(), operation: "test", key: key.into() };
        let return_window = Settings::default().return_window;
        Requester {
            author: "account:staff".into(),
            viewer: Viewer { staff: true, has_seller: false, now: self.env.system.now(), return_window },
            key: IdempotentRequest::new(scope, b"", b""),
        }
    }

    /// Resolves what needs attention with `done` or `cancel`.
    pub async fn resolve(&self, outcome: &str) -> testkit::Answer {
        let path = format!("/api/v1/workflows/{}/resolve", self.id);
        self.staff().post(&path, json!({"outcome": outcome, "reason": "paid in cash"})).await
    }

    /// Retries what needs attention.
    pub async fn retry(&self) -> testkit::Answer {
        self.staff().post(&format!("/api/v1/workflows/{}/retry", self.id), json!({})).await
    }

    pub async fn receive(&self, event: &Event) {
        self.try_receive(event).await.unwrap();
    }

    pub async fn try_receive(&self, event: &Event) -> Result<(), HandleError> {
        self.orders.handle(event).await
    }

    /// Places the order and carries it out as far as possible.
    pub async fn place_and_work(&self) {
        self.receive(&self.placed_event()).await;
        self.work().await;
    }

    /// Carries out what is due now.
    pub async fn work(&self) {
        self.worker.work().await.unwrap();
    }

    /// Advances the clock, and carries out what is due then.
    pub async fn later(&self, seconds: i64) {
        self.env.advance(SignedDuration::from_secs(seconds));
        self.work().await;
    }

    /// Changes the order through a store that does not fail.
    pub async fn change(&self, change: Change<'_>) {
        let now = self.env.system.now();
        self.files.change(self.id, now, change).await.unwrap().expect("the order").unwrap();
    }

    pub async fn order(&self) -> Order {
        self.files.find(self.id).await.unwrap().expect("the order")
    }

    pub async fn status(&self) -> OrderStatus {
        self.order().await.status()
    }

    /// Returns the order as its owner sees it.
    pub async fn view_order(&self) -> OrderView {
        self.owner.get(&self.path("")).await.expect(200).read()
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/api/v1/orders/{}{rest}", self.id)
    }

    pub fn support(&self) -> Caller {
        self.env.staff(&self.service.router, Role::Support)
    }

    /// Returns the subjects of the emails to the customer in the order in which they were written.
    pub async fn email_subjects(&self) -> Vec<String> {
        self.emails().await.into_iter().filter(|mail| mail.to != MERCHANT).map(|mail| mail.subject).collect()
    }

    /// Returns the bodies of the emails to the customer in the order in which they were written.
    pub async fn email_bodies(&self) -> Vec<String> {
        self.emails().await.into_iter().filter(|mail| mail.to != MERCHANT).map(|mail| mail.body).collect()
    }

    /// Returns the emails to the merchant in the order in which they were written.
    pub async fn merchant_emails(&self) -> Vec<Message> {
        self.emails().await.into_iter().filter(|mail| mail.to == MERCHANT).collect()
    }

    async fn emails(&self) -> Vec<Message> {
        let mut mails = self.files.latest_emails(100).await.unwrap();
        mails.sort_by_key(|mail| mail.id.clone());
        mails
    }

    /// Returns the types of the events in the outbox.
    pub async fn published_events(&self) -> Vec<String> {
        self.files.outbox().unpublished(100).await.unwrap().into_iter().map(|event| event.kind).collect()
    }

    pub fn reservation(&self) -> Option<ReservationState> {
        self.stock.with(|state| state.of(self.id))
    }
}

/// Returns the id of another order.
pub fn other() -> OrderId {
    OrderId(Uuid::from_u128(0xbad))
}
