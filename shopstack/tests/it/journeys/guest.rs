//! A guest buys a product and receives it.

use super::events::{Event, events};
use crate::harness::shopping::string;
use crate::harness::{Client, Purchase, Shop, TestProduct, eventually};
use serde_json::{Value, json};

fn amount(money: &Value) -> i64 {
    money["amount"].as_i64().unwrap()
}

fn kinds(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.data["kind"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_guest_fills_a_cart_pays_and_receives_the_order() {
    let shop = Shop::shared().await;
    let (guest, product) = (shop.guest().await, TestProduct::new(shop, 10).await);
    let cart = guest.add_to_cart(&product.sku, 2).await;
    assert_eq!((amount(&cart["totals"]["subtotal"]), &cart["item_count"]), (5_000, &json!(2)));
    let shipped = guest.choose_shipping().await;
    assert!(amount(&shipped["totals"]["shipping"]) > 0, "{shipped}");
    let cart = guest.put("/api/v1/cart/promotion", json!({"code": "welcome10"})).await.expect(200);
    assert_eq!(amount(&cart["totals"]["discount"]), 500, "{cart}");
    assert_totals_add_up(&cart["totals"]);

    let purchase = Purchase::of(&cart, Some(&guest.card("Ada Lovelace").await));
    let response = purchase.send(&guest).await.expect(201);
    assert_eq!(response["payment"]["status"], "authorised", "{response}");
    assert_eq!(response["payment"]["amount"], cart["totals"]["total"]);

    let order = guest.wait_for_timeline(&response, "confirmed").await;
    assert_eq!(order["number"], response["order_number"]);
    assert_eq!(order["totals"], cart["totals"]);
    assert_eq!(order["payment"]["captured"], cart["totals"]["total"]);
    assert_eq!(guest.payment(&response).await["captured"], cart["totals"]["total"]);

    let number = string(&order["shipments"][0]["number"]);
    let order = guest.wait_for_timeline(&response, "delivered").await;
    assert_eq!((&order["status"], &order["can_cancel"]), (&json!("delivered"), &json!(false)));
    let cancel = format!("/api/v1/orders/{}/cancel", string(&response["order_id"]));
    let late = guest.post_with_key(&cancel, &Client::key(), &json!({})).await;
    assert_eq!(late.problem(409), "not-cancellable");
    let tracking = shop.anonymous().get(&format!("/api/v1/tracking/{number}")).await.expect(200);
    assert_eq!(tracking["status"], "delivered", "{tracking}");
    assert_eq!(tracking["events"].as_array().unwrap().len(), 6, "{tracking}");

    let stock = product.stock(shop).await;
    assert_eq!((&stock["on_hand"], &stock["reserved"]), (&json!(8), &json!(0)), "{stock}");
    assert_emails_arrived(shop, purchase.email(), &string(&response["order_id"])).await;
}

#[track_caller]
fn assert_totals_add_up(totals: &Value) {
    let sum = amount(&totals["subtotal"]) - amount(&totals["discount"])
        + amount(&totals["shipping"])
        + if totals["tax_included"] == true { 0 } else { amount(&totals["tax"]) };
    assert_eq!(sum, amount(&totals["total"]), "{totals}");
}

async fn assert_emails_arrived(shop: &Shop, email: &str, order_id: &str) {
    let client = shop.anonymous();
    let mails = async || {
        let page = client.get("/mailbox").await.text();
        (page.matches(email).count() == 4).then_some(page)
    };
    let page = eventually("the emails of a delivered order", 60, mails).await;
    for occasion in ["Thanks for your order", "is confirmed", "is on its way", "has been delivered"] {
        assert!(page.contains(occasion), "{occasion}");
    }
    // The link in the email opens the order without a login.
    let link = page.split("href=\"").find(|part| part.contains(order_id)).unwrap().split('"').next().unwrap();
    let path = link.replace("&amp;", "&");
    let (_, path) = path.split_once("/orders/").unwrap();
    client.get(&format!("/api/v1/orders/{path}")).await.expect(200);
}

#[tokio::test]
async fn a_timeline_streams_entries_and_resumes_after_a_disconnect() {
    let shop = Shop::shared().await;
    let (guest, product) = (shop.guest().await, TestProduct::new(shop, 5).await);
    let response = guest.buy(&product, 1).await;
    let path = format!("/api/v1/orders/{}/timeline", string(&response["order_id"]));
    let first = events(&guest, &path, None, |event| event.data["kind"] == "confirmed").await;
    assert_eq!(kinds(&first), ["placed", "stock_committed", "captured", "shipment_created", "confirmed"]);

    let with_token = format!("{path}?token={}", string(&response["order_token"]));
    let rest = events(&shop.anonymous(), &with_token, Some(&first[2].id), |_| false).await;
    assert_eq!(rest[..2], first[3..], "it begins after the last event seen");
    assert_eq!(kinds(&rest[2..]), ["shipped", "out_for_delivery", "delivered"], "and ends with the order");
    assert_eq!(rest.last().unwrap().data["status"], "delivered");
}

#[tokio::test]
async fn after_checkout_the_cart_is_empty_and_the_next_one_has_a_new_id() {
    let shop = Shop::shared().await;
    let (guest, product) = (shop.guest().await, TestProduct::new(shop, 5).await);
    let before = guest.add_to_cart(&product.sku, 1).await;
    guest.buy(&product, 1).await;
    let cart = eventually("the cart is empty", 60, async || {
        let cart = guest.get("/api/v1/cart").await.expect(200);
        (cart["item_count"] == 0).then_some(cart)
    });
    assert_ne!(cart.await["id"], before["id"]);
    let next = guest.add_to_cart(&product.sku, 1).await;
    assert_ne!(next["id"], before["id"]);
    assert_eq!(next["promotion"], Value::Null);
}

#[tokio::test]
async fn unknown_skus_and_missing_stock_are_refused_by_the_cart() {
    let shop = Shop::shared().await;
    let (guest, product) = (shop.guest().await, TestProduct::new(shop, 3).await);
    let unknown = guest.post("/api/v1/cart/lines", json!({"sku": "NO-SUCH-SKU", "quantity": 1})).await;
    assert_eq!(unknown.problem(404), "unknown-sku");
    let short = guest.post("/api/v1/cart/lines", json!({"sku": product.sku, "quantity": 4})).await;
    assert_eq!(short.problem(409), "out-of-stock");
    assert_eq!(short.json()["available"], 3);
    let code = guest.put("/api/v1/cart/promotion", json!({"code": "NO-SUCH-CODE"})).await;
    assert_eq!(code.problem(404), "unknown-code");
    guest.add_to_cart(&product.sku, 1).await;
    let below_minimum = guest.put("/api/v1/cart/promotion", json!({"code": "FIVER"})).await;
    assert_eq!(below_minimum.problem(409), "code-not-applicable", "only from 30.00");
}
