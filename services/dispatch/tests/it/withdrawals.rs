//! The consumer's right of withdrawal through the API.

use crate::shop::{ON_HAND, Options, Shop, german_address, links};
use contracts::cart::CartLine;
use contracts::catalogue::WithdrawalException;
use contracts::dispatch::{OrderStatus, OrderView, ReturnStatus};
use contracts::payment::CaptureTiming;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::Answer;
use testkit::samples::{SKU, usd};

async fn shop_with_three_units() -> Shop {
    Shop::with_options(Options { quantity: 3, address: german_address(), ..Options::default() }).await
}

fn lines(quantity: u32) -> Value {
    json!([{ "sku": SKU, "quantity": quantity }])
}

/// Withdraws with the order's link alone, as a customer does who has no session.
async fn withdraw(shop: &Shop, request: Value) -> Answer {
    let link = shop.path(&format!("/withdrawals?token={}", links().token(shop.id)));
    shop.keyed(&shop.env.anonymous(&shop.service.router)).post(&link, request).await
}

async fn receive(shop: &Shop, id: u32, quantity: u32) -> Answer {
    let receipt = json!({ "lines": lines(quantity), "restock": true });
    shop.staff().post(&shop.path(&format!("/returns/{id}/receive")), receipt).await
}

#[tokio::test]
async fn a_withdrawal_before_the_shipment_leaves_cancels_the_order() {
    let shop = shop_with_three_units().await;
    shop.place_and_work().await;
    let right = shop.view_order().await.withdrawal.expect("a right");
    assert_eq!((right.until, right.lines[0].quantity.get()), (None, 3));
    let view: OrderView = withdraw(&shop, json!({})).await.expect(201).read();
    assert_eq!((view.status, view.withdrawal), (OrderStatus::Cancelling, None));
    shop.work().await;
    let view = shop.view_order().await;
    assert_eq!((view.status, view.payment.refunded), (OrderStatus::Cancelled, view.payment.captured));
    assert_eq!(shop.stock.with(|state| state.on_hand), ON_HAND);
    assert_eq!(withdraw(&shop, json!({})).await.problem(409), "not-withdrawable");
}

#[tokio::test]
async fn the_receipt_states_the_items_and_the_time_of_the_withdrawal() {
    let shop = shop_with_three_units().await;
    shop.place_and_work().await;
    withdraw(&shop, json!({ "lines": lines(2) })).await.expect(201);
    let time = shop.env.system.now().strftime("%-d %B %Y, %H:%M:%S UTC").to_string();
    let receipt = shop.email_bodies().await.pop().unwrap();
    assert!(receipt.contains(&time) && receipt.contains("\n  2 x "), "{receipt}");
    let mail = shop.merchant_emails().await.pop().unwrap();
    assert_eq!(mail.subject, "Withdrawal from order 10001 - Test");
    assert!(mail.body.contains(&time) && mail.body.contains("\n  2 x "), "{}", mail.body);
}

#[tokio::test]
async fn a_withdrawal_in_transit_is_a_return_that_refunds_the_delivery_too() {
    let shop = shop_with_three_units().await;
    shop.place_and_work().await;
    shop.receive(&shop.shipment_event(contracts::shipping::ShipmentStatus::InTransit)).await;
    let view: OrderView = withdraw(&shop, json!({})).await.expect(201).read();
    assert_eq!((view.status, view.returns[0].status), (OrderStatus::Shipped, ReturnStatus::Requested));
    assert!(view.returns[0].is_withdrawal && view.withdrawal.is_none());
    receive(&shop, 1, 3).await.expect(202);
    shop.work().await;
    let view = shop.view_order().await;
    assert_eq!((view.returns[0].status, view.payment.refunded), (ReturnStatus::Refunded, view.payment.captured));
    shop.receive(&shop.shipment_event(contracts::shipping::ShipmentStatus::Delivered)).await;
    assert_eq!(shop.view_order().await.status, OrderStatus::Delivered);
}

#[tokio::test]
async fn a_withdrawal_refunds_the_standard_delivery_alone_unless_staff_refund_all() {
    for (refund_shipping, kept) in [(false, 100), (true, 0)] {
        let shop = shop_with_three_units().await;
        shop.payment.with(|state| {
            let shipping = &mut state.record.cart.shipping;
            shipping.standard_total = Some(usd(shipping.total.amount - 100));
        });
        shop.place_and_work().await;
        shop.receive(&shop.shipment_event(contracts::shipping::ShipmentStatus::InTransit)).await;
        withdraw(&shop, json!({})).await.expect(201);
        let receipt = json!({ "lines": lines(3), "restock": true, "refund_shipping": refund_shipping });
        shop.staff().post(&shop.path("/returns/1/receive"), receipt).await.expect(202);
        shop.work().await;
        let payment = shop.view_order().await.payment;
        assert_eq!(payment.captured.amount - payment.refunded.amount, kept, "refund_shipping: {refund_shipping}");
    }
}

#[tokio::test]
async fn a_withdrawal_from_some_units_refunds_their_price_and_no_delivery() {
    let shop = shop_with_three_units().await;
    shop.place_and_work().await;
    withdraw(&shop, json!({ "lines": lines(1) })).await.expect(201);
    receive(&shop, 1, 1).await.expect(202);
    shop.work().await;
    assert_eq!(shop.view_order().await.payment.refunded, usd(667));
    // The unit is in stock again, which a cancellation would repeat.
    assert!(!shop.view_order().await.can_cancel);
    let view: OrderView = withdraw(&shop, json!({})).await.expect(201).read();
    assert_eq!(view.returns[1].lines[0].quantity.get(), 2);
}

#[tokio::test]
async fn a_second_withdrawal_from_the_rest_cancels_an_order_that_has_not_left() {
    let shop = shop_with_three_units().await;
    shop.place_and_work().await;
    withdraw(&shop, json!({ "lines": lines(1) })).await.expect(201);
    let view: OrderView = withdraw(&shop, json!({ "lines": lines(2) })).await.expect(201).read();
    assert_eq!((view.status, view.returns.len()), (OrderStatus::Cancelling, 1));
    shop.work().await;
    let view = shop.view_order().await;
    assert_eq!((view.status, view.payment.refunded), (OrderStatus::Cancelled, view.payment.captured));
    assert_eq!(view.returns[0].status, ReturnStatus::Refunded, "with the order");
    assert_eq!(shop.stock.with(|state| state.on_hand), ON_HAND);
}

#[tokio::test]
async fn a_return_is_not_received_before_the_payment_is_captured() {
    let address = german_address();
    let options = Options { quantity: 3, capture: CaptureTiming::Shipped, address, ..Options::default() };
    let shop = Shop::with_options(options).await;
    shop.place_and_work().await;
    withdraw(&shop, json!({ "lines": lines(1) })).await.expect(201);
    assert_eq!(receive(&shop, 1, 1).await.problem(409), "not-returnable");
    shop.receive(&shop.shipment_event(contracts::shipping::ShipmentStatus::InTransit)).await;
    shop.work().await;
    receive(&shop, 1, 1).await.expect(202);
    shop.work().await;
    assert_eq!(shop.view_order().await.payment.refunded, usd(667));
}

#[tokio::test]
async fn the_right_ends_some_days_after_the_delivery() {
    let shop = shop_with_three_units().await;
    shop.deliver().await;
    let until = shop.view_order().await.withdrawal.and_then(|right| right.until).expect("an end");
    let left = until.duration_since(shop.env.system.now());
    assert!(left > SignedDuration::from_hours(14 * 24) && left < SignedDuration::from_hours(18 * 24), "{left}");
    shop.env.advance(left);
    withdraw(&shop, json!({ "lines": lines(1) })).await.expect(201);
    shop.env.advance(SignedDuration::from_secs(1));
    assert_eq!(withdraw(&shop, json!({})).await.problem(409), "not-withdrawable");
}

#[tokio::test]
async fn no_more_units_are_withdrawn_from_than_were_bought() {
    let shop = shop_with_three_units().await;
    shop.deliver().await;
    assert_eq!(withdraw(&shop, json!({ "lines": lines(4) })).await.problem(409), "not-returnable");
    assert_eq!(withdraw(&shop, json!({ "lines": [] })).await.problem(422), "invalid-input");
    shop.keyed(&shop.env.anonymous(&shop.service.router)).post(&shop.path("/withdrawals"), json!({})).await.expect(401);
}

#[tokio::test]
async fn refunded_units_stay_with_the_customer_and_are_not_returned() {
    let shop = shop_with_three_units().await;
    shop.deliver().await;
    let refund = |body: Value| async { shop.staff().post(&shop.path("/refunds"), body).await };
    refund(json!({ "lines": lines(1), "reason": "broken" })).await.expect(202);
    shop.work().await;
    assert_eq!(shop.view_order().await.payment.refunded, usd(667));
    assert_eq!(withdraw(&shop, json!({ "lines": lines(3) })).await.problem(409), "not-returnable");
    let all = [json!({ "reason": "x" }), json!({ "reason": "x", "amount": usd(1), "lines": lines(1) })];
    for body in all {
        assert_eq!(refund(body).await.problem(422), "invalid-input");
    }
    assert_eq!(refund(json!({ "lines": lines(3), "reason": "broken" })).await.problem(409), "not-returnable");
}

#[tokio::test]
async fn countries_without_the_right_have_no_withdrawal_function() {
    let shop = Shop::open().await;
    shop.deliver().await;
    assert_eq!(shop.view_order().await.withdrawal, None, "the address is in the United States");
    assert_eq!(withdraw(&shop, json!({})).await.problem(409), "not-withdrawable");
}

#[tokio::test]
async fn a_guest_who_lost_the_link_receives_it_again() {
    let shop = Shop::open().await;
    shop.place_and_work().await;
    let anonymous = shop.env.anonymous(&shop.service.router);
    let ask = |number: &str, email: &str| {
        let (request, anonymous) = (json!({ "number": number, "email": email }), &anonymous);
        async move { anonymous.post("/api/v1/orders/links", request).await.expect(202) }
    };
    let before = shop.email_bodies().await.len();
    for (number, email) in [("10001", "eve@example.com"), ("1000", "ada@example.com"), ("", "ada@example.com")] {
        let _ = anonymous.post("/api/v1/orders/links", json!({ "number": number, "email": email })).await;
        assert_eq!(shop.email_bodies().await.len(), before, "{number} {email}");
    }
    ask(" 10001", "Ada@Example.com").await;
    ask("10001", "ada@example.com").await;
    let mails = shop.email_bodies().await;
    assert_eq!(mails.len(), before + 1, "once in five minutes");
    assert!(mails.last().unwrap().contains(&links().token(shop.id)));
    shop.env.advance(SignedDuration::from_mins(5));
    ask("10001", "ada@example.com").await;
    assert_eq!(shop.email_bodies().await.len(), before + 2);
}

/// A shop in which the law excepts the mugs of the order, which has a lamp as well.
async fn shop_with_excepted_mugs(exception: WithdrawalException) -> Shop {
    let shop = shop_with_three_units().await;
    shop.payment.with(|state| {
        let lines = &mut state.record.cart.lines;
        lines[0].withdrawal_exception = Some(exception);
        let lamp = CartLine { sku: "LAMP-1".parse().unwrap(), withdrawal_exception: None, ..lines[0].clone() };
        lines.push(lamp);
    });
    shop.place_and_work().await;
    shop
}

#[tokio::test]
async fn what_the_law_excepts_stays_with_the_order() {
    let shop = shop_with_excepted_mugs(WithdrawalException::MadeToOrder).await;
    let right = shop.view_order().await.withdrawal.expect("a right");
    assert_eq!(json!(right.lines), json!([{ "sku": "LAMP-1", "quantity": 3 }]));
    let confirmation = shop.email_bodies().await.remove(0);
    assert!(confirmation.contains("\n    No right of withdrawal: made to your specifications.\n"), "{confirmation}");
    let refused = withdraw(&shop, json!({ "lines": lines(1) })).await;
    assert!(refused.text().contains(SKU), "{}", refused.text());
    assert_eq!(refused.problem(409), "not-withdrawable");
    let view: OrderView = withdraw(&shop, json!({})).await.expect(201).read();
    assert_eq!(view.status, OrderStatus::Confirmed, "the mugs are still to be delivered");
    assert_eq!((view.returns.len(), view.withdrawal), (1, None));
}

#[tokio::test]
async fn there_is_no_right_when_the_law_excepts_everything() {
    let shop = shop_with_three_units().await;
    shop.payment.with(|state| {
        state.record.cart.lines[0].withdrawal_exception = Some(WithdrawalException::Perishable);
    });
    shop.place_and_work().await;
    assert_eq!(shop.view_order().await.withdrawal, None);
    assert_eq!(withdraw(&shop, json!({})).await.problem(409), "not-withdrawable");
}

#[tokio::test]
async fn sealed_goods_can_be_withdrawn_from() {
    let shop = shop_with_excepted_mugs(WithdrawalException::SealedHygiene).await;
    let view: OrderView = withdraw(&shop, json!({})).await.expect(201).read();
    assert_eq!(view.status, OrderStatus::Cancelling);
    assert_eq!(view.lines[0].withdrawal_exception, Some(WithdrawalException::SealedHygiene));
}

#[tokio::test]
async fn the_packing_list_names_what_is_not_to_be_packed() {
    let shop = shop_with_three_units().await;
    shop.place_and_work().await;
    let withdrawn =
        async || shop.support().get(&shop.path("/packing-list")).await.expect(200).json()["withdrawn"].clone();
    assert_eq!(withdrawn().await, json!([]));
    withdraw(&shop, json!({ "lines": lines(2) })).await.expect(201);
    assert_eq!(withdrawn().await, lines(2));
    receive(&shop, 1, 2).await.expect(202);
    assert_eq!(withdrawn().await, json!([]), "they are back");
}
