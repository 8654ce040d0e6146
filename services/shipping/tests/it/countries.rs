//! The countries the shop delivers to.

use crate::shop::Shop;
use serde_json::json;

const PATH: &str = "/api/v1/shipping/countries";

#[tokio::test]
async fn countries_with_a_town_are_listed_by_name() {
    let shop = Shop::open().await;
    let countries = shop.anybody().get(PATH).await.expect(200).json();
    let expected = json!([
        { "code": "AU", "name": "Australia" },
        { "code": "FR", "name": "France" },
        { "code": "DE", "name": "Germany" },
        { "code": "US", "name": "United States" },
    ]);
    assert_eq!(countries["items"], expected);
}

#[tokio::test]
async fn the_list_may_be_kept_for_an_hour_and_asked_about_again() {
    let shop = Shop::open().await;
    let answer = shop.anybody().get(PATH).await.expect(200);
    assert_eq!(answer.headers["cache-control"], "public, max-age=3600");
    assert_eq!(answer.headers["content-type"], "application/json");
    let tag = answer.headers["etag"].to_str().unwrap().to_owned();
    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let again = shop.anybody().with_header("if-none-match", &known).get(PATH).await.expect(304);
        assert!(again.bytes.is_empty());
        assert_eq!(again.headers["etag"], tag.as_str());
    }
    shop.anybody().with_header("if-none-match", "\"other\"").get(PATH).await.expect(200);
}

#[tokio::test]
async fn an_excluded_country_leaves_the_list_and_the_list_is_another_one() {
    let shop = Shop::open().await;
    let before = shop.anybody().get(PATH).await.expect(200);
    let mut zones = shop.merchant().get("/api/v1/shipping/zones").await.expect(200).json();
    zones["excluded"] = json!(["FR"]);
    shop.merchant().put("/api/v1/shipping/zones", &zones).await.expect(200);
    let after = shop.anybody().get(PATH).await.expect(200);
    let codes: Vec<_> = after.json()["items"].as_array().unwrap().iter().map(|item| item["code"].clone()).collect();
    assert_eq!(codes, ["AU", "DE", "US"]);
    assert_ne!(before.headers["etag"], after.headers["etag"]);
}

#[tokio::test]
async fn a_shop_whose_zones_end_with_the_continent_offers_no_other() {
    let shop = Shop::open().await;
    let mut zones = shop.merchant().get("/api/v1/shipping/zones").await.expect(200).json();
    zones["zones"].as_array_mut().unwrap().truncate(4);
    shop.merchant().put("/api/v1/shipping/zones", &zones).await.expect(200);
    let after = shop.anybody().get(PATH).await.expect(200).json();
    assert_eq!(after["items"].as_array().unwrap().len(), 2);
}
