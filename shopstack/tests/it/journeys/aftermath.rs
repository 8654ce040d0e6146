//! Cancellations and refunds.

use crate::harness::shopping::text;
use crate::harness::{Goods, Shop, Visitor, eventually};
use serde_json::{Value, json};

fn of(answer: &Value, what: &str) -> String {
    format!("/api/v1/orders/{}/{what}", text(&answer["order_id"]))
}

#[tokio::test]
async fn a_cancellation_before_the_parcel_leaves_gives_back_stock_and_money() {
    let shop = Shop::shared().await;
    let (guest, goods) = (shop.guest().await, Goods::new(shop, 5).await);
    let answer = guest.buys(&goods, 2).await;
    // The parcel leaves after a second: whoever is quicker wins, and says so.
    let (path, key) = (of(&answer, "cancel"), Visitor::key());
    let asked = eventually("dispatch knows the order", 60, async || {
        let asked = guest.post_with_key(&path, &key, &json!({"reason": "I changed my mind"})).await;
        (asked.status != 404).then_some(asked)
    })
    .await;
    if asked.status == 409 {
        assert_eq!(asked.slug(), "not-cancellable");
        guest.sees_order(&answer, "delivered").await;
        return;
    }
    asked.expect(202);
    let same = guest.post_with_key(&path, &key, &json!({"reason": "I changed my mind"})).await;
    assert_eq!(same.bytes, asked.bytes, "the same request, the same answer");
    let order = guest.sees_order(&answer, "cancelled").await;
    assert_eq!(order["status"], "cancelled");
    let payment = guest.payment(&answer).await;
    assert_eq!(payment["refunded"], payment["captured"], "{payment}");
    let stock = goods.stock(shop).await;
    assert_eq!((&stock["on_hand"], &stock["reserved"]), (&json!(5), &json!(0)), "{stock}");
    let again = guest.post_with_key(&path, &Visitor::key(), &json!({})).await;
    assert!(matches!(again.status, 202 | 409), "{}", again.text());
}

#[tokio::test]
async fn staff_give_back_a_part_once_per_key_and_never_more_than_was_taken() {
    let shop = Shop::shared().await;
    let (guest, goods) = (shop.guest().await, Goods::new(shop, 5).await);
    let answer = guest.buys(&goods, 2).await;
    let order = guest.sees_order(&answer, "confirmed").await;
    let support = shop.staff("support").await;
    let path = of(&answer, "refunds");
    let refund = json!({"amount": {"amount": 700, "currency": "USD"}, "reason": "A scratch"});
    let key = Visitor::key();
    let first = support.post_with_key(&path, &key, &refund).await;
    first.expect(202);
    assert_eq!(support.post_with_key(&path, &key, &refund).await.bytes, first.bytes);
    let order = eventually("the money is given back", 60, async || {
        let order = guest.get(&format!("/api/v1/orders/{}", text(&order["id"]))).await.expect(200);
        (order["payment"]["refunded"]["amount"] != 0).then_some(order)
    })
    .await;
    assert_eq!(order["payment"]["refunded"]["amount"], 700);
    assert_eq!(guest.payment(&answer).await["refunded"]["amount"], 700);
    let rest = order["payment"]["captured"]["amount"].as_i64().unwrap() - 700;
    let more = json!({"amount": {"amount": rest + 1, "currency": "USD"}, "reason": "Too much"});
    assert_eq!(support.post_with_key(&path, &Visitor::key(), &more).await.problem(409), "refund-too-high");
    let foreign = json!({"amount": {"amount": 1, "currency": "EUR"}, "reason": "Euros"});
    let answer = support.post_with_key(&path, &Visitor::key(), &foreign).await;
    assert!(matches!(answer.status, 409 | 422), "{}", answer.text());
}

#[tokio::test]
async fn staff_see_every_order_and_a_guest_only_their_own() {
    let shop = Shop::shared().await;
    let (guest, other, goods) = (shop.guest().await, shop.guest().await, Goods::new(shop, 5).await);
    let answer = guest.buys(&goods, 1).await;
    guest.sees_order(&answer, "placed").await;
    let path = format!("/api/v1/orders/{}", text(&answer["order_id"]));
    assert_eq!(other.get(&path).await.status, 404);
    assert_eq!(shop.stranger().get(&path).await.status, 401);
    shop.stranger().get(&format!("{path}?token={}", text(&answer["order_token"]))).await.expect(200);
    let forged = shop.stranger().get(&format!("{path}?token=forged")).await;
    assert!(matches!(forged.status, 401 | 404), "{}", forged.text());
    shop.staff("support").await.get(&path).await.expect(200);
    let all = shop.staff("support").await.get("/api/v1/orders?all=true&limit=100").await.expect(200);
    assert!(all["items"].as_array().unwrap().iter().any(|order| order["id"] == answer["order_id"]));
}
