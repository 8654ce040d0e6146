//! Carts and payment: the shop's prices, stock and payments, whatever a client sends.

use super::{Visitor, assert_text, shop};
use crate::harness::process::Process;
use crate::harness::shopping::BERLIN;
use crate::harness::{Client, Shop, TestProduct, eventually};
use serde_json::{Value, json};

/// The great-circle distance between the demo shop's warehouse in Berlin and Munich is 504 km.
const MUNICH: i64 = 2_867_714;

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// The price of shipping in the cart.
fn shipping(cart: &Value) -> Option<&Value> {
    cart["items"].as_array().unwrap().iter().find(|item| item["sku"] == "SHIP")
}

#[tokio::test]
async fn a_guest_buys_as_by_robot_shops_load_generator() {
    let shop = shop().await;
    let product = TestProduct::new(shop, 5).await;
    let visitor = Visitor::new(shop).await;
    visitor.cart("add", &format!("/{}/1", product.sku)).await.expect(200);
    let cart = visitor.cart("update", &format!("/{}/2", product.sku)).await.expect(200);
    // The prices of the demo shop exclude tax, of which Germany takes 19 %.
    assert_eq!((cart["total"].as_f64(), cart["tax"].as_f64()), (Some(59.5), Some(9.5)));
    assert_eq!(cart["items"].as_array().map(Vec::len), Some(1));
    let item = &cart["items"][0];
    assert_eq!((&item["qty"], &item["sku"]), (&json!(2), &json!(product.sku)));
    assert_eq!((item["price"].as_f64(), item["subtotal"].as_f64()), (Some(25.0), Some(59.5)));

    let calculated = visitor.client.get(&format!("/api/shipping/calc/{MUNICH}")).await.expect(200);
    let distance = calculated["distance"].as_u64().unwrap();
    assert!((500..=508).contains(&distance), "{distance} km");
    let cart = visitor.ship_to(MUNICH, "Germany Munich").await;
    let line = shipping(&cart).unwrap();
    assert_eq!((&line["name"], &line["qty"]), (&json!("shipping to Germany Munich"), &json!(1)));
    assert_eq!(line["price"].as_f64(), calculated["cost"].as_f64());
    assert_eq!(visitor.cart("cart", "").await.expect(200), cart);

    let order = visitor.pay(&cart).await.expect(200);
    let order_path = format!("/api/v1/orders/{}", text(&order["orderid"]));
    let token = visitor.id.strip_prefix("anonymous-").unwrap();
    let owner = shop.anonymous().with_token(token);
    let placed = eventually("the order is captured", 30, async || {
        let order = owner.get(&order_path).await;
        (order.status == 200 && order.json()["payment"]["captured"]["amount"].as_i64() > Some(0)).then(|| order.json())
    })
    .await;
    assert_eq!(placed["payment"]["captured"], placed["totals"]["total"]);
    assert_eq!((&placed["address"]["city"], &placed["address"]["country"]), (&json!("Munich"), &json!("DE")));
    assert_eq!(placed["email"], "guest@robot-shop.invalid");
    assert_eq!(product.stock(shop).await["on_hand"], 3);
    // The cart was closed with the order, so there is nothing to pay a second time.
    eventually("the cart is closed", 10, async || (visitor.cart("cart", "").await.status == 404).then_some(())).await;
    assert_text(&visitor.pay(&cart).await, 400, "cart not valid");
}

#[tokio::test]
async fn two_payments_of_one_cart_are_one_order() {
    let shop = shop().await;
    let product = TestProduct::new(shop, 5).await;
    let visitor = Visitor::new(shop).await;
    visitor.cart("add", &format!("/{}/1", product.sku)).await.expect(200);
    let cart = visitor.ship_to(BERLIN, "Germany Berlin").await;
    let (one, other) = tokio::join!(visitor.pay(&cart), visitor.pay(&cart));
    let orders: Vec<Value> =
        [one, other].iter().filter(|response| response.status == 200).map(|response| response.json()).collect();
    assert!(!orders.is_empty() && orders.iter().all(|order| *order == orders[0]), "{orders:?}");
    let owner = shop.anonymous().with_token(visitor.id.strip_prefix("anonymous-").unwrap());
    let listed = eventually("the order is listed", 30, async || {
        let orders = owner.get("/api/v1/orders").await.expect(200);
        orders["items"].as_array().filter(|orders| !orders.is_empty()).map(Vec::len)
    })
    .await;
    assert_eq!(listed, 1);
}

#[tokio::test]
async fn the_numbers_of_a_client_decide_nothing() {
    let shop = shop().await;
    let product = TestProduct::new(shop, 5).await;
    let visitor = Visitor::new(shop).await;
    visitor.cart("add", &format!("/{}/1", product.sku)).await.expect(200);
    let unshipped = visitor.cart("cart", "").await.expect(200);
    assert_text(&visitor.pay(&unshipped).await, 400, "cart not valid");
    // A shipping price of the client is ignored, for a town that is named by its location alone.
    let confirm = format!("/api/shipping/confirm/{}", visitor.id);
    let free = json!({"distance": 0, "cost": -100, "location": "Germany Munich"});
    let cart = visitor.client.post(&confirm, free).await.expect(200);
    assert!(shipping(&cart).unwrap()["price"].as_f64() > Some(0.0), "{cart}");
    for total in [json!(0), json!(0.01), json!(-1), json!("x"), Value::Null] {
        let mut cheap = cart.clone();
        cheap["total"] = total;
        assert_text(&visitor.pay(&cheap).await, 400, "cart not valid");
    }
    for body in [json!({}), json!([]), json!({"total": 0, "tax": 0})] {
        assert_text(&visitor.pay(&body).await, 400, "cart not valid");
    }
    assert_eq!(product.stock(shop).await["on_hand"], 5);
    // The price has changed since the client saw the cart.
    product.reprice(shop, 9_900).await;
    assert_text(&visitor.pay(&cart).await, 400, "cart not valid");
}

#[tokio::test]
async fn no_cart_is_reached_by_counting() {
    let shop = shop().await;
    let product = TestProduct::new(shop, 5).await;
    let visitor = Visitor::new(shop).await;
    visitor.cart("add", &format!("/{}/1", product.sku)).await.expect(200);
    let other = Visitor::new(shop).await;
    assert_ne!(visitor.id, other.id);
    assert_text(&other.cart("cart", "").await, 404, "cart not found");
    // A token with another signature is not valid.
    let forged = Visitor { client: shop.anonymous(), id: format!("{}x", visitor.id) };
    for id in ["anonymous-1", "anonymous-", "user", "customer", forged.id.as_str()] {
        let client = shop.anonymous();
        assert_text(&client.get(&format!("/api/cart/cart/{id}")).await, 404, "cart not found");
        assert_text(&client.delete(&format!("/api/cart/cart/{id}")).await, 404, "cart not found");
        let add = client.get(&format!("/api/cart/add/{id}/{}/1", product.sku)).await;
        assert_text(&add, 404, "cart not found");
        assert_text(&client.post(&format!("/api/payment/pay/{id}"), json!({"total": 25})).await, 400, "cart not valid");
    }
}

#[tokio::test]
async fn refusals_of_the_cart_have_the_texts_of_robot_shop() {
    let shop = shop().await;
    let (product, sold_out) = (TestProduct::new(shop, 5).await, TestProduct::new(shop, 0).await);
    let visitor = Visitor::new(shop).await;
    let sku = &product.sku;
    for (operation, rest, status, text) in [
        ("add", format!("/{sku}/many"), 400, "quantity must be a number"),
        ("add", format!("/{sku}/0"), 400, "quantity has to be greater than zero"),
        ("add", format!("/{sku}/-1"), 400, "quantity has to be greater than zero"),
        ("add", "/NOTHING/1".to_owned(), 404, "product not found"),
        ("add", "/SHIP/1".to_owned(), 404, "product not found"),
        ("add", format!("/{}/1", sold_out.sku), 404, "out of stock"),
        ("add", format!("/{sku}/6"), 404, "out of stock"),
        ("add", format!("/{sku}/99999999999"), 404, "out of stock"),
        ("update", format!("/{sku}/many"), 400, "quantity must be a number"),
        ("update", format!("/{sku}/-1"), 400, "negative quantity not allowed"),
        ("update", format!("/{sku}/1"), 404, "cart not found"),
        ("cart", String::new(), 404, "cart not found"),
    ] {
        assert_text(&visitor.cart(operation, &rest).await, status, text);
    }
    assert_text(&visitor.client.delete(&format!("/api/cart/cart/{}", visitor.id)).await, 404, "cart not found");
    visitor.cart("add", &format!("/{sku}/2abc")).await.expect(200);
    for (rest, status, text) in [
        ("/NOTHING/1".to_owned(), 404, "not in cart"),
        ("/SHIP/0".to_owned(), 404, "not in cart"),
        (format!("/{sku}/6"), 404, "out of stock"),
    ] {
        assert_text(&visitor.cart("update", &rest).await, status, text);
    }
    let path = format!("/api/cart/shipping/{}", visitor.id);
    assert_text(&visitor.client.post(&path, json!({"distance": 5})).await, 400, "shipping data missing");
}

#[tokio::test]
async fn shipping_is_a_line_that_is_charged_once_and_can_be_removed() {
    let shop = shop().await;
    let product = TestProduct::new(shop, 5).await;
    let visitor = Visitor::new(shop).await;
    let confirm = format!("/api/shipping/confirm/{}", visitor.id);
    let berlin = json!({"distance": 1, "cost": 1.5, "location": "Germany Berlin"});
    assert_eq!(visitor.client.post(&confirm, berlin.clone()).await.expect(404)["message"], "cart not found");
    visitor.cart("add", &format!("/{}/1", product.sku)).await.expect(200);
    let nowhere = json!({"distance": 1, "cost": 1.5, "location": "Atlantis Poseidonis"});
    visitor.client.post(&confirm, nowhere).await.expect(404);
    assert_eq!(visitor.client.submit(&confirm, &[("cost", "1")]).await.status, 415);
    // The same operation of the cart, which Robot Shop's gateway publishes as well.
    let path = format!("/api/cart/shipping/{}", visitor.id);
    let cart = visitor.client.post(&path, berlin).await.expect(200);
    assert_eq!(shipping(&cart).unwrap()["name"], "shipping to Germany Berlin");
    assert_text(&visitor.cart("update", "/SHIP/3").await, 400, "shipping is charged once");
    assert_eq!(visitor.cart("update", "/SHIP/1").await.expect(200), cart);
    let cart = visitor.cart("update", "/SHIP/0").await.expect(200);
    assert_eq!((shipping(&cart), cart["total"].as_f64()), (None, Some(29.75)));
    let emptied = visitor.cart("update", &format!("/{}/0", product.sku)).await.expect(200);
    assert_eq!(emptied["items"], json!([]));
    visitor.cart("add", &format!("/{}/1", product.sku)).await.expect(200);
    let deleted = visitor.client.delete(&format!("/api/cart/cart/{}", visitor.id)).await;
    assert_text(&deleted, 200, "OK");
    assert_text(&visitor.cart("cart", "").await, 404, "cart not found");
}

#[tokio::test]
async fn a_shop_without_the_sandbox_takes_no_order_and_no_published_login() {
    let mut demo = Shop::start_with(vec![("ROBOT_SHOP_API", "on".to_owned())]).await;
    let product = TestProduct::new(&demo, 5).await;
    let login = json!({"name": "user", "password": "password"});
    demo.anonymous().post("/api/user/login", login.clone()).await.expect(200);
    demo.kill();
    let data_dir = demo.data_dir().unwrap();
    let environment = [
        ("ROBOT_SHOP_API", "on"),
        ("SHOP_CURRENCY", "USD"),
        ("PAYMENT_GATEWAY", "transfer"),
        ("TRANSFER_HOLDER", "Fieldhouse"),
        ("TRANSFER_IBAN", "DE89370400440532013000"),
    ];
    let started = tokio::task::spawn_blocking(move || Process::start_existing(&data_dir, &environment));
    let process = started.await.unwrap();
    let client = Client::new(&process.base_url);

    let id = client.get("/api/user/uniqueid").await.expect(200)["uuid"].as_str().unwrap().to_owned();
    let visitor = Visitor { client, id };
    visitor.cart("add", &format!("/{}/1", product.sku)).await.expect(200);
    let cart = visitor.ship_to(BERLIN, "Germany Berlin").await;
    let refused = visitor.pay(&cart).await;
    assert_eq!(refused.status, 402);
    assert!(refused.text().starts_with("payment error"), "{}", refused.text());
    let staff = Client::new(&process.base_url).logged_in("support@example.com", "harbour-pencil-38").await;
    assert_eq!(staff.get("/api/v1/payments").await.expect(200)["items"], json!([]));

    assert_text(&visitor.client.post("/api/user/login", login).await, 404, "incorrect password");
    let rate = format!("/api/ratings/api/rate/{}/5", product.sku);
    assert_text(&visitor.client.put(&rate, Value::Null).await, 401, "log in to rate");
}
