//! The list of countries that the shop delivers to.

use crate::harness::TestShop;
use serde_json::json;

const PATH: &str = "/api/v1/shipping/countries";

#[tokio::test]
async fn countries_with_a_town_are_sorted_by_name() {
    let shop = TestShop::open().await;
    let countries = shop.anonymous().get(PATH).await.expect(200).json();
    let expected = json!([
        { "code": "AU", "name": "Australia" },
        { "code": "FR", "name": "France" },
        { "code": "DE", "name": "Germany" },
        { "code": "US", "name": "United States" },
    ]);
    assert_eq!(countries["items"], expected);
}

#[tokio::test]
async fn the_country_list_can_be_cached_and_revalidated() {
    let shop = TestShop::open().await;
    let answer = shop.anonymous().get(PATH).await.expect(200);
    assert_eq!(answer.headers["cache-control"], "public, max-age=3600");
    assert_eq!(answer.headers["content-type"], "application/json");
    let tag = answer.headers["etag"].to_str().unwrap().to_owned();
    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let again = shop.anonymous().with_header("if-none-match", &known).get(PATH).await.expect(304);
        assert!(again.bytes.is_empty());
        assert_eq!(again.headers["etag"], tag.as_str());
    }
    shop.anonymous().with_header("if-none-match", "\"other\"").get(PATH).await.expect(200);
}

#[tokio::test]
async fn excluding_a_country_changes_the_list_and_its_tag() {
    let shop = TestShop::open().await;
    let before = shop.anonymous().get(PATH).await.expect(200);
    let mut zones = shop.merchant().get("/api/v1/shipping/zones").await.expect(200).json();
    zones["excluded"] = json!(["FR"]);
    shop.merchant().put("/api/v1/shipping/zones", &zones).await.expect(200);
    let after = shop.anonymous().get(PATH).await.expect(200);
    let codes: Vec<_> = after.json()["items"].as_array().unwrap().iter().map(|item| item["code"].clone()).collect();
    assert_eq!(codes, ["AU", "DE", "US"]);
    assert_ne!(before.headers["etag"], after.headers["etag"]);
}

#[tokio::test]
async fn countries_beyond_the_last_zone_are_not_listed() {
    let shop = TestShop::open().await;
    let mut zones = shop.merchant().get("/api/v1/shipping/zones").await.expect(200).json();
    zones["zones"].as_array_mut().unwrap().truncate(4);
    shop.merchant().put("/api/v1/shipping/zones", &zones).await.expect(200);
    let after = shop.anonymous().get(PATH).await.expect(200).json();
    assert_eq!(after["items"].as_array().unwrap().len(), 2);
}
