//! Refused checkouts, and repeated ones.

use crate::harness::shopping::{BERLIN, address, string};
use crate::harness::{Client, Purchase, Shop, TestProduct};
use serde_json::{Value, json};

#[tokio::test]
async fn a_repeated_checkout_returns_the_same_bytes() {
    let shop = Shop::shared().await;
    let (guest, product) = (shop.guest().await, TestProduct::new(shop, 5).await);
    let purchase = Purchase::prepare(&guest, &product, 1, "Ada Lovelace").await;
    let first = purchase.send(&guest).await;
    first.expect(201);
    let again = purchase.send(&guest).await;
    assert_eq!((again.status, &again.bytes), (201, &first.bytes));
    let mut other = purchase.clone();
    other.body["email"] = json!("someone.else@example.com");
    assert_eq!(other.send(&guest).await.problem(422), "idempotency-key-reused");
}

#[tokio::test]
async fn a_paid_cart_checked_out_again_returns_its_order_or_is_empty() {
    let shop = Shop::shared().await;
    let (guest, product) = (shop.guest().await, TestProduct::new(shop, 5).await);
    let purchase = Purchase::prepare(&guest, &product, 1, "Ada Lovelace").await;
    let first = purchase.send(&guest).await.expect(201);
    // Before the cart consumes the event, payment returns the order; afterwards the cart is empty.
    let again = purchase.with_new_key().send(&guest).await;
    match again.status {
        201 => assert_eq!(again.json()["order_id"], first["order_id"]),
        _ => assert_eq!(again.problem(409), "cart-empty"),
    }
    let orders = guest.get("/api/v1/orders").await.expect(200);
    assert!(orders["items"].as_array().unwrap().len() <= 1, "{orders}");
}

#[tokio::test]
async fn a_changed_total_is_reported_with_both_amounts_and_not_charged() {
    let shop = Shop::shared().await;
    let (guest, product) = (shop.guest().await, TestProduct::new(shop, 5).await);
    let purchase = Purchase::prepare(&guest, &product, 1, "Ada Lovelace").await;
    product.reprice(shop, 9_900).await;
    let response = purchase.send(&guest).await;
    assert_eq!(response.problem(409), "total-changed");
    let cart = guest.get("/api/v1/cart").await.expect(200);
    assert_eq!(response.json()["expected"], purchase.body["expected_total"]);
    assert_eq!(response.json()["actual"], cart["totals"]["total"]);
    let change = cart["changes"].as_array().unwrap().iter().find(|change| change["kind"] == "price_changed");
    assert!(change.is_some_and(|change| change["sku"] == product.sku), "{cart}");
    assert_eq!(guest.get("/api/v1/orders").await.expect(200)["items"], json!([]));
    let accepted = Purchase { body: with_total(&purchase.body, &cart), key: purchase.key };
    assert_eq!(accepted.send(&guest).await.expect(201)["payment"]["status"], "authorised", "a refusal binds no key");
}

fn with_total(body: &Value, cart: &Value) -> Value {
    let mut body = body.clone();
    body["expected_total"] = cart["totals"]["total"].clone();
    body
}

#[tokio::test]
async fn a_shipping_quote_for_other_lines_or_another_address_is_stale() {
    let shop = Shop::shared().await;
    let (guest, product) = (shop.guest().await, TestProduct::new(shop, 9).await);
    let purchase = Purchase::prepare(&guest, &product, 1, "Ada Lovelace").await;
    let mut abroad = purchase.with_new_key();
    abroad.body["address"]["country"] = json!("FR");
    let refused = abroad.send(&guest).await;
    assert_eq!(refused.json()["errors"][0]["pointer"], "/address/country");
    assert_eq!(refused.problem(409), "quote-stale");
    for (field, value) in [("city", "München"), ("postal_code", "80331")] {
        let mut elsewhere = purchase.with_new_key();
        elsewhere.body["address"][field] = json!(value);
        let refused = elsewhere.send(&guest).await;
        assert_eq!(refused.json()["errors"][0]["pointer"], format!("/address/{field}"));
        assert_eq!(refused.problem(409), "quote-stale", "the price was quoted for Berlin");
    }

    let quote = guest.quote().await;
    guest.add_to_cart(&product.sku, 3).await;
    let choice = json!({"quote_id": quote["quote_id"], "option": "standard"});
    let late = guest.put("/api/v1/cart/shipping", choice).await;
    assert_eq!(late.problem(409), "quote-stale");
    let response = purchase.send(&guest).await;
    assert_eq!(response.problem(409), "quote-stale", "the goods are others than were quoted");
}

#[tokio::test]
async fn a_quote_belongs_to_the_cart_it_was_made_for() {
    let shop = Shop::shared().await;
    let product = TestProduct::new(shop, 9).await;
    let (guest, other) = (shop.guest().await, shop.guest().await);
    guest.add_to_cart(&product.sku, 1).await;
    other.add_to_cart(&product.sku, 1).await;
    let quote = guest.quote().await;
    let choice = json!({"quote_id": quote["quote_id"], "option": "standard"});
    let response = other.put("/api/v1/cart/shipping", choice).await;
    assert!(matches!(response.status, 404 | 409), "{}", response.text());
}

#[tokio::test]
async fn an_empty_cart_a_missing_key_and_an_unknown_method_are_refused() {
    let shop = Shop::shared().await;
    let (guest, product) = (shop.guest().await, TestProduct::new(shop, 5).await);
    let body = json!({
        "email": "ada@example.com", "address": address(), "payment": {"method": "card", "session": "sbx_x"},
        "expected_total": {"amount": 1, "currency": "USD"}
    });
    let empty = guest.post_with_key("/api/v1/checkout", &Client::key(), &body).await;
    assert_eq!(empty.problem(409), "cart-empty");
    assert_eq!(guest.post("/api/v1/checkout", body).await.status, 422, "without a key");
    let mut purchase = Purchase::prepare(&guest, &product, 1, "Ada Lovelace").await;
    purchase.body["payment"]["method"] = json!("barter");
    assert_eq!(purchase.send(&guest).await.problem(422), "unknown-payment-method");
    purchase.body["payment"] = Value::Null;
    assert_eq!(purchase.send(&guest).await.status, 422, "there is something to pay");
}

#[tokio::test]
async fn units_sold_meanwhile_are_reported_and_limit_the_cart() {
    let shop = Shop::shared().await;
    let product = TestProduct::new(shop, 2).await;
    let (quick, slow) = (shop.guest().await, shop.guest().await);
    let late = Purchase::prepare(&slow, &product, 2, "Ada Lovelace").await;
    quick.buy(&product, 1).await;
    let response = late.send(&slow).await;
    assert_eq!(response.problem(409), "out-of-stock");
    assert_eq!(response.json()["lines"], json!([{"sku": product.sku, "requested": 2, "available": 1}]));
    let cart = slow.get("/api/v1/cart").await.expect(200);
    assert_eq!(cart["lines"][0]["max_quantity"], 1, "{cart}");
    assert_eq!(product.stock(shop).await["available"], 1);
}

#[tokio::test]
async fn lines_are_changed_and_removed_and_places_are_found_by_prefix() {
    let shop = Shop::shared().await;
    let (guest, product) = (shop.guest().await, TestProduct::new(shop, 9).await);
    guest.add_to_cart(&product.sku, 1).await;
    let path = format!("/api/v1/cart/lines/{}", product.sku);
    let cart = guest.put(&path, json!({"quantity": 3})).await.expect(200);
    assert_eq!(cart["item_count"], 3);
    assert_eq!(guest.delete(&path).await.expect(200)["lines"], json!([]));
    let places = guest.get("/api/v1/shipping/places?country=DE&q=berl").await.expect(200);
    assert!(places["items"].as_array().unwrap().iter().any(|place| place["id"] == BERLIN), "{places}");
    let countries = guest.get("/api/v1/shipping/countries").await.expect(200);
    assert!(countries["items"].as_array().unwrap().iter().any(|one| string(&one["code"]) == "DE"));
}

#[tokio::test]
async fn delivery_is_priced_by_the_address_and_asks_only_when_it_is_ambiguous() {
    let shop = Shop::shared().await;
    let (guest, product) = (shop.guest().await, TestProduct::new(shop, 9).await);
    guest.add_to_cart(&product.sku, 1).await;
    let quote = async |address: Value| guest.post("/api/v1/cart/quotes", json!({"address": address})).await;
    let price = |quote: &Value| quote["options"][0]["price"]["amount"].as_i64().unwrap();
    let berlin = quote(json!({"country": "DE", "postal_code": "10115", "city": "Berlin"})).await.expect(200);
    let munich = quote(json!({"country": "DE", "postal_code": "80331", "city": "München"})).await.expect(200);
    assert!(price(&berlin) < price(&munich));
    assert_eq!((&munich["place"]["name"], &munich["estimated"]), (&json!("Munich"), &json!(false)));
    let village = quote(json!({"country": "DE", "postal_code": "99999", "city": "Hinterdupfing"})).await.expect(200);
    assert_eq!(village["estimated"], true);
    assert!(price(&village) >= price(&munich));
    let frankfurt = json!({"country": "DE", "postal_code": "60311", "city": "Frankfurt"});
    let ambiguous = quote(frankfurt.clone()).await;
    let regions: Vec<_> =
        ambiguous.json()["places"].as_array().unwrap().iter().map(|one| string(&one["region"])).collect();
    assert!(regions.contains(&"Hesse".to_owned()) && regions.contains(&"Brandenburg".to_owned()), "{regions:?}");
    let place = ambiguous.json()["places"][0]["id"].clone();
    assert_eq!(ambiguous.problem(409), "ambiguous-place");
    let chosen = json!({"address": frankfurt, "place_id": place});
    guest.post("/api/v1/cart/quotes", chosen).await.expect(200);
    let springfield = json!({"country": "US", "region": "Illinois", "postal_code": "62701", "city": "Springfield"});
    assert_eq!(quote(springfield).await.expect(200)["place"]["region"], "Illinois");
    let rules = guest.get("/api/v1/shipping/address-rules/GB").await.expect(200);
    assert_eq!(rules["fields"][1]["label"], "Postcode");
}
