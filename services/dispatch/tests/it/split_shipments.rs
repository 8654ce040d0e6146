//! Orders that are shipped in several shipments.

use crate::shop::{Options, Shop, german_address};
use contracts::dispatch::{OrderStatus, OrderView, TimelineKind};
use contracts::payment::CaptureTiming;
use contracts::shipping::{CarrierTracking, ShipmentLine, ShipmentStatus, ShipmentView};
use contracts::{Quantity, ShipmentId};
use serde_json::json;
use testkit::Caller;
use testkit::samples::{self, usd};
use uuid::Uuid;

const SECOND: ShipmentId = ShipmentId(Uuid::from_u128(0x5418));

fn units(count: u32) -> Vec<ShipmentLine> {
    vec![ShipmentLine { sku: samples::SKU.parse().unwrap(), quantity: Quantity::new(count).unwrap() }]
}

/// Opens a shop with an order of two units, and splits one unit off its shipment. No event about it has arrived.
async fn split() -> Shop {
    split_with(Options { quantity: 2, ..Options::default() }).await
}

/// Does the same for an order that is paid as its shipments leave, of a customer with the right of withdrawal.
async fn split_and_paid_when_shipped() -> Shop {
    let (capture, address) = (CaptureTiming::Shipped, german_address());
    let shop = split_with(Options { quantity: 2, capture, address, ..Options::default() }).await;
    shop.receive(&shop.shipments_event()).await;
    shop
}

async fn split_with(options: Options) -> Shop {
    let shop = Shop::with_options(options).await;
    shop.receive(&shop.placed_event()).await;
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Confirmed);
    shop.shipping.with(|state| {
        let first = state.shipment.as_mut().unwrap();
        assert_eq!(first.lines, units(2), "all items are announced");
        (first.lines, first.version) = (units(1), 1);
        let second = ShipmentView { id: SECOND, number: "SS124".into(), version: 0, ..first.clone() };
        state.split_off.push(second);
    });
    shop
}

#[tokio::test]
async fn an_order_is_delivered_with_its_last_shipment() {
    let shop = split().await;
    shop.receive(&shop.shipments_event()).await;
    shop.receive(&shop.shipment_event(ShipmentStatus::InTransit)).await;
    shop.receive(&shop.shipment_event(ShipmentStatus::Delivered)).await;
    assert_eq!(shop.status().await, OrderStatus::Shipped);
    assert!(shop.published_events().await.is_empty());
    shop.receive(&shop.event_of_shipment(SECOND, ShipmentStatus::InTransit)).await;
    shop.receive(&shop.event_of_shipment(SECOND, ShipmentStatus::Delivered)).await;
    assert_eq!(shop.status().await, OrderStatus::Delivered);
    assert_eq!(shop.published_events().await, ["order.delivered"]);
    let subjects = shop.email_subjects().await;
    assert_eq!(subjects.iter().filter(|subject| subject.contains("on its way")).count(), 2);
    assert_eq!(subjects.iter().filter(|subject| subject.contains("delivered")).count(), 1);
}

#[tokio::test]
async fn a_delivery_before_the_news_of_a_split_does_not_deliver_the_order() {
    let shop = split().await;
    // The list of shipments was read before the split, and the event about the delivery came first.
    let second = shop.shipping.with(|state| state.split_off.pop().unwrap());
    shop.receive(&shop.shipment_event(ShipmentStatus::InTransit)).await;
    shop.receive(&shop.shipment_event(ShipmentStatus::Delivered)).await;
    assert_eq!(shop.status().await, OrderStatus::Shipped);
    shop.shipping.with(|state| state.split_off.push(second));
    shop.receive(&shop.shipments_event()).await;
    shop.receive(&shop.event_of_shipment(SECOND, ShipmentStatus::Delivered)).await;
    assert_eq!(shop.status().await, OrderStatus::Delivered);
}

#[tokio::test]
async fn a_change_that_comes_before_the_first_shipment_is_tried_again() {
    let shop = Shop::open().await;
    shop.receive(&shop.placed_event()).await;
    assert!(shop.try_receive(&shop.shipments_event()).await.is_err(), "the shipment is not known yet");
    shop.keyed(&shop.owner).post(&shop.path("/cancel"), json!({ "reason": "too slow" })).await.expect(202);
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Cancelled);
    shop.receive(&shop.shipments_event()).await;
}

#[tokio::test]
async fn a_shipment_split_off_before_a_cancellation_and_known_after_it_is_cancelled() {
    let shop = split().await;
    shop.keyed(&shop.owner).post(&shop.path("/cancel"), json!({ "reason": "too slow" })).await.expect(202);
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Cancelled);
    shop.receive(&shop.shipments_event()).await;
    let statuses: Vec<_> = shop.order().await.shipments.iter().map(|shipment| shipment.status).collect();
    assert_eq!(statuses, [ShipmentStatus::Cancelled, ShipmentStatus::Cancelled]);
    assert!(
        shop.view_order().await.timeline.iter().filter(|entry| entry.kind == TimelineKind::ShipmentCreated).count()
            == 1
    );
}

#[tokio::test]
async fn a_packed_shipment_whose_items_change_is_to_be_packed_again() {
    let shop = split().await;
    shop.receive(&shop.shipment_event(ShipmentStatus::Packed)).await;
    assert_eq!(shop.order().await.shipments[0].status, ShipmentStatus::Packed);
    shop.shipping.with(|state| {
        let first = state.shipment.as_mut().unwrap();
        (first.status, first.version) = (ShipmentStatus::Announced, 2);
    });
    shop.receive(&shop.shipments_event()).await;
    assert_eq!(shop.order().await.shipments[0].status, ShipmentStatus::Announced);
}

#[tokio::test]
async fn the_email_of_a_part_lists_its_items_and_the_carriers_link() {
    let shop = split().await;
    shop.receive(&shop.shipments_event()).await;
    shop.shipping.with(|state| {
        let second = &mut state.split_off[0];
        second.tracking = Some(CarrierTracking {
            carrier: "DHL".parse().unwrap(),
            tracking_number: Some("0034".parse().unwrap()),
            tracking_url: Some("https://dhl.example/0034".parse().unwrap()),
        });
        (second.carrier, second.version) = ("DHL".into(), 1);
    });
    shop.receive(&shop.event_of_shipment(SECOND, ShipmentStatus::InTransit)).await;
    let email = shop.email_bodies().await.pop().unwrap();
    for part in
        ["on its way with DHL", "It contains:", "1 x ", "Tracking number: 0034 (DHL)", "https://dhl.example/0034"]
    {
        assert!(email.contains(part), "{part}: {email}");
    }
}

#[tokio::test]
async fn each_shipment_is_paid_when_it_leaves() {
    let shop = split_and_paid_when_shipped().await;
    assert_eq!(shop.view_order().await.payment.captured, usd(0));
    shop.receive(&shop.shipment_event(ShipmentStatus::InTransit)).await;
    shop.work().await;
    // One of two units, and the delivery of all.
    let first = 1000 + samples::SHIPPING;
    let view = shop.view_order().await;
    assert_eq!((view.status, view.payment.captured), (OrderStatus::Shipped, usd(first)));
    shop.receive(&shop.shipment_event(ShipmentStatus::Delivered)).await;
    shop.work().await;
    assert_eq!(shop.view_order().await.payment.captured, usd(first), "the second one is in the warehouse");
    shop.receive(&shop.event_of_shipment(SECOND, ShipmentStatus::InTransit)).await;
    shop.work().await;
    shop.receive(&shop.event_of_shipment(SECOND, ShipmentStatus::Delivered)).await;
    let view = shop.view_order().await;
    assert_eq!((view.status, view.payment.captured), (OrderStatus::Delivered, usd(2500)));
    let captures = view.timeline.iter().filter(|entry| entry.kind == TimelineKind::Captured);
    let amounts: Vec<_> = captures.filter_map(|entry| entry.data.amount).collect();
    assert_eq!(amounts, [usd(first), usd(1000)]);
    assert_eq!(shop.payment.with(|state| state.money_movements), 2);
}

#[tokio::test]
async fn a_unit_that_never_leaves_is_paid_before_it_is_refunded() {
    let shop = split_and_paid_when_shipped().await;
    shop.receive(&shop.shipment_event(ShipmentStatus::InTransit)).await;
    shop.work().await;
    let lines = json!([{ "sku": samples::SKU, "quantity": 1 }]);
    shop.keyed(&shop.owner).post(&shop.path("/withdrawals"), json!({ "lines": lines.clone() })).await.expect(201);
    let receipt = json!({ "lines": lines, "restock": true });
    shop.staff().post(&shop.path("/returns/1/receive"), receipt).await.expect(202);
    shop.work().await;
    let payment = shop.view_order().await.payment;
    assert_eq!((payment.captured, payment.refunded), (usd(2500), usd(1000)), "the other unit stays paid");
}

#[tokio::test]
async fn a_refused_capture_of_a_later_shipment_waits_for_staff() {
    let shop = split_and_paid_when_shipped().await;
    shop.receive(&shop.shipment_event(ShipmentStatus::InTransit)).await;
    shop.work().await;
    shop.payment.with(|state| state.expired = true);
    shop.receive(&shop.event_of_shipment(SECOND, ShipmentStatus::InTransit)).await;
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Attention);
    shop.payment.with(|state| state.expired = false);
    shop.retry().await.expect(202);
    shop.work().await;
    let view = shop.view_order().await;
    assert_eq!((view.status, view.payment.captured), (OrderStatus::Shipped, usd(2500)));
}

#[tokio::test]
async fn a_part_that_left_before_the_first_shipment_was_known_is_paid() {
    let options = Options { quantity: 2, capture: CaptureTiming::Shipped, ..Options::default() };
    let shop = Shop::with_options(options).await;
    shop.receive(&shop.placed_event()).await;
    // The shipment is announced, split and shipped in part, and the response to the announcement is lost.
    shop.receive(&shop.event_of_shipment(SECOND, ShipmentStatus::InTransit)).await;
    shop.work().await;
    shop.shipping.with(|state| {
        let first = state.shipment.as_mut().unwrap();
        (first.lines, first.version) = (units(1), 1);
        let second = ShipmentView { id: SECOND, number: "SS124".into(), version: 0, ..first.clone() };
        state.split_off.push(second);
    });
    shop.receive(&shop.shipments_event()).await;
    shop.work().await;
    let view = shop.view_order().await;
    assert_eq!((view.status, view.payment.captured), (OrderStatus::Shipped, usd(1000 + samples::SHIPPING)));
}

#[tokio::test]
async fn staff_capture_the_rest_before_the_shipments_leave() {
    let shop = split_and_paid_when_shipped().await;
    let can_capture =
        async |caller: &Caller| caller.get(&shop.path("")).await.expect(200).read::<OrderView>().can_capture;
    assert!(can_capture(&shop.staff()).await && !can_capture(&shop.owner).await, "staff alone");
    assert_eq!(shop.keyed(&shop.owner).post(&shop.path("/capture"), json!({})).await.problem(403), "forbidden");
    shop.staff().post(&shop.path("/capture"), json!({})).await.expect(202);
    shop.work().await;
    let view = shop.view_order().await;
    assert_eq!((view.status, view.payment.captured), (OrderStatus::Confirmed, usd(2500)));
    assert!(!can_capture(&shop.staff()).await);
    let requested = TimelineKind::CaptureRequested;
    assert!(shop.order().await.timeline.iter().any(|entry| entry.kind == requested));
    assert!(!view.timeline.iter().any(|entry| entry.kind == requested), "customers do not see it");
    assert_eq!(shop.staff().post(&shop.path("/capture"), json!({})).await.problem(409), "not-capturable");
    shop.receive(&shop.shipment_event(ShipmentStatus::InTransit)).await;
    shop.work().await;
    assert_eq!(shop.payment.with(|state| state.money_movements), 1, "nothing is captured again when they leave");
}

#[tokio::test]
async fn staff_capture_what_the_first_shipment_left() {
    let shop = split_and_paid_when_shipped().await;
    shop.receive(&shop.shipment_event(ShipmentStatus::InTransit)).await;
    shop.work().await;
    shop.staff().post(&shop.path("/capture"), json!({})).await.expect(202);
    shop.work().await;
    let view = shop.view_order().await;
    assert_eq!((view.status, view.payment.captured), (OrderStatus::Shipped, usd(2500)));
    assert_eq!(shop.payment.with(|state| state.money_movements), 2);
}

#[tokio::test]
async fn a_refused_capture_that_staff_requested_cancels_nothing() {
    let shop = split_and_paid_when_shipped().await;
    shop.payment.with(|state| state.expired = true);
    shop.staff().post(&shop.path("/capture"), json!({})).await.expect(202);
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Attention);
    shop.payment.with(|state| state.expired = false);
    shop.retry().await.expect(202);
    shop.work().await;
    let view = shop.view_order().await;
    assert_eq!((view.status, view.payment.captured), (OrderStatus::Confirmed, usd(2500)));
}

#[tokio::test]
async fn an_order_that_is_paid_at_once_has_nothing_to_capture() {
    let shop = split().await;
    assert!(!shop.staff().get(&shop.path("")).await.expect(200).read::<OrderView>().can_capture);
    assert_eq!(shop.staff().post(&shop.path("/capture"), json!({})).await.problem(409), "not-capturable");
}
