//! A running ratings service with a catalogue of three products.

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use chassis::auth::Role;
use chassis::tasks::Tasks;
use chassis::{Problem, Service, problem, transport};
use contracts::catalogue::{CatalogueClient, ProductReference};
use contracts::events::{EventLine, OrderDelivered, TOPOLOGY};
use contracts::ratings::{ReviewPage, ReviewView};
use contracts::{AccountId, OrderId, ProductId, Quantity};
use events::broker::EmbeddedBroker;
use events::{Broker, Event, Inbox};
use ratings::review::UnverifiedPolicy;
use ratings::{Dependencies, Settings, Stores};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tempfile::TempDir;
use testkit::{Caller, TestEnvironment};
use uuid::Uuid;

/// The handles of all products in the catalogue.
pub const HANDLES: [&str; 3] = ["mug", "lamp", "tasse-à-café"];

/// Returns the id of a product by its handle.
pub fn product(handle: &str) -> ProductId {
    let place = HANDLES.iter().position(|known| *known == handle).expect("a known handle");
    ProductId(Uuid::from_u128(0x1000 + place as u128))
}

/// A catalogue that can be unavailable, and counts requests.
#[derive(Clone, Default)]
pub struct FakeCatalogue {
    pub unavailable: Arc<AtomicBool>,
    pub requests: Arc<AtomicUsize>,
}

impl FakeCatalogue {
    fn router(&self) -> Router {
        Router::new().route("/internal/products/{handle}", get(reference)).with_state(self.clone())
    }
}

async fn reference(
    State(catalogue): State<FakeCatalogue>,
    Path(handle): Path<String>,
) -> Result<Json<ProductReference>, Problem> {
    catalogue.requests.fetch_add(1, Ordering::SeqCst);
    if catalogue.unavailable.load(Ordering::SeqCst) {
        return Err(problem::UNAVAILABLE.detail("Temporarily unavailable."));
    }
    if !HANDLES.contains(&handle.as_str()) {
        return Err(problem::NOT_FOUND.detail("No such product."));
    }
    Ok(Json(ProductReference { id: product(&handle), title: handle.clone(), handle }))
}

/// A running service with its dependencies.
pub struct Shop {
    pub env: TestEnvironment,
    pub service: Service,
    pub catalogue: FakeCatalogue,
    pub broker: EmbeddedBroker,
    pub inbox: Arc<dyn Inbox>,
    _folder: TempDir,
}

impl Shop {
    /// Starts a service that publishes every review immediately.
    pub async fn open() -> Self {
        Self::with(UnverifiedPolicy::Publish).await
    }

    /// Starts a service with this policy.
    pub async fn with(unverified: UnverifiedPolicy) -> Self {
        let env = TestEnvironment::default();
        let folder = tempfile::tempdir().unwrap();
        let Stores { store, inbox } = Stores::embedded(&folder.path().join("ratings.db")).await.unwrap();
        let broker = EmbeddedBroker::open(&folder.path().join("broker.db"), TOPOLOGY).await.unwrap();
        let catalogue = FakeCatalogue::default();
        let service_context = env.service_context("ratings");
        let transport = transport::in_process(catalogue.router(), Tasks::new());
        let dependencies = Dependencies {
            store,
            inbox: Arc::clone(&inbox),
            broker: Arc::new(broker.clone()),
            catalogue: CatalogueClient(service_context.client("catalogue", transport)),
            settings: Settings { unverified },
        };
        let service = ratings::start(service_context, dependencies).await.unwrap();
        Self { env, service, catalogue, broker, inbox, _folder: folder }
    }

    pub fn anonymous(&self) -> Caller {
        self.env.anonymous(&self.service.router)
    }

    pub fn customer(&self) -> Caller {
        self.env.customer(&self.service.router)
    }

    pub fn guest(&self) -> Caller {
        self.env.guest(&self.service.router)
    }

    pub fn merchant(&self) -> Caller {
        self.env.staff(&self.service.router, Role::Merchant)
    }

    /// Returns a customer with the id of its account.
    pub fn account(&self) -> (AccountId, Caller) {
        let id = self.env.system.id();
        let token = self.env.account_token(id, &[Role::Customer]);
        (AccountId(id), self.anonymous().with_bearer(token))
    }

    /// Returns the first page of reviews as an anonymous reader sees it.
    pub async fn page(&self, handle: &str) -> ReviewPage {
        page(&self.anonymous(), handle).await
    }

    /// Creates the event of a delivered order with these products.
    pub fn delivered(&self, owner: &str, handles: &[&str]) -> Event {
        let line = |handle: &&str| EventLine {
            sku: "A".parse().unwrap(),
            product_id: product(handle),
            quantity: Quantity::new(1).unwrap(),
        };
        let lines = handles.iter().map(line).collect();
        let data = OrderDelivered { order_id: OrderId(self.env.system.id()), owner: owner.to_owned(), lines };
        Event::new(&self.env.system, "dispatch", &data).unwrap()
    }

    /// Publishes events and waits until ratings has processed them.
    pub async fn publish(&self, events: &[Event]) {
        self.broker.publish(events).await.unwrap();
        while self.broker.pending().await.unwrap() > 0 {
            tokio::task::yield_now().await;
        }
    }
}

pub fn draft(score: u8, title: &str) -> Value {
    json!({ "score": score, "title": title, "body": "As described.", "author": "Ada" })
}

/// Returns the path of the caller's own review.
pub fn mine(handle: &str) -> String {
    format!("/api/v1/products/{}/reviews/mine", chassis::client::segment(handle))
}

/// Submits a review through the API.
pub async fn submit_review(author: &Caller, handle: &str, score: u8, title: &str) -> ReviewView {
    author.put(&mine(handle), draft(score, title)).await.expect(200).read()
}

/// Returns the first page of reviews as `reader` sees it.
pub async fn page(reader: &Caller, handle: &str) -> ReviewPage {
    reader.get(&format!("/api/v1/products/{}/reviews", chassis::client::segment(handle))).await.expect(200).read()
}

/// Sets the state of a review as staff.
pub async fn decide(staff: &Caller, review: &ReviewView, state: &str) -> ReviewView {
    staff.put(&format!("/api/v1/reviews/{}/state", review.id), json!({ "state": state })).await.expect(200).read()
}
