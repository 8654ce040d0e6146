//! Invalid input is rejected with a pointer to the error.

use crate::harness::{MUNICH, TestShop, announcement};
use axum::http::Method;
use serde_json::{Value, json};

const OVERSIZED: &str = "18446744073709551616";

#[tokio::test]
async fn a_search_needs_a_country_and_two_letters() {
    let shop = TestShop::open().await;
    for query in [
        String::new(),
        "country=DE".into(),
        "q=berlin".into(),
        "country=DE&q=".into(),
        "country=DE&q=b".into(),
        "country=DE&q=b.%20-%00".into(),
        "country=DE&q=12".into(),
        "country=DE&q=%F0%9F%8F%B3".into(),
        "country=DE&q=%FF%FE".into(),
        "country=de&q=berlin".into(),
        "country=ZZ&q=berlin".into(),
        "country=&q=berlin".into(),
        "country=DE&country=FR&q=berlin".into(),
        "country=DE&q=berlin&limit=10".into(),
        format!("country=DE&q={}", "a".repeat(101)),
    ] {
        let answer = shop.anonymous().get(&format!("/api/v1/shipping/places?{query}")).await;
        assert_eq!(answer.status.as_u16(), 422, "{query}");
        assert_eq!(answer.problem(422), "invalid-input");
    }
}

#[tokio::test]
async fn a_search_for_symbols_finds_nothing() {
    let shop = TestShop::open().await;
    for name in [
        "%25%25ab",
        "x'%20OR%20'1'='1",
        "zz%00zz",
        "%F3%B0%80%80ab",
        "%5Bab%5D",
        "\u{f7}ab*".trim_start_matches('\u{f7}'),
    ] {
        let answer = shop.anonymous().get(&format!("/api/v1/shipping/places?country=DE&q={name}")).await;
        assert_eq!(answer.expect(200).json()["items"], json!([]), "{name}");
    }
}

#[tokio::test]
async fn an_invalid_tracking_number_is_not_found() {
    let shop = TestShop::open().await;
    let long = "9".repeat(5000);
    for number in ["1", "SS", "SS222222222222", "%00", "%FF", "%F0%9F%93%A6", "a%2Fb", "SSABCDEFGHJKMN", long.as_str()]
    {
        let answer = shop.anonymous().get(&format!("/api/v1/tracking/{number}")).await;
        assert_eq!(answer.problem(404), "not-found", "{number}");
    }
}

async fn refused(shop: &TestShop, path: &str, body: &Value) -> (u16, String) {
    let caller = if path == "/internal/quotes" { shop.cart() } else { shop.dispatch() };
    let caller = if path.starts_with("/api") { shop.merchant() } else { caller };
    let method = if path.starts_with("/api") { Method::PUT } else { Method::POST };
    let answer = caller.send(method, path, Some(body.to_string().into_bytes())).await;
    let pointer = answer.json()["errors"][0]["pointer"].as_str().unwrap_or_default().to_owned();
    (answer.status.as_u16(), pointer)
}

#[tokio::test]
async fn an_invalid_quote_request_is_rejected() {
    let shop = TestShop::open().await;
    for (field, value) in [
        ("cart_id", json!("x")),
        ("lines_digest", json!("")),
        ("lines_digest", json!("a\u{0}b")),
        ("lines_digest", json!("a".repeat(129))),
        ("place_id", json!("Berlin")),
        ("place_id", serde_json::from_str(OVERSIZED).unwrap()),
        ("weight_grams", json!(-1)),
        ("weight_grams", json!(1.5)),
        ("weight_grams", json!(1_000_000_001)),
        ("weight_grams", serde_json::from_str(OVERSIZED).unwrap()),
        ("currency", json!("XYZ1")),
    ] {
        let mut request = shop.quote_request(MUNICH, 100);
        request[field] = value.clone();
        let expected = (422, format!("/{field}"));
        assert_eq!(refused(&shop, "/internal/quotes", &request).await, expected, "{value}");
    }
    for place in [-1, 0, 1, i64::MAX, i64::MIN] {
        assert_eq!(shop.quote(place, 100).await.problem(404), "unknown-place");
    }
}

#[tokio::test]
async fn an_invalid_shipment_request_is_rejected() {
    let shop = TestShop::open().await;
    for (field, value) in [
        ("order_id", json!("x")),
        ("order_number", json!("")),
        ("step_key", json!("")),
        ("step_key", json!("a\nb")),
        ("step_key", json!("é".repeat(201))),
        ("option", json!("overnight")),
        ("option", json!("")),
        ("weight_grams", json!(u64::MAX)),
        ("address", json!(null)),
    ] {
        let mut request = announcement(shop.order(), "ship");
        request[field] = value.clone();
        let expected = (422, format!("/{field}"));
        assert_eq!(refused(&shop, "/internal/shipments", &request).await, expected, "{field} {value}");
    }
    let mut request = announcement(shop.order(), "ship");
    request["place_id"] = json!(7);
    assert_eq!(refused(&shop, "/internal/shipments", &request).await, (404, "/place_id".into()));
    let cancellation = json!({ "order_id": shop.order(), "step_key": "" });
    assert_eq!(refused(&shop, "/internal/shipments/cancel", &cancellation).await, (422, "/step_key".into()));
}

#[tokio::test]
async fn invalid_settings_are_rejected() {
    let shop = TestShop::open().await;
    let warehouse = "/api/v1/shipping/warehouse";
    assert_eq!(refused(&shop, warehouse, &json!({ "place_id": "x" })).await, (422, "/place_id".into()));
    assert_eq!(refused(&shop, warehouse, &json!({ "place_id": 1, "more": 2 })).await.0, 422);
    let zones = shop.merchant().get("/api/v1/shipping/zones").await.expect(200).json();
    for (pointer, value) in [
        ("/version", json!(-1)),
        ("/zones", json!([])),
        ("/zones/0/name", json!("")),
        ("/zones/0/name", json!("x".repeat(61))),
        ("/zones/0/reach", json!("galaxy")),
        ("/zones/0/up_to_km", json!(20_101)),
        ("/zones/1/standard/base", json!(1_000_000_001)),
        ("/zones/1/express/per_kg", json!(i64::MIN)),
        ("/zones/1/express/days/max", json!(-1)),
        ("/zones/1/express/days", json!({ "min": 3, "max": 366 })),
        ("/excluded/0", json!("germany")),
    ] {
        let mut changed = zones.clone();
        changed["excluded"] = json!(["FR"]);
        *changed.pointer_mut(pointer).unwrap() = value;
        assert_eq!(refused(&shop, "/api/v1/shipping/zones", &changed).await, (422, pointer.into()));
    }
    let mut many = zones.clone();
    many["zones"] = vec![zones["zones"][0].clone(); 10_000].into();
    assert_eq!(refused(&shop, "/api/v1/shipping/zones", &many).await.0, 413);
    many["zones"].as_array_mut().unwrap().truncate(51);
    assert_eq!(refused(&shop, "/api/v1/shipping/zones", &many).await, (422, "/zones".into()));
    let mut last = zones.clone();
    last["version"] = json!(i64::MAX);
    assert_eq!(refused(&shop, "/api/v1/shipping/zones", &last).await.0, 409);
}

#[tokio::test]
async fn malformed_json_is_rejected() {
    let shop = TestShop::open().await;
    for body in ["", "{", "null", "[]", "\"\"", "\u{0}", "{\"place_id\":1}x"] {
        let body = body.as_bytes().to_vec();
        for answer in [
            shop.merchant().send(Method::PUT, "/api/v1/shipping/warehouse", Some(body.clone())).await,
            shop.merchant().send(Method::PUT, "/api/v1/shipping/zones", Some(body.clone())).await,
            shop.cart().send(Method::POST, "/internal/quotes", Some(body.clone())).await,
            shop.dispatch().send(Method::POST, "/internal/shipments", Some(body.clone())).await,
            shop.dispatch().send(Method::POST, "/internal/shipments/cancel", Some(body.clone())).await,
        ] {
            assert!(matches!(answer.status.as_u16(), 400 | 422), "{}", answer.text());
        }
    }
    let form = shop.merchant().with_header("content-type", "text/plain");
    assert_eq!(form.put("/api/v1/shipping/warehouse", json!({})).await.problem(415), "unsupported-media-type");
}
