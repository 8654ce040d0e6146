//! What waits for a person, and what a person can do about it.

use crate::shop::{Shop, Wishes};
use contracts::catalogue::ReservationState;
use contracts::dispatch::{OrderStatus, TimelineKind};
use contracts::events::PaymentIssueKind;
use contracts::payment::{CaptureTiming, CommandState};
use contracts::shipping::ShipmentStatus;
use serde_json::{Value, json};
use testkit::samples::usd;

async fn with_missing_stock() -> Shop {
    let shop = Shop::open().await;
    shop.stock.with(|books| books.missing = true);
    shop.begun().await;
    shop
}

#[tokio::test]
async fn an_order_whose_stock_was_corrected_away_waits_for_a_person_and_is_tried_again() {
    let shop = with_missing_stock().await;
    assert_eq!(shop.status().await, OrderStatus::Attention);
    assert_eq!(shop.till.with(|books| books.moved), 0, "nothing is taken");
    let parked = shop.support().get("/api/v1/workflows?status=attention").await.expect(200).json();
    assert_eq!(parked["items"][0]["step"], "CommitStock");
    shop.retry().await.expect(202);
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Attention, "it is still missing");
    shop.stock.with(|books| books.missing = false);
    shop.retry().await.expect(202);
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Confirmed);
}

#[tokio::test]
async fn a_step_that_a_person_did_by_hand_is_gone_on_behind() {
    let shop = with_missing_stock().await;
    shop.resolve("done").await.expect(202);
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Confirmed);
    assert_eq!(shop.reservation(), Some(ReservationState::Held), "dispatch did not take it");
    assert_eq!(shop.resolve("done").await.problem(409), "not-parked");
}

#[tokio::test]
async fn staff_see_who_decided_what_and_why_and_customers_that_it_goes_on() {
    let shop = with_missing_stock().await;
    let answer: Value = shop.resolve("done").await.expect(202).json();
    let entry = answer["timeline"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(entry["kind"], "resumed");
    assert_eq!(entry["remark"]["reason"], "by hand");
    assert!(entry["remark"]["author"].as_str().unwrap().starts_with("account:"), "{entry}");
    let parked = answer["timeline"].as_array().unwrap().iter().find(|entry| entry["kind"] == "parked").unwrap().clone();
    assert!(parked["remark"]["reason"].as_str().unwrap().contains("Not here any more"), "{parked}");
    let seen: Value = shop.owner.get(&shop.path("")).await.expect(200).json();
    let entries = seen["timeline"].as_array().unwrap();
    assert!(entries.iter().all(|entry| entry.get("remark").is_none()), "{seen}");
    assert!(entries.iter().any(|entry| entry["kind"] == "resumed"));
}

#[tokio::test]
async fn a_parked_order_goes_back_when_staff_say_so_or_its_customer_cancels() {
    for customer in [false, true] {
        let shop = with_missing_stock().await;
        if customer {
            shop.keyed(&shop.owner).post(&shop.path("/cancel"), json!({})).await.expect(202);
        } else {
            shop.resolve("cancel").await.expect(202);
        }
        shop.work().await;
        assert_eq!(shop.status().await, OrderStatus::Cancelled);
        assert_eq!(shop.reservation(), Some(ReservationState::Released));
    }
}

#[tokio::test]
async fn an_undoing_that_was_done_by_hand_is_gone_on_behind() {
    let shop = Shop::open().await;
    shop.begun().await;
    shop.orders.cancel(shop.id, &shop.asking("cancel"), "no").await.unwrap();
    shop.till.with(|books| books.next = Some(CommandState::Refused { reason: "look it up".into() }));
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Attention);
    shop.resolve("done").await.expect(202);
    shop.work().await;
    assert_eq!((shop.status().await, shop.reservation()), (OrderStatus::Cancelled, Some(ReservationState::Returned)));
    let (refunded, said) = shop.till.with(|books| (books.record.totals.refunded, books.manual_note.clone()));
    assert_eq!(refunded, usd(2500), "payment has recorded it");
    assert!(said[0].ends_with(": by hand"), "{said:?}");
}

#[tokio::test]
async fn a_parked_undoing_goes_on_by_itself_when_its_command_is_settled() {
    let shop = Shop::open().await;
    shop.begun().await;
    shop.orders.cancel(shop.id, &shop.asking("cancel"), "no").await.unwrap();
    shop.till.with(|books| books.trouble = Some(chassis::problem::NOT_FOUND.detail("Lost.")));
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Attention);
    shop.till.with(|books| books.trouble = None);
    shop.hear(&shop.settled("capture")).await;
    assert_eq!(shop.status().await, OrderStatus::Attention, "that is another command");
    shop.hear(&shop.settled("undo")).await;
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Cancelled);
}

async fn paid_when_shipped() -> Shop {
    Shop::wishing(Wishes { capture: CaptureTiming::Shipped, ..Wishes::default() }).await
}

#[tokio::test]
async fn money_is_taken_when_the_parcel_has_left() {
    let shop = paid_when_shipped().await;
    shop.begun().await;
    let view = shop.look().await;
    assert_eq!((view.status, view.payment.captured), (OrderStatus::Confirmed, usd(0)));
    shop.hear(&shop.moved(ShipmentStatus::InTransit)).await;
    assert_eq!(shop.status().await, OrderStatus::Shipped);
    shop.work().await;
    let view = shop.look().await;
    assert_eq!((view.status, view.payment.captured), (OrderStatus::Shipped, usd(2500)));
    shop.hear(&shop.moved(ShipmentStatus::Delivered)).await;
    assert_eq!((shop.status().await, shop.letters().await.len()), (OrderStatus::Delivered, 4));
    assert_eq!(shop.till.with(|books| books.moved), 1);
}

#[tokio::test]
async fn an_order_that_is_paid_when_shipped_can_be_cancelled_before_and_nothing_is_taken() {
    let shop = paid_when_shipped().await;
    shop.begun().await;
    shop.keyed(&shop.owner).post(&shop.path("/cancel"), json!({})).await.expect(202);
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Cancelled);
    assert_eq!(shop.till.with(|books| (books.moved, books.voided)), (0, true));
}

#[tokio::test]
async fn money_that_cannot_be_taken_for_a_parcel_that_has_left_waits_for_a_person() {
    for manual_note in [false, true] {
        let shop = paid_when_shipped().await;
        shop.begun().await;
        shop.till.with(|books| books.expired = true);
        shop.hear(&shop.moved(ShipmentStatus::InTransit)).await;
        shop.work().await;
        let order = shop.order().await;
        assert_eq!(order.status(), OrderStatus::Attention);
        assert_eq!(shop.resolve("cancel").await.problem(409), "not-cancellable");
        shop.keyed(&shop.owner).post(&shop.path("/cancel"), json!({})).await.expect(409);
        // It is even delivered while it waits.
        shop.hear(&shop.moved(ShipmentStatus::Delivered)).await;
        assert_eq!(shop.status().await, OrderStatus::Attention);
        if manual_note {
            shop.resolve("done").await.expect(202);
        } else {
            shop.till.with(|books| books.expired = false);
            shop.retry().await.expect(202);
        }
        shop.work().await;
        assert_eq!(shop.status().await, OrderStatus::Delivered);
        assert_eq!(shop.told().await, ["order.delivered"]);
        assert_eq!(shop.till.with(|books| (books.moved, books.manual_note.len())), (1, usize::from(manual_note)));
    }
}

#[tokio::test]
async fn a_charge_back_is_of_concern_until_a_person_has_looked_after_it() {
    let shop = Shop::open().await;
    shop.delivered().await;
    shop.till.with(|books| books.record.totals.charged_back = usd(900));
    let event = shop.changed(PaymentIssueKind::ChargedBack);
    shop.hear(&event).await;
    shop.hear(&event).await;
    let view: Value = shop.support().get(&shop.path("")).await.expect(200).json();
    assert_eq!((&view["status"], &view["payment"]["charged_back"]), (&json!("attention"), &json!(usd(900))));
    assert_eq!(view["concerns"].as_array().unwrap().len(), 1, "the event was heard twice");
    assert_eq!(view["concerns"][0]["what"], "charged_back");
    let seen: Value = shop.owner.get(&shop.path("")).await.expect(200).json();
    assert!(seen.get("concerns").is_none() && !seen.to_string().contains("books of this order"), "{seen}");
    let refund = json!({"amount": usd(1601), "reason": "broken"});
    assert_eq!(shop.staff().post(&shop.path("/refunds"), refund).await.problem(409), "refund-too-high");
    shop.resolve("done").await.expect(202);
    let view: Value = shop.support().get(&shop.path("")).await.expect(200).json();
    assert_eq!(view["status"], "delivered");
    assert!(view["concerns"][0]["resolved_at"].is_string(), "{view}");
    assert_eq!(shop.resolve("done").await.problem(409), "not-parked");
}

#[tokio::test]
async fn a_cancelled_order_whose_refund_came_to_nothing_is_refunded_by_another_command() {
    let shop = Shop::open().await;
    shop.begun().await;
    shop.orders.cancel(shop.id, &shop.asking("cancel"), "no").await.unwrap();
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Cancelled);
    shop.till.with(|books| books.record.totals.refunded = usd(0));
    shop.hear(&shop.changed(PaymentIssueKind::RefundFailed)).await;
    assert_eq!(shop.status().await, OrderStatus::Attention);
    // What is told late of the first command does not let it go on.
    shop.hear(&shop.settled("undo")).await;
    shop.work().await;
    assert_eq!(shop.till.with(|books| books.record.totals.refunded), usd(0));
    shop.resolve("cancel").await.expect(202);
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Cancelled);
    assert_eq!(shop.till.with(|books| books.record.totals.refunded), usd(2500));
    let told = shop.letters().await.iter().filter(|subject| subject.contains("is cancelled")).count();
    assert_eq!((told, shop.stock.with(|books| books.on_hand)), (1, crate::shop::ON_HAND));
}

#[tokio::test]
async fn a_refund_that_did_not_arrive_can_be_made_again() {
    let shop = Shop::open().await;
    shop.delivered().await;
    let refund = json!({"amount": usd(2000), "reason": "broken"});
    shop.staff().post(&shop.path("/refunds"), &refund).await.expect(202);
    shop.work().await;
    assert_eq!(shop.staff().post(&shop.path("/refunds"), &refund).await.problem(409), "refund-too-high");
    shop.till.with(|books| books.record.totals.refunded = usd(0));
    shop.hear(&shop.changed(PaymentIssueKind::RefundFailed)).await;
    assert!(shop.order().await.refunds[0].failed);
    shop.staff().post(&shop.path("/refunds"), &refund).await.expect(202);
    shop.work().await;
    assert_eq!(shop.look().await.payment.refunded, usd(2000));
}

#[tokio::test]
async fn goods_whose_money_was_lost_do_not_leave_before_a_person_has_looked() {
    let shop = Shop::open().await;
    shop.begun().await;
    shop.till.with(|books| books.record.totals.captured = usd(0));
    shop.hear(&shop.changed(PaymentIssueKind::CaptureFailed)).await;
    let order = shop.order().await;
    assert_eq!((order.status(), order.due_at()), (OrderStatus::Attention, None));
    assert_eq!(order.timeline.last().unwrap().kind, TimelineKind::PaymentIssue);
    shop.retry().await.expect(202);
    shop.work().await;
    assert_eq!(shop.till.with(|books| books.record.totals.captured), usd(2500));
    shop.resolve("done").await.expect(202);
    assert_eq!(shop.status().await, OrderStatus::Confirmed);
}

#[tokio::test]
async fn a_refund_that_may_have_been_made_waits_for_a_person_and_goes_on_by_itself_then() {
    for manual_note in [false, true] {
        let shop = Shop::open().await;
        shop.delivered().await;
        shop.till.with(|books| books.next = Some(CommandState::NeedsAttention { reason: "transfer it".into() }));
        shop.staff().post(&shop.path("/refunds"), json!({"amount": usd(700), "reason": "late"})).await.expect(202);
        shop.work().await;
        assert_eq!(shop.status().await, OrderStatus::Attention);
        let waiting = shop.support().get("/api/v1/workflows?status=attention").await.expect(200).json();
        assert_eq!(waiting["items"][0]["reason"], "transfer it");
        let view = shop.support().get(&shop.path("")).await.expect(200).json();
        assert_eq!(view["parked_reason"], "transfer it");
        let told = shop.look().await.timeline;
        assert!(told.iter().all(|entry| !entry.text.contains("transfer it")), "that is for staff: {told:?}");
        let more = json!({"amount": usd(2000), "reason": "more"});
        assert_eq!(shop.staff().post(&shop.path("/refunds"), more).await.problem(409), "refund-too-high");
        // Tried again, it is asked for under its key.
        shop.retry().await.expect(202);
        shop.work().await;
        assert_eq!((shop.status().await, shop.look().await.payment.refunded), (OrderStatus::Attention, usd(0)));
        if manual_note {
            shop.resolve("done").await.expect(202);
        } else {
            let key = shop.till.with(|books| {
                books.record.totals.refunded = usd(700);
                let (key, state) = books.steps.iter_mut().find(|(_, state)| **state != CommandState::Done).unwrap();
                *state = CommandState::Done;
                key.split_once(':').unwrap().1.to_owned()
            });
            shop.hear(&shop.settled(&key)).await;
        }
        shop.work().await;
        assert_eq!((shop.status().await, shop.look().await.payment.refunded), (OrderStatus::Delivered, usd(700)));
        assert!(shop.letters().await.iter().any(|subject| subject.contains("A refund for")));
    }
}

#[tokio::test]
async fn an_order_whose_hold_ran_out_before_its_parcel_left_is_cancelled() {
    let shop = paid_when_shipped().await;
    shop.begun().await;
    shop.till.with(|books| books.record.totals.authorised = usd(0));
    shop.hear(&shop.changed(PaymentIssueKind::AuthorisationExpired)).await;
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Cancelled);
    assert_eq!(shop.reservation(), Some(ReservationState::Returned));
    assert!(shop.order().await.payment_issues.is_empty(), "nothing is left to look after");
}

#[tokio::test]
async fn goods_that_have_left_although_their_hold_ran_out_are_for_a_person_to_look_after() {
    let shop = paid_when_shipped().await;
    shop.begun().await;
    shop.hear(&shop.moved(ShipmentStatus::InTransit)).await;
    shop.till.with(|books| books.expired = true);
    shop.hear(&shop.changed(PaymentIssueKind::AuthorisationExpired)).await;
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Attention);
    // Paid another way, says a person; then it arrives.
    shop.resolve("done").await.expect(202);
    shop.work().await;
    assert_eq!(shop.till.with(|books| books.record.totals.captured), usd(2500));
    shop.hear(&shop.moved(ShipmentStatus::Delivered)).await;
    assert_eq!(shop.status().await, OrderStatus::Delivered);
}
