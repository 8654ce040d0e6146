//! Starting, for the first time and again.

use crate::shop::{Away, Shop, few_places, gazetteer};
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

async fn started(stores: &Stores, settings: Settings) -> Result<chassis::Service, String> {
    let (store, outbox) = (stores.store.clone(), stores.outbox.clone());
    let dependencies = Dependencies { store, outbox, broker: Arc::new(Away), settings };
    shipping::start(TestEnvironment::default().service_context("shipping"), dependencies).await
}

fn settings() -> Settings {
    Settings { gazetteer: few_places(), ..Settings::new("DE".parse().unwrap()) }
}

#[tokio::test]
async fn places_are_loaded_once_and_again_when_the_program_comes_with_others() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.store;
    assert!(shipping::load_places(&*store, &few_places()).await.unwrap());
    assert!(!shipping::load_places(&*store, &few_places()).await.unwrap());
    assert!(shipping::load_places(&*store, &gazetteer(ONE_PLACE)).await.unwrap());
    assert_eq!(store.inhabited_countries().await.unwrap(), ["DE".parse().unwrap()]);
    assert!(store.search_places("DE".parse().unwrap(), &["ber".into()], 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_broken_file_of_places_changes_nothing() {
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
async fn a_warehouse_that_the_new_places_do_not_have_gives_way_to_the_usual_one() {
    let folder = tempfile::tempdir().unwrap();
    let stores = open(folder.path()).await;
    shipping::load_places(&*stores.store, &few_places()).await.unwrap();
    stores.store.set_warehouse(contracts::PlaceId(crate::shop::MUNICH)).await.unwrap();
    let env = TestEnvironment::default();
    let settings = Settings { gazetteer: gazetteer(ONE_PLACE), ..settings() };
    let service = started(&stores, settings).await.unwrap();
    let merchant = env.staff(&service.router, chassis::auth::Role::Merchant);
    assert_eq!(merchant.get("/api/v1/shipping/warehouse").await.expect(200).json()["place_id"], 1);
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused_at_start() {
    let folder = tempfile::tempdir().unwrap();
    let stores = open(folder.path()).await;
    let nowhere = Settings { home_country: "AQ".parse().unwrap(), ..settings() };
    assert!(started(&stores, nowhere).await.is_err_and(|error| error.contains("AQ")));
    let standing = Settings { carrier_pace: SignedDuration::ZERO, ..settings() };
    assert!(started(&stores, standing).await.is_err_and(|error| error.contains("pace")));
    let fleeting = Settings { quote_validity: SignedDuration::from_secs(-1), ..settings() };
    assert!(started(&stores, fleeting).await.is_err_and(|error| error.contains("quote")));
}

#[tokio::test]
async fn without_its_broker_shipping_is_degraded_and_all_operations_are_described() {
    let folder = tempfile::tempdir().unwrap();
    let service = started(&open(folder.path()).await, settings()).await.unwrap();
    let report = service.health.report().await;
    let told: Vec<_> = report.dependencies.iter().map(|one| (one.name.as_str(), one.status, one.critical)).collect();
    assert_eq!(told, [("database", Status::Ok, true), ("broker", Status::Down, false)]);
    assert_eq!(report.status, Status::Degraded, "parcels are announced all the same");
    let described = serde_json::to_value(&service.openapi).unwrap();
    let search = &described["paths"]["/api/v1/shipping/places"]["get"]["parameters"];
    let names: Vec<&str> = search.as_array().unwrap().iter().filter_map(|known| known["name"].as_str()).collect();
    assert_eq!(names, ["country", "q"]);
    assert_eq!(service.openapi.paths.paths.len(), 9);
}

#[tokio::test]
async fn what_was_set_and_announced_is_there_after_a_restart() {
    let shop = Shop::open().await;
    let parcel = shop.parcel().await;
    let again = open(shop.folder.path()).await;
    let tracking = again.store.tracking(&parcel.number).await.unwrap().unwrap();
    assert_eq!(tracking.status, parcel.status);
}
