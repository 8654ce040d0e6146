//! Clients that hang up: right after the request, or in the middle of its body, at each step of a purchase.

use crate::harness::shopping::BERLIN;
use crate::harness::{Goods, Purchase, Shop, Visitor, eventually};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How far a client gets before it hangs up.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Cut {
    AfterTheRequest,
    InTheMiddleOfTheBody,
}

/// Sends a request as far as the client gets, and keeps the line open.
async fn begin(shop: &Shop, visitor: &Visitor, cut: Cut, request: (&str, &str), key: &str, body: &Value) -> TcpStream {
    let authority = shop.base_url().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(authority).await.unwrap();
    let body = body.to_string();
    let (method, path) = request;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {authority}\r\nauthorization: Bearer {}\r\nidempotency-key: {key}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        visitor.token().unwrap_or("none"),
        body.len()
    );
    let sent = if cut == Cut::AfterTheRequest { body.len() } else { body.len() / 2 };
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body.as_bytes()[..sent]).await.unwrap();
    stream.flush().await.unwrap();
    stream
}

/// Sends a request, hangs up, and waits only until the shop has hung up too.
async fn hang_up(shop: &Shop, visitor: &Visitor, cut: Cut, request: (&str, &str), key: &str, body: &Value) {
    let mut stream = begin(shop, visitor, cut, request, key, body).await;
    stream.shutdown().await.unwrap();
    // An answer, the end, or a reset: each says that the shop has done with the connection.
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

/// Whether what was cut off has been heard: it takes effect a moment later, or never.
async fn comes_to_hold_a_piece(guest: &Visitor) -> bool {
    for _ in 0..20 {
        if guest.get("/api/v1/cart").await.expect(200)["item_count"] == 1 {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

/// A purchase each of whose steps is cut off first and done properly then.
async fn buys_with_a_bad_line(shop: &Shop, goods: &Goods, cut: Cut) {
    let guest = shop.guest().await;
    let nothing = json!({"session": "token"});
    hang_up(shop, &guest, cut, ("POST", "/api/v1/auth/guest"), "none", &nothing).await;

    let line = json!({"sku": goods.sku, "quantity": 1});
    hang_up(shop, &guest, cut, ("POST", "/api/v1/cart/lines"), "none", &line).await;
    if !comes_to_hold_a_piece(&guest).await {
        guest.adds(&goods.sku, 1).await;
    }
    hang_up(shop, &guest, cut, ("POST", "/api/v1/cart/quotes"), "none", &json!({"place_id": BERLIN})).await;
    let quote = guest.quote().await;
    let choice = json!({"quote_id": quote["quote_id"], "option": "standard"});
    hang_up(shop, &guest, cut, ("PUT", "/api/v1/cart/shipping"), "none", &choice).await;
    guest.put("/api/v1/cart/shipping", choice).await.expect(200);
    let code = json!({"code": "WELCOME10"});
    hang_up(shop, &guest, cut, ("PUT", "/api/v1/cart/promotion"), "none", &code).await;
    let cart = guest.put("/api/v1/cart/promotion", code).await.expect(200);
    assert_eq!(cart["item_count"], 1, "{cart}");

    let purchase = Purchase::of(&cart, Some(&guest.card("Ada Lovelace").await));
    hang_up(shop, &guest, cut, ("POST", "/api/v1/checkout"), &purchase.key, &purchase.body).await;
    let answer = eventually("the checkout is answered", 30, async || {
        let answer = purchase.send(&guest).await;
        (answer.slug() != "request-in-flight").then_some(answer)
    });
    let answer = answer.await.expect(201);
    assert_eq!(answer["payment"]["status"], "authorised", "{answer}");
    guest.sees_order(&answer, "confirmed").await;
    let orders = guest.get("/api/v1/orders").await.expect(200);
    assert_eq!(orders["items"].as_array().unwrap().len(), 1, "{cut:?}: {orders}");
}

#[tokio::test]
async fn whoever_hangs_up_at_any_step_of_a_purchase_leaves_nothing_half_done() {
    let shop = Shop::start().await;
    let goods = Goods::new(&shop, 20).await;
    for _ in 0..3 {
        for cut in [Cut::AfterTheRequest, Cut::InTheMiddleOfTheBody] {
            buys_with_a_bad_line(&shop, &goods, cut).await;
        }
    }
    assert_eq!(goods.stock(&shop).await["on_hand"], 14);
    shop.passes_its_audit(30).await;
    assert_eq!(shop.logged_errors(), Vec::<String>::new());
}

#[tokio::test]
async fn a_checkout_heard_in_full_is_carried_out_for_a_client_that_never_comes_back() {
    let shop = Shop::start().await;
    let goods = Goods::new(&shop, 20).await;
    let guest = shop.guest().await;
    let purchase = Purchase::prepare(&guest, &goods, 1, "Slow").await;
    let checkout = ("POST", "/api/v1/checkout");
    hang_up(&shop, &guest, Cut::InTheMiddleOfTheBody, checkout, &purchase.key, &purchase.body).await;
    assert_eq!(goods.stock(&shop).await["reserved"], 0, "half a request is none");

    let line = begin(&shop, &guest, Cut::AfterTheRequest, checkout, &purchase.key, &purchase.body).await;
    eventually("the checkout holds its piece", 30, async || {
        let stock = goods.stock(&shop).await;
        (stock["reserved"] == 1 || stock["on_hand"] == 19).then_some(())
    })
    .await;
    // The bank takes three seconds: the client is gone before it answers.
    drop(line);
    let order = eventually("the order is there", 60, async || {
        guest.get("/api/v1/orders").await.expect(200)["items"].as_array().unwrap().first().cloned()
    })
    .await;
    guest.sees_order(&json!({"order_id": order["id"]}), "confirmed").await;
    shop.passes_its_audit(30).await;
    let stock = goods.stock(&shop).await;
    assert_eq!((&stock["on_hand"], &stock["reserved"]), (&json!(19), &json!(0)), "{stock}");
}
