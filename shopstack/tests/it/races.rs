//! Many at once: nothing is sold twice, nothing is lost, nothing happens twice.

use crate::harness::{Answer, Goods, Purchase, Shop, Visitor, eventually, unique};
use futures::future::join_all;
use serde_json::json;

/// Sends it until it is answered: a shop that is busy says so, and when to come again.
async fn insists(purchase: &Purchase, guest: &Visitor) -> Answer {
    eventually("a checkout is answered", 120, async || {
        let answer = purchase.send(guest).await;
        (answer.status != 503 && answer.slug() != "request-in-flight").then_some(answer)
    })
    .await
}

#[tokio::test]
async fn fifty_buyers_of_ten_pieces_are_ten_sales() {
    let shop = Shop::start().await;
    let goods = Goods::new(&shop, 10).await;
    let guests = join_all((0..50).map(|_| shop.guest())).await;
    let prepared = join_all(guests.iter().map(|guest| Purchase::prepare(guest, &goods, 1, "Ada Lovelace"))).await;
    let answers = join_all(prepared.iter().zip(&guests).map(|(purchase, guest)| insists(purchase, guest))).await;
    let sold: Vec<usize> = (0..50).filter(|place| answers[*place].status == 201).collect();
    assert_eq!(sold.len(), 10, "{:?}", answers.iter().map(|answer| answer.text()).collect::<Vec<_>>());
    for (place, answer) in answers.iter().enumerate().filter(|(place, _)| !sold.contains(place)) {
        assert_eq!(answer.problem(409), "out-of-stock", "buyer {place}");
    }
    for place in sold {
        assert_eq!(answers[place].json()["payment"]["status"], "authorised");
        guests[place].sees_order(&answers[place].json(), "confirmed").await;
    }
    let stock = goods.stock(&shop).await;
    assert_eq!((&stock["on_hand"], &stock["reserved"]), (&json!(0), &json!(0)), "{stock}");
    shop.passes_its_audit(30).await;
}

#[tokio::test]
async fn a_hundred_parallel_adds_to_one_cart_are_all_there() {
    let shop = Shop::shared().await;
    let guest = shop.guest().await;
    let goods = join_all((0..4).map(|_| Goods::new(shop, 100))).await;
    join_all((0..100).map(|number| guest.adds(&goods[number % 4].sku, 1))).await;
    let cart = guest.get("/api/v1/cart").await.expect(200);
    assert_eq!(cart["item_count"], 100, "{cart}");
    assert!(cart["lines"].as_array().unwrap().iter().all(|line| line["quantity"] == 25), "{cart}");
}

#[tokio::test]
async fn one_checkout_sent_twenty_times_at_once_is_one_order_and_one_answer() {
    let shop = Shop::shared().await;
    let (guest, goods) = (shop.guest().await, Goods::new(shop, 50).await);
    let purchase = Purchase::prepare(&guest, &goods, 1, "Ada Lovelace").await;
    let answers = join_all((0..20).map(|_| purchase.send(&guest))).await;
    let after = purchase.send(&guest).await;
    after.expect(201);
    for answer in &answers {
        match answer.status {
            201 => assert_eq!(answer.bytes, after.bytes),
            _ => assert_eq!(answer.problem(409), "request-in-flight"),
        }
    }
    guest.sees_order(&after.json(), "confirmed").await;
    assert_eq!(goods.stock(shop).await["on_hand"], 49);
    assert_eq!(guest.get("/api/v1/orders").await.expect(200)["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn one_cart_checked_out_under_twenty_keys_at_once_is_one_order() {
    let shop = Shop::shared().await;
    let (guest, goods) = (shop.guest().await, Goods::new(shop, 50).await);
    let purchase = Purchase::prepare(&guest, &goods, 1, "Ada Lovelace").await;
    let all: Vec<Purchase> = (0..20).map(|_| purchase.anew()).collect();
    let answers = join_all(all.iter().map(|purchase| purchase.send(&guest))).await;
    let mut orders: Vec<String> = answers
        .iter()
        .filter(|answer| answer.status == 201)
        .map(|answer| answer.json()["order_id"].to_string())
        .collect();
    orders.dedup();
    assert_eq!(orders.len(), 1, "{orders:?}");
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.expect(409);
    }
    let sold = eventually("the goods have left", 60, async || {
        let stock = goods.stock(shop).await;
        (stock["reserved"] == 0).then_some(stock)
    });
    assert_eq!(sold.await["on_hand"], 49);
}

#[tokio::test]
async fn a_code_for_three_is_used_three_times_by_twelve_at_once() {
    let shop = Shop::start().await;
    let goods = Goods::new(&shop, 50).await;
    let code = unique("three").to_uppercase();
    let draft = json!({
        "benefit": {"kind": "percent", "rate": 100_000}, "description": "For the first three", "usage_limit": 3,
        "active": true
    });
    let written = shop.staff("merchant").await.put(&format!("/api/v1/promotions/{code}"), draft).await;
    assert!(matches!(written.status, 200 | 201), "{}", written.text());
    let buyers = join_all((0..12).map(async |_| {
        let guest = shop.guest().await;
        guest.adds(&goods.sku, 1).await;
        guest.chooses_shipping().await;
        let cart = guest.put("/api/v1/cart/promotion", json!({"code": code})).await.expect(200);
        let purchase = Purchase::of(&cart, Some(&guest.card("Ada Lovelace").await));
        (guest, purchase)
    }))
    .await;
    let answers = join_all(buyers.iter().map(|(guest, purchase)| purchase.send(guest))).await;
    let sold = answers.iter().filter(|answer| answer.status == 201).count();
    let told: Vec<_> = answers.iter().map(|answer| answer.text()).collect();
    assert_eq!(sold, 3, "{told:#?}");
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.expect(409);
        assert!(matches!(answer.slug().as_str(), "code-not-applicable" | "total-changed"), "{}", answer.text());
    }
    shop.passes_its_audit(30).await;
}
