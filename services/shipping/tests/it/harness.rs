//! A shop in Berlin with the shipping service only.

use async_trait::async_trait;
use axum::Router;
use chassis::StoreError;
use chassis::auth::Role;
use chassis::health::{Check, CheckError};
use chassis::webhook::WebhookSecret;
use contracts::shipping::{ShipmentCancellation, ShipmentView};
use contracts::{EventId, OrderId, PlaceId};
use events::{Broker, BrokerError, DeadLetters, Event, Failure, Subscription};
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use shipping::carrier::Carriers;
use shipping::carrier::manual::ManualCarrier;
use shipping::carrier::simulated::SimulatedCarrier;
use shipping::places::Gazetteer;
use shipping::store::sqlite::SqliteStore;
use shipping::workers::tracking::TrackingWorker;
use shipping::{Dependencies, Settings, Stores};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;
use testkit::{Answer, Caller, TestEnvironment};
use tokio::sync::OnceCell;

pub const BERLIN: i64 = 2_950_159;
pub const POTSDAM: i64 = 2_852_458;
pub const MUNICH: i64 = 2_867_714;
pub const NICE: i64 = 2_990_440;
pub const NEW_YORK: i64 = 5_128_581;

/// The time between two checkpoints of a standard shipment.
pub const PACE: SignedDuration = SignedDuration::from_hours(8);

const PLACES: &str = "\
2147714\tSydney\tAU\tNew South Wales\t-3386785\t15120732\t5638830\tSidney
2950159\tBerlin\tDE\tState of Berlin\t5252437\t1341053\t3426354\tBerlino
2867714\tMunich\tDE\tBavaria\t4813743\t1157549\t1505005\tMünchen
2852458\tPotsdam\tDE\tBrandenburg\t5239886\t1306566\t184754\tPoczdam
2988507\tParis\tFR\tÎle-de-France\t4885341\t234880\t2138551\tParijs
2990440\tNice\tFR\tProvence-Alpes-Côte d'Azur\t4370313\t726608\t342669\tNizza
5128581\tNew York City\tUS\tNew York\t4071427\t-7400597\t8804190\tNew York
";

pub fn few_places() -> Gazetteer {
    gazetteer(PLACES)
}

/// Creates a gazetteer with these lines.
pub fn gazetteer(lines: &str) -> Gazetteer {
    let mut file = GzEncoder::new(Vec::new(), Compression::fast());
    file.write_all(lines.as_bytes()).unwrap();
    Gazetteer::from_bytes(file.finish().unwrap())
}

/// A broker that is unavailable, so that all events stay in the outbox.
pub struct UnavailableBroker;

#[async_trait]
impl Check for UnavailableBroker {
    async fn check(&self) -> Result<(), CheckError> {
        Err(CheckError::new("unavailable"))
    }
}

#[async_trait]
impl Broker for UnavailableBroker {
    fn system_name(&self) -> &'static str {
        "test"
    }

    async fn publish(&self, _: &[Event]) -> Result<(), BrokerError> {
        Err(BrokerError("unavailable".into()))
    }

    async fn pending(&self) -> Result<u64, BrokerError> {
        Err(BrokerError("unavailable".into()))
    }

    async fn dead_letter_count(&self) -> Result<u64, BrokerError> {
        Err(BrokerError("unavailable".into()))
    }

    async fn subscribe(&self, _: &'static str) -> Result<Box<dyn Subscription>, BrokerError> {
        Err(BrokerError("unavailable".into()))
    }
}

#[async_trait]
impl DeadLetters for UnavailableBroker {
    async fn dead_letters(&self, _: usize) -> Result<Vec<Failure>, StoreError> {
        Err(StoreError::Unavailable("unavailable".into()))
    }

    async fn dead_letter(&self, _: EventId) -> Result<Option<Failure>, StoreError> {
        Err(StoreError::Unavailable("unavailable".into()))
    }

    async fn replay(&self, _: EventId, _: Timestamp) -> Result<bool, StoreError> {
        Err(StoreError::Unavailable("unavailable".into()))
    }

    async fn discard(&self, _: EventId, _: &str) -> Result<bool, StoreError> {
        Err(StoreError::Unavailable("unavailable".into()))
    }
}

/// The carriers of a shop with the simulated one.
pub fn simulated() -> Carriers {
    Carriers::new(SimulatedCarrier::new(PACE).unwrap())
}

pub struct TestShop {
    pub env: TestEnvironment,
    pub router: Router,
    pub stores: Stores,
    pub carriers: Carriers,
    pub folder: TempDir,
}

impl TestShop {
    /// Opens a shop with a few places.
    pub async fn open() -> Self {
        Self::with(tempfile::tempdir().unwrap(), few_places(), Arc::new(UnavailableBroker), simulated()).await
    }

    /// Opens a shop whose shipments people send, with carriers that sign webhooks with these secrets.
    pub async fn open_with_webhooks(secrets: Vec<WebhookSecret>) -> Self {
        let (folder, broker) = (tempfile::tempdir().unwrap(), Arc::new(UnavailableBroker));
        Self::with_secrets(folder, few_places(), broker, Carriers::new(ManualCarrier), secrets).await
    }

    /// Opens a shop with these places.
    pub async fn open_with_places(gazetteer: Gazetteer) -> Self {
        Self::with(tempfile::tempdir().unwrap(), gazetteer, Arc::new(UnavailableBroker), simulated()).await
    }

    /// Opens a shop with these carriers on the data of `folder`.
    pub async fn open_with_carriers(folder: TempDir, carriers: Carriers) -> Self {
        Self::with(folder, few_places(), Arc::new(UnavailableBroker), carriers).await
    }

    /// Opens a shop that publishes events to `broker`.
    pub async fn open_with(broker: Arc<dyn Broker>) -> Self {
        Self::with(tempfile::tempdir().unwrap(), few_places(), broker, simulated()).await
    }

    /// Opens a shop with the built-in gazetteer, which is loaded once for all tests.
    pub async fn worldwide() -> Self {
        static LOADED: OnceCell<(TempDir, PathBuf)> = OnceCell::const_new();
        let (_, loaded) = LOADED
            .get_or_init(|| async {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("shipping.db");
                let store = SqliteStore::open(&path).await.unwrap();
                assert!(shipping::load_places(&store, &Gazetteer::BUILT_IN).await.unwrap());
                store.database().close().await;
                (folder, path)
            })
            .await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(loaded, folder.path().join("shipping.db")).unwrap();
        Self::with(folder, Gazetteer::BUILT_IN, Arc::new(UnavailableBroker), simulated()).await
    }

    async fn with(folder: TempDir, gazetteer: Gazetteer, broker: Arc<dyn Broker>, carriers: Carriers) -> Self {
        Self::with_secrets(folder, gazetteer, broker, carriers, Vec::new()).await
    }

    async fn with_secrets(
        folder: TempDir,
        gazetteer: Gazetteer,
        broker: Arc<dyn Broker>,
        carriers: Carriers,
        webhook_secrets: Vec<WebhookSecret>,
    ) -> Self {
        // Each shop has another seed, so that two shops on one store do not generate the same ids.
        static SEED: AtomicU64 = AtomicU64::new(1);
        let env = TestEnvironment::new(SEED.fetch_add(1, Ordering::Relaxed));
        let stores = Stores::embedded(&folder.path().join("shipping.db")).await.unwrap();
        let dependencies = Dependencies {
            store: stores.store.clone(),
            outbox: stores.outbox.clone(),
            broker,
            carriers: carriers.clone(),
            settings: Settings { gazetteer, webhook_secrets, ..Settings::new("DE".parse().unwrap()) },
        };
        let service = shipping::start(env.service_context("shipping"), dependencies).await.unwrap();
        Self { env, router: service.router, stores, carriers, folder }
    }

    pub fn anonymous(&self) -> Caller {
        self.env.anonymous(&self.router)
    }

    pub fn merchant(&self) -> Caller {
        self.env.staff(&self.router, Role::Merchant)
    }

    pub fn cart(&self) -> Caller {
        self.env.service(&self.router, "cart", "shipping")
    }

    pub fn web(&self) -> Caller {
        self.env.service(&self.router, "web", "shipping")
    }

    pub fn dispatch(&self) -> Caller {
        self.env.service(&self.router, "dispatch", "shipping")
    }

    pub fn worker(&self) -> TrackingWorker {
        TrackingWorker::new(self.stores.store.clone(), self.carriers.clone(), self.env.system.clone())
    }

    /// Advances the clock by one pace and stores due updates; returns their number.
    pub async fn advance_shipments(&self) -> usize {
        self.env.advance(PACE);
        self.worker().update_due(self.env.system.now()).await.unwrap()
    }

    pub fn order(&self) -> OrderId {
        OrderId(self.env.system.id())
    }

    pub async fn quote(&self, place: i64, weight_grams: u64) -> Answer {
        self.cart().post("/internal/quotes", self.quote_request(place, weight_grams)).await
    }

    pub fn quote_request(&self, place: i64, weight_grams: u64) -> Value {
        json!({
            "cart_id": self.env.system.id(), "lines_digest": "abc", "place_id": PlaceId(place),
            "weight_grams": weight_grams, "currency": "EUR",
        })
    }

    pub async fn announce(&self, order: OrderId, step_key: &str) -> Answer {
        self.dispatch().post("/internal/shipments", announcement(order, step_key)).await
    }

    /// Announces a shipment to Munich.
    pub async fn shipment(&self) -> ShipmentView {
        self.announce(self.order(), "ship").await.expect(200).read()
    }

    pub async fn cancel(&self, order_id: OrderId, step_key: &str) -> Answer {
        let cancellation = ShipmentCancellation { order_id, step_key: step_key.into() };
        self.dispatch().post("/internal/shipments/cancel", cancellation).await
    }
}

pub fn announcement(order: OrderId, step_key: &str) -> Value {
    json!({
        "order_id": order, "order_number": "S-1001", "step_key": step_key,
        "address": {
            "name": "Ada Example", "line1": "Marienplatz 1", "city": "München", "postal_code": "80331", "country": "DE",
        },
        "place_id": MUNICH, "option": "standard", "weight_grams": 1200,
    })
}
