//! Announcing and stopping parcels.

use crate::shop::{MUNICH, Shop, announcement};
use contracts::shipping::{ShipmentStatus, ShipmentView, Tracking};
use serde_json::json;

#[tokio::test]
async fn an_announced_parcel_can_be_tracked_by_anybody_and_shows_nothing_personal() {
    let shop = Shop::open().await;
    let parcel = shop.parcel().await;
    assert_eq!(parcel.status, ShipmentStatus::Announced);
    let answer = shop.anybody().get(&format!("/api/v1/tracking/{}", parcel.number)).await.expect(200);
    let told = answer.text();
    assert!(["Ada", "Marienplatz", "80331", "S-1001"].iter().all(|secret| !told.contains(secret)), "{told}");
    let tracking: Tracking = answer.read();
    assert_eq!((tracking.number, tracking.carrier), (parcel.number, parcel.carrier));
    assert_eq!(tracking.events.len(), 1);
    // Five stops of eight hours.
    assert_eq!(tracking.estimated_delivery.to_string(), "2026-11-24T01:00:00Z");
}

#[tokio::test]
async fn nothing_personal_is_written_to_the_disk() {
    let shop = Shop::open().await;
    shop.parcel().await;
    let files = std::fs::read_dir(shop.folder.path()).unwrap();
    let written: Vec<u8> = files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect();
    let is_there = |text: &str| written.windows(text.len()).any(|bytes| bytes == text.as_bytes());
    assert!(is_there("Picked up at the warehouse"), "what is written is looked at");
    for secret in ["Ada Example", "Marienplatz"] {
        assert!(!is_there(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_tracking_number_is_read_however_it_is_typed() {
    let shop = Shop::open().await;
    let number = shop.parcel().await.number;
    let typed = format!("{}%20{}-{}", &number[..2], &number[2..8], &number[8..]).to_lowercase();
    shop.anybody().get(&format!("/api/v1/tracking/{typed}")).await.expect(200);
}

#[tokio::test]
async fn the_same_step_of_the_same_order_is_one_shipment() {
    let shop = Shop::open().await;
    let order = shop.order();
    let first: ShipmentView = shop.announce(order, "ship").await.expect(200).read();
    let again: ShipmentView = shop.announce(order, "ship").await.expect(200).read();
    assert_eq!(first, again);
    let reshipped: ShipmentView = shop.announce(order, "ship-again").await.expect(200).read();
    let other: ShipmentView = shop.announce(shop.order(), "ship").await.expect(200).read();
    assert!(reshipped.number != first.number && other.number != first.number);
}

#[tokio::test]
async fn announcing_again_later_tells_where_the_parcel_stands() {
    let shop = Shop::open().await;
    let order = shop.order();
    shop.announce(order, "ship").await.expect(200);
    assert_eq!(shop.move_on().await, 1);
    let again: ShipmentView = shop.announce(order, "ship").await.expect(200).read();
    assert_eq!(again.status, ShipmentStatus::InTransit);
}

#[tokio::test]
async fn many_announcements_at_once_make_one_parcel() {
    let shop = Shop::open().await;
    let order = shop.order();
    let (a, b, c, d) = tokio::join!(
        shop.announce(order, "ship"),
        shop.announce(order, "ship"),
        shop.announce(order, "ship"),
        shop.announce(order, "ship"),
    );
    let numbers = [a, b, c, d].map(|answer| answer.expect(200).read::<ShipmentView>().number);
    assert!(numbers.iter().all(|number| *number == numbers[0]));
    assert_eq!(shop.move_on().await, 1);
}

#[tokio::test]
async fn a_cancelled_parcel_never_leaves_and_is_not_announced_again() {
    let shop = Shop::open().await;
    let order = shop.order();
    let parcel: ShipmentView = shop.announce(order, "ship").await.expect(200).read();
    for _ in 0..2 {
        assert_eq!(shop.cancel(order, "ship").await.expect(200).text(), "null");
    }
    assert_eq!(shop.announce(order, "ship").await.problem(409), "shipment-cancelled");
    assert_eq!(shop.move_on().await, 0);
    let tracking: Tracking =
        shop.anybody().get(&format!("/api/v1/tracking/{}", parcel.number)).await.expect(200).read();
    assert_eq!(tracking.status, ShipmentStatus::Cancelled);
    assert_eq!(tracking.events[0].status, ShipmentStatus::Cancelled);
    assert_eq!(tracking.events.len(), 2);
}

#[tokio::test]
async fn a_parcel_cancelled_before_it_was_announced_is_refused_when_it_is() {
    let shop = Shop::open().await;
    let order = shop.order();
    for _ in 0..2 {
        shop.cancel(order, "ship").await.expect(200);
    }
    assert_eq!(shop.announce(order, "ship").await.problem(409), "shipment-cancelled");
    shop.announce(order, "another").await.expect(200);
    shop.announce(shop.order(), "ship").await.expect(200);
}

#[tokio::test]
async fn a_parcel_that_has_left_is_not_cancelled() {
    let shop = Shop::open().await;
    let order = shop.order();
    shop.announce(order, "ship").await.expect(200);
    while shop.move_on().await > 0 {
        assert_eq!(shop.cancel(order, "ship").await.problem(409), "already-shipped");
    }
    assert_eq!(shop.cancel(order, "ship").await.problem(409), "already-shipped");
}

#[tokio::test]
async fn the_address_lies_in_the_country_of_the_place() {
    let shop = Shop::open().await;
    let mut request = announcement(shop.order(), "ship");
    request["address"]["country"] = json!("FR");
    let refusal = shop.dispatch().post("/internal/shipments", request).await.expect(422).json();
    assert_eq!(refusal["errors"][0]["pointer"], "/address/country");
}

#[tokio::test]
async fn a_parcel_goes_to_a_place_that_is_no_longer_delivered_to() {
    let shop = Shop::open().await;
    let mut zones = shop.merchant().get("/api/v1/shipping/zones").await.expect(200).json();
    zones["excluded"] = json!(["DE"]);
    shop.merchant().put("/api/v1/shipping/zones", &zones).await.expect(200);
    assert_eq!(shop.quote(MUNICH, 100).await.problem(409), "no-delivery");
    shop.parcel().await;
}
