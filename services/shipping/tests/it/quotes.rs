//! Quotes and their prices.

use crate::harness::{BERLIN, MUNICH, NEW_YORK, NICE, POTSDAM, TestShop};
use contracts::shipping::{BoundQuote, Estimate, LocatedPlaces, Quote, Zones};
use jiff::SignedDuration;
use serde_json::json;

async fn prices(shop: &TestShop, place: i64, grams: u64) -> Vec<i64> {
    let quote: Quote = shop.quote(place, grams).await.expect(200).read();
    quote.options.iter().map(|option| option.price.amount).collect()
}

#[tokio::test]
async fn a_quote_has_both_options_with_price_and_days() {
    let shop = TestShop::open().await;
    let quote = shop.quote(MUNICH, 1200).await.expect(200).json();
    let expected = json!([
        {
            "option": "standard", "label": "Standard", "price": { "amount": 590, "currency": "EUR" },
            "estimated_days": { "min": 1, "max": 3 },
        },
        {
            "option": "express", "label": "Express", "price": { "amount": 1190, "currency": "EUR" },
            "estimated_days": { "min": 1, "max": 2 },
        },
    ]);
    assert_eq!(quote["options"], expected);
    assert_eq!(quote["place"]["name"], "Munich");
    assert_eq!(quote["expires_at"], "2026-11-22T09:30:00Z");
}

#[tokio::test]
async fn farther_places_cost_more() {
    let shop = TestShop::open().await;
    let mut earlier = vec![0, 0];
    for place in [POTSDAM, MUNICH, NICE, NEW_YORK] {
        let prices = prices(&shop, place, 1200).await;
        assert!(prices.iter().zip(&earlier).all(|(price, earlier)| price > earlier), "{place}");
        earlier = prices;
    }
}

#[tokio::test]
async fn an_estimate_has_the_prices_of_a_quote_and_the_distance() {
    let shop = TestShop::open().await;
    let quote: Quote = shop.quote(MUNICH, 1200).await.expect(200).read();
    let request = json!({ "place_id": MUNICH, "weight_grams": 1200, "currency": "EUR" });
    let estimate: Estimate = shop.web().post("/internal/estimates", &request).await.expect(200).read();
    assert_eq!(estimate.options, quote.options);
    // The great-circle distance from Berlin to Munich is 504 km.
    assert!(estimate.distance_metres.abs_diff(504_000) < 2_000, "{}", estimate.distance_metres);
    let unknown = json!({ "place_id": 1, "weight_grams": 1200, "currency": "EUR" });
    assert_eq!(shop.web().post("/internal/estimates", &unknown).await.problem(404), "unknown-place");
    assert_eq!(shop.cart().post("/internal/estimates", &request).await.problem(403), "forbidden");
}

#[tokio::test]
async fn the_places_of_a_country_are_listed_with_their_positions() {
    let shop = TestShop::open().await;
    let places: LocatedPlaces = shop.web().get("/internal/places/DE").await.expect(200).read();
    let berlin = &places.items[0];
    assert_eq!((berlin.place.name.as_str(), berlin.latitude, berlin.longitude), ("Berlin", 5_252_437, 1_341_053));
    assert_eq!(shop.web().get("/internal/places/de").await.problem(404), "not-found");
}

#[tokio::test]
async fn heavier_shipments_never_cost_less() {
    let shop = TestShop::open().await;
    let mut earlier = vec![0, 0];
    for grams in [0, 1, 999, 1000, 1001, 20_000, 1_000_000, 1_000_000_000] {
        let prices = prices(&shop, NICE, grams).await;
        assert!(prices.iter().zip(&earlier).all(|(price, earlier)| price >= earlier), "{grams} g");
        earlier = prices;
    }
}

#[tokio::test]
async fn a_quote_is_found_with_its_cart_until_it_expires() {
    let shop = TestShop::open().await;
    let request = shop.quote_request(MUNICH, 500);
    let quote: Quote = shop.cart().post("/internal/quotes", &request).await.expect(200).read();
    let path = format!("/internal/quotes/{}", quote.quote_id);
    shop.env.advance(SignedDuration::from_secs(30 * 60 - 1));
    for service in ["cart", "payment"] {
        let caller = shop.env.service(&shop.router, service, "shipping");
        let bound: BoundQuote = caller.get(&path).await.expect(200).read();
        assert_eq!(bound.quote, quote);
        assert_eq!(json!(bound.cart_id), request["cart_id"]);
        assert_eq!(bound.lines_digest, "abc");
    }
    shop.env.advance(SignedDuration::from_secs(1));
    assert_eq!(shop.cart().get(&path).await.problem(404), "unknown-quote");
}

#[tokio::test]
async fn an_id_without_a_quote_is_unknown() {
    let shop = TestShop::open().await;
    for id in [shop.env.system.id().to_string(), "no-id".into(), "%00".into(), "9".repeat(500)] {
        let answer = shop.cart().get(&format!("/internal/quotes/{id}")).await;
        assert_eq!(answer.problem(404), "unknown-quote", "{id}");
    }
}

#[tokio::test]
async fn quotes_depend_on_the_warehouse() {
    let shop = TestShop::open().await;
    let before = prices(&shop, NEW_YORK, 1000).await;
    shop.merchant().put("/api/v1/shipping/warehouse", json!({ "place_id": NEW_YORK })).await.expect(200);
    assert!(prices(&shop, NEW_YORK, 1000).await < before);
    assert_eq!(prices(&shop, BERLIN, 1000).await, before);
}

#[tokio::test]
async fn excluded_countries_are_not_quoted() {
    let shop = TestShop::open().await;
    let mut zones = shop.merchant().get("/api/v1/shipping/zones").await.expect(200).json();
    zones["excluded"] = json!(["FR"]);
    shop.merchant().put("/api/v1/shipping/zones", &zones).await.expect(200);
    let refusal = shop.quote(NICE, 1000).await;
    assert_eq!(refusal.json()["country"], "FR");
    assert_eq!(refusal.problem(409), "no-delivery");
}

#[tokio::test]
async fn amounts_are_in_minor_units_of_the_currency_that_they_were_set_for() {
    let shop = TestShop::open().await;
    let quote = async |currency: &str| {
        let mut request = shop.quote_request(MUNICH, 1000);
        request["currency"] = json!(currency);
        shop.cart().post("/internal/quotes", request).await
    };
    let refused = quote("JPY").await;
    assert!(refused.text().contains("no shipping prices in JPY"), "{}", refused.text());
    assert_eq!(refused.problem(409), "no-delivery", "the built-in prices are no yen");
    let table = Zones { currency: Some("JPY".parse().unwrap()), ..shipping::zones::built_in() };
    shop.stores.store.set_zones(&table).await.unwrap();
    let quoted: Quote = quote("JPY").await.expect(200).read();
    assert_eq!(quoted.options[0].price.to_string(), "540 JPY");
    assert_eq!(quote("EUR").await.problem(409), "no-delivery");
}

#[tokio::test]
async fn expired_quotes_are_deleted_in_batches() {
    let shop = TestShop::open().await;
    for _ in 0..3 {
        shop.quote(MUNICH, 1000).await.expect(200);
    }
    let store = &shop.stores.store;
    assert_eq!(store.delete_expired_quotes(shop.env.system.now(), 10).await.unwrap(), 0);
    shop.env.advance(SignedDuration::from_hours(1));
    assert_eq!(store.delete_expired_quotes(shop.env.system.now(), 2).await.unwrap(), 2);
    assert_eq!(store.delete_expired_quotes(shop.env.system.now(), 2).await.unwrap(), 1);
}
