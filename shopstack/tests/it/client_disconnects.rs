//! Clients that disconnect after the request, or in the middle of its body, at each step of a purchase.

use crate::harness::shopping::quote_request;
use crate::harness::{Client, Purchase, Shop, TestProduct, eventually};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The moment at which a client disconnects.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Cut {
    AfterRequest,
    MidBody,
}

/// Sends a request up to the cut, and keeps the connection open.
async fn send_partially(
    shop: &Shop,
    client: &Client,
    cut: Cut,
    request: (&str, &str),
    key: &str,
    body: &Value,
) -> TcpStream {
    let authority = shop.base_url().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(authority).await.unwrap();
    let body = body.to_string();
    let (method, path) = request;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {authority}\r\nauthorization: Bearer {}\r\nidempotency-key: {key}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        client.token().unwrap_or("none"),
        body.len()
    );
    let sent = if cut == Cut::AfterRequest { body.len() } else { body.len() / 2 };
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body.as_bytes()[..sent]).await.unwrap();
    stream.flush().await.unwrap();
    stream
}

/// Sends a request up to the cut, disconnects, and waits until the shop closes the connection.
async fn disconnect(shop: &Shop, client: &Client, cut: Cut, request: (&str, &str), key: &str, body: &Value) {
    let mut stream = send_partially(shop, client, cut, request, key, body).await;
    stream.shutdown().await.unwrap();
    // A response, the end or a reset all mean that the shop is done with the connection.
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

/// Returns true if the interrupted request takes effect within a second.
async fn cart_gets_a_unit(guest: &Client) -> bool {
    for _ in 0..20 {
        if guest.get("/api/v1/cart").await.expect(200)["item_count"] == 1 {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

/// A purchase in which every step is interrupted once and then repeated.
async fn buy_with_disconnects(shop: &Shop, product: &TestProduct, cut: Cut) {
    let guest = shop.guest().await;
    let nothing = json!({"session": "token"});
    disconnect(shop, &guest, cut, ("POST", "/api/v1/auth/guest"), "none", &nothing).await;

    let line = json!({"sku": product.sku, "quantity": 1});
    disconnect(shop, &guest, cut, ("POST", "/api/v1/cart/lines"), "none", &line).await;
    if !cart_gets_a_unit(&guest).await {
        guest.add_to_cart(&product.sku, 1).await;
    }
    disconnect(shop, &guest, cut, ("POST", "/api/v1/cart/quotes"), "none", &quote_request()).await;
    let quote = guest.quote().await;
    let choice = json!({"quote_id": quote["quote_id"], "option": "standard"});
    disconnect(shop, &guest, cut, ("PUT", "/api/v1/cart/shipping"), "none", &choice).await;
    guest.put("/api/v1/cart/shipping", choice).await.expect(200);
    let code = json!({"code": "WELCOME10"});
    disconnect(shop, &guest, cut, ("PUT", "/api/v1/cart/promotion"), "none", &code).await;
    let cart = guest.put("/api/v1/cart/promotion", code).await.expect(200);
    assert_eq!(cart["item_count"], 1, "{cart}");

    let purchase = Purchase::of(&cart, Some(&guest.card("Ada Lovelace").await));
    disconnect(shop, &guest, cut, ("POST", "/api/v1/checkout"), &purchase.key, &purchase.body).await;
    let response = eventually("the checkout is answered", 30, async || {
        let response = purchase.send(&guest).await;
        (response.slug() != "request-in-flight").then_some(response)
    });
    let response = response.await.expect(201);
    assert_eq!(response["payment"]["status"], "authorised", "{response}");
    guest.wait_for_timeline(&response, "confirmed").await;
    let orders = guest.get("/api/v1/orders").await.expect(200);
    assert_eq!(orders["items"].as_array().unwrap().len(), 1, "{cut:?}: {orders}");
}

#[tokio::test]
async fn a_disconnect_at_any_step_of_a_purchase_leaves_nothing_incomplete() {
    let shop = Shop::start().await;
    let product = TestProduct::new(&shop, 20).await;
    for _ in 0..3 {
        for cut in [Cut::AfterRequest, Cut::MidBody] {
            buy_with_disconnects(&shop, &product, cut).await;
        }
    }
    assert_eq!(product.stock(&shop).await["on_hand"], 14);
    shop.assert_audit_is_clean(30).await;
    assert_eq!(shop.logged_errors(), Vec::<String>::new());
}

#[tokio::test]
async fn a_fully_received_checkout_completes_without_its_client() {
    let shop = Shop::start().await;
    let product = TestProduct::new(&shop, 20).await;
    let guest = shop.guest().await;
    let purchase = Purchase::prepare(&guest, &product, 1, "Slow").await;
    let checkout = ("POST", "/api/v1/checkout");
    disconnect(&shop, &guest, Cut::MidBody, checkout, &purchase.key, &purchase.body).await;
    assert_eq!(product.stock(&shop).await["reserved"], 0, "half a request is none");

    let line = send_partially(&shop, &guest, Cut::AfterRequest, checkout, &purchase.key, &purchase.body).await;
    eventually("the checkout holds its piece", 30, async || {
        let stock = product.stock(&shop).await;
        (stock["reserved"] == 1 || stock["on_hand"] == 19).then_some(())
    })
    .await;
    // The bank takes three seconds, so the client is gone before it responds.
    drop(line);
    let order = eventually("the order is there", 60, async || {
        guest.get("/api/v1/orders").await.expect(200)["items"].as_array().unwrap().first().cloned()
    })
    .await;
    guest.wait_for_timeline(&json!({"order_id": order["id"]}), "confirmed").await;
    shop.assert_audit_is_clean(30).await;
    let stock = product.stock(&shop).await;
    assert_eq!((&stock["on_hand"], &stock["reserved"]), (&json!(19), &json!(0)), "{stock}");
}
