//! Orders, from payment to delivery, through the API.

use crate::shop::{Shop, links, other};
use contracts::Language;
use contracts::catalogue::ReservationState;
use contracts::dispatch::{MessageChannel, OrderStatus, OrderView, TimelineKind};
use contracts::payment::CommandState;
use contracts::shipping::ShipmentStatus;
use dispatch::store::OrderStore;
use serde_json::{Value, json};
use testkit::samples::usd;

#[tokio::test]
async fn a_paid_order_is_fulfilled_and_delivered() {
    let shop = Shop::open().await;
    assert_eq!(shop.view_order().await.status, OrderStatus::Received, "as payment recorded it");
    shop.place_and_work().await;
    let view = shop.view_order().await;
    assert_eq!((view.status, view.payment.captured), (OrderStatus::Confirmed, usd(2500)));
    assert_eq!(view.receipt_number.as_deref(), Some("R-000001"));
    assert_eq!(view.shipments[0].number, "SS123");
    assert_eq!(shop.reservation(), Some(ReservationState::Committed));
    shop.receive(&shop.shipment_event(ShipmentStatus::InTransit)).await;
    shop.receive(&shop.shipment_event(ShipmentStatus::InTransit)).await;
    assert_eq!(shop.view_order().await.status, OrderStatus::Shipped);
    shop.receive(&shop.shipment_event(ShipmentStatus::Delivered)).await;
    assert_eq!(shop.view_order().await.status, OrderStatus::Delivered);
    let subjects = shop.email_subjects().await;
    let subjects: Vec<&str> = subjects.iter().map(|subject| subject.split(" - ").next().unwrap()).collect();
    let expected = [
        "Thanks for your order 10001",
        "Your order 10001 is confirmed",
        "Your order 10001 is on its way",
        "Your order 10001 has been delivered",
    ];
    assert_eq!(subjects, expected, "each is sent once");
}

#[tokio::test]
async fn owners_staff_and_bearers_of_the_link_see_an_order() {
    let shop = Shop::open().await;
    shop.place_and_work().await;
    let anonymous = shop.env.anonymous(&shop.service.router);
    anonymous.get(&shop.path("")).await.expect(401);
    anonymous.get(&shop.path("?token=wrong")).await.expect(401);
    anonymous.get(&shop.path(&format!("?token={}", links().token(other())))).await.expect(401);
    anonymous.get(&shop.path(&format!("?token={}", links().token(shop.id)))).await.expect(200);
    shop.env.guest(&shop.service.router).get(&shop.path("")).await.expect(404);
    shop.support().get(&shop.path("")).await.expect(200);
    shop.owner.get(&format!("/api/v1/orders/{}", other())).await.expect(404);
    let list = shop.owner.get("/api/v1/orders").await.expect(200).json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    let list = shop.env.guest(&shop.service.router).get("/api/v1/orders").await.expect(200).json();
    assert!(list["items"].as_array().unwrap().is_empty());
    shop.owner.get("/api/v1/orders?all=true").await.expect(403);
}

async fn cancel(shop: &Shop) -> OrderView {
    shop.keyed(&shop.owner).post(&shop.path("/cancel"), json!({"reason": "too slow"})).await.expect(202).read()
}

#[tokio::test]
async fn a_cancelled_order_is_refunded_and_its_stock_released() {
    let shop = Shop::open().await;
    shop.place_and_work().await;
    assert!(shop.view_order().await.can_cancel);
    assert_eq!(cancel(&shop).await.status, OrderStatus::Cancelling);
    cancel(&shop).await;
    shop.work().await;
    let view = shop.view_order().await;
    assert_eq!((view.status, view.payment.refunded), (OrderStatus::Cancelled, usd(2500)));
    assert_eq!(shop.reservation(), Some(ReservationState::Returned));
    assert!(shop.email_subjects().await.last().unwrap().contains("has been cancelled"));
    assert!(shop.email_bodies().await.last().unwrap().contains("We've refunded 25.00 USD."));
}

#[tokio::test]
async fn cancelling_an_order_that_has_left_fails_and_the_order_continues() {
    let shop = Shop::open().await;
    shop.place_and_work().await;
    // The shipment leaves and is even delivered before the order is processed; the events are still on their way.
    let left = shop.shipment_event(ShipmentStatus::InTransit);
    cancel(&shop).await;
    let arrived = shop.shipment_event(ShipmentStatus::Delivered);
    shop.receive(&left).await;
    shop.receive(&arrived).await;
    shop.work().await;
    let view = shop.view_order().await;
    assert_eq!((view.status, view.payment.refunded), (OrderStatus::Delivered, usd(0)));
    assert_eq!(shop.reservation(), Some(ReservationState::Committed));
    let subjects = shop.email_subjects().await;
    assert!(subjects.iter().any(|subject| subject.contains("could not be cancelled")), "{subjects:?}");
    assert!(view.timeline.iter().any(|entry| entry.kind == TimelineKind::CancellationFailed), "{view:?}");
    shop.keyed(&shop.owner).post(&shop.path("/cancel"), json!({})).await.expect(409);
}

#[tokio::test]
async fn a_shipment_that_left_before_its_announcement_was_answered_continues() {
    let shop = Shop::open().await;
    shop.receive(&shop.placed_event()).await;
    shop.shipping.with(|state| state.problem = Some(chassis::problem::UNAVAILABLE.detail("Later.")));
    shop.work().await;
    // It was announced after all, and the events arrive before the response.
    shop.shipping.with(|state| state.problem = None);
    cancel(&shop).await;
    shop.shipping.with(|state| {
        state.announced = 1;
        state.shipment = Some(contracts::shipping::ShipmentView {
            id: shop.shipping.id(),
            order_id: shop.id,
            number: "SS123".into(),
            carrier: "Test".into(),
            status: ShipmentStatus::Announced,
            lines: Vec::new(),
            tracking: None,
            version: 0,
        });
    });
    let left = shop.shipment_event(ShipmentStatus::InTransit);
    shop.receive(&left).await;
    shop.work().await;
    let order = shop.order().await;
    assert_eq!((order.status(), order.early_updates.len()), (OrderStatus::Shipped, 0));
    let subjects = shop.email_subjects().await;
    assert_eq!(subjects.iter().filter(|subject| subject.contains("on its way")).count(), 1);
}

#[tokio::test]
async fn updates_before_the_announcement_was_answered_are_applied_later() {
    let shop = Shop::open().await;
    shop.receive(&shop.placed_event()).await;
    shop.shipping.with(|state| state.problem = Some(chassis::problem::UNAVAILABLE.detail("Later.")));
    shop.work().await;
    shop.shipping.with(|state| {
        state.problem = None;
        state.shipment = Some(contracts::shipping::ShipmentView {
            id: shop.shipping.id(),
            order_id: shop.id,
            number: "SS123".into(),
            carrier: "Test".into(),
            status: ShipmentStatus::Announced,
            lines: Vec::new(),
            tracking: None,
            version: 0,
        });
    });
    for status in [ShipmentStatus::InTransit, ShipmentStatus::Delivered] {
        shop.receive(&shop.shipment_event(status)).await;
    }
    shop.later(301).await;
    assert_eq!(shop.status().await, OrderStatus::Delivered);
    assert_eq!(shop.published_events().await, ["order.delivered"]);
    assert_eq!(shop.email_subjects().await.len(), 4);
}

#[tokio::test]
async fn a_refused_step_is_compensated() {
    let shop = Shop::open().await;
    shop.shipping.with(|state| state.cancelled = true);
    shop.place_and_work().await;
    assert_eq!(shop.status().await, OrderStatus::Cancelled);
    assert_eq!(shop.payment.with(|state| state.record.totals.refunded), usd(2500));
    assert_eq!(shop.reservation(), Some(ReservationState::Returned));
}

#[tokio::test]
async fn a_refused_capture_cancels_the_order_and_releases_its_stock() {
    let shop = Shop::open().await;
    shop.payment.with(|state| state.next = Some(CommandState::Refused { reason: "expired".into() }));
    shop.place_and_work().await;
    let order = shop.order().await;
    assert_eq!(order.status(), OrderStatus::Cancelled);
    assert_eq!(
        (shop.reservation(), shop.payment.with(|state| state.money_movements)),
        (Some(ReservationState::Returned), 0)
    );
    let body = shop.email_bodies().await.pop().unwrap();
    assert!(body.starts_with("Hi Ada") && body.contains("You have not been charged."), "{body}");
}

#[tokio::test]
async fn a_rejected_token_cancels_nothing() {
    let shop = Shop::open().await;
    shop.receive(&shop.placed_event()).await;
    for problem in [chassis::problem::UNAUTHENTICATED, chassis::problem::FORBIDDEN, chassis::problem::CONFLICT] {
        shop.payment.with(|state| state.problem = Some(problem.detail("Not now.")));
        shop.later(301).await;
        assert_eq!(shop.status().await, OrderStatus::Received);
    }
    shop.payment.with(|state| state.problem = None);
    shop.later(301).await;
    assert_eq!(shop.status().await, OrderStatus::Confirmed);
}

#[tokio::test]
async fn an_outage_of_hours_cancels_nothing() {
    let shop = Shop::open().await;
    shop.shipping.with(|state| state.problem = Some(chassis::problem::UNAVAILABLE.detail("Out.")));
    shop.place_and_work().await;
    for _ in 0..100 {
        shop.later(301).await;
    }
    assert_eq!(shop.status().await, OrderStatus::Received);
    shop.shipping.with(|state| state.problem = None);
    shop.later(301).await;
    assert_eq!(shop.status().await, OrderStatus::Confirmed);
}

#[tokio::test]
async fn a_backorder_waits_for_stock_and_can_be_cancelled() {
    let shop = Shop::open().await;
    shop.stock.with(|state| state.awaiting_arrival = true);
    shop.place_and_work().await;
    for _ in 0..50 {
        shop.later(31).await;
    }
    let view = shop.view_order().await;
    let waits = view.timeline.iter().filter(|entry| entry.kind == TimelineKind::AwaitingStock).count();
    assert_eq!((view.status, waits), (OrderStatus::Received, 1));
    cancel(&shop).await;
    shop.work().await;
    assert_eq!((shop.status().await, shop.reservation()), (OrderStatus::Cancelled, Some(ReservationState::Released)));
}

#[tokio::test]
async fn a_pending_capture_continues_with_its_event() {
    let shop = Shop::open().await;
    shop.payment.with(|state| state.next = Some(CommandState::Pending));
    shop.place_and_work().await;
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Received);
    shop.receive(&shop.settled_event("capture")).await;
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Confirmed);
}

#[tokio::test]
async fn a_refused_compensation_needs_attention_and_its_retry_has_a_new_key() {
    let shop = Shop::open().await;
    shop.place_and_work().await;
    cancel(&shop).await;
    shop.payment.with(|state| state.next = Some(CommandState::Refused { reason: "look it up".into() }));
    shop.work().await;
    let view: Value = shop.support().get(&shop.path("")).await.expect(200).json();
    assert_eq!((view["status"].as_str(), view["attention_reason"].as_str()), (Some("attention"), Some("look it up")));
    assert_eq!(
        shop.owner.get(&shop.path("")).await.json()["attention_reason"],
        Value::Null,
        "only staff see the reason"
    );
    let waiting = shop.support().get("/api/v1/workflows?status=attention").await.expect(200).json();
    assert_eq!(waiting["items"][0]["reason"], "look it up");
    let retry = format!("/api/v1/workflows/{}/retry", shop.id);
    shop.owner.post(&retry, json!({})).await.expect(403);
    shop.retry().await.expect(202);
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Cancelled);
    assert_eq!(shop.payment.with(|state| state.record.totals.refunded), usd(2500));
    assert_eq!(shop.retry().await.problem(409), "attention-not-needed");
}

#[tokio::test]
async fn a_refund_is_made_once_per_key_and_never_exceeds_the_captured_amount() {
    let shop = Shop::open().await;
    shop.place_and_work().await;
    let refund = |amount: i64| json!({"amount": usd(amount), "reason": "broken"});
    let path = shop.path("/refunds");
    let staff = shop.support();
    let under = |key: &str| staff.clone().with_header("idempotency-key", key);
    under("a").post(&path, refund(0)).await.expect(422);
    shop.keyed(&shop.owner).post(&path, refund(500)).await.expect(403);
    staff.post(&path, refund(500)).await.expect(422);
    assert_eq!(under("a").post(&path, refund(2501)).await.problem(409), "refund-too-high");
    for _ in 0..2 {
        under("a").post(&path, refund(500)).await.expect(202);
        shop.work().await;
    }
    assert_eq!(under("a").post(&path, refund(600)).await.problem(422), "idempotency-key-reused");
    under("b").post(&path, refund(2000)).await.expect(202);
    assert_eq!(under("c").post(&path, refund(1)).await.problem(409), "refund-too-high", "pending refunds count");
    shop.work().await;
    assert_eq!(shop.view_order().await.payment.refunded, usd(2500));
    assert_eq!(shop.payment.with(|state| state.money_movements), 3);
    assert_eq!(shop.email_subjects().await.iter().filter(|subject| subject.starts_with("Your refund")).count(), 2);
}

#[tokio::test]
async fn a_refused_refund_is_shown_and_the_order_continues() {
    let shop = Shop::open().await;
    shop.place_and_work().await;
    let refund = json!({"amount": usd(500), "reason": "broken"});
    shop.staff().post(&shop.path("/refunds"), refund).await.expect(202);
    shop.payment.with(|state| state.next = Some(CommandState::Refused { reason: "not possible".into() }));
    shop.work().await;
    let order = shop.order().await;
    assert_eq!((order.status(), order.due_at()), (OrderStatus::Confirmed, None));
    assert_eq!(order.timeline.last().unwrap().kind, TimelineKind::RefundFailed);
    assert!(shop.view_order().await.timeline.last().unwrap().text.contains("didn't go through"));
}

#[tokio::test]
async fn emails_are_retried_and_given_up_after_thirty_attempts() {
    let shop = Shop::open().await;
    shop.receive(&shop.placed_event()).await;
    let now = || shop.env.system.now();
    let soon = || now() + jiff::SignedDuration::from_secs(300);
    let due = shop.files.claim_messages(MessageChannel::Email, now(), soon(), 1).await.unwrap();
    for other in shop.files.claim_messages(MessageChannel::Email, now(), soon(), 10).await.unwrap() {
        shop.files.message_sent(&other.id).await.unwrap();
    }
    shop.files.message_failed(&due[0].id, "no", now()).await.unwrap();
    assert!(shop.files.claim_messages(MessageChannel::Email, now(), soon(), 10).await.unwrap().is_empty());
    shop.env.advance(jiff::SignedDuration::from_secs(10));
    assert_eq!(
        shop.files.claim_messages(MessageChannel::Email, now(), soon(), 10).await.unwrap(),
        due,
        "the same email with the same Message-ID"
    );
    for _ in 0..29 {
        shop.files.message_failed(&due[0].id, "no", now()).await.unwrap();
        shop.env.advance(jiff::SignedDuration::from_hours(2));
    }
    assert!(shop.files.claim_messages(MessageChannel::Email, now(), soon(), 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn emails_are_in_the_language_of_the_order() {
    for (language, subject, words) in [
        (Language::De, "Vielen Dank für Ihre Bestellung 10001", "Gesamtsumme: 25.00 USD"),
        (Language::Fr, "Merci pour votre commande 10001", "Total\u{a0}: 25.00 USD"),
    ] {
        let shop = Shop::open().await;
        shop.payment.with(|state| state.record.language = language);
        shop.place_and_work().await;
        shop.receive(&shop.shipment_event(ShipmentStatus::InTransit)).await;
        let (subjects, bodies) = (shop.email_subjects().await, shop.email_bodies().await);
        assert_eq!(subjects[0], format!("{subject} - Test"));
        assert!(bodies[0].contains(words), "{}", bodies[0]);
        let english = ["Your ", "Hi ", "Tracking number", "Receipt number"];
        for text in subjects.iter().chain(&bodies) {
            assert!(!english.iter().any(|word| text.contains(word)), "{text}");
        }
    }
}

#[tokio::test]
async fn staff_see_how_many_orders_are_open() {
    let shop = Shop::open().await;
    let open = async || shop.support().get("/api/v1/orders/open").await.expect(200).json()["items"].clone();
    assert_eq!(open().await, json!([]));
    shop.place_and_work().await;
    assert_eq!(open().await, json!([{ "status": "confirmed", "count": 1, "oldest": shop.id }]));
    for status in [ShipmentStatus::InTransit, ShipmentStatus::Delivered] {
        shop.receive(&shop.shipment_event(status)).await;
    }
    assert_eq!(open().await, json!([]), "a delivered order is not open");
    shop.owner.get("/api/v1/orders/open").await.expect(403);
}
