//! Tracking with the simulated carrier.

use crate::harness::{NICE, PACE, TestShop, announcement};
use contracts::events::{ShipmentMoved, TOPOLOGY};
use contracts::shipping::ShipmentStatus::{Announced, Delivered, InTransit, OutForDelivery};
use contracts::shipping::{ShipmentStatus, ShipmentView, Tracking};
use events::broker::EmbeddedBroker;
use events::{Broker, Event};
use jiff::SignedDuration;
use serde_json::json;
use std::collections::HashSet;
use std::sync::Arc;

async fn tracking(shop: &TestShop, number: &str) -> Tracking {
    shop.anonymous().get(&format!("/api/v1/tracking/{number}")).await.expect(200).read()
}

async fn published(shop: &TestShop) -> Vec<ShipmentMoved> {
    let events = shop.stores.outbox.unpublished(1000).await.unwrap();
    let ids: HashSet<_> = events.iter().map(|event| event.id).collect();
    assert_eq!(ids.len(), events.len());
    events.iter().map(|event: &Event| event.data().unwrap().unwrap()).collect()
}

async fn shipment_abroad(shop: &TestShop, option: &str) -> ShipmentView {
    let mut request = announcement(shop.order(), "ship");
    request["place_id"] = json!(NICE);
    request["address"]["country"] = json!("FR");
    request["option"] = json!(option);
    shop.dispatch().post("/internal/shipments", request).await.expect(200).read()
}

#[tokio::test]
async fn a_shipment_passes_its_checkpoints_at_the_pace_and_arrives_as_estimated() {
    let shop = TestShop::open().await;
    let shipment = shop.shipment().await;
    let promised = tracking(&shop, &shipment.number).await.estimated_delivery;
    for _ in 0..5 {
        assert_eq!(shop.advance_shipments().await, 1);
        assert_eq!(tracking(&shop, &shipment.number).await.estimated_delivery, promised);
    }
    assert_eq!(shop.advance_shipments().await, 0);
    let tracking = tracking(&shop, &shipment.number).await;
    assert_eq!(tracking.status, Delivered);
    let statuses: Vec<ShipmentStatus> = tracking.events.iter().rev().map(|event| event.status).collect();
    assert_eq!(statuses, [Announced, InTransit, InTransit, InTransit, OutForDelivery, Delivered]);
    assert_eq!(tracking.events[0].at, promised);
    assert_eq!((tracking.events[0].place.as_str(), tracking.events[5].place.as_str()), ("Munich", "Berlin"));
}

#[tokio::test]
async fn a_shipment_is_not_updated_before_it_is_due() {
    let shop = TestShop::open().await;
    shop.shipment().await;
    shop.env.advance(PACE - SignedDuration::from_micros(1));
    assert_eq!(shop.worker().update_due(shop.env.system.now()).await.unwrap(), 0);
    shop.env.advance(SignedDuration::from_micros(1));
    assert_eq!(shop.worker().update_due(shop.env.system.now()).await.unwrap(), 1);
}

#[tokio::test]
async fn a_shipment_abroad_enters_the_destination_country() {
    let shop = TestShop::open().await;
    let shipment = shipment_abroad(&shop, "standard").await;
    for _ in 0..6 {
        assert_eq!(shop.advance_shipments().await, 1);
    }
    let tracking = tracking(&shop, &shipment.number).await;
    let texts: Vec<&str> = tracking.events.iter().map(|event| event.text.as_str()).collect();
    assert!(texts.contains(&"Arrived in France"), "{texts:?}");
    assert_eq!(tracking.status, Delivered);
}

#[tokio::test]
async fn express_arrives_in_half_the_time() {
    let shop = TestShop::open().await;
    let [slow, fast] = [shipment_abroad(&shop, "standard").await, shipment_abroad(&shop, "express").await];
    let now = shop.env.system.now();
    let time = |tracking: Tracking| tracking.estimated_delivery.duration_since(now);
    let [slow, fast] = [time(tracking(&shop, &slow.number).await), time(tracking(&shop, &fast.number).await)];
    assert_eq!(slow, fast * 2);
}

#[tokio::test]
async fn after_an_outage_a_shipment_passes_one_checkpoint_and_the_estimate_moves() {
    let shop = TestShop::open().await;
    let shipment = shop.shipment().await;
    shop.env.advance(SignedDuration::from_hours(1000));
    let now = shop.env.system.now();
    assert_eq!(shop.worker().update_due(now).await.unwrap(), 1);
    assert_eq!(shop.worker().update_due(now).await.unwrap(), 0);
    let tracking = tracking(&shop, &shipment.number).await;
    assert_eq!(tracking.status, InTransit);
    assert_eq!(tracking.estimated_delivery.duration_since(now), PACE * 4);
}

#[tokio::test]
async fn each_update_is_published_once() {
    let shop = TestShop::open().await;
    let shipment = shop.shipment().await;
    while shop.advance_shipments().await > 0 {}
    let published = published(&shop).await;
    let statuses: Vec<ShipmentStatus> = published.iter().map(|moved| moved.status).collect();
    assert_eq!(statuses, [InTransit, InTransit, InTransit, OutForDelivery, Delivered]);
    assert!(published.iter().all(|moved| moved.shipment_id == shipment.id && moved.order_id == shipment.order_id));
    assert!(published.is_sorted_by(|earlier, later| earlier.at < later.at));
}

#[tokio::test]
async fn several_workers_update_each_shipment_once() {
    let shop = TestShop::open().await;
    for _ in 0..20 {
        shop.shipment().await;
    }
    shop.env.advance(PACE);
    let now = shop.env.system.now();
    let (one, two, three) = (shop.worker(), shop.worker(), shop.worker());
    let (one, two, three) = tokio::join!(one.update_due(now), two.update_due(now), three.update_due(now));
    assert_eq!(one.unwrap() + two.unwrap() + three.unwrap(), 20);
    let published = published(&shop).await;
    assert_eq!(published.len(), 20);
    assert_eq!(published.iter().map(|moved| moved.shipment_id).collect::<HashSet<_>>().len(), 20);
}

#[tokio::test]
async fn shipments_of_several_batches_are_all_updated() {
    let shop = TestShop::open().await;
    for _ in 0..120 {
        shop.shipment().await;
    }
    assert_eq!(shop.advance_shipments().await, 120);
}

#[tokio::test]
async fn updates_reach_dispatch_through_the_broker() {
    let folder = tempfile::tempdir().unwrap();
    let broker = EmbeddedBroker::open(&folder.path().join("broker.db"), TOPOLOGY).await.unwrap();
    let mut queue = broker.subscribe("dispatch").await.unwrap();
    let shop = TestShop::open_with(Arc::new(broker)).await;
    let shipment = shop.shipment().await;
    assert_eq!(shop.advance_shipments().await, 1);
    let delivery = queue.next().await.unwrap();
    let moved: ShipmentMoved = delivery.event.data().unwrap().unwrap();
    assert_eq!((moved.shipment_id, moved.status), (shipment.id, InTransit));
    delivery.acknowledge().await.unwrap();
}
