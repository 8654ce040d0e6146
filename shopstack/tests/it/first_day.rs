//! A merchant's first day through the API with a key: from an empty data directory to a resolved order.

use crate::harness::shopping::{address, quote_request, string};
use crate::harness::{Client, Shop, eventually};
use reqwest::Method;
use serde_json::{Value, json};

const MUG: &str = "FD-MUG";
const BOARD: &str = "FD-BRD";
const PRODUCTS: &str = "\
Handle,Title,Body (HTML),Vendor,Published,Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Price
mug,Stoneware Mug,<p>Holds 300 ml.</p>,Lind,true,FD-MUG,380,shopify,60,19.00
board,Beech Board,<p>From one piece.</p>,Waldhaus,true,FD-BRD,700,shopify,30,29.50
towel,Tea Towel,<p>Half linen.</p>,Nordlicht,true,FD-TWL,120,shopify,50,fourteen
";

/// Makes the first admin with the printed code, and returns a client with an API key for everything but accounts.
async fn with_api_key(shop: &Shop) -> Client {
    let admin = json!({
        "code": shop.setup_code(), "email": "frida@example.com", "name": "Frida Fuchs", "password": "six lazy tortoises",
        "session": "token",
    });
    let session = shop.anonymous().post("/api/v1/auth/first-admin", admin).await.expect(201);
    let admin = shop.anonymous().with_token(&string(&session["access_token"]));
    let key = json!({ "name": "Back office", "roles": ["warehouse", "support", "merchant"] });
    let created = admin.post("/api/v1/api-keys", key).await.expect(201);
    let exchange = json!({ "secret": created["secret"] });
    let session = shop.anonymous().post("/api/v1/auth/api-key", exchange).await.expect(200);
    shop.anonymous().with_token(&string(&session["access_token"]))
}

/// Enters what a German shop needs before it can sell, apart from its legal pages.
async fn set_up(merchant: &Client) {
    let shop = json!({
        "name": "Fuchsbau", "country": "DE", "locale": "de-DE",
        "seller": { "name": "Fuchsbau GmbH", "address": ["Karl-Heine-Straße 12", "04229 Leipzig"], "tax_id": "DE1" },
    });
    merchant.put("/api/v1/shop", shop).await.expect(200);
    let rates = json!({ "items": [{ "country": "DE", "class": "standard", "rate": 190_000 }] });
    assert!(merchant.put("/api/v1/tax-rates", rates).await.status < 300);
    let mut zones = merchant.get("/api/v1/shipping/zones").await.expect(200);
    zones["zones"][0]["standard"]["base"] = json!(490);
    merchant.put("/api/v1/shipping/zones", zones).await.expect(200);
    let looks = json!({
        "version": 0, "accent": "#b5482a", "logo": null, "header_menu": [], "footer_menu": [],
        "home": { "de": { "title": "Schönes für Küche und Haus", "lead": "Aus kleinen Werkstätten." } },
    });
    merchant.put("/api/v1/storefront", looks).await.expect(200);
}

/// Imports the products after a preview, which shows the row that is wrong.
async fn import(merchant: &Client) {
    for (dry_run, created) in [(true, 2), (false, 2)] {
        let path = format!("/api/v1/imports?file_name=products.csv&dry_run={dry_run}&set_stock=true");
        let request = merchant.request(Method::POST, &path).header("content-type", "application/octet-stream");
        let started = merchant.send(request.body(PRODUCTS)).await;
        assert!(matches!(started.status, 201 | 202), "{}", started.text());
        let path = format!("/api/v1/imports/{}", string(&started.json()["id"]));
        let done = eventually("the import is finished", 60, async || {
            let import = merchant.get(&path).await.expect(200);
            (import["status"] != "waiting" && import["status"] != "running").then_some(import)
        })
        .await;
        assert_eq!((&done["status"], &done["counts"]["created"]), (&json!("finished"), &json!(created)), "{done}");
        let wrong = done["issues"].as_array().unwrap().iter().any(|issue| issue["handle"] == "towel");
        assert!(wrong, "{done}");
    }
}

async fn write_legal_pages(merchant: &Client) {
    for handle in ["imprint", "privacy", "withdrawal", "terms"] {
        let text = json!({ "title": handle, "body_html": format!("<p>Der Text: {handle}</p>") });
        let page = merchant.put(&format!("/api/v1/pages/{handle}"), json!({ "texts": { "de": text } })).await;
        assert!(matches!(page.status, 200 | 201), "{}", page.text());
    }
    let storefront = merchant.get("/api/v1/storefront").await.expect(200);
    assert_eq!(storefront["missing_pages"], json!([]));
}

/// Reduces the price of the mug, and checks that the former one is shown.
async fn reduce_price(merchant: &Client, shopper: &Client) {
    let mut draft = merchant.get("/api/v1/products/mug/draft").await.expect(200);
    draft["variants"][0]["price"] = json!(1_710);
    draft["variants"][0]["compare_at_price"] = json!(1_900);
    merchant.put("/api/v1/products/mug", draft).await.expect(200);
    let shown = eventually("the page shows the new price", 30, async || {
        let product = shopper.get("/api/v1/products/mug").await.expect(200);
        (product["variants"][0]["price"]["amount"] == 1_710).then_some(product)
    })
    .await;
    assert_eq!(shown["variants"][0]["prior_price"]["amount"], 1_900, "{shown}");
    let history = merchant.get("/api/v1/products/mug/prices").await.expect(200);
    assert!(history.to_string().contains("1900"), "{history}");
}

/// Buys with a card of this holder, and returns the response of the checkout.
async fn buy(customer: &Client, lines: &[(&str, u32)], holder: &str) -> Value {
    for (sku, quantity) in lines {
        customer.add_to_cart(sku, *quantity).await;
    }
    let quote = customer.post("/api/v1/cart/quotes", quote_request()).await.expect(200);
    let choice = json!({ "quote_id": quote["quote_id"], "option": "standard" });
    let cart = customer.put("/api/v1/cart/shipping", choice).await.expect(200);
    let body = json!({
        "email": "jonas@example.com", "address": address(), "expected_total": cart["totals"]["total"],
        "payment": { "method": "card", "session": customer.card(holder).await },
    });
    customer.post_with_key("/api/v1/checkout", &Client::key(), &body).await.expect(201)
}

/// Ships the order in two shipments, each with a number of a carrier, and delivers both.
async fn ship_in_two_shipments(merchant: &Client, order: &str) -> Value {
    let list = format!("/api/v1/shipments?order={order}");
    let first = eventually("there is a shipment", 60, async || {
        let list = merchant.get(&list).await.expect(200);
        list["items"].as_array().unwrap().first().cloned()
    })
    .await;
    let of = |shipment: &Value, action: &str| format!("/api/v1/shipments/{}/{action}", string(&shipment["id"]));
    let split = json!({ "lines": [{ "sku": BOARD, "quantity": 1 }] });
    let second = merchant.post_with_key(&of(&first, "split"), &Client::key(), &split).await.expect(200);
    let order_path = format!("/api/v1/orders/{order}");
    let captured = async |at_least: i64| {
        eventually("the parcel is paid", 60, async || {
            let order = merchant.get(&order_path).await.expect(200);
            (order["payment"]["captured"]["amount"].as_i64() >= Some(at_least)).then_some(order)
        })
        .await["payment"]["captured"]["amount"]
            .clone()
    };
    let delivery = merchant.get(&order_path).await.expect(200)["shipping"]["price"]["amount"].as_i64().unwrap();
    merchant.post(&of(&first, "ship"), json!({ "carrier": "DHL", "tracking_number": "0034" })).await.expect(200);
    // Two mugs, and the delivery of the whole order.
    assert_eq!(captured(1).await, 2 * 1_710 + delivery);
    merchant.post(&of(&second, "ship"), json!({ "carrier": "GLS", "tracking_number": "77" })).await.expect(200);
    assert_eq!(captured(2 * 1_710 + delivery + 1).await, 2 * 1_710 + delivery + 2_950);
    for shipment in [&first, &second] {
        merchant.post(&of(shipment, "deliver"), json!({})).await.expect(200);
    }
    second
}

/// Waits until an order looks as `check` says, and returns it.
async fn order_when(merchant: &Client, order: &str, what: &str, check: impl Fn(&Value) -> bool) -> Value {
    eventually(what, 120, async || {
        let order = merchant.get(&format!("/api/v1/orders/{order}")).await;
        (order.status == 200 && check(&order.json())).then(|| order.json())
    })
    .await
}

async fn refund_and_answer_withdrawal(merchant: &Client, customer: &Client, order: &str) {
    let path = |what: &str| format!("/api/v1/orders/{order}/{what}");
    let one = |sku: &str| json!([{ "sku": sku, "quantity": 1 }]);
    let refund = json!({ "lines": one(MUG), "reason": "The glaze has a crack." });
    merchant.post_with_key(&path("refunds"), &Client::key(), &refund).await.expect(202);
    order_when(merchant, order, "the mug is refunded", |order| order["payment"]["refunded"]["amount"] == 1_710).await;
    let withdrawal = json!({ "lines": one(BOARD) });
    customer.post_with_key(&path("withdrawals"), &Client::key(), &withdrawal).await.expect(201);
    let receipt = json!({ "lines": one(BOARD), "restock": true });
    merchant.post_with_key(&path("returns/1/receive"), &Client::key(), &receipt).await.expect(202);
    let is_refunded = |order: &Value| order["returns"][0]["status"] == "refunded";
    let shown = order_when(merchant, order, "the withdrawal is refunded", is_refunded).await;
    assert_eq!(shown["payment"]["refunded"]["amount"], 1_710 + 2_950);
    // Dispatch reads the seller every thirty seconds.
    order_when(merchant, order, "there is an invoice", |order| order["has_invoice"] == true).await;
    let invoice = customer.get(&path("invoice")).await;
    assert_eq!((invoice.status, invoice.header("content-type")), (200, "application/pdf"));
    assert!(invoice.bytes.starts_with(b"%PDF"));
}

async fn moderate(shop: &Shop, merchant: &Client, customer: &Client) {
    let review = json!({ "author": "Jonas", "body": "Warm to the last sip.", "score": 5, "title": "Good" });
    let written = customer.put("/api/v1/products/mug/reviews/mine", review).await;
    assert!(matches!(written.status, 200 | 201), "{}", written.text());
    let reviews = merchant.get("/api/v1/reviews?state=published").await.expect(200);
    let id = string(&reviews["items"][0]["id"]);
    for state in ["rejected", "published"] {
        let moderated = merchant.put(&format!("/api/v1/reviews/{id}/state"), json!({ "state": state })).await;
        assert!(moderated.status < 300, "{}", moderated.text());
        // The author sees a rejected review too.
        let shown = shop.anonymous().get("/api/v1/products/mug/reviews").await.expect(200);
        let count = shown["items"].as_array().unwrap().len();
        assert_eq!(count, usize::from(state == "published"), "{shown}");
    }
}

/// An order whose refund the bank returns needs attention, until staff resolve it.
async fn resolve_stuck_order(shop: &Shop, merchant: &Client) {
    let customer = shop.guest().await;
    let bought = buy(&customer, &[(MUG, 2)], "BOUNCE").await;
    let order = string(&bought["order_id"]);
    let shipments = format!("/api/v1/shipments?order={order}");
    let shipment = eventually("there is a shipment", 60, async || {
        let list = merchant.get(&shipments).await.expect(200);
        list["items"].as_array().unwrap().first().cloned()
    })
    .await;
    let ship = format!("/api/v1/shipments/{}/ship", string(&shipment["id"]));
    merchant.post(&ship, json!({ "carrier": "DHL" })).await.expect(200);
    order_when(merchant, &order, "the order is paid", |order| order["payment"]["captured"]["amount"] != 0).await;
    let refund = json!({ "lines": [{ "sku": MUG, "quantity": 1 }], "reason": "The glaze has a crack." });
    merchant.post_with_key(&format!("/api/v1/orders/{order}/refunds"), &Client::key(), &refund).await.expect(202);
    eventually("the order is among those that need attention", 120, async || {
        let waiting = merchant.get("/api/v1/workflows?status=attention").await.expect(200);
        waiting["items"].as_array().unwrap().iter().any(|one| one["order_id"] == json!(order)).then_some(())
    })
    .await;
    let decision = json!({ "outcome": "done", "reason": "Refunded by bank transfer." });
    let resolve = format!("/api/v1/workflows/{order}/resolve");
    merchant.post_with_key(&resolve, &Client::key(), &decision).await.expect(202);
    let waiting = merchant.get("/api/v1/workflows?status=attention").await.expect(200);
    assert_eq!(waiting["items"], json!([]));
}

#[tokio::test]
async fn a_merchants_first_day_through_the_api() {
    let shop = Shop::start_empty().await;
    let merchant = with_api_key(&shop).await;
    set_up(&merchant).await;
    import(&merchant).await;
    let customer = shop.customer().await;
    let closed = customer.post("/api/v1/cart/lines", json!({ "sku": MUG, "quantity": 1 })).await;
    assert_eq!(closed.status, 200, "the cart can be filled: {}", closed.text());
    write_legal_pages(&merchant).await;
    let moth = json!({ "kind": "damaged", "change": -1, "note": "One is broken." });
    let adjusted = merchant.post_with_key(&format!("/api/v1/stock/{MUG}/adjustments"), &Client::key(), &moth).await;
    assert!(adjusted.status < 300, "{}", adjusted.text());
    assert_eq!(merchant.get(&format!("/api/v1/stock/{MUG}")).await.expect(200)["on_hand"], 59);
    reduce_price(&merchant, &customer).await;

    // One mug is in the cart already.
    let bought = eventually("the shop is open", 30, async || {
        let quote = customer.post("/api/v1/cart/quotes", quote_request()).await;
        (quote.status == 200).then_some(())
    });
    bought.await;
    let bought = buy(&customer, &[(MUG, 1), (BOARD, 1)], "Jonas Berg").await;
    let order = string(&bought["order_id"]);
    ship_in_two_shipments(&merchant, &order).await;
    order_when(&merchant, &order, "the order is delivered", |order| order["status"] == "delivered").await;
    refund_and_answer_withdrawal(&merchant, &customer, &order).await;
    moderate(&shop, &merchant, &customer).await;
    resolve_stuck_order(&shop, &merchant).await;
    let findings = shop.audit().await.unwrap().findings;
    assert!(findings.iter().all(|finding| finding.class == "in_progress"), "{findings:#?}");
}
