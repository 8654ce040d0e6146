//! Declined cards, lost gateway responses and 3-D Secure challenges.

use crate::harness::shopping::{PRICE, string};
use crate::harness::{Client, Purchase, Shop, TestProduct, eventually, unique};
use reqwest::Method;
use serde_json::{Value, json};

async fn settled(client: &Client, response: &Value, status: &str) -> Value {
    eventually(&format!("the payment is {status}"), 60, async || {
        let payment = client.payment(response).await;
        (payment["status"] == status).then_some(payment)
    })
    .await
}

fn attempts(response: &Value) -> String {
    format!("/api/v1/payments/{}/attempts", string(&response["payment"]["id"]))
}

fn next_card(session: &str) -> Value {
    json!({"payment": {"method": "card", "session": session}})
}

#[tokio::test]
async fn a_declined_card_is_not_charged_and_a_second_card_pays_the_same_order() {
    let shop = Shop::shared().await;
    let (guest, product) = (shop.guest().await, TestProduct::new(shop, 5).await);
    let purchase = Purchase::prepare(&guest, &product, 1, "REFUSED51").await;
    let refused = purchase.send(&guest).await.expect(201);
    assert_eq!(refused["payment"]["status"], "refused", "{refused}");
    assert_eq!(refused["payment"]["refusal"]["code"], "51");
    assert_eq!(refused["payment"]["captured"]["amount"], 0);
    assert_eq!(guest.get("/api/v1/cart").await.expect(200)["item_count"], 1, "the cart stays as it was");

    let body = next_card(&guest.card("Ada Lovelace").await);
    let (path, key) = (attempts(&refused), Client::key());
    let paid = guest.post_with_key(&path, &key, &body).await;
    assert_eq!(paid.expect(201)["payment"]["status"], "authorised");
    assert_eq!(paid.json()["order_id"], refused["order_id"]);
    assert_eq!(guest.post_with_key(&path, &key, &body).await.bytes, paid.bytes, "sent again, it is the same answer");
    guest.wait_for_timeline(&refused, "confirmed").await;
    let once_more = guest.post_with_key(&path, &Client::key(), &body).await;
    assert_eq!(once_more.problem(409), "not-possible-now");
}

#[tokio::test]
async fn a_lost_gateway_response_is_resolved_and_charged_exactly_once() {
    let shop = Shop::shared().await;
    let (guest, product) = (shop.guest().await, TestProduct::new(shop, 5).await);
    let purchase = Purchase::prepare(&guest, &product, 1, "LOST").await;
    let response = purchase.send(&guest).await;
    // The webhook may arrive before or after the shop notices that the response is missing.
    match response.status {
        202 => assert_eq!(response.json()["payment"]["status"], "processing"),
        _ => assert_eq!(response.expect(201)["payment"]["status"], "authorised"),
    }
    let response = response.json();
    let meanwhile = purchase.with_new_key().send(&guest).await;
    // There must be no second charge, whether or not the first is known by now.
    match meanwhile.status {
        409 => assert!(matches!(meanwhile.slug().as_str(), "cart-in-checkout" | "cart-empty"), "{}", meanwhile.text()),
        _ => assert_eq!(meanwhile.expect(201)["order_id"], response["order_id"]),
    }
    let payment = settled(&guest, &response, "authorised").await;
    assert_eq!(payment["order_id"], response["order_id"]);
    let order = guest.wait_for_timeline(&response, "confirmed").await;
    assert_eq!(order["payment"]["captured"], payment["amount"]);
    let orders = guest.get("/api/v1/orders").await.expect(200);
    assert_eq!(orders["items"].as_array().unwrap().len(), 1);
    assert_eq!(product.stock(shop).await["on_hand"], 4);
}

async fn challenged(shop: &Shop, product: &TestProduct) -> (Client, Value) {
    let guest = shop.guest().await;
    let response = Purchase::prepare(&guest, product, 1, "CHALLENGE").await.send(&guest).await.expect(201);
    assert_eq!(response["payment"]["status"], "action_required", "{response}");
    assert_eq!(response["payment"]["action"]["type"], "challenge", "{response}");
    (guest, response)
}

/// Opens the bank's page, decides, and follows the redirect back to the shop.
async fn decides(shop: &Shop, response: &Value, decision: &str) {
    let (bank, action) = (shop.anonymous(), &response["payment"]["action"]);
    let jwt = string(&action["jwt"]);
    let page = bank.submit(&string(&action["url"]), &[("JWT", &jwt)]).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.text().contains("Confirm your payment"), "the page asks: {}", page.text());
    let back = bank.submit("/sandbox/challenge/decision", &[("JWT", &jwt), ("decision", decision)]).await;
    let path = format!("/api/v1/payments/{}/return", string(&response["payment"]["id"]));
    assert!(back.text().contains(&path), "the page leads back: {}", back.text());
    // Posted as by another site's page: without the shop's cookies.
    let request = bank.request(Method::POST, &path).form(&[("TransactionId", "x")]);
    let request = request.header("origin", "https://bank.example").header("sec-fetch-site", "cross-site");
    let summary = bank.send(request).await;
    assert_eq!(summary.status, 303, "{}", summary.text());
    assert_eq!(summary.header("location"), format!("/checkout/return?payment={}", string(&response["payment"]["id"])));
}

async fn is_back(guest: &Client, response: &Value) -> Value {
    let path = format!("/api/v1/payments/{}/confirm", string(&response["payment"]["id"]));
    guest.post(&path, json!({})).await.expect(200)
}

#[tokio::test]
async fn an_approved_challenge_completes_the_payment() {
    let shop = Shop::shared().await;
    let product = TestProduct::new(shop, 5).await;
    let (guest, response) = challenged(shop, &product).await;
    decides(shop, &response, "confirmed").await;
    let payment = is_back(&guest, &response).await;
    assert_eq!(payment["status"], "authorised", "{payment}");
    guest.wait_for_timeline(&response, "confirmed").await;
}

#[tokio::test]
async fn after_a_denied_challenge_another_card_can_pay() {
    let shop = Shop::shared().await;
    let product = TestProduct::new(shop, 5).await;
    let (guest, response) = challenged(shop, &product).await;
    decides(shop, &response, "denied").await;
    let payment = is_back(&guest, &response).await;
    assert_eq!(payment["status"], "refused", "{payment}");
    assert_eq!(payment["refusal"]["code"], "challenge-denied");
    let body = next_card(&guest.card("Ada Lovelace").await);
    let paid = guest.post_with_key(&attempts(&response), &Client::key(), &body).await.expect(201);
    assert_eq!(paid["payment"]["status"], "authorised");
}

#[tokio::test]
async fn a_refused_card_does_not_hold_the_last_piece_against_its_own_customer() {
    let shop = Shop::shared().await;
    let (guest, product) = (shop.guest().await, TestProduct::new(shop, 1).await);
    let refused = Purchase::prepare(&guest, &product, 1, "REFUSED51").await.send(&guest).await.expect(201);
    assert_eq!(refused["payment"]["status"], "refused");
    let cart = guest.get("/api/v1/cart").await.expect(200);
    assert_eq!((&cart["lines"][0]["available"], &cart["lines"][0]["max_quantity"]), (&json!(true), &json!(1)));
    assert_eq!(cart["changes"], json!([]));
    let other = shop.guest().await;
    let line = json!({"sku": product.sku, "quantity": 1});
    assert_eq!(other.post("/api/v1/cart/lines", line).await.problem(409), "out-of-stock", "others find it sold out");
    let paid = Purchase::of(&cart, Some(&guest.card("Ada Lovelace").await)).send(&guest).await.expect(201);
    assert_eq!(paid["payment"]["status"], "authorised", "{paid}");
    guest.wait_for_timeline(&paid, "confirmed").await;
    assert_eq!(product.stock(shop).await["on_hand"], 0);
}

#[tokio::test]
async fn after_a_refused_card_the_cart_can_be_changed_up_to_its_own_units() {
    let shop = Shop::shared().await;
    let (guest, product) = (shop.guest().await, TestProduct::new(shop, 5).await);
    Purchase::prepare(&guest, &product, 3, "REFUSED51").await.send(&guest).await.expect(201);
    let line = format!("/api/v1/cart/lines/{}", product.sku);
    assert_eq!(guest.put(&line, json!({"quantity": 6})).await.problem(409), "out-of-stock");
    guest.put(&line, json!({"quantity": 5})).await.expect(200);
    let cart = guest.choose_shipping().await;
    let paid = Purchase::of(&cart, Some(&guest.card("Ada Lovelace").await)).send(&guest).await.expect(201);
    assert_eq!(
        (&paid["payment"]["status"], &paid["payment"]["amount"]),
        (&json!("authorised"), &cart["totals"]["total"])
    );
    guest.wait_for_timeline(&paid, "confirmed").await;
    assert_eq!(product.stock(shop).await["on_hand"], 0);
}

#[tokio::test]
async fn a_changed_cart_gives_up_the_challenge_that_was_pending() {
    let shop = Shop::shared().await;
    let product = TestProduct::new(shop, 5).await;
    let (guest, pending) = challenged(shop, &product).await;
    guest.put(&format!("/api/v1/cart/lines/{}", product.sku), json!({"quantity": 2})).await.expect(200);
    let cart = guest.choose_shipping().await;
    let paid = Purchase::of(&cart, Some(&guest.card("Ada Lovelace").await)).send(&guest).await.expect(201);
    assert_eq!(
        (&paid["payment"]["status"], &paid["payment"]["amount"]),
        (&json!("authorised"), &cart["totals"]["total"])
    );
    assert_ne!(paid["order_id"], pending["order_id"]);
    assert_eq!(guest.payment(&pending).await["status"], "closed");
    guest.wait_for_timeline(&paid, "confirmed").await;
    assert_eq!(product.stock(shop).await["on_hand"], 3, "only the second order was fulfilled");
}

#[tokio::test]
async fn an_unknown_card_session_is_declined() {
    let shop = Shop::shared().await;
    let (guest, product) = (shop.guest().await, TestProduct::new(shop, 5).await);
    let mut purchase = Purchase::prepare(&guest, &product, 1, "Ada Lovelace").await;
    purchase.body["payment"]["session"] = json!("sbx_forged");
    let response = purchase.send(&guest).await.expect(201);
    assert_eq!(response["payment"]["status"], "refused", "{response}");
}

#[tokio::test]
async fn a_free_order_needs_no_card() {
    // A shop of its own, because free shipping would disturb the other tests.
    let shop = Shop::start().await;
    if !shop.is_own() {
        // The test changes the shipping rates of the whole shop.
        return;
    }
    let (guest, product, merchant) =
        (shop.guest().await, TestProduct::new(&shop, 5).await, shop.staff("merchant").await);
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

    guest.add_to_cart(&product.sku, 1).await;
    guest.choose_shipping().await;
    let cart = guest.put("/api/v1/cart/promotion", json!({"code": code})).await.expect(200);
    assert_eq!(cart["totals"]["discount"]["amount"], PRICE, "{cart}");
    assert_eq!(cart["totals"]["total"]["amount"], 0, "{cart}");
    let response = Purchase::of(&cart, None).send(&guest).await.expect(201);
    assert_eq!(response["payment"]["status"], "authorised", "{response}");
    let order = guest.wait_for_timeline(&response, "confirmed").await;
    assert_eq!(order["payment"]["captured"]["amount"], 0);
    shop.assert_audit_is_clean(20).await;
    let now = merchant.get("/api/v1/shipping/zones").await.expect(200);
    let prices = json!({"version": now["version"], "zones": before["zones"], "excluded": before["excluded"]});
    merchant.put("/api/v1/shipping/zones", prices).await.expect(200);
}
