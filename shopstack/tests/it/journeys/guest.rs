//! A guest buys something and gets it.

use super::events::{Event, events};
use crate::harness::shopping::text;
use crate::harness::{Goods, Purchase, Shop, Visitor, eventually};
use serde_json::{Value, json};

fn amount(money: &Value) -> i64 {
    money["amount"].as_i64().unwrap()
}

fn kinds(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.data["kind"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_guest_fills_a_cart_pays_and_gets_the_parcel() {
    let shop = Shop::shared().await;
    let (guest, goods) = (shop.guest().await, Goods::new(shop, 10).await);
    let cart = guest.adds(&goods.sku, 2).await;
    assert_eq!((amount(&cart["totals"]["subtotal"]), &cart["item_count"]), (5_000, &json!(2)));
    let shipped = guest.chooses_shipping().await;
    assert!(amount(&shipped["totals"]["shipping"]) > 0, "{shipped}");
    let cart = guest.put("/api/v1/cart/promotion", json!({"code": "welcome10"})).await.expect(200);
    assert_eq!(amount(&cart["totals"]["discount"]), 500, "{cart}");
    adds_up(&cart["totals"]);

    let purchase = Purchase::of(&cart, Some(&guest.card("Ada Lovelace").await));
    let answer = purchase.send(&guest).await.expect(201);
    assert_eq!(answer["payment"]["status"], "authorised", "{answer}");
    assert_eq!(answer["payment"]["amount"], cart["totals"]["total"]);

    let order = guest.sees_order(&answer, "confirmed").await;
    assert_eq!(order["number"], answer["order_number"]);
    assert_eq!(order["totals"], cart["totals"]);
    assert_eq!(order["payment"]["captured"], cart["totals"]["total"]);
    assert_eq!(guest.payment(&answer).await["captured"], cart["totals"]["total"]);

    let number = text(&order["shipments"][0]["number"]);
    let order = guest.sees_order(&answer, "delivered").await;
    assert_eq!((&order["status"], &order["can_cancel"]), (&json!("delivered"), &json!(false)));
    let cancel = format!("/api/v1/orders/{}/cancel", text(&answer["order_id"]));
    let late = guest.post_with_key(&cancel, &Visitor::key(), &json!({})).await;
    assert_eq!(late.problem(409), "not-cancellable");
    let tracking = shop.stranger().get(&format!("/api/v1/tracking/{number}")).await.expect(200);
    assert_eq!(tracking["status"], "delivered", "{tracking}");
    assert_eq!(tracking["events"].as_array().unwrap().len(), 6, "{tracking}");

    let stock = goods.stock(shop).await;
    assert_eq!((&stock["on_hand"], &stock["reserved"]), (&json!(8), &json!(0)), "{stock}");
    letters_came(shop, purchase.email(), &text(&answer["order_id"])).await;
}

#[track_caller]
fn adds_up(totals: &Value) {
    let sum = amount(&totals["subtotal"]) - amount(&totals["discount"])
        + amount(&totals["shipping"])
        + if totals["tax_included"] == true { 0 } else { amount(&totals["tax"]) };
    assert_eq!(sum, amount(&totals["total"]), "{totals}");
}

async fn letters_came(shop: &Shop, email: &str, order_id: &str) {
    let visitor = shop.stranger();
    let mails = async || {
        let page = visitor.get("/mailbox").await.text();
        (page.matches(email).count() == 4).then_some(page)
    };
    let page = eventually("the four letters of a delivered order", 60, mails).await;
    for occasion in ["Thank you for your order", "is ready", "is on its way", "has arrived"] {
        assert!(page.contains(occasion), "{occasion}");
    }
    // The link in the letter opens the order for whoever has it.
    let link = page.split("href=\"").find(|part| part.contains(order_id)).unwrap().split('"').next().unwrap();
    let path = link.replace("&amp;", "&");
    let (_, path) = path.split_once("/orders/").unwrap();
    visitor.get(&format!("/api/v1/orders/{path}")).await.expect(200);
}

#[tokio::test]
async fn a_timeline_tells_what_happens_as_it_happens_and_goes_on_where_it_broke_off() {
    let shop = Shop::shared().await;
    let (guest, goods) = (shop.guest().await, Goods::new(shop, 5).await);
    let answer = guest.buys(&goods, 1).await;
    let path = format!("/api/v1/orders/{}/timeline", text(&answer["order_id"]));
    let first = events(&guest, &path, None, |event| event.data["kind"] == "confirmed").await;
    assert_eq!(kinds(&first), ["placed", "stock_committed", "captured", "shipment_created", "confirmed"]);

    let with_token = format!("{path}?token={}", text(&answer["order_token"]));
    let rest = events(&shop.stranger(), &with_token, Some(&first[2].id), |_| false).await;
    assert_eq!(rest[..2], first[3..], "it begins after the last event seen");
    assert_eq!(kinds(&rest[2..]), ["shipped", "out_for_delivery", "delivered"], "and ends with the order");
    assert_eq!(rest.last().unwrap().data["status"], "delivered");
}

#[tokio::test]
async fn after_checkout_the_cart_is_empty_and_the_next_one_has_an_id_of_its_own() {
    let shop = Shop::shared().await;
    let (guest, goods) = (shop.guest().await, Goods::new(shop, 5).await);
    let before = guest.adds(&goods.sku, 1).await;
    guest.buys(&goods, 1).await;
    let cart = eventually("the cart is empty", 60, async || {
        let cart = guest.get("/api/v1/cart").await.expect(200);
        (cart["item_count"] == 0).then_some(cart)
    });
    assert_ne!(cart.await["id"], before["id"]);
    let next = guest.adds(&goods.sku, 1).await;
    assert_ne!(next["id"], before["id"]);
    assert_eq!(next["promotion"], Value::Null);
}

#[tokio::test]
async fn what_is_not_there_cannot_be_put_into_a_cart() {
    let shop = Shop::shared().await;
    let (guest, goods) = (shop.guest().await, Goods::new(shop, 3).await);
    let unknown = guest.post("/api/v1/cart/lines", json!({"sku": "NO-SUCH-SKU", "quantity": 1})).await;
    assert_eq!(unknown.problem(404), "unknown-sku");
    let short = guest.post("/api/v1/cart/lines", json!({"sku": goods.sku, "quantity": 4})).await;
    assert_eq!(short.problem(409), "out-of-stock");
    assert_eq!(short.json()["available"], 3);
    let code = guest.put("/api/v1/cart/promotion", json!({"code": "NO-SUCH-CODE"})).await;
    assert_eq!(code.problem(404), "unknown-code");
    guest.adds(&goods.sku, 1).await;
    let least = guest.put("/api/v1/cart/promotion", json!({"code": "FIVER"})).await;
    assert_eq!(least.problem(409), "code-not-applicable", "only from 30.00");
}
