//! Returns of delivered orders through the API.

use crate::shop::{ON_HAND, Options, Shop, links};
use contracts::catalogue::ReservationState;
use contracts::dispatch::{OrderStatus, OrderView, ReturnStatus};
use contracts::events::PaymentIssueKind;
use contracts::payment::CommandState;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::Answer;
use testkit::samples::{SKU, usd};

/// Opens a shop with a delivered order of three units for 20.00.
async fn delivered_order() -> Shop {
    let shop = Shop::with_options(Options { quantity: 3, ..Options::default() }).await;
    shop.deliver().await;
    shop
}

fn lines(quantity: u32) -> Value {
    json!([{"sku": SKU, "quantity": quantity}])
}

async fn request_return(shop: &Shop, quantity: u32) -> Answer {
    shop.keyed(&shop.owner).post(&shop.path("/returns"), json!({"lines": lines(quantity), "reason": "too small"})).await
}

async fn receive(shop: &Shop, id: u32, receipt: Value) -> Answer {
    shop.staff().post(&shop.path(&format!("/returns/{id}/receive")), receipt).await
}

fn receipt(quantity: u32) -> Value {
    json!({"lines": lines(quantity), "restock": true})
}

fn status(view: &OrderView, id: usize) -> ReturnStatus {
    view.returns[id - 1].status
}

#[tokio::test]
async fn returned_items_are_refunded_and_restocked() {
    let shop = delivered_order().await;
    assert!(shop.view_order().await.can_return);
    let view: OrderView = request_return(&shop, 1).await.expect(201).read();
    assert_eq!(status(&view, 1), ReturnStatus::Requested);
    let view: OrderView = receive(&shop, 1, receipt(1)).await.expect(202).read();
    assert_eq!((status(&view, 1), view.returns[0].refund), (ReturnStatus::Received, usd(667)));
    shop.work().await;
    let view = shop.view_order().await;
    assert_eq!((status(&view, 1), view.payment.refunded), (ReturnStatus::Refunded, usd(667)));
    assert_eq!((view.status, view.can_return), (OrderStatus::Delivered, true));
    assert_eq!(shop.stock.with(|state| state.on_hand), ON_HAND - 3 + 1);
    let subjects = shop.email_subjects().await;
    for subject in ["Your return request for order 10001 - ", "We've received your return", "Your refund for"] {
        assert_eq!(subjects.iter().filter(|email| email.contains(subject)).count(), 1, "{subject}: {subjects:?}");
    }
    // The others, one by one: together they are refunded the price of the line, to the cent.
    for id in [2, 3] {
        request_return(&shop, 1).await.expect(201);
        receive(&shop, id, receipt(1)).await.expect(202);
        shop.work().await;
    }
    let view = shop.view_order().await;
    assert_eq!((view.payment.refunded, view.can_return), (usd(2000), false));
    assert_eq!(request_return(&shop, 1).await.problem(409), "not-returnable");
}

#[tokio::test]
async fn no_more_units_are_returned_than_bought_and_accepted_than_announced() {
    let shop = delivered_order().await;
    assert_eq!(request_return(&shop, 4).await.problem(409), "not-returnable");
    let unknown = json!({"lines": [{"sku": "OTHER", "quantity": 1}], "reason": "too small"});
    assert_eq!(shop.keyed(&shop.owner).post(&shop.path("/returns"), unknown).await.problem(409), "not-returnable");
    shop.keyed(&shop.owner).post(&shop.path("/returns"), json!({"lines": [], "reason": "none"})).await.expect(422);
    let twice = json!({"lines": [{"sku": SKU, "quantity": 2}, {"sku": SKU, "quantity": 2}], "reason": "too small"});
    assert_eq!(shop.keyed(&shop.owner).post(&shop.path("/returns"), twice).await.problem(409), "not-returnable");
    request_return(&shop, 2).await.expect(201);
    assert_eq!(request_return(&shop, 2).await.problem(409), "not-returnable", "two are announced already");
    assert_eq!(receive(&shop, 1, receipt(3)).await.problem(409), "not-returnable");
    assert_eq!(receive(&shop, 2, receipt(1)).await.problem(404), "not-found");
    receive(&shop, 1, receipt(1)).await.expect(202);
    assert_eq!(receive(&shop, 1, receipt(1)).await.problem(409), "return-decided");
    // One of the two did not come back: it still can.
    request_return(&shop, 2).await.expect(201);
}

#[tokio::test]
async fn viewers_of_the_order_can_request_returns_for_thirty_days() {
    let shop = Shop::with_options(Options { quantity: 3, ..Options::default() }).await;
    shop.place_and_work().await;
    assert_eq!(request_return(&shop, 1).await.problem(409), "not-returnable", "it is not delivered yet");
    shop.receive(&shop.shipment_event(contracts::shipping::ShipmentStatus::Delivered)).await;
    let body = json!({"lines": lines(1), "reason": "too small"});
    let anonymous = shop.env.anonymous(&shop.service.router);
    anonymous.post(&shop.path("/returns"), &body).await.expect(401);
    anonymous.post(&shop.path("/returns"), json!({})).await.expect(401);
    shop.env.guest(&shop.service.router).post(&shop.path("/returns"), &body).await.expect(404);
    shop.keyed(&anonymous)
        .post(&shop.path(&format!("/returns?token={}", links().token(shop.id))), &body)
        .await
        .expect(201);
    shop.env.advance(SignedDuration::from_hours(30 * 24));
    shop.support().post(&shop.path("/returns"), &body).await.expect(422);
    shop.staff().post(&shop.path("/returns"), &body).await.expect(201);
    shop.keyed(&shop.owner).post(&shop.path("/returns/1/receive"), receipt(1)).await.expect(403);
    shop.env.advance(SignedDuration::from_secs(1));
    let late = shop.staff().post(&shop.path("/returns"), &body).await;
    assert_eq!(late.problem(409), "not-returnable");
}

#[tokio::test]
async fn a_declined_return_is_emailed_and_can_be_requested_again() {
    let shop = delivered_order().await;
    request_return(&shop, 3).await.expect(201);
    let reject = shop.path("/returns/1/reject");
    let view: OrderView = shop.staff().post(&reject, json!({"reason": "it was used"})).await.expect(200).read();
    assert_eq!((status(&view, 1), view.returns[0].rejection.as_deref()), (ReturnStatus::Rejected, Some("it was used")));
    assert_eq!(shop.staff().post(&reject, json!({"reason": "no"})).await.problem(409), "return-decided");
    assert_eq!(receive(&shop, 1, receipt(1)).await.problem(409), "return-decided");
    assert!(shop.email_subjects().await.iter().any(|subject| subject.contains("was declined")));
    assert_eq!((shop.order().await.due_at(), shop.payment.with(|state| state.money_movements)), (None, 1));
    request_return(&shop, 3).await.expect(201);
}

#[tokio::test]
async fn shipping_is_refunded_with_the_last_unit_if_staff_say_so() {
    let shop = delivered_order().await;
    request_return(&shop, 2).await.expect(201);
    let with_shipping = |count: u32| json!({"lines": lines(count), "restock": false, "refund_shipping": true});
    assert_eq!(receive(&shop, 1, with_shipping(2)).await.problem(409), "not-returnable");
    receive(&shop, 1, receipt(2)).await.expect(202);
    shop.work().await;
    request_return(&shop, 1).await.expect(201);
    receive(&shop, 2, with_shipping(1)).await.expect(202);
    shop.work().await;
    assert_eq!(shop.view_order().await.payment.refunded, usd(2500));
    assert_eq!(shop.stock.with(|state| state.on_hand), ON_HAND - 1, "the third cannot be sold again");
}

#[tokio::test]
async fn a_return_refunds_at_most_the_amount_that_is_left() {
    let shop = delivered_order().await;
    shop.staff().post(&shop.path("/refunds"), json!({"amount": usd(2200), "reason": "late"})).await.expect(202);
    request_return(&shop, 3).await.expect(201);
    let view: OrderView = receive(&shop, 1, receipt(3)).await.expect(202).read();
    assert_eq!(view.returns[0].refund, usd(300), "pending refunds count");
    shop.work().await;
    assert_eq!((shop.view_order().await.payment.refunded, shop.status().await), (usd(2500), OrderStatus::Delivered));
}

#[tokio::test]
async fn a_refused_refund_of_a_return_needs_attention_and_is_retried_under_a_new_key() {
    for manual_note in [false, true] {
        let shop = delivered_order().await;
        request_return(&shop, 1).await.expect(201);
        receive(&shop, 1, receipt(1)).await.expect(202);
        shop.payment.with(|state| state.next = Some(CommandState::Refused { reason: "card is gone".into() }));
        shop.work().await;
        let view: OrderView = shop.support().get(&shop.path("")).await.expect(200).read();
        assert_eq!((view.status, status(&view, 1)), (OrderStatus::Attention, ReturnStatus::Attention));
        let reasons = |view: &OrderView| [view.attention_reason.clone(), view.returns[0].attention_reason.clone()];
        assert_eq!(reasons(&view), [Some("card is gone".to_owned()), Some("card is gone".to_owned())]);
        assert_eq!(reasons(&shop.view_order().await), [None, None], "that is for staff");
        let waiting = shop.support().get("/api/v1/workflows?status=attention").await.expect(200).json();
        assert_eq!(waiting["items"][0]["reason"], "card is gone");
        if manual_note { shop.resolve("done").await } else { shop.retry().await }.expect(202);
        shop.work().await;
        let view = shop.view_order().await;
        assert_eq!((view.status, status(&view, 1)), (OrderStatus::Delivered, ReturnStatus::Refunded));
        assert_eq!(view.payment.refunded, usd(667), "recorded either way");
        assert_eq!(shop.payment.with(|state| state.manual_note.len()), usize::from(manual_note));
        assert_eq!(shop.stock.with(|state| state.on_hand), ON_HAND - 2);
    }
}

#[tokio::test]
async fn a_bounced_refund_of_a_return_is_made_again() {
    let shop = delivered_order().await;
    request_return(&shop, 1).await.expect(201);
    receive(&shop, 1, receipt(1)).await.expect(202);
    shop.work().await;
    shop.payment.with(|state| state.record.totals.refunded = usd(0));
    shop.receive(&shop.payment_changed_event(PaymentIssueKind::RefundFailed)).await;
    shop.receive(&shop.settled_event("return:1")).await;
    shop.work().await;
    assert_eq!(status(&shop.view_order().await, 1), ReturnStatus::Attention, "that was the earlier command");
    shop.retry().await.expect(202);
    shop.work().await;
    shop.resolve("done").await.expect(202);
    let view = shop.view_order().await;
    assert_eq!((status(&view, 1), view.payment.refunded), (ReturnStatus::Refunded, usd(667)));
    assert_eq!(shop.stock.with(|state| state.on_hand), ON_HAND - 2, "restocked once");
    assert_eq!(shop.reservation(), Some(ReservationState::Committed));
}

#[tokio::test]
async fn a_refund_of_a_return_with_an_unknown_outcome_keeps_its_key() {
    let shop = delivered_order().await;
    request_return(&shop, 1).await.expect(201);
    receive(&shop, 1, receipt(1)).await.expect(202);
    shop.payment.with(|state| state.next = Some(CommandState::NeedsAttention { reason: "look it up".into() }));
    shop.work().await;
    for _ in 0..2 {
        assert_eq!(shop.view_order().await.status, OrderStatus::Attention);
        shop.retry().await.expect(202);
        shop.work().await;
    }
    assert_eq!(shop.payment.with(|state| state.money_movements), 1, "only the capture");
    // Staff found out that it was not made. A refused command is requested again when staff say so.
    shop.payment.with(|state| {
        let refused = || CommandState::Refused { reason: "not made".into() };
        state.steps.values_mut().filter(|state| **state != CommandState::Done).for_each(|state| *state = refused());
    });
    shop.receive(&shop.settled_event("return:1")).await;
    shop.work().await;
    assert_eq!(shop.view_order().await.status, OrderStatus::Attention);
    shop.retry().await.expect(202);
    shop.work().await;
    let view = shop.view_order().await;
    assert_eq!((status(&view, 1), view.payment.refunded), (ReturnStatus::Refunded, usd(667)));
}
