//! First and later starts of the service.

use crate::harness::{TestShop, UnavailableBroker, few_places, gazetteer, simulated};
use chassis::StartError;
use chassis::health::Status;
use jiff::SignedDuration;
use shipping::{Dependencies, Settings, Stores};
use std::path::Path;
use std::sync::Arc;
use testkit::TestEnvironment;

const ONE_PLACE: &str = "1\tNeustadt\tDE\t\t5000000\t1000000\t10\t\n";

async fn open(folder: &Path) -> Stores {
    Stores::embedded(&folder.join("shipping.db")).await.unwrap()
}

async fn started(stores: &Stores, settings: Settings) -> Result<chassis::Service, StartError> {
    let (store, outbox) = (stores.store.clone(), stores.outbox.clone());
    let (broker, carriers) = (Arc::new(UnavailableBroker), simulated());
    let dependencies = Dependencies { store, outbox, broker, carriers, settings };
    shipping::start(TestEnvironment::default().service_context("shipping"), dependencies).await
}

fn settings() -> Settings {
    Settings { gazetteer: few_places(), ..Settings::new("DE".parse().unwrap()) }
}

#[tokio::test]
async fn places_are_loaded_once_per_gazetteer() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.store;
    assert!(shipping::load_places(&*store, &few_places()).await.unwrap());
    assert!(!shipping::load_places(&*store, &few_places()).await.unwrap());
    assert!(shipping::load_places(&*store, &gazetteer(ONE_PLACE)).await.unwrap());
    assert_eq!(store.inhabited_countries().await.unwrap(), ["DE".parse().unwrap()]);
    assert!(store.search_places("DE".parse().unwrap(), &["ber".into()], 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_malformed_gazetteer_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.store;
    shipping::load_places(&*store, &few_places()).await.unwrap();
    let broken = gazetteer(&format!("{ONE_PLACE}nonsense\n"));
    let fault = shipping::load_places(&*store, &broken).await.unwrap_err();
    assert!(fault.to_string().contains("line 2"), "{fault}");
    assert_eq!(store.inhabited_countries().await.unwrap().len(), 4);
    assert!(!shipping::load_places(&*store, &few_places()).await.unwrap());
}

#[tokio::test]
async fn a_warehouse_missing_in_the_new_gazetteer_is_replaced_by_the_default() {
    let folder = tempfile::tempdir().unwrap();
    let stores = open(folder.path()).await;
    shipping::load_places(&*stores.store, &few_places()).await.unwrap();
    stores.store.set_warehouse(contracts::PlaceId(crate::harness::MUNICH)).await.unwrap();
    let env = TestEnvironment::default();
    let settings = Settings { gazetteer: gazetteer(ONE_PLACE), ..settings() };
    let service = started(&stores, settings).await.unwrap();
    let merchant = env.staff(&service.router, chassis::auth::Role::Merchant);
    assert_eq!(merchant.get("/api/v1/shipping/warehouse").await.expect(200).json()["place_id"], 1);
}

#[tokio::test]
async fn invalid_settings_are_rejected_at_start() {
    let folder = tempfile::tempdir().unwrap();
    let stores = open(folder.path()).await;
    let uninhabited = Settings { home_country: "AQ".parse().unwrap(), ..settings() };
    assert!(started(&stores, uninhabited).await.is_err_and(|error| error.to_string().contains("AQ")));
    let expired_at_once = Settings { quote_validity: SignedDuration::from_secs(-1), ..settings() };
    assert!(started(&stores, expired_at_once).await.is_err_and(|error| error.to_string().contains("quote")));
}

#[tokio::test]
async fn without_a_broker_the_service_is_degraded_and_fully_described() {
    let folder = tempfile::tempdir().unwrap();
    let service = started(&open(folder.path()).await, settings()).await.unwrap();
    let report = service.health.report().await;
    let published: Vec<_> =
        report.dependencies.iter().map(|one| (one.name.as_str(), one.status, one.critical)).collect();
    assert_eq!(published, [("database", Status::Ok, true), ("broker", Status::Down, false)]);
    assert_eq!(report.status, Status::Degraded, "shipments can be announced without a broker");
    let described = serde_json::to_value(&service.openapi).unwrap();
    let search = &described["paths"]["/api/v1/shipping/places"]["get"]["parameters"];
    let names: Vec<&str> = search.as_array().unwrap().iter().filter_map(|known| known["name"].as_str()).collect();
    assert_eq!(names, ["country", "q"]);
    assert_eq!(service.openapi.paths.paths.len(), 22);
}

#[tokio::test]
async fn shipments_survive_a_restart() {
    let shop = TestShop::open().await;
    let shipment = shop.shipment().await;
    let again = open(shop.folder.path()).await;
    let tracking = again.store.tracking(&shipment.number).await.unwrap().unwrap();
    assert_eq!(tracking.status, shipment.status);
}
