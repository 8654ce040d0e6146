//! Announcing and cancelling shipments.

use crate::harness::{MUNICH, TestShop, announcement};
use contracts::shipping::{ShipmentStatus, ShipmentView, Tracking};
use serde_json::json;

#[tokio::test]
async fn tracking_is_public_and_has_no_personal_data() {
    let shop = TestShop::open().await;
    let shipment = shop.shipment().await;
    assert_eq!(shipment.status, ShipmentStatus::Announced);
    let answer = shop.anonymous().get(&format!("/api/v1/tracking/{}", shipment.number)).await.expect(200);
    let published = answer.text();
    assert!(["Ada", "Marienplatz", "80331", "S-1001"].iter().all(|secret| !published.contains(secret)), "{published}");
    let tracking: Tracking = answer.read();
    assert_eq!((tracking.number, tracking.carrier), (shipment.number, shipment.carrier));
    assert_eq!(tracking.events.len(), 1);
    // Five checkpoints, eight hours apart.
    assert_eq!(tracking.estimated_delivery.to_string(), "2026-11-24T01:00:00Z");
}

#[tokio::test]
async fn no_personal_data_is_written_to_disk() {
    let shop = TestShop::open().await;
    shop.shipment().await;
    let files = std::fs::read_dir(shop.folder.path()).unwrap();
    let written: Vec<u8> = files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect();
    let is_there = |text: &str| written.windows(text.len()).any(|bytes| bytes == text.as_bytes());
    assert!(is_there("picked_up"), "the files contain the shipment");
    for secret in ["Ada Example", "Marienplatz"] {
        assert!(!is_there(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_tracking_number_ignores_case_spaces_and_hyphens() {
    let shop = TestShop::open().await;
    let number = shop.shipment().await.number;
    let typed = format!("{}%20{}-{}", &number[..2], &number[2..8], &number[8..]).to_lowercase();
    shop.anonymous().get(&format!("/api/v1/tracking/{typed}")).await.expect(200);
}

#[tokio::test]
async fn repeated_announcements_of_a_step_are_one_shipment() {
    let shop = TestShop::open().await;
    let order = shop.order();
    let first: ShipmentView = shop.announce(order, "ship").await.expect(200).read();
    let again: ShipmentView = shop.announce(order, "ship").await.expect(200).read();
    assert_eq!(first, again);
    let reshipped: ShipmentView = shop.announce(order, "ship-again").await.expect(200).read();
    let other: ShipmentView = shop.announce(shop.order(), "ship").await.expect(200).read();
    assert!(reshipped.number != first.number && other.number != first.number);
}

#[tokio::test]
async fn a_repeated_announcement_returns_the_current_status() {
    let shop = TestShop::open().await;
    let order = shop.order();
    shop.announce(order, "ship").await.expect(200);
    assert_eq!(shop.advance_shipments().await, 1);
    let again: ShipmentView = shop.announce(order, "ship").await.expect(200).read();
    assert_eq!(again.status, ShipmentStatus::InTransit);
}

#[tokio::test]
async fn concurrent_announcements_create_one_shipment() {
    let shop = TestShop::open().await;
    let order = shop.order();
    let (a, b, c, d) = tokio::join!(
        shop.announce(order, "ship"),
        shop.announce(order, "ship"),
        shop.announce(order, "ship"),
        shop.announce(order, "ship"),
    );
    let numbers = [a, b, c, d].map(|answer| answer.expect(200).read::<ShipmentView>().number);
    assert!(numbers.iter().all(|number| *number == numbers[0]));
    assert_eq!(shop.advance_shipments().await, 1);
}

#[tokio::test]
async fn a_cancelled_shipment_is_not_updated_and_not_announced_again() {
    let shop = TestShop::open().await;
    let order = shop.order();
    let shipment: ShipmentView = shop.announce(order, "ship").await.expect(200).read();
    for _ in 0..2 {
        assert_eq!(shop.cancel(order, "ship").await.expect(200).text(), "null");
    }
    assert_eq!(shop.announce(order, "ship").await.problem(409), "shipment-cancelled");
    assert_eq!(shop.advance_shipments().await, 0);
    let tracking: Tracking =
        shop.anonymous().get(&format!("/api/v1/tracking/{}", shipment.number)).await.expect(200).read();
    assert_eq!(tracking.status, ShipmentStatus::Cancelled);
    assert_eq!(tracking.events[0].status, ShipmentStatus::Cancelled);
    assert_eq!(tracking.events.len(), 2);
}

#[tokio::test]
async fn a_shipment_cancelled_before_its_announcement_is_refused() {
    let shop = TestShop::open().await;
    let order = shop.order();
    for _ in 0..2 {
        shop.cancel(order, "ship").await.expect(200);
    }
    assert_eq!(shop.announce(order, "ship").await.problem(409), "shipment-cancelled");
    shop.announce(order, "another").await.expect(200);
    shop.announce(shop.order(), "ship").await.expect(200);
}

#[tokio::test]
async fn a_shipment_in_transit_cannot_be_cancelled() {
    let shop = TestShop::open().await;
    let order = shop.order();
    shop.announce(order, "ship").await.expect(200);
    while shop.advance_shipments().await > 0 {
        assert_eq!(shop.cancel(order, "ship").await.problem(409), "already-shipped");
    }
    assert_eq!(shop.cancel(order, "ship").await.problem(409), "already-shipped");
}

#[tokio::test]
async fn an_address_outside_the_country_of_the_place_is_rejected() {
    let shop = TestShop::open().await;
    let mut request = announcement(shop.order(), "ship");
    request["address"]["country"] = json!("FR");
    let refusal = shop.dispatch().post("/internal/shipments", request).await.expect(422).json();
    assert_eq!(refusal["errors"][0]["pointer"], "/address/country");
}

#[tokio::test]
async fn a_paid_order_is_shipped_to_a_country_excluded_since() {
    let shop = TestShop::open().await;
    let mut zones = shop.merchant().get("/api/v1/shipping/zones").await.expect(200).json();
    zones["excluded"] = json!(["DE"]);
    shop.merchant().put("/api/v1/shipping/zones", &zones).await.expect(200);
    assert_eq!(shop.quote(MUNICH, 100).await.problem(409), "no-delivery");
    shop.shipment().await;
}
