//! The carrier, by the clock.

use crate::shop::{NICE, PACE, Shop, announcement};
use contracts::events::{ShipmentMoved, TOPOLOGY};
use contracts::shipping::ShipmentStatus::{Announced, Delivered, InTransit, OutForDelivery};
use contracts::shipping::{ShipmentStatus, ShipmentView, Tracking};
use events::broker::EmbeddedBroker;
use events::{Broker, Event};
use jiff::SignedDuration;
use serde_json::json;
use std::collections::HashSet;
use std::sync::Arc;

async fn tracking(shop: &Shop, number: &str) -> Tracking {
    shop.anybody().get(&format!("/api/v1/tracking/{number}")).await.expect(200).read()
}

async fn told(shop: &Shop) -> Vec<ShipmentMoved> {
    let events = shop.stores.outbox.unpublished(1000).await.unwrap();
    let ids: HashSet<_> = events.iter().map(|event| event.id).collect();
    assert_eq!(ids.len(), events.len());
    events.iter().map(|event: &Event| event.data().unwrap().unwrap()).collect()
}

async fn abroad(shop: &Shop, option: &str) -> ShipmentView {
    let mut request = announcement(shop.order(), "ship");
    request["place_id"] = json!(NICE);
    request["address"]["country"] = json!("FR");
    request["option"] = json!(option);
    shop.dispatch().post("/internal/shipments", request).await.expect(200).read()
}

#[tokio::test]
async fn a_parcel_passes_its_stops_one_pace_apart_and_arrives_when_it_was_said() {
    let shop = Shop::open().await;
    let parcel = shop.parcel().await;
    let promised = tracking(&shop, &parcel.number).await.estimated_delivery;
    for _ in 0..5 {
        assert_eq!(shop.move_on().await, 1);
        assert_eq!(tracking(&shop, &parcel.number).await.estimated_delivery, promised);
    }
    assert_eq!(shop.move_on().await, 0);
    let tracking = tracking(&shop, &parcel.number).await;
    assert_eq!(tracking.status, Delivered);
    let statuses: Vec<ShipmentStatus> = tracking.events.iter().rev().map(|event| event.status).collect();
    assert_eq!(statuses, [Announced, InTransit, InTransit, InTransit, OutForDelivery, Delivered]);
    assert_eq!(tracking.events[0].at, promised);
    assert_eq!((tracking.events[0].place.as_str(), tracking.events[5].place.as_str()), ("Munich", "Berlin"));
}

#[tokio::test]
async fn a_parcel_moves_not_before_its_time() {
    let shop = Shop::open().await;
    shop.parcel().await;
    shop.env.advance(PACE - SignedDuration::from_micros(1));
    assert_eq!(shop.carrier().move_due(shop.env.system.now()).await.unwrap(), 0);
    shop.env.advance(SignedDuration::from_micros(1));
    assert_eq!(shop.carrier().move_due(shop.env.system.now()).await.unwrap(), 1);
}

#[tokio::test]
async fn a_parcel_abroad_arrives_in_the_other_country_first() {
    let shop = Shop::open().await;
    let parcel = abroad(&shop, "standard").await;
    for _ in 0..6 {
        assert_eq!(shop.move_on().await, 1);
    }
    let tracking = tracking(&shop, &parcel.number).await;
    let texts: Vec<&str> = tracking.events.iter().map(|event| event.text.as_str()).collect();
    assert!(texts.contains(&"Arrived in France"), "{texts:?}");
    assert_eq!(tracking.status, Delivered);
}

#[tokio::test]
async fn express_arrives_in_half_the_time() {
    let shop = Shop::open().await;
    let [slow, fast] = [abroad(&shop, "standard").await, abroad(&shop, "express").await];
    let now = shop.env.system.now();
    let time = |tracking: Tracking| tracking.estimated_delivery.duration_since(now);
    let [slow, fast] = [time(tracking(&shop, &slow.number).await), time(tracking(&shop, &fast.number).await)];
    assert_eq!(slow, fast * 2);
}

#[tokio::test]
async fn after_a_long_pause_a_parcel_still_passes_each_stop_and_the_estimate_is_put_right() {
    let shop = Shop::open().await;
    let parcel = shop.parcel().await;
    shop.env.advance(SignedDuration::from_hours(1000));
    let now = shop.env.system.now();
    assert_eq!(shop.carrier().move_due(now).await.unwrap(), 1);
    assert_eq!(shop.carrier().move_due(now).await.unwrap(), 0);
    let tracking = tracking(&shop, &parcel.number).await;
    assert_eq!(tracking.status, InTransit);
    assert_eq!(tracking.estimated_delivery.duration_since(now), PACE * 4);
}

#[tokio::test]
async fn each_movement_is_told_exactly_once() {
    let shop = Shop::open().await;
    let parcel = shop.parcel().await;
    while shop.move_on().await > 0 {}
    let told = told(&shop).await;
    let statuses: Vec<ShipmentStatus> = told.iter().map(|moved| moved.status).collect();
    assert_eq!(statuses, [InTransit, InTransit, InTransit, OutForDelivery, Delivered]);
    assert!(told.iter().all(|moved| moved.shipment_id == parcel.id && moved.order_id == parcel.order_id));
    assert!(told.is_sorted_by(|earlier, later| earlier.at < later.at));
}

#[tokio::test]
async fn several_carriers_move_each_parcel_once() {
    let shop = Shop::open().await;
    for _ in 0..20 {
        shop.parcel().await;
    }
    shop.env.advance(PACE);
    let now = shop.env.system.now();
    let (one, two, three) = (shop.carrier(), shop.carrier(), shop.carrier());
    let (one, two, three) = tokio::join!(one.move_due(now), two.move_due(now), three.move_due(now));
    assert_eq!(one.unwrap() + two.unwrap() + three.unwrap(), 20);
    let told = told(&shop).await;
    assert_eq!(told.len(), 20);
    assert_eq!(told.iter().map(|moved| moved.shipment_id).collect::<HashSet<_>>().len(), 20);
}

#[tokio::test]
async fn more_parcels_than_one_batch_are_all_moved() {
    let shop = Shop::open().await;
    for _ in 0..120 {
        shop.parcel().await;
    }
    assert_eq!(shop.move_on().await, 120);
}

#[tokio::test]
async fn movements_reach_dispatch_through_the_broker() {
    let folder = tempfile::tempdir().unwrap();
    let broker = EmbeddedBroker::open(&folder.path().join("broker.db"), TOPOLOGY).await.unwrap();
    let mut queue = broker.subscribe("dispatch").await.unwrap();
    let shop = Shop::open_with(Arc::new(broker)).await;
    let parcel = shop.parcel().await;
    assert_eq!(shop.move_on().await, 1);
    let delivery = queue.next().await.unwrap();
    let moved: ShipmentMoved = delivery.event.data().unwrap().unwrap();
    assert_eq!((moved.shipment_id, moved.status), (parcel.id, InTransit));
    delivery.acknowledge().await.unwrap();
}
