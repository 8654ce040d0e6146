//! A customer with an account and a browser.

use crate::harness::shopping::{address, string};
use crate::harness::{Client, Shop, TestProduct, eventually, unique};
use serde_json::json;

const PASSWORD: &str = "quiet-harbour-lantern-7";

async fn registered(shop: &Shop) -> (Client, String) {
    let browser = shop.anonymous();
    let email = format!("{}@example.com", unique("browser"));
    let wanted = json!({"email": email, "password": PASSWORD, "name": "Grace Hopper", "session": "cookie"});
    let session = browser.post("/api/v1/auth/register", wanted).await.expect(201);
    assert!(session["access_token"].is_null(), "no script sees the token");
    (browser, email)
}

async fn log_in(browser: &Client, email: &str) {
    let login = json!({"email": email, "password": PASSWORD, "session": "cookie"});
    browser.post("/api/v1/auth/login", login).await.expect(200);
}

#[tokio::test]
async fn a_guest_cart_is_merged_at_login() {
    let shop = Shop::shared().await;
    let product = TestProduct::new(shop, 9).await;
    let (first, email) = registered(shop).await;
    first.add_to_cart(&product.sku, 1).await;

    let browser = shop.anonymous();
    browser.post("/api/v1/auth/guest", json!({"session": "cookie"})).await.expect(201);
    browser.add_to_cart(&product.sku, 2).await;
    log_in(&browser, &email).await;
    let merged = browser.post("/api/v1/cart/merge", json!({})).await.expect(200);
    assert_eq!(merged["item_count"], 3, "{merged}");
    let again = browser.post("/api/v1/cart/merge", json!({})).await.expect(200);
    assert_eq!(again["item_count"], 3, "merging twice adds nothing");
    assert_eq!(first.get("/api/v1/cart").await.expect(200)["item_count"], 3, "it is the account's cart");
}

#[tokio::test]
async fn a_session_is_refreshed_listed_and_revoked() {
    let shop = Shop::shared().await;
    let (browser, email) = registered(shop).await;
    let refreshed = browser.post("/api/v1/auth/refresh", json!({"session": "cookie"})).await.expect(200);
    assert_eq!(refreshed["account"]["email"], email);
    let external_url = shop.anonymous();
    log_in(&external_url, &email).await;
    let sessions = browser.get("/api/v1/me/sessions").await.expect(200);
    let sessions = sessions["items"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    let other = sessions.iter().find(|session| session["current"] == false).unwrap();
    let ended = browser.delete(&format!("/api/v1/me/sessions/{}", string(&other["id"]))).await;
    assert_eq!(ended.status, 204);
    let refused = external_url.post("/api/v1/auth/refresh", json!({"session": "cookie"})).await;
    assert_eq!(refused.problem(401), "unauthenticated");

    assert_eq!(browser.post("/api/v1/auth/logout", json!({})).await.status, 204);
    assert!(browser.cookie("shop_access").is_none() && browser.cookie("shop_refresh").is_none());
    assert_eq!(browser.get("/api/v1/me").await.status, 401);
}

#[tokio::test]
async fn addresses_are_added_changed_and_deleted() {
    let shop = Shop::shared().await;
    let (browser, _) = registered(shop).await;
    let kept = browser.post("/api/v1/me/addresses", address()).await.expect(201);
    let path = format!("/api/v1/me/addresses/{}", string(&kept["id"]));
    let mut changed = address();
    changed["city"] = json!("Köln");
    browser.put(&path, changed).await.expect(200);
    let book = browser.get("/api/v1/me/addresses").await.expect(200);
    assert_eq!((book["items"].as_array().unwrap().len(), &book["items"][0]["city"]), (1, &json!("Köln")));
    assert_eq!(browser.delete(&path).await.status, 204);
    assert_eq!(browser.get("/api/v1/me/addresses").await.expect(200)["items"], json!([]));
}

#[tokio::test]
async fn a_profile_changes_and_an_old_version_is_stale() {
    let shop = Shop::shared().await;
    let (browser, email) = registered(shop).await;
    let me = browser.get("/api/v1/me").await.expect(200);
    let change = json!({"name": "Rear Admiral Hopper", "version": me["version"]});
    let changed = browser.patch("/api/v1/me", change.clone()).await.expect(200);
    assert_eq!(changed["name"], "Rear Admiral Hopper");
    assert_eq!(browser.patch("/api/v1/me", change).await.problem(409), "stale-version");
    let export = browser.get("/api/v1/me/export").await.expect(200);
    assert!(export.to_string().contains(&email));
    let twice = json!({"email": email.to_uppercase(), "password": PASSWORD, "name": "Grace"});
    assert_eq!(shop.anonymous().post("/api/v1/auth/register", twice).await.problem(409), "email-taken");
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions() {
    let shop = Shop::shared().await;
    let (browser, email) = registered(shop).await;
    let external_url = shop.anonymous();
    log_in(&external_url, &email).await;
    let change = json!({"current": PASSWORD, "new": "another-harbour-lantern-8"});
    assert_eq!(browser.post("/api/v1/me/password", change).await.status, 204);
    assert_eq!(external_url.post("/api/v1/auth/refresh", json!({"session": "cookie"})).await.status, 401);
    let login = json!({"email": email, "password": "another-harbour-lantern-8"});
    shop.anonymous().post("/api/v1/auth/login", login).await.expect(200);
    let old = json!({"email": email, "password": PASSWORD});
    assert_eq!(shop.anonymous().post("/api/v1/auth/login", old).await.problem(401), "invalid-credentials");
}

#[tokio::test]
async fn a_review_is_verified_once_the_product_is_delivered() {
    let shop = Shop::shared().await;
    let product = TestProduct::new(shop, 5).await;
    let (browser, _) = registered(shop).await;
    let reviews = format!("/api/v1/products/{}/reviews", product.handle);
    let review = json!({"score": 4, "title": "Sturdy", "body": "Holds what it promises.", "author": "Grace"});
    let written = browser.put(&format!("{reviews}/mine"), review.clone()).await.expect(200);
    assert_eq!(written["verified"], false, "not bought yet");

    let response = browser.buy(&product, 1).await;
    let history = eventually("the order is in the history", 60, async || {
        let orders = browser.get("/api/v1/orders").await.expect(200);
        (orders["items"].as_array().unwrap().len() == 1).then_some(orders)
    })
    .await;
    assert_eq!(history["items"][0]["id"], response["order_id"]);
    browser.wait_for_timeline(&response, "delivered").await;
    let verified = async || {
        let page = shop.anonymous().get(&reviews).await.expect(200);
        page["items"].as_array().unwrap().iter().any(|review| review["verified"] == true).then_some(page)
    };
    let page = eventually("the review is a buyer's", 60, verified).await;
    assert_eq!((&page["summary"]["count"], &page["items"][0]["score"]), (&json!(1), &json!(4)), "{page}");
    mark_helpful(shop, &string(&page["items"][0]["id"]), &reviews).await;
    assert_eq!(browser.delete(&format!("{reviews}/mine")).await.status, 204);
    assert_eq!(shop.anonymous().get(&reviews).await.expect(200)["summary"]["count"], 0);
}

async fn mark_helpful(shop: &Shop, review: &str, reviews: &str) {
    let other = shop.customer().await;
    let path = format!("/api/v1/reviews/{review}/helpful");
    for _ in 0..2 {
        assert_eq!(other.post(&path, json!({})).await.status, 204);
    }
    let page = other.get(reviews).await.expect(200);
    assert_eq!(page["items"][0]["helpful"], 1, "once per customer");
    assert_eq!(other.delete(&path).await.status, 204);
}
