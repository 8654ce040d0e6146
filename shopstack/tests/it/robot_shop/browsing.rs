//! Catalogue, ratings and places.

use super::{Visitor, assert_text, shop};
use crate::harness::shopping::{BERLIN, PRICE};
use crate::harness::{TestProduct, eventually};
use serde_json::{Value, json};

#[tokio::test]
async fn products_are_listed_in_the_form_of_robot_shop() {
    let client = shop().await.anonymous();
    let products = client.get("/api/catalogue/products").await.expect(200);
    let products = products.as_array().unwrap();
    assert!(products.len() >= 74, "the demo shop has 74 products");
    for product in products {
        let members: Vec<&str> = product.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["_id", "categories", "description", "instock", "name", "price", "sku"]);
        assert!(product["price"].is_number() && product["instock"].is_u64(), "{product}");
    }
    // As the page of a product reads it.
    let sku = products[0]["sku"].as_str().unwrap();
    assert_eq!(client.get(&format!("/api/catalogue/product/{sku}")).await.expect(200), products[0]);
    assert_text(&client.get("/api/catalogue/product/NOTHING").await, 404, "SKU not found");
}

#[tokio::test]
async fn prices_are_exact_numbers_of_the_major_unit() {
    let shop = shop().await;
    let product = TestProduct::new(shop, 3).await;
    product.reprice(shop, 1_999).await;
    let response = shop.anonymous().get(&format!("/api/catalogue/product/{}", product.sku)).await;
    assert!(response.text().contains("\"price\":19.99,\"instock\":3,"), "{}", response.text());
    product.reprice(shop, PRICE).await;
    let response = shop.anonymous().get(&format!("/api/catalogue/product/{}", product.sku)).await;
    assert!(response.text().contains("\"price\":25.00,"), "{}", response.text());
}

#[tokio::test]
async fn a_product_with_several_variants_is_one_entry() {
    let client = shop().await.anonymous();
    let shop_products = client.get("/api/v1/products?limit=100").await.expect(200);
    let several =
        shop_products["items"].as_array().unwrap().iter().find(|card| card["variant_count"].as_u64() > Some(1));
    let handle = several.unwrap()["handle"].as_str().unwrap();
    let product = client.get(&format!("/api/v1/products/{handle}")).await.expect(200);
    let listed = client.get("/api/catalogue/products").await.expect(200);
    let entries: Vec<&Value> =
        listed.as_array().unwrap().iter().filter(|entry| entry["_id"] == product["id"]).collect();
    assert_eq!(entries.len(), 1);
    // The other variants have pages of their own.
    for variant in product["variants"].as_array().unwrap() {
        let sku = variant["sku"].as_str().unwrap();
        let shown = client.get(&format!("/api/catalogue/product/{sku}")).await.expect(200);
        let options: Vec<&str> =
            variant["option_values"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(shown["name"], format!("{} ({})", product["title"].as_str().unwrap(), options.join(" / ")));
    }
}

#[tokio::test]
async fn categories_and_searches_list_their_products() {
    let client = shop().await.anonymous();
    let categories = client.get("/api/catalogue/categories").await.expect(200);
    let category = categories[0].as_str().unwrap();
    let encoded: String = category.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let products = client.get(&format!("/api/catalogue/products/{encoded}")).await.expect(200);
    let products = products.as_array().unwrap();
    assert!(!products.is_empty() && products.iter().all(|product| product["categories"] == json!([category])));
    let names: Vec<&str> = products.iter().filter_map(|product| product["name"].as_str()).collect();
    assert!(names.is_sorted_by_key(|name| name.to_lowercase()), "{names:?}");
    assert_eq!(client.get("/api/catalogue/products/nothing").await.expect(200), json!([]));
    let word = names[0].split_whitespace().next().unwrap();
    let found = client.get(&format!("/api/catalogue/search/{word}")).await.expect(200);
    assert!(found.as_array().unwrap().iter().any(|product| product["name"] == names[0]), "{word}");
    assert_eq!(client.get("/api/catalogue/search/xqzvwkj").await.expect(200), json!([]));
}

#[tokio::test]
async fn a_guest_rates_a_product_of_a_demo_shop_once() {
    let shop = shop().await;
    let product = TestProduct::new(shop, 1).await;
    let fetch = format!("/api/ratings/api/fetch/{}", product.sku);
    let (one, other) = (Visitor::new(shop).await, Visitor::new(shop).await);
    let unrated = one.client.get(&fetch).await.expect(200);
    assert_eq!((unrated["avg_rating"].as_f64(), &unrated["rating_count"]), (Some(0.0), &json!(0)));
    // Scores are limited to the range from 1 to 5.
    for (visitor, score) in [(&one, 9), (&other, 2), (&other, 2)] {
        let path = format!("/api/ratings/api/rate/{}/{score}", product.sku);
        assert_eq!(visitor.client.put(&path, Value::Null).await.expect(200), json!({"success": true}));
    }
    eventually("both ratings count", 10, async || {
        let rating = one.client.get(&fetch).await;
        (rating.text() == r#"{"avg_rating":3.50,"rating_count":2}"#).then_some(())
    })
    .await;
    let rate = "/api/ratings/api/rate";
    assert_text(&one.client.put(&format!("{rate}/NOTHING/3"), Value::Null).await, 404, "SKU not found");
    let path = format!("{rate}/{}/many", product.sku);
    assert_text(&one.client.put(&path, Value::Null).await, 400, "score must be a number");
    let nothing = one.client.get("/api/ratings/api/fetch/NOTHING").await.expect(200);
    assert_eq!(nothing["rating_count"], 0);
}

#[tokio::test]
async fn countries_and_towns_are_those_of_the_shop() {
    let client = shop().await.anonymous();
    let codes = client.get("/api/shipping/codes").await.expect(200);
    let germany = codes.as_array().unwrap().iter().find(|country| country["code"] == "de").unwrap();
    assert_eq!((&germany["name"], germany["uuid"].is_u64()), (&json!("Germany"), true));
    let cities = client.get("/api/shipping/cities/de").await.expect(200);
    let berlin = cities.as_array().unwrap().iter().find(|city| city["uuid"] == BERLIN).unwrap();
    let expected = json!({
        "uuid": BERLIN, "code": "de", "city": "berlin", "name": "Berlin", "region": "State of Berlin",
        "latitude": 52.52437, "longitude": 13.41053
    });
    assert_eq!(*berlin, expected);
    assert_eq!(client.get("/api/shipping/cities/xx").await.expect(200), json!([]));
    let found = client.get("/api/shipping/match/de/Berl").await.expect(200);
    assert_eq!((&found[0]["name"], &found[0]["uuid"]), (&json!("Berlin"), &json!(BERLIN)));
    let short = client.get("/api/shipping/match/de/Be").await.expect(400);
    assert_eq!((&short["status"], &short["path"]), (&json!(400), &json!("/api/shipping/match/de/Be")));
}

#[tokio::test]
async fn distances_are_measured_along_great_circles() {
    const NEW_YORK: i64 = 5_128_581;
    let client = shop().await.anonymous();
    // From Berlin, where the demo shop's warehouse is. Robot Shop's formula answers a quarter more.
    let price = client.get(&format!("/api/shipping/calc/{NEW_YORK}")).await.expect(200);
    let distance = price["distance"].as_u64().unwrap();
    assert!((6_350..=6_420).contains(&distance), "{distance} km");
    assert!(price["cost"].as_f64() > Some(0.0));
    assert_eq!(client.get("/api/shipping/calc/1").await.expect(404)["message"], "city not found");
    client.get("/api/shipping/calc/many").await.expect(400);
}

#[tokio::test]
async fn each_service_reports_its_health() {
    let client = shop().await.anonymous();
    for (service, expected) in [
        ("catalogue/health", json!({"app": "OK", "mongo": true})),
        ("user/health", json!({"app": "OK", "mongo": true})),
        ("cart/health", json!({"app": "OK", "redis": true})),
        ("ratings/_health", json!({"pdo_connectivity": true})),
    ] {
        assert_eq!(client.get(&format!("/api/{service}")).await.expect(200), expected);
    }
    assert_text(&client.get("/api/shipping/health").await, 200, "OK");
    assert_text(&client.get("/api/payment/health").await, 200, "OK");
}
