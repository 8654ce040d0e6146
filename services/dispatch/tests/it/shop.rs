//! A dispatch service with one order that was paid, and the services it commands. Its workers do not run by themselves.

use crate::carrier::Carrier;
use crate::till::Till;
use async_trait::async_trait;
use chassis::auth::Role;
use chassis::health::Check;
use chassis::secret::SecretKey;
use chassis::transport::Transport;
use chassis::{Problem, Service, StoreError};
use contracts::OrderId;
use contracts::catalogue::{CatalogueClient, ReservationState};
use contracts::dispatch::{OrderStatus, OrderView};
use contracts::events::{CommandSettled, EventData, OrderPlaced, ShipmentMoved, TOPOLOGY};
use contracts::payment::{OrderLinks, PaymentClient};
use contracts::shipping::{ShipmentStatus, ShippingClient};
use dispatch::mail::{FolderMailer, Mail, Writer};
use dispatch::order::{Effects, Order};
use dispatch::store::{Change, Claim, OrderStore, SqliteOrders};
use dispatch::{Bell, Dependencies, Orders, Worker};
use events::broker::EmbeddedBroker;
use events::{Consumer, Event, Handler, Inbox, Outbox};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use testkit::{Caller, Faults, House, Stock, samples};
use uuid::Uuid;

pub const TOTAL: i64 = 2500;

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
    async fn unpublished(&self) -> Result<i64, StoreError> {
        self.0.unpublished().await
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
    pub house: House,
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
    _folder: TempDir,
}

impl Shop {
    pub async fn open() -> Self {
        Self::with(Faults::none()).await
    }

    /// One whose own calls go wrong.
    pub async fn with(faults: Faults) -> Self {
        let house = House::default();
        let folder = tempfile::tempdir().unwrap();
        let files =
            SqliteOrders::open(&folder.path().join("dispatch.db"), writer(), house.sources.clone()).await.unwrap();
        let broker = Arc::new(EmbeddedBroker::open(&folder.path().join("broker.db"), TOPOLOGY).await.unwrap());
        let (id, guest) = (OrderId(house.sources.id()), house.sources.id());
        let record = samples::order(id, &format!("guest:{guest}"), TOTAL, house.sources.now());
        let (stock, till, carrier) = (Stock::new(3), Till::new(record), Carrier::default());
        stock.with(|books| books.reservations.insert((id, 1), (1, ReservationState::Held)));
        let clients = |faults: &Faults| {
            let foundation = house.foundation("dispatch");
            let client = |name, transport: Transport| foundation.client(name, faults.transport(transport));
            (
                CatalogueClient(client("catalogue", stock.transport())),
                PaymentClient(client("payment", till.transport())),
                ShippingClient(client("shipping", carrier.transport())),
            )
        };
        let (catalogue, payment, shipping) = clients(&faults);
        let store: Arc<dyn OrderStore> = Arc::new(FaultyStore(files.clone(), faults));
        let inbox: Arc<dyn Inbox> = Arc::new(files.inbox());
        let (sources, bell) = (house.sources.clone(), Bell::default());
        let orders = Orders::new(Arc::clone(&store), payment.clone(), links(), sources.clone(), bell.clone());
        let worker = Worker::new(store, catalogue, payment, shipping, sources.clone(), bell);
        let consumer = Consumer::new("dispatch", Arc::clone(&inbox), Arc::new(orders.clone()), sources);
        // The API is over the same files, and nothing goes wrong there.
        let (catalogue, payment, shipping) = clients(&Faults::none());
        let dependencies = Dependencies {
            store: Arc::new(files.clone()),
            inbox: Arc::clone(&inbox),
            outbox: Arc::new(files.outbox()),
            broker,
            catalogue,
            payment,
            shipping,
            mailer: Arc::new(FolderMailer::new(&folder.path().join("mail"), "Test <shop@shop.test>")),
            links: links(),
            mailbox: false,
        };
        let service = dispatch::start(house.foundation("dispatch"), dependencies).unwrap();
        // The test says when the workers work.
        service.tasks.shut_down(Duration::from_secs(30)).await;
        let owner = house.anonymous(&service.router).with_bearer(house.guest_token(guest));
        Self {
            house,
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
            _folder: folder,
        }
    }

    fn event<T: EventData>(&self, data: &T) -> Event {
        Event::new(&self.house.sources, "test", data).unwrap()
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
        let at = self.house.sources.now();
        self.event(&ShipmentMoved { order_id: self.id, shipment_id: self.carrier.id(), status, at })
    }

    /// The event that says that a money command has its outcome.
    pub fn settled(&self, step: &str) -> Event {
        self.event(&CommandSettled { order_id: self.id, step_key: step.into() })
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
        self.house.advance(SignedDuration::from_secs(seconds));
        self.work().await;
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
        self.house.staff(&self.service.router, Role::Support)
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
