//! Cancellations and refunds after a purchase.

use crate::harness::shopping::string;
use crate::harness::{Client, Shop, TestProduct, eventually};
use serde_json::{Value, json};

fn of(response: &Value, what: &str) -> String {
    format!("/api/v1/orders/{}/{what}", string(&response["order_id"]))
}

#[tokio::test]
async fn a_cancellation_before_shipping_restocks_and_refunds() {
    let shop = Shop::shared().await;
    let (guest, product) = (shop.guest().await, TestProduct::new(shop, 5).await);
    let checkout = guest.buy(&product, 2).await;
    // The shipment leaves after a second, so either the cancellation or the shipment wins.
    let (path, key) = (of(&checkout, "cancel"), Client::key());
    let response = eventually("dispatch knows the order", 60, async || {
        let response = guest.post_with_key(&path, &key, &json!({"reason": "I changed my mind"})).await;
        (response.status != 404).then_some(response)
    })
    .await;
    if response.status == 409 {
        assert_eq!(response.slug(), "not-cancellable");
        guest.wait_for_timeline(&checkout, "delivered").await;
        return;
    }
    response.expect(202);
    let same = guest.post_with_key(&path, &key, &json!({"reason": "I changed my mind"})).await;
    assert_eq!(same.bytes, response.bytes, "a repeated request gets the same response");
    let order = guest.wait_for_timeline(&checkout, "cancelled").await;
    assert_eq!(order["status"], "cancelled");
    let payment = guest.payment(&checkout).await;
    assert_eq!(payment["refunded"], payment["captured"], "{payment}");
    let stock = product.stock(shop).await;
    assert_eq!((&stock["on_hand"], &stock["reserved"]), (&json!(5), &json!(0)), "{stock}");
    let again = guest.post_with_key(&path, &Client::key(), &json!({})).await;
    assert!(matches!(again.status, 202 | 409), "{}", again.text());
}

#[tokio::test]
async fn a_partial_refund_happens_once_per_key_and_never_exceeds_the_captured_amount() {
    let shop = Shop::shared().await;
    let (guest, product) = (shop.guest().await, TestProduct::new(shop, 5).await);
    let response = guest.buy(&product, 2).await;
    let order = guest.wait_for_timeline(&response, "confirmed").await;
    let support = shop.staff("support").await;
    let path = of(&response, "refunds");
    let refund = json!({"amount": {"amount": 700, "currency": "USD"}, "reason": "A scratch"});
    let key = Client::key();
    let first = support.post_with_key(&path, &key, &refund).await;
    first.expect(202);
    assert_eq!(support.post_with_key(&path, &key, &refund).await.bytes, first.bytes);
    let order = eventually("the money is given back", 60, async || {
        let order = guest.get(&format!("/api/v1/orders/{}", string(&order["id"]))).await.expect(200);
        (order["payment"]["refunded"]["amount"] != 0).then_some(order)
    })
    .await;
    assert_eq!(order["payment"]["refunded"]["amount"], 700);
    assert_eq!(guest.payment(&response).await["refunded"]["amount"], 700);
    let rest = order["payment"]["captured"]["amount"].as_i64().unwrap() - 700;
    let more = json!({"amount": {"amount": rest + 1, "currency": "USD"}, "reason": "Too much"});
    assert_eq!(support.post_with_key(&path, &Client::key(), &more).await.problem(409), "refund-too-high");
    let foreign = json!({"amount": {"amount": 1, "currency": "EUR"}, "reason": "Euros"});
    let response = support.post_with_key(&path, &Client::key(), &foreign).await;
    assert!(matches!(response.status, 409 | 422), "{}", response.text());
}

#[tokio::test]
async fn staff_see_every_order_and_a_guest_only_their_own() {
    let shop = Shop::shared().await;
    let (guest, other, product) = (shop.guest().await, shop.guest().await, TestProduct::new(shop, 5).await);
    let response = guest.buy(&product, 1).await;
    guest.wait_for_timeline(&response, "placed").await;
    let path = format!("/api/v1/orders/{}", string(&response["order_id"]));
    assert_eq!(other.get(&path).await.status, 404);
    assert_eq!(shop.anonymous().get(&path).await.status, 401);
    shop.anonymous().get(&format!("{path}?token={}", string(&response["order_token"]))).await.expect(200);
    let forged = shop.anonymous().get(&format!("{path}?token=forged")).await;
    assert!(matches!(forged.status, 401 | 404), "{}", forged.text());
    shop.staff("support").await.get(&path).await.expect(200);
    let all = shop.staff("support").await.get("/api/v1/orders?all=true&limit=100").await.expect(200);
    assert!(all["items"].as_array().unwrap().iter().any(|order| order["id"] == response["order_id"]));
}
