//! Other carriers than the built-in one, and shipments of earlier versions.

use crate::harness::{NICE, PACE, TestShop, announcement, simulated};
use chassis::SystemContext;
use chassis::sqlite::{Database, Durability};
use contracts::shipping::{ShipmentStatus, ShipmentView, Tracking};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use shipping::carrier::simulated::SimulatedCarrier;
use shipping::carrier::{Booking, Carrier, CarrierUpdate, Carriers, Consignment};
use shipping::shipment::{DueShipment, TrackingCheckpoint};
use shipping::store::sqlite::SqliteStore;

/// A carrier that plans nothing in advance, has numbers of its own, and describes checkpoints in its own words.
struct BikeCourier;

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn described(status: ShipmentStatus, text: &str) -> TrackingCheckpoint {
    TrackingCheckpoint { status, place: String::new(), kind: None, text: Some(text.to_owned()) }
}

impl Carrier for BikeCourier {
    fn name(&self) -> &str {
        "Bike Courier"
    }

    fn announce(&self, consignment: &Consignment<'_>, _: &SystemContext) -> Booking {
        Booking {
            tracking_number: format!("BIKE/{}", consignment.request.order_number),
            checkpoint: described(ShipmentStatus::Announced, "A rider has been booked"),
            planned: Vec::new(),
            next_update_at: Some(consignment.at + DAY),
            estimated_delivery: consignment.at + DAY,
        }
    }

    fn next_update(&self, shipment: &DueShipment, now: Timestamp) -> Option<CarrierUpdate> {
        let checkpoint =
            described(ShipmentStatus::Delivered, &format!("Handed over after {} updates", shipment.updates));
        Some(CarrierUpdate { checkpoint, next_update_at: None, estimated_delivery: now })
    }

    fn parse_tracking_number(&self, typed: &str) -> Option<String> {
        typed.starts_with("BIKE/").then(|| typed.to_owned())
    }
}

/// A carrier that never reports by itself, for example because staff enter its updates.
struct SilentCarrier;

impl Carrier for SilentCarrier {
    fn name(&self) -> &str {
        "Silent Carrier"
    }

    fn announce(&self, consignment: &Consignment<'_>, _: &SystemContext) -> Booking {
        Booking {
            tracking_number: "QUIET1".into(),
            checkpoint: TrackingCheckpoint {
                status: ShipmentStatus::Announced,
                place: consignment.route.origin.name.clone(),
                kind: None,
                text: None,
            },
            planned: Vec::new(),
            next_update_at: None,
            estimated_delivery: consignment.at + DAY,
        }
    }

    fn next_update(&self, _: &DueShipment, _: Timestamp) -> Option<CarrierUpdate> {
        None
    }

    fn parse_tracking_number(&self, typed: &str) -> Option<String> {
        (typed == "QUIET1").then(|| typed.to_owned())
    }
}

async fn track(shop: &TestShop, number: &str) -> Tracking {
    let number = number.replace('/', "%2F");
    shop.anonymous().get(&format!("/api/v1/tracking/{number}")).await.expect(200).read()
}

fn texts(tracking: &Tracking) -> Vec<&str> {
    tracking.events.iter().rev().map(|event| event.text.as_str()).collect()
}

async fn shop_with(carriers: Carriers) -> TestShop {
    TestShop::open_with_carriers(tempfile::tempdir().unwrap(), carriers).await
}

#[tokio::test]
async fn another_carrier_announces_updates_and_tracks_shipments() {
    let shop = shop_with(Carriers::new(BikeCourier)).await;
    let shipment = shop.shipment().await;
    assert_eq!((shipment.carrier.as_str(), shipment.number.as_str()), ("Bike Courier", "BIKE/S-1001"));
    assert_eq!(shop.advance_shipments().await, 0);
    shop.env.advance(DAY);
    assert_eq!(shop.advance_shipments().await, 1);
    assert_eq!(shop.advance_shipments().await, 0);
    let tracking = track(&shop, &shipment.number).await;
    assert_eq!((tracking.carrier.as_str(), tracking.status), ("Bike Courier", ShipmentStatus::Delivered));
    assert_eq!(texts(&tracking), ["A rider has been booked", "Handed over after 0 updates"]);
    assert_eq!(shop.anonymous().get("/api/v1/tracking/SS4K7QPW2XRNB8").await.problem(404), "not-found");
}

#[tokio::test]
async fn a_carrier_without_updates_of_its_own_leaves_shipments_announced_and_cancellable() {
    let shop = shop_with(Carriers::new(SilentCarrier)).await;
    let order = shop.order();
    let shipment: ShipmentView = shop.announce(order, "ship").await.expect(200).read();
    shop.env.advance(DAY * 30);
    assert_eq!(shop.advance_shipments().await, 0);
    shop.cancel(order, "ship").await.expect(200);
    let tracking = track(&shop, &shipment.number).await;
    assert_eq!(texts(&tracking), ["Label created", "Shipment cancelled"]);
    assert_eq!(tracking.events[0].place, "Berlin");
}

#[tokio::test]
async fn after_a_change_of_the_carrier_shipments_in_transit_stay_with_the_earlier_one() {
    let before = TestShop::open().await;
    let earlier = before.shipment().await;
    let carriers = Carriers::new(BikeCourier).with_earlier(SimulatedCarrier::new(PACE).unwrap());
    let shop = TestShop::open_with_carriers(before.folder, carriers).await;
    let later = shop.shipment().await;
    assert_eq!((earlier.carrier.as_str(), later.carrier.as_str()), (SimulatedCarrier::NAME, "Bike Courier"));
    assert_eq!(shop.advance_shipments().await, 1);
    assert_eq!(track(&shop, &earlier.number).await.status, ShipmentStatus::InTransit);
    assert_eq!(track(&shop, &later.number).await.status, ShipmentStatus::Announced);
}

#[tokio::test]
async fn a_shipment_of_an_unknown_carrier_does_not_hold_up_the_others() {
    let before = shop_with(Carriers::new(BikeCourier)).await;
    before.shipment().await;
    let shop = TestShop::open_with_carriers(before.folder, simulated()).await;
    shop.shipment().await;
    shop.env.advance(DAY);
    assert_eq!(shop.advance_shipments().await, 1);
}

#[tokio::test]
async fn shipments_of_earlier_versions_are_tracked_and_delivered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shipping.db");
    // The schema before shipments had a carrier, and its English texts.
    let old = Database::open(&path, Durability::PowerLoss, &SqliteStore::MIGRATIONS[..2]).await.unwrap();
    let id = "01a2227a-0000-7000-8000-000000000001";
    let planned = json!([
        { "status": "in_transit", "place": "Berlin", "text": "Picked up at the warehouse" },
        { "status": "delivered", "place": "Munich", "text": "Delivered" },
    ]);
    let announced = json!({ "at": "2026-11-22T01:00:00Z", "status": "announced", "place": "Berlin",
        "text": "The carrier expects the parcel" });
    let mut transaction = old.begin().await.unwrap();
    sqlx::query(
        "INSERT INTO shipments (id, order_id, step_key, number, speed, status, stops, passed, due_at, arrival_at)
         VALUES (?1, ?1, 'ship', 'SS4K7QPW2XRNB8', 'standard', 'announced', ?2, 0, 0, 0)",
    )
    .bind(id)
    .bind(planned.to_string())
    .execute(&mut *transaction)
    .await
    .unwrap();
    sqlx::query("INSERT INTO tracking_events (shipment_id, sequence, at, body) VALUES (?, 1, 0, ?)")
        .bind(id)
        .bind(announced.to_string())
        .execute(&mut *transaction)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    old.close().await;

    let shop = TestShop::open_with_carriers(folder, simulated()).await;
    for _ in 0..2 {
        assert_eq!(shop.advance_shipments().await, 1);
    }
    let tracking = shop.stores.store.tracking("SS4K7QPW2XRNB8").await.unwrap().unwrap();
    assert_eq!((tracking.carrier.as_str(), tracking.status), (SimulatedCarrier::NAME, ShipmentStatus::Delivered));
    let stored: Vec<_> = tracking.records.iter().rev().filter_map(|record| record.checkpoint.text.as_deref()).collect();
    assert_eq!(stored, ["The carrier expects the parcel", "Picked up at the warehouse", "Delivered"]);
}

#[tokio::test]
async fn the_text_of_a_border_crossing_names_the_country() {
    let shop = TestShop::open().await;
    let mut request = announcement(shop.order(), "ship");
    request["place_id"] = json!(NICE);
    request["address"]["country"] = json!("FR");
    let shipment: ShipmentView = shop.dispatch().post("/internal/shipments", request).await.expect(200).read();
    for _ in 0..3 {
        assert_eq!(shop.advance_shipments().await, 1);
    }
    let tracking = track(&shop, &shipment.number).await;
    let expected = [
        "Label created; the carrier is expecting the parcel",
        "Picked up from the warehouse",
        "Sorted at the parcel centre",
        "Arrived in France",
    ];
    assert_eq!(texts(&tracking), expected);
}
