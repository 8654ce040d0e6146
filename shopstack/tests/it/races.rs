//! Concurrency: no unit is sold twice, no update is lost, no request takes effect twice.

use crate::harness::{Client, Purchase, Response, Shop, TestProduct, eventually, unique};
use futures::future::join_all;
use serde_json::json;

/// Sends a checkout until it is processed: a busy shop responds with 503.
async fn send_until_answered(purchase: &Purchase, guest: &Client) -> Response {
    eventually("a checkout is answered", 120, async || {
        let response = purchase.send(guest).await;
        (response.status != 503 && response.slug() != "request-in-flight").then_some(response)
    })
    .await
}

#[tokio::test]
async fn fifty_buyers_of_ten_units_are_ten_sales() {
    let shop = Shop::start().await;
    let product = TestProduct::new(&shop, 10).await;
    let guests = join_all((0..50).map(|_| shop.guest())).await;
    let prepared = join_all(guests.iter().map(|guest| Purchase::prepare(guest, &product, 1, "Ada Lovelace"))).await;
    let responses =
        join_all(prepared.iter().zip(&guests).map(|(purchase, guest)| send_until_answered(purchase, guest))).await;
    let sold: Vec<usize> = (0..50).filter(|place| responses[*place].status == 201).collect();
    assert_eq!(sold.len(), 10, "{:?}", responses.iter().map(|response| response.text()).collect::<Vec<_>>());
    for (place, response) in responses.iter().enumerate().filter(|(place, _)| !sold.contains(place)) {
        assert_eq!(response.problem(409), "out-of-stock", "buyer {place}");
    }
    for place in sold {
        assert_eq!(responses[place].json()["payment"]["status"], "authorised");
        guests[place].wait_for_timeline(&responses[place].json(), "confirmed").await;
    }
    let stock = product.stock(&shop).await;
    assert_eq!((&stock["on_hand"], &stock["reserved"]), (&json!(0), &json!(0)), "{stock}");
    shop.assert_audit_is_clean(30).await;
}

#[tokio::test]
async fn a_hundred_parallel_additions_to_one_cart_are_all_applied() {
    let shop = Shop::shared().await;
    let guest = shop.guest().await;
    let product = join_all((0..4).map(|_| TestProduct::new(shop, 100))).await;
    join_all((0..100).map(|number| guest.add_to_cart(&product[number % 4].sku, 1))).await;
    let cart = guest.get("/api/v1/cart").await.expect(200);
    assert_eq!(cart["item_count"], 100, "{cart}");
    assert!(cart["lines"].as_array().unwrap().iter().all(|line| line["quantity"] == 25), "{cart}");
}

#[tokio::test]
async fn one_checkout_sent_twenty_times_at_once_is_one_order_and_one_response() {
    let shop = Shop::shared().await;
    let (guest, product) = (shop.guest().await, TestProduct::new(shop, 50).await);
    let purchase = Purchase::prepare(&guest, &product, 1, "Ada Lovelace").await;
    let responses = join_all((0..20).map(|_| purchase.send(&guest))).await;
    let after = purchase.send(&guest).await;
    after.expect(201);
    for response in &responses {
        match response.status {
            201 => assert_eq!(response.bytes, after.bytes),
            _ => assert_eq!(response.problem(409), "request-in-flight"),
        }
    }
    guest.wait_for_timeline(&after.json(), "confirmed").await;
    assert_eq!(product.stock(shop).await["on_hand"], 49);
    assert_eq!(guest.get("/api/v1/orders").await.expect(200)["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn one_cart_checked_out_under_twenty_keys_at_once_is_one_order() {
    let shop = Shop::shared().await;
    let (guest, product) = (shop.guest().await, TestProduct::new(shop, 50).await);
    let purchase = Purchase::prepare(&guest, &product, 1, "Ada Lovelace").await;
    let all: Vec<Purchase> = (0..20).map(|_| purchase.with_new_key()).collect();
    let responses = join_all(all.iter().map(|purchase| purchase.send(&guest))).await;
    let mut orders: Vec<String> = responses
        .iter()
        .filter(|response| response.status == 201)
        .map(|response| response.json()["order_id"].to_string())
        .collect();
    orders.dedup();
    assert_eq!(orders.len(), 1, "{orders:?}");
    for response in responses.iter().filter(|response| response.status != 201) {
        response.expect(409);
    }
    let sold = eventually("the goods have left", 60, async || {
        let stock = product.stock(shop).await;
        (stock["reserved"] == 0).then_some(stock)
    });
    assert_eq!(sold.await["on_hand"], 49);
}

#[tokio::test]
async fn a_promotion_code_with_three_uses_is_used_three_times() {
    let shop = Shop::start().await;
    let product = TestProduct::new(&shop, 50).await;
    let code = unique("three").to_uppercase();
    let draft = json!({
        "benefit": {"kind": "percent", "rate": 100_000}, "description": "For the first three", "usage_limit": 3,
        "active": true
    });
    let written = shop.staff("merchant").await.put(&format!("/api/v1/promotions/{code}"), draft).await;
    assert!(matches!(written.status, 200 | 201), "{}", written.text());
    let buyers = join_all((0..12).map(async |_| {
        let guest = shop.guest().await;
        guest.add_to_cart(&product.sku, 1).await;
        guest.choose_shipping().await;
        let cart = guest.put("/api/v1/cart/promotion", json!({"code": code})).await.expect(200);
        let purchase = Purchase::of(&cart, Some(&guest.card("Ada Lovelace").await));
        (guest, purchase)
    }))
    .await;
    let responses = join_all(buyers.iter().map(|(guest, purchase)| purchase.send(guest))).await;
    let sold = responses.iter().filter(|response| response.status == 201).count();
    let text: Vec<_> = responses.iter().map(|response| response.text()).collect();
    assert_eq!(sold, 3, "{text:#?}");
    for response in responses.iter().filter(|response| response.status != 201) {
        response.expect(409);
        assert!(matches!(response.slug().as_str(), "code-not-applicable" | "total-changed"), "{}", response.text());
    }
    shop.assert_audit_is_clean(30).await;
}
