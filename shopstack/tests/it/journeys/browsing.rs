//! Search, categories and product pages.

use crate::harness::Shop;
use serde_json::Value;

fn handles(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["handle"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn search_tolerates_typos_and_matches_plurals() {
    let shop = Shop::shared().await;
    let client = shop.anonymous();
    let page = client.get("/api/v1/products?q=stonewear%20mug").await.expect(200);
    assert_eq!(handles(&page)[0], "stoneware-mug", "{page}");
    let page = client.get("/api/v1/products?q=mugs").await.expect(200);
    assert!(handles(&page).contains(&"stoneware-mug"), "{page}");
    let page = client.get("/api/v1/products?q=xylophonequartz").await.expect(200);
    assert_eq!(page["count"]["value"], 0, "{page}");
}

#[tokio::test]
async fn facet_counts_match_the_filtered_results() {
    let shop = Shop::shared().await;
    let client = shop.anonymous();
    let page = client.get("/api/v1/products?category=kitchen").await.expect(200);
    let vendor = &page["facets"]["vendors"][0];
    let chosen = format!("/api/v1/products?category=kitchen&vendor={}", vendor["value"].as_str().unwrap());
    let narrowed = client.get(&chosen.replace(' ', "%20")).await.expect(200);
    assert_eq!(narrowed["count"]["value"], vendor["count"], "{chosen}");
    for item in page["items"].as_array().unwrap() {
        assert_eq!(item["category"], "kitchen");
    }
    let (lowest, highest) = (&page["facets"]["price"]["min"]["amount"], &page["facets"]["price"]["max"]["amount"]);
    assert!(lowest.as_i64() < highest.as_i64(), "{lowest} {highest}");
}

#[tokio::test]
async fn pages_have_no_gaps_or_duplicates() {
    let shop = Shop::shared().await;
    let client = shop.anonymous();
    let whole = client.get("/api/v1/products?category=kitchen&sort=price&limit=100").await.expect(200);
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for _ in 0..20 {
        let path = format!("/api/v1/products?category=kitchen&sort=price&limit=4{cursor}");
        let page = client.get(&path).await.expect(200);
        seen.extend(handles(&page).into_iter().map(str::to_owned));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, handles(&whole));
}

#[tokio::test]
async fn prefixes_have_suggestions_and_a_product_lists_its_options() {
    let shop = Shop::shared().await;
    let client = shop.anonymous();
    let suggestions = client.get("/api/v1/products/suggest?q=stonew").await.expect(200);
    let suggested = suggestions["items"].as_array().unwrap();
    assert!(suggested.iter().any(|one| one["handle"] == "stoneware-mug"), "{suggestions}");
    let product = client.get("/api/v1/products/stoneware-mug").await.expect(200);
    assert_eq!(product["options"][0]["name"], "Colour");
    let skus: Vec<&str> = product["variants"].as_array().unwrap().iter().map(|v| v["sku"].as_str().unwrap()).collect();
    assert_eq!(skus, ["FLD-MUG-OAT", "FLD-MUG-INK"]);
    let image = client.get(product["images"][0]["url"].as_str().unwrap()).await;
    assert_eq!((image.status, image.header("content-type")), (200, "image/svg+xml"));
}

#[tokio::test]
async fn categories_count_their_products() {
    let shop = Shop::shared().await;
    let client = shop.anonymous();
    let categories = client.get("/api/v1/categories").await.expect(200);
    for category in categories["items"].as_array().unwrap() {
        let path = format!("/api/v1/products?limit=1&category={}", category["handle"].as_str().unwrap());
        let page = client.get(&path).await.expect(200);
        assert_eq!(page["count"]["value"], category["product_count"], "{category}");
    }
}
