//! A dispatch service with one order that was paid, and the services it commands. Its workers do not run by themselves.

use crate::carrier::Carrier;
use crate::till::Till;
use async_trait::async_trait;
use chassis::auth::Role;
use chassis::health::Check;
use chassis::idempotency::{JsonResponse, IdempotencyScope, IdempotentRequest};
use chassis::secret::SecretKey;
use chassis::transport::Transport;
use chassis::{Problem, Service, StoreError};
use contracts::catalogue::{CatalogueClient, ReservationState};
use contracts::dispatch::{OrderStatus, OrderView};
use contracts::events::{
    CommandSettled, EventData, PaymentIssueKind, OrderPlaced, PaymentChanged, ShipmentMoved, StockArrived, StockLow,
    TOPOLOGY, TransferAwaited,
};
use contracts::payment::{CaptureTiming, OrderLinks, PaymentClient};
use contracts::shipping::{ShipmentStatus, ShippingClient};
use contracts::{OrderId, Sku};
use dispatch::mail::{FolderMailer, Mail, Notice, Writer};
use dispatch::order::{Effects, Order};
use dispatch::store::{Change, Claim, Command, OrderStore, SqliteOrders};
use dispatch::{Asking, Bell, Dependencies, Orders, Settings, Viewer, Worker};
use events::broker::EmbeddedBroker;
use events::{Consumer, Event, Handler, Inbox, Outbox};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use testkit::{Caller, Faults, TestEnvironment, Stock, samples};
use uuid::Uuid;

pub const TOTAL: i64 = 2500;
/// How many pieces are on the shelf at the beginning.
pub const ON_HAND: u32 = 10;

/// Orders whose calls go wrong.
struct FaultyStore(SqliteOrders, Faults);

#[async_trait]
impl OrderStore for FaultyStore {
    async fn place(&self, event: &Event, order: &Order, effects: &Effects, now: Timestamp) -> Result<(), StoreError> {
        self.1.store(self.0.place(event, order, effects, now)).await
    }
    async fn on_event(&self, event: &Event, id: OrderId, now: Timestamp, change: Change<'_>) -> Result<(), StoreError> {
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
    async fn forget_answers(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.0.forget_answers(before).await
    }
    async fn heard(&self, event: &Event, notice: Option<&Notice>, now: Timestamp) -> Result<(), StoreError> {
        self.1.store(self.0.heard(event, notice, now)).await
    }
    async fn waiting_for(&self, sku: &Sku, after: Option<OrderId>, limit: usize) -> Result<Vec<OrderId>, StoreError> {
        self.1.store(self.0.waiting_for(sku, after, limit)).await
    }
    async fn claim(&self, now: Timestamp, until: Timestamp, limit: usize) -> Result<Vec<Claim>, StoreError> {
        self.1.store(self.0.claim(now, until, limit)).await
    }
    async fn advance(
        &self,
        claim: &Claim,
        now: Timestamp,
        until: Timestamp,
        change: Change<'_>,
    ) -> Result<Claim, StoreError> {
        self.1.store(self.0.advance(claim, now, until, change)).await
    }
    async fn find(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        self.0.find(id).await
    }
    async fn list(
        &self,
        owner: Option<&str>,
        status: Option<OrderStatus>,
        before: Option<OrderId>,
        limit: usize,
    ) -> Result<Vec<Order>, StoreError> {
        self.0.list(owner, status, before, limit).await
    }
    async fn claim_mails(&self, now: Timestamp, until: Timestamp, limit: usize) -> Result<Vec<Mail>, StoreError> {
        self.0.claim_mails(now, until, limit).await
    }
    async fn mail_sent(&self, id: &str) -> Result<(), StoreError> {
        self.0.mail_sent(id).await
    }
    async fn mail_failed(&self, id: &str, reason: &str, now: Timestamp) -> Result<(), StoreError> {
        self.0.mail_failed(id, reason, now).await
    }
    async fn mails(&self, limit: usize) -> Result<Vec<Mail>, StoreError> {
        self.0.mails(limit).await
    }
    fn outbox(&self) -> Arc<dyn Outbox> {
        self.0.outbox()
    }
}

#[async_trait]
impl Check for FaultyStore {
    async fn check(&self) -> Result<(), String> {
        self.0.check().await
    }
}

/// Writes the letters of the test's shop.
pub fn writer() -> Writer {
    Writer { shop: "Test".into(), base_url: "http://shop.test".into(), links: links() }
}

pub fn links() -> OrderLinks {
    OrderLinks::new(SecretKey::new([7; 32]))
}

pub struct Shop {
    pub env: Arc<TestEnvironment>,
    pub service: Service,
    pub files: SqliteOrders,
    pub stock: Stock,
    pub till: Till,
    pub carrier: Carrier,
    pub orders: Orders,
    pub worker: Worker,
    pub consumer: Consumer,
    pub inbox: Arc<dyn Inbox>,
    pub id: OrderId,
    pub owner: Caller,
    /// A worker of another replica, on whose calls nothing goes wrong.
    pub replica: Worker,
    _folder: TempDir,
}

/// What a customer buys, and how the shop wants it.
pub struct Wishes {
    pub quantity: u32,
    pub capture: CaptureTiming,
    pub settings: Settings,
}

impl Default for Wishes {
    fn default() -> Self {
        Self { quantity: 1, capture: CaptureTiming::Now, settings: Settings::default() }
    }
}

impl Shop {
    pub async fn open() -> Self {
        Self::with(Faults::none()).await
    }

    /// One whose own calls go wrong.
    pub async fn with(faults: Faults) -> Self {
        Self::opened(faults, Wishes::default()).await
    }

    /// One that wants it otherwise.
    pub async fn wishing(wishes: Wishes) -> Self {
        Self::opened(Faults::none(), wishes).await
    }

    /// One whose own calls go wrong, and that wants it otherwise.
    pub async fn opened(faults: Faults, wishes: Wishes) -> Self {
        let Wishes { quantity, capture, settings } = wishes;
        let env = Arc::new(TestEnvironment::default());
        let folder = tempfile::tempdir().unwrap();
        let files =
            SqliteOrders::open(&folder.path().join("dispatch.db"), writer(), env.system.clone()).await.unwrap();
        let broker = Arc::new(EmbeddedBroker::open(&folder.path().join("broker.db"), TOPOLOGY).await.unwrap());
        let (id, guest) = (OrderId(env.system.id()), env.system.id());
        let mut record = samples::order(id, &format!("guest:{guest}"), TOTAL, env.system.now());
        record.cart = samples::cart(record.cart.cart_id, 1, quantity, TOTAL);
        record.capture = capture;
        let (stock, till, carrier) = (Stock::new(ON_HAND), Till::new(record), Carrier::default());
        stock.with(|books| books.reservations.insert((id, 1), (quantity, ReservationState::Held)));
        let clients = |faults: &Faults| {
            let service_context = env.service_context("dispatch");
            let client = |name, transport: Transport| service_context.client(name, faults.transport(transport));
            (
                CatalogueClient(client("catalogue", stock.transport())),
                PaymentClient(client("payment", till.transport())),
                ShippingClient(client("shipping", carrier.transport())),
            )
        };
        let (catalogue, payment, shipping) = clients(&faults);
        let store: Arc<dyn OrderStore> = Arc::new(FaultyStore(files.clone(), faults));
        let inbox: Arc<dyn Inbox> = Arc::new(files.inbox());
        let (system, bell) = (env.system.clone(), Bell::default());
        let orders =
            Orders::new(Arc::clone(&store), payment.clone(), links(), system.clone(), bell.clone(), settings.clone());
        let worker = Worker::new(store, catalogue, payment, shipping, system.clone(), bell);
        let consumer = Consumer::new("dispatch", Arc::clone(&inbox), Arc::new(orders.clone()), system.clone());
        // The API is over the same files, and nothing goes wrong there.
        let (catalogue, payment, shipping) = clients(&Faults::none());
        let replica = Worker::new(
            Arc::new(files.clone()),
            catalogue.clone(),
            payment.clone(),
            shipping.clone(),
            system,
            Bell::default(),
        );
        let dependencies = Dependencies {
            store: Arc::new(files.clone()),
            inbox: Arc::clone(&inbox),
            broker,
            catalogue,
            payment,
            shipping,
            mailer: Arc::new(FolderMailer::new(&folder.path().join("mail"), "Test <shop@shop.test>")),
            links: links(),
            mailbox: false,
            settings,
        };
        let service = dispatch::start(env.service_context("dispatch"), dependencies).unwrap();
        // The test says when the workers work.
        service.tasks.shut_down(Duration::from_secs(30)).await;
        let owner = env.anonymous(&service.router).with_bearer(env.guest_token(guest));
        Self {
            env,
            service,
            files,
            stock,
            till,
            carrier,
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

    /// The event that says that the order is placed.
    pub fn placed(&self) -> Event {
        let record = self.till.with(|books| books.record.clone());
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

    /// The event that says that the parcel is somewhere else; the carrier has moved it.
    pub fn moved(&self, status: ShipmentStatus) -> Event {
        self.carrier.moves(status);
        let at = self.env.system.now();
        self.event(&ShipmentMoved { order_id: self.id, shipment_id: self.carrier.id(), status, at })
    }

    /// The event that says that a money command has its outcome.
    pub fn settled(&self, step: &str) -> Event {
        self.event(&CommandSettled { order_id: self.id, step_key: format!("{}:{step}", self.id) })
    }

    /// The event that says that the books of the order's money have changed.
    pub fn changed(&self, change: PaymentIssueKind) -> Event {
        self.event(&PaymentChanged { order_id: self.id, change })
    }

    /// The event that says that goods have come in.
    pub fn arrived(&self, sku: &str) -> Event {
        self.event(&StockArrived { sku: sku.parse().unwrap(), on_hand: 5 })
    }

    /// The event that says that the customer is to transfer the money.
    pub fn transfer_awaited(&self) -> Event {
        self.event(&TransferAwaited { order_id: self.id })
    }

    /// The event that says that little is left.
    pub fn low(&self) -> Event {
        self.event(&StockLow { sku: samples::SKU.parse().unwrap(), available: 2, threshold: 3 })
    }

    /// The order with its parcel delivered.
    pub async fn delivered(&self) {
        self.begun().await;
        for status in [ShipmentStatus::InTransit, ShipmentStatus::Delivered] {
            self.hear(&self.moved(status)).await;
            self.work().await;
        }
    }

    /// The caller, with a new idempotency key.
    pub fn keyed(&self, caller: &Caller) -> Caller {
        caller.clone().with_header("idempotency-key", self.env.system.id().to_string())
    }

    /// A caller from the shop, with a new idempotency key.
    pub fn staff(&self) -> Caller {
        self.keyed(&self.support())
    }

    /// Staff who ask for something without HTTP, under this idempotency key.
    pub fn asking(&self, key: &str) -> Asking {
        let scope = IdempotencyScope { owner: "account:staff".into(), operation: "test", key: key.into() };
        let return_window = Settings::default().return_window;
        Asking {
            author: "account:staff".into(),
            viewer: Viewer { staff: true, now: self.env.system.now(), return_window },
            key: IdempotentRequest::new(scope, b"", b""),
        }
    }

    /// `done` or `cancel` for what waits.
    pub async fn resolve(&self, outcome: &str) -> testkit::Answer {
        let path = format!("/api/v1/workflows/{}/resolve", self.id);
        self.staff().post(&path, json!({"outcome": outcome, "reason": "by hand"})).await
    }

    /// What waits is tried again.
    pub async fn retry(&self) -> testkit::Answer {
        self.staff().post(&format!("/api/v1/workflows/{}/retry", self.id), json!({})).await
    }

    pub async fn hear(&self, event: &Event) {
        self.orders.handle(event).await.unwrap();
    }

    /// The order as it was placed, and carried out as far as it goes now.
    pub async fn begun(&self) {
        self.hear(&self.placed()).await;
        self.work().await;
    }

    /// Works on what is due now.
    pub async fn work(&self) {
        self.worker.work().await.unwrap();
    }

    /// Lets time pass, and works on what is due then.
    pub async fn later(&self, seconds: i64) {
        self.env.advance(SignedDuration::from_secs(seconds));
        self.work().await;
    }

    /// The order, changed without anything going wrong.
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

    /// The order as its owner sees it.
    pub async fn look(&self) -> OrderView {
        self.owner.get(&self.path("")).await.expect(200).read()
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/api/v1/orders/{}{rest}", self.id)
    }

    pub fn support(&self) -> Caller {
        self.env.staff(&self.service.router, Role::Support)
    }

    /// The beginnings of the subjects of all letters, in the order they were written.
    pub async fn letters(&self) -> Vec<String> {
        let mut mails = self.files.mails(100).await.unwrap();
        mails.sort_by_key(|mail| mail.id.clone());
        mails.into_iter().map(|mail| mail.subject).collect()
    }

    /// The types of the events that wait to be published.
    pub async fn told(&self) -> Vec<String> {
        self.files.outbox().unpublished(100).await.unwrap().into_iter().map(|event| event.kind).collect()
    }

    pub fn reservation(&self) -> Option<ReservationState> {
        self.stock.with(|books| books.of(self.id))
    }
}

/// The id of some other order.
pub fn other() -> OrderId {
    OrderId(Uuid::from_u128(0xbad))
}
