//! The work of staff on shipments of a shop without a carrier of its own.

use crate::harness::{TestShop, announcement};
use chassis::page::Page;
use contracts::OrderId;
use contracts::shipping::{OrderShipments, ShipmentStatus, StaffShipment, Tracking};
use jiff::SignedDuration;
use serde_json::{Value, json};
use shipping::carrier::Carriers;
use shipping::carrier::manual::ManualCarrier;
use testkit::{Answer, Caller};

async fn shop() -> TestShop {
    TestShop::open_with_carriers(tempfile::tempdir().unwrap(), Carriers::new(ManualCarrier)).await
}

fn dhl() -> Value {
    json!({ "carrier": "DHL", "tracking_number": "003404341610", "tracking_url": "https://dhl.example/003404341610" })
}

/// Announces a shipment of two mugs and one tea.
async fn announced(shop: &TestShop) -> (OrderId, StaffShipment) {
    let order = shop.order();
    let mut request = announcement(order, &format!("{order}:shipment"));
    request["lines"] = json!([{ "sku": "MUG", "quantity": 2 }, { "sku": "TEA", "quantity": 1 }]);
    request["estimated_days"] = json!({ "min": 2, "max": 4 });
    shop.dispatch().post("/internal/shipments", request).await.expect(200);
    let page: Page<StaffShipment> =
        shop.merchant().get(&format!("/api/v1/shipments?order={order}")).await.expect(200).read();
    (order, page.items.into_iter().next().unwrap())
}

async fn act(caller: &Caller, shipment: &StaffShipment, action: &str, body: Value) -> Answer {
    let caller = caller.clone().with_header("idempotency-key", "key-1");
    caller.post(&format!("/api/v1/shipments/{}/{action}", shipment.shipment.id), body).await
}

async fn shipments_of(shop: &TestShop, order: OrderId) -> OrderShipments {
    shop.dispatch().get(&format!("/internal/orders/{order}/shipments")).await.expect(200).read()
}

#[tokio::test]
async fn staff_read_one_shipment() {
    let shop = shop().await;
    let (_, shipment) = announced(&shop).await;
    let read = async |id: String| shop.merchant().get(&format!("/api/v1/shipments/{id}")).await;
    assert_eq!(read(shipment.shipment.id.to_string()).await.expect(200).read::<StaffShipment>(), shipment);
    assert_eq!(read(uuid::Uuid::nil().to_string()).await.problem(404), "not-found");
}

#[tokio::test]
async fn nothing_moves_until_a_person_reports_it() {
    let shop = shop().await;
    let (_, shipment) = announced(&shop).await;
    assert_eq!((shipment.order_number.as_str(), shipment.option.as_str()), ("S-1001", "standard"));
    for _ in 0..20 {
        assert_eq!(shop.advance_shipments().await, 0);
    }
    let to_pack: Page<StaffShipment> =
        shop.merchant().get("/api/v1/shipments?status=announced").await.expect(200).read();
    assert_eq!(to_pack.items, std::slice::from_ref(&shipment));
    let tracking: Tracking =
        shop.anonymous().get(&format!("/api/v1/tracking/{}", shipment.shipment.number)).await.expect(200).read();
    assert_eq!((tracking.carrier.as_str(), tracking.events[0].text.as_str()), ("", "Being prepared"));
    assert_eq!(tracking.estimated_delivery.to_string(), "2026-11-26T09:00:00Z", "four days");
}

#[tokio::test]
async fn a_shipment_is_packed_shipped_and_delivered_by_people() {
    let shop = shop().await;
    let (order, shipment) = announced(&shop).await;
    let staff = shop.merchant();
    assert_eq!(act(&staff, &shipment, "deliver", json!({})).await.problem(409), "shipment-unchangeable");
    for _ in 0..2 {
        let packed: StaffShipment = act(&staff, &shipment, "pack", json!({})).await.expect(200).read();
        assert_eq!((packed.shipment.status, packed.shipment.version), (ShipmentStatus::Packed, 1));
    }
    for _ in 0..2 {
        let shipped: StaffShipment = act(&staff, &shipment, "ship", dhl()).await.expect(200).read();
        assert_eq!((shipped.shipment.status, shipped.shipment.carrier.as_str()), (ShipmentStatus::InTransit, "DHL"));
    }
    let other = json!({ "carrier": "GLS" });
    assert_eq!(act(&staff, &shipment, "ship", other.clone()).await.problem(409), "shipment-unchangeable");
    let path = format!("/api/v1/shipments/{}/tracking", shipment.shipment.id);
    let corrected: StaffShipment = staff.put(&path, other).await.expect(200).read();
    assert_eq!(corrected.shipment.carrier, "GLS");
    act(&staff, &shipment, "deliver", json!({})).await.expect(200);
    assert_eq!(act(&staff, &shipment, "pack", json!({})).await.problem(409), "shipment-unchangeable");
    let shipments = shipments_of(&shop, order).await.items;
    assert_eq!((shipments.len(), shipments[0].status, shipments[0].version), (1, ShipmentStatus::Delivered, 4));
    let events = shop.stores.outbox.unpublished(10).await.unwrap();
    let kinds: Vec<_> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["shipment.moved", "shipment.moved", "shipment.changed", "shipment.moved"]);
}

#[tokio::test]
async fn a_part_is_shipped_apart_and_put_back() {
    let shop = shop().await;
    let (order, shipment) = announced(&shop).await;
    let staff = shop.merchant();
    act(&staff, &shipment, "pack", json!({})).await.expect(200);
    // Shipments are listed in the order of their times.
    shop.env.advance(SignedDuration::from_secs(1));
    let one_mug = json!({ "lines": [{ "sku": "MUG", "quantity": 1 }] });
    let apart: StaffShipment = act(&staff, &shipment, "split", one_mug.clone()).await.expect(200).read();
    let again: StaffShipment = act(&staff, &shipment, "split", one_mug).await.expect(200).read();
    assert_eq!(apart, again, "a repeated request");
    let one_tea = json!({ "lines": [{ "sku": "TEA", "quantity": 1 }] });
    assert_eq!(act(&staff, &shipment, "split", one_tea).await.problem(422), "idempotency-key-reused");
    let lines = async || -> Vec<Value> {
        let shipments = shipments_of(&shop, order).await.items.into_iter();
        shipments.map(|one| json!([one.status, one.lines])).collect()
    };
    let (mug, tea) = (json!({ "sku": "MUG", "quantity": 1 }), json!({ "sku": "TEA", "quantity": 1 }));
    assert_eq!(lines().await, [json!(["announced", [mug, tea]]), json!(["announced", [mug]])]);

    act(&staff, &apart, "cancel", json!({})).await.expect(200);
    act(&staff, &apart, "cancel", json!({})).await.expect(200);
    let both = json!({ "sku": "MUG", "quantity": 2 });
    assert_eq!(lines().await, [json!(["announced", [both, tea]]), json!(["cancelled", []])]);
    assert_eq!(act(&staff, &shipment, "cancel", json!({})).await.problem(409), "shipment-unchangeable");
}

#[tokio::test]
async fn a_split_takes_a_part_of_what_is_there() {
    let shop = shop().await;
    let (_, shipment) = announced(&shop).await;
    let staff = shop.merchant();
    for lines in [
        json!([]),
        json!([{ "sku": "MUG", "quantity": 3 }]),
        json!([{ "sku": "MUG", "quantity": 1 }, { "sku": "MUG", "quantity": 2 }]),
        json!([{ "sku": "HAT", "quantity": 1 }]),
        json!([{ "sku": "MUG", "quantity": 2 }, { "sku": "TEA", "quantity": 1 }]),
    ] {
        act(&staff, &shipment, "split", json!({ "lines": lines })).await.expect(422);
    }
    act(&staff, &shipment, "ship", dhl()).await.expect(200);
    let one_mug = json!({ "lines": [{ "sku": "MUG", "quantity": 1 }] });
    assert_eq!(act(&staff, &shipment, "split", one_mug).await.problem(409), "shipment-unchangeable");
}

#[tokio::test]
async fn links_lead_to_the_web_alone() {
    let shop = shop().await;
    let (_, shipment) = announced(&shop).await;
    let ship = async |url: &str| {
        act(&shop.merchant(), &shipment, "ship", json!({ "carrier": "DHL", "tracking_url": url })).await
    };
    for url in ["javascript:alert(1)", "dhl.example/1", "https://", "https:// x", "mailto:a@b.example"] {
        ship(url).await.expect(422);
    }
    let shipped: StaffShipment = ship("HTTPS://dhl.example/\"><b>?n=1 2").await.expect(200).read();
    let url = shipped.shipment.tracking.unwrap().tracking_url.unwrap();
    assert_eq!(url.as_str(), "https://dhl.example/%22%3E%3Cb%3E?n=1%202");
}

#[tokio::test]
async fn shipments_of_a_carrier_that_reports_are_not_changed_by_people() {
    let shop = TestShop::open().await;
    let (_, shipment) = announced(&shop).await;
    for action in ["pack", "ship", "split", "cancel", "deliver"] {
        let body = if action == "ship" { dhl() } else { json!({ "lines": [{ "sku": "MUG", "quantity": 1 }] }) };
        assert_eq!(act(&shop.merchant(), &shipment, action, body).await.problem(409), "shipment-unchangeable");
    }
}

#[tokio::test]
async fn an_order_has_a_limited_number_of_shipments() {
    let shop = shop().await;
    let order = shop.order();
    let mut request = announcement(order, &format!("{order}:shipment"));
    request["lines"] = json!([{ "sku": "MUG", "quantity": 200 }]);
    shop.dispatch().post("/internal/shipments", request).await.expect(200);
    let first = shipments_of(&shop, order).await.items.remove(0);
    let split = async |number: usize| {
        let staff = shop.merchant().with_header("idempotency-key", format!("key-{number}"));
        let path = format!("/api/v1/shipments/{}/split", first.id);
        staff.post(&path, json!({ "lines": [{ "sku": "MUG", "quantity": 1 }] })).await
    };
    for number in 2..=100 {
        split(number).await.expect(200);
    }
    assert_eq!(split(101).await.problem(409), "shipment-unchangeable");
    let units: u32 = shipments_of(&shop, order).await.items.iter().map(|one| one.lines[0].quantity.get()).sum();
    assert_eq!(units, 200);
}
