//! Returns through the API.

use crate::shop::{ON_HAND, Shop, Wishes, links};
use contracts::catalogue::ReservationState;
use contracts::dispatch::{OrderStatus, OrderView, ReturnStatus};
use contracts::events::PaymentIssueKind;
use contracts::payment::CommandState;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::Answer;
use testkit::samples::{SKU, usd};

/// Three pieces for 20.00, which were delivered.
async fn delivered() -> Shop {
    let shop = Shop::wishing(Wishes { quantity: 3, ..Wishes::default() }).await;
    shop.delivered().await;
    shop
}

fn lines(quantity: u32) -> Value {
    json!([{"sku": SKU, "quantity": quantity}])
}

async fn ask(shop: &Shop, quantity: u32) -> Answer {
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
async fn what_is_returned_is_paid_back_and_sold_again() {
    let shop = delivered().await;
    assert!(shop.look().await.can_return);
    let view: OrderView = ask(&shop, 1).await.expect(201).read();
    assert_eq!(status(&view, 1), ReturnStatus::Requested);
    let view: OrderView = receive(&shop, 1, receipt(1)).await.expect(202).read();
    assert_eq!((status(&view, 1), view.returns[0].refund), (ReturnStatus::Received, usd(667)));
    shop.work().await;
    let view = shop.look().await;
    assert_eq!((status(&view, 1), view.payment.refunded), (ReturnStatus::Refunded, usd(667)));
    assert_eq!((view.status, view.can_return), (OrderStatus::Delivered, true));
    assert_eq!(shop.stock.with(|books| books.on_hand), ON_HAND - 3 + 1);
    let letters = shop.letters().await;
    for subject in ["Your return of order 10001 - ", "has come in", "A refund for"] {
        assert_eq!(letters.iter().filter(|letter| letter.contains(subject)).count(), 1, "{subject}: {letters:?}");
    }
    // The others, one by one: all together are worth what the line cost, to the cent.
    for id in [2, 3] {
        ask(&shop, 1).await.expect(201);
        receive(&shop, id, receipt(1)).await.expect(202);
        shop.work().await;
    }
    let view = shop.look().await;
    assert_eq!((view.payment.refunded, view.can_return), (usd(2000), false));
    assert_eq!(ask(&shop, 1).await.problem(409), "not-returnable");
}

#[tokio::test]
async fn no_more_is_returned_than_was_bought_and_no_more_taken_back_than_was_announced() {
    let shop = delivered().await;
    assert_eq!(ask(&shop, 4).await.problem(409), "not-returnable");
    let unknown = json!({"lines": [{"sku": "OTHER", "quantity": 1}], "reason": "too small"});
    assert_eq!(shop.keyed(&shop.owner).post(&shop.path("/returns"), unknown).await.problem(409), "not-returnable");
    shop.keyed(&shop.owner).post(&shop.path("/returns"), json!({"lines": [], "reason": "none"})).await.expect(422);
    let twice = json!({"lines": [{"sku": SKU, "quantity": 2}, {"sku": SKU, "quantity": 2}], "reason": "too small"});
    assert_eq!(shop.keyed(&shop.owner).post(&shop.path("/returns"), twice).await.problem(409), "not-returnable");
    ask(&shop, 2).await.expect(201);
    assert_eq!(ask(&shop, 2).await.problem(409), "not-returnable", "two are announced");
    assert_eq!(receive(&shop, 1, receipt(3)).await.problem(409), "not-returnable");
    assert_eq!(receive(&shop, 2, receipt(1)).await.problem(404), "not-found");
    receive(&shop, 1, receipt(1)).await.expect(202);
    assert_eq!(receive(&shop, 1, receipt(1)).await.problem(409), "return-decided");
    // One of the two did not come back: it still can.
    ask(&shop, 2).await.expect(201);
}

#[tokio::test]
async fn returns_are_asked_for_by_whoever_may_see_the_order_for_thirty_days_after_delivery() {
    let shop = Shop::wishing(Wishes { quantity: 3, ..Wishes::default() }).await;
    shop.begun().await;
    assert_eq!(ask(&shop, 1).await.problem(409), "not-returnable", "it is not delivered yet");
    shop.hear(&shop.moved(contracts::shipping::ShipmentStatus::Delivered)).await;
    let body = json!({"lines": lines(1), "reason": "too small"});
    let nobody = shop.env.anonymous(&shop.service.router);
    nobody.post(&shop.path("/returns"), &body).await.expect(401);
    nobody.post(&shop.path("/returns"), json!({})).await.expect(401);
    shop.env.guest(&shop.service.router).post(&shop.path("/returns"), &body).await.expect(404);
    shop.keyed(&nobody)
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
async fn a_return_that_is_rejected_is_told_and_can_be_asked_for_again() {
    let shop = delivered().await;
    ask(&shop, 3).await.expect(201);
    let reject = shop.path("/returns/1/reject");
    let view: OrderView = shop.staff().post(&reject, json!({"reason": "it was used"})).await.expect(200).read();
    assert_eq!((status(&view, 1), view.returns[0].rejection.as_deref()), (ReturnStatus::Rejected, Some("it was used")));
    assert_eq!(shop.staff().post(&reject, json!({"reason": "no"})).await.problem(409), "return-decided");
    assert_eq!(receive(&shop, 1, receipt(1)).await.problem(409), "return-decided");
    assert!(shop.letters().await.iter().any(|subject| subject.contains("was not accepted")));
    assert_eq!((shop.order().await.due_at(), shop.till.with(|books| books.moved)), (None, 1));
    ask(&shop, 3).await.expect(201);
}

#[tokio::test]
async fn shipping_is_given_back_when_everything_was_returned_and_staff_say_so() {
    let shop = delivered().await;
    ask(&shop, 2).await.expect(201);
    let with_shipping = |count: u32| json!({"lines": lines(count), "restock": false, "refund_shipping": true});
    assert_eq!(receive(&shop, 1, with_shipping(2)).await.problem(409), "not-returnable");
    receive(&shop, 1, receipt(2)).await.expect(202);
    shop.work().await;
    ask(&shop, 1).await.expect(201);
    receive(&shop, 2, with_shipping(1)).await.expect(202);
    shop.work().await;
    assert_eq!(shop.look().await.payment.refunded, usd(2500));
    assert_eq!(shop.stock.with(|books| books.on_hand), ON_HAND - 1, "the third cannot be sold again");
}

#[tokio::test]
async fn no_more_is_paid_back_for_a_return_than_is_left() {
    let shop = delivered().await;
    shop.staff().post(&shop.path("/refunds"), json!({"amount": usd(2200), "reason": "late"})).await.expect(202);
    ask(&shop, 3).await.expect(201);
    let view: OrderView = receive(&shop, 1, receipt(3)).await.expect(202).read();
    assert_eq!(view.returns[0].refund, usd(300), "with what is still on its way");
    shop.work().await;
    assert_eq!((shop.look().await.payment.refunded, shop.status().await), (usd(2500), OrderStatus::Delivered));
}

#[tokio::test]
async fn a_refund_for_a_return_that_fails_waits_for_a_person_and_is_made_under_another_key() {
    for manual_note in [false, true] {
        let shop = delivered().await;
        ask(&shop, 1).await.expect(201);
        receive(&shop, 1, receipt(1)).await.expect(202);
        shop.till.with(|books| books.next = Some(CommandState::Refused { reason: "card is gone".into() }));
        shop.work().await;
        let view: OrderView = shop.support().get(&shop.path("")).await.expect(200).read();
        assert_eq!((view.status, status(&view, 1)), (OrderStatus::Attention, ReturnStatus::Attention));
        let reasons = |view: &OrderView| [view.attention_reason.clone(), view.returns[0].attention_reason.clone()];
        assert_eq!(reasons(&view), [Some("card is gone".to_owned()), Some("card is gone".to_owned())]);
        assert_eq!(reasons(&shop.look().await), [None, None], "that is for staff");
        let waiting = shop.support().get("/api/v1/workflows?status=attention").await.expect(200).json();
        assert_eq!(waiting["items"][0]["reason"], "card is gone");
        if manual_note { shop.resolve("done").await } else { shop.retry().await }.expect(202);
        shop.work().await;
        let view = shop.look().await;
        assert_eq!((view.status, status(&view, 1)), (OrderStatus::Delivered, ReturnStatus::Refunded));
        assert_eq!(view.payment.refunded, usd(667), "by hand or not, the books have it");
        assert_eq!(shop.till.with(|books| books.manual_note.len()), usize::from(manual_note));
        assert_eq!(shop.stock.with(|books| books.on_hand), ON_HAND - 2);
    }
}

#[tokio::test]
async fn a_refund_for_a_return_that_did_not_arrive_is_made_again() {
    let shop = delivered().await;
    ask(&shop, 1).await.expect(201);
    receive(&shop, 1, receipt(1)).await.expect(202);
    shop.work().await;
    shop.till.with(|books| books.record.totals.refunded = usd(0));
    shop.hear(&shop.changed(PaymentIssueKind::RefundFailed)).await;
    shop.hear(&shop.settled("return:1")).await;
    shop.work().await;
    assert_eq!(status(&shop.look().await, 1), ReturnStatus::Attention, "that was the command before");
    shop.retry().await.expect(202);
    shop.work().await;
    shop.resolve("done").await.expect(202);
    let view = shop.look().await;
    assert_eq!((status(&view, 1), view.payment.refunded), (ReturnStatus::Refunded, usd(667)));
    assert_eq!(shop.stock.with(|books| books.on_hand), ON_HAND - 2, "put back once");
    assert_eq!(shop.reservation(), Some(ReservationState::Committed));
}

#[tokio::test]
async fn a_refund_for_a_return_that_may_have_been_made_is_never_asked_for_under_another_key() {
    let shop = delivered().await;
    ask(&shop, 1).await.expect(201);
    receive(&shop, 1, receipt(1)).await.expect(202);
    shop.till.with(|books| books.next = Some(CommandState::NeedsAttention { reason: "look it up".into() }));
    shop.work().await;
    for _ in 0..2 {
        assert_eq!(shop.look().await.status, OrderStatus::Attention);
        shop.retry().await.expect(202);
        shop.work().await;
    }
    assert_eq!(shop.till.with(|books| books.moved), 1, "only the price was taken");
    // Somebody has looked it up: it was not made. What was refused is asked for anew when a person says so.
    shop.till.with(|books| {
        let refused = || CommandState::Refused { reason: "not made".into() };
        books.steps.values_mut().filter(|state| **state != CommandState::Done).for_each(|state| *state = refused());
    });
    shop.hear(&shop.settled("return:1")).await;
    shop.work().await;
    assert_eq!(shop.look().await.status, OrderStatus::Attention);
    shop.retry().await.expect(202);
    shop.work().await;
    let view = shop.look().await;
    assert_eq!((status(&view, 1), view.payment.refunded), (ReturnStatus::Refunded, usd(667)));
}
