//! A customer with an account and a browser.

use crate::harness::shopping::{address, text};
use crate::harness::{Goods, Shop, Visitor, eventually, unique};
use serde_json::json;

const PASSWORD: &str = "quiet-harbour-lantern-7";

async fn registered(shop: &Shop) -> (Visitor, String) {
    let browser = shop.stranger();
    let email = format!("{}@example.com", unique("browser"));
    let wanted = json!({"email": email, "password": PASSWORD, "name": "Grace Hopper", "session": "cookie"});
    let session = browser.post("/api/v1/auth/register", wanted).await.expect(201);
    assert!(session["access_token"].is_null(), "no script sees the token");
    (browser, email)
}

async fn logs_in(browser: &Visitor, email: &str) {
    let login = json!({"email": email, "password": PASSWORD, "session": "cookie"});
    browser.post("/api/v1/auth/login", login).await.expect(200);
}

#[tokio::test]
async fn a_guests_cart_comes_along_when_the_guest_logs_in() {
    let shop = Shop::shared().await;
    let goods = Goods::new(shop, 9).await;
    let (first, email) = registered(shop).await;
    first.adds(&goods.sku, 1).await;

    let browser = shop.stranger();
    browser.post("/api/v1/auth/guest", json!({"session": "cookie"})).await.expect(201);
    browser.adds(&goods.sku, 2).await;
    logs_in(&browser, &email).await;
    let merged = browser.post("/api/v1/cart/merge", json!({})).await.expect(200);
    assert_eq!(merged["item_count"], 3, "{merged}");
    let again = browser.post("/api/v1/cart/merge", json!({})).await.expect(200);
    assert_eq!(again["item_count"], 3, "merging twice adds nothing");
    assert_eq!(first.get("/api/v1/cart").await.expect(200)["item_count"], 3, "it is the account's cart");
}

#[tokio::test]
async fn a_session_is_refreshed_listed_and_ended() {
    let shop = Shop::shared().await;
    let (browser, email) = registered(shop).await;
    let refreshed = browser.post("/api/v1/auth/refresh", json!({"session": "cookie"})).await.expect(200);
    assert_eq!(refreshed["account"]["email"], email);
    let elsewhere = shop.stranger();
    logs_in(&elsewhere, &email).await;
    let sessions = browser.get("/api/v1/me/sessions").await.expect(200);
    let sessions = sessions["items"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    let other = sessions.iter().find(|session| session["current"] == false).unwrap();
    let ended = browser.delete(&format!("/api/v1/me/sessions/{}", text(&other["id"]))).await;
    assert_eq!(ended.status, 204);
    let refused = elsewhere.post("/api/v1/auth/refresh", json!({"session": "cookie"})).await;
    assert_eq!(refused.problem(401), "unauthenticated");

    assert_eq!(browser.post("/api/v1/auth/logout", json!({})).await.status, 204);
    assert!(browser.cookie("shop_access").is_none() && browser.cookie("shop_refresh").is_none());
    assert_eq!(browser.get("/api/v1/me").await.status, 401);
}

#[tokio::test]
async fn an_address_book_is_written_changed_and_cleared() {
    let shop = Shop::shared().await;
    let (browser, _) = registered(shop).await;
    let kept = browser.post("/api/v1/me/addresses", address()).await.expect(201);
    let path = format!("/api/v1/me/addresses/{}", text(&kept["id"]));
    let mut moved = address();
    moved["city"] = json!("Köln");
    browser.put(&path, moved).await.expect(200);
    let book = browser.get("/api/v1/me/addresses").await.expect(200);
    assert_eq!((book["items"].as_array().unwrap().len(), &book["items"][0]["city"]), (1, &json!("Köln")));
    assert_eq!(browser.delete(&path).await.status, 204);
    assert_eq!(browser.get("/api/v1/me/addresses").await.expect(200)["items"], json!([]));
}

#[tokio::test]
async fn a_profile_changes_and_a_version_that_was_read_too_early_is_stale() {
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
    assert_eq!(shop.stranger().post("/api/v1/auth/register", twice).await.problem(409), "email-taken");
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions() {
    let shop = Shop::shared().await;
    let (browser, email) = registered(shop).await;
    let elsewhere = shop.stranger();
    logs_in(&elsewhere, &email).await;
    let change = json!({"current": PASSWORD, "new": "another-harbour-lantern-8"});
    assert_eq!(browser.post("/api/v1/me/password", change).await.status, 204);
    assert_eq!(elsewhere.post("/api/v1/auth/refresh", json!({"session": "cookie"})).await.status, 401);
    let login = json!({"email": email, "password": "another-harbour-lantern-8"});
    shop.stranger().post("/api/v1/auth/login", login).await.expect(200);
    let old = json!({"email": email, "password": PASSWORD});
    assert_eq!(shop.stranger().post("/api/v1/auth/login", old).await.problem(401), "invalid-credentials");
}

#[tokio::test]
async fn a_customer_reviews_what_was_bought_and_is_marked_as_a_buyer_once_it_has_come() {
    let shop = Shop::shared().await;
    let goods = Goods::new(shop, 5).await;
    let (browser, _) = registered(shop).await;
    let reviews = format!("/api/v1/products/{}/reviews", goods.handle);
    let review = json!({"score": 4, "title": "Sturdy", "body": "Holds what it promises.", "author": "Grace"});
    let written = browser.put(&format!("{reviews}/mine"), review.clone()).await.expect(200);
    assert_eq!(written["verified"], false, "not bought yet");

    let answer = browser.buys(&goods, 1).await;
    let history = eventually("the order is in the history", 60, async || {
        let orders = browser.get("/api/v1/orders").await.expect(200);
        (orders["items"].as_array().unwrap().len() == 1).then_some(orders)
    })
    .await;
    assert_eq!(history["items"][0]["id"], answer["order_id"]);
    browser.sees_order(&answer, "delivered").await;
    let verified = async || {
        let page = shop.stranger().get(&reviews).await.expect(200);
        page["items"].as_array().unwrap().iter().any(|review| review["verified"] == true).then_some(page)
    };
    let page = eventually("the review is a buyer's", 60, verified).await;
    assert_eq!((&page["summary"]["count"], &page["items"][0]["score"]), (&json!(1), &json!(4)), "{page}");
    helps(shop, &text(&page["items"][0]["id"]), &reviews).await;
    assert_eq!(browser.delete(&format!("{reviews}/mine")).await.status, 204);
    assert_eq!(shop.stranger().get(&reviews).await.expect(200)["summary"]["count"], 0);
}

async fn helps(shop: &Shop, review: &str, reviews: &str) {
    let other = shop.customer().await;
    let path = format!("/api/v1/reviews/{review}/helpful");
    for _ in 0..2 {
        assert_eq!(other.post(&path, json!({})).await.status, 204);
    }
    let page = other.get(reviews).await.expect(200);
    assert_eq!(page["items"][0]["helpful"], 1, "once per customer");
    assert_eq!(other.delete(&path).await.status, 204);
}
