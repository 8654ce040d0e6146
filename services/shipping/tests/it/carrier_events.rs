//! The events that carriers report by webhook.

use crate::harness::{TestShop, announcement};
use chassis::page::Page;
use chassis::webhook::{self, WebhookSecret};
use contracts::events::ShipmentMoved;
use contracts::shipping::{ShipmentStatus, StaffShipment, Tracking};
use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::{Value, json};
use testkit::Answer;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NUMBER: &str = "00340434161094042557";

struct Carrier {
    shop: TestShop,
    shipment: StaffShipment,
}

impl Carrier {
    /// Opens a shop with a shipment that is to be packed.
    async fn open() -> Self {
        let shop = TestShop::open_with_webhooks(vec![SECRET.parse().unwrap()]).await;
        let request = announcement(shop.order(), "ship");
        shop.dispatch().post("/internal/shipments", request).await.expect(200);
        let page: Page<StaffShipment> = shop.merchant().get("/api/v1/shipments").await.expect(200).read();
        Self { shipment: page.items.into_iter().next().unwrap(), shop }
    }

    async fn ship(&self) {
        let path = format!("/api/v1/shipments/{}/ship", self.shipment.shipment.id);
        let tracking = json!({ "carrier": "DHL", "tracking_number": NUMBER });
        self.shop.merchant().post(&path, tracking).await.expect(200);
    }

    /// An event that happens now.
    fn event(&self, status: &str) -> Value {
        json!({ "carrier": "DHL", "tracking_number": NUMBER, "status": status, "occurred_at": self.shop.env.system.now() })
    }

    async fn report(&self, event: &Value) -> Answer {
        self.report_signed_by(event, SECRET).await
    }

    async fn report_signed_by(&self, event: &Value, secret: &str) -> Answer {
        let (body, now) = (event.to_string(), self.shop.env.system.now());
        let secret: WebhookSecret = secret.parse().unwrap();
        let caller = self.shop.anonymous().with_header(webhook::ID, "msg_1");
        let caller = caller.with_header(webhook::TIMESTAMP, now.as_second().to_string());
        let caller = caller.with_header(webhook::SIGNATURE, secret.sign("msg_1", now, body.as_bytes()));
        caller.send_text("/api/v1/carrier-events", &body).await
    }

    async fn shipment(&self) -> StaffShipment {
        let page: Page<StaffShipment> = self.shop.merchant().get("/api/v1/shipments").await.expect(200).read();
        page.items.into_iter().next().unwrap()
    }

    async fn tracking(&self) -> Tracking {
        let path = format!("/api/v1/tracking/{}", self.shipment.shipment.number);
        self.shop.anonymous().get(&path).await.expect(200).read()
    }

    async fn texts(&self) -> Vec<String> {
        self.tracking().await.events.into_iter().map(|event| event.text).collect()
    }

    async fn published(&self) -> Vec<String> {
        let events = self.shop.stores.outbox.unpublished(100).await.unwrap();
        events.into_iter().map(|event| event.kind.as_str().to_owned()).collect()
    }
}

#[tokio::test]
async fn a_carrier_reports_the_way_of_a_shipment() {
    let carrier = Carrier::open().await;
    carrier.ship().await;
    for status in ["in_transit", "exception", "out_for_delivery", "delivery_failed", "awaiting_pickup", "delivered"] {
        carrier.shop.env.advance(SignedDuration::from_hours(1));
        carrier.report(&carrier.event(status)).await.expect(204);
    }
    let expected = [
        "Delivered",
        "Ready to be picked up",
        "Delivery failed; the carrier tries again",
        "Out for delivery",
        "Delayed; the carrier reports a problem",
        "In transit",
        "Picked up from the warehouse",
        "Being prepared",
    ];
    assert_eq!(carrier.texts().await, expected);
    let tracking = carrier.tracking().await;
    assert_eq!(
        (tracking.status, tracking.estimated_delivery),
        (ShipmentStatus::Delivered, carrier.shop.env.system.now())
    );
    assert_eq!(carrier.published().await, ["shipment.moved"; 3], "shipped, out for delivery, delivered");
}

#[tokio::test]
async fn a_repeated_event_changes_nothing() {
    let carrier = Carrier::open().await;
    carrier.ship().await;
    let mut event = carrier.event("out_for_delivery");
    event["place"] = json!("Hamburg");
    event["description"] = json!("With the courier");
    let exception = carrier.event("exception");
    carrier.report(&exception).await.expect(204);
    for _ in 0..3 {
        carrier.report(&event).await.expect(204);
    }
    // The shipment has moved since the first report.
    carrier.report(&exception).await.expect(204);
    let tracking = carrier.tracking().await;
    assert_eq!(tracking.events.len(), 4);
    assert_eq!((tracking.events[0].text.as_str(), tracking.events[0].place.as_str()), ("With the courier", "Hamburg"));
    assert_eq!(carrier.published().await.len(), 2);
}

#[tokio::test]
async fn a_late_event_moves_no_shipment_back() {
    let carrier = Carrier::open().await;
    carrier.ship().await;
    carrier.shop.env.advance(SignedDuration::from_hours(1));
    let late = carrier.event("in_transit");
    carrier.shop.env.advance(SignedDuration::from_hours(1));
    carrier.report(&carrier.event("delivered")).await.expect(204);
    carrier.report(&late).await.expect(204);
    assert_eq!(carrier.shipment().await.shipment.status, ShipmentStatus::Delivered);
    let expected = ["Delivered", "In transit", "Picked up from the warehouse", "Being prepared"];
    assert_eq!(carrier.texts().await, expected, "in the order of what happened");
}

#[tokio::test]
async fn the_first_scan_marks_a_shipment_as_shipped() {
    let carrier = Carrier::open().await;
    let mut event = carrier.event("label_created");
    assert_eq!(carrier.report(&event).await.problem(404), "not-found");
    event["reference"] = json!(carrier.shipment.shipment.number.to_lowercase());
    carrier.report(&event).await.expect(204);
    assert_eq!(carrier.shipment().await.shipment.status, ShipmentStatus::Announced);
    event["status"] = json!("exception");
    carrier.report(&event).await.expect(204);
    assert_eq!(carrier.shipment().await.shipment.status, ShipmentStatus::Announced, "the carrier may not have it");
    event["status"] = json!("in_transit");
    carrier.report(&event).await.expect(204);
    let shipped = carrier.shipment().await.shipment;
    let tracking = shipped.tracking.unwrap();
    assert_eq!((shipped.status, tracking.carrier.as_str()), (ShipmentStatus::InTransit, "DHL"));
    assert_eq!(tracking.tracking_number.unwrap().as_str(), NUMBER);
    // From now on the number of the carrier is enough.
    carrier.report(&carrier.event("delivered")).await.expect(204);
    assert_eq!(carrier.shipment().await.shipment.status, ShipmentStatus::Delivered);
}

#[tokio::test]
async fn only_signed_events_are_accepted() {
    let carrier = Carrier::open().await;
    carrier.ship().await;
    let event = carrier.event("delivered");
    let unsigned = carrier.shop.anonymous().post("/api/v1/carrier-events", &event).await;
    assert_eq!(unsigned.problem(400), "invalid-signature");
    let other = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    assert_eq!(carrier.report_signed_by(&event, other).await.problem(400), "invalid-signature");
    assert_eq!(carrier.shipment().await.shipment.status, ShipmentStatus::InTransit);

    let closed = TestShop::open().await;
    let answer = closed.anonymous().post("/api/v1/carrier-events", &event).await;
    assert_eq!(answer.problem(404), "not-found");
}

#[tokio::test]
async fn wrong_events_are_refused() {
    let carrier = Carrier::open().await;
    carrier.ship().await;
    let with = |name: &str, value: Value| {
        let mut event = carrier.event("delivered");
        event[name] = value;
        event
    };
    assert_eq!(carrier.report(&with("carrier", json!("GLS"))).await.problem(404), "not-found");
    assert_eq!(carrier.report(&with("tracking_number", json!("null"))).await.problem(404), "not-found");
    assert_eq!(carrier.report(&with("occurred_at", json!("2099-01-01T00:00:00Z"))).await.problem(422), "invalid-input");
    assert_eq!(carrier.report(&with("status", json!("lost"))).await.problem(422), "invalid-input");
    assert_eq!(carrier.report(&with("tracking_number", json!(""))).await.problem(422), "invalid-input");
    assert_eq!(carrier.report(&with("weight", json!(3))).await.problem(422), "invalid-input");
    assert_eq!(carrier.shipment().await.shipment.status, ShipmentStatus::InTransit);
}

#[tokio::test]
async fn an_event_before_the_shipment_existed_is_shown_at_its_creation() {
    let carrier = Carrier::open().await;
    carrier.ship().await;
    let created = carrier.shipment.created_at;
    carrier.shop.env.advance(SignedDuration::from_hours(1));
    let mut event = carrier.event("delivered");
    event["occurred_at"] = json!("2001-01-01T00:00:00Z");
    carrier.report(&event).await.expect(204);
    assert_eq!(carrier.tracking().await.events[0].at, created);
}

#[tokio::test]
async fn what_comes_back_is_not_delivered_to_the_customer() {
    let carrier = Carrier::open().await;
    carrier.ship().await;
    for status in ["delivery_failed", "returned_to_sender", "delivered"] {
        carrier.shop.env.advance(SignedDuration::from_hours(1));
        carrier.report(&carrier.event(status)).await.expect(204);
    }
    assert_eq!(carrier.shipment().await.shipment.status, ShipmentStatus::OutForDelivery);
    assert_eq!(carrier.texts().await[0], "Delivered", "the tracking shows what the carrier says");
}

#[tokio::test]
async fn a_delivery_counts_from_its_report() {
    let carrier = Carrier::open().await;
    carrier.ship().await;
    carrier.shop.env.advance(SignedDuration::from_hours(1));
    let late = carrier.event("delivered");
    carrier.shop.env.advance(SignedDuration::from_hours(24));
    carrier.report(&late).await.expect(204);
    let events = carrier.shop.stores.outbox.unpublished(10).await.unwrap();
    let moved: ShipmentMoved = events.iter().rev().find_map(|event| event.data().unwrap()).unwrap();
    assert_eq!((moved.status, moved.at), (ShipmentStatus::Delivered, carrier.shop.env.system.now()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn events_in_any_order_end_in_the_furthest_status(order in prop::collection::vec(0usize..8, 1..12)) {
        let statuses = ["label_created", "in_transit", "out_for_delivery", "awaiting_pickup", "delivered", "delivery_failed",
            "exception", "returned_to_sender"];
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let carrier = Carrier::open().await;
            carrier.ship().await;
            let (mut furthest, mut is_returned) = (ShipmentStatus::InTransit, false);
            for index in order {
                carrier.report(&carrier.event(statuses[index])).await.expect(204);
                let reached = match statuses[index] {
                    "delivered" => ShipmentStatus::Delivered,
                    "out_for_delivery" | "awaiting_pickup" | "delivery_failed" => ShipmentStatus::OutForDelivery,
                    _ => ShipmentStatus::InTransit,
                };
                furthest = if is_returned { furthest } else { furthest.max(reached) };
                is_returned |= statuses[index] == "returned_to_sender";
                assert_eq!(carrier.shipment().await.shipment.status, furthest);
            }
        });
    }
}
