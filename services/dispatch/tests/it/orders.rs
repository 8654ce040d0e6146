//! Orders through the API.

use crate::shop::{Shop, links, other};
use contracts::catalogue::ReservationState;
use contracts::dispatch::{OrderStatus, OrderView};
use contracts::payment::CommandState;
use contracts::shipping::ShipmentStatus;
use dispatch::store::OrderStore;
use serde_json::{Value, json};
use testkit::samples::usd;

#[tokio::test]
async fn an_order_goes_from_paid_to_delivered() {
    let shop = Shop::open().await;
    assert_eq!(shop.look().await.status, OrderStatus::Received, "as payment recorded it");
    shop.begun().await;
    let view = shop.look().await;
    assert_eq!((view.status, view.payment.captured), (OrderStatus::Confirmed, usd(2500)));
    assert_eq!(view.receipt_number.as_deref(), Some("R-000001"));
    assert_eq!(view.shipments[0].number, "SS123");
    assert_eq!(shop.reservation(), Some(ReservationState::Committed));
    shop.hear(&shop.moved(ShipmentStatus::InTransit)).await;
    shop.hear(&shop.moved(ShipmentStatus::InTransit)).await;
    assert_eq!(shop.look().await.status, OrderStatus::Shipped);
    shop.hear(&shop.moved(ShipmentStatus::Delivered)).await;
    assert_eq!(shop.look().await.status, OrderStatus::Delivered);
    let letters = shop.letters().await;
    let subjects: Vec<&str> = letters.iter().map(|subject| subject.split(" - ").next().unwrap()).collect();
    let expected = [
        "Thank you for your order 10001",
        "Your order 10001 is ready",
        "Your order 10001 is on its way",
        "Your order 10001 has arrived",
    ];
    assert_eq!(subjects, expected, "each is written once");
}

#[tokio::test]
async fn orders_are_seen_by_owners_staff_and_those_with_the_link() {
    let shop = Shop::open().await;
    shop.begun().await;
    let nobody = shop.env.anonymous(&shop.service.router);
    nobody.get(&shop.path("")).await.expect(401);
    nobody.get(&shop.path("?token=wrong")).await.expect(401);
    nobody.get(&shop.path(&format!("?token={}", links().token(other())))).await.expect(401);
    nobody.get(&shop.path(&format!("?token={}", links().token(shop.id)))).await.expect(200);
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
async fn a_cancelled_order_gives_everything_back() {
    let shop = Shop::open().await;
    shop.begun().await;
    assert!(shop.look().await.can_cancel);
    assert_eq!(cancel(&shop).await.status, OrderStatus::Cancelling);
    cancel(&shop).await;
    shop.work().await;
    let view = shop.look().await;
    assert_eq!((view.status, view.payment.refunded), (OrderStatus::Cancelled, usd(2500)));
    assert_eq!(shop.reservation(), Some(ReservationState::Returned));
    assert!(shop.letters().await.last().unwrap().contains("is cancelled"));
}

#[tokio::test]
async fn cancelling_a_parcel_that_has_left_lets_the_order_go_on() {
    let shop = Shop::open().await;
    shop.begun().await;
    // The parcel leaves, and the event is still on its way; it is even delivered before the order is looked at.
    let left = shop.moved(ShipmentStatus::InTransit);
    cancel(&shop).await;
    let arrived = shop.moved(ShipmentStatus::Delivered);
    shop.hear(&left).await;
    shop.hear(&arrived).await;
    shop.work().await;
    let view = shop.look().await;
    assert_eq!((view.status, view.payment.refunded), (OrderStatus::Delivered, usd(0)));
    assert_eq!(shop.reservation(), Some(ReservationState::Committed));
    let letters = shop.letters().await;
    assert!(letters.iter().any(|subject| subject.contains("could not be cancelled")), "{letters:?}");
    shop.keyed(&shop.owner).post(&shop.path("/cancel"), json!({})).await.expect(409);
}

#[tokio::test]
async fn a_parcel_whose_announcement_was_not_heard_goes_on_when_it_has_left() {
    let shop = Shop::open().await;
    shop.hear(&shop.placed()).await;
    shop.carrier.with(|parcels| parcels.trouble = Some(chassis::problem::UNAVAILABLE.detail("Later.")));
    shop.work().await;
    // It was announced after all, moved, and the events come before the answer does.
    shop.carrier.with(|parcels| parcels.trouble = None);
    cancel(&shop).await;
    shop.carrier.with(|parcels| {
        parcels.announced = 1;
        parcels.parcel = Some(contracts::shipping::ShipmentView {
            id: shop.carrier.id(),
            order_id: shop.id,
            number: "SS123".into(),
            carrier: "Test".into(),
            status: ShipmentStatus::Announced,
        });
    });
    let left = shop.moved(ShipmentStatus::InTransit);
    shop.hear(&left).await;
    shop.work().await;
    let order = shop.order().await;
    assert_eq!((order.status(), order.early_moves.len()), (OrderStatus::Shipped, 0));
    let letters = shop.letters().await;
    assert_eq!(letters.iter().filter(|subject| subject.contains("on its way")).count(), 1);
}

#[tokio::test]
async fn a_parcel_that_moves_before_it_is_known_is_not_forgotten() {
    let shop = Shop::open().await;
    shop.hear(&shop.placed()).await;
    shop.carrier.with(|parcels| parcels.trouble = Some(chassis::problem::UNAVAILABLE.detail("Later.")));
    shop.work().await;
    shop.carrier.with(|parcels| {
        parcels.trouble = None;
        parcels.parcel = Some(contracts::shipping::ShipmentView {
            id: shop.carrier.id(),
            order_id: shop.id,
            number: "SS123".into(),
            carrier: "Test".into(),
            status: ShipmentStatus::Announced,
        });
    });
    for status in [ShipmentStatus::InTransit, ShipmentStatus::Delivered] {
        shop.hear(&shop.moved(status)).await;
    }
    shop.later(301).await;
    assert_eq!(shop.status().await, OrderStatus::Delivered);
    assert_eq!(shop.told().await, ["order.delivered"]);
    assert_eq!(shop.letters().await.len(), 4);
}

#[tokio::test]
async fn a_step_that_can_never_succeed_is_undone() {
    let shop = Shop::open().await;
    shop.carrier.with(|parcels| parcels.cancelled = true);
    shop.begun().await;
    assert_eq!(shop.status().await, OrderStatus::Cancelled);
    assert_eq!(shop.till.with(|books| books.record.totals.refunded), usd(2500));
    assert_eq!(shop.reservation(), Some(ReservationState::Returned));
}

#[tokio::test]
async fn a_refused_capture_cancels_the_order_and_releases_its_stock() {
    let shop = Shop::open().await;
    shop.till.with(|books| books.next = Some(CommandState::Refused { reason: "expired".into() }));
    shop.begun().await;
    let order = shop.order().await;
    assert_eq!(order.status(), OrderStatus::Cancelled);
    assert_eq!((shop.reservation(), shop.till.with(|books| books.moved)), (Some(ReservationState::Returned), 0));
}

#[tokio::test]
async fn a_token_that_is_not_accepted_for_a_moment_cancels_nothing() {
    let shop = Shop::open().await;
    shop.hear(&shop.placed()).await;
    for trouble in [chassis::problem::UNAUTHENTICATED, chassis::problem::FORBIDDEN, chassis::problem::CONFLICT] {
        shop.till.with(|books| books.trouble = Some(trouble.detail("Not now.")));
        shop.later(301).await;
        assert_eq!(shop.status().await, OrderStatus::Received);
    }
    shop.till.with(|books| books.trouble = None);
    shop.later(301).await;
    assert_eq!(shop.status().await, OrderStatus::Confirmed);
}

#[tokio::test]
async fn an_outage_of_hours_cancels_nothing() {
    let shop = Shop::open().await;
    shop.carrier.with(|parcels| parcels.trouble = Some(chassis::problem::UNAVAILABLE.detail("Out.")));
    shop.begun().await;
    for _ in 0..100 {
        shop.later(301).await;
    }
    assert_eq!(shop.status().await, OrderStatus::Received);
    shop.carrier.with(|parcels| parcels.trouble = None);
    shop.later(301).await;
    assert_eq!(shop.status().await, OrderStatus::Confirmed);
}

#[tokio::test]
async fn what_was_sold_ahead_waits_for_goods_and_can_be_cancelled() {
    let shop = Shop::open().await;
    shop.stock.with(|books| books.awaited = true);
    shop.begun().await;
    for _ in 0..50 {
        shop.later(31).await;
    }
    let view = shop.look().await;
    let waits = view.timeline.iter().filter(|entry| entry.text.contains("yet to arrive")).count();
    assert_eq!((view.status, waits), (OrderStatus::Received, 1));
    cancel(&shop).await;
    shop.work().await;
    assert_eq!((shop.status().await, shop.reservation()), (OrderStatus::Cancelled, Some(ReservationState::Released)));
}

#[tokio::test]
async fn a_pending_capture_is_waited_for_and_goes_on_with_its_event() {
    let shop = Shop::open().await;
    shop.till.with(|books| books.next = Some(CommandState::Pending));
    shop.begun().await;
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Received);
    shop.hear(&shop.settled("capture")).await;
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Confirmed);
}

#[tokio::test]
async fn a_compensation_that_is_refused_waits_for_a_person_whose_retry_is_a_new_command() {
    let shop = Shop::open().await;
    shop.begun().await;
    cancel(&shop).await;
    shop.till.with(|books| books.next = Some(CommandState::Refused { reason: "look it up".into() }));
    shop.work().await;
    let view: Value = shop.support().get(&shop.path("")).await.expect(200).json();
    assert_eq!((view["status"].as_str(), view["parked_reason"].as_str()), (Some("attention"), Some("look it up")));
    assert_eq!(
        shop.owner.get(&shop.path("")).await.json()["parked_reason"],
        Value::Null,
        "not the customer's business"
    );
    let parked = shop.support().get("/api/v1/workflows?status=attention").await.expect(200).json();
    assert_eq!(parked["items"][0]["reason"], "look it up");
    let retry = format!("/api/v1/workflows/{}/retry", shop.id);
    shop.owner.post(&retry, json!({})).await.expect(403);
    shop.retry().await.expect(202);
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Cancelled);
    assert_eq!(shop.till.with(|books| books.record.totals.refunded), usd(2500));
    assert_eq!(shop.retry().await.problem(409), "not-parked");
}

#[tokio::test]
async fn refunds_happen_once_for_each_key_and_never_exceed_what_was_taken() {
    let shop = Shop::open().await;
    shop.begun().await;
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
    assert_eq!(under("c").post(&path, refund(1)).await.problem(409), "refund-too-high", "what is open counts");
    shop.work().await;
    assert_eq!(shop.look().await.payment.refunded, usd(2500));
    assert_eq!(shop.till.with(|books| books.moved), 3);
    assert_eq!(shop.letters().await.iter().filter(|subject| subject.starts_with("A refund")).count(), 2);
}

#[tokio::test]
async fn a_refund_that_is_refused_is_told_and_the_order_goes_on() {
    let shop = Shop::open().await;
    shop.begun().await;
    let refund = json!({"amount": usd(500), "reason": "broken"});
    shop.staff().post(&shop.path("/refunds"), refund).await.expect(202);
    shop.till.with(|books| books.next = Some(CommandState::Refused { reason: "not possible".into() }));
    shop.work().await;
    let order = shop.order().await;
    assert_eq!((order.status(), order.due_at()), (OrderStatus::Confirmed, None));
    assert!(order.timeline.last().unwrap().text.contains("could not be made"));
}

#[tokio::test]
async fn letters_are_sent_again_until_they_are_and_given_up_at_last() {
    let shop = Shop::open().await;
    shop.hear(&shop.placed()).await;
    let now = || shop.env.system.now();
    let soon = || now() + jiff::SignedDuration::from_secs(300);
    let due = shop.files.claim_mails(now(), soon(), 10).await.unwrap();
    shop.files.mail_failed(&due[0].id, "no", now()).await.unwrap();
    assert!(shop.files.claim_mails(now(), soon(), 10).await.unwrap().is_empty());
    shop.env.advance(jiff::SignedDuration::from_secs(10));
    assert_eq!(shop.files.claim_mails(now(), soon(), 10).await.unwrap(), due, "the same letter with the same id");
    for _ in 0..29 {
        shop.files.mail_failed(&due[0].id, "no", now()).await.unwrap();
        shop.env.advance(jiff::SignedDuration::from_hours(2));
    }
    assert!(shop.files.claim_mails(now(), soon(), 10).await.unwrap().is_empty());
}
