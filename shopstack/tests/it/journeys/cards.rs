//! Cards that are refused, whose answers are lost, or whose banks ask.

use crate::harness::shopping::{PRICE, text};
use crate::harness::{Goods, Purchase, Shop, Visitor, eventually, unique};
use reqwest::Method;
use serde_json::{Value, json};

async fn settled(visitor: &Visitor, answer: &Value, status: &str) -> Value {
    eventually(&format!("the payment is {status}"), 60, async || {
        let payment = visitor.payment(answer).await;
        (payment["status"] == status).then_some(payment)
    })
    .await
}

fn attempts(answer: &Value) -> String {
    format!("/api/v1/payments/{}/attempts", text(&answer["payment"]["id"]))
}

fn next_card(session: &str) -> Value {
    json!({"payment": {"method": "card", "session": session}})
}

#[tokio::test]
async fn a_refused_card_costs_nothing_and_the_next_one_pays_the_same_order() {
    let shop = Shop::shared().await;
    let (guest, goods) = (shop.guest().await, Goods::new(shop, 5).await);
    let purchase = Purchase::prepare(&guest, &goods, 1, "REFUSED51").await;
    let refused = purchase.send(&guest).await.expect(201);
    assert_eq!(refused["payment"]["status"], "refused", "{refused}");
    assert_eq!(refused["payment"]["refusal"]["code"], "51");
    assert_eq!(refused["payment"]["captured"]["amount"], 0);
    assert_eq!(guest.get("/api/v1/cart").await.expect(200)["item_count"], 1, "the cart stays as it was");

    let body = next_card(&guest.card("Ada Lovelace").await);
    let (path, key) = (attempts(&refused), Visitor::key());
    let paid = guest.post_with_key(&path, &key, &body).await;
    assert_eq!(paid.expect(201)["payment"]["status"], "authorised");
    assert_eq!(paid.json()["order_id"], refused["order_id"]);
    assert_eq!(guest.post_with_key(&path, &key, &body).await.bytes, paid.bytes, "sent again, it is the same answer");
    guest.sees_order(&refused, "confirmed").await;
    let once_more = guest.post_with_key(&path, &Visitor::key(), &body).await;
    assert_eq!(once_more.problem(409), "not-possible-now");
}

#[tokio::test]
async fn a_lost_answer_is_no_failure_it_is_found_out_and_charged_exactly_once() {
    let shop = Shop::shared().await;
    let (guest, goods) = (shop.guest().await, Goods::new(shop, 5).await);
    let purchase = Purchase::prepare(&guest, &goods, 1, "LOST").await;
    let answer = purchase.send(&guest).await;
    // The gateway tells of it by itself too: before, or after, the lost answer is missed.
    match answer.status {
        202 => assert_eq!(answer.json()["payment"]["status"], "processing"),
        _ => assert_eq!(answer.expect(201)["payment"]["status"], "authorised"),
    }
    let answer = answer.json();
    let meanwhile = purchase.anew().send(&guest).await;
    // No second charge, whether the first is known by now or not.
    match meanwhile.status {
        409 => assert!(matches!(meanwhile.slug().as_str(), "cart-in-checkout" | "cart-empty"), "{}", meanwhile.text()),
        _ => assert_eq!(meanwhile.expect(201)["order_id"], answer["order_id"]),
    }
    let payment = settled(&guest, &answer, "authorised").await;
    assert_eq!(payment["order_id"], answer["order_id"]);
    let order = guest.sees_order(&answer, "confirmed").await;
    assert_eq!(order["payment"]["captured"], payment["amount"]);
    let orders = guest.get("/api/v1/orders").await.expect(200);
    assert_eq!(orders["items"].as_array().unwrap().len(), 1);
    assert_eq!(goods.stock(shop).await["on_hand"], 4);
}

async fn challenged(shop: &Shop, goods: &Goods) -> (Visitor, Value) {
    let guest = shop.guest().await;
    let answer = Purchase::prepare(&guest, goods, 1, "CHALLENGE").await.send(&guest).await.expect(201);
    assert_eq!(answer["payment"]["status"], "action_required", "{answer}");
    assert_eq!(answer["payment"]["action"]["type"], "challenge", "{answer}");
    (guest, answer)
}

/// The customer goes to the bank, decides, and is sent back by the bank's page.
async fn decides(shop: &Shop, answer: &Value, decision: &str) {
    let (bank, action) = (shop.stranger(), &answer["payment"]["action"]);
    let jwt = text(&action["jwt"]);
    let page = bank.submit(&text(&action["url"]), &[("JWT", &jwt)]).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.text().contains("Is this you?"), "the page asks: {}", page.text());
    let back = bank.submit("/sandbox/challenge/decision", &[("JWT", &jwt), ("decision", decision)]).await;
    let path = format!("/api/v1/payments/{}/return", text(&answer["payment"]["id"]));
    assert!(back.text().contains(&path), "the page leads back: {}", back.text());
    // As another site's page would post it, without the shop's cookies.
    let request = bank.request(Method::POST, &path).form(&[("TransactionId", "x")]);
    let request = request.header("origin", "https://bank.example").header("sec-fetch-site", "cross-site");
    let shown = bank.send(request).await;
    assert_eq!(shown.status, 303, "{}", shown.text());
    assert_eq!(shown.header("location"), format!("/checkout/return?payment={}", text(&answer["payment"]["id"])));
}

async fn is_back(guest: &Visitor, answer: &Value) -> Value {
    let path = format!("/api/v1/payments/{}/confirm", text(&answer["payment"]["id"]));
    guest.post(&path, json!({})).await.expect(200)
}

#[tokio::test]
async fn a_customer_who_approves_at_the_bank_has_paid() {
    let shop = Shop::shared().await;
    let goods = Goods::new(shop, 5).await;
    let (guest, answer) = challenged(shop, &goods).await;
    decides(shop, &answer, "confirmed").await;
    let payment = is_back(&guest, &answer).await;
    assert_eq!(payment["status"], "authorised", "{payment}");
    guest.sees_order(&answer, "confirmed").await;
}

#[tokio::test]
async fn a_customer_who_denies_at_the_bank_may_take_another_card() {
    let shop = Shop::shared().await;
    let goods = Goods::new(shop, 5).await;
    let (guest, answer) = challenged(shop, &goods).await;
    decides(shop, &answer, "denied").await;
    let payment = is_back(&guest, &answer).await;
    assert_eq!(payment["status"], "refused", "{payment}");
    assert_eq!(payment["refusal"]["code"], "challenge-denied");
    let body = next_card(&guest.card("Ada Lovelace").await);
    let paid = guest.post_with_key(&attempts(&answer), &Visitor::key(), &body).await.expect(201);
    assert_eq!(paid["payment"]["status"], "authorised");
}

#[tokio::test]
async fn a_session_that_the_gateway_does_not_know_is_a_refusal() {
    let shop = Shop::shared().await;
    let (guest, goods) = (shop.guest().await, Goods::new(shop, 5).await);
    let mut purchase = Purchase::prepare(&guest, &goods, 1, "Ada Lovelace").await;
    purchase.body["payment"]["session"] = json!("sbx_forged");
    let answer = purchase.send(&guest).await.expect(201);
    assert_eq!(answer["payment"]["status"], "refused", "{answer}");
}

#[tokio::test]
async fn an_order_of_nothing_needs_no_card() {
    // Its shipping is free, which the other tests' is not.
    let shop = Shop::start().await;
    if !shop.is_own() {
        // It changes what shipping costs everybody.
        return;
    }
    let (guest, goods, merchant) = (shop.guest().await, Goods::new(&shop, 5).await, shop.staff("merchant").await);
    let mut zones = merchant.get("/api/v1/shipping/zones").await.expect(200);
    let before = zones.clone();
    for zone in zones["zones"].as_array_mut().unwrap() {
        for way in ["standard", "express"] {
            (zone[way]["base"], zone[way]["per_kg"]) = (json!(0), json!(0));
        }
    }
    merchant.put("/api/v1/shipping/zones", zones).await.expect(200);
    let gift = json!({"benefit": {"kind": "percent", "rate": 1_000_000}, "description": "A gift", "active": true});
    let code = unique("gift").to_uppercase();
    let written = merchant.put(&format!("/api/v1/promotions/{code}"), gift).await;
    assert!(matches!(written.status, 200 | 201), "{}", written.text());

    guest.adds(&goods.sku, 1).await;
    guest.chooses_shipping().await;
    let cart = guest.put("/api/v1/cart/promotion", json!({"code": code})).await.expect(200);
    assert_eq!(cart["totals"]["discount"]["amount"], PRICE, "{cart}");
    assert_eq!(cart["totals"]["total"]["amount"], 0, "{cart}");
    let answer = Purchase::of(&cart, None).send(&guest).await.expect(201);
    assert_eq!(answer["payment"]["status"], "authorised", "{answer}");
    let order = guest.sees_order(&answer, "confirmed").await;
    assert_eq!(order["payment"]["captured"]["amount"], 0);
    shop.passes_its_audit(20).await;
    let now = merchant.get("/api/v1/shipping/zones").await.expect(200);
    let prices = json!({"version": now["version"], "zones": before["zones"], "excluded": before["excluded"]});
    merchant.put("/api/v1/shipping/zones", prices).await.expect(200);
}
