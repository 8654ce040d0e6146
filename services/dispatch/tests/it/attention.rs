//! Orders that need attention, and the decisions of staff about them.

use crate::shop::{Options, Shop};
use contracts::catalogue::ReservationState;
use contracts::dispatch::{OrderStatus, TimelineKind};
use contracts::events::PaymentIssueKind;
use contracts::payment::{CaptureTiming, CommandState};
use contracts::shipping::ShipmentStatus;
use serde_json::{Value, json};
use testkit::samples::usd;

async fn with_missing_stock() -> Shop {
    let shop = Shop::open().await;
    shop.stock.with(|state| state.adjusted_below_reserved = true);
    shop.place_and_work().await;
    shop
}

#[tokio::test]
async fn an_order_with_missing_stock_needs_attention_and_is_retried() {
    let shop = with_missing_stock().await;
    assert_eq!(shop.status().await, OrderStatus::Attention);
    assert_eq!(shop.payment.with(|state| state.money_movements), 0, "nothing is captured");
    let waiting = shop.support().get("/api/v1/workflows?status=attention").await.expect(200).json();
    assert_eq!(waiting["items"][0]["step"], "commit_stock");
    shop.retry().await.expect(202);
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Attention, "it is still missing");
    shop.stock.with(|state| state.adjusted_below_reserved = false);
    shop.retry().await.expect(202);
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Confirmed);
}

#[tokio::test]
async fn an_order_continues_behind_a_manually_completed_step() {
    let shop = with_missing_stock().await;
    shop.resolve("done").await.expect(202);
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Confirmed);
    assert_eq!(shop.reservation(), Some(ReservationState::Held), "dispatch did not commit it");
    assert_eq!(shop.resolve("done").await.problem(409), "attention-not-needed");
}

#[tokio::test]
async fn staff_see_the_author_and_reason_of_a_decision_and_customers_only_the_entry() {
    let shop = with_missing_stock().await;
    let answer: Value = shop.resolve("done").await.expect(202).json();
    let entry = answer["timeline"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(entry["kind"], "resumed");
    assert_eq!(entry["staff_note"]["reason"], "paid in cash");
    assert!(entry["staff_note"]["author"].as_str().unwrap().starts_with("account:"), "{entry}");
    let entries = answer["timeline"].as_array().unwrap();
    let suspended = entries.iter().find(|entry| entry["kind"] == "needs_attention").unwrap();
    assert_eq!(suspended["data"]["subject"], "order");
    assert!(suspended["staff_note"]["reason"].as_str().unwrap().contains("Stock was adjusted"), "{suspended}");
    let seen: Value = shop.owner.get(&shop.path("")).await.expect(200).json();
    let entries = seen["timeline"].as_array().unwrap();
    assert!(entries.iter().all(|entry| entry.get("staff_note").is_none()), "{seen}");
    assert!(entries.iter().any(|entry| entry["kind"] == "resumed"));
}

#[tokio::test]
async fn an_order_that_needs_attention_can_be_cancelled_by_staff_and_customer() {
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
async fn a_compensation_continues_behind_a_manually_completed_step() {
    let shop = Shop::open().await;
    shop.place_and_work().await;
    shop.orders.cancel(shop.id, &shop.requester("cancel"), "no").await.unwrap();
    shop.payment.with(|state| state.next = Some(CommandState::Refused { reason: "look it up".into() }));
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Attention);
    shop.resolve("done").await.expect(202);
    shop.work().await;
    assert_eq!((shop.status().await, shop.reservation()), (OrderStatus::Cancelled, Some(ReservationState::Returned)));
    let (refunded, notes) = shop.payment.with(|state| (state.record.totals.refunded, state.manual_note.clone()));
    assert_eq!(refunded, usd(2500), "payment has recorded it");
    assert!(notes[0].ends_with(": paid in cash"), "{notes:?}");
}

#[tokio::test]
async fn a_suspended_compensation_resumes_when_its_command_is_settled() {
    let shop = Shop::open().await;
    shop.place_and_work().await;
    shop.orders.cancel(shop.id, &shop.requester("cancel"), "no").await.unwrap();
    shop.payment.with(|state| state.problem = Some(chassis::problem::NOT_FOUND.detail("Lost.")));
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Attention);
    shop.payment.with(|state| state.problem = None);
    shop.receive(&shop.settled_event("capture")).await;
    assert_eq!(shop.status().await, OrderStatus::Attention, "that is another command");
    shop.receive(&shop.settled_event("undo")).await;
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Cancelled);
}

async fn paid_when_shipped() -> Shop {
    Shop::with_options(Options { capture: CaptureTiming::Shipped, ..Options::default() }).await
}

#[tokio::test]
async fn the_amount_is_captured_once_the_shipment_has_left() {
    let shop = paid_when_shipped().await;
    shop.place_and_work().await;
    let view = shop.view_order().await;
    assert_eq!((view.status, view.payment.captured), (OrderStatus::Confirmed, usd(0)));
    shop.receive(&shop.shipment_event(ShipmentStatus::InTransit)).await;
    assert_eq!(shop.status().await, OrderStatus::Shipped);
    shop.work().await;
    let view = shop.view_order().await;
    assert_eq!((view.status, view.payment.captured), (OrderStatus::Shipped, usd(2500)));
    shop.receive(&shop.shipment_event(ShipmentStatus::Delivered)).await;
    assert_eq!((shop.status().await, shop.email_subjects().await.len()), (OrderStatus::Delivered, 4));
    assert_eq!(shop.payment.with(|state| state.money_movements), 1);
}

#[tokio::test]
async fn an_order_that_is_captured_when_shipped_can_be_cancelled_without_a_charge() {
    let shop = paid_when_shipped().await;
    shop.place_and_work().await;
    shop.keyed(&shop.owner).post(&shop.path("/cancel"), json!({})).await.expect(202);
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Cancelled);
    assert_eq!(shop.payment.with(|state| (state.money_movements, state.voided)), (0, true));
}

#[tokio::test]
async fn a_failed_capture_of_a_shipped_order_needs_attention() {
    for manual_note in [false, true] {
        let shop = paid_when_shipped().await;
        shop.place_and_work().await;
        shop.payment.with(|state| state.expired = true);
        shop.receive(&shop.shipment_event(ShipmentStatus::InTransit)).await;
        shop.work().await;
        let order = shop.order().await;
        assert_eq!(order.status(), OrderStatus::Attention);
        assert_eq!(shop.resolve("cancel").await.problem(409), "not-cancellable");
        shop.keyed(&shop.owner).post(&shop.path("/cancel"), json!({})).await.expect(409);
        // It is delivered while it needs attention.
        shop.receive(&shop.shipment_event(ShipmentStatus::Delivered)).await;
        assert_eq!(shop.status().await, OrderStatus::Attention);
        if manual_note {
            shop.resolve("done").await.expect(202);
        } else {
            shop.payment.with(|state| state.expired = false);
            shop.retry().await.expect(202);
        }
        shop.work().await;
        assert_eq!(shop.status().await, OrderStatus::Delivered);
        assert_eq!(shop.published_events().await, ["order.delivered"]);
        assert_eq!(
            shop.payment.with(|state| (state.money_movements, state.manual_note.len())),
            (1, usize::from(manual_note))
        );
    }
}

#[tokio::test]
async fn a_chargeback_is_a_payment_issue_until_staff_resolve_it() {
    let shop = Shop::open().await;
    shop.deliver().await;
    shop.payment.with(|state| state.record.totals.charged_back = usd(900));
    let event = shop.payment_changed_event(PaymentIssueKind::ChargedBack);
    shop.receive(&event).await;
    shop.receive(&event).await;
    let view: Value = shop.support().get(&shop.path("")).await.expect(200).json();
    assert_eq!((&view["status"], &view["payment"]["charged_back"]), (&json!("attention"), &json!(usd(900))));
    assert_eq!(view["payment_issues"].as_array().unwrap().len(), 1, "the event was received twice");
    assert_eq!(view["payment_issues"][0]["kind"], "charged_back");
    let seen: Value = shop.owner.get(&shop.path("")).await.expect(200).json();
    assert!(seen.get("payment_issues").is_none() && !seen.to_string().contains("payment issue"), "{seen}");
    let refund = json!({"amount": usd(1601), "reason": "broken"});
    assert_eq!(shop.staff().post(&shop.path("/refunds"), refund).await.problem(409), "refund-too-high");
    shop.resolve("done").await.expect(202);
    let view: Value = shop.support().get(&shop.path("")).await.expect(200).json();
    assert_eq!(view["status"], "delivered");
    assert!(view["payment_issues"][0]["resolved_at"].is_string(), "{view}");
    assert_eq!(shop.resolve("done").await.problem(409), "attention-not-needed");
}

#[tokio::test]
async fn a_cancelled_order_whose_refund_bounced_is_refunded_under_a_new_key() {
    let shop = Shop::open().await;
    shop.place_and_work().await;
    shop.orders.cancel(shop.id, &shop.requester("cancel"), "no").await.unwrap();
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Cancelled);
    shop.payment.with(|state| state.record.totals.refunded = usd(0));
    shop.receive(&shop.payment_changed_event(PaymentIssueKind::RefundFailed)).await;
    assert_eq!(shop.status().await, OrderStatus::Attention);
    // A late report about the first command does not resume the order.
    shop.receive(&shop.settled_event("undo")).await;
    shop.work().await;
    assert_eq!(shop.payment.with(|state| state.record.totals.refunded), usd(0));
    shop.resolve("cancel").await.expect(202);
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Cancelled);
    assert_eq!(shop.payment.with(|state| state.record.totals.refunded), usd(2500));
    let emails = shop.email_subjects().await.iter().filter(|subject| subject.contains("has been cancelled")).count();
    assert_eq!((emails, shop.stock.with(|state| state.on_hand)), (1, crate::shop::ON_HAND));
}

#[tokio::test]
async fn a_bounced_refund_can_be_made_again() {
    let shop = Shop::open().await;
    shop.deliver().await;
    let refund = json!({"amount": usd(2000), "reason": "broken"});
    shop.staff().post(&shop.path("/refunds"), &refund).await.expect(202);
    shop.work().await;
    assert_eq!(shop.staff().post(&shop.path("/refunds"), &refund).await.problem(409), "refund-too-high");
    shop.payment.with(|state| state.record.totals.refunded = usd(0));
    shop.receive(&shop.payment_changed_event(PaymentIssueKind::RefundFailed)).await;
    assert!(shop.order().await.refunds[0].failed);
    shop.staff().post(&shop.path("/refunds"), &refund).await.expect(202);
    shop.work().await;
    assert_eq!(shop.view_order().await.payment.refunded, usd(2000));
}

#[tokio::test]
async fn an_order_whose_capture_failed_later_does_not_leave_before_staff_decide() {
    let shop = Shop::open().await;
    shop.place_and_work().await;
    shop.payment.with(|state| state.record.totals.captured = usd(0));
    shop.receive(&shop.payment_changed_event(PaymentIssueKind::CaptureFailed)).await;
    let order = shop.order().await;
    assert_eq!((order.status(), order.due_at()), (OrderStatus::Attention, None));
    assert_eq!(order.timeline.last().unwrap().kind, TimelineKind::PaymentIssue);
    shop.retry().await.expect(202);
    shop.work().await;
    assert_eq!(shop.payment.with(|state| state.record.totals.captured), usd(2500));
    shop.resolve("done").await.expect(202);
    assert_eq!(shop.status().await, OrderStatus::Confirmed);
}

#[tokio::test]
async fn a_refund_with_an_unknown_outcome_needs_attention_and_resumes_with_its_event() {
    for manual_note in [false, true] {
        let shop = Shop::open().await;
        shop.deliver().await;
        shop.payment.with(|state| state.next = Some(CommandState::NeedsAttention { reason: "transfer it".into() }));
        shop.staff().post(&shop.path("/refunds"), json!({"amount": usd(700), "reason": "late"})).await.expect(202);
        shop.work().await;
        assert_eq!(shop.status().await, OrderStatus::Attention);
        let waiting = shop.support().get("/api/v1/workflows?status=attention").await.expect(200).json();
        assert_eq!(waiting["items"][0]["reason"], "transfer it");
        let view = shop.support().get(&shop.path("")).await.expect(200).json();
        assert_eq!(view["attention_reason"], "transfer it");
        let timeline = shop.view_order().await.timeline;
        assert!(timeline.iter().all(|entry| !entry.text.contains("transfer it")), "only staff see it: {timeline:?}");
        let more = json!({"amount": usd(2000), "reason": "more"});
        assert_eq!(shop.staff().post(&shop.path("/refunds"), more).await.problem(409), "refund-too-high");
        // A retry keeps the key.
        shop.retry().await.expect(202);
        shop.work().await;
        assert_eq!((shop.status().await, shop.view_order().await.payment.refunded), (OrderStatus::Attention, usd(0)));
        if manual_note {
            shop.resolve("done").await.expect(202);
        } else {
            let key = shop.payment.with(|state| {
                state.record.totals.refunded = usd(700);
                let (key, state) = state.steps.iter_mut().find(|(_, state)| **state != CommandState::Done).unwrap();
                *state = CommandState::Done;
                key.split_once(':').unwrap().1.to_owned()
            });
            shop.receive(&shop.settled_event(&key)).await;
        }
        shop.work().await;
        assert_eq!((shop.status().await, shop.view_order().await.payment.refunded), (OrderStatus::Delivered, usd(700)));
        assert!(shop.email_subjects().await.iter().any(|subject| subject.contains("Your refund for")));
    }
}

#[tokio::test]
async fn an_order_whose_authorisation_expired_before_it_left_is_cancelled() {
    let shop = paid_when_shipped().await;
    shop.place_and_work().await;
    shop.payment.with(|state| state.record.totals.authorised = usd(0));
    shop.receive(&shop.payment_changed_event(PaymentIssueKind::AuthorisationExpired)).await;
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Cancelled);
    assert_eq!(shop.reservation(), Some(ReservationState::Returned));
    assert!(shop.order().await.payment_issues.is_empty(), "there is nothing to resolve");
}

#[tokio::test]
async fn a_shipped_order_whose_authorisation_expired_needs_attention() {
    let shop = paid_when_shipped().await;
    shop.place_and_work().await;
    shop.receive(&shop.shipment_event(ShipmentStatus::InTransit)).await;
    shop.payment.with(|state| state.expired = true);
    shop.receive(&shop.payment_changed_event(PaymentIssueKind::AuthorisationExpired)).await;
    shop.work().await;
    assert_eq!(shop.status().await, OrderStatus::Attention);
    // Staff record a payment in cash; then the shipment arrives.
    shop.resolve("done").await.expect(202);
    shop.work().await;
    assert_eq!(shop.payment.with(|state| state.record.totals.captured), usd(2500));
    shop.receive(&shop.shipment_event(ShipmentStatus::Delivered)).await;
    assert_eq!(shop.status().await, OrderStatus::Delivered);
}
