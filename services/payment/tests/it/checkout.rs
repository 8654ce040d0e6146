//! Checkout from a cart to an order.

use crate::shop::Shop;
use contracts::catalogue::ReservationState;
use contracts::payment::{CheckoutResponse, PaymentStatus};
use payment::payment::State;
use payment::store::PaymentStore;
use serde_json::json;

#[tokio::test]
async fn an_accepted_card_places_the_order() {
    let shop = Shop::open().await;
    let answer = shop.check_out("one", &shop.request("Ada").await).await.expect(201);
    assert_eq!(answer.json()["payment"]["status"], "authorised");
    assert_eq!(answer.json()["order_number"], "10001");
    assert_eq!(shop.reserved(), 1);
    assert_eq!(shop.event_kinds().await, ["order.placed"]);
    let event = &shop.files.events().await[0];
    assert!(!event.data.to_string().contains("ada@example.com"), "events carry no personal data");
}

#[tokio::test]
async fn a_refused_card_allows_another_attempt() {
    let shop = Shop::open().await;
    let refused = shop.pay("REFUSED51").await;
    assert_eq!(refused.payment.status, PaymentStatus::Refused);
    assert_eq!(refused.payment.refusal.as_ref().unwrap().code, "51");
    let answer = shop.try_again(&refused.payment, "second", "Ada").await.expect(201).json();
    assert_eq!(answer["payment"]["status"], "authorised");
    assert_eq!(answer["order_id"], json!(refused.order_id));
    let late = shop.try_again(&refused.payment, "third", "Ada").await.problem(409);
    assert_eq!(late, "not-possible-now");
    assert_eq!(shop.event_kinds().await, ["order.placed"]);
}

#[tokio::test]
async fn a_refused_payment_is_continued_by_a_new_checkout() {
    let shop = Shop::open().await;
    let refused = shop.pay("REFUSED").await;
    let paid = shop.pay("Ada").await;
    assert_eq!((paid.order_id, paid.payment.status), (refused.order_id, PaymentStatus::Authorised));
}

#[tokio::test]
async fn a_changed_cart_supersedes_the_refused_payment() {
    let shop = Shop::open().await;
    let refused = shop.pay("REFUSED").await;
    shop.carts.set(1, 2, 3000);
    let paid = shop.pay("Ada").await;
    assert_ne!(paid.order_id, refused.order_id);
    assert_eq!(shop.payment_view(&refused.payment).await.status, PaymentStatus::Closed);
    assert_eq!(shop.stock.with(|stock| stock.of(refused.order_id)), Some(ReservationState::Released));
    assert_eq!(shop.reserved(), 1);
}

#[tokio::test]
async fn a_paid_cart_is_not_charged_twice() {
    let shop = Shop::open().await;
    let first = shop.pay("Ada").await;
    let second = shop.pay("Ada").await;
    assert_eq!(first.order_id, second.order_id);
    assert_eq!(shop.files.operations().await.len(), 1, "charged once");
    assert_eq!(shop.event_kinds().await, ["order.placed"]);
}

#[tokio::test]
async fn items_added_to_a_paid_cart_are_not_treated_as_paid() {
    let shop = Shop::open().await;
    shop.pay("Ada").await;
    // The cart service has not processed `order.placed` yet.
    shop.carts.set(1, 2, 9000);
    let problem = shop.check_out("more", &shop.request("Ada").await).await.problem(409);
    assert_eq!(problem, "cart-in-checkout");
}

#[tokio::test]
async fn a_changed_total_is_refused_without_using_the_key() {
    let shop = Shop::open().await;
    let mut request = shop.request("Ada").await;
    request["expected_total"]["amount"] = json!(1);
    let answer = shop.check_out("one", &request).await;
    assert_eq!(answer.json()["actual"]["amount"], 2500);
    assert_eq!(answer.problem(409), "total-changed");
    assert!(shop.files.payments().await.is_empty());
    let answer = shop.check_out("one", &shop.request("Ada").await).await.expect(201);
    assert_eq!(answer.json()["payment"]["status"], "authorised");
}

#[tokio::test]
async fn insufficient_stock_closes_the_payment() {
    let shop = Shop::with(2500, 0).await;
    let request = shop.request("Ada").await;
    let answer = shop.check_out("one", &request).await;
    assert_eq!(answer.json()["lines"][0]["available"], 0);
    assert_eq!(answer.problem(409), "out-of-stock");
    let payment = shop.files.payments().await.remove(0);
    assert_eq!(payment.state, State::Closed);
    assert_eq!(shop.stock.with(|stock| stock.of(payment.order_id)), Some(ReservationState::Released));
    assert_eq!(shop.check_out("one", &request).await.problem(409), "out-of-stock", "the stored response is replayed");
    shop.stock.with(|stock| stock.on_hand = 1);
    assert_eq!(shop.pay("Ada").await.payment.status, PaymentStatus::Authorised);
}

#[tokio::test]
async fn a_rejected_service_token_does_not_close_the_payment() {
    let shop = Shop::open().await;
    shop.stock.with(|stock| stock.refusal = Some(chassis::problem::UNAUTHENTICATED.detail("Who are you?")));
    let request = shop.request("Ada").await;
    shop.check_out("one", &request).await.expect(503);
    shop.stock.with(|stock| stock.refusal = None);
    let answer = shop.check_out("one", &request).await.expect(201);
    assert_eq!(answer.json()["payment"]["status"], "authorised", "the same request continues at once");
}

#[tokio::test]
async fn a_free_order_needs_no_gateway() {
    let shop = Shop::with(0, 1).await;
    // A card that is given all the same is not charged.
    let paid = shop.pay("Ada").await;
    assert_eq!(paid.payment.status, PaymentStatus::Authorised);
    assert!(shop.files.operations().await.is_empty());
    assert_eq!(shop.event_kinds().await, ["order.placed"]);
    let mut request = shop.request("Ada").await;
    request["payment"] = json!(null);
    shop.carts.set(2, 1, 0);
    shop.stock.with(|stock| stock.on_hand = 2);
    shop.check_out("free", &request).await.expect(201);
}

#[tokio::test]
async fn payments_of_other_customers_are_not_found() {
    let shop = Shop::open().await;
    let paid = shop.pay("REFUSED").await;
    let stranger = shop.env.guest(&shop.service.router).with_header("idempotency-key", "k");
    let path = format!("/api/v1/payments/{}", paid.payment.id);
    stranger.get(&path).await.expect(404);
    stranger.post(&format!("{path}/confirm"), json!({})).await.expect(404);
    let body = json!({"payment": {"method": "card", "session": "x"}});
    stranger.post(&format!("{path}/attempts"), body).await.expect(404);
    shop.env.anonymous(&shop.service.router).get(&path).await.expect(401);
}

#[tokio::test]
async fn unpaid_payments_expire() {
    let shop = Shop::open().await;
    let refused = shop.pay("REFUSED").await;
    shop.later(29 * 60).await;
    assert_eq!(shop.reserved(), 1);
    shop.later(61).await;
    assert_eq!(shop.reserved(), 0);
    let view = shop.payment_view(&refused.payment).await;
    assert_eq!((view.status, view.refusal.unwrap().code.as_str()), (PaymentStatus::Closed, "expired"));
}

#[tokio::test]
async fn failing_payments_do_not_block_others() {
    let shop = Shop::with(2500, 100).await;
    for number in 1..=60 {
        shop.carts.set(number, 1, 2500);
        shop.pay("REFUSED").await;
    }
    shop.env.advance(jiff::SignedDuration::from_mins(25));
    shop.carts.set(99, 1, 2500);
    let lost = shop.pay("LOST").await;
    assert_eq!(lost.payment.status, PaymentStatus::Processing);
    // More payments than fit a batch cannot be closed while the catalogue is unavailable.
    shop.stock.with(|stock| stock.unavailable = true);
    shop.later(6 * 60).await;
    for _ in 0..3 {
        shop.engine.process_due().await.unwrap();
    }
    assert_eq!(shop.payment_view(&lost.payment).await.status, PaymentStatus::Authorised);
    shop.stock.with(|stock| stock.unavailable = false);
    for _ in 0..3 {
        shop.later(31).await;
    }
    assert_eq!(shop.reserved(), 1);
}

#[tokio::test]
async fn an_address_is_checked_by_the_rules_of_its_country() {
    let shop = Shop::open().await;
    let request = shop.request("Ada").await;
    for (field, value, pointer) in [
        ("country", json!("UK"), "/address/country"),
        ("country", json!("XX"), "/address/country"),
        ("region", json!(""), "/address/region"),
        ("postal_code", json!("notazip"), "/address/postal_code"),
        ("postal_code", json!("95014"), "/address/postal_code"),
        ("city", json!(" "), "/address/city"),
    ] {
        let mut changed = request.clone();
        changed["address"][field] = value;
        let answer = shop.check_out("one", &changed).await.expect(422);
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer);
    }
    assert_eq!(shop.reserved(), 0);
    // The key was not used up, and the address is stored in one form.
    let mut typed = request.clone();
    (typed["address"]["region"], typed["address"]["postal_code"]) = (json!("illinois"), json!("62701 1234"));
    let response: CheckoutResponse = shop.check_out("one", &typed).await.expect(201).read();
    let payment = shop.files.store.find(response.payment.id).await.unwrap().unwrap();
    assert_eq!(payment.address.region.unwrap().as_str(), "IL");
    assert_eq!(payment.address.postal_code.unwrap().as_str(), "62701-1234");
}
